"""From named values to the kernel's arrays: who sets which input, from when on.

Precedence: file < profile < constants < design < scenario < policy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import cast

import numpy as np

from egovsim.compiler.build_cache import settable
from egovsim.compiler.kernel import Schedule, Steps
from egovsim.errors import InputError, ValueRangeError
from egovsim.model.inputs import START, Design, Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.model import Model, Variable
from egovsim.names import canonical, element_name, split_element

Values = Mapping[str, float | Series]


def input_ids(model: Model, name: str, *, source: str = "") -> tuple[Variable, tuple[str, ...]]:
    """Return the variable and the ids of the inputs that a name stands for.

    Raises
    ------
    UnknownNameError
        When no variable bears the name.
    InputError
        When the variable is computed, so that setting it would be ignored, or shapes the model.
    """
    key = ("input ids", name)  # a design of a hundred constants asks for each again at every run
    found = cast("tuple[Variable, tuple[str, ...]] | None", model.memo.get(key))
    if found is None:
        found = model.memo[key] = _input_ids(model, name, source)
    return found


def _input_ids(model: Model, name: str, source: str) -> tuple[Variable, tuple[str, ...]]:
    place = f"{source}: " if source else ""
    base, _ = split_element(name)
    if canonical(base) not in model.by_id:
        raise model.unknown(base, where=source)
    known = settable(model)
    variable, inputs, shaping = model[base], known.inputs, known.shaping
    ids = tuple(element_name(variable.id, one) for one in model.elements_of(name))
    if variable.kind == "stock":
        ids = tuple(id + START for id in ids)
    if not all(id in inputs for id in ids):
        remedy = f'to fix it, use hold(model, "{variable.name}")'
        what = "starts from other variables" if variable.kind == "stock" else "is computed by the model"
        raise InputError(f'{place}"{variable.name}" {what}, so it takes no value; {remedy}.')
    shaped = [shaping[id] for id in ids if id in shaping]
    if shaped:
        what = f"is {shaped[0]}, which is fixed when the model is compiled"
        raise InputError(f'{place}"{variable.name}" {what}; change it in the file.')
    return variable, ids


def check_value(model: Model, variable: Variable, value: float, *, source: str) -> None:
    """Refuse a value that is not finite or lies outside the range that the file declares.

    Raises
    ------
    InputError
        When it is no number at all.
    ValueRangeError
        The message names the source, the variable, the value and its range.
    """
    if not isinstance(value, Real):
        raise InputError(f'{source}: "{variable.name}" is {value!r}, not a number; give a number or a Series.')
    if not math.isfinite(value):
        raise ValueRangeError(f'{source}: "{variable.name}" is {value}, not a finite number; give a number.')
    low, high = variable.bounds.low, variable.bounds.high
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = f"{'-inf' if low is None else f'{low:g}'} to {'inf' if high is None else f'{high:g}'}"
        text = f'"{variable.name}" is {value:g}, outside its range {allowed} in {model.file or model.name}'
        raise ValueRangeError(f"{source}: {text}; choose a value inside.")


@dataclass(frozen=True)
class Setting:
    """A series that moves one input from an instant on."""

    id: str
    series: Series
    first: int


@dataclass(frozen=True)
class Plan:
    """What all runs share: inputs before a design, series of the profile, columns of the design.

    `ids` are those of the kernel's inputs, in its order. `multipliers` are the constants that multiply the assumed
    history of a lever, by the lever's canonical name.
    """

    model: Model
    ids: tuple[str, ...]
    steps: Steps
    base: Floats
    settings: tuple[Setting, ...]
    design: Design | None
    columns: tuple[tuple[int, ...], ...]
    multipliers: Mapping[str, str]

    def inputs(self, first: int, last: int) -> Floats:
        """Return the inputs of some members, shape (member, input)."""
        table = np.repeat(self.base[np.newaxis], last - first, axis=0)
        if self.design is not None:
            rows = self.design.rows(first, last)
            self._check_rows(rows)
            for number, places in enumerate(self.columns):
                for place in places:
                    table[:, place] = rows[:, number]
        return table

    def _as_written(self, policy: PolicyPath) -> dict[str, float]:
        """Return the heights that a policy sets to one: what is decided holds as written, what was is uncertain."""
        return {self.multipliers[one]: 1.0 for one in map(canonical, policy.levers) if one in self.multipliers}

    def _check_rows(self, rows: Floats) -> None:
        assert self.design is not None
        for number, name in enumerate(self.design.names):
            variable, _ = input_ids(self.model, name)
            for value in (rows[:, number].min(), rows[:, number].max()):
                check_value(self.model, variable, float(value), source="design")

    def schedule(self, scenario: Scenario, policy: PolicyPath) -> Schedule:
        """Return the series of one scenario and policy, later ones overriding earlier ones."""
        settings = [
            *self.settings,
            *series_settings(self.model, scenario.inputs, self.steps, f"scenario {scenario.name}", scenario.start),
            *series_settings(self.model, policy.levers, self.steps, f"policy {policy.name}", policy.start),
            *series_settings(self.model, self._as_written(policy), self.steps, f"policy {policy.name}", policy.start),
        ]
        place = {id: number for number, id in enumerate(self.ids)}
        return _schedule([setting for setting in settings if setting.id in place], place, self.steps)


def make_plan(
    model: Model,
    ids: tuple[str, ...],
    steps: Steps,
    *,
    profile: Profile | None,
    constants: Values,
    design: Design | None,
) -> Plan:
    """Lay the values of a study over those of the file, for the inputs of a kernel.

    Raises
    ------
    InputError
        When a name is unknown or computed, or a value not finite or out of its range.
    """
    numbers = dict(settable(model).inputs)
    settings: dict[str, Setting] = {}
    for source, values in _layers(profile, constants):
        for name, value in values.items():
            variable, set_ids = input_ids(model, name, source=source)
            if isinstance(value, Series):
                settings |= {
                    setting.id: setting for setting in series_settings(model, {name: value}, steps, source, None)
                }
                continue
            check_value(model, variable, value, source=source)
            for id in set_ids:
                numbers[id] = float(value)
                settings.pop(id, None)
    place = {id: number for number, id in enumerate(ids)}
    columns: list[tuple[int, ...]] = []
    for name in design.names if design else ():
        _, set_ids = input_ids(model, name, source="design")
        columns.append(tuple(place[id] for id in set_ids if id in place))
        for id in set_ids:
            settings.pop(id, None)
    base = np.array([numbers[id] for id in ids], dtype=np.float64)
    multipliers = {canonical(lever): multiplier for lever, multiplier in profile.multipliers.items()} if profile else {}
    return Plan(model, ids, steps, base, tuple(settings.values()), design, tuple(columns), multipliers)


def _layers(profile: Profile | None, constants: Values) -> Iterable[tuple[str, Values]]:
    if profile is not None:
        yield f"profile {profile.name}", profile.constants
        yield f"profile {profile.name}", profile.levers
    yield "constants", constants


def series_settings(model: Model, values: Values, steps: Steps, source: str, start: float | None) -> list[Setting]:
    """Return the settings of some series that hold from `start` on (from the beginning, when None)."""
    found: list[Setting] = []
    for name, value in values.items():
        variable, ids = input_ids(model, name, source=source)
        series = value if isinstance(value, Series) else Series.constant(value)
        if variable.kind == "stock":
            text = f'"{variable.name}" is a stock: a series cannot move it'
            raise InputError(f"{source}: {text}; give its initial value as a plain number in the constants.")
        for number in series.values:
            check_value(model, variable, number, source=source)
        first = 0 if start is None else math.ceil((start - steps.start) / steps.time_step - 1e-6)
        found += [Setting(id, series, max(first, 0)) for id in ids]
    return found


def _schedule(settings: list[Setting], place: Mapping[str, int], steps: Steps) -> Schedule:
    times = steps.times
    nudged = times + 1e-6 * steps.time_step  # a jump on the grid must not be missed by rounding
    columns = [setting.series.at(times if setting.series.kind == "points" else nudged) for setting in settings]
    values = np.ascontiguousarray(np.column_stack(columns)) if columns else np.zeros((len(times), 0))
    first = np.array([setting.first for setting in settings], dtype=np.int64)
    moves = np.zeros(len(times), dtype=np.int8)
    moves[1:] = (values[1:] != values[:-1]).any(axis=1)
    begins = first[(first > 0) & (first < len(times))]
    moves[begins] = 1
    slots = np.array([place[setting.id] for setting in settings], dtype=np.int64)
    return Schedule(slots, first, values, moves)
