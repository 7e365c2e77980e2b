"""Vensim files: what is read from them, what is refused, and what a broken file is told."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from egovsim.errors import InputError, ModelError, UnsupportedError
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    LookupCall,
    Number,
    Reference,
    Table,
    Unsupported,
    walk,
)
from egovsim.model.inputs import PolicyPath
from egovsim.model.metrics import mean_over, value_at
from egovsim.model.model import Clock, Dimension, Method, Model
from egovsim.model.variable import Bounds, Equation
from egovsim.readers.expressions.parser import parse
from egovsim.readers.formats import read_file
from egovsim.simulation.run import run

CONTROLS = """
********************************************************
	.Control
********************************************************~
		Simulation Control Parameters
	|

FINAL TIME  = 10
	~	Month
	~	The final time for the simulation.
	|

INITIAL TIME  = 0
	~	Month
	~		|

SAVEPER  =
        TIME STEP
	~	Month [0,?]
	~		|

TIME STEP  = 0.5
	~	Month [0,?]
	~		|
"""
SKETCH = r"""
\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*View 1
10,1,broken = (,219,156,12,11,8,3,0,0,0,0,0,0
///---\\\
"""


def model_of(folder: Path, equations: str, *, controls: str = CONTROLS, encoding: str = "utf-8") -> Model:
    """Read a model of these equations; they begin on line 2."""
    path = folder / "m.mdl"
    path.write_bytes(f"{{UTF-8}}\n{equations}{controls}{SKETCH}".encode(encoding))
    return read_file(path)


def refused(folder: Path, equations: str, *, controls: str = CONTROLS) -> str:
    """Return the message of the error that such a model is."""
    with pytest.raises(ModelError) as caught:
        model_of(folder, equations, controls=controls)
    return str(caught.value)


def expression_of(model: Model, name: str) -> Expression:
    (equation,) = model[name].equations
    assert equation.expression is not None
    return equation.expression


def reasons(model: Model) -> list[tuple[str, int, str]]:
    """Return name, line and reason of everything that cannot be run."""
    return [
        (variable.name, node.where.line, node.reason)
        for variable in model
        for equation in variable.equations
        for part in (equation.expression, equation.rate)
        if part is not None
        for node in walk(part)
        if isinstance(node, Unsupported)
    ]


# Scalar models


STOCK = """Land Fraction = INTEG (
	growth of land-"loss | of ~ land",
		start land)
	~	Dmnl [0,1,0.1]
	~	A note with "odd quotes and
		a second line.
	~	:SUPPLEMENTARY
	|

growth of land= 0.1 ~ 1/Month ~|
"loss | of ~ land"= growth of land * IF THEN ELSE(Time > 5 :AND: :NOT: \\
		Land Fraction = 1, 0.5, -1) ~~|
start land= -3 ~~ |
"""


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return model_of(tmp_path_factory.mktemp("vensim"), STOCK.replace("\\\\", "\\"))


def test_the_model_is_what_the_file_says(land: Model) -> None:
    assert (land.name, land.file) == ("m", "m.mdl")
    assert land.clock == Clock(0.0, 10.0, 0.5, None, "euler", "Month")
    assert [(variable.name, variable.kind) for variable in land] == [
        ("Land Fraction", "stock"),
        ("growth of land", "auxiliary"),
        ("loss | of ~ land", "auxiliary"),
        ("start land", "auxiliary"),
    ]
    assert [variable.name for variable in land.inputs] == ["growth of land", "start land"]


def test_a_stock_has_rate_initial_value_unit_range_and_note(land: Model) -> None:
    stock = land["Land_Fraction"]
    rate = parse('growth of land - "loss | of ~ land"', dialect="vensim")
    assert stock.equations == (Equation(Reference("", "start land"), rate=rate),)
    assert (stock.unit, stock.bounds) == ("Dmnl", Bounds(0.0, 1.0))
    assert stock.note == 'A note with "odd quotes and\na second line.'


def test_an_equation_goes_on_after_a_backslash(land: Model) -> None:
    text = "growth of land * IF THEN ELSE((Time > 5) :AND: (:NOT: (Land Fraction = 1)), 0.5, -1)"
    assert expression_of(land, "loss | of ~ land") == parse(text, dialect="vensim")


def test_what_a_sketch_shows_that_is_no_variable_is_counted(land: Model) -> None:
    assert land.ignored == ("objects of sketches: 1",)


def test_positions_are_the_files(land: Model, tmp_path: Path) -> None:
    lines = f"{{UTF-8}}\n{STOCK}".replace("\\\\", "\\").split("\n")
    found = [node for node in walk(expression_of(land, "loss | of ~ land")) if isinstance(node, Reference)]
    assert [reference.where.line for reference in found] == [12, 13]
    for reference in found:
        assert lines[reference.where.line - 1][reference.where.column - 1 :].startswith(reference.name)


def test_groups_follow_their_banners(tmp_path: Path) -> None:
    banner = "*{0}\n\t.{1}\n*{0}~\n\t\tAbout it ~ here\n\t|\n\n"
    text = (
        banner.format("*" * 50, "Access") + "a = 1 ~~|\n" + banner.format("*" * 50, "Human resources") + "b = 1 ~~|\n"
    )
    assert model_of(tmp_path, text).groups == {"Access": ("a",), "Human resources": ("b",)}


@pytest.mark.parametrize(
    ("units", "unit", "bounds"),
    [
        ("Month", "Month", Bounds()),
        ("Month [0,?]", "Month", Bounds(0.0, None)),
        ("$/(Month*Person) [-1,1,0.5]", "$/(Month*Person)", Bounds(-1.0, 1.0)),
        ("[?,5]", "", Bounds(None, 5.0)),
        ("Minute [nan, inf]", "Minute", Bounds()),
    ],
)
def test_units_and_ranges(tmp_path: Path, units: str, unit: str, bounds: Bounds) -> None:
    found = model_of(tmp_path, f"a = 1 ~ {units} ~|\n")["a"]
    assert (found.unit, found.bounds) == (unit, bounds)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    assert model_of(tmp_path, "Größe = 1 ~~|\n", encoding=encoding)["größe"].name == "Größe"


def test_line_ends_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes((STOCK.replace("\\\\", "\\") + CONTROLS).replace("\n", "\r\n").encode())
    assert [variable.name for variable in read_file(path)][:2] == ["Land Fraction", "growth of land"]


def test_the_upper_case_suffix_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "M.MDL"
    path.write_text("a = 1 ~~|" + CONTROLS)
    assert len(read_file(path)) == 1


# Control variables


def test_controls_may_name_each_other(tmp_path: Path) -> None:
    controls = "INITIAL TIME = 2 ~~|\nFINAL TIME = 8 ~~|\nTIME STEP = SAVEPER ~~|\nSAVEPER = 0.25 ~~|\n"
    assert model_of(tmp_path, "", controls=controls).clock == Clock(2.0, 8.0, 0.25)


def test_a_save_interval_of_its_own_and_references_to_controls(tmp_path: Path) -> None:
    controls = "INITIAL TIME = 0 ~~|\nFINAL TIME = 8 ~~|\nTIME STEP = 0.25 ~~|\nSAVEPER = 1 ~~|\n"
    model = model_of(tmp_path, "a = SAVEPER ~~|\nb = FINAL TIME ~~|\n", controls=controls)
    assert model.clock.save_every == 1.0
    assert expression_of(model, "a") == Number(1.0)
    assert expression_of(model, "b") == ClockValue("final time")


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ("FINAL TIME = 1 ~~|", "m.mdl: there is no INITIAL TIME; add it to the equations."),
        (
            "INITIAL TIME = 0 ~~|\nFINAL TIME = 0 ~~|\nTIME STEP = 1 ~~|",
            'm.mdl, line 3, "FINAL TIME": it is not after INITIAL TIME; give a later time.',
        ),
        (
            "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 0 ~~|",
            'm.mdl, line 4, "TIME STEP": it is 0; it must be above 0.',
        ),
    ],
)
def test_errors_of_the_clock(tmp_path: Path, controls: str, message: str) -> None:
    assert refused(tmp_path, "", controls=controls) == message


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("IF THEN ELSE(a > 1, 5, 10)", 5.0),
        ("INITIAL TIME + a * 2 ^ 2 - 1", 9.0),
        ("MAX(a, MODULO(b, 4)) / TIME STEP", 6.0),
        ("IF THEN ELSE(a = 2 :AND: :NOT: b < 7, ABS(-3), Time)", 3.0),
    ],
)
def test_a_control_that_is_computed_from_constants(tmp_path: Path, final: str, expected: float) -> None:
    controls = f"INITIAL TIME = b - 5 ~~|\nFINAL TIME = {final} ~~|\nTIME STEP = 1 / a ~~|\nSAVEPER = TIME STEP * 2 ~~|"
    clock = model_of(tmp_path, "a = 2 ~~|\nb = a + 5 ~~|\n", controls=controls).clock
    assert clock == Clock(2.0, expected, 0.5, 1.0, "euler", "")


@pytest.mark.parametrize("final", ["b", "FINAL TIME", "nowhere", "c", "1 / (a - 1)", "STEP(1, 2)"])
def test_a_control_that_is_computed_from_more_is_refused(tmp_path: Path, final: str) -> None:
    controls = f"INITIAL TIME = 0 ~~|\nFINAL TIME = {final} ~~|\nTIME STEP = 1 ~~|"
    with pytest.raises(UnsupportedError) as caught:
        model_of(tmp_path, "a = 1 ~~|\nb = c ~~|\nc = INTEG(a, 0) ~~|\n", controls=controls)
    assert str(caught.value) == (
        'm.mdl, line 6, "FINAL TIME": a control variable that is computed from more than constants and the time '
        "cannot be run yet; write a number, or the name of another control variable."
    )


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        ("IF THEN ELSE(twice > 50, Time, 100)", 26.0),  # the first instant of which it is true
        ("IF THEN ELSE(Time < 5, 10, 50)", 50.0),
        ("IF THEN ELSE(Time < 15, 10, 50)", 10.0),  # it has ended before the end moves
        ("20.3 + 0 * Time", 21.0),  # the end is off the grid
    ],
)
def test_an_end_that_changes_meanwhile(tmp_path: Path, final: str, expected: float) -> None:
    """A run ends at the first instant that is not before its end as it is then, and equations use its value of now."""
    controls = f"INITIAL TIME = 0 ~~|\nFINAL TIME = {final} ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|"
    model = model_of(tmp_path, "twice = 2 * Time ~~|\nleft = FINAL TIME - Time ~~|\n", controls=controls)
    assert model.clock.stop == expected
    frame = run(model).to_frame()
    time = frame.index.to_numpy()
    wanted = {
        26.0: np.where(time > 25, 0, 100 - time),
        50.0: np.where(time < 5, 10, 50) - time,
        10.0: 10 - time,
        21.0: 20.3 - time,
    }
    np.testing.assert_allclose(frame["left"], wanted[expected], atol=1e-12)


def test_a_start_that_changes_meanwhile(tmp_path: Path) -> None:
    """A run begins with its value at the beginning; from then on equations use its value of now."""
    first = "INITIAL TIME = IF THEN ELSE(Time < 3, 0, 0.5) ~~|\n"
    controls = f"{first}FINAL TIME = 4 + INITIAL TIME ~~|\nTIME STEP = 1 ~~|"
    model = model_of(tmp_path, "begun = INITIAL TIME ~~|\nends = FINAL TIME ~~|\n", controls=controls)
    frame = run(model).to_frame()
    assert frame.index.tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["begun"].tolist() == [0, 0, 0, 0.5, 0.5, 0.5]
    assert frame["ends"].tolist() == [4, 4, 4, 4.5, 4.5, 4.5]


CHANGING = """INITIAL TIME = 0 ~~|
FINAL TIME = 12 ~~|
TIME STEP = IF THEN ELSE(Time < 4, 1, 0.5) ~~|
SAVEPER = IF THEN ELSE(Time < 6, TIME STEP, 2) ~~|
"""


@pytest.mark.parametrize("method", ["euler", "rk2", "rk4"])
def test_steps_and_saves_that_change_meanwhile(tmp_path: Path, method: Method) -> None:
    """Every step is as long as the TIME STEP of the instant that it is made from, for stocks and all that is read."""
    equations = """
s = INTEG(0.3 * s, 1) ~~|
kept = SMOOTHI(s, 2, 0) ~~|
step = TIME STEP ~~|
save = SAVEPER ~~|
once = PULSE(5, 0) ~~|
lag = SAMPLE IF TRUE(Time < 5, s, 0) ~~|
"""
    model = model_of(tmp_path, equations, controls=CHANGING)
    result = run(model, method=method)
    times = [0.0, 1.0, 2.0, 3.0, *(4.0 + 0.5 * np.arange(17))]
    saved = [time for time in times if time <= 6 or time % 2 == 0]
    assert result.time.tolist() == saved
    factor = {
        "euler": lambda h: 1 + 0.3 * h,
        "rk2": lambda h: 1 + 0.3 * h + (0.3 * h) ** 2 / 2,
        "rk4": lambda h: sum((0.3 * h) ** power / math.factorial(power) for power in range(5)),
    }[method]
    s = np.cumprod([1.0, *(factor(1.0 if time < 4 else 0.5) for time in times[:-1])])
    at = [times.index(time) for time in saved]
    frame = result.to_frame()
    np.testing.assert_allclose(frame["s"], s[at], rtol=1e-14)
    assert frame["step"].tolist() == [1.0 if time < 4 else 0.5 for time in saved]
    assert frame["save"].tolist() == [1.0 if time < 4 else 0.5 if time < 6 else 2.0 for time in saved]
    assert frame.index[frame["once"] == 1.0].tolist() == [5.0]
    np.testing.assert_allclose(frame["lag"], [s[times.index(min(time, 4.5))] for time in saved], rtol=1e-14)
    if method == "euler":
        kept = [0.0]
        for time, value in zip(times[:-1], s, strict=False):
            kept.append(kept[-1] + (1.0 if time < 4 else 0.5) * (value - kept[-1]) / 2)
        np.testing.assert_allclose(frame["kept"], np.array(kept)[at], rtol=1e-13)


def test_a_policy_and_a_failure_in_a_run_whose_steps_change(tmp_path: Path) -> None:
    """What starts, stops or fails is counted in the model's own instants."""
    equations = "a = 1 ~~|\ns = INTEG(a, 0) ~~|\nf = INTEG(IF THEN ELSE(Time < 5, 0, LN(-1)), 0) ~~|\n"
    model = model_of(tmp_path, equations, controls=CHANGING.replace("6, TIME STEP, 2", "0, 0, TIME STEP"))
    later = PolicyPath("later", {"a": 3.0}, start=4.5)
    result = run(model, policies=[later], outputs=["s", "f"])
    assert result.status.failed_at.ravel().tolist() == [5.5]
    s = result.values("s")[0, 0, 0]
    np.testing.assert_allclose(s[:8], [0, 1, 2, 3, 4, 4.5, 6, np.nan])
    assert np.isnan(s[7:]).all()
    cut = run(model, policies=[later], outputs=["s"], metrics=[value_at("s", 4.5)], until=5.0)
    assert cut.time.tolist() == [0, 1, 2, 3, 4, 4.5, 5]
    assert cut.metric_table.ravel().tolist() == [4.5]


def test_steps_that_change_may_be_cut_into_parts(tmp_path: Path) -> None:
    """A test of the time step halves every step, and looks at the instants of before."""
    model = model_of(tmp_path, "s = INTEG(0.3 * s, 1) ~~|\nstep = TIME STEP ~~|\n", controls=CHANGING)
    own, halved = (run(model, time_step=step, save_every=0.5) for step in (None, 0.25))
    assert own.time.tolist() == halved.time.tolist() == [0, 1, 2, 3, *(4 + 0.5 * np.arange(17))]
    steps = [2 if time < 4 else 1 for time in own.time[:-1]]
    wanted = np.cumprod([1.0, *((1 + 0.3 * 0.25 * parts) ** 2 for parts in steps)])
    np.testing.assert_allclose(halved.values("s")[0, 0, 0], wanted, rtol=1e-13)
    usual = run(model, time_step=0.25)
    assert usual.time.tolist() == run(model).time.tolist()
    assert run(model, time_step=0.25, save_every=0.25, until=4.25).time.tolist() == [*(0.5 * np.arange(9)), 4.25]


@pytest.mark.parametrize(
    ("equations", "options", "message"),
    [
        (
            "",
            {"time_step": 0.3},
            "time_step 0.3 is no whole part of 0.5, the shortest step of a run whose steps change; give it, or its "
            "half.",
        ),
        (
            "",
            {"save_every": 1.0},
            "save_every 1 is not 0.5, the shortest step of a run whose steps change; give it to save every step, or "
            "leave it out.",
        ),
        ("", {"until": 4.2}, "until 4.2 is no instant of a run whose steps change and end at 12; the nearest is 4."),
        ("", {"until": 13}, "until 13 is no instant of a run whose steps change and end at 12; the nearest is 12."),
        ("", {"metrics": [mean_over("s", 0, 12)]}, "and metric "),
        (
            "d = DELAY FIXED(s, 2, 0) ~~|\n",
            {},
            "m.mdl: its steps change while it runs, and delays that keep what entered (DELAY FIXED and the like) count "
            "steps; give TIME STEP a number, or use a delay of some order.",
        ),
    ],
)
def test_what_counts_steps_is_refused_where_they_change(
    tmp_path: Path, equations: str, options: dict[str, Any], message: str
) -> None:
    """A delay would be too short or too long, and a sum would weigh every instant alike."""
    model = model_of(tmp_path, f"s = INTEG(1, 0) ~~|\n{equations}", controls=CHANGING)
    with pytest.raises(InputError) as caught:
        run(model, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        (
            "INITIAL TIME = 0 ~~|\nFINAL TIME = Time + 1 ~~|\nTIME STEP = 1 ~~|",
            'm.mdl, line 3, "FINAL TIME": the run has not come to it after 100000 steps; let it be reached.',
        ),
        (
            "INITIAL TIME = 2 + Time ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 1 ~~|",
            'm.mdl, line 2, "INITIAL TIME": it is another one at the time that it gives; write a number.',
        ),
        (
            "INITIAL TIME = 0 ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 2 - Time ~~|",
            'm.mdl, line 4, "TIME STEP": no run comes of it: no end within 100000 steps, or a step that is not above '
            "0; change it.",
        ),
        (
            "INITIAL TIME = IF THEN ELSE(Time < 5, 0, FINAL TIME) ~~|\n"
            "FINAL TIME = IF THEN ELSE(Time < 5, 3, INITIAL TIME) ~~|\nTIME STEP = 1 ~~|",
            "m.mdl: INITIAL TIME and FINAL TIME change and are made of each other; use numbers in one of them.",
        ),
    ],
)
def test_a_clock_that_cannot_change_so_is_refused(tmp_path: Path, controls: str, message: str) -> None:
    with pytest.raises(UnsupportedError if "a number." in message else ModelError) as caught:
        model_of(tmp_path, "", controls=controls)
    assert str(caught.value) == message


