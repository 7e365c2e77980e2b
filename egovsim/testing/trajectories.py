"""Claims about the trajectories of one run: bounds, conservation, balances, extremes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from egovsim.errors import InputError
from egovsim.model.inputs import Floats
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.simulation.result import Result
from egovsim.testing.claims import Batch, Claim, excess_by_run, why_failed
from egovsim.testing.examples import Ends, Examples, bound_of
from egovsim.testing.search import assert_claim
from egovsim.validation.declaration_files import default_declarations
from egovsim.validation.declarations import Balance, Bound, Conserved, Extreme

_ROUNDING = 1e-9
"""What rounding may add up to, relative to the largest number in it."""

_NOT_TRIED = ("start", "hold", "at_most", "at_least", "moves")
"""What an extreme may say that is not a claim about any constants."""


@dataclass(frozen=True)
class _Miss:
    """By how much each run misses something at each instant, and how that is said.

    `excess` : float64, shape (scenario, policy, member, time, ...); above 0 where it is missed.
    `say` : called with the place of one instant in it.
    """

    excess: Floats
    say: Callable[[tuple[int, ...]], str]


def _trajectory_claim(
    text: str,
    call: tuple[str, Mapping[str, object]],
    outputs: Sequence[str],
    misses: Callable[[Result, Batch], Sequence[_Miss]],
    **options: object,
) -> Claim:
    """Return the claim that no run misses any of what `misses` returns; `options` are those of `run`."""

    def measure(batch: Batch) -> Floats:
        result = batch.run(outputs, **options)
        return np.max([excess_by_run(result, miss.excess) for miss in misses(result, batch)], axis=0)

    def describe(batch: Batch) -> str:
        result = batch.run(outputs, **options)
        failed = why_failed(result)
        if failed:
            return failed
        worst = max(misses(result, batch), key=lambda miss: _largest(miss.excess))
        # the first instant says more than the worst one: everything after it may be a consequence
        missed = np.argwhere(~(worst.excess <= 0.0))
        return worst.say(tuple(min(missed, key=lambda place: place[3])))

    function, arguments = call
    return Claim(text, function, arguments, tuple(outputs), measure, describe)


def _largest(excess: Floats) -> float:
    return float(np.where(np.isnan(excess), np.inf, excess).max(initial=-np.inf))


def _at(result: Result, place: tuple[int, ...]) -> str:
    return f"at {result.time[place[3]]:g} {result.time_unit}".rstrip()


def _called(result: Result, name: str, place: tuple[int, ...]) -> str:
    """Return the name of the element that a place in the values of a variable is of."""
    for variable in result.variables.values():
        if variable.name == name and variable.shape:
            return variable.element_names[int(np.ravel_multi_index(place[4:], variable.shape))]
    return name


def _quantity(model: Model, name: str, value: float) -> str:
    return f"{value:.6g} {model.variable_of(name).unit}".rstrip()


def computed(model: Model, names: Sequence[str]) -> list[str]:
    """Return the names among some whose variables the model computes.

    Parameters
    ----------
    model : Model
        From `read_model`.
    names : sequence of str
        Variables or elements.

    Returns
    -------
    list of str
        Those that have a trajectory, and are no constants.
    """
    found = [(name, model.variable_of(name)) for name in names]
    return [
        name
        for name, variable in found
        if variable.kind != "lookup" and (variable.kind == "stock" or not variable.is_input)
    ]


# ---------------------------------------------------------------------------------------------------------- bounds


@set_module("egovsim.testing")
def assert_within(model: Model, bounds: Mapping[str, Ends] | None = None, *, over: Examples | None = None) -> None:
    """Assert that variables stay within bounds in every run, and are finite.

    Parameters
    ----------
    model : Model
        From `read_model`.
    bounds : mapping of str to Bound or (low, high), optional
        By variable or element, in its own unit; an open end is None. By default the ranges in the model's file.
        Inputs are left out.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    InputError
        When no computed variable has a bound.
    """
    given = default_declarations(model).bounds if bounds is None else bounds
    wanted = {name: bound_of(name, given[name]) for name in computed(model, list(given))}
    if not wanted:
        raise InputError(f"{model.file or model.name}: no variable that is computed has bounds; give one.")

    def misses(result: Result, batch: Batch) -> list[_Miss]:
        return [_outside(result, model, name, bound) for name, bound in wanted.items()]

    said = (
        "; ".join(f'"{name}" is {bound}' for name, bound in wanted.items())
        if len(wanted) <= 3
        else (f"{len(wanted)} variables stay within their bounds")
    )
    called = ("assert_within", {"bounds": {name: (bound.low, bound.high) for name, bound in wanted.items()}})
    assert_claim(model, _trajectory_claim(said, called, list(wanted), misses), over or Examples())


def _outside(result: Result, model: Model, name: str, bound: Bound) -> _Miss:
    values = result.values(name)
    excess = np.zeros_like(values)
    for end, sign in ((bound.low, -1.0), (bound.high, 1.0)):
        if end is not None:
            excess = np.maximum(excess, sign * (values - end) - _ROUNDING * max(1.0, abs(end)))
    excess = np.where(np.isfinite(values), excess, np.inf)

    def say(place: tuple[int, ...]) -> str:
        seen = _quantity(model, name, values[place])
        return f'"{_called(result, name, place)}" is {seen} {_at(result, place)}, not {bound}'

    return _Miss(excess, say)


@set_module("egovsim.testing")
def assert_finite(model: Model, *, over: Examples | None = None) -> None:
    """Assert that every variable is a finite number at every instant of every run.

    Parameters
    ----------
    model : Model
        From `read_model`.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    """
    names = [variable.name for variable in model if variable.kind != "lookup"]

    def misses(result: Result, batch: Batch) -> list[_Miss]:
        return [_outside(result, model, name, Bound(name)) for name in names]

    claim = _trajectory_claim("Every variable is a finite number", ("assert_finite", {}), names, misses)
    assert_claim(model, replace(claim, describe=partial(_first_not_finite, names)), over or Examples())


def _first_not_finite(names: Sequence[str], batch: Batch) -> str:
    result = batch.run(names)
    failed = why_failed(result)
    if failed:
        return failed
    for column, name in enumerate(name for output in result.variables.values() for name in output.column_names):
        wrong = np.flatnonzero(~np.isfinite(result.trajectories[0, 0, 0, :, column]))
        if len(wrong):
            return f'"{name}" is not a finite number {_at(result, (0, 0, 0, int(wrong[0])))}'
    return "all are finite"


@set_module("egovsim.testing")
def assert_never_falling(model: Model, names: Sequence[str], *, over: Examples | None = None) -> None:
    """Assert that variables never fall, as a total of spending never does.

    Parameters
    ----------
    model : Model
        From `read_model`.
    names : sequence of str
        Variables or elements.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    """

    def misses(result: Result, batch: Batch) -> list[_Miss]:
        return [_moving(result, model, name, -1.0) for name in names]

    text = f"{_listed(names)} never {'falls' if len(names) == 1 else 'fall'}"
    claim = _trajectory_claim(text, ("assert_never_falling", {"names": tuple(names)}), names, misses)
    assert_claim(model, claim, over or Examples())


def _moving(result: Result, model: Model, name: str, sign: float) -> _Miss:
    """Return where a variable rises (`sign` 1) or falls (-1)."""
    values = result.values(name)
    size = np.abs(values).max(axis=3, keepdims=True)
    moved = np.diff(values, axis=3)
    excess = np.concatenate([np.zeros_like(values[:, :, :, :1]), sign * moved - _ROUNDING * size], axis=3)

    def say(place: tuple[int, ...]) -> str:
        before = (*place[:3], place[3] - 1, *place[4:])
        verb = "rises" if sign > 0 else "falls"
        change = f"{verb} from {values[before]:.6g} to {_quantity(model, name, values[place])}"
        return f'"{_called(result, name, place)}" {change} {_at(result, place)}'

    return _Miss(excess, say)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# ---------------------------------------------------------------------------------------------------------- sums


@set_module("egovsim.testing")
def assert_conserves(model: Model, group: Conserved, *, over: Examples | None = None) -> None:
    """Assert that the sum of some stocks changes by what flows in and out over their boundary, and by nothing else.

    It is tried with Euler's method whatever the file says, since with it a step changes a stock by exactly what its
    flows were at the beginning of the step; what leaks does so under every method.

    Parameters
    ----------
    model : Model
        From `read_model`.
    group : Conserved
        The stocks, and the flows that cross their boundary, each summed over its elements.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    """
    names = list(dict.fromkeys((*group.stocks, *group.inflows, *group.outflows)))
    unit = model.variable_of(group.stocks[0]).unit
    step = model.clock.time_step

    def misses(result: Result, batch: Batch) -> list[_Miss]:
        total = _sum(result, group.stocks)
        into, out_of = _sum(result, group.inflows), _sum(result, group.outflows)
        changed, wanted = np.diff(total, axis=3), step * (into - out_of)[..., :-1]
        size = np.maximum(np.abs(total), step * np.maximum(np.abs(into), np.abs(out_of))).max(axis=3, keepdims=True)
        excess = np.concatenate([np.zeros_like(total[..., :1]), np.abs(changed - wanted) - _ROUNDING * size], axis=3)

        def say(place: tuple[int, ...]) -> str:
            before = (*place[:3], place[3] - 1)
            moved = f"changes by {changed[before]:.6g} {unit}".rstrip()
            return f"the sum {moved} in the step to {result.time[place[3]]:g}, its flows say {wanted[before]:.6g}"

        return [_Miss(excess, say)]

    verb = "changes" if len(group.stocks) == 1 else "together change"
    text = f"{_listed(group.stocks)} {verb} by {_flows(group)} alone"
    options = {"method": "euler", "time_step": step, "save_every": step}
    claim = _trajectory_claim(text, ("assert_conserves", {"group": group}), names, misses, **options)
    assert_claim(model, claim, over or Examples())


def _flows(group: Conserved) -> str:
    parts = [_listed(group.inflows), "less " + _listed(group.outflows) if group.outflows else ""]
    return " ".join(part for part in parts if part) or "nothing"


def _sum(result: Result, names: Sequence[str]) -> Floats:
    """Return the sum of variables over all their elements, shape (scenario, policy, member, time)."""
    shape = result.trajectories.shape[:4]
    return sum((result.values(name).reshape(*shape, -1).sum(axis=-1) for name in names), np.zeros(shape))


@set_module("egovsim.testing")
def assert_balance(model: Model, balance: Balance, *, over: Examples | None = None) -> None:
    """Assert that some variables always add up to others, or to a number.

    Parameters
    ----------
    model : Model
        From `read_model`.
    balance : Balance
        Element by element where all variables have the same elements, otherwise summed over them.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    """
    right = () if isinstance(balance.equals, float | int) else balance.equals
    names = list(dict.fromkeys((*balance.terms, *right)))

    def misses(result: Result, batch: Batch) -> list[_Miss]:
        parts = {name: result.values(name) for name in names}
        if len({part.shape for part in parts.values()}) > 1:
            parts = {name: _sum(result, (name,)) for name in names}
        first = parts[balance.terms[0]]
        left = sum((parts[term] for term in balance.terms), np.zeros_like(first))
        wanted = (
            sum((parts[name] for name in right), np.zeros_like(first)) if right else np.full_like(first, balance.equals)
        )
        size = np.max([np.abs(values) for values in (*parts.values(), wanted)])
        excess = np.abs(left - wanted) - _ROUNDING * size

        def say(place: tuple[int, ...]) -> str:
            return f"the sum is {left[place]:.6g} {_at(result, place)}, not {wanted[place]:.6g}"

        return [_Miss(excess, say)]

    equal = _listed(right) if right else f"{balance.equals:g}"
    text = f"{_listed(balance.terms)} always add up to {equal}"
    claim = _trajectory_claim(text, ("assert_balance", {"balance": balance}), names, misses)
    assert_claim(model, claim, over or Examples())


# ---------------------------------------------------------------------------------------------------------- extremes


@set_module("egovsim.testing")
def assert_extreme(model: Model, extreme: Extreme, *, over: Examples | None = None) -> None:
    """Assert what must follow when inputs stand at extremes, whatever the other inputs are.

    Parameters
    ----------
    model : Model
        From `read_model`.
    extreme : Extreme
        The inputs and their values; the variables that are then zero, never rise or never fall. One that begins after
        the start, holds a variable or claims a number is for `validate`, whose members are plausible ones.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    InputError
        When the extreme says what is not tried here.
    """
    said = [key for key in _NOT_TRIED if getattr(extreme, key) not in (None, (), {})]
    if said:
        text = f"{said[0]} is not tried under any constants; declare the extreme in a file and use validate"
        raise InputError(f'extreme "{extreme.name}": {text}.')
    over = over or Examples()
    names = list(dict.fromkeys((*extreme.zero, *extreme.never_rising, *extreme.never_falling)))

    def misses(result: Result, batch: Batch) -> list[_Miss]:
        zero = [_outside(result, model, name, Bound(name, 0.0, 0.0)) for name in extreme.zero]
        rising = [_moving(result, model, name, 1.0) for name in extreme.never_rising]
        return [*zero, *rising, *(_moving(result, model, name, -1.0) for name in extreme.never_falling)]

    parts = ((extreme.zero, "is zero"), (extreme.never_rising, "never rises"), (extreme.never_falling, "never falls"))
    follows = "; ".join(f"{_listed(some)} {what}" for some, what in parts if some)
    values = ", ".join(f'"{name}" is {value:g}' for name, value in extreme.set.items())
    text = f"Where {values}: {follows}"
    claim = _trajectory_claim(text, ("assert_extreme", {"extreme": extreme}), names, misses)
    assert_claim(model, claim, replace(over, constants={**over.constants, **extreme.set}))
