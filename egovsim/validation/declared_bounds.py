"""The bounds that a declarations file gives, together with the ranges in the model's own file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from egovsim.errors import DataError, ValueRangeError
from egovsim.model.model import Model
from egovsim.model.variable import plain_number
from egovsim.toml import Table
from egovsim.validation.declarations import Bound
from egovsim.validation.declared_names import DeclaredNames


def read_bounds(root: Table, names: DeclaredNames) -> Mapping[str, Bound]:
    """Read ``shares``, ``non_negative`` and ``[[bounds]]``, and narrow by them the ranges in the model's file.

    Parameters
    ----------
    root : Table
        The whole declarations file.
    names : DeclaredNames
        The names of the model.

    Returns
    -------
    mapping of str to Bound
        By variable or element.

    Raises
    ------
    DataError
        When an entry of ``[[bounds]]`` gives neither end.
    UnknownNameError
        When a name is not in the model.
    ValueRangeError
        When bounds contradict each other, or the value that the model gives an input.
    """
    found = {bound.variable: (bound, said) for bound, said in _ranges_of(names.model)}
    declared: set[str] = set()
    for bound, said in _said(root, names):
        known = found.get(bound.variable)
        found[bound.variable] = (bound, said) if known is None else _both(*known, bound, said, root.file)
        declared.add(bound.variable)
    for bound, said in found.values():
        if bound.variable in declared:  # a range of the model's own file is for `check` to judge
            _holds_value(names, bound, said, root.file)
    return {name: bound for name, (bound, _) in found.items()}


def _ranges_of(model: Model) -> Iterator[tuple[Bound, str]]:
    for variable in model.variables:
        if variable.bounds.low is not None or variable.bounds.high is not None:
            yield (
                Bound(variable.name, variable.bounds.low, variable.bounds.high),
                f"the range in {model.file or model.name}",
            )


def _said(root: Table, names: DeclaredNames) -> Iterator[tuple[Bound, str]]:
    for name in names.names_at(root, "shares"):
        yield Bound(name, 0.0, 1.0), "shares"
    for name in names.names_at(root, "non_negative"):
        yield Bound(name, 0.0), "non_negative"
    for table in root.tables("bounds"):
        table.only(("variables", "low", "high"), what="bounds")
        low, high = table.optional_number("low"), table.optional_number("high")
        if low is None and high is None:
            raise DataError(f"{table.place()}: low and high are both missing; give one of them or both.")
        for name in names.required_names_at(table, "variables"):
            said = table.keys[-1]
            yield _both(Bound(name, low), f"{said}.low", Bound(name, None, high), f"{said}.high", root.file)[0], said


def _both(first: Bound, said: str, second: Bound, also: str, file: str) -> tuple[Bound, str]:
    """Return what holds when two bounds hold."""
    lows = [(bound.low, text) for bound, text in ((first, said), (second, also)) if bound.low is not None]
    highs = [(bound.high, text) for bound, text in ((first, said), (second, also)) if bound.high is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low[0] > high[0]:
        raise ValueRangeError(
            f'{file}: "{first.variable}" cannot be at least {low[0]:g} ({low[1]}) and at most {high[0]:g} ({high[1]}); '
            "correct one of the two."
        )
    both = Bound(first.variable, low[0] if low else None, high[0] if high else None)
    return both, said if said == also else f"{said} and {also}"


def _holds_value(names: DeclaredNames, bound: Bound, said: str, file: str) -> None:
    """Refuse a range of an input that leaves out the value which the model file gives it."""
    variable = names.variable(bound.variable)
    if not variable.is_input:
        return
    for equation in variable.equations:
        value = plain_number(equation.expression)
        if value is not None and not _within(value, bound):
            raise ValueRangeError(
                f'{file}: "{bound.variable}" is declared to be {bound} ({said}), but is {value:g} in '
                f"{names.model.file or names.model.name}; correct one of the two."
            )


def _within(value: float, bound: Bound) -> bool:
    return (bound.low is None or value >= bound.low) and (bound.high is None or value <= bound.high)
