"""What lies where on a conveyor: contents that are given for each unit of time, and AGECOUNT.

If these fail, a population that is given by ages grows and shrinks at the wrong times.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import egovsim
from egovsim.errors import InputError, ModelError, UnsupportedError

STEP = 0.5


def model_of(
    folder: Path, start: str, *, leak: str = "", more: str = "", life: str = "4", method: str = "euler"
) -> Path:
    """Write a conveyor of four units of time, with what enters and leaves."""
    attributes = ' exponential_leak="true"' if leak == "exponential" else ""
    lost = "<outflow>lost</outflow>" if leak else ""
    flow = '<flow name="lost"><eqn>0.1</eqn><leak/></flow>' if leak else ""
    path = folder / "m.stmx"
    path.write_text(
        f'<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs method="{method}">'
        f"<start>0</start><stop>8</stop><dt>{STEP}</dt></sim_specs>"
        '<dimensions><dim name="Age" size="4"/></dimensions>'
        f"<model><variables>\n<stock name='people'><eqn>{start}</eqn><inflow>born</inflow>"
        f"<outflow>leaving</outflow>{lost}"
        f"<conveyor{attributes}><len>life</len></conveyor></stock>\n<aux name='life'><eqn>{life}</eqn></aux>"
        f'<flow name="born"><eqn>7 + TIME</eqn></flow><flow name="leaving"><eqn>0</eqn></flow>{flow}{more}'
        '<aux name="first"><dimensions><dim name="Age"/></dimensions><eqn>10 * Age</eqn></aux>'
        "</variables></model></xmile>",
        encoding="utf-8",
    )
    return path


def columns(path: Path) -> dict[str, np.ndarray]:
    table = egovsim.run(egovsim.read_model(path)).to_frame()
    return {name: table[name].to_numpy() for name in table.columns}


def by_hand(exponential: bool) -> tuple[np.ndarray, np.ndarray]:
    """Move the portions on one by one: what is there, and what comes off, for each instant."""
    belt = [portion / 2 for portion in (10.0, 20.0, 30.0, 40.0) for _ in range(2)]
    contents, leaving = [], []
    for instant in range(17):
        left = [portion * (1 - 0.1 * STEP if exponential else 1) for portion in belt]
        contents.append(belt)
        leaving.append(left[0] / STEP)
        belt = [*left[1:], (7 + instant * STEP) * STEP]
    return np.array(contents), np.array(leaving)


@pytest.mark.parametrize("method", ["euler", "rk4"])
@pytest.mark.parametrize("start", ["first[*]", "10, 20, 30, 40"])
@pytest.mark.parametrize("leak", ["", "exponential"])
def test_a_content_for_each_unit_of_time_comes_off_in_its_order(
    tmp_path: Path, start: str, leak: str, method: str
) -> None:
    counts = "".join(
        f'<aux name="from {low} to {high}"><eqn>AGECOUNT(people, {low}, {high})</eqn></aux>'
        for low, high in ((0, 1), (1, 3), (3, 4), (0, 9), (2, 2))
    )
    found = columns(model_of(tmp_path, start, leak=leak, more=counts, method=method))
    contents, leaving = by_hand(bool(leak))
    np.testing.assert_allclose(found["people"], contents.sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(found["leaving"], leaving, rtol=1e-13)
    for low, high in ((0, 1), (1, 3), (3, 4)):
        of_age = contents[:, 8 - 2 * high : 8 - 2 * low].sum(axis=1)
        np.testing.assert_allclose(found[f"from {low} to {high}"], of_age, rtol=1e-13)
    np.testing.assert_allclose(found["from 0 to 9"], found["people"], rtol=1e-13)
    np.testing.assert_array_equal(found["from 2 to 2"], 0.0)


def test_ages_are_counted_from_the_start_on(tmp_path: Path) -> None:
    """A stock that starts from a count needs it before the belt is laid out; without portions it is in balance."""
    more = (
        '<stock name="kept"><eqn>AGECOUNT(people, 1, young)</eqn></stock><aux name="young"><eqn>3</eqn></aux>'
        '<aux name="now"><eqn>AGECOUNT(people, 1, young)</eqn></aux>'
    )
    for leak in ("", "exponential"):
        found = columns(model_of(tmp_path, "100", leak=leak, more=more))
        assert found["kept"][0] == pytest.approx(found["now"][0], rel=1e-12)
    found = columns(model_of(tmp_path, "first[*]", more=more))
    assert found["kept"][0] == found["now"][0] == 50.0
    with pytest.raises(InputError, match="fixed when the model is compiled"):
        egovsim.run(egovsim.read_model(model_of(tmp_path, "100", more=more)), constants={"young": 2.0})


def test_what_is_connected_to_a_conveyor_stands_for_it(tmp_path: Path) -> None:
    text = model_of(tmp_path, "first[*]").read_text("utf-8")
    module = '<module name="M"><connect to="M.them" from="people"/></module>'
    part = (
        '<model name="M"><variables><stock name="them" access="input"><eqn/><conveyor/></stock>'
        '<aux name="young"><eqn>AGECOUNT(them, 0, 1)</eqn></aux></variables></model>'
    )
    path = tmp_path / "m.stmx"
    path.write_text(
        text.replace("<variables>", f"<variables>{module}", 1).replace("</xmile>", f"{part}</xmile>"), "utf-8"
    )
    assert columns(path)["M.young"][0] == 40.0


def test_a_content_by_units_of_time_is_written_back(tmp_path: Path) -> None:
    for start in ("first[*]", "10, 20, 30, 40"):
        path = model_of(tmp_path, start, more='<aux name="young"><eqn>AGECOUNT(people, 0, 1)</eqn></aux>')
        egovsim.write_xmile(egovsim.read_model(path), tmp_path / "again.xmile")
        again, before = columns(tmp_path / "again.xmile"), columns(path)
        np.testing.assert_array_equal(again["leaving"], before["leaving"])
        np.testing.assert_array_equal(again["young"], before["young"])


def count(of: str) -> str:
    return f'<aux name="x"><eqn>AGECOUNT({of})</eqn></aux>'


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"start": "10, 20, 30"},
            ModelError,
            'm.stmx, line 2, "people": its content at the start is given as 3 values, and its transit time is 4; give '
            "a value for each unit of time.",
        ),
        (
            {"start": "first[*]", "leak": "linear"},
            UnsupportedError,
            'm.stmx, line 2, "people": a conveyor with linear leaks whose content at the start is given for each unit '
            "of time cannot be run yet; give it as one number.",
        ),
        (
            {"start": "100", "leak": "linear", "more": count("people, 0, 1")},
            UnsupportedError,
            'm.stmx, line 3, "people": AGECOUNT of a conveyor with linear leaks, or with leak zones, cannot be run '
            "yet; count its flows.",
        ),
        (
            {"start": "100", "life": "4 + STEP(1, 2)", "more": count("people, 0, 1")},
            ModelError,
            'm.stmx, line 3, "people": AGECOUNT needs a transit time that is known before the run; make it a constant.',
        ),
        (
            {"start": "100", "more": count("life, 0, 1")},
            ModelError,
            'm.stmx, line 3, "x": the first argument of AGECOUNT must be a conveyor; name one.',
        ),
        (
            {"start": "100", "more": count("people, 0, TIME")},
            ModelError,
            'm.stmx, line 3, "x": the ages of AGECOUNT must be known before the run; write numbers or constants.',
        ),
    ],
)
def test_errors_say_where_and_what_next(
    tmp_path: Path, given: dict[str, str], error: type[ModelError], message: str
) -> None:
    start = given.pop("start")
    with pytest.raises(error) as caught:
        egovsim.run(egovsim.read_model(model_of(tmp_path, start, **given)))
    assert str(caught.value) == message


def test_a_smooth_over_no_time_follows_in_a_step(tmp_path: Path) -> None:
    """Models choose by an IF whether to smooth; what is not chosen must not fail the run."""
    more = (
        '<aux name="lag"><eqn>0</eqn></aux>'
        '<aux name="y"><eqn>IF lag &gt; 0 THEN SMTH3(TIME, lag) ELSE TIME</eqn></aux>'
        '<aux name="z"><eqn>SMTH1(TIME, lag)</eqn></aux>'
    )
    found = columns(model_of(tmp_path, "100", more=more))
    np.testing.assert_array_equal(found["y"], np.arange(17) * STEP)
    np.testing.assert_allclose(found["z"][1:], np.arange(16) * STEP, rtol=1e-12)
