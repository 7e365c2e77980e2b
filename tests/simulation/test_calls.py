"""A table of calls of a study: each works, or is told in a sentence what it should have been.

What slips through here gives the numbers of another study than the one that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_models import auxiliary, flow, mdl, over, read, stock, xmile

import egovsim
from egovsim import Design, Metric, PolicyPath, Profile, Range, Scenario, Series, final, sample

TEXT = xmile(
    auxiliary("k", 2),
    auxiliary("Clerks", 3),
    auxiliary("wage", 1, inside=over("area")),
    stock("s", 1, inflows=["f"]),
    flow("f", "k * Clerks * SUM(wage[*])"),
    dimensions={"area": ("urban", "rural")},
    dt=1,
    stop=4,
)
ONE, TWO = Series.constant(1.0), Series.constant(2.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("calls"), TEXT)


class Anything:
    """What no argument may be."""


WRONG_RUNS: list[tuple[Callable[[], dict[str, Any]], str]] = [
    (
        lambda: {"constants": {"Clerks": 1.0, "clerks": 2.0}},
        'constants: "Clerks" and "clerks" set the same input; keep one.',
    ),
    (
        lambda: {"constants": {"wage": 1.0, "wage[urban]": 2.0}},
        'constants: "wage" and "wage[urban]" set the same input; keep one.',
    ),
    (
        lambda: {"profile": Profile("p", {"k": 1.0, "K": 2.0})},
        'profile p: "k" and "K" set the same input; keep one.',
    ),
    (
        lambda: {"policies": [PolicyPath("p", {"k": ONE, " k": TWO})]},
        'policy p: "k" and " k" set the same input; keep one.',
    ),
    (
        lambda: {"scenarios": [Scenario("p", {"k": ONE, "K": TWO})]},
        'scenario p: "k" and "K" set the same input; keep one.',
    ),
    (
        lambda: {"design": Design.of({"k": [1.0], "K": [2.0]}), "outputs": ["s"]},
        'design: "k" and "K" set the same input; keep one.',
    ),
    (
        lambda: {"policies": [PolicyPath("p", {"k": ONE}), PolicyPath("p", {"k": TWO})], "outputs": ["s"]},
        'two policies are called "p"; give each a name of its own.',
    ),
    (
        lambda: {"scenarios": [Scenario("p"), Scenario("p")], "outputs": ["s"]},
        'two scenarios are called "p"; give each a name of its own.',
    ),
    (lambda: {"policies": PolicyPath("p")}, "policies is one PolicyPath, not a list; put it in brackets."),
    (lambda: {"policies": "bold"}, 'policies is "bold", not a list; read each with read_policy.'),
    (lambda: {"policies": ["bold"]}, 'policies has "bold" in it, not a PolicyPath; read each with read_policy.'),
    (lambda: {"policies": {"p": ONE}}, "policies is a dict, not a list; read each with read_policy."),
    (lambda: {"scenarios": Scenario("p")}, "scenarios is one Scenario, not a list; put it in brackets."),
    (lambda: {"scenarios": [None]}, "scenarios has None in it, not a Scenario; read each with read_scenario."),
    (lambda: {"metrics": final("s")}, "metrics is one Metric, not a list; put it in brackets."),
    (
        lambda: {"metrics": ["s"]},
        'metrics has "s" in it, not a Metric; make each with final, value_at or their like.',
    ),
    (lambda: {"metrics": [Metric(3, "at")]}, "a metric is of 3; give the name of a variable."),
    (
        lambda: {"metrics": [Metric("s", "at", start=float("nan"))]},
        'the start of the metric of "s" is nan, not a finite number; give a number.',
    ),
    (
        lambda: {"metrics": [egovsim.first_at_or_above("s", "5")]},
        'the threshold of the metric of "s" is "5", not a number; give a number.',
    ),
    (lambda: {"outputs": [3]}, "outputs has 3 in it, not a text; give names of variables."),
    (lambda: {"outputs": 3}, "outputs is 3, not a list; give names of variables."),
    (lambda: {"profile": "south-sumatra"}, 'profile is "south-sumatra", not a Profile; read it with read_profile.'),
    (
        lambda: {"design": pd.DataFrame({"k": [1.0]})},
        "design is a DataFrame, not a Design; make one with sample or Design.of.",
    ),
    (lambda: {"constants": [("k", 1.0)]}, 'constants is a list; give values by name, as in {"Staff": 120.0}.'),
    (lambda: {"constants": {3: 1.0}}, "constants has the name 3; give names as texts."),
    (
        lambda: {"constants": {"k": Anything()}},
        'constants: "k" is an Anything, not a number; give a number or a Series.',
    ),
    (
        lambda: {"policies": [PolicyPath("p", {"k": "fast"})]},
        'policy p: "k" is "fast", not a number; give a number or a Series.',
    ),
    (lambda: {"constants": {"k[urban]": 1.0}}, '"k" is no array; write its name alone.'),
    (
        lambda: {"profile": Profile("p", ["k"])},
        'profile p: constants is a list; give values by name, as in {"Staff": 120.0}.',
    ),
    (lambda: {"progress": 3}, "progress is 3; give a function that is called as progress(done, total)."),
    (lambda: {"until": True}, "until is True, not a number; give a number."),
    (lambda: {"until": "2030"}, 'until is "2030", not a number; give a number.'),
    (lambda: {"time_step": Anything()}, "time_step is an Anything, not a number; give a number."),
    (lambda: {"save_every": float("inf")}, "save_every is inf, not a finite number; give a number."),
    (lambda: {"method": 4}, '"4" is not a way to integrate; there are: "euler", "rk2", "midpoint", "rk4".'),
    (lambda: {"seed": np.random.default_rng(5)}, "seed is a Generator; give a whole number."),
    (
        lambda: {"seed": 2**64},
        "seed is 18446744073709551616; give a number below 2^64, beyond which seeds would repeat.",
    ),
    (lambda: {"seed": 1.0}, "seed is 1.0; give a whole number."),
    (lambda: {"workers": 1.5}, "workers is 1.5; give 1 or more, or leave it out for one a processor."),
    (lambda: {"workers": "2"}, 'workers is "2"; give 1 or more, or leave it out for one a processor.'),
    (
        lambda: {"on_failure": ["raise"]},
        """on_failure: "['raise']" is not a way to meet a failed run; nearest: "raise".""",
    ),
]


@pytest.mark.parametrize(("options", "message"), WRONG_RUNS, ids=[message[:60] for _, message in WRONG_RUNS])
def test_a_run_that_nobody_meant_is_refused(model: egovsim.Model, options: Callable[[], Any], message: str) -> None:
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(model, **options())
    assert str(caught.value) == message


K = Range("k", 1.0, 2.0)
WRONG_VALUES: list[tuple[Callable[[], object], str]] = [
    (lambda: egovsim.run("egov.xmile"), 'model is "egov.xmile", not a Model; read it with read_model.'),
    (
        lambda: Design.of({"k": np.ones((3, 2)), "Clerks": np.ones(3)}),
        '"k" has the shape (3, 2) in the design; give one number for each member.',
    ),
    (lambda: Design.of({"k": 3.0}), '"k" has the shape () in the design; give one number for each member.'),
    (
        lambda: Design.of({"k": np.ones(3), "Clerks": np.ones(2)}),
        '"Clerks" has 2 values in the design, "k" has 3; give each one a member.',
    ),
    (lambda: Design.of({}), "a design needs at least one constant and one member."),
    (lambda: Design.of({"k": []}), "a design needs at least one constant and one member."),
    (lambda: Design.of({"k": ["a"]}), '"k" has something in the design that is not a number; give numbers.'),
    (lambda: Design.of(["k"]), 'the values of a design is a list; give values by name, as in {"Staff": 120.0}.'),
    (lambda: Design.of({"k": np.ones(3)}).rows(-1), "the first member is -1; give a whole number, 0 or more."),
    (lambda: Design.of({"k": np.ones(3)}).rows(2, 1), "a design of 3 members has none from 2 to 1; count from 0."),
    (
        lambda: Design(("k",), 2, lambda first, last: np.ones((last - first, 3))).rows(),
        "what makes this design gave an array of shape (2, 3) for 2 members and 1 constants.",
    ),
    (
        lambda: Design("k", 2, lambda first, last: np.ones((2, 1))),
        "the names of a design is one text, not a list; put it in brackets.",
    ),
    (
        lambda: Design(("k",), 1e3, lambda first, last: np.ones((2, 1))),
        "members is 1000.0; give a whole number, 0 or more.",
    ),
    (
        lambda: sample([K], members=3, seed=np.random.default_rng(5)),
        "seed is a Generator; give a whole number, 0 or more.",
    ),
    (lambda: sample([K], members=3, seed=-1), "seed is -1; give a whole number, 0 or more."),
    (lambda: sample([K], members=1e3, seed=0), "members is 1000.0; give a whole number, 0 or more."),
    (lambda: sample(K, members=3, seed=0), "ranges is one Range, not a list; put it in brackets."),
    (lambda: sample({"k": (1, 2)}, members=3, seed=0), "ranges is a dict, not a list; make each with Range."),
    (lambda: sample([K, Range("K", 1.0, 2.0)], members=3, seed=0), '"k" has two ranges; keep one.'),
    (
        lambda: sample([K], members=3, seed=0, method=["sobol"]),
        """"['sobol']" is not a way to sample; there are: "sobol", "random".""",
    ),
    (
        lambda: Range("k", 1.0, 2.0, scale="normal"),
        'the range of "k": "normal" is not a scale; there are: "linear", "log".',
    ),
    (lambda: Range("k", "1", 2.0), 'the range of "k" has "1" as an end; give a number.'),
    (lambda: Range(3, 1.0, 2.0), "a range is of 3; give the name of a constant."),
    (
        lambda: Series((0.0,), (1.0,), "linear"),
        '"linear" is not a kind of series; there are: "constant", "points", "steps".',
    ),
    (lambda: Series((0.0,), ("1",)), 'a series has "1" in it, not a number; give numbers.'),
    (lambda: Series(0.0, 1.0), "a series needs lists of numbers, not 0.0."),
    (lambda: Series.constant("1"), 'a series has "1" in it, not a number; give numbers.'),
    (lambda: PolicyPath(None), "a policy is called None; give its name as a text."),
    (lambda: PolicyPath("p", ["k"]), 'policy "p" is a list; give values by name, as in {"Staff": 120.0}.'),
    (lambda: PolicyPath("p", start="2026"), 'policy "p": its start is "2026", not a number; give a number.'),
    (
        lambda: Scenario("p", start=float("nan")),
        'scenario "p": its start is nan, not a finite number; give a number.',
    ),
    (lambda: Scenario(3), "a scenario is called 3; give its name as a text."),
]


@pytest.mark.parametrize(("call", "message"), WRONG_VALUES, ids=[message[:60] for _, message in WRONG_VALUES])
def test_a_value_that_means_nothing_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(egovsim.InputError) as caught:
        call()
    assert str(caught.value) == message


WRONG_COMPARISONS: list[tuple[dict[str, Any], str]] = [
    ({"members": 1e3}, "members is 1000.0; give a whole number."),
    ({"members": 0}, "members is 0; at least 1 is needed."),
    ({"seed": np.random.default_rng(5)}, "seed is a Generator; give a whole number."),
    ({"seed": "0"}, 'seed is "0"; give a whole number.'),
    ({"until": "2030"}, 'until is "2030"; give a year.'),
    ({"discount": "5 %"}, 'discount is "5 %", not a number; give a number.'),
    ({"by": 3}, "the outcome that ranks is 3; give the name of one."),
    ({"outcomes": "Trust"}, 'outcomes must be a list of names, not one text; write ["Trust"].'),
    ({"policies": PolicyPath("p")}, "policies is a PolicyPath, not a list; put it in brackets."),
    ({"policies": [None]}, "a policy must be a name, a path or a PolicyPath, not NoneType."),
    ({"structure": 3}, "structure is 3; give the name of one."),
    ({"matches": 3}, "matches is 3, not a list; give what history_match returned, or a path."),
    ({"evidence": 3}, "evidence is 3; give a folder, or what read_benchmark returned."),
    ({"workers": "a"}, 'workers is "a"; give 1 or more, or leave it out for one a processor.'),
]


@pytest.mark.parametrize(("options", "message"), WRONG_COMPARISONS, ids=[name for _, name in WRONG_COMPARISONS])
def test_a_comparison_that_nobody_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.compare(**options)
    assert str(caught.value) == message


FRAME = pd.DataFrame({"k": [1.0, 2.0], "Clerks": [3, 4]})
GOOD_RUNS: list[tuple[dict[str, Any], list[float]]] = [
    ({"design": Design.of(FRAME)}, [3, 8]),
    ({"design": Design.of({"k": FRAME["k"]}), "constants": pd.Series({"Clerks": 5})}, [5, 10]),
    ({"constants": {"k": np.float32(1.5), "Clerks": np.int64(2)}}, [3]),
    ({"constants": {"k": np.float32(1.5), "Clerks": True}}, [1.5]),
    ({"policies": np.array([PolicyPath("p", {"k": Series(np.array([0, 4]), [1, 1])})])}, [3]),
    ({"policies": [PolicyPath("p", {"k": 1.0})], "seed": np.int64(3)}, [3]),
    ({"constants": None, "metrics": None, "policies": [], "scenarios": ()}, [6]),
    ({"profile": Profile("p", {"k": 1.0}), "constants": {"K": 4.0}}, [12]),
]


@pytest.mark.parametrize(("options", "flows"), GOOD_RUNS)
def test_what_is_meant_well_works(model: egovsim.Model, options: dict[str, Any], flows: list[float]) -> None:
    """Frames and Series of pandas, and numbers of NumPy, stand for what they say."""
    result = egovsim.run(model, outputs=pd.Index(["s", "f"]), **options)
    assert (result.values("f")[0, 0, :, 0] / 2).tolist() == flows
    assert result.time[-1] == 4


def test_a_result_is_asked_by_name_and_stores_each_output_once(model: egovsim.Model) -> None:
    result = egovsim.run(model, outputs=["s", "S", "wage", "wage[ urban ]", "Wage[urban]"])
    assert list(result.to_frame().columns) == ["s", "wage[urban]", "wage[rural]", "wage[urban]"]
    with pytest.raises(egovsim.InputError, match=r"^a result is asked for a list; give the name of one of its outputs"):
        result[["s", "wage"]]
    with pytest.raises(egovsim.InputError, match=r"^a result is to be saved to 3; give a path"):
        result.save(3)


def test_metrics_may_stand_in_any_list(model: egovsim.Model) -> None:
    result = egovsim.run(model, metrics=iter([final("s"), final("f")]))
    assert result.metric_names == ("s: at", "f: at")


ODD = xmile(
    auxiliary("policy", "TIME"),
    auxiliary("x", "TIME * 2", inside=over("scenario")),
    auxiliary("y", "TIME * 3", inside=over("member", "member")),
    auxiliary("a/b", "TIME + 1"),
    auxiliary("area", "TIME + 2"),
    auxiliary("z", "TIME", inside=over("area")),
    dimensions={"scenario": ("low", "high"), "member": ("1", "2"), "area": ("r", "u")},
    dt=1,
    stop=2,
)


def test_names_of_a_model_may_be_those_of_a_result(tmp_path: Path) -> None:
    """A variable called "policy" was left out of the labelled arrays, and a dimension "scenario" stopped them."""
    result = egovsim.run(read(tmp_path, ODD), metrics=[final("policy", name="member"), final("a/b")], outputs=None)
    assert list(result.metrics.data_vars) == ["member (metric)", "a/b: at"]
    result = egovsim.run(read(tmp_path, ODD))
    arrays = result.to_xarray()
    assert sorted(map(str, arrays.data_vars)) == ["a/b", "area (variable)", "policy (variable)", "x", "y", "z"]
    assert arrays["policy (variable)"].values[0, 0, 0].tolist() == [0, 1, 2]
    assert result["x"].dims == ("scenario", "policy", "member", "time", "scenario (dimension)")
    assert result["y"].dims[4:] == ("member (dimension)", "member (dimension) (dimension)")
    assert result["x"].sel({"scenario (dimension)": "high"}).values[0, 0, 0].tolist() == [0, 2, 4]
    assert result["a/b"].values[0, 0, 0].tolist() == [1, 2, 3]
    assert list(result.to_frame().columns)[:3] == ["policy", "x[low]", "x[high]"]
    result.save(tmp_path / "odd.npz")
    assert egovsim.load_result(tmp_path / "odd.npz").to_xarray().equals(arrays)


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x", "x.npz.csv"])
def test_a_result_is_saved_under_a_name_that_says_what_it_is(model: egovsim.Model, tmp_path: Path, name: str) -> None:
    with pytest.raises(egovsim.OutputError) as caught:
        egovsim.run(model).save(tmp_path / name)
    assert str(caught.value) == (
        f"{tmp_path / name}: a result is saved as .npz, which load_result reads; give a name that ends in .npz, or "
        "write the table, as in result.to_frame().to_csv(...)."
    )
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("missing", ["head", "trajectories", "failed_at"])
def test_a_saved_result_with_a_part_gone_is_no_result(model: egovsim.Model, tmp_path: Path, missing: str) -> None:
    egovsim.run(model).save(tmp_path / "whole.npz")
    with np.load(tmp_path / "whole.npz") as whole:
        np.savez(tmp_path / "part.npz", **{name: whole[name] for name in whole.files if name != missing})
    with pytest.raises(egovsim.DataError, match="is not a saved result"):
        egovsim.load_result(tmp_path / "part.npz")


def test_a_result_of_partial_arrays_is_saved_whole(tmp_path: Path) -> None:
    text = mdl({"x[b]": "Time"}, step=1, stop=2).replace("{UTF-8}", "{UTF-8}\nD: a, b ~~|")
    result = egovsim.run(read(tmp_path, text))
    result.save(tmp_path / "x.npz")
    loaded = egovsim.load_result(tmp_path / "x.npz")
    np.testing.assert_array_equal(loaded.values("x")[0, 0, 0], [[np.nan, 0], [np.nan, 1], [np.nan, 2]])
    assert list(loaded.to_frame().columns) == ["x[b]"]
    with pytest.raises(egovsim.UnknownNameError):
        loaded.values("x[a]")
