"""Units: texts, synonyms, and every rule by which the units in an equation must fit, in both file formats."""

from __future__ import annotations

import dataclasses
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.sax.saxutils import escape

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import egovsim
from egovsim.cli import main
from egovsim.model.expression import Binary, Call, ClockValue, Expression, If, Number, Reference, Unary
from egovsim.model.functions import FUNCTIONS
from egovsim.model.model import Clock, Model, UnitSynonyms
from egovsim.model.units.algebra import Units
from egovsim.model.units.checking import check_units
from egovsim.model.units.rules import FUNCTION_RULES, OPERATOR_RULES
from egovsim.model.units.texts import UnitTextError, read_unit
from egovsim.model.variable import Equation, Variable


def units(*texts: str, synonyms: tuple[UnitSynonyms, ...] = ()) -> Units:
    return Units(texts, synonyms)


def same(one: str, other: str, *more: str, synonyms: tuple[UnitSynonyms, ...] = ()) -> bool:
    """Tell whether a model that uses these texts takes the first two for the same unit."""
    known = units(one, other, *more, synonyms=synonyms)
    return known.of(one).equals(known.of(other))


# Texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("persons/year", "persons/year"),
        ("persons/(year*person)", "1/year"),
        ("1/years", "1/years"),
        ("$/year", "$/year"),
        ("$ per year", "$/year"),
        ("per_year", "1/year"),
        ("/year", "1/year"),
        ("m^2", "m^2"),
        ("m**2", "m^2"),
        ("m^-2*kg", "kg/m^2"),
        ("billion rupiah", "billion rupiah"),
        ("Billion_Rupiah/years/years", "Billion Rupiah/years^2"),
        ("a/b*c", "a*c/b"),
        ("a/(b*c)", "a/(b*c)"),
        ("((a))^2/(b/(c*d)^0.5)", "a^2*c^0.5*d^0.5/b"),
        ("man-hours", "man*hours"),
        ("Veg equiv kg/(year*hectare)", "Veg equiv kg/(year*hectare)"),
        ("1000*m", "1000*m"),
        ("2000 $", "2000 $"),
        ("Month {of thirty days}", "Month"),
        ("perches/superman", "perches/superman"),
    ],
)
def test_a_unit_text_is_read_as_tools_write_it(text: str, shown: str) -> None:
    """A misread text makes false alarms, or hides true ones."""
    known = units(text)
    assert known.show(known.of(text)) == shown


@pytest.mark.parametrize("text", ["dmnl", "Dmnl", "1", "-", "dimensionless", "Unitless", "widgets/widget", "radians"])
def test_no_unit_has_many_names(text: str) -> None:
    """A share in `dmnl` and one in `1` would be said to differ."""
    known = units(text)
    assert known.of(text).equals(known.dimensionless)
    assert known.show(known.of(text)) == "dmnl"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ends where a name is expected"),
        ("(m", "lacks a ')'"),
        ("m)", "has a ')' that closes nothing"),
        ("a(b)", "has '(' where '*' or '/' is expected"),
        ("m//s", "has '/' where a name is expected"),
        ("()", "has ')' where a name is expected"),
        ("m/", "ends where a name is expected"),
        ("m^", "ends where an exponent is expected"),
        ("m^x", "has 'x' where an exponent is expected"),
        ("m^2^2", "has '^' where '*' or '/' is expected"),
        ("m^999", "has a number or a power out of all bounds"),
        ("0*m", "has a number or a power out of all bounds"),
        ("(" * 100_000, "is too long for a unit"),
        ("(" * 400, "ends where a name is expected"),
    ],
)
def test_what_is_no_unit_says_why(text: str, why: str) -> None:
    """Read as something, it would be compared with what it is not."""
    with pytest.raises(UnitTextError) as caught:
        read_unit(text)
    assert str(caught.value) == why


@hypothesis.given(
    st.dictionaries(st.sampled_from(["person", "billion rupiah", "year", "$", "km"]), st.integers(-3, 3)),
    st.sampled_from([1.0, 1000.0, 0.125]),
)
def test_what_is_shown_is_read_again_as_the_same_unit(powers: dict[str, int], factor: float) -> None:
    """A message would name another unit than the one that was found."""
    text = "*".join([repr(factor), *(f"{name}^{power}" for name, power in powers.items())])
    first = units(text)
    shown = first.show(first.of(text))
    assert same(text, shown)


@hypothesis.given(st.text(alphabet="abm $/*^()-_.123 per·", max_size=30))
def test_any_text_is_a_unit_or_says_why_not(text: str) -> None:
    """A file with an odd unit must not stop `check`."""
    try:
        read_unit(text)
    except UnitTextError:
        return
    known = units(text)
    assert same(known.show(known.of(text)), text)


