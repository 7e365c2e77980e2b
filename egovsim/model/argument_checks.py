"""Whether what a caller gives is of the kind that is needed: a number, a list of paths; else one sentence says so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from egovsim.errors import InputError, ValueRangeError

Item = TypeVar("Item")


def shown(value: object) -> str:
    """Write a value for a message: short ones as they are, of any other its kind.

    Parameters
    ----------
    value : object
        What somebody gave.

    Returns
    -------
    str
        ``1000.0``, ``"south"``, ``a DataFrame``.
    """
    match value:
        case None | bool():
            return f"{value}"
        case str():
            return f'"{value}"'
        case Integral():
            return f"{int(value)}"
        case Real():
            return f"{float(value)!r}"
        case _:
            kind = type(value).__name__
            return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"


def text_of(value: Any, said: str, *, remedy: str) -> str:
    """Return a text that a caller gives.

    Parameters
    ----------
    value : str
        What was given.
    said : str
        How the message begins: ``a range is of``.
    remedy : str
        What to give instead, as the message ends.

    Returns
    -------
    str
        The text.

    Raises
    ------
    InputError
        When it is anything else.
    """
    refuse_other_kinds(value, str, said, remedy=remedy)
    return value


def refuse_other_kinds(value: Any, kinds: type | tuple[type, ...], said: str, *, remedy: str) -> None:
    """Refuse what is of none of some kinds.

    Parameters
    ----------
    value : object
        What a caller gave.
    kinds : type or tuple of type
        What it may be.
    said : str
        How the message begins: ``evidence is``.
    remedy : str
        What to give instead, as the message ends.

    Raises
    ------
    InputError
        When it is of another kind.
    """
    if not isinstance(value, kinds):
        raise InputError(f"{said} {shown(value)}; {remedy}.")


def whole_number(value: Any, name: str, *, least: int | None = 0) -> int:
    """Return a whole number that a caller gives.

    Parameters
    ----------
    value : int
        What was given.
    name : str
        What the caller calls it.
    least : int or None
        The least that makes sense; None where the caller says so itself.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InputError
        When it is anything else, 1000.0 too.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or (least is not None and int(value) < least):
        bound = "" if least is None else f", {least} or more"
        raise InputError(f"{name} is {shown(value)}; give a whole number{bound}.")
    return int(value)


def finite_number(value: Any, place: str) -> float:
    """Return a finite number that a caller gives.

    Parameters
    ----------
    value : float
        What was given.
    place : str
        What it is, as the message begins: ``until``.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InputError
        When it is not a number.
    ValueRangeError
        When it is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{place} is {shown(value)}, not a number; give a number.")
    if not math.isfinite(value):
        raise ValueRangeError(f"{place} is {float(value)}, not a finite number; give a number.")
    return float(value)


def list_of(values: Any, kind: type[Item], name: str, *, remedy: str) -> tuple[Item, ...]:
    """Return the items of a list that a caller gives.

    Parameters
    ----------
    values : iterable
        What was given; None is none.
    kind : type
        What each item must be.
    name : str
        What the caller calls the list.
    remedy : str
        How to come by such items, as the message ends.

    Returns
    -------
    tuple
        The items.

    Raises
    ------
    InputError
        When it is one item and no list, no list at all, or has something else in it.
    """
    if values is None:
        return ()
    word = "text" if kind is str else kind.__name__
    if isinstance(values, kind):
        raise InputError(f"{name} is one {word}, not a list; put it in brackets.")
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InputError(f"{name} is {shown(values)}, not a list; {remedy}.")  # pyright: ignore[reportUnknownArgumentType]
    given: list[object] = list(values)  # pyright: ignore[reportUnknownArgumentType]
    items = [item for item in given if isinstance(item, kind)]
    if len(items) < len(given):
        wrong = next(item for item in given if not isinstance(item, kind))
        raise InputError(f"{name} has {shown(wrong)} in it, not a {word}; {remedy}.")
    return tuple(items)


def values_by_name(values: Any, name: str) -> dict[str, Any]:
    """Return the values of a mapping that a caller gives; a pandas Series is one too.

    Parameters
    ----------
    values : mapping of str to any
        What was given; None is none.
    name : str
        What the caller calls it.

    Returns
    -------
    dict
        The same values.

    Raises
    ------
    InputError
        When it is no mapping, or a name is no text.
    """
    if values is None:
        return {}
    if not hasattr(values, "items"):
        raise InputError(f'{name} is {shown(values)}; give values by name, as in {{"Staff": 120.0}}.')
    found: dict[Any, Any] = dict(values.items())
    for key in found:
        if not isinstance(key, str):
            raise InputError(f"{name} has the name {shown(key)}; give names as texts.")
    return found


def refuse_twice(names: Iterable[str], what: str) -> None:
    """Refuse two things of one name, which results could not tell apart.

    Parameters
    ----------
    names : iterable of str
        What each is called.
    what : str
        What they are, in the plural.

    Raises
    ------
    InputError
        When two bear one name.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f'two {what} are called "{name}"; give each a name of its own.')
        seen.add(name)


def numbers_of(values: Any) -> tuple[float, ...]:
    """Return the instants or values of a series.

    Parameters
    ----------
    values : iterable of float
        What was given.

    Returns
    -------
    tuple of float
        The same numbers, finite or not.

    Raises
    ------
    ValueRangeError
        When something in it is no number.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ValueRangeError(f"a series needs lists of numbers, not {shown(values)}.")
    found: list[object] = list(values)  # pyright: ignore[reportUnknownArgumentType]
    for value in found:
        if not isinstance(value, Real):
            raise ValueRangeError(f"a series has {shown(value)} in it, not a number; give numbers.")
    return tuple(float(value) for value in found if isinstance(value, Real))


def column_of(name: str, values: Any) -> NDArray[np.float64]:
    """Return the values of one constant of a design.

    Parameters
    ----------
    name : str
        The constant.
    values : array of float
        What was given.

    Returns
    -------
    float64, shape (member,)
        The same numbers.

    Raises
    ------
    InputError
        When something in it is no number, or it is no single column.
    """
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f'"{name}" has something in the design that is not a number; give numbers.') from None
    if column.ndim != 1:
        raise InputError(f'"{name}" has the shape {column.shape} in the design; give one number for each member.')
    return column


def table_of(values: Any) -> NDArray[np.float64]:
    """Return the rows that a maker of a design has made.

    Parameters
    ----------
    values : array of float
        What it returned.

    Returns
    -------
    float64, as many dimensions as were given
        The same numbers.

    Raises
    ------
    InputError
        When something in it is no number.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("what makes this design gave something that is not a number; give numbers.") from None


def check_path(what: str, name: Any, values: Any, start: Any) -> None:
    """Refuse a policy path or a scenario that no run could take.

    Parameters
    ----------
    what : str
        ``policy`` or ``scenario``.
    name : str
        What it is called.
    values : mapping
        What it sets.
    start : float or None
        From when on.

    Raises
    ------
    InputError
        When the name is no text, the values stand under no names, or the start is no finite number.
    """
    text_of(name, f"a {what} is called", remedy="give its name as a text")
    values_by_name(values, f'{what} "{name}"')
    if start is not None:
        finite_number(start, f'{what} "{name}": its start')
