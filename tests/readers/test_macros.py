"""Macros of Vensim and XMILE: what a call stands for, and that every call has a state of its own.

If these fail, a model with macros gives the numbers of another model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, xmile

import egovsim
from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.model import Model

CLOCK = """
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 0.5 ~ Month ~|
SAVEPER = TIME STEP ~~|
"""

SMOOTHED = """:MACRO: TRAIL(input, lag)
TRAIL = INTEG(change, input) ~ input ~ the trailing stock|
change = (input - TRAIL) / lag ~~|
:END OF MACRO:
"""


def vensim(folder: Path, equations: str, *, clock: str = CLOCK) -> Model:
    path = folder / "m.mdl"
    path.write_text("{UTF-8}\n" + equations + clock, encoding="utf-8")
    return egovsim.read_model(path)


def columns(model: Model) -> dict[str, np.ndarray]:
    frame = egovsim.run(model).to_frame()
    return {name: frame[name].to_numpy() for name in frame.columns}


def trail(values: np.ndarray, lag: float, step: float = 0.5) -> np.ndarray:
    """Integrate a first-order smooth by hand."""
    level, found = values[0], []
    for value in values:
        found.append(level)
        level += step * (value - level) / lag
    return np.array(found)


def test_a_call_is_an_instance_whose_names_begin_with_the_caller(tmp_path: Path) -> None:
    """Without names of their own two calls would be one, or hide a variable of the model."""
    model = vensim(tmp_path, SMOOTHED + "change = 7 ~~|\nx = 1 + TRAIL(Time, 2) ~~|\n")
    names = [variable.name for variable in model]
    assert names == ["change", "x", "#x>TRAIL#", "#x>TRAIL>change#"]
    assert model["#x>TRAIL#"].kind == "stock"
    assert model["#x>TRAIL#"].note == "the trailing stock"


def test_every_call_has_its_own_stock(tmp_path: Path) -> None:
    """Shared state between calls would mix the histories of two inputs."""
    model = vensim(tmp_path, SMOOTHED + "x = TRAIL(Time, 2) + 10 * TRAIL(10 - Time, 4) ~~|\ny = TRAIL(Time, 2) ~~|\n")
    found = columns(model)
    time = np.arange(9) * 0.5
    np.testing.assert_allclose(found["y"], trail(time, 2.0), rtol=1e-12)
    np.testing.assert_allclose(found["x"], trail(time, 2.0) + 10 * trail(10 - time, 4.0), rtol=1e-12)
    assert "#x>001 TRAIL#" in found


def test_what_a_macro_puts_out_beside_its_value_becomes_the_variables_that_the_call_names(tmp_path: Path) -> None:
    model = vensim(
        tmp_path,
        """:MACRO: ADD3(val1, val2, val3 : minval, maxval)
ADD3 = val1 + val2 + val3 ~~|
minval = MIN(val1, MIN(val2, val3)) ~~|
maxval = MAX(val1, MAX(val2, val3)) ~~|
:END OF MACRO:
total = ADD3(Time, 3, 2 * Time : least, greatest) / 2 ~~|
span = greatest - least ~~|
""",
    )
    found, time = columns(model), np.arange(9) * 0.5
    np.testing.assert_array_equal(found["total"], (3 * time + 3) / 2)
    np.testing.assert_array_equal(found["least"], np.minimum(time, 3))
    np.testing.assert_array_equal(found["span"], np.maximum(2 * time, 3) - np.minimum(time, 3))


def test_a_dollar_reaches_the_model_and_nothing_else_does(tmp_path: Path) -> None:
    """`rate` inside is the macro's, `rate$` the model's, and TIME STEP$ the clock's."""
    model = vensim(
        tmp_path,
        """:MACRO: OUTSIDE(x)
OUTSIDE = x * rate + 100 * rate$ + 10000 * TIME STEP$ + Time$ ~~|
rate = 2 ~~|
:END OF MACRO:
rate = 3 ~~|
y = OUTSIDE(1) ~~|
""",
    )
    np.testing.assert_array_equal(columns(model)["y"], 2 + 300 + 5000 + np.arange(9) * 0.5)


