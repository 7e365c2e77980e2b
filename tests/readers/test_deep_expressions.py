"""Equations, and chains of definitions, of any depth are read, or refused with one clear message.

If these fail, a model that a generator has written ends in a traceback.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from small_models import auxiliary, mdl, read, xmile

import egovsim
from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import children_first

DEEP = 5_000
EITHER = {
    "minus": "-" * DEEP + "a",
    "brackets": "(" * DEEP + "a" + ")" * DEEP,
    "calls": "ABS(" * DEEP + "a" + ")" * DEEP,
    "last arguments": "MAX(a, " * DEEP + "a" + ")" * DEEP,
    "powers": "a ^ " * DEEP + "a",
    "terms": " + ".join(["a"] * 20_000),
}
"""Texts that are equations in both notations; each holds an `a` that stands as deep as it goes."""
ONLY_XMILE = {"IF": "IF a > 1 THEN a ELSE " * DEEP + "a", "NOT": "NOT " * DEEP + "a"}
ONLY_VENSIM = {"IF THEN ELSE": "IF THEN ELSE(a, a, " * DEEP + "a" + ")" * DEEP}


def size(model: egovsim.Model, name: str) -> int:
    return sum(len(children_first(expression)) for expression in model[name].expressions)


def assert_written_and_read_again(model: egovsim.Model, folder: Path) -> None:
    """Compare sizes: comparing deep expressions themselves would go as deep as they do."""
    again = egovsim.read_model(egovsim.write_xmile(model, folder / "written.xmile"))
    assert size(again, "y") == size(model, "y")


@pytest.mark.parametrize("text", [*EITHER.values(), *ONLY_XMILE.values()], ids=[*EITHER, *ONLY_XMILE])
def test_deep_equations_of_xmile_are_read_and_written(text: str, tmp_path: Path) -> None:
    """Depth is no fault of a model."""
    model = read(tmp_path, xmile(auxiliary("a", "1"), auxiliary("y", text)))
    assert_written_and_read_again(model, tmp_path)


@pytest.mark.parametrize("text", [*EITHER.values(), *ONLY_VENSIM.values()], ids=[*EITHER, *ONLY_VENSIM])
def test_deep_equations_of_vensim_are_read_and_written(text: str, tmp_path: Path) -> None:
    """As the rate of a stock, which the writer takes apart."""
    assert_written_and_read_again(read(tmp_path, mdl({"a": "1", "y": f"INTEG({text}, 1)"})), tmp_path)


def test_a_deep_equation_for_a_part_of_a_dimension_is_read(tmp_path: Path) -> None:
    """It is written out for each element, which changes what stands deepest in it."""
    ranges = {"b": "1"}
    text = mdl(ranges).replace("{UTF-8}\n", "{UTF-8}\nArea: p, q, r ~~|\npart: p, q ~~|\nv[Area] = 1 ~~|\n", 1)
    equations = f"y[part] = {'-' * DEEP}v[part] ~~|\ny[r] = 1 ~~|\n"
    model = read(tmp_path, text.replace("\\\\\\---///", f"{equations}\\\\\\---///", 1))
    deepest = [children_first(equation.expression)[0] for equation in model["y"].equations[:2] if equation.expression]
    assert [getattr(node, "subscripts", None) for node in deepest] == [("p",), ("q",)]


@pytest.mark.parametrize("text", [EITHER["minus"], EITHER["calls"], *ONLY_VENSIM.values()])
def test_a_deep_control_variable_is_worked_out(text: str, tmp_path: Path) -> None:
    """Plain numbers make a clock, however they are written."""
    path = tmp_path / "deep.mdl"
    final = f"FINAL TIME = 9 + {text.replace('a', '1')}"
    path.write_text(mdl({"a": "1"}).replace("FINAL TIME = 10", final), encoding="utf-8")
    assert egovsim.read_model(path).clock.stop == 10.0


def test_a_long_chain_of_constants_makes_a_control_variable(tmp_path: Path) -> None:
    """Each is the one before it and one more."""
    chain = {"c0": "0"} | {f"c{number}": f"c{number - 1} + 1" for number in range(1, DEEP + 1)}
    text = mdl(chain).replace("FINAL TIME = 10", f"FINAL TIME = c{DEEP}")
    assert read(tmp_path, text).clock.stop == DEEP


@pytest.mark.parametrize("final", ["c0", "(-1) ^ 0.5", "1 / 0", "MAX(1)"])
def test_a_control_variable_without_a_value_is_refused(final: str, tmp_path: Path) -> None:
    """A circle of constants, and what is no real number, make no clock."""
    path = tmp_path / "m.mdl"
    text = mdl({"c0": "c1", "c1": "c0"}).replace("FINAL TIME = 10", f"FINAL TIME = {final}")
    path.write_text(text, encoding="utf-8")
    with pytest.raises((UnsupportedError, ModelError)) as caught:
        egovsim.read_model(path)
    assert 'm.mdl, line 17, "FINAL TIME": ' in str(caught.value)


def test_long_chains_of_subscript_ranges_are_read(tmp_path: Path) -> None:
    """Each is the one after it, which stands further down."""
    ranges = "".join(f"r{number}: r{number + 1} ~~|\n" for number in range(DEEP // 5)) + f"r{DEEP // 5}: p, q ~~|\n"
    model = read(tmp_path, mdl({"a": "1"}).replace("{UTF-8}\n", "{UTF-8}\n" + ranges, 1))
    assert model.dimension_by_id["r0"].elements == ("p", "q")


def test_deep_equations_in_macros_are_read(tmp_path: Path) -> None:
    """In the body of a macro, and as an argument of it."""
    macro = f"{{UTF-8}}\n:MACRO: m(x)\nm = {'-' * DEEP}x ~~|\n:END OF MACRO:\n"
    model = read(tmp_path, mdl({"a": "1", "y": f"m({'-' * DEEP}a)"}).replace("{UTF-8}\n", macro, 1))
    assert size(model, "#y>m#") == size(model, "#y>m>x#") == DEEP + 1


def test_a_deep_equation_that_is_wrong_is_refused_with_its_place(tmp_path: Path) -> None:
    """File, line and variable, and no traceback."""
    path = tmp_path / "deep.xmile"
    path.write_text(xmile(auxiliary("a", "1"), auxiliary("y", "(" * DEEP + "a")), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(path)
    assert str(caught.value) == (
        f'deep.xmile, line 8, "y": the equation ends and {DEEP} "(" are still open; close them with ")".'
    )


@pytest.mark.parametrize(("count", "read_or_not"), [(255, "read"), (256, "refused")])
def test_elements_that_stand_too_deep_in_each_other_are_refused(count: int, read_or_not: str, tmp_path: Path) -> None:
    """The library that reads XML has a limit, which is told as what it is."""
    path = tmp_path / "deep.xmile"
    nested = "<doc>" * count + "</doc>" * count
    path.write_text(xmile(auxiliary("a", "1")).replace("</xmile>", f"{nested}</xmile>"), encoding="utf-8")
    if read_or_not == "read":
        assert egovsim.read_model(path)["a"].is_input
        return
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(path)
    assert str(caught.value) == (
        "deep.xmile, line 9: elements that stand more than 256 deep in each other, or hold more than 10,000,000 "
        "characters, are not read; take this one apart."
    )


def test_a_file_that_goes_on_after_its_end_is_refused(tmp_path: Path) -> None:
    """Where a prefix was never declared, the library that reads XML says nothing of what follows."""
    path = tmp_path / "cut.xmile"
    path.write_text("<isee:prefs/>\n<header/>\n", encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(path)
    assert str(caught.value) == (
        "cut.xmile, line 2: the file is not well-formed XML (Extra content at the end of the document); "
        "it may be cut off: restore it from a copy or correct that line."
    )