# Names of one unit -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Person", "persons"),
        ("people", "Persons/1"),
        ("filings", "filing"),
        ("boxes", "box"),
        ("industries", "Industry"),
        ("resource_units", "Resource unit"),
        ("yrs", "year"),
        ("Dollars", "$"),
    ],
)
def test_plural_case_and_common_synonyms_do_not_matter(one: str, other: str) -> None:
    """Modellers write both; a finding for each would bury the true ones."""
    assert same(one, other)


@pytest.mark.parametrize(("one", "other"), [("m", "ms"), ("person", "user"), ("km", "m"), ("hectare", "ghectare")])
def test_other_names_are_other_units(one: str, other: str) -> None:
    """A symbol is no singular, and a look-alike no synonym."""
    assert not same(one, other)


def test_what_a_file_declares_holds() -> None:
    """Aliases, definitions with a size, definitions from definitions."""
    declared = (
        UnitSynonyms(("persons", "heads", "capita")),
        UnitSynonyms(("kilometre", "km"), "1000*m"),
        UnitSynonyms(("speed",), "km/hour"),
        UnitSynonyms(("share", "part"), "1"),
    )
    for one, other in (("head", "person"), ("km", "1000*m"), ("speed*hours", "1000*m"), ("share*heads", "capita")):
        assert same(one, other, "m", synonyms=declared), (one, other)
    assert not same("km", "m", synonyms=declared)


def test_a_definition_that_leads_back_to_itself_is_not_used() -> None:
    """pint would recurse without end; a chain of thousands must be followed all the same."""
    circle = (
        UnitSynonyms(("a",), "2*b"),
        UnitSynonyms(("b",), "c"),
        UnitSynonyms(("c",), "a"),
        UnitSynonyms(("d",), "("),
    )
    known = units("a", "b", synonyms=circle)
    assert known.undefined() == ["d", "a", "b", "c"]
    assert not known.of("a").equals(known.of("b"))
    huge = tuple(UnitSynonyms((f"u{i}",), f"1000000000*u{i + 1}") for i in range(100))
    assert not same("u0^100", "u100^100", synonyms=huge)
    assert units("dollars", synonyms=(UnitSynonyms(("Dollars",), "$"),)).undefined() == []
    chain = tuple(UnitSynonyms((f"unit{i}x",), f"unit{i + 1}x") for i in range(2000))
    assert same("unit0x", "unit2000x", synonyms=chain)


# Models ------------------------------------------------------------------------------------------------------

GIVEN = {
    "people": ("5", "persons"),
    "wait": ("2", "years"),
    "share": ("0.5", "dmnl"),
    "pace": ("3", "persons/years"),
    "power": ("2", "dmnl"),
    "anything": ("1", ""),
}
"""Constants that every small model has: value and unit."""

TABLE = "<gf><xpts>0,1</xpts><ypts>0,1</ypts></gf>"


def xmile_text(variables: str, *, head: str = "") -> str:
    given = "\n".join(
        f'<aux name="{name}"><eqn>{value}</eqn><units>{unit}</units></aux>' for name, (value, unit) in GIVEN.items()
    )
    return (
        '<?xml version="1.0"?>\n<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">\n'
        "<header><vendor>tests</vendor><product>tests</product></header>\n"
        '<sim_specs time_units="years"><start>0</start><stop>10</stop><dt>0.125</dt></sim_specs>\n'
        f"{head}<model><variables>\n{variables}\n{given}\n"
        f'<gf name="curve">{TABLE[4:-5]}<units>persons</units></gf>\n</variables></model></xmile>\n'
    )


def mdl_text(equations: str, *, settings: str = "") -> str:
    given = "".join(f"{name} = {value} ~ {unit} ~ |\n" for name, (value, unit) in GIVEN.items())
    clock = "".join(
        f"{name} = {value} ~ years ~ |\n"
        for name, value in {"INITIAL TIME": 0, "FINAL TIME": 10, "TIME STEP": 0.125, "SAVEPER": "TIME STEP"}.items()
    )
    return (
        "{UTF-8}\n" + f"{equations}\n{given}curve( (0,0),(1,1) ) ~ persons ~ |\n{clock}\n"
        "\\\\\\---/// Sketch information - do not modify anything except names\n*View 1\n22:share,persons\n"
        f"///---\\\\\\\n:L\x7f<%^E!@\n{settings}"
    )


