"""Two other engines and a recorded run say the same: PySD, pysimlin, Vensim's World3."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, flow, over, stock, xmile

import egovsim
from egovsim.analysis.history_matching.match_files import read_match
from egovsim.library import find
from egovsim.names import canonical
from egovsim.validation import pysd_comparison

RELATIVE, SHARE = 1e-9, 1e-12


def beyond(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Where two trajectories differ by more than rounding: 1e-9 of the larger, 1e-12 of the largest over time."""
    allowed = RELATIVE * np.maximum(np.abs(ours), np.abs(theirs)) + SHARE * np.abs(ours).max()
    return ~(np.abs(ours - theirs) <= allowed)


def assert_agree(ours: egovsim.Result, theirs: Mapping[str, np.ndarray], time: np.ndarray) -> None:
    """Compare every variable at every instant."""
    np.testing.assert_allclose(ours.time, time, rtol=1e-15)
    frame = ours.to_frame()
    apart = [name for name in frame.columns if beyond(frame[name].to_numpy(), theirs[canonical(name)]).any()]
    assert apart == []
    assert len(frame.columns) > 10


def simlin_columns(name: str, overrides: Mapping[str, float] | None = None) -> tuple[dict[str, np.ndarray], np.ndarray]:
    simlin = pytest.importorskip("simlin", reason="pysimlin is not installed: pip install 'egovsim[peers]'")
    model = simlin.load(str(find("model", name)))
    wanted = {re.sub(r"\s", "_", key.lower()): value for key, value in (overrides or {}).items()}
    frame = model.run(wanted, analyze_loops=False).results
    return {canonical(column): frame[column].to_numpy() for column in frame.columns}, frame.index.to_numpy()


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_pysimlin_agrees_in_every_variable_at_every_step(name: str) -> None:
    """A Rust interpreter that shares no line with this engine reads the same file."""
    columns, time = simlin_columns(name)
    assert_agree(egovsim.run(egovsim.read_model(name)), columns, time)


def test_pysimlin_agrees_under_other_constants(egov: egovsim.Model) -> None:
    """Agreement on the file's own numbers alone may hide an equation that they switch off."""
    changed = {
        "Skill limits capacity": 0.0,
        "Skill limits culture": 0.0,
        "Mandate scope": 0.8,
        "Consolidation target": 0.5,
        "Sharing reform": 0.7,
        "Training places": 0.2,
        "Budget factor": 0.4,
        "Incident wave factor": 2.0,
        "Extra money for access": 15.0,
    }
    columns, time = simlin_columns("egov", changed)
    assert_agree(egovsim.run(egov, constants=changed), columns, time)


def test_pysd_agrees_over_a_short_horizon() -> None:
    """The reference implementation of the field, on every variable of the model; the full horizon is slow."""
    found = egovsim.crosscheck("egov", until=2004.0)
    assert found.agrees, str(found)
    assert found.missing == ()
    assert len(found.rows) > 300


def test_pysd_agrees_where_the_clock_changes_while_it_runs(tmp_path: Path) -> None:
    """Steps of another length, another saving interval and another end from some time on; the stock feels it."""
    pytest.importorskip("pysd", reason="PySD is not installed: pip install 'egovsim[peers]'")
    clock = """INITIAL TIME = 0 ~~|
FINAL TIME = IF THEN ELSE(Time < 5, 10, 20) ~~|
TIME STEP = IF THEN ELSE(Time < 4, 1, 0.5) ~~|
SAVEPER = IF THEN ELSE(Time < 10, TIME STEP, 5) ~~|
"""
    (tmp_path / "m.mdl").write_text(f"{{UTF-8}}\ns = INTEG(0.1 * s, 1) ~~|\nx = 2 * s + Time ~~|\n{clock}", "utf-8")
    found = egovsim.crosscheck(tmp_path / "m.mdl")
    assert found.agrees, found
    assert {row.variable for row in found.rows} == {"s", "x"}


def test_pysd_agrees_on_the_tutorial() -> None:
    """The whole horizon; scalar, so PySD is quick."""
    found = egovsim.crosscheck("capacity")
    assert found.agrees, str(found)
    assert len(found.rows) == 28


@pytest.mark.slow
def test_pysd_agrees_over_the_whole_horizon() -> None:
    """Every variable, every step to 2045, with the levers of a bold path."""
    for constants in ({}, {"Mandate scope": 0.9, "Sharing reform": 0.8, "Training places": 0.15}):
        found = egovsim.crosscheck("egov", constants=constants)
        assert found.agrees, str(found)


