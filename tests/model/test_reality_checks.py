"""Reality Checks of Vensim models: kept as expressions, listed by `check` where they cannot be read.

If these fail, a modeller's statements of what must follow from what are lost, or one of them stops a model that runs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import egovsim
from egovsim.cli import app
from egovsim.model import reality_checks as rc
from egovsim.model.expression import Binary, Call, Number, Reference, Unsupported
from egovsim.model.model import Model
from egovsim.model.notation import show

MODEL = """
Area: urban, rural ~~|
Capital = INTEG(investment - Capital / 10, 100) ~~|
investment = 8 ~~|
output[Area] = Capital / 2 ~~|
workers[Area] = 4, 5 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""


def read(folder: Path, statements: str) -> Model:
    path = folder / "m.mdl"
    path.write_text(f"{{UTF-8}}\n{statements}{MODEL}", encoding="utf-8")
    return egovsim.read_model(path)


def notes(model: Model) -> list[tuple[str, str, int, str]]:
    found = [one for one in egovsim.check(model) if "Reality Check" in one.text]
    return [(one.severity, one.variable, one.where.line, one.text) for one in found]


def variable(name: str, *subscripts: str) -> Reference:
    return Reference(name, name.lower(), subscripts)


def test_a_constraint_is_kept_whole(tmp_path: Path) -> None:
    """The example of Vensim's user guide ("Constraints"), over two lines, with a note."""
    model = read(
        tmp_path,
        "no capital no output[Area]\n\t:THE CONDITION: Capital = 0\n\t:IMPLIES: output[Area] = 0\n"
        "\t~\n\t~ It stops. |\n",
    )
    (check,) = model.reality_checks
    assert check == rc.Constraint(
        "no capital no output",
        Binary("=", variable("Capital"), Number(0.0)),
        Binary("=", variable("output", "area"), Number(0.0)),
        ("area",),
        note="It stops.",
    )
    assert [(part.where.line, part.where.column) for part in check.parts] == [(3, 18), (4, 12)]
    assert [one.name for one in model] == ["Capital", "investment", "output", "workers"]
    assert notes(model) == []


def test_conditions_and_consequences_are_logical_expressions(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        "x:THE CONDITION: Capital > 8E9 :AND: (investment < .75 :OR: :NOT: Capital > 1) :IMPLIES: Capital<>2~~|\n",
    )
    (check,) = model.reality_checks
    assert [show(part) for part in check.parts] == [
        "Capital > 8000000000 AND (investment < 0.75 OR NOT (Capital > 1))",
        "Capital <> 2",
    ]


def test_a_constraint_may_hold_always(tmp_path: Path) -> None:
    (check,) = read(tmp_path, '"sums: up" :THECONDITION: :IMPLIES: Capital >= 0 ~~|\n').reality_checks
    assert check == rc.Constraint("sums: up", None, Binary(">=", variable("Capital"), Number(0.0)))


def test_a_test_input_is_an_equation_and_conditions_name_it(tmp_path: Path) -> None:
    """The functions of Reality Checks are calls of their name (Vensim's reference, "Reality Check Functions")."""
    model = read(
        tmp_path,
        "TI no investment :TEST INPUT: investment = RC STEP(investment, 0, 2) ~ ~ |\n"
        "RC shrinks :THE CONDITION: TI no investment :IMPLIES: Capital <= RC_DECAY_CHECK(1, Capital, 10, 2) ~~|\n",
    )
    given, check = model.reality_checks
    step = Call("rc step", (variable("investment"), Number(0.0), Number(2.0)))
    assert given == rc.TestInput("TI no investment", variable("investment"), step)
    decay = Call("rc decay check", (Number(1.0), variable("Capital"), Number(10.0), Number(2.0)))
    assert check == rc.Constraint("RC shrinks", variable("TI no investment"), Binary("<=", variable("Capital"), decay))
    assert notes(model) == []


@pytest.mark.parametrize("name", sorted(rc.FUNCTIONS))
def test_every_function_takes_what_its_page_says(tmp_path: Path, name: str) -> None:
    """As many arguments as the reference lists, the last two may be left out; one more or less is said."""
    wanted = rc.FUNCTIONS[name]
    assert len(wanted) == 3
    statements = "".join(
        f"c{count} :THE CONDITION: :IMPLIES: Capital < {name.upper()}({', '.join(['Capital'] * count)}) ~~|\n"
        for count in range(wanted.start - 1, wanted.stop + 1)
    )
    found = read(tmp_path, statements).reality_checks
    kept = [isinstance(one.consequence.right, Call) for one in found]  # type: ignore[union-attr]
    assert kept == [False, True, True, True, False]


