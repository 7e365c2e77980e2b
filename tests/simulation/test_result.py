"""`Result`: labels, tables, and a file that gives back what was saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, bounds, over, read, xmile

import egovsim
from egovsim import Design, PolicyPath, Scenario

TEXT = xmile(
    auxiliary("pace", "0.1", inside="<units>1/years</units>" + bounds(0.0, 50.0)),
    f'<stock name="Online people">{over("Area")}<eqn>start[Area]</eqn><inflow>joining</inflow></stock>',
    f'<flow name="joining">{over("Area")}<eqn>pace * Online_people[Area]</eqn></flow>',
    f'<aux name="start">{over("Area")}<element subscript="urban"><eqn>3.0</eqn></element>'
    '<element subscript="rural"><eqn>1.0</eqn></element></aux>',
    auxiliary("everybody", "Online_people[urban] + Online_people[rural]", inside="<units>persons</units>"),
    stop=4,
    dt=0.5,
    dimensions={"Area": ("urban", "rural")},
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("result"), TEXT)


@pytest.fixture(scope="module")
def study(model: egovsim.Model) -> egovsim.Result:
    return egovsim.run(
        model,
        scenarios=[Scenario("calm"), Scenario("storm", {"pace": egovsim.Series.constant(0.0)}, 2.0)],
        policies=[PolicyPath("usual"), PolicyPath("bold", {"pace": egovsim.Series.constant(1.0)}, 1.0)],
        design=Design.of({"start[urban]": np.array([3.0, 5.0, 7.0])}),
        outputs=["Online people", "everybody"],
        metrics=[egovsim.final("everybody", name="the end")],
    )


def test_values_always_have_scenario_policy_member_and_time(study: egovsim.Result) -> None:
    """Code written for a study of one run would break on a study of two."""
    assert study.values("online_PEOPLE").shape == (2, 2, 3, 9, 2)
    assert study.values("everybody").shape == (2, 2, 3, 9)
    rural = study.values("Online people[rural]")
    np.testing.assert_array_equal(rural, study.values("Online people")[..., 1])
    np.testing.assert_array_equal(study.values("everybody"), study.values("Online people").sum(axis=-1))


def test_labelled_arrays_select_by_the_names_of_the_files(study: egovsim.Result) -> None:
    """A label beside the wrong row is worse than none."""
    array = study["Online people"]
    assert array.dims == ("scenario", "policy", "member", "time", "Area")
    one = array.sel(scenario="storm", policy="bold", member=2, Area="urban", time=3.5)
    assert float(one) == study.values("Online people")[1, 1, 2, 7, 0]
    assert study["everybody"].attrs == {"unit": "persons"}
    assert study["Online people[rural]"].dims == ("scenario", "policy", "member", "time")
    both = study.to_xarray()
    assert set(both) == {"Online people", "everybody"}
    assert (
        float(study.metrics["the end"].sel(scenario="calm", policy="usual", member=0))
        == (study.values("everybody")[0, 0, 0, -1])
    )


def test_an_element_alone_is_found_by_its_name(model: egovsim.Model) -> None:
    """Asking for one element, for speed, must not make it unreachable."""
    result = egovsim.run(model, outputs=["Online people[rural]"])
    assert result.values("online people[RURAL]").shape == (1, 1, 1, 9)
    assert result["Online people[rural]"].dims == ("scenario", "policy", "member", "time")
    assert list(result.to_frame().columns) == ["Online people[rural]"]


def test_one_run_is_a_wide_table_with_the_names_of_the_file(model: egovsim.Model) -> None:
    """This is what is compared with other engines and opened in a spreadsheet."""
    frame = egovsim.run(model).to_frame()
    wanted = ["pace", "Online people[urban]", "Online people[rural]", "joining[urban]", "joining[rural]"]
    assert list(frame.columns) == [*wanted, "start[urban]", "start[rural]", "everybody"]
    assert frame.index.name == "time"
    assert frame.index.tolist() == [n * 0.5 for n in range(9)]


def test_many_runs_are_a_tidy_table(study: egovsim.Result) -> None:
    """Every number with what it belongs to."""
    frame = study.to_frame()
    assert list(frame.columns) == ["scenario", "policy", "member", "time", "variable", "value"]
    assert len(frame) == 2 * 2 * 3 * 9 * 3
    row = frame.query("scenario == 'storm' and policy == 'usual' and member == 1 and time == 2.5")
    value = row.set_index("variable")["value"]
    assert value["everybody"] == study.values("everybody")[1, 0, 1, 5]
    assert value["Online people[rural]"] == study.values("Online people")[1, 0, 1, 5, 1]


def test_a_saved_result_comes_back_the_same(study: egovsim.Result, tmp_path: Path) -> None:
    """Numbers, labels, units and failures: a study that is read a year later."""
    path = tmp_path / "study.npz"
    study.save(path)
    again = egovsim.load_result(path)
    np.testing.assert_array_equal(again.trajectories, study.trajectories)
    np.testing.assert_array_equal(again.metric_table, study.metric_table)
    np.testing.assert_array_equal(again.time, study.time)
    assert repr(again) == repr(study)
    assert again["Online people"].equals(study["Online people"])
    assert again["everybody"].attrs == {"unit": "persons"}
    assert [one.name for one in tmp_path.iterdir()] == ["study.npz"]


def test_failures_are_saved_too(model: egovsim.Model, tmp_path: Path) -> None:
    """A failed run must not turn into a sound one on disk."""
    huge = Design.of({"start[urban]": np.array([1.0, 1e308])})
    result = egovsim.run(model, design=huge, constants={"pace": 50.0}, outputs=["everybody"])
    assert result.status.failures == 1
    result.save(tmp_path / "failed.npz")
    again = egovsim.load_result(tmp_path / "failed.npz")
    assert str(again.status) == str(result.status)
    np.testing.assert_array_equal(again.status.failed_at, result.status.failed_at)


def test_what_is_no_saved_result_is_refused(study: egovsim.Result, tmp_path: Path) -> None:
    """A missing file, another file, half a file."""
    (tmp_path / "text.npz").write_text("not a result")
    (tmp_path / "other.npz").write_bytes(b"PK\x03\x04")
    np.savez(tmp_path / "foreign.npz", x=np.arange(3))
    study.save(tmp_path / "half.npz")
    whole = (tmp_path / "half.npz").read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    for name in ("missing.npz", "text.npz", "other.npz", "foreign.npz", "half.npz"):
        with pytest.raises(egovsim.DataError, match=r"is not a saved result .*; give a file that Result.save wrote\.$"):
            egovsim.load_result(tmp_path / name)


def test_saving_where_nothing_can_be_written_says_so(study: egovsim.Result, tmp_path: Path) -> None:
    """One message, and nothing half-written."""
    with pytest.raises(egovsim.OutputError) as caught:
        study.save(tmp_path / "no such folder" / "x.npz")
    wanted = f"{tmp_path}/no such folder/x.npz: cannot be written (No such file or directory); choose another folder."
    assert str(caught.value) == wanted


WRONG_NAMES = [
    ("everbody", '"everbody" is not among the outputs of this result; nearest: "everybody".'),
    ("pace", '"pace" is not among the outputs of this result; there are: "Online people", "everybody".'),
    (
        "Online people[south]",
        '"Online people[south]" is not among the outputs of this result; nearest: "Online people[urban]", '
        '"Online people[rural]".',
    ),
    ("everybody[urban]", '"everybody[urban]" is not among the outputs of this result; nearest: "everybody".'),
]


@pytest.mark.parametrize(("name", "message"), WRONG_NAMES)
def test_an_unknown_name_is_told_the_nearest(study: egovsim.Result, name: str, message: str) -> None:
    """A typing error would end in a KeyError from inside."""
    for ask in (study.values, study.__getitem__):
        with pytest.raises(egovsim.UnknownNameError) as caught:
            ask(name)
        assert str(caught.value) == message
    with pytest.raises(egovsim.UnknownNameError) as caught:
        study.metric_values("end")
    assert str(caught.value) == '"end" is not among the metrics of this result; nearest: "the end".'


def test_the_result_describes_itself(study: egovsim.Result) -> None:
    """What a person sees first."""
    wanted = "<Result: 2 scenarios x 2 policies x 3 members, 9 instants, 2 variables, 1 metrics; 12 runs, none failed>"
    assert repr(study) == wanted