def found(folder: Path, name: str, text: str) -> list[str]:
    """Write a model, check it, and return what is said of units, without the file's name."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    model = egovsim.read_model(path)
    told = egovsim.check(model)
    said = [f"{unit.severity}: line {unit.where.line}, {unit.variable}: {unit.text}" for unit in check_units(model)]
    assert {unit.text for unit in check_units(model)} <= {one.text for one in told}
    return said


def of_equation(folder: Path, equation: str, unit: str) -> list[str]:
    return found(
        folder, "small.xmile", xmile_text(f'<aux name="y"><eqn>{escape(equation)}</eqn><units>{unit}</units></aux>')
    )


def of_vensim(folder: Path, equation: str, unit: str) -> list[str]:
    return found(folder, "small.mdl", mdl_text(f"y = {equation} ~ {unit} ~ |"))


FITTING = [
    ("people + people", "persons"),
    ("people - pace * wait", "persons"),
    ("people / wait", "persons/years"),
    ("1 / wait", "1/years"),
    ("-people", "persons"),
    ("people * share + 2 * people", "persons"),
    ("people ^ 2", "persons^2"),
    ("people ^ power", "persons^2"),
    ("wait ^ (-1)", "1/years"),
    ("wait ^ (-(4/2))", "1/years^2"),
    ("(people * people) ^ (1/2)", "persons"),
    ("SQRT(people * people)", "persons"),
    ("share ^ (share + 1)", "dmnl"),
    ("EXP(wait / wait)", "dmnl"),
    ("LN(people / people)", "dmnl"),
    ("MIN(people, pace * wait)", "persons"),
    ("MAX(people, 0)", "persons"),
    ("MAX(0, people) / wait", "persons/years"),
    ("people + 1", "persons"),
    ("1 - share", "dmnl"),
    ("5", "persons"),
    ("2 * 3 + 1", "persons/years"),
    ("anything + people", "persons"),
    ("anything", "widgets"),
    ("SMOOTH", "persons"),
    ("DELAY", "persons"),
    ("TREND", "1/years"),
    ("STEP(people, wait)", "persons"),
    ("STEP(5, 3) + people", "persons"),
    ("RAMP(pace, 3)", "persons"),
    ("TIME - 3", "years"),
    ("(TIME - 3) / wait", "dmnl"),
    ("curve(share)", "persons"),
    ("IF", "persons"),
]
"""Equations that fit their variable's unit; three names stand for what the formats write differently."""

WORDS = {
    "SMOOTH": ("SMTH1(people, wait)", "SMOOTH(people, wait)"),
    "DELAY": ("DELAY3(people, 2)", "DELAY3(people, 2)"),
    "TREND": ("TREND(people, wait)", "TREND(people, wait, 0)"),
    "IF": ("IF people > 3 THEN people ELSE 1", "IF THEN ELSE(people > 3, people, 1)"),
}


@pytest.mark.parametrize(("equation", "unit"), FITTING)
def test_what_fits_is_not_complained_of(tmp_path: Path, equation: str, unit: str) -> None:
    """A checker that cries wolf is switched off."""
    xmile, vensim = WORDS.get(equation, (equation, equation))
    assert of_equation(tmp_path, xmile, unit) == []
    assert of_vensim(tmp_path, vensim, unit) == []


MISFITS = [
    ("people / wait", "persons", "the equation is in persons/years, the variable in persons; they differ by 1/years"),
    ("people + wait", "persons", "people + wait: the right side is in years, where persons is expected; they differ by "
     "years/persons"),
    ("people - share", "persons", "people - share: the right side is in dmnl, where persons is expected; they differ "
     "by 1/persons"),
    ("share * (people > wait)", "dmnl", "people > wait: the right side is in years, where persons is expected; they "
     "differ by years/persons"),
    ("MIN(people, pace)", "persons", "MIN(people, pace): argument 2 is in persons/years, where persons is expected; "
     "they differ by 1/years"),
    ("MAX(0, people)", "years", "the equation is in persons, the variable in years; they differ by persons/years"),
    ("EXP(people)", "dmnl", "EXP(people): argument 1 is in persons, where dmnl is expected; they differ by persons"),
    ("SQRT(people)", "persons", "the equation is in persons^0.5, the variable in persons; they differ by "
     "1/persons^0.5"),
    ("people ^ wait", "persons^2", "people ^ wait: the exponent is in years, where dmnl is expected"),
    ("people ^ share", "persons^2", "the equation is in persons^0.5, the variable in persons^2; they differ by "
     "1/persons^1.5"),
    ("people ^ (share + 1)", "persons", "people ^ (share + 1): a quantity in persons is raised to a power that is no "
     "plain number; divide it by a reference value first"),
    ("STEP(people, people)", "persons", "STEP(people, people): argument 2 is in persons, where years is expected; "
     "they differ by persons/years"),
    ("RAMP(people, 3)", "persons", "the equation is in persons*years, the variable in persons; they differ by years"),
    ("curve(share)", "years", "the equation is in persons, the variable in years; they differ by persons/years"),
    ("curve(share) + curve(people)", "persons", "curve(people): the argument is in persons, and elsewhere this lookup "
     "is given dmnl; they differ by persons"),
    ("TIME", "months", "the equation is in years, the variable in months; they differ by years/months"),
    ("2 * EXP(share)", "persons", "the equation is in dmnl, the variable in persons; they differ by 1/persons"),
    ("(people + wait) + EXP(wait)", "persons", "people + wait: the right side is in years, where persons is expected; "
     "they differ by years/persons"),
]  # fmt: skip
"""Equations that do not fit, the unit of their variable, and the first thing that is said of them."""


