"""Subscript ranges of Vensim as large models write them: with comments, with an element listed twice, and mapped.

If one of these tests fails, an element of an array is named, counted or matched otherwise than its modeller meant.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import simlin

import egovsim
from egovsim.errors import DataError, ModelError, UnsupportedError

CONTROLS = "INITIAL TIME = 0 ~~|\nFINAL TIME = 2 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|\n"
PLANTS = (
    "Fuel: gas, wind, coal ~~|\n"
    "Plant: peaker, turbine, onshore, offshore -> fuel of plant ~~|\n"
    "fuel of plant: gas, gas, wind, wind -> Plant ~~|\n"
    "price[Fuel] = 10, 20, 30 ~~|\n"
    "output[Plant] = 1, 2, 3, 4 ~~|\n"
)
"""Two plants burn one fuel, as in the Energy Policy Simulator."""


def model_of(folder: Path, equations: str, controls: str = CONTROLS) -> egovsim.Model:
    path = folder / "m.mdl"
    path.write_text("{UTF-8}\n" + equations + controls, encoding="utf-8")
    return egovsim.read_model(path)


def start(folder: Path, equations: str, *names: str) -> list[float]:
    frame = egovsim.run(model_of(folder, equations)).to_frame()
    return [frame[name].iloc[0] for name in names]


def test_an_element_that_is_listed_twice_goes_with_two_elements(tmp_path: Path) -> None:
    assert model_of(tmp_path, PLANTS).dimension_by_id["fuel of plant"].elements == ("gas", "wind")
    text = PLANTS + "cost[Plant] = price[fuel of plant] * output[Plant] ~~|\n"
    assert start(tmp_path, text, *(f"cost[{plant}]" for plant in ("peaker", "turbine", "onshore", "offshore"))) == [
        10,
        20,
        60,
        80,
    ]


def test_an_element_that_stands_for_two_is_no_number(tmp_path: Path) -> None:
    """On the left the range has gas once, and the two plants that burn it are no one number."""
    text = PLANTS + "burnt[fuel of plant] = output[Plant] ~~|\n"
    with pytest.raises(ModelError) as caught:
        start(tmp_path, text)
    assert str(caught.value) == (
        'm.mdl, line 7, "burnt": "output" is an array over "Plant" where a number is needed; name an element.'
    )


def test_what_stands_for_two_is_left_out_and_given_by_another_equation(tmp_path: Path) -> None:
    text = PLANTS + (
        "burnt[fuel of plant] :EXCEPT: [gas], [wind] = output[Plant] ~~|\n"
        "burnt[gas] = output[peaker] + output[turbine] ~~|\nburnt[wind] = 0 ~~|\nburnt[coal] = 0 ~~|\n"
    )
    assert start(tmp_path, text, "burnt[gas]", "burnt[wind]") == [3, 0]


def test_comments_in_a_list_of_elements_are_no_elements(tmp_path: Path) -> None:
    text = (
        "Code: c1, {farming, forestry and fishing}\n c2, {water; gas -> waste}\n\tc3 {households} ~~|\n"
        "y[Code] {of each, or not} = 1, {first} 2, 3 ~~|\n"
        'z["a {strange} name"] = 1 ~~|\nOdd: "a {strange} name" ~~|\n'
    )
    model = model_of(tmp_path, text)
    assert model.dimension_by_id["code"].elements == ("c1", "c2", "c3")
    assert model.dimension_by_id["odd"].elements == ("a {strange} name",)
    assert start(tmp_path, text, "y[c1]", "y[c2]", "y[c3]") == [1, 2, 3]


def test_control_variables_from_other_files(tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text("what,value\nfirst,2019\nlast,2050\n", encoding="utf-8")
    controls = (
        "INITIAL TIME = GET DIRECT CONSTANTS('times.csv', ',', 'B2*') ~~|\nFINAL TIME = last year ~~|\n"
        "last year = GET DIRECT CONSTANTS('times.csv', ',', 'B3') ~~|\nTIME STEP = 1 ~~|\n"
    )
    model = model_of(tmp_path, "", controls)
    assert (model.clock.start, model.clock.stop) == (2019.0, 2050.0)
    assert model.sources == ("times.csv",)


def test_a_control_variable_from_a_file_that_is_not_there(tmp_path: Path) -> None:
    controls = "INITIAL TIME = 0 ~~|\nFINAL TIME = GET DIRECT CONSTANTS('no.csv', ',', 'B2') ~~|\nTIME STEP = 1 ~~|\n"
    with pytest.raises(DataError) as caught:
        model_of(tmp_path, "", controls)
    assert str(caught.value).startswith('m.mdl, line 3, "FINAL TIME": ')
    assert "no.csv" in str(caught.value)


def test_a_range_that_stands_twice_on_a_left_side_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        model_of(tmp_path, "Dim A: a, b ~~|\nm[Dim A, Dim A] = 3 ~~|\n")
    assert str(caught.value) == (
        'm.mdl, line 3, "m": "Dim A" stands on the left side twice, where it can mean one element only; '
        "write a copy of it in one of the places (copy of Dim A <-> Dim A)."
    )


def test_an_element_twice_and_a_copy_on_a_left_side_are_no_range_twice(tmp_path: Path) -> None:
    text = "Dim: a, b ~~|\nCopy <-> Dim ~~|\nm[Dim, Copy] :EXCEPT: [a, a] = 3 ~~|\nm[a, a] = 1 ~~|\n"
    assert start(tmp_path, text + "d[Dim] = m[Dim, Dim] ~~|\n", "d[a]", "d[b]") == [1, 3]


def test_causes_that_are_drawn_beside_an_equation_are_left_out_and_counted(tmp_path: Path) -> None:
    text = "Dim: a, b ~~|\nz = 1 ~~|\nq = A FUNCTION OF(z) ~~|\nq = z * 2 ~~|\nv = A FUNCTION OF(z) ~~|\n"
    model = model_of(tmp_path, text + "w[a] = 2 ~~|\nw[b] = 3 ~~|\nw[Dim] = A FUNCTION OF(z) ~~|\n")
    assert model.ignored == ("lists of causes beside an equation (A FUNCTION OF): 2",)
    assert [finding.variable for finding in egovsim.check(model) if finding.severity == "error"] == ["v"]


@pytest.mark.parametrize("part", ["(A1-ZZ)", "(A-C)", "(A3-A1)", "(A1-B3)", "(A1)"])
def test_a_range_without_numbers_from_low_to_high_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(ModelError) as caught:
        model_of(tmp_path, f"Code: c1, {part} ~~|\nx[Code] = 1 ~~|\n")
    assert str(caught.value) == (
        f"m.mdl, line 2, \"Code\": '{part}' is no range of numbered elements; "
        "write it as (name1-name9), from low to high, with up to 100000 elements."
    )


def test_an_element_in_parentheses_may_stand_in_quotation_marks(tmp_path: Path) -> None:
    assert start(tmp_path, 'Code: "(A-C)", c2 ~~|\nx[Code] = 1, 2 ~~|\ny = x["(A-C)"] ~~|\n', "y") == [1]


TWICE = "Fuel: gas, wind, coal ~~|\nBurnt: gas, gas, wind ~~|\nprice[Fuel] = 1, 2, 4 ~~|\n"


@pytest.mark.parametrize(
    "right", ["SUM(price[Burnt!])", "PROD(price[Burnt!])", "ELMCOUNT(Burnt)", "1 + SUM(2 * price[Burnt!])"]
)
def test_a_range_with_an_element_twice_is_not_counted(tmp_path: Path, right: str) -> None:
    """pysimlin makes 4 of the first, PySD 7, and Vensim's manual says nothing of it."""
    with pytest.raises(UnsupportedError) as caught:
        start(tmp_path, TWICE + f"y = {right} ~~|\n")
    assert str(caught.value) == (
        'm.mdl uses what this version cannot run:\n  m.mdl, line 5, "y": the range lists an element twice, and whether '
        "Vensim counts it once or twice is not documented; use a range that lists each once"
    )


