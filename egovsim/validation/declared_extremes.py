"""The extremes that a declarations file gives: what is set or held, and what must follow."""

from __future__ import annotations

from collections.abc import Mapping

from egovsim.errors import DataError, ValueRangeError
from egovsim.model.dependencies import uses
from egovsim.model.inputs import PolicyPath, Series
from egovsim.names import split_element
from egovsim.simulation.horizon import check_start
from egovsim.toml import Table
from egovsim.validation.declarations import Bound, Extreme
from egovsim.validation.declared_names import DeclaredNames

_ALWAYS = ("zero", "never_rising", "never_falling")
_AT_AN_INSTANT = ("at_most", "at_least", "moves")


def read_extreme(table: Table, names: DeclaredNames, bounds: Mapping[str, Bound]) -> Extreme:
    """Read one ``[[extreme]]``.

    Parameters
    ----------
    table : Table
        The entry.
    names : DeclaredNames
        The names of the model.
    bounds : mapping of str to Bound
        From `read_bounds`; a claim that they contradict, or that they make true by themselves, is refused.

    Returns
    -------
    Extreme
        With names spelt as in the model.

    Raises
    ------
    DataError
        When nothing is set or held, nothing follows, or a key has no meaning beside the others.
    UnknownNameError
        When a key is unknown or a name is not in the model.
    ValueRangeError
        When a value or an instant is out of its range, or nothing could keep or break a claim.
    """
    table.only(("name", "set", "hold", "from", "at", *_ALWAYS, *_AT_AN_INSTANT), what="an extreme condition")
    zero, never_rising, never_falling = (names.names_at(table, key) for key in _ALWAYS)
    found = Extreme(
        name=table.text("name"),
        set=names.values_at(table, "set"),
        zero=zero,
        never_rising=never_rising,
        never_falling=never_falling,
        at_most=names.numbers_at(table, "at_most"),
        at_least=names.numbers_at(table, "at_least"),
        moves=names.numbers_at(table, "moves"),
        hold=_held(table, names),
        start=table.optional_number("from"),
        at=names.instant_at(table, "at"),
    )
    _check_whole(table, found)
    _check_instants(table, names, found)
    _check_claims(table, found, bounds)
    return found


def _held(table: Table, names: DeclaredNames) -> tuple[str, ...]:
    found = names.names_at(table, "hold")
    for name in found:
        base, variable = split_element(name)[0], names.variable(name)
        if name != base:
            raise DataError(f'{table.place("hold")}: "{name}" is one element, and all are held; name "{base}".')
        if variable.is_input and variable.kind != "stock":
            raise DataError(f'{table.place("hold")}: "{name}" is an input; give its value in set.')
    return found


def _check_whole(table: Table, extreme: Extreme) -> None:
    if not (extreme.set or extreme.hold):
        raise DataError(
            f"{table.place()}: set and hold are both missing; say which inputs stand at an extreme, and where, or "
            "which variables stand still."
        )
    claimed = [key for key in (*_ALWAYS, *_AT_AN_INSTANT) if getattr(extreme, key)]
    if not claimed:
        keys = (*_ALWAYS, *_AT_AN_INSTANT)
        raise DataError(f"{table.place()}: nothing follows; add {', '.join(keys[:-1])} or {keys[-1]}.")
    if extreme.at is not None and not set(claimed) & set(_AT_AN_INSTANT):
        others = f"{', '.join(_AT_AN_INSTANT[:-1])} and {_AT_AN_INSTANT[-1]}"
        raise DataError(f"{table.place('at')} is the instant of {others} alone; add one of them or leave it out.")


def _check_instants(table: Table, names: DeclaredNames, extreme: Extreme) -> None:
    """Refuse values that begin outside the run, begin without an effect, or are looked at before they begin."""
    if extreme.start is None:
        return
    place = table.place("from")
    levers = {name: Series.constant(extreme.set.get(name, 0.0)) for name in (*extreme.set, *extreme.hold)}
    check_start(PolicyPath(extreme.name, levers, extreme.start), names.model.clock, place=place)
    used = {id for variable in names.model.variables for id in uses(names.model, variable)}
    for name in extreme.set:
        if names.variable(name).kind == "stock" or names.variable(name).id not in used:
            raise DataError(
                f'{place}: "{name}" only says how the model starts, so from {extreme.start:g} on it changes nothing; '
                "leave it out of set, or leave out from."
            )
    if extreme.at is not None and extreme.at < extreme.start:
        raise ValueRangeError(
            f"{table.place('at')} is {extreme.at:g}, before from, {extreme.start:g}; nothing is set by then, choose a "
            "later instant."
        )


def _check_claims(table: Table, extreme: Extreme, bounds: Mapping[str, Bound]) -> None:
    for key, other, sign in (("at_most", "low", 1.0), ("at_least", "high", -1.0)):
        for name, value in getattr(extreme, key).items():
            bound = bounds.get(name) or bounds.get(split_element(name)[0]) or Bound(name)
            beyond, own = (bound.low, bound.high) if other == "low" else (bound.high, bound.low)
            place = f'{table.place(key)}: "{name}" is {value:g}'
            if beyond is not None and sign * value < sign * beyond:
                raise ValueRangeError(f"{place}, and is declared to be {bound}; give a value inside.")
            if own is not None and sign * value >= sign * own:
                raise ValueRangeError(
                    f"{place}, and is declared to be {bound} anyway, so nothing could break the claim; give a value "
                    "inside."
                )
    for name, value in extreme.at_least.items():
        if value > extreme.at_most.get(name, value):
            raise ValueRangeError(
                f'{table.place()}: "{name}" cannot be at least {value:g} (at_least) and at most '
                f"{extreme.at_most[name]:g} (at_most); correct one of the two."
            )
    for name, value in extreme.moves.items():
        if value == 0.0:
            raise ValueRangeError(
                f'{table.place("moves")}: "{name}" is 0, which every run keeps; give how far it rises at the least, '
                "or, with a minus, falls."
            )