def test_a_macro_may_bear_the_name_of_a_function_and_call_another(tmp_path: Path) -> None:
    model = vensim(
        tmp_path,
        """:MACRO: DOUBLE(x)
DOUBLE = 2 * x ~~|
:END OF MACRO:
:MACRO: SSHAPE(x, y)
SSHAPE = DOUBLE(x) + DOUBLE(DOUBLE(y)) ~~|
:END OF MACRO:
:MACRO: ABS(x)
ABS = x - 1 ~~|
:END OF MACRO:
y = SSHAPE(1, 10) ~~|
z = ABS(-5) ~~|
""",
    )
    found = columns(model)
    assert (found["y"][0], found["z"][0]) == (42.0, -6.0)


def test_an_instance_has_the_subscripts_of_the_caller(tmp_path: Path) -> None:
    """A stock of the macro is a stock for every element; a call for one element has a stock of its own."""
    model = vensim(
        tmp_path,
        SMOOTHED
        + """Area: urban, rural ~~|
Sector: a, b, c ~~|
Part: b, c ~~|
input[urban] = Time ~~|
input[rural] = 10 - Time ~~|
lag[Area] = 2, 4 ~~|
x[Area] = TRAIL(input[Area], lag[Area]) ~~|
grown[Sector] = Time * Sector ~~|
y[Sector, Area] = TRAIL(grown[Sector] + input[Area], 2) ~~|
z[a] = TRAIL(grown[a], 1) ~~|
z[Part] = TRAIL(grown[Part], 3) + 1 ~~|
""",
    )
    found, time = columns(model), np.arange(9) * 0.5
    np.testing.assert_allclose(found["x[urban]"], trail(time, 2), rtol=1e-12)
    np.testing.assert_allclose(found["x[rural]"], trail(10 - time, 4), rtol=1e-12)
    np.testing.assert_allclose(found["y[b,rural]"], trail(2 * time + 10 - time, 2), rtol=1e-12)
    np.testing.assert_allclose(found["z[a]"], trail(time, 1), rtol=1e-12)
    np.testing.assert_allclose(found["z[c]"], trail(3 * time, 3) + 1, rtol=1e-12)


STELLA = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs><start>0</start><stop>1</stop><dt>0.5</dt></sim_specs>
<macro name="TWICE"><eqn>2-fold</eqn><parm>in</parm><variables>
<aux name="in" access="input"><eqn>100</eqn><units>persons</units></aux>
<aux name="2-fold" access="output"><eqn>2 * in</eqn></aux></variables></macro>
<model><variables><aux name="a"><eqn>3</eqn></aux><aux name="b"><eqn>EQUATION</eqn></aux></variables></model>
</xmile>"""
"""A macro as Stella writes it: a variable with a value of its own stands in for every argument."""


@pytest.mark.parametrize(
    ("equation", "value"),
    [("TWICE(a - 1)", 4.0), ("TWICE(a)", 6.0), ("TWICE(7)", 14.0), ("TWICE(TWICE(a + 1) - 1)", 14.0)],
)
def test_what_stands_in_for_an_argument_gives_way_to_what_a_call_gives(
    tmp_path: Path, equation: str, value: float
) -> None:
    path = tmp_path / "m.stmx"
    path.write_text(STELLA.replace("EQUATION", equation), encoding="utf-8")
    model = egovsim.read_model(path)
    assert columns(model)["b"][0] == value
    assert len({variable.id for variable in model}) == len(model)
    egovsim.write_xmile(model, tmp_path / "written.xmile")
    assert columns(egovsim.read_model(tmp_path / "written.xmile"))["b"][0] == value


def test_an_input_of_a_macro_is_one_of_its_arguments(tmp_path: Path) -> None:
    path = tmp_path / "m.stmx"
    other = '<aux name="other" access="input"/></variables></macro>'
    path.write_text(STELLA.replace("</variables></macro>", other), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(path)
    assert str(caught.value) == (
        'm.stmx, line 5, "other": the macro "TWICE" has no argument of this name; add it as a <parm>.'
    )


def test_units_that_name_an_argument_are_those_of_what_is_given(tmp_path: Path) -> None:
    model = vensim(
        tmp_path, SMOOTHED + "stock = 3 ~ persons ~|\nx = TRAIL(stock, 2) ~~|\ny = TRAIL(stock + 1, 2) ~~|\n"
    )
    assert model["#x>TRAIL#"].unit == "persons"
    assert model["#y>TRAIL#"].unit == ""


def test_units_may_be_made_of_those_of_arguments(tmp_path: Path) -> None:
    model = vensim(
        tmp_path,
        """:MACRO: M(a, b)