@pytest.mark.parametrize(("equation", "unit", "said"), MISFITS)
def test_what_does_not_fit_is_said_with_both_sides(tmp_path: Path, equation: str, unit: str, said: str) -> None:
    """The most common error of stock-and-flow models would go unseen."""
    xmile, vensim = of_equation(tmp_path, equation, unit), of_vensim(tmp_path, equation, unit)
    assert f"warning: line 6, y: {said}" in xmile
    assert f"warning: line 2, y: {said}" in vensim


def test_branches_of_an_if_must_agree(tmp_path: Path) -> None:
    """Only one branch runs at a time, so that the numbers never show the error."""
    said = ["IF share > 1 THEN people ELSE wait: the ELSE part is in years, where persons is expected; they differ by "]
    said.append(said[0] + "years/persons")
    assert of_equation(tmp_path, "IF share > 1 THEN people ELSE wait", "persons") == [f"warning: line 6, y: {said[1]}"]
    assert of_vensim(tmp_path, "IF THEN ELSE(share > 1, people, wait)", "persons") == [f"warning: line 2, y: {said[1]}"]


@pytest.mark.parametrize(
    ("xmile", "vensim", "expected"),
    [
        ("SMTH1(people, people)", "SMOOTH(people, people)", "SMTH1(people, people): argument 2 is in persons"),
        ("DELAY3(people, pace)", "DELAY3(people, pace)", "DELAY3(people, pace): argument 2 is in persons/years"),
        (
            "SMTH3(people, wait, wait)",
            "SMOOTH3I(people, wait, wait)",
            "SMTH3(people, wait, wait): argument 3 is in years",
        ),
    ],
)
def test_a_delay_takes_a_time_and_starts_with_its_input(tmp_path: Path, xmile: str, vensim: str, expected: str) -> None:
    """A delay in months in a model of years is wrong by a factor of twelve."""
    for said in (of_equation(tmp_path, xmile, "persons"), of_vensim(tmp_path, vensim, "persons")):
        assert len(said) == 1
        assert expected in said[0]


def test_what_is_shown_of_a_misfit_keeps_what_still_is_known(tmp_path: Path) -> None:
    """One error must not hide the next, nor be told again by everything around it."""
    said = of_equation(tmp_path, "EXP(people) * DELAY1(people + wait, people)", "persons")
    assert [one.split(": ")[2] for one in said] == ["EXP(people)", "people + wait", "DELAY1(people + wait, people)"]
    assert len(of_equation(tmp_path, "people + wait", "widgets")) == 1


# Stocks ------------------------------------------------------------------------------------------------------


def xmile_stock(flow_unit: str, initial: str = "10") -> str:
    return (
        f'<stock name="s"><eqn>{initial}</eqn>\n<inflow>coming</inflow>\n<outflow>going</outflow>'
        "<units>persons</units></stock>\n"
        f'<flow name="coming"><eqn>1</eqn><units>{flow_unit}</units></flow>\n'
        '<flow name="going"><eqn>1</eqn><units>persons/year</units></flow>'
    )


def test_a_stock_changes_by_its_unit_per_unit_of_time(tmp_path: Path) -> None:
    """A flow without "per year" is the classic slip, and Euler's method hides it where the step is 1."""
    assert found(tmp_path, "fits.xmile", xmile_text(xmile_stock("persons/years"))) == []
    said = found(tmp_path, "flow.xmile", xmile_text(xmile_stock("persons")))
    stands = "and a stock in persons changes in persons/year; they differ by year"
    assert said == [f'warning: line 7, s: the flow "coming" is in persons, {stands}']
    said = found(tmp_path, "initial.xmile", xmile_text(xmile_stock("persons/years", "wait")))
    assert said == [
        "warning: line 6, s: the initial value is in years, the variable in persons; they differ by years/persons"
    ]
    assert found(tmp_path, "fits.mdl", mdl_text("s = INTEG(pace - people / wait, people) ~ persons ~ |")) == []
    said = found(tmp_path, "rate.mdl", mdl_text("s = INTEG(people * share, wait) ~ persons ~ |"))
    assert said == [
        "warning: line 2, s: the initial value is in years, the variable in persons; they differ by years/persons",
        "warning: line 2, s: the net flow is in persons, and a stock in persons changes in persons/years; "
        "they differ by years",
    ]


MACRO = """:MACRO: PER(input, delay)
PER = input / delay
	~	input/delay
	~	|
:END OF MACRO:
y = PER(people, wait) ~ persons/year ~ |
z = PER(people, wait) ~ persons ~ |
u = PER(anything, wait) ~ persons ~ |"""


def test_a_macro_speaks_of_its_arguments_units(tmp_path: Path) -> None:
    """In Vensim an argument's name in a macro's units stands for whatever unit is given."""
    assert found(tmp_path, "macro.mdl", mdl_text(MACRO)) == [
        "warning: line 8, z: the equation is in persons/year, the variable in persons; they differ by 1/year"
    ]