# Lookups: if one of these fails, a lookup returns other values.


@pytest.mark.parametrize(
    "points",
    [
        "(0,1),(2,-3.5),(4,1e2)",
        "[(0,-4)-(10,100)],(0,1),(2,-3.5),(4,1e2)",
        "[(0,-4)-(10,100),(1,1),(2,2)],(0,1),(2,-3.5)\n\t,(4,1e2)",
        "0,2,4,1,-3.5,100",
    ],
)
def test_forms_of_a_lookup(tmp_path: Path, points: str) -> None:
    model = model_of(tmp_path, f"effect of x(\n\t{points})\n\t~~|\na = effect of x(Time) ~~|\n")
    lookup = model["effect of x"]
    assert lookup.kind == "lookup"
    assert lookup.equations == (Equation(None, table=Table((0.0, 2.0, 4.0), (1.0, -3.5, 100.0))),)
    assert expression_of(model, "a") == LookupCall(Reference("", "effect of x"), ClockValue("time"))


def test_a_lookup_may_bear_a_name_that_begins_like_a_function(tmp_path: Path) -> None:
    model = model_of(tmp_path, "expname table((0,0),(1,1)) ~~|\na = expname table(Time) ~~|\n")
    assert isinstance(expression_of(model, "a"), LookupCall)