def accepted_constants(number: int) -> dict[str, float]:
    """Return every constant of one of ten accepted members of South Sumatra, of each structure in turn."""
    benchmark, region = egovsim.read_benchmark(), egovsim.read_profile("south-sumatra")
    structure = benchmark.structures[number % len(benchmark.structures)]
    match = read_match(find("match", f"{structure.name}-0"), egovsim.read_model("egov"), benchmark, structure)
    design = match.design(region)
    member = int(np.random.default_rng(number).integers(len(match)))
    drawn = dict(zip(design.names, design.rows(member, member + 1)[0].tolist(), strict=True))
    return {**region.constants, **drawn, **structure.constants}


@pytest.mark.parametrize("number", [0, 1])
def test_pysimlin_agrees_on_accepted_members(egov: egovsim.Model, number: int) -> None:
    """What is told to a planner comes from accepted members, not from the file's own numbers."""
    constants = accepted_constants(number)
    columns, time = simlin_columns("egov", constants)
    assert_agree(egovsim.run(egov, constants=constants), columns, time)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_both_engines_agree_on_ten_accepted_members(egov: egovsim.Model, number: int) -> None:
    """Every variable at every step to 2045, in PySD and in pysimlin."""
    constants = accepted_constants(number)
    columns, time = simlin_columns("egov", constants)
    assert_agree(egovsim.run(egov, constants=constants), columns, time)
    found = egovsim.crosscheck("egov", constants=constants)
    assert found.agrees, str(found)


# ---------------------------------------------------------------------------------------------------------------
# The referee itself


def test_the_referee_finds_a_difference_where_there_is_one(tmp_path: Path) -> None:
    """A check that always agrees proves nothing. PySD reads `NOT x > 0` as NOT (x > 0), the standard as (NOT x) > 0."""
    path = tmp_path / "apart.xmile"
    path.write_text(
        xmile(
            auxiliary("x", "-1.0"),
            auxiliary("flag", "IF NOT x > 0 THEN 1.0 ELSE 0.0"),
            stock("s", "1.0", inflows=["f"]),
            flow("f", "flag + 0.0 * s"),
        )
    )
    found = egovsim.crosscheck(path)
    assert not found.agrees
    assert {row.variable for row in found.rows if not row.agrees} == {"flag", "f", "s"}
    flag = next(row for row in found.rows if row.variable == "flag")
    assert (flag.ours, flag.theirs, flag.absolute) == (0.0, 1.0, 1.0)
    assert "DIFFER (3 of 4 variables beyond tolerance" in str(found)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["apart.xmile"]  # PySD's translation went elsewhere


def test_the_referee_compares_arrays_and_hands_constants_to_both(tmp_path: Path) -> None:
    """Elements by name, and the same numbers on both sides."""
    path = tmp_path / "arrays.xmile"
    path.write_text(
        xmile(
            auxiliary("pace", "0.5"),
            f'<aux name="k">{over("Area")}<element subscript="urban"><eqn>1.5</eqn></element>'
            '<element subscript="rural"><eqn>2.5</eqn></element></aux>',
            f'<stock name="s">{over("Area")}<eqn>k[Area]</eqn><inflow>f</inflow></stock>',
            f'<flow name="f">{over("Area")}<eqn>-pace * s[Area]</eqn></flow>',
            dimensions={"Area": ("urban", "rural")},
        )
    )
    found = egovsim.crosscheck(path, constants={"pace": 0.25}, until=5.0)
    assert found.agrees, str(found)
    names = {"pace", "k[urban]", "k[rural]", "s[urban]", "s[rural]", "f[urban]", "f[rural]"}
    assert {row.variable for row in found.rows} == names
    assert found.missing == ()


def test_an_overflow_hides_no_difference(tmp_path: Path) -> None:
    """Any difference is small beside infinity: a variable that overflows at the end must not agree everywhere."""
    path = tmp_path / "overflow.xmile"
    path.write_text(
        xmile(
            auxiliary("x", "-1.0"),
            auxiliary("flag", "IF NOT x > 0 THEN 1.0 ELSE 0.0"),
            auxiliary("whole", "EXP(IF TIME > 9 THEN 2000 ELSE 0)"),
            auxiliary("apart", "EXP(IF TIME > 9 THEN 2000 ELSE 0) + flag"),
        )
    )
    found = egovsim.crosscheck(path)
    assert {row.variable: row.agrees for row in found.rows} == {"apart": False, "flag": False, "whole": True, "x": True}
    apart = next(row for row in found.rows if row.variable == "apart")
    assert (apart.ours, apart.theirs, apart.relative) == (1.0, 2.0, 0.5)