def test_elements_can_be_tested(tmp_path: Path) -> None:
    model = read(tmp_path, "TI none :TEST INPUT: workers[urban] = 0 ~~|\n")
    assert model.reality_checks == (rc.TestInput("TI none", variable("workers", "urban"), Number(0.0)),)


def test_they_change_no_number(tmp_path: Path) -> None:
    bare = read(tmp_path, "")
    model = read(tmp_path, "x :THE CONDITION: Capital = 0 :IMPLIES: investment = 0 ~~|\n")
    assert replace(model, reality_checks=()) == bare
    assert egovsim.run(model).to_frame().equals(egovsim.run(bare).to_frame())


def test_models_that_say_the_same_are_equal(tmp_path: Path) -> None:
    """Positions and layout take no part, what is said does."""
    first = read(tmp_path, "x :THE CONDITION: Capital = 0 :IMPLIES: investment = 0 ~~|\n")
    moved = read(tmp_path, "\n\n\nX:the condition:\n\tcapital=0.0\n\t:IMPLIES:\n\tInvestment = 0 ~~|\n")
    other = read(tmp_path, "x :THE CONDITION: Capital = 0 :IMPLIES: investment = 1 ~~|\n")
    assert moved == replace(first, reality_checks=(replace(first.reality_checks[0], name="X"),))
    assert other != first


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            "x :THE CONDITION: Capital = 0 ~~|\n",
            'this Reality Check cannot be read and is left out: m.mdl, line 2, "x": it says what is so, and not what '
            'follows; add ":IMPLIES: consequence".',
        ),
        (
            "x :THE CONDITION: Capital = :IMPLIES: investment = 0 ~~|\n",
            'this Reality Check cannot be read and is left out: m.mdl, line 2, "x": the equation ends where a value is '
            "expected; write what is missing at its end.",
        ),
        (
            "x :TEST INPUT: Capital > 0 ~~|\n",
            'this Reality Check cannot be read and is left out: m.mdl, line 2, "x": a test input is an equation of one '
            "variable; write name :TEST INPUT: variable = expression.",
        ),
    ],
)
def test_what_cannot_be_read_is_left_out_and_said(tmp_path: Path, statement: str, text: str) -> None:
    """The model runs without it, so it must not stop the model."""
    model = read(tmp_path, statement)
    assert model.reality_checks == ()
    assert notes(model) == [("warning", "x", 2, text)]
    assert not egovsim.run(model).status.failures


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (
            "x :TEST INPUT: Capital = RC STEP(Capital) ~~|\n",
            'this Reality Check cannot be run: "RC STEP" takes 2 to 4 arguments, and is given 1: RC STEP',
        ),
        (
            "x :TEST INPUT: Capitol = 1 ~~|\n",
            'this Reality Check cannot be run: "Capitol" is not a variable of this model',
        ),
        (
            "x :TEST INPUT: Capital = GET DATA AT TIME(investment, Time) ~~|\n",
            'this Reality Check cannot be run: "GET DATA AT TIME" cannot stand in a Reality Check; give it a variable: '
            "GET DATA AT TIME",
        ),
        (
            "x :TEST INPUT: Capital = RC COMPARE('base', Capital, 1) ~~|\n",
            "this Reality Check cannot be run: a text is not a number: 'base'",
        ),
    ],
)
def test_what_cannot_be_run_is_a_note(tmp_path: Path, statement: str, text: str) -> None:
    model = read(tmp_path, statement)
    assert len(model.reality_checks) == 1
    assert notes(model) == [("note", "x", 2, text)]
    assert not any(isinstance(node, Unsupported) for one in model for node in (one.equations[0].expression,))


def test_convert_says_that_they_are_not_written(tmp_path: Path) -> None:
    """XMILE has no place for them; whoever converts a model must know what is missing."""
    read(tmp_path, "x :THE CONDITION: :IMPLIES: Capital >= 0 ~~|\ny :TEST INPUT: Capital = 0 ~~|\n")
    done = CliRunner().invoke(app, ["convert", str(tmp_path / "m.mdl"), "--out", str(tmp_path / "m.xmile")])
    assert done.exit_code == 0
    assert "Not written, since XMILE has no place for them: 2 Reality Checks" in done.output
    assert egovsim.read_model(tmp_path / "m.xmile").reality_checks == ()


def test_the_recorded_model_has_its_three(conformance: Path) -> None:
    """Names with underscores, subscripts, and a condition that is a test input of an array."""
    model = egovsim.read_model(conformance / "test-models/tests/reality_checks/test_reality_checks.mdl")
    assert [(type(check).__name__, check.name, check.subscripts) for check in model.reality_checks] == [
        ("Constraint", "no_productivity_no_output", ("sectors",)),
        ("TestInput", "productivity_to_zero", ("sectors",)),
        ("Constraint", "no_workers_no_output", ()),
    ]
    assert notes(model) == []