def test_a_lookup_is_not_closed(tmp_path: Path) -> None:
    assert refused(tmp_path, "f((0,1) ~~|\n") == (
        'm.mdl, line 2, "f": the equation ends and 1 "(" is still open; close it with ")".'
    )


# Arrays


def test_dimensions(tmp_path: Path) -> None:
    model = model_of(
        tmp_path, "Place <-> Area ~~|\nArea: urban, semi urban,\n\trural ~~|\nYear: (Y1-Y3) ~~|\nAll: Area, sea ~~|\n"
    )
    assert model.dimensions == (
        Dimension("Place", ("urban", "semi urban", "rural")),
        Dimension("Area", ("urban", "semi urban", "rural")),
        Dimension("Year", ("Y1", "Y2", "Y3")),
        Dimension("All", ("urban", "semi urban", "rural", "sea")),
    )
    assert len(model) == 0


AREA = "Area: urban, rural ~~|\nClass: rich, poor ~~|\n"


def test_apply_to_all_elements_and_constants(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        AREA + "a[Area] = b[Area] * 2 ~~|\nb[urban] = 1 ~~|\nb[rural] = Time ~~|\nc[Area] = 3, -4 ~~|\n"
        "d[Area, Class] = 1, 2; 3, 4; ~~|\ne[Area, Class] = TABBED ARRAY(\n\t1\t2\n\t3\t4) ~~|\n",
    )
    assert model["a"].dimensions == ("Area",)
    assert model["a"].equations[0].elements == ()
    assert [(equation.elements, equation.expression) for equation in model["b"].equations] == [
        (("urban",), Number(1.0)),
        (("rural",), ClockValue("time")),
    ]
    assert [equation.expression for equation in model["c"].equations] == [Number(3.0), Number(-4.0)]
    expected = [(("urban", "rich"), 1.0), (("urban", "poor"), 2.0), (("rural", "rich"), 3.0), (("rural", "poor"), 4.0)]
    for name in ("d", "e"):
        found = [(equation.elements, equation.expression) for equation in model[name].equations]
        assert found == [(ids, Number(value)) for ids, value in expected]