def test_what_is_wrong_in_every_element_is_said_once(tmp_path: Path) -> None:
    """An array of a hundred regions would fill the screen."""
    head = '<dimensions><dim name="Area"><elem name="a"/><elem name="b"/></dim></dimensions>'
    inside = "".join(f'<element subscript="{one}"><eqn>people + wait</eqn></element>' for one in "ab")
    text = f'<aux name="y"><dimensions><dim name="Area"/></dimensions>{inside}<units>persons</units></aux>'
    assert len(found(tmp_path, "array.xmile", xmile_text(text, head=head))) == 1
    many = "+".join(f"EXP({number} * people)" for number in range(20))
    assert len(of_equation(tmp_path, many, "dmnl")) == 5


# What files say of units -------------------------------------------------------------------------------------


def test_xmile_declares_units(tmp_path: Path) -> None:
    """Aliases and definitions of the file count; what is switched off does not."""
    head = (
        '<model_units>\n<unit name="persons"><eqn/><alias>head</alias><alias>soul</alias></unit>\n'
        '<unit name="century"><eqn>100*years</eqn></unit>\n'
        '<unit name="users" disabled="true"><alias>persons</alias></unit>\n</model_units>\n'
    )
    text = (
        '<aux name="a"><eqn>people</eqn><units>heads</units></aux>\n'
        '<aux name="b"><eqn>wait</eqn><units>century</units></aux>\n'
        '<aux name="c"><eqn>people</eqn><units>users</units></aux>'
    )
    said = found(tmp_path, "units.xmile", xmile_text(text, head=head))
    assert said == [
        "warning: line 12, b: the equation is in years, the variable in 100*years; they differ by 1/100",
        "warning: line 13, c: the equation is in heads, the variable in users; they differ by heads/users",
    ]
    model = egovsim.read_model(tmp_path / "units.xmile")
    assert model.unit_synonyms == (UnitSynonyms(("persons", "head", "soul")), UnitSynonyms(("century",), "100*years"))


def test_vensim_declares_synonyms_in_its_settings(tmp_path: Path) -> None:
    """Lines 22 of the settings; the same number among the lines of a sketch is something else."""
    equations = "a = people ~ souls ~ |\nb = share ~ persons ~ |"
    said = found(tmp_path, "units.mdl", mdl_text(equations, settings="15:0,0,0\n22:persons,soul,souls\n22:$,Rp\n"))
    assert said == ["warning: line 3, b: the equation is in dmnl, the variable in souls; they differ by 1/souls"]
    model = egovsim.read_model(tmp_path / "units.mdl")
    assert model.unit_synonyms == (UnitSynonyms(("persons", "soul", "souls")), UnitSynonyms(("$", "Rp")))


def test_units_that_cannot_be_told_are_notes(tmp_path: Path) -> None:
    """They are no fault of the equations, and what stands around them is not guessed."""
    text = (
        '<aux name="a"><eqn>people</eqn><units>(persons</units></aux>\n'
        '<aux name="b"><eqn>a + wait</eqn><units>years</units></aux>\n'
        '<aux name="c"><eqn>3</eqn><units>perons</units></aux>\n'
        '<aux name="d"><eqn>GRAPH</eqn><gf><xpts>0,1</xpts><ypts>0,1</ypts></gf><units>dmnl</units></aux>'
    ).replace("GRAPH", "people")
    assert found(tmp_path, "notes.xmile", xmile_text(text)) == [
        "note: line 6, a: the unit \"(persons\" lacks a ')'; the units around it are not checked",
        'note: line 8, c: the unit "perons" is used nowhere else; nearest: "persons"',
        "note: line 9, d: GRAPH(people, (0, 0), (1, 1)): the points of this lookup hold for an argument in persons "
        "alone; dividing it by a reference value would free them of the unit",
    ]


def test_a_clock_without_a_unit_is_said(tmp_path: Path) -> None:
    """Otherwise a modeller takes silence about his flows for a clean bill."""
    said = "note: line 0, : the clock has no unit, so that the units of flows, delays and times are not checked"
    text = xmile_text(xmile_stock("persons"))
    assert found(tmp_path, "timeless.xmile", text.replace(' time_units="years"', "")) == [said]
    assert found(tmp_path, "odd.xmile", text.replace(' time_units="years"', ' time_units="(years"')) == [
        "note: line 0, : the unit \"(years\" lacks a ')'; the units around it are not checked"
    ]


def test_time_without_a_name_is_the_unit_of_the_clock(tmp_path: Path) -> None:
    """Stella writes people/time where nobody chose a unit of time."""
    assert of_equation(tmp_path, "people / wait", "persons/time") == []


# Every function ----------------------------------------------------------------------------------------------

