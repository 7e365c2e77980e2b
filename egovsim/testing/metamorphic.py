"""Claims about runs beside each other: with a smaller step, with more of an input, and once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from egovsim.errors import InputError
from egovsim.model.inputs import Floats, Scenario, Series
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.simulation.result import Result
from egovsim.testing.claims import Batch, Claim, excess_by_run, why_failed
from egovsim.testing.examples import Examples, bound_of, canonical_name
from egovsim.testing.search import assert_claim
from egovsim.validation.declaration_files import default_declarations
from egovsim.validation.declarations import Response

_LEVELS = 5


def stocks_of(model: Model, names: Sequence[str] | None) -> list[str]:
    """Return the names that are asked for, by default those of all stocks.

    Parameters
    ----------
    model : Model
        From `read_model`.
    names : sequence of str or None
        None where nothing is asked for.

    Returns
    -------
    list of str
        Variables or elements.
    """
    return [stock.name for stock in model.stocks] if names is None else list(names)


def largest_over_time(values: Floats) -> Floats:
    """Return the largest absolute value of each trajectory.

    Parameters
    ----------
    values : float64, shape (scenario, policy, member, time, ...)
        Trajectories.

    Returns
    -------
    float64, shape (scenario, policy, member, 1, ...)
        In the same unit.
    """
    return np.abs(values).max(axis=3, keepdims=True)


# ------------------------------------------------------------------------------------------------------ time step


@set_module("egovsim.testing")
def assert_time_step_converges(
    model: Model, outputs: Sequence[str] | None = None, *, tolerance: float = 0.01, over: Examples | None = None
) -> None:
    """Assert that half the time step gives the same trajectories, so that they are the model's and not the step's.

    Parameters
    ----------
    model : Model
        From `read_model`.
    outputs : sequence of str, optional
        What is compared; by default all stocks.
    tolerance : float
        How far two trajectories may be apart, as a share of the largest value in them.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    """
    names = stocks_of(model, outputs)
    step = model.clock.time_step
    every = model.clock.save_every or step

    def both(batch: Batch) -> tuple[Result, Result]:
        coarse, fine = (batch.run(names, time_step=length, save_every=every) for length in (step, step / 2.0))
        return coarse, fine

    def apart(coarse: Result, fine: Result, name: str) -> Floats:
        a, b = coarse.values(name), fine.values(name)
        return np.abs(a - b) - tolerance * np.maximum(largest_over_time(a), largest_over_time(b))

    def measure(batch: Batch) -> Floats:
        coarse, fine = both(batch)
        found = [excess_by_run(coarse, apart(coarse, fine, name)) for name in names]
        return np.max([*found, excess_by_run(fine, np.zeros((*found[0].shape, 1)))], axis=0)

    def describe(batch: Batch) -> str:
        coarse, fine = both(batch)
        failed = why_failed(coarse) or why_failed(fine)
        if failed:
            return failed
        scaled = {
            name: apart(coarse, fine, name) / np.maximum(largest_over_time(coarse.values(name)), 1e-300)
            for name in names
        }
        name = max(names, key=lambda name: scaled[name].max())
        place = np.unravel_index(int(scaled[name].argmax()), scaled[name].shape)
        unit = f"{model.variable_of(name).unit} at {coarse.time[place[3]]:g} {model.clock.unit}".strip()
        values = (coarse.values(name)[place], fine.values(name)[place])
        return f'"{name}" is {values[0]:.6g} {unit} with a step of {step:g}, and {values[1]:.6g} with {step / 2.0:g}'

    text = f"Half the time step ({step / 2.0:g} {model.clock.unit}".rstrip() + f") moves nothing by {tolerance:.3g}"
    arguments = {"outputs": outputs if outputs is None else tuple(names), "tolerance": tolerance}
    claim = Claim(text, "assert_time_step_converges", arguments, tuple(names) * 2, measure, describe)
    assert_claim(model, claim, over or Examples())


# ------------------------------------------------------------------------------------------------------ determinism


@set_module("egovsim.testing")
def assert_deterministic(model: Model, outputs: Sequence[str] | None = None, *, over: Examples | None = None) -> None:
    """Assert that the same runs give the same bits again, on one thread or several.

    Parameters
    ----------
    model : Model
        From `read_model`.
    outputs : sequence of str, optional
        What is compared; by default all stocks.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    """
    names = stocks_of(model, outputs)

    def measure(batch: Batch) -> Floats:
        once, again = batch.run(names, workers=1), batch.run(names, workers=3)
        same = (once.trajectories == again.trajectories) | (np.isnan(once.trajectories) & np.isnan(again.trajectories))
        return (~same).reshape(*same.shape[:3], -1).any(axis=-1).astype(float)

    def describe(batch: Batch) -> str:
        return "the second run is another one"

    arguments = {"outputs": outputs if outputs is None else tuple(names)}
    claim = Claim(
        "The same run gives the same bits", "assert_deterministic", arguments, tuple(names), measure, describe
    )
    assert_claim(model, claim, over or Examples())


# ------------------------------------------------------------------------------------------------------ responses


@set_module("egovsim.testing")
def assert_monotone(model: Model, response: Response, *, tolerance: float = 1e-4, over: Examples | None = None) -> None:
    """Assert that more of an input never gives less of an output (or never more).

    Parameters
    ----------
    model : Model
        From `read_model`.
    response : Response
        ``Response("money", "Budget", "Coverage")``: the input, the output and the direction; `low` and `high` of the
        input are by default the ends of its range, `start` the beginning and `at` the end of the run. Five levels
        are tried, evenly from `low` to `high`.
    tolerance : float
        What is no difference, as a share of the largest value that the output has in the run.
    over : Examples, optional
        What it is tried under. With a `start` the levels are scenarios, so `over` can have none.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    InputError
        When the input has no range.
    """
    over = over or Examples()
    given = _with_ends(model, response, over)
    levels = np.linspace(given.low or 0.0, given.high or 0.0, _LEVELS)
    sign = 1.0 if given.direction == "up" else -1.0

    def by_level(batch: Batch, values: Floats) -> Floats:
        """Put the levels first, shape (level, scenario, policy, member, ...)."""
        if given.start is not None:
            return values[:, np.newaxis]
        return np.moveaxis(values.reshape(*values.shape[:2], len(levels), batch.members, *values.shape[3:]), 2, 0)

    def values(batch: Batch) -> tuple[Result, Floats, Floats]:
        """Return the output at its instant, and by how much it goes the wrong way from level to level."""
        result = _at_levels(batch, given, levels)
        last = -1 if given.at is None else int(np.abs(result.time - given.at).argmin())
        trajectory = by_level(batch, result.values(given.output))
        size = np.abs(trajectory).max(axis=(0, 4), keepdims=True)
        wrong = -sign * np.diff(trajectory, axis=0) - tolerance * size
        return result, trajectory[:, :, :, :, last], wrong[:, :, :, :, last]

    def measure(batch: Batch) -> Floats:
        _, _, wrong = values(batch)
        worst = np.moveaxis(wrong, 0, -1)
        worst = worst.reshape(*worst.shape[:3], -1).max(axis=-1)
        return np.where(np.isnan(worst), np.inf, worst)

    def describe(batch: Batch) -> str:
        result, found, missed = values(batch)
        trajectory, wrong = found.reshape(len(levels), -1), missed.reshape(len(levels) - 1, -1)
        if np.isnan(wrong).any():
            return str(result.status)
        level, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        seen = [f"{trajectory[number, column]:.6g} where it is {levels[number]:.4g}" for number in (level, level + 1)]
        return f'"{given.output}" is {seen[0]} and {seen[1]}'

    verb = "less" if given.direction == "up" else "more"
    text = f'More of "{given.input}" ({levels[0]:g} to {levels[-1]:g}) never gives {verb} of "{given.output}"'
    names = (given.output,) * _LEVELS
    claim = Claim(text, "assert_monotone", {"response": given, "tolerance": tolerance}, names, measure, describe)
    assert_claim(model, claim, _without(model, over, given.input))


def _with_ends(model: Model, response: Response, over: Examples) -> Response:
    """Return a response with both ends of its input: its own, or those of the input's range."""
    if response.low is not None and response.high is not None:
        return response
    ranges = {canonical_name(name): ends for name, ends in (over.ranges or {}).items()}
    variable = model.variable_of(response.input)
    ends = ranges.get(canonical_name(response.input)) or ranges.get(variable.id)
    known = variable.bounds if ends is None else bound_of(response.input, ends)
    low = known.low if response.low is None else response.low
    high = known.high if response.high is None else response.high
    if low is None or high is None:
        raise InputError(f'"{response.input}" has no range; give low and high of the response.')
    return replace(response, low=low, high=high)


def _at_levels(batch: Batch, response: Response, levels: Floats) -> Result:
    """Run a batch once a level: as members, all of one level together, or as scenarios from an instant on."""
    if response.start is not None:
        if batch.scenarios != (Scenario(""),):
            raise InputError("levels from an instant on are scenarios; leave the scenarios of the examples out.")
        some = [
            Scenario(f"{level:g}", {response.input: Series.constant(float(level))}, response.start) for level in levels
        ]
        return replace(batch, scenarios=tuple(some)).run([response.output])
    columns = {name: np.tile(column, len(levels)) for name, column in batch.columns.items()}
    columns[response.input] = np.repeat(levels, batch.members)
    return batch.with_columns(columns).run([response.output])


def _without(model: Model, over: Examples, name: str) -> Examples:
    """Return the examples with one input left as it is."""
    if over.ranges is None:
        over = replace(over, ranges=default_declarations(model).bounds)
    others = {
        other: ends for other, ends in (over.ranges or {}).items() if canonical_name(other) != canonical_name(name)
    }
    return replace(over, ranges=others)