def test_an_equation_for_part_of_a_dimension_is_one_for_each_element(tmp_path: Path) -> None:
    text = "Size: small, medium, large ~~|\nUpper: medium, large ~~|\n"
    model = model_of(tmp_path, text + "a[small] = 1 ~~|\na[Upper] = b[Upper] ~~|\nb[Size] = 1,2,3 ~~|\n")
    assert model["a"].dimensions == ("Size",)
    assert [(equation.elements, equation.expression) for equation in model["a"].equations] == [
        (("small",), Number(1.0)),
        (("medium",), Reference("", "b", ("medium",))),
        (("large",), Reference("", "b", ("large",))),
    ]


def test_exceptions_are_left_out(tmp_path: Path) -> None:
    model = model_of(tmp_path, AREA + "a[Area, Class] :EXCEPT: [urban, poor], [rural, Class] = 1 ~~|\n")
    assert [equation.elements for equation in model["a"].equations] == [("urban", "rich")]


def test_arrayed_stocks(tmp_path: Path) -> None:
    model = model_of(tmp_path, AREA + "s[Area] = INTEG(f[Area], 1) ~~|\nf[Area] = 1 ~~|\n")
    assert model["s"].kind == "stock"
    assert model["s"].equations == (Equation(Number(1.0), rate=Reference("", "f", ("area",))),)


