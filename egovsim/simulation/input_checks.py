"""Whether the names and values of a profile, policy or scenario fit a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from egovsim.errors import UnknownNameError, ValueRangeError, suggestion
from egovsim.model.inputs import Floats, PolicyPath, Profile, Range, Scenario, Series
from egovsim.model.model import Model
from egovsim.model.variable import Variable, plain_number
from egovsim.names import canonical, split_element
from egovsim.simulation.horizon import check_points, check_start, start_of
from egovsim.toml import key_text

_SHARES = "Budget shares"
_EXTRA = "Extra money"
_LEVER_GROUPS = ("Levers", _SHARES, _EXTRA)
_SCENARIO_GROUPS = ("Scenario inputs", _EXTRA)


def check_profile(profile: Profile, model: Model, *, until: float | None = None, where: str = "") -> None:
    """Check a profile's names, values and times against a model.

    Constants and ranges must be inputs of the model, levers members of its groups "Levers",
    "Budget shares" and "Extra money" (any input, in a model without these groups), multipliers inputs that are no
    levers, published figures scalars of the model in years that it covers, and every value within the
    ``<range>`` that the model declares. A history may begin before the model's start.

    Parameters
    ----------
    profile : Profile
        What is checked.
    model : Model
        What it is for.
    until : float, optional
        The end of the run that it is for, where that is later than the model's.
    where : str
        What messages begin with; by default the profile's name.

    Raises
    ------
    UnknownNameError, ValueRangeError
        With `where` and the key path in front.
    """
    place = where or f'profile "{profile.name}"'
    inputs = [variable.name for variable in model.inputs]
    for name, value in profile.constants.items():
        variable = _named(name, inputs, model, f"{place}: {key_text(('constants', name))}", "an input")
        _within(variable, (value,), f"{place}: {key_text(('constants', name))}")
    check_ranges(profile.ranges, model, where=place)
    _check_series(profile.levers, _LEVER_GROUPS, model, f"{place}: levers", "a lever")
    _check_times(profile.levers, model, until, f"{place}: levers", is_history=True)
    moved = set(map(canonical, profile.levers))
    for lever, multiplier in profile.multipliers.items():
        free = [name for name in inputs if canonical(name) not in moved]
        _named(multiplier, free, model, f"{place}: {key_text(('levers', lever, 'multiplier'))}", "a constant")
    _check_published(profile, model, place)
    _check_shares(profile.levers, {}, model, place, first=model.clock.start)


def _check_published(profile: Profile, model: Model, place: str) -> None:
    scalars = [variable.name for variable in model.variables if not variable.dimensions]
    for name, figure in profile.published.items():
        path = f"{place}: {key_text(('published', name))}"
        _named(name, scalars, model, path, "an outcome")
        first, last = model.clock.start, model.clock.stop - 1.0
        if not first <= figure.year <= last or figure.year != int(figure.year):
            raise ValueRangeError(f"{path}.year is {figure.year:g}; it must be a whole year, {first:g} to {last:g}.")


def check_policy(
    policy: PolicyPath,
    model: Model,
    *,
    profile: Profile | None = None,
    until: float | None = None,
    where: str = "",
) -> None:
    """Check a policy's levers and times against a model.

    Levers must be members of the groups "Levers", "Budget shares" and "Extra money" (any input, in a model
    without these groups) and lie within the ``<range>`` that the model declares. The budget shares, those
    that the policy leaves alone taken from the profile or the model, must not be negative nor all be
    zero at any instant from the policy's start on. The start must lie within the run, and every point
    of a series where a run of the model can reach it (see `horizon`).

    Parameters
    ----------
    policy : PolicyPath
        What is checked.
    model : Model
        What it is for.
    profile : Profile, optional
        The region, whose budget shares hold where the policy sets none.
    until : float, optional
        The end of the run that it is for; by default the model's.
    where : str
        What messages begin with; by default the policy's name.

    Raises
    ------
    UnknownNameError, ValueRangeError
        With `where` and the key path in front.
    """
    place = where or f'policy "{policy.name}"'
    check_start(policy, model.clock, stop=until, place=place)
    _check_series(policy.levers, _LEVER_GROUPS, model, f"{place}: levers", "a lever")
    _check_times(policy.levers, model, until, f"{place}: levers")
    inherited: Mapping[str, Series] = {} if profile is None else profile.levers
    _check_shares(policy.levers, inherited, model, place, first=start_of(policy, model.clock))


def check_scenario(scenario: Scenario, model: Model, *, until: float | None = None, where: str = "") -> None:
    """Check a scenario's inputs and times against a model.

    Inputs must be members of the groups "Scenario inputs" and "Extra money" (any input, in a model without these
    groups) and lie within the ``<range>`` that the model declares; for times see `horizon`.

    Parameters
    ----------
    scenario : Scenario
        What is checked.
    model : Model
        What it is for.
    until : float, optional
        The end of the run that it is for; by default the model's.
    where : str
        What messages begin with; by default the scenario's name.

    Raises
    ------
    UnknownNameError, ValueRangeError
        With `where` and the key path in front.
    """
    place = where or f'scenario "{scenario.name}"'
    check_start(scenario, model.clock, stop=until, place=place)
    _check_series(scenario.inputs, _SCENARIO_GROUPS, model, f"{place}: inputs", "a scenario input")
    _check_times(scenario.inputs, model, until, f"{place}: inputs")


def check_ranges(ranges: Iterable[Range], model: Model, *, where: str) -> None:
    """Check that sampled ranges name inputs of a model and lie within their declared ranges.

    Parameters
    ----------
    ranges : iterable of Range
        What is checked.
    model : Model
        What they are for.
    where : str
        What messages begin with.

    Raises
    ------
    UnknownNameError, ValueRangeError
        With `where` and the key path in front.
    """
    inputs = [variable.name for variable in model.inputs]
    for range_ in ranges:
        path = f"{where}: {key_text(('ranges', range_.name))}"
        _within(_named(range_.name, inputs, model, path, "an input"), (range_.low, range_.high), path)


def _check_series(series: Mapping[str, Series], groups: tuple[str, ...], model: Model, place: str, what: str) -> None:
    allowed = _members(model, groups)
    for name, values in series.items():
        path = f"{place}.{key_text((name,))}"
        variable = _named(name, allowed, model, path, what)
        if canonical(variable.group) == canonical(_SHARES) and min(values.values) < 0.0:
            year = values.times[values.values.index(min(values.values))]
            when = "" if values.kind == "constant" else f" in {year:g}"
            raise ValueRangeError(f"{path} is {min(values.values):g}{when}; a budget share cannot be negative.")
        _within(variable, values.values, path)


def _check_times(
    series: Mapping[str, Series], model: Model, until: float | None, place: str, *, is_history: bool = False
) -> None:
    for name, values in series.items():
        check_points(values, model.clock, until=until, place=f"{place}.{key_text((name,))}", is_history=is_history)


def _members(model: Model, groups: tuple[str, ...]) -> list[str]:
    wanted = {canonical(group) for group in groups}
    found = [variable.name for variable in model.inputs if canonical(variable.group) in wanted]
    return found or [variable.name for variable in model.inputs]


def _named(name: str, allowed: list[str], model: Model, path: str, what: str) -> Variable:
    base, elements = split_element(name)
    by_id = {canonical(known): known for known in allowed}
    if canonical(base) not in by_id:
        file = model.file or model.name
        exists = canonical(base) in model.by_id
        why = "; it is a variable of the model, but not one of these" if exists else ""
        raise UnknownNameError(f"{path} is not {what} of {file}{why}{suggestion(base, allowed)}.")
    if elements:
        try:
            model.elements_of(name)
        except UnknownNameError as cause:
            raise UnknownNameError(f"{path}: {cause}") from cause
    return model[base]


def _within(variable: Variable, values: Iterable[float], path: str) -> None:
    low, high = variable.bounds.low, variable.bounds.high
    if variable.bounds.only_warns:
        return  # a run warns of it
    for value in values:
        if (low is not None and value < low) or (high is not None and value > high):
            span = _span(low, high)
            unit = f" {variable.unit}" if variable.unit else ""
            raise ValueRangeError(f'{path}: {value:g} is outside the range of "{variable.name}", {span}{unit}.')


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def _check_shares(
    own: Mapping[str, Series], inherited: Mapping[str, Series], model: Model, place: str, *, first: float
) -> None:
    shares = [variable for variable in model.inputs if canonical(variable.group) == canonical(_SHARES)]
    if not shares:
        return
    series = [_effective(share, own, inherited) for share in shares]
    breaks = {first, *(time for share in series for time in share.times if time > first)}
    instants = np.array(sorted(breaks))
    total: Floats = np.sum([share.at(instants) for share in series], axis=0)
    if np.any(total <= 0.0):
        year = instants[int(np.argmax(total <= 0.0))]
        names = ", ".join(f'"{share.name}"' for share in shares)
        raise ValueRangeError(
            f"{place}: all budget shares are zero in {year:g} ({names}); at least one must be above zero."
        )


def _effective(variable: Variable, own: Mapping[str, Series], inherited: Mapping[str, Series]) -> Series:
    for levers in (own, inherited):
        for name, series in levers.items():
            if canonical(name) == variable.id:
                return series
    return Series.constant(plain_number(variable.equations[0].expression) or 0.0)