@pytest.mark.parametrize(
    ("right", "what"),
    [
        ("SUM(price[Burnt])", '"burnt" lists an element twice, and how often it counts is not known; use a range that '
         "lists each once"),
        ("SUM(price[zz!])", '"zz" is no part of "Fuel" (gas, wind, coal), so nothing runs over it there; name a part '
         "of it"),
        ("VMAX(price[Area!])", '"area" is no part of "Fuel" (gas, wind, coal), so nothing runs over it there; name a '
         "part of it"),
    ],
)  # fmt: skip
def test_a_range_that_nothing_can_run_over_is_named(tmp_path: Path, right: str, what: str) -> None:
    with pytest.raises(ModelError) as caught:
        start(tmp_path, TWICE + f"y = {right} ~~|\nArea: urban, rural ~~|\n")
    assert str(caught.value) == f'm.mdl, line 5, "y": {what}.'


def test_a_macro_takes_an_element_that_a_mapping_gives(tmp_path: Path) -> None:
    """By hand, and as pysimlin has the same without the macro: each element from the one before it."""
    chain = (
        'N: n1, n2, n3 ~~|\nlater: n2, n3 -> "N-1" ~~|\n"N-1": n1, n2 -> later ~~|\nx[N] = 1, 2, 4 ~~|\n'
        'plain[n1] = 0 ~~|\nplain[later] = 2 * x["N-1"] + 1 ~~|\n'
    )
    macro = ":MACRO: DOUBLED(a, b)\nDOUBLED = 2 * a + b ~~|\n:END OF MACRO:\n"
    called = 'y[n1] = 0 ~~|\ny[later] = DOUBLED(x["N-1"], 1) ~~|\n'
    expected = {"n1": 0.0, "n2": 3.0, "n3": 5.0}
    assert start(tmp_path, macro + chain + called, *(f"y[{element}]" for element in expected)) == [*expected.values()]
    (tmp_path / "plain.mdl").write_text("{UTF-8}\n" + chain + CONTROLS, encoding="utf-8")
    theirs = simlin.load(tmp_path / "plain.mdl").run(analyze_loops=False).results.iloc[0]
    assert {element: theirs[f"plain[{element}]"] for element in expected} == expected