def test_a_sum_over_a_dimension(tmp_path: Path) -> None:
    model = model_of(tmp_path, AREA + "total = SUM(a[Area!]) ~~|\na[Area] = 1 ~~|\n")
    (node,) = [node for node in walk(expression_of(model, "total")) if isinstance(node, Call)]
    assert node.function == "sum"
    assert reasons(model) == []


def test_mappings_of_dimensions(tmp_path: Path) -> None:
    text = "Area: urban, rural ~~|\nShop: big, small -> Area, (Part: urban, Area) ~~|\nPart: urban, rural, sea ~~|\n"
    assert model_of(tmp_path, text).dimension_by_id["shop"].mappings == (
        ("area", (("big", ("urban",)), ("small", ("rural",)))),
        ("part", (("big", ("urban",)), ("small", ("urban", "rural")))),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Shop: big, small -> Area ~~|\n",
            "m.mdl, line 2, \"Shop\": it is mapped onto 'Area', which is no subscript range; "
            "define that one, or correct its name.",
        ),
        (
            "Area: urban ~~|\nShop: big, small -> Area ~~|\n",
            'm.mdl, line 3, "Shop": it has 2 elements and is mapped onto 1 of "Area"; give as many.',
        ),
        (
            "Area: Shop, urban ~~|\nShop: Area ~~|\n",
            'm.mdl, line 2, "Area": this subscript range is made of itself; list its elements.',
        ),
        (
            "Area: (a9-a1) ~~|\n",
            "m.mdl, line 2, \"Area\": '(a9-a1)' is no range of numbered elements; "
            "write it as (name1-name9), from low to high, with up to 100000 elements.",
        ),
    ],
)
def test_errors_of_subscript_ranges(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        model_of(tmp_path, text)
    assert str(caught.value) == message


# What cannot be run is kept, named and placed


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (
            "a = DELAY BATCH(Time, 1, 2, 0, 0)",
            '"DELAY BATCH" is not a function this version can run; nearest: "DELAY N", "DELAY MATERIAL"',
        ),
        *(
            (
                entry,
                '"a" is a data variable, and no series of it is given; read the model with data=[file], or '
                'missing_data="warn"',
            )
            for entry in ("a", "a :INTERPOLATE:")
        ),
        ("a :IS: 'text'", "a text is not a number"),
        ("a[Nowhere] = 1", "its subscripts belong to no dimension that can be read"),
        ("a = 1 + INTEG(1, 2)", '"INTEG" is not a function this version can run; nearest: "SINTEG", "INTEGER"'),
    ],
)
def test_what_cannot_be_run(tmp_path: Path, entry: str, reason: str) -> None:
    assert reasons(model_of(tmp_path, f"\n{entry} ~~|\n")) == [("a", 3, reason)]


