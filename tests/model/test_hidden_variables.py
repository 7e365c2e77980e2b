"""Hidden variables: names that are free, items in the order in which they were asked for, each made once.

If these fail, a part of an equation reads a variable of another equation, or one that the modeller wrote.
"""

from __future__ import annotations

import pytest

from egovsim.errors import ModelError
from egovsim.model.expression import Reference, Where
from egovsim.model.hidden_variables import HiddenVariables

Item = tuple[str, object]


def reference(name: str) -> Reference:
    return Reference(name, name, (), Where("m.mdl", 3))


def test_items_come_in_the_order_in_which_they_were_asked_for_and_once() -> None:
    """What a hidden stock needs stands behind it, and `take` gives each to one caller alone."""
    hidden = HiddenVariables[Item]()

    def stock(here: Reference) -> Item:
        return here.name, hidden.add(reference("inner"), lambda inner: (inner.name, 1.0))

    here = hidden.add(reference("outer"), stock)
    assert here == reference("outer")
    assert hidden.take() == [("outer", reference("inner")), ("inner", 1.0)]
    assert hidden.take() == []
    assert len(hidden) == 2


def test_a_free_name_is_kept_for_one_item() -> None:
    """A second caller gets the next name, and the first may use what was kept for it."""
    hidden = HiddenVariables[Item](["y 0", "y 1"])
    names = [hidden.free_name(lambda number: f"Y {number}") for _ in range(2)]
    assert names == ["Y 2", "Y 3"]
    hidden.add(Reference("Y 2", "y 2"), lambda here: (here.name, None))
    assert hidden.take() == [("Y 2", None)]


def test_a_name_that_a_variable_bears_is_refused() -> None:
    """Otherwise the model has two equations of one name, and takes the later one in silence."""
    hidden = HiddenVariables[Item](["level"])
    assert "level" in hidden
    for add in (hidden.add, hidden.get_or_add):
        with pytest.raises(ModelError) as caught:
            add(reference("level"), lambda here: (here.name, None))
        assert str(caught.value) == (
            'm.mdl, line 3, "level": this name is needed for a part of an equation, and a variable bears it already; '
            "rename that one."
        )


def test_what_many_equations_share_is_made_once() -> None:
    """A lookup of a data variable's points stands in the model once, however many equations read it."""
    hidden = HiddenVariables[Item]()
    made = [hidden.get_or_add(reference("points"), lambda here, number=number: (here.name, number)) for number in "ab"]
    assert made == [reference("points")] * 2
    assert hidden.take() == [("points", "a")]
