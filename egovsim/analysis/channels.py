"""What carries a path's effect: how much of it is lost when what lies on the way stays as it is in the base.

Total effects are divided by what mediates them (Pearl, 2001, "Direct and indirect effects", Proceedings of the 17th
Conference on Uncertainty in Artificial Intelligence): the path is run again, and all that reads a mediating variable
reads the value which the same member has in the base. Shares of several channels overlap where one acts through
another, so they do not add up; what all carry together comes from a run of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from egovsim.analysis.measures import Spread, spread
from egovsim.model.inputs import Design, Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.interventions.twin import Twin, twin
from egovsim.model.metrics import value_at
from egovsim.model.model import Model
from egovsim.names import canonical, split_element
from egovsim.progress import Progress
from egovsim.public import set_module
from egovsim.simulation.run import run


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class Channel:
    """Something that an effect may go through.

    Parameters
    ----------
    name : str
        Short, for code and tables.
    variables : tuple of str
        Stocks, flows or auxiliaries, which are held together.
    label : mapping of str to str
        What tables call it, by language.
    role : {"barrier", "mediator"}
        Whether it is something that keeps a region back, or something that lies between.
    """

    name: str
    variables: tuple[str, ...]
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    role: str = "mediator"


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class ChannelEffects:
    """What carries the effect of one path on one outcome, member by member; not a number where a run failed.

    Parameters
    ----------
    policy, base : str
        The path, and the one that it is compared with.
    outcome : str
        What is affected, read at the instant `at`.
    at : float
        In the model's time unit.
    effect : float64, shape (member,)
        The outcome under the path less that under the base, in its own unit.
    carried : mapping of str to float64, shape (member,)
        By channel, the part of the effect that is lost when the channel stays as in the base.
    together : float64, shape (member,)
        The part that is lost when all channels do.
    """

    policy: str
    base: str
    outcome: str
    at: float
    effect: Floats
    carried: Mapping[str, Floats]
    together: Floats

    @property
    def parts(self) -> Mapping[str, Floats]:
        """What each channel carries and what all carry together, which has no name."""
        return {**self.carried, "": self.together}

    @property
    def has_one_sign(self) -> bool:
        """Whether the interval of the effect leaves out 0."""
        return leaves_out_zero(summary(self.effect))

    def share(self, part: Floats) -> float | None:
        """Return the share of the effect that a part of it is.

        Parameters
        ----------
        part : float64, shape (member,)
            What is carried.

        Returns
        -------
        float or None
            The median over members; None where the interval of the effect reaches 0, so that shares mean nothing.
        """
        if not self.has_one_sign:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = part / self.effect
        return float(np.median(shares[np.isfinite(shares)]))


def summary(values: Floats) -> Spread:
    """Return the spread over the members whose runs did not fail.

    Parameters
    ----------
    values : float64, shape (member,)
        Not a number where a run failed.

    Returns
    -------
    Spread
        Not a number where all failed.
    """
    sound = values[np.isfinite(values)]
    return spread(sound) if len(sound) else Spread(np.nan, np.nan, np.nan)


def leaves_out_zero(values: Spread) -> bool:
    """Return whether the interval from the 5th to the 95th percentile lies on one side of 0.

    Parameters
    ----------
    values : Spread
        Of a change.

    Returns
    -------
    bool
        False where it touches 0.
    """
    return values.p05 > 0.0 or values.p95 < 0.0


@set_module("egovsim.analysis")
def channel_effects(
    model: Model,
    channels: Sequence[Channel],
    policies: Sequence[PolicyPath],
    *,
    base: PolicyPath,
    outcome: str,
    at: float,
    profile: Profile | None = None,
    scenario: Scenario | None = None,
    constants: Mapping[str, float] | None = None,
    design: Design | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[ChannelEffects, ...]:
    """Return what carries the effect of every path against one base, from one batch of runs of a twin.

    Parameters
    ----------
    model : Model
        From `read_model`.
    channels : sequence of Channel
        One of which the outcome itself is a variable is left out.
    policies : sequence of PolicyPath
        The paths.
    base : PolicyPath
        What they are compared with.
    outcome : str
        A scalar variable or an element.
    at : float
        The instant at which it is read, the end of the runs.
    profile, scenario, constants, design : optional
        As in `run`; both paths have the same.
    workers : int, optional
        Threads; no figure depends on it.
    progress : callable, optional
        Called as ``progress(done, total)`` with numbers of runs.

    Returns
    -------
    tuple of ChannelEffects
        One a path, in their order.

    Raises
    ------
    InputError
        When the outcome or a channel's variable is not in the model, or as `run` does.
    """
    own = canonical(split_element(outcome)[0])
    channels = [channel for channel in channels if own not in map(canonical, channel.variables)]
    names = tuple(channel.name for channel in channels)
    held = ((), *((name,) for name in names), names)
    multipliers = profile.multipliers if profile is not None else dict[str, str]()
    levers = [lever for path in (base, *policies) for lever in path.levers]
    levers += [multipliers[lever] for lever in multipliers if canonical(lever) in set(map(canonical, levers))]
    both = twin(model, levers, {channel.name: channel.variables for channel in channels})
    result = run(
        both.model,
        profile=None if profile is None else _profile_of_both(both, profile),
        policies=[
            replace(_joined(both, path, base, closed), name=f"{path.name} ({number})" if number else path.name)
            for path in policies
            for number, closed in enumerate(held)
        ],
        scenarios=None if scenario is None else [replace(scenario, inputs=both.doubled(scenario.inputs))],
        constants=both.doubled(constants or {}),
        design=None if design is None else _design_of_both(both, design),
        metrics=[value_at(outcome, at, name="path"), value_at(both.in_base(outcome), at, name="base")],
        until=at,
        workers=workers,
        progress=progress,
    )
    shape = (len(policies), len(held), -1)
    path, usual = (result.metric_values(name)[0].reshape(shape) for name in ("path", "base"))
    return tuple(
        ChannelEffects(
            policy=policy.name,
            base=base.name,
            outcome=outcome,
            at=at,
            effect=path[place, 0] - usual[place, 0],
            carried={name: path[place, 0] - path[place, number] for number, name in enumerate(names, start=1)},
            together=path[place, 0] - path[place, -1],
        )
        for place, policy in enumerate(policies)
    )


def _joined(both: Twin, path: PolicyPath, base: PolicyPath, closed: Sequence[str]) -> PolicyPath:
    """Return both paths as one of the twin, with some channels as in the base."""
    usual = PolicyPath(base.name, {both.in_base(name): series for name, series in base.levers.items()}, base.start)
    switched = PolicyPath(path.name, {both.switches[name]: Series.constant(1.0) for name in closed})
    return replace(path, joined=(usual, switched))


def _profile_of_both(both: Twin, profile: Profile) -> Profile:
    """Return the profile that gives both paths the same constants and history."""
    multipliers = {both.in_base(lever): both.in_base(factor) for lever, factor in profile.multipliers.items()}
    return replace(
        profile,
        constants=both.doubled(profile.constants),
        levers=both.doubled(profile.levers),
        multipliers={**profile.multipliers, **multipliers},
    )


def _design_of_both(both: Twin, design: Design) -> Design:
    """Return the design that gives both paths the same constants."""
    names = tuple(both.doubled(dict.fromkeys(design.names)))
    places = [number for number, name in enumerate(design.names) for _ in both.doubled({name: None})]
    return Design(names, len(design), lambda first, last: design.rows(first, last)[:, places])
