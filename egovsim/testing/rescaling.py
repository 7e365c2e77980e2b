"""Another size for one unit: every constant in it becomes another number, and nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from egovsim.errors import InputError, unknown_name
from egovsim.model.inputs import Floats, Series
from egovsim.model.model import Model
from egovsim.model.units.algebra import Units
from egovsim.model.units.texts import UnitTextError
from egovsim.model.variable import Bounds
from egovsim.names import canonical, split_element
from egovsim.public import set_module
from egovsim.simulation.result import Result
from egovsim.testing.claims import Batch, Claim, excess_by_run, why_failed
from egovsim.testing.examples import Examples, input_values
from egovsim.testing.metamorphic import largest_over_time, stocks_of
from egovsim.testing.search import assert_claim

_TOLERANCE = 1e-6


@set_module("egovsim.testing")
def assert_unit_rescaling(
    model: Model,
    unit: str,
    *,
    factor: float = 1000.0,
    outputs: Sequence[str] | None = None,
    over: Examples | None = None,
) -> None:
    """Assert that a model does not depend on the size of a unit.

    Every constant and initial value, and every value of a profile, policy or scenario, is multiplied by `factor` to
    the power that the unit has in its own unit: 3 billion rupiah become 3000 million. Then every output must be
    multiplied by the power that the unit has in it, and an index must stay what it is. A number with a unit that
    hides in an equation or in a lookup breaks that, and so does a wrong unit of a constant.

    Parameters
    ----------
    model : Model
        From `read_model`.
    unit : str
        One unit as the model writes it, ``"persons"``; not that of time, in which the clock runs.
    factor : float
        How many new units an old one is.
    outputs : sequence of str, optional
        What is compared; by default all stocks.
    over : Examples, optional
        What it is tried under.

    Raises
    ------
    AssertionError
        With the smallest counterexample.
    UnknownNameError
        When no variable has the unit.
    InputError
        When it is the unit of time, or made of several units.
    """
    names, powers = stocks_of(model, outputs), _powers_of(model, unit)
    if not any(powers.values()):
        known = sorted({variable.unit for variable in model if variable.unit})
        raise unknown_name(unit, known, what="a unit that a variable of this model has")
    over = over or Examples()
    free = replace(model, variables=tuple(replace(variable, bounds=Bounds()) for variable in model.variables))
    tried = _Rescaling(free, names, powers, factor, input_values(model, over.region()))
    arguments = {"unit": unit, "factor": factor, "outputs": outputs if outputs is None else tuple(names)}
    claim = Claim(
        f'Nothing depends on the size of the unit "{unit}"',
        "assert_unit_rescaling",
        arguments,
        tuple(names) * 2,
        tried.measure,
        tried.describe,
    )
    assert_claim(model, claim, over)


@dataclass(frozen=True)
class _Rescaling:
    """The same runs in the old and in the smaller unit."""

    model: Model
    """Without ranges, which are in the old unit."""
    names: Sequence[str]
    powers: Mapping[str, float]
    factor: float
    values: Mapping[str, float]

    def both(self, batch: Batch) -> tuple[Result, Result]:
        once = replace(batch, model=self.model)
        return once.run(self.names), _rescaled(once, self.powers, self.factor, self.values).run(self.names)

    def apart(self, once: Result, again: Result, name: str) -> Floats:
        a, b = once.values(name), again.values(name) / self.factor ** _power(self.powers, name)
        return np.abs(a - b) - _TOLERANCE * largest_over_time(a)

    def measure(self, batch: Batch) -> Floats:
        once, again = self.both(batch)
        found = [
            excess_by_run(result, self.apart(once, again, name)) for name in self.names for result in (once, again)
        ]
        return np.max(found, axis=0)

    def describe(self, batch: Batch) -> str:
        once, again = self.both(batch)
        failed = why_failed(once) or why_failed(again)
        if failed:
            return failed
        moved = {
            name: self.apart(once, again, name) / np.maximum(largest_over_time(once.values(name)), 1e-300)
            for name in self.names
        }
        name = max(self.names, key=lambda name: moved[name].max())
        place = np.unravel_index(int(moved[name].argmax()), moved[name].shape)
        wanted = once.values(name)[place] * self.factor ** _power(self.powers, name)
        seen = f'"{name}" is {again.values(name)[place]:.6g} at {once.time[place[3]]:g} {self.model.clock.unit}'
        return f"{seen.rstrip()} with the smaller unit, where {wanted:.6g} was to be expected"


def _powers_of(model: Model, unit: str) -> dict[str, float]:
    """Return the power of a unit in the unit of every variable, by its id.

    Raises
    ------
    InputError
        When it is the unit of time, is made of several units, or cannot be read.
    """
    texts = [
        text
        for text in dict.fromkeys((*(variable.unit for variable in model), model.clock.unit, unit))
        if text.strip("? ")
    ]
    units = Units(texts, model.unit_synonyms)
    found: dict[str, dict[str, float]] = {}
    for text in texts:
        try:
            found[text] = {name: float(power) for name, power in units.of(text).powers.items()}  # pyright: ignore[reportArgumentType]
        except UnitTextError as error:
            if text == unit:
                raise InputError(f'the unit "{unit}" {error}; give one as the model writes it.') from None
            found[text] = {}
    if list(found[unit].values()) != [1.0]:
        raise InputError(f'"{unit}" is made of several units; give one of them.')
    (base,) = found[unit]
    if base in found.get(model.clock.unit, {}):
        raise InputError(f'"{unit}" is the unit of time, in which the clock runs; give another one.')
    return {variable.id: found.get(variable.unit, {}).get(base, 0.0) for variable in model}


def _power(powers: Mapping[str, float], name: str) -> float:
    return powers[canonical(split_element(name)[0])]


def _rescaled(batch: Batch, powers: Mapping[str, float], factor: float, values: Mapping[str, float]) -> Batch:
    """Return the same runs in the smaller unit."""

    def by(name: str) -> float:
        return factor ** _power(powers, name)

    def moved(some: Mapping[str, Series]) -> dict[str, Series]:
        return {
            name: replace(series, values=tuple(value * by(name) for value in series.values))
            for name, series in some.items()
        }

    in_it = {name: value for name, value in values.items() if _power(powers, name)}
    levers = moved(batch.profile.levers) if batch.profile else {}
    constants = {name: value * by(name) for name, value in {**in_it, **batch.constants}.items()}
    moving = {canonical(name) for name in (*batch.columns, *levers)}
    return replace(
        batch,
        profile=batch.profile and replace(batch.profile, levers=levers),
        policies=tuple(replace(policy, levers=moved(policy.levers)) for policy in batch.policies),
        scenarios=tuple(replace(scenario, inputs=moved(scenario.inputs)) for scenario in batch.scenarios),
        constants={name: value for name, value in constants.items() if canonical(name) not in moving},
        columns={name: column * by(name) for name, column in batch.columns.items()},
    )