MEANING = {"x": "persons", "y": "widgets", "t": "years", "1": "dmnl", "#": "dmnl"}


def unit_of(pattern: str) -> str:
    """Write a rule's pattern as a unit text; what may be anything is of a unit nothing else has."""
    return "/".join("*".join(MEANING.get(one, "gadgets") for one in part.split("*")) for part in pattern.split("/"))


def calling(rule: str, call: Expression, *, wrong: int | None = None) -> list[str]:
    """Check y = call(a0, a1, …) with operands whose units fit the rule, but for one that is wrong."""
    arguments, value = rule.split(" -> ")
    variables = [
        Variable(f"a{place}", "auxiliary", (Equation(Number(1.0)),), unit=unit_of(one))
        for place, one in enumerate(arguments.split(", ") if arguments else ())
    ]
    if wrong is not None:
        variables[wrong] = dataclasses.replace(variables[wrong], unit=f"bogus*{variables[wrong].unit}")
    result = Variable("y", "auxiliary", (Equation(call),), unit="" if value == "?" else unit_of(value))
    model = Model("m", Clock(0.0, 1.0, 0.5, unit="years"), (), (*variables, result))
    return [unit.text for unit in check_units(model)]


NAMES = sorted(name for name, function in FUNCTIONS.items() if function.role != "part")
"""The functions that can stand in a model."""


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_a_rule_and_keeps_to_it(name: str) -> None:
    """A new function without a rule stops `check`; an argument that is not looked at hides its error."""
    rule = FUNCTION_RULES[name]
    patterns = [one for one in rule.split(" -> ")[0].split(", ") if one]
    assert len(patterns) >= max(FUNCTIONS[name].arity)
    call = Call(name, tuple(Reference(f"a{place}", f"a{place}") for place in range(len(patterns))))
    if name == "power":
        call = Call(name, (call.arguments[0], Number(2.0)))
    assert calling(rule, call) == []
    for place, pattern in enumerate(patterns):
        told = calling(rule, call, wrong=place) if isinstance(call.arguments[place], Reference) else None
        assert told is None or (told != []) == (pattern != "*"), (place, told)


COUNTED = {"floor", "integer", "round", "poisson", "binomial", "get time value", "agecount", "sinteg"}
"""What is counted in whole ones, has a unit or :NA: among its arguments, or is of a conveyor, is not looked at.

Their rules are conventions.
"""

ARGUMENTS = {
    **dict.fromkeys(("arcsin", "arccos"), (0.5,)),
    **dict.fromkeys(("smoothn", "delayn"), (2.0, 1.5, 3.0, 1.0)),
    **dict.fromkeys(("smooth n", "delay n"), (2.0, 1.5, 1.0, 3.0)),
    **dict.fromkeys(("random uniform", "uniform"), (1.0, 9.0, 5.0)),
    "invnorm": (0.05, 2.0, 3.0),
    "normal": (5.0, 2.0, 7.0, 1.0, 9.0),
    "lognormal": (1.0, 0.5, 7.0),
    "random normal": (0.0, 9.0, 5.0, 2.0, 7.0),
    "random exponential": (0.0, 9.0, 1.0, 2.0, 7.0),
    "triangular": (2.0, 4.0, 8.0, 7.0),
    "random triangular": (1.0, 9.0, 2.0, 4.0, 8.0, 7.0),
    **dict.fromkeys(("random gamma", "random weibull", "random poisson"), (0.0, 30.0, 2.0, 1.0, 2.0, 7.0)),
    "random beta": (0.0, 9.0, 2.0, 3.0, 1.0, 2.0, 7.0),
    **dict.fromkeys(("random binomial", "random negative binomial"), (0.0, 90.0, 0.5, 6.0, 1.0, 2.0, 7.0)),
    "logisticbound": (2.0, 5.0, 1.5, 1.25, 1.125, 0.5),
    "depreciate straightline": (2.0, 2.5, 1.25, 1.125),
    "pulse": (1.0, 0.5),
    "pulse train": (1.0, 0.5, 1.5, 4.0),
}
"""Numbers for functions that do not take any."""


