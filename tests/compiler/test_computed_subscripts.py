"""`x[i + 1]`: an element whose subscript is a value (XMILE).

If one of these fails, a model of age groups or of places that pass something on takes the wrong neighbour.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, over, read, stock, xmile

import egovsim
from egovsim.errors import EgovsimError, UnsupportedError

DIMENSIONS = {"Age": ("child", "adult", "old"), "Area": ("urban", "rural")}


def array(name: str, equation: str, *dimensions: str) -> str:
    return auxiliary(name, equation, inside=over(*(dimensions or ("Age",))))


def model_of(folder: Path, *variables: str) -> egovsim.Model:
    return read(folder, xmile(*variables, dimensions=DIMENSIONS, dt=1, stop=6))


GIVEN = (array("x", "10, 20, 30"), array("m", "1, 2, 3, 4, 5, 6", "Age", "Area"))


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("x[Age - 1]", [0, 10, 20]),
        ("x[Age + 1]", [20, 30, 0]),
        ("x[2 * Age - 1]", [10, 30, 0]),
        ("x[4 - Age]", [30, 20, 10]),
        ("m[Age + 1, rural]", [4, 6, 0]),
        ("m[Age, 3 - 1]", [2, 4, 6]),
        ("m[4 - Age, Age]", [5, 4, 0]),
        ("x[Age - 1] + x[Age]", [10, 30, 50]),
    ],
)
def test_a_neighbour_is_found_when_the_model_is_compiled(equation: str, expected: list[float], tmp_path: Path) -> None:
    """A dimension is the place of its element; where there is no such element the value is 0."""
    model = model_of(tmp_path, *GIVEN, array("y", equation))
    np.testing.assert_array_equal(egovsim.run(model).values("y")[0, 0, 0, 0], expected)


def test_a_subscript_that_changes_picks_another_element_as_it_goes(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        *GIVEN,
        auxiliary("i", "TIME"),
        auxiliary("by name", "x[i]"),
        auxiliary("by value", "x[TIME - 2]"),
        auxiliary("of two", "m[i, i - 1]"),
        array("round", "x[i + Age]"),
    )
    result = egovsim.run(model)
    found = {name: result.values(name).squeeze() for name in ("by name", "by value", "of two", "round")}
    assert list(found["by name"]) == [0, 10, 20, 30, 0, 0, 0]
    assert list(found["by value"]) == [0, 0, 0, 10, 20, 30, 0]
    assert list(found["of two"]) == [0, 0, 3, 6, 0, 0, 0]
    assert found["round"].T.tolist() == [
        [10, 20, 30, 0, 0, 0, 0],
        [20, 30, 0, 0, 0, 0, 0],
        [30, 0, 0, 0, 0, 0, 0],
    ]


def test_people_grow_older(tmp_path: Path) -> None:
    """Those who leave one age group arrive in the next: what a model has such subscripts for."""
    groups = (
        '<stock name="people"><dimensions><dim name="Age"/></dimensions><eqn>90 / Age</eqn>'
        "<inflow>arriving</inflow><outflow>leaving</outflow></stock>",
        '<flow name="arriving"><dimensions><dim name="Age"/></dimensions><eqn>leaving[Age - 1]</eqn></flow>',
        '<flow name="leaving"><dimensions><dim name="Age"/></dimensions><eqn>people[Age] / 3</eqn></flow>',
    )
    people = egovsim.run(model_of(tmp_path, *groups)).values("people")[0, 0, 0]
    expected = np.array([90.0, 45.0, 30.0])
    for step in range(7):
        np.testing.assert_allclose(people[step], expected, rtol=1e-14)
        leaving = expected / 3
        expected = expected - leaving + np.array([0.0, *leaving[:-1]])


def test_a_name_of_an_element_comes_before_a_variable(tmp_path: Path) -> None:
    model = model_of(tmp_path, *GIVEN, auxiliary("old", 1), auxiliary("y", "x[old]"), auxiliary("z", "x[old + 0]"))
    result = egovsim.run(model)
    assert (result.values("y").squeeze()[0], result.values("z").squeeze()[0]) == (30, 10)


def test_it_is_checked_written_and_read_again(tmp_path: Path) -> None:
    """In units of the array; the places have none."""
    model = model_of(
        tmp_path,
        array("x", "10, 20, 30").replace("</aux>", "<units>persons</units></aux>"),
        auxiliary("i", 2),
        auxiliary("y", "x[i]").replace("</aux>", "<units>persons</units></aux>"),
        array("z", "x[Age - 1] + x[i + Age]").replace("</aux>", "<units>rupiah</units></aux>"),
    )
    findings = [finding for finding in egovsim.check(model) if finding.severity != "note"]
    assert [(finding.variable, finding.severity) for finding in findings] == [("z", "warning")]
    back = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "x.xmile"))
    assert back.variables == model.variables
    assert "x[Age - 1] + x[i + Age]" in (tmp_path / "x.xmile").read_text("utf-8")
    assert "vensim" not in (tmp_path / "x.xmile").read_text("utf-8")


def test_it_can_stand_in_a_module(tmp_path: Path) -> None:
    """The array and what is counted belong to the module; a dimension belongs to the file."""
    inside = xmile('<module name="Part"/>', auxiliary("y", "Part.out[2]"), dimensions=DIMENSIONS, dt=1, stop=2).replace(
        "</xmile>",
        f'<model name="Part"><variables>{GIVEN[0]}{auxiliary("i", 1)}{array("out", "x[i + Age]")}'
        "</variables></model></xmile>",
    )
    assert egovsim.run(read(tmp_path, inside)).values("y").squeeze()[0] == 30


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("x[1 + 1, 2]", '"x" takes 1 subscript, not 2'),
        ("m[TIME]", '"m" takes 2 subscripts, not 1'),
        ("nothing[TIME]", '"nothing" is not a variable of model.xmile'),
    ],
)
def test_what_is_wrong_is_named(equation: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(EgovsimError) as caught:
        egovsim.run(model_of(tmp_path, *GIVEN, auxiliary("y", equation)))
    assert str(caught.value).startswith(f'model.xmile, line 9, "y": {message}')


def test_a_file_that_wants_no_number_instead_of_0_is_refused(tmp_path: Path) -> None:
    text = xmile(*GIVEN, auxiliary("y", "x[TIME]"), stock("s", 1), dimensions=DIMENSIONS).replace(
        "<header>", '<header><options><uses_arrays maximum_dimensions="2" invalid_index_value="NaN"/></options>'
    )
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(read(tmp_path, text))
    reason = 'a computed subscript where invalid_index_value is "NaN" cannot be run yet'
    assert str(caught.value).splitlines()[1] == f'  model.xmile, line 9, "y": {reason}'