M = a * a / b ~ a*a/b ~|
clock = a * TIME STEP$ ~ a*TIME STEP$ ~|
cost = 3 ~ $ ~|
:END OF MACRO:
share = 3 ~ persons/office ~|
lag = 2 ~ Month ~|
x = M(share, lag) ~~|
""",
    )
    units = {variable.name: variable.unit for variable in model if variable.name.startswith("#")}
    assert units == {"#x>M#": "(persons/office)*(persons/office)/(Month)", "#x>M>clock#": "", "#x>M>cost#": "$"}


def test_positions_in_a_macro_are_those_of_the_file(tmp_path: Path) -> None:
    """An error in a body must lead to its line, also behind continuations and other macros."""
    with pytest.raises(ModelError) as caught:
        vensim(tmp_path, SMOOTHED + ":MACRO: BAD(x)\nBAD = x + \\\n\t\t* 2 ~~|\n:END OF MACRO:\ny = BAD(1) ~~|\n")
    assert str(caught.value).startswith('m.mdl, line 8, "BAD": ')


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        (
            SMOOTHED + "x = TRAIL(Time) ~~|\n",
            'm.mdl, line 6, "x": the macro is TRAIL(input, lag), and is given 1 arguments; give as many as it names.',
        ),
        (
            ":MACRO: M(a : b)\nM = a ~~|\n:END OF MACRO:\nx = M(1 : y) ~~|\n",
            'm.mdl, line 2, "M": the macro has no equation for "b"; add it.',
        ),
        (
            ":MACRO: M(a : b)\nM = a ~~|\nb = a ~~|\n:END OF MACRO:\nx = M(1 : y) ~~|\ny = 2 ~~|\n",
            'm.mdl, line 6, "y": this name has an equation already; name another variable for the macro\'s output.',
        ),
        (
            ":MACRO: M(a : b)\nM = a ~~|\nb = a ~~|\n:END OF MACRO:\nx = M(1 : 2) ~~|\n",
            'm.mdl, line 6, "x": what a macro puts out goes to a variable; write its name there.',
        ),
        (
            "x = ABS(1 : y) ~~|\n",
            'm.mdl, line 2, "x": "ABS" is no macro, so nothing can stand after ":"; remove it.',
        ),
        (
            "y = 1 ~~|\n:MACRO: M(a)\nM = a ~~|\n",
            "m.mdl, line 3: this macro is not written :MACRO: name(arguments) … :END OF MACRO:; add what is missing.",
        ),
    ],
)
def test_errors_of_vensim_macros(tmp_path: Path, equations: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        vensim(tmp_path, equations)
    assert str(caught.value) == message


def test_a_macro_that_calls_itself_is_refused_and_not_followed_for_ever(tmp_path: Path) -> None:
    model = vensim(tmp_path, ":MACRO: M(a)\nM = 1 + M(a - 1) ~~|\n:END OF MACRO:\nx = M(3) ~~|\n")
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(model)
    assert 'line 3, "#x>M#": "M" is a macro that calls itself, which cannot be run' in str(caught.value)


@pytest.mark.parametrize(("levels", "times"), [(30, 2), (60, 1)])
def test_macros_that_would_fill_the_memory_are_an_error(tmp_path: Path, levels: int, times: int) -> None:
    """Thirty macros that each call the one before twice make a thousand million variables."""
    sums = (" + ".join([f"M{level - 1}(x)"] * times) for level in range(1, levels))
    macros = ":MACRO: M0(x)\nM0 = x ~~|\n:END OF MACRO:\n" + "".join(
        f":MACRO: M{level}(x)\nM{level} = {text} ~~|\n:END OF MACRO:\n" for level, text in enumerate(sums, 1)
    )
    with pytest.raises(ModelError, match="macros are called more than 50 deep or 20,000 times"):
        vensim(tmp_path, macros + f"y = M{levels - 1}(1) ~~|\n")


def test_a_macro_takes_a_number_made_of_a_whole_dimension(tmp_path: Path) -> None:
    """A sum is one number, wherever it stands; it must be the same as a variable that holds it."""
    sums = "D: a, b ~~|\nv[D] = 1, 2 ~~|\ns = SUM(v[D!]) ~~|\n"
    text = sums + "x = TRAIL(SUM(v[D!] * 2) / 2, 2) ~~|\ny = TRAIL(s, 2) ~~|\n"
    frame = egovsim.run(vensim(tmp_path, SMOOTHED + text)).to_frame()
    assert list(frame["x"]) == list(frame["y"])


def test_a_macro_of_a_whole_dimension_is_refused(tmp_path: Path) -> None:
    model = vensim(tmp_path, SMOOTHED + "D: a, b ~~|\nv[D] = 1, 2 ~~|\nx = SUM(TRAIL(v[D!], 2)) ~~|\n")
    with pytest.raises(UnsupportedError, match="a macro of a whole dimension cannot be run"):
        egovsim.run(model)


def test_a_macro_that_is_not_called_changes_nothing(tmp_path: Path) -> None:
    model = vensim(tmp_path, ":MACRO: M(a)\nM = NO SUCH FUNCTION(a, 1, 2) ~~|\n:END OF MACRO:\nx = 1 ~~|\n")
    assert [variable.name for variable in model] == ["x"]
    assert columns(model)["x"][0] == 1.0


# XMILE


def with_macros(macros: str, *variables: str) -> str:
    text = xmile(*variables, stop=4, dt=0.5)
    return text.replace("<model>", f"{macros}\n<model>", 1)


def read(folder: Path, text: str) -> Model:
    path = folder / "m.xmile"
    path.write_text(text, encoding="utf-8")
    return egovsim.read_model(path)


SMOOTH_MACRO = """<macro name="TRAIL"><parm>input</parm><parm default="2.0">lag</parm><eqn>smooth_of_input</eqn>
<variables><stock name="smooth of input"><eqn>input</eqn><inflow>change</inflow></stock>
<flow name="change"><eqn>(input - smooth_of_input) / lag</eqn></flow></variables></macro>"""


def test_an_xmile_macro_with_variables_and_a_default(tmp_path: Path) -> None:
    """Section 4.8 of the standard: arguments in order, those with a default may be left out, stocks per call."""
    model = read(
        tmp_path,
        with_macros(
            SMOOTH_MACRO,
            auxiliary("change", "5"),
            auxiliary("x", "1 + TRAIL(TIME)"),
            auxiliary("y", "TRAIL(10 - TIME, 4)"),
        ),
    )
    found, time = columns(model), np.arange(9) * 0.5
    np.testing.assert_allclose(found["x"], 1 + trail(time, 2), rtol=1e-12)
    np.testing.assert_allclose(found["y"], trail(10 - time, 4), rtol=1e-12)
    assert found["change"][0] == 5.0
    assert model["#x>TRAIL>smooth of input#"].inflows == ("#x>trail>change#",)


def test_an_xmile_macro_is_an_equation_of_its_arguments(tmp_path: Path) -> None:
    macros = """<macro name="LN of"><parm>x</parm><parm>base</parm><eqn>LN(x) / LN(base)</eqn></macro>