@pytest.mark.parametrize(
    ("factor", "agrees", "within_rounding", "said"),
    [
        (1.0 + 2e-16, True, True, "agree (0 of 3 variables beyond tolerance; all within rounding)"),
        (
            1.0 + 1e-11,
            True,
            False,
            'agree (0 of 3 variables beyond tolerance; largest in "Level": 1e-11 relative at 10)',
        ),
        (
            1.0 + 1e-8,
            False,
            False,
            'DIFFER (1 of 3 variables beyond tolerance; largest in "Level": 1e-08 relative at 10)',
        ),
    ],
)
def test_differences_of_rounding_are_not_told_apart(
    factor: float, agrees: bool, within_rounding: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which variable differs by a last bit, and where, is another on every processor: it must not be printed."""
    path = tmp_path / "slow.xmile"
    path.write_text(xmile(auxiliary("k", "0.5"), stock("Level", "1.0", inflows=["in"]), flow("in", "k"), dt=0.5))
    run_there = pysd_comparison._run_pysd

    def a_little_apart(*arguments: object) -> dict[str, np.ndarray]:
        theirs = dict(run_there(*arguments))
        theirs["level"] = theirs["level"] * factor
        return theirs

    monkeypatch.setattr(pysd_comparison, "_run_pysd", a_little_apart)
    found = egovsim.crosscheck(path)
    assert found.agrees == agrees
    assert [row.variable for row in found.beyond_rounding] == ([] if within_rounding else ["Level"])
    assert str(found).partition("PySD ")[2].partition(" ")[2] == said
    names = [row.variable for row in found.rows]
    assert names == (["k", "Level", "in"] if within_rounding else ["Level", "k", "in"])


def test_what_pysd_cannot_run_is_said_in_its_own_words(tmp_path: Path) -> None:
    """The model runs here; the user learns that nothing was compared, and why."""
    path = tmp_path / "logarithm.xmile"
    path.write_text(xmile(auxiliary("x", "LOG10(100.0)")))
    assert egovsim.run(egovsim.read_model(path)).values("x").max() == 2.0
    with pytest.raises(egovsim.InputError, match=r"^logarithm\.xmile: PySD cannot run this model \(.*\); nothing was"):
        egovsim.crosscheck(path)


# ---------------------------------------------------------------------------------------------------------------
# World3


def _key(name: str) -> str:
    return canonical(re.sub(r"\s*([\[\],])\s*", r"\1", name))


def recorded(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return time, columns, and half a unit of the last printed digit of every number."""
    with path.open(newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    columns, digits = {}, {}
    for place, name in enumerate(head[1:], 1):
        texts = [row[place] for row in rows]
        columns[_key(name)] = np.array([float(text) for text in texts])
        digits[_key(name)] = np.array([_half_digit(text) for text in texts])
    return np.array([float(row[0]) for row in rows]), columns, digits


def _half_digit(text: str) -> float:
    mantissa, _, exponent = text.lower().partition("e")
    if "." not in mantissa and not exponent:
        return 0.0
    return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def test_world3_is_vensims_recorded_run_in_every_variable(conformance: Path) -> None:
    """A large model by other people, with lookups, delays and smooths, recorded by the tool it was written in."""
    time, columns, digits = recorded(conformance / "large" / "wrld3-03.csv")
    frame = egovsim.run(egovsim.read_model(conformance / "large" / "wrld3-03.mdl")).to_frame()
    ours = {_key(name): frame[name].to_numpy() for name in frame.columns}
    places = np.searchsorted(frame.index.to_numpy(), time - 1e-6)
    control = {"saveper", "initial time", "final time", "time step"}
    compared = [name for name in columns if name not in control]
    assert (len(columns), len(compared)) == (260, 256)
    for name in compared:
        allowed = 1e-4 * np.abs(columns[name]).max() + 2e-6 + digits[name]
        assert (np.abs(ours[name][places] - columns[name]) <= allowed).all(), name


def test_a_model_with_conveyors_is_not_compared(tmp_path: Path) -> None:
    """PySD reads a conveyor as a plain stock: a difference would say nothing of either engine."""
    path = tmp_path / "belt.xmile"
    path.write_text(
        xmile(
            '<stock name="Belt"><eqn>1</eqn><inflow>f</inflow><outflow>g</outflow>'
            '<conveyor><len>2</len></conveyor></stock><flow name="g"/>',
            flow("f", 1),
        ),
        encoding="utf-8",
    )
    said = r'^belt\.xmile: PySD runs conveyors \("Belt"\) as plain stocks, so its numbers mean something else\.'
    with pytest.raises(egovsim.InputError, match=said):
        egovsim.crosscheck(path)