def measured_in(persons: float, widgets: float, years: float) -> dict[str, np.ndarray]:
    """Run every function on one set of quantities, written in units of these sizes, and return the courses."""
    sizes = dict(zip("xyt", (persons, widgets, years), strict=True))
    variables: list[Variable] = [Variable("growth", "auxiliary", (Equation(Number(1 / (4 * years))),))]
    growing = Binary("+", Number(1.0), Binary("*", ClockValue("time"), Reference("growth", "growth")))
    for name in NAMES:
        rule = FUNCTION_RULES[name]
        if FUNCTIONS[name].role == "array" or name in COUNTED or rule.endswith("?"):
            continue
        arguments: list[Expression] = []
        for place, pattern in enumerate(one for one in rule.split(" -> ")[0].split(", ") if one):
            value = ARGUMENTS.get(name, (2.0, 1.5, 1.25, 1.125))[place] * size_of(pattern, sizes)
            constant = f"{name} argument {place}"
            variables.append(Variable(constant, "auxiliary", (Equation(Number(value)),)))
            # Orders and codes are literal numbers in models.
            arguments.append(Number(value) if pattern == "1" else Reference(constant, constant))
        if FUNCTIONS[name].role in ("stateful", "initial") and isinstance(arguments[0], Reference):
            arguments[0] = Binary("*", arguments[0], growing)
        variables.append(Variable(f"{name} value", "auxiliary", (Equation(Call(name, tuple(arguments))),)))
    clock = Clock(0.0, 8.0 * years, 0.125 * years)
    result = egovsim.run(Model("m", clock, (), tuple(variables)), seed=3)
    return {
        variable.name: result.values(variable.name).ravel()
        for variable in variables
        if variable.name.endswith(" value")
    }


def size_of(pattern: str, sizes: dict[str, float]) -> float:
    above, _, below = pattern.partition("/")
    return math.prod(sizes.get(one, 1.0) for one in above) / math.prod(sizes.get(one, 1.0) for one in below)


def test_the_rules_are_those_of_the_numbers() -> None:
    """Written in other units, the same quantities give the same value in its other unit: the engine is the judge."""
    sizes = {"x": 4.0, "y": 0.5, "t": 8.0}
    plain, other = measured_in(1.0, 1.0, 1.0), measured_in(sizes["x"], sizes["y"], sizes["t"])
    assert len(plain) > 40
    for name, values in plain.items():
        value = FUNCTION_RULES[name.removesuffix(" value")].split(" -> ")[1]
        np.testing.assert_allclose(other[name], values * size_of(value, sizes), rtol=1e-9, err_msg=name)
        assert np.isfinite(values).all(), name


@pytest.mark.parametrize("operator", sorted(OPERATOR_RULES))
def test_every_operator_keeps_to_its_rule(operator: str) -> None:
    """The same for what is written between its operands."""
    rule = OPERATOR_RULES[operator]  # type: ignore[index]
    right = Number(2.0) if operator == "^" else Reference("a1", "a1")
    call = Binary(operator, Reference("a0", "a0"), right)  # type: ignore[arg-type]
    assert calling(rule, call) == []
    for place, pattern in enumerate(rule.split(" -> ")[0].split(", ")):
        if operator != "^":
            assert (calling(rule, call, wrong=place) != []) == (pattern != "*")


# Whole expressions -------------------------------------------------------------------------------------------

LEAVES: dict[str, tuple[int, int]] = {"people": (1, 0), "wait": (0, 1), "pace": (1, -1), "share": (0, 0)}
"""Powers of persons and years of each variable, in the plainest form there is."""


@st.composite
def fitting(draw: st.DrawFn) -> tuple[Expression, tuple[int, int]]:
    """Build an expression whose units fit, and keep account of its unit by other means than the checker's."""
    name = draw(st.sampled_from(sorted(LEAVES)))
    made: Expression = Reference(name, name)
    persons, years = LEAVES[name]
    for step in draw(st.lists(st.sampled_from(["*", "/", "+", "min", "if", "^", "number", "-"]), max_size=8)):
        other = draw(st.sampled_from(sorted(LEAVES)))
        operand, (more, longer) = Reference(other, other), LEAVES[other]
        match step:
            case "*":
                made, persons, years = Binary("*", made, operand), persons + more, years + longer
            case "/":
                made, persons, years = Binary("/", operand, made), more - persons, longer - years
            case "+":
                made = Binary("+", Binary("*", Number(2.0), made), made)
            case "min":
                made = Call("min", (Number(0.0), made))
            case "if":
                made = If(Binary(">", operand, Number(1.0)), made, Number(1.0))
            case "^":
                made, persons, years = Binary("^", made, Number(2.0)), 2 * persons, 2 * years
            case "number":
                made = Binary("-", Number(1.0), made)
            case _:
                made = Unary("-", made)
    return made, (persons, years)


@hypothesis.given(fitting(), st.sampled_from(["persons", "years"]))
def test_an_expression_that_fits_is_silent_and_only_in_its_own_unit(
    built: tuple[Expression, tuple[int, int]], wrong: str
) -> None:
    """The checker against plain bookkeeping: no false alarm, and no unit taken for another."""
    expression, (persons, years) = built
    texts = {"people": "persons", "wait": "years", "pace": "persons/years", "share": "dmnl"}
    given_variables = [Variable(name, "auxiliary", (Equation(Number(1.0)),), unit=unit) for name, unit in texts.items()]

    def told(unit: str) -> list[str]:
        result = Variable("y", "auxiliary", (Equation(expression),), unit=unit)
        clock = Clock(0.0, 1.0, 0.5, unit="years")
        return [one.text for one in check_units(Model("m", clock, (), (*given_variables, result)))]

    right = f"persons^{persons}*years^{years}"
    hypothesis.assume(max(abs(persons), abs(years)) < 50)
    assert told(right) == []
    assert len(told(f"{right}*{wrong}")) == 1