<macro name="both"><parm>a</parm><eqn>LN_of(a, 2) + a</eqn></macro>"""
    model = read(tmp_path, with_macros(macros, auxiliary("x", "LN_OF(8, 2)"), auxiliary("y", "2 * both(4)")))
    found = columns(model)
    assert found["x"][0] == pytest.approx(3.0, rel=1e-14)
    assert found["y"][0] == pytest.approx(12.0, rel=1e-14)


def test_two_xmile_macros_of_one_name_differ_by_their_arguments(tmp_path: Path) -> None:
    """Section 3.6.1 allows it."""
    macros = """<macro name="f"><parm>x</parm><eqn>x + 1</eqn></macro>
<macro name="f"><parm>x</parm><parm>y</parm><eqn>x * y</eqn></macro>"""
    found = columns(read(tmp_path, with_macros(macros, auxiliary("a", "f(6)"), auxiliary("b", "f(6, 7)"))))
    assert (found["a"][0], found["b"][0]) == (7.0, 42.0)


@pytest.mark.parametrize(
    ("macros", "message"),
    [
        (
            '<macro name="f"><parm>x</parm></macro>',
            'm.xmile, line 6, "f": the macro has no <eqn>; add what it stands for.',
        ),
        (
            '<macro name="f"><parm default="1">x</parm><parm>y</parm><eqn>x + y</eqn></macro>',
            'm.xmile, line 6, "f": an argument without default comes after one with it; turn them round.',
        ),
        (
            '<macro name="f"><parm>x</parm><parm>y</parm><eqn>x + y</eqn></macro>',
            'm.xmile, line 8, "a": the macro is f(x, y), and is given 1 arguments; give as many as it names.',
        ),
    ],
)
def test_errors_of_xmile_macros(tmp_path: Path, macros: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read(tmp_path, with_macros(macros, auxiliary("a", "f(6)")))
    assert str(caught.value) == message


def test_an_xmile_macro_with_a_clock_of_its_own_is_refused(tmp_path: Path) -> None:
    macros = "<macro name='f'><parm>x</parm><eqn>x</eqn><sim_specs><start>0</start><stop>1</stop></sim_specs></macro>"
    with pytest.raises(UnsupportedError, match="a macro that runs by a clock of its own cannot be run yet"):
        egovsim.run(read(tmp_path, with_macros(macros, auxiliary("a", "f(6)"))))


@pytest.mark.parametrize("given", ["2 * k", "k"])
def test_an_argument_that_has_an_equation_in_the_macro_is_refused(tmp_path: Path, given: str) -> None:
    """One of the two values would be taken and the other left out, and nobody told which."""
    macro = ":MACRO: both(a, b)\nboth = a + b ~~|\na = 5 ~~|\n:END OF MACRO:\n"
    with pytest.raises(ModelError) as caught:
        vensim(tmp_path, f"{macro}y = both({given}, 1) ~~|\nk = 3 ~~|\n")
    assert str(caught.value) == (
        'm.mdl, line 4, "a": this is an argument of the macro "both", which its calls give; remove the equation.'
    )


def test_no_variable_bears_the_name_of_a_part_of_an_instance(tmp_path: Path) -> None:
    """Two variables of one name: the calls of one would silently read the other; nor is one meant by accident."""
    taken = '"#x>TRAIL>change#" = 7 ~~|\n'
    model = vensim(tmp_path, SMOOTHED + taken + "x = 1 + TRAIL(Time, 2) ~~|\n")
    assert model["#x>TRAIL>change#"].is_input
    assert "#x>001 trail>change#" in model.by_id
    meant = 'y = 2 * "#x>TRAIL>change#" ~~|\n'
    model = vensim(tmp_path, SMOOTHED + meant + "x = 1 + TRAIL(Time, 2) ~~|\n")
    findings = [str(finding) for finding in egovsim.check(model) if finding.severity == "error"]
    assert findings == ['error: m.mdl, line 6, "y": "#x>TRAIL>change#" is not a variable of this model']
