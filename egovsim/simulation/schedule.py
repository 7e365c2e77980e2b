"""From named values to the kernel's arrays: who sets which input, from when on.

Precedence: file < profile < constants < design < scenario < policy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.compiler.build_cache import settable
from egovsim.compiler.steps import Schedule, Steps
from egovsim.errors import InputError
from egovsim.model.argument_checks import values_by_name
from egovsim.model.arrays import display_elements
from egovsim.model.inputs import Design, Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.model import Model
from egovsim.names import canonical, element_name, scalar_id
from egovsim.simulation.horizon import check_points, check_start, start_of
from egovsim.simulation.named_inputs import check_value, input_ids, refuse_overlap

Values = Mapping[str, float | Series]

_SLACK = 1e-6
"""Of a step; sums of steps are rounded."""


@dataclass(frozen=True)
class Setting:
    """A series that moves one input from an instant on.

    Parameters
    ----------
    id : str
        The input, as a program calls it.
    series : Series
        Its values.
    first : int
        The first instant at which it holds, counted in steps.
    """

    id: str
    series: Series
    first: int


@dataclass(frozen=True)
class Plan:
    """What all runs share: inputs before a design, series of the profile, columns of the design.

    Parameters
    ----------
    model : Model
        What is run.
    ids : tuple of str
        The kernel's inputs, in its order.
    steps : Steps
        The clock.
    base : float64, shape (input,)
        Values before a design.
    settings : tuple of Setting
        Series of profile and constants.
    design : Design, optional
        Values of some inputs by member.
    columns : tuple of tuple of int
        Of each column of the design, the places of its inputs among the kernel's.
    multipliers : mapping of str to str
        The constants that multiply the assumed history of a lever, by the lever's canonical name.
    missing : frozenset of str
        Inputs that have a value neither in the file nor here, so that a scenario or policy must give one.
    """

    model: Model
    ids: tuple[str, ...]
    steps: Steps
    base: Floats
    settings: tuple[Setting, ...]
    design: Design | None
    columns: tuple[tuple[int, ...], ...]
    multipliers: Mapping[str, str]
    missing: frozenset[str]

    def inputs(self, first: int, last: int) -> Floats:
        """Return the inputs of some members.

        Parameters
        ----------
        first, last : int
            Numbers of members, `last` left out.

        Returns
        -------
        float64, shape (member, input)
            In each input's own unit.

        Raises
        ------
        InputError
            When a value of the design is not finite or outside its range.
        """
        table = np.repeat(self.base[np.newaxis], last - first, axis=0)
        if self.design is not None:
            rows = self.design.rows(first, last)
            self._check_rows(rows)
            for number, places in enumerate(self.columns):
                for place in places:
                    table[:, place] = rows[:, number]
        return table

    def _as_written(self, policy: PolicyPath) -> dict[str, float]:
        """Return the multipliers that a policy sets to one: what is decided holds as written, what was is uncertain."""
        levers = map(canonical, policy.levers)
        return {self.multipliers[lever]: 1.0 for lever in levers if lever in self.multipliers}

    def _check_rows(self, rows: Floats) -> None:
        assert self.design is not None
        if not self.design.names:
            return
        for name, low, high in zip(self.design.names, rows.min(axis=0), rows.max(axis=0), strict=True):
            variable, _ = input_ids(self.model, name)
            for value in (low, high):
                check_value(self.model, variable, float(value), source="design")

    def schedule(self, scenario: Scenario, policy: PolicyPath) -> Schedule:
        """Return the series of one scenario and policy, later ones overriding earlier ones.

        Parameters
        ----------
        scenario : Scenario
            What the region does not decide.
        policy : PolicyPath
            What it decides.

        Returns
        -------
        Schedule
            Of every input that moves.

        Raises
        ------
        InputError
            When a name is unknown or computed, a value out of its range, or an instant outside the run; or an input
            that has no equation is given no value.
        """
        settings = [
            *self.settings,
            *self._from_start(scenario, scenario.inputs, f"scenario {scenario.name}"),
        ]
        for path in (policy, *policy.joined):
            settings += self._from_start(path, path.levers, f"policy {path.name}")
            settings += self._from_start(path, self._as_written(path), f"policy {path.name}")
        if missing := self.missing.difference(setting.id for setting in settings):
            raise _without_value(self.model, [id for id in self.ids if id in missing])
        place = {id: number for number, id in enumerate(self.ids)}
        return _schedule([setting for setting in settings if setting.id in place], place, self.steps)

    def _from_start(self, path: PolicyPath | Scenario, values: Values, source: str) -> list[Setting]:
        """Return the settings of a policy or a scenario, which hold from its start on."""
        clock = self.model.clock
        check_start(path, clock, stop=self.steps.stop, place=source)
        return _settings(self.model, values, self.steps, source, start=start_of(path, clock))


def make_plan(
    model: Model,
    ids: tuple[str, ...],
    steps: Steps,
    *,
    profile: Profile | None,
    constants: Values,
    design: Design | None,
) -> Plan:
    """Lay the values of a batch over those of the file, for the inputs of a kernel.

    Parameters
    ----------
    model : Model
        What is run.
    ids : tuple of str
        The kernel's inputs, in its order.
    steps : Steps
        The clock.
    profile : Profile or None
        The region.
    constants : mapping of str to float or Series
        Values that override the profile's.
    design : Design or None
        Values by member, which override both.

    Returns
    -------
    Plan
        To which scenario and policy are added.

    Raises
    ------
    InputError
        When a name is unknown or computed, a value not finite or out of its range, or a point outside the model's time.
    """
    numbers = dict(settable(model).inputs)
    settings: dict[str, Setting] = {}
    for source, is_history, values in _layers(profile, constants):
        refuse_overlap(model, values, source)
        for name, value in values.items():
            variable, set_ids = input_ids(model, name, source=source)
            if isinstance(value, Series):
                moved = _settings(model, {name: value}, steps, source, is_history=is_history)
                settings |= {setting.id: setting for setting in moved}
                continue
            check_value(model, variable, value, source=source)
            for id in set_ids:
                numbers[id] = float(value)
                settings.pop(id, None)
    place = {id: number for number, id in enumerate(ids)}
    columns: list[tuple[int, ...]] = []
    refuse_overlap(model, design.names if design else (), "design")
    for name in design.names if design else ():
        _, set_ids = input_ids(model, name, source="design")
        columns.append(tuple(place[id] for id in set_ids if id in place))
        for id in set_ids:
            settings.pop(id, None)
    given = {*settings, *(ids[number] for numbers_of in columns for number in numbers_of)}
    required = frozenset(_required(model))
    missing = frozenset(id for id in ids if id in required and math.isnan(numbers[id]) and id not in given)
    base = np.array([numbers[id] for id in ids], dtype=np.float64)
    multipliers = {canonical(lever): multiplier for lever, multiplier in profile.multipliers.items()} if profile else {}
    return Plan(model, ids, steps, base, tuple(settings.values()), design, tuple(columns), multipliers, missing)


def _required(model: Model) -> dict[str, str]:
    """Return the inputs that have no equation, as a program calls them, and what their names are shown as."""
    variables = [model.by_id[id] for id in sorted(model.required)]
    return {
        scalar_id(variable.id, elements): element_name(variable.name, display_elements(model, variable, elements))
        for variable in variables
        for elements in model.elements_of(variable.name)
    }


def _without_value(model: Model, ids: Sequence[str]) -> InputError:
    """Return the error for inputs that have no equation and were given no value."""
    required = _required(model)
    names = [f'"{required[id]}"' for id in ids]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return InputError(
        f"{model.file or model.name}: these inputs have no equation and were given no value: {shown}; give each one: "
        f'constants={{{names[0]}: 1.0}}, --set {names[0][:-1]}=1".'
    )


def _layers(profile: Profile | None, constants: Values) -> Iterable[tuple[str, bool, Values]]:
    """Yield who sets values, whether they are a history, and the values; later ones override earlier ones."""
    if profile is not None:
        source = f"profile {profile.name}"
        yield source, False, values_by_name(profile.constants, f"{source}: constants")
        yield source, True, values_by_name(profile.levers, f"{source}: levers")
    yield "constants", False, constants


def _settings(
    model: Model,
    values: Values,
    steps: Steps,
    source: str,
    *,
    start: float | None = None,
    is_history: bool = False,
) -> list[Setting]:
    """Return the settings of some series that hold from `start` on, by default from the beginning."""
    found: list[Setting] = []
    refuse_overlap(model, values, source)
    for name, value in values.items():
        variable, ids = input_ids(model, name, source=source)
        if not isinstance(value, Series):
            check_value(model, variable, value, source=source)
        series = value if isinstance(value, Series) else Series.constant(value)
        if variable.kind == "stock":
            text = f'"{variable.name}" is a stock: a series cannot move it'
            raise InputError(f"{source}: {text}; give its initial value as a plain number in the constants.")
        for number in series.values:
            check_value(model, variable, number, source=source)
        place = f'{source}: "{variable.name}"'
        check_points(series, model.clock, until=steps.stop, place=place, is_history=is_history)
        first = 0 if start is None else steps.first_from(start)
        found += [Setting(id, series, first) for id in ids]
    return found


def _schedule(settings: list[Setting], place: Mapping[str, int], steps: Steps) -> Schedule:
    times = steps.times
    nudged = times + _SLACK * steps.time_step  # a jump on the grid must not be missed by rounding
    columns = [setting.series.at(times if setting.series.kind == "points" else nudged) for setting in settings]
    values = np.ascontiguousarray(np.column_stack(columns)) if columns else np.zeros((len(times), 0))
    first = np.array([setting.first for setting in settings], dtype=np.int64)
    moves = np.zeros(len(times), dtype=np.int8)
    moves[1:] = (values[1:] != values[:-1]).any(axis=1)
    begins = first[(first > 0) & (first < len(times))]
    moves[begins] = 1
    slots = np.array([place[setting.id] for setting in settings], dtype=np.int64)
    return Schedule(slots, first, values, moves)