# Models of size ----------------------------------------------------------------------------------------------


def warnings(model: Model) -> list[str]:
    return [f"{unit.variable}: {unit.text}" for unit in check_units(model) if unit.severity == "warning"]


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_the_shipped_models_are_clean(name: str) -> None:
    """Their units are part of what is claimed of them."""
    assert list(check_units(egovsim.read_model(name))) == []


@pytest.mark.parametrize(("name", "every"), [("capacity", 1), ("egov", 29)])
def test_no_unit_of_a_shipped_model_can_be_wrong_unnoticed(name: str, every: int) -> None:
    """The clean bill would be worth nothing if the checker looked away anywhere."""
    model = egovsim.read_model(name)
    for place in range(0, len(model), every):
        changed = list(model.variables)
        changed[place] = dataclasses.replace(changed[place], unit=f"bogus*({changed[place].unit})")
        assert warnings(dataclasses.replace(model, variables=tuple(changed))), changed[place].name


def test_world3_is_clean(conformance: Path) -> None:
    """A published model that was made with care, by another tool's rules: World3-03; and nothing in it is skipped."""
    model = egovsim.read_model(conformance / "large" / "wrld3-03.mdl")
    assert list(check_units(model)) == []
    for place in range(0, len(model), 31):
        changed = list(model.variables)
        changed[place] = dataclasses.replace(changed[place], unit=f"bogus*({changed[place].unit})")
        assert list(check_units(dataclasses.replace(model, variables=tuple(changed)))), changed[place].name


def test_checking_takes_no_time_to_speak_of() -> None:
    """`check` is for every save of a file; in a process of its own, pint's import included."""
    script = (
        "import time, egovsim; from egovsim.model.units.checking import check_units\n"
        "model = egovsim.read_model('egov'); start = time.process_time(); assert not list(check_units(model))\n"
        "print(time.process_time() - start)"
    )
    taken = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
        taken.append(float(done.stdout))
    assert min(taken) < 1.0


def test_depth_and_length_are_no_problem() -> None:
    """A file that nests thousands of operators must be checked, not crash the interpreter."""
    depth = 5_000
    people, wait = (Reference(name, name) for name in ("people", "wait"))
    deep: Expression = people
    for _ in range(depth):
        deep = Unary("-", deep)
    summed: Expression = Binary("+", people, wait)
    for _ in range(depth):
        summed = Binary("+", Binary("*", summed, Number(2.0)), people)
    steep: Expression = people
    for _ in range(2_000):
        steep = Binary("^", Binary("*", steep, wait), Number(3.0))
    given = [
        Variable(name, "auxiliary", (Equation(Number(1.0)),), unit=unit)
        for name, unit in (("people", "persons"), ("wait", "years"))
    ]
    made = [
        Variable(name, "auxiliary", (Equation(one),), unit="persons")
        for name, one in (("deep", deep), ("summed", summed), ("steep", steep))
    ]
    start = time.process_time()
    told = warnings(Model("m", Clock(0.0, 1.0, 0.5, unit="years"), (), (*given, *made)))
    assert [one.partition(":")[0] for one in told if not one.startswith("steep")] == ["summed"]
    assert time.process_time() - start < 30


def test_many_units_are_no_problem() -> None:
    """A file of thousands of odd names is slow to compare name by name."""
    variables = [
        Variable(f"v{i}", "auxiliary", (Equation(Number(1.0)),), unit=f"unit{i:05d}{'x' * (i % 7)}")
        for i in range(3_000)
    ]
    start = time.process_time()
    list(check_units(Model("m", Clock(0.0, 1.0, 0.5, unit="years"), (), tuple(variables))))
    assert time.process_time() - start < 10


# From outside ------------------------------------------------------------------------------------------------


def test_the_command_prints_where_and_both_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a modeller sees; units make numbers doubtful and do not keep a model from running."""
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "small.xmile"
    path.write_text(xmile_text('<aux name="y"><eqn>people / wait</eqn><units>persons</units></aux>'), encoding="utf-8")
    assert main(["check", str(path)]) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if "persons/years" in one)
    for part in ("warning", "small.xmile, line 6", " y ", "the equation is in persons/years, the variable in persons"):
        assert part in line


def test_a_model_without_units_needs_no_registry(tmp_path: Path) -> None:
    """Most small files have no unit, and pint takes a fifth of a second to load."""
    path = tmp_path / "bare.mdl"
    path.write_text(
        "a = 1 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n", encoding="utf-8"
    )
    script = f"import sys, egovsim; egovsim.check(egovsim.read_model({str(path)!r})); assert 'pint' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(Path(egovsim.__file__).parent.parent)}
    subprocess.run([sys.executable, "-c", script], env=environment, timeout=60, check=True)