def test_an_element_that_is_a_number_may_stand_beside_stocks(tmp_path: Path) -> None:
    """Energy models let a quantity move for some sources and fix it for others."""
    model = model_of(tmp_path, AREA + "a[urban] = INTEG(1, 2) ~~|\na[rural] = 5 ~~|\nb = SUM(a[Area!]) ~~|\n")
    frame = run(model).to_frame()
    assert set(frame["a[rural]"]) == {5.0}
    assert list(frame["b"] - frame["a[urban]"]) == [5.0] * len(frame)


def test_an_element_that_is_computed_beside_stocks_is_refused_by_name(tmp_path: Path) -> None:
    model = model_of(tmp_path, AREA + "a[urban] = INTEG(1, 2) ~~|\na[rural] = Time * 2 ~~|\n")
    reason = "an element that is computed, of a variable whose other elements are INTEG(…), cannot be run yet"
    assert reasons(model) == [("a", 5, reason)]


def test_lookups_for_some_elements_alone_are_refused_by_name(tmp_path: Path) -> None:
    """Such an element has no value; it must not become one that is not a number without a word."""
    model = model_of(tmp_path, AREA + "a[urban]((0,0),(1,1)) ~~|\na[rural] = 3 ~~|\n")
    reason = "a lookup for some elements of a variable, where others are none, cannot be run yet"
    assert reasons(model) == [("a", 4, reason)]


