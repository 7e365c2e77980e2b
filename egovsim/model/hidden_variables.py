"""Variables that a model needs and its file does not name: they stand behind a part of an equation.

Whoever rewrites equations makes them here, whatever kind of item it makes of each: a `Variable`, a scalar equation.
One `HiddenVariables` knows the names that are borne, or only spoken of, so that no two items bear one and no equation
means one by accident, and collects the items in the order in which they were asked for, so that they can be put where
they belong, such as behind the variable that needs them. The names themselves are the caller's own::

    hidden = HiddenVariables[Variable]((variable.id for variable in variables), names_in(variables))
    name = hidden.free_name(lambda number: f"#y>goal{number or ''}#")
    here = hidden.add(Reference(name, canonical(name)), lambda here: Variable(here.name, "auxiliary", equations))
    found = [changed, *hidden.take()]

What is made may read itself, as the rate of a stock does, and may need others: `make` is handed the reference, and what
it adds comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Generic, TypeVar

from egovsim.errors import ModelError
from egovsim.model.expression import Reference
from egovsim.names import canonical

Item = TypeVar("Item")


class HiddenVariables(Generic[Item]):
    """The hidden variables of one model, or of one equation.

    Its length is the number of those made so far; an id is in it when any variable bears it.

    Parameters
    ----------
    borne : iterable of str
        The ids that variables bear already.
    mentioned : iterable of str
        Ids that equations speak of, whether a variable bears them or not.
    """

    def __init__(self, borne: Iterable[str] = (), mentioned: Iterable[str] = ()) -> None:
        self._borne = set(borne)
        self._mentioned = set(mentioned)
        self._reserved: set[str] = set()
        self._made: dict[str, Item] = {}
        self._waiting: list[str] = []
        self._number = 0
        self._beginnings: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return self._number

    def __contains__(self, id: str) -> bool:
        return id in self._borne

    def free_name(self, pattern: Callable[[int], str]) -> str:
        """Return the first name of a row that nothing bears, and keep it for one item.

        Parameters
        ----------
        pattern : callable
            Gives the name of each number, 0 first.

        Returns
        -------
        str
            The name; it is borne from now on.
        """
        name = next(name for name in map(pattern, count()) if not self._is_taken(canonical(name)))
        self._bear(canonical(name))
        self._reserved.add(canonical(name))
        return name

    def _is_taken(self, id: str) -> bool:
        return id in self._borne or id in self._mentioned

    def _bear(self, id: str) -> None:
        self._borne.add(id)
        for mark, beginnings in self._beginnings.items():
            beginnings.update(_before_each(mark, id))

    def free_prefix(self, pattern: Callable[[int], str], followed_by: str) -> str:
        """Return the first beginning of a row that no name has before one of some marks; such names are free.

        Parameters
        ----------
        pattern : callable
            Gives the beginning of each number, 0 first.
        followed_by : str
            The marks, one character each, that may come behind it in the names that are wanted.

        Returns
        -------
        str
            For the names of several items.
        """

        # Looked up, not searched for: a model may have twenty thousand instances of macros.
        for mark in followed_by:
            if mark not in self._beginnings:
                ids = self._borne | self._mentioned
                self._beginnings[mark] = {before for id in ids for before in _before_each(mark, id)}
        taken = [self._beginnings[mark] for mark in followed_by]
        prefixes = map(pattern, count())
        return next(prefix for prefix in prefixes if not any(canonical(prefix) in found for found in taken))

    def add(self, here: Reference, make: Callable[[Reference], Item]) -> Reference:
        """Add a hidden variable.

        Parameters
        ----------
        here : Reference
            Its name and id, the subscripts by which the equation reads it, and the place for messages.
        make : callable
            Makes the item, given `here`.

        Returns
        -------
        Reference
            `here`, for the equation to read.

        Raises
        ------
        ModelError
            Another variable bears the id, and it was not kept by `free_name`.
        """
        if here.id in self._borne and here.id not in self._reserved:
            raise ModelError(
                f'{here.where}, "{here.name}": this name is needed for a part of an equation, and a variable bears '
                "it already; rename that one."
            )
        self._reserved.discard(here.id)
        self._bear(here.id)
        self._waiting.append(here.id)
        self._number += 1
        self._made[here.id] = make(here)
        return here

    def get_or_add(self, here: Reference, make: Callable[[Reference], Item]) -> Reference:
        """Return a reference to a hidden variable that many equations share; the first one makes it.

        Parameters
        ----------
        here : Reference
            As `add` takes it.
        make : callable
            As `add` takes it; it is not called when the variable is there.

        Returns
        -------
        Reference
            `here`.

        Raises
        ------
        ModelError
            A variable that was not made here bears the id.
        """
        return here if here.id in self._made else self.add(here, make)

    def take(self) -> list[Item]:
        """Return the items that were added since the last call, in the order in which they were asked for.

        Returns
        -------
        list
            Each item is returned once.
        """
        taken = [self._made[id] for id in self._waiting]
        self._waiting.clear()
        return taken


def _before_each(mark: str, id: str) -> Iterator[str]:
    """Yield what stands before each place of a mark in an id."""
    place = id.find(mark)
    while place >= 0:
        yield id[:place]
        place = id.find(mark, place + 1)
