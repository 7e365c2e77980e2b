"""Large blocks as loops over what has one form: the same bits as written out, whatever is in them.

If one of these tests fails, a model with large arrays gives other numbers than the same equations in a small one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from large_models import write_vensim

import egovsim
from egovsim.compiler.codegen import blocks, memory_layout
from egovsim.compiler.codegen.templates import templates_of
from egovsim.compiler.program import Assignment
from egovsim.model.expression import Binary, Number, Reference
from egovsim.testing.random_models import RandomModel, random_models

FORMS = """{UTF-8}
Area: (a1-a9) ~~|
Class: (c1-c3) ~~|
factor[Area] = 1, 2, 3, 4, 5, 6, 7, 8, 9 ~~|
size[Area, Class] = factor[Area] * (Area + 10 * Class) ~~|
power[Area] = factor[Area] ^ 2 + factor[Area] ^ 0.5 + factor[Area] ^ Area ~~|
share[Area] = factor[Area] / SUM(factor[Area!]) ~~|
most[Area] = MAX(MIN(factor[Area], Time), Area) ~~|
curve[Area]((0,0),(10,100),(20,50)) ~~|
drawn[Area] = RANDOM UNIFORM(0, 1, 7) + curve[Area](Time * factor[Area]) ~~|
moved[Area] = INTEG(drawn[Area] - moved[Area] / 4, factor[Area]) ~~|
late[Area] = DELAY FIXED(moved[Area], 2, Area) + SMOOTH3(share[Area] * Time, 3) ~~|
pulse[Area] = PULSE TRAIN(1, 1, Area, 9) + IF THEN ELSE(late[Area] > 3 :AND: Time > 2, 0, -0.0) ~~|
chosen[Area, Class] = IF THEN ELSE(Area = 3, VMAX(size[Area, Class!]), ZIDZ(size[Area, Class], Class - 2)) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 12 ~~|
TIME STEP = 0.5 ~~|
SAVEPER = TIME STEP ~~|
"""
"""Arrays whose elements differ in names, in numbers, and in numbers that decide what is written (exponents)."""


def outcomes(path: Path, monkeypatch: pytest.MonkeyPatch, *, rolled: bool) -> dict[str, np.ndarray]:
    """Run a file from scratch, as loops or written out."""
    with monkeypatch.context() as patch:
        if rolled:
            patch.setattr(blocks, "LONGEST_STRAIGHT", 0)
            patch.setattr(memory_layout, "LONGEST_FUNCTION", 0)  # every value has a place
        patch.setenv("EGOVSIM_CACHE", str(path.parent / f"cache of {rolled}"))
        model = egovsim.read_model(path)
        result = egovsim.run(model, seed=3)
        return {name: result.values(name) for name in result.variables}


def assert_same_bits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight, rolled = (outcomes(path, monkeypatch, rolled=rolled) for rolled in (False, True))
    assert straight.keys() == rolled.keys()
    for name, values in straight.items():
        assert values.tobytes() == rolled[name].tobytes(), name


def test_elements_that_differ_in_names_and_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "forms.mdl"
    path.write_text(FORMS, encoding="utf-8")
    assert_same_bits(path, monkeypatch)


@pytest.mark.slow
def test_a_model_of_every_construct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_bits(write_vensim(tmp_path, sectors=1).path, monkeypatch)


@settings(max_examples=5)
@given(drawn=random_models())
def test_random_models(drawn: RandomModel, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("random") / "model.xmile"
    path.write_text(drawn.text(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        assert_same_bits(path, patch)


def _scaled(id: str, of: str, by: float) -> Assignment:
    return Assignment(id, Binary("*", Reference(of, of), Number(by)))


def test_one_form_is_one_template_and_none_comes_before_what_it_uses() -> None:
    block = [_scaled("a1", "x", 2.0), _scaled("b1", "a1", 3.0), _scaled("a2", "y", 2.0), _scaled("b2", "a2", 4.0)]
    first, second = templates_of(block)
    assert [assignment.id for assignment in first.assignments] == ["a1", "a2"]
    assert (first.operands, first.numbers) == ((("x",), ("y",)), ((), ()))
    assert (second.operands, second.numbers) == ((("a1",), ("a2",)), ((3.0,), (4.0,)))


def test_zeros_of_two_signs_are_two_numbers() -> None:
    (template,) = templates_of([_scaled("a1", "x", 0.0), _scaled("a2", "x", -0.0)])
    assert str(template.numbers) == "((0.0,), (-0.0,))"