def test_comments_may_hold_comments(tmp_path: Path) -> None:
    """Modellers switch off a piece of an equation, its comments included."""
    model = model_of(tmp_path, "a = 1 {one {two {three} four} five} + 2 ~~|\n{off: {x} b = 3 ~~|} c = a ~~|\n")
    assert [variable.name for variable in model] == ["a", "c"]
    assert expression_of(model, "a") == Binary("+", Number(1.0), Number(2.0))


def test_causes_that_are_none_are_counted(tmp_path: Path) -> None:
    """Data equations list the names that a text in them stands for, so that a diagram can show them."""
    model = model_of(tmp_path, "a = 1 ~~|\nb := 2 * 3 :IGNORE: a ~~|\n")
    assert expression_of(model, "b") == Binary("*", Number(2.0), Number(3.0))
    assert "lists of causes that are none (:IGNORE:): 1" in model.ignored


def test_a_delay_that_names_its_pipeline_is_refused_by_name(tmp_path: Path) -> None:
    """One equation that cannot be run must not keep the other ones from being read."""
    model = model_of(tmp_path, "a = 1 ~~|\nb = DELAYP(a, 3 : under way) ~~|\n")
    assert reasons(model) == [("b", 3, '"DELAYP" cannot be run yet')]


# Errors, each with its exact message; equations begin on line 2.


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        ("a = 1 ~~|\nA = 2 ~~|\n", 'm.mdl, line 3, "a": line 2 has an equation of this name already; rename one.'),
        (
            "a =\n\t1 + * 2 ~~|\n",
            "m.mdl, line 3, \"a\": '*' is not expected here; a value is missing before it.",
        ),
        ("a = ~~|\n", 'm.mdl, line 2, "a": there is no equation; write one.'),
        ("a = STEP(1) ~~|\n", 'm.mdl, line 2, "a": "STEP" takes 2 arguments (height from a time on), and is given 1.'),
        (
            "a = INTEG(1) ~~|\n",
            "m.mdl, line 2, \"a\": ')' is not expected here; a value is missing before it, or a '(' that it closes.",
        ),
        ("+ 1 ~~|\n", "m.mdl, line 2: '+ 1' does not begin with a name and '='; write name = expression."),
        (
            AREA + "a[Area] = 1, 2, 3 ~~|\n",
            'm.mdl, line 4, "a": 3 numbers are given for 2 elements; give as many.',
        ),
        (
            'b = 1 ~~|\n"a = 1 ~~|\n',
            "m.mdl, line 3: '\"' opens what nothing closes; add the closing quotation mark or brace.",
        ),
    ],
)
def test_errors_of_equations(tmp_path: Path, equations: str, message: str) -> None:
    assert refused(tmp_path, equations) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "m.mdl: the file is empty; restore it from a copy or save the model again."),
        (b"{UTF-8}\n", "m.mdl: there is no equation in this file; a Vensim model ends each of them with '|'."),
        (
            b"a = 1 ~~|\nb = a +\n\t2 ~ Mon",
            "m.mdl, line 2: the file ends inside this equation ('|' is missing); "
            "it may be cut off: restore it from a copy or save the model again.",
        ),
        (
            b"<!DOCTYPE html>\n<html></html>",
            "m.mdl, line 1: this is a web page (HTML), not a model; download the model file itself.",
        ),
        (b'{"message": 1}', "m.mdl, line 1: this looks like JSON, not a Vensim model; name a model file."),
        (b"PK\x03\x04\x00\x00", "m.mdl: this is a binary file, not a Vensim model; save the model as text."),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "m.mdl"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert str(caught.value) == message


# World3


CONFORMANCE = os.environ.get("EGOVSIM_CONFORMANCE")


@pytest.mark.skipif(not CONFORMANCE, reason="EGOVSIM_CONFORMANCE names no folder with recorded models")
def test_world3_reads_whole() -> None:
    model = read_file(Path(CONFORMANCE or "") / "large" / "wrld3-03.mdl")
    assert reasons(model) == []
    assert len(model.stocks) == 15
    assert sum(variable.kind == "lookup" for variable in model) == 55
    assert model.clock == Clock(1900.0, 2100.0, 0.5, None, "euler", "year")
    references = [
        node
        for variable in model
        for equation in variable.equations
        for part in (equation.expression, equation.rate)
        if part is not None
        for node in walk(part)
        if isinstance(node, Reference)
    ]
    assert len(references) > 400
    assert all(reference.id in model.by_id for reference in references)


def test_a_sum_runs_over_what_is_starred_and_leaves_a_dimension_of_the_same_elements_alone(tmp_path: Path) -> None:
    """Two dimensions with the same elements: a matrix times a vector, and its transpose."""
    import egovsim

    file = tmp_path / "matrix.mdl"
    file.write_text(
        "{UTF-8}\n"
        "from: a, b ~~|\nto: a, b ~~|\n"
        "vector[from] = 1, 10 ~~|\n"
        "matrix[from, to] = 1, 2; 3, 4; ~~|\n"
        "rows[to] = SUM(vector[from!] * matrix[to, from!]) ~~|\n"
        "columns[to] = SUM(vector[from!] * matrix[from!, to]) ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n",
        encoding="utf-8",
    )
    result = egovsim.run(egovsim.read_model(file))
    assert result.values("rows")[0, 0, 0, 0].tolist() == [21.0, 43.0]
    assert result.values("columns")[0, 0, 0, 0].tolist() == [31.0, 42.0]


@pytest.mark.parametrize(
    ("doubled", "message"),
    [
        ("TIME STEP = 2 ~~|\n", '"TIME STEP": line 2 has an equation of this name already; rename one.'),
        ("Area: c ~~|\n", '"Area": line 3 has a subscript range of this name already; rename one.'),
    ],
)
def test_what_is_defined_twice_is_refused(doubled: str, message: str, tmp_path: Path) -> None:
    """The later definition would hold, and nobody would be told."""
    path = tmp_path / "m.mdl"
    text = "{UTF-8}\nTIME STEP = 1 ~~|\nArea: a, b ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nSAVEPER = 1 ~~|\n"
    path.write_text(text + doubled + "x = 1 ~~|\n", encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert str(caught.value) == f"m.mdl, line 7, {message}"
