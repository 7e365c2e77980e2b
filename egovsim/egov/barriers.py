"""Which barrier binds: equal extra money for one barrier at a time, on the same kept members.

The study of South Sumatra names five barriers: human resources, security, the digital divide, culture and budget
(Siska Aprilia, 2020, master's thesis "Tantangan Penerapan e-Government Dalam Pelayanan Publik"). Relieving one is
spending more on it and on nothing else; relieving the budget is the same money without purpose bound, which goes to
upkeep and to every item by the shares of the day. Training needs places as well as money, so extra money for human
resources brings the places that it pays for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Spread, spread
from egovsim.errors import InputError, ValueRangeError, unknown_name
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.metrics import Metric, value_at
from egovsim.model.model import Model
from egovsim.model.variable import plain_number
from egovsim.names import canonical
from egovsim.public import set_module
from egovsim.simulation.horizon import start_of
from egovsim.simulation.run import run

AMOUNT = 20.0
"""Extra money, in billion rupiah a year at prices of 2024: about a sixth of what South Sumatra spends in the model."""
PLACES, STAFF, TRAINING_COST = "Training places", "Staff", "Training cost"
CHEAPEST = 0.05
"""Places are added until the money is spent in all but this share of members, those in which training is cheapest."""
_JUST_BEFORE = 1e-4
"""Years before a jump at which a piecewise linear series still has its old value: far below any time step."""


@set_module("egovsim")
@dataclass(frozen=True)
class Barrier:
    """Something that extra money can relieve.

    Parameters
    ----------
    name : str
        Short, for code and tables.
    money : str
        The model's input that takes the extra money.
    label : mapping of str to str
        In English and Indonesian.
    needs_places : bool
        Whether training places come with the money, without which it would return to the treasury.
    """

    name: str
    money: str
    label: Mapping[str, str] = field(compare=False)
    needs_places: bool = False


HR = Barrier("hr", "Extra money for HR", {"en": "Human resources", "id": "Sumber daya manusia"}, needs_places=True)
SECURITY = Barrier("security", "Extra money for security", {"en": "Security", "id": "Keamanan"})
DIVIDE = Barrier("divide", "Extra money for access", {"en": "Digital divide", "id": "Kesenjangan digital"})
CULTURE = Barrier("culture", "Extra money for culture", {"en": "Culture", "id": "Budaya kerja"})
BUDGET = Barrier("budget", "Extra money unearmarked", {"en": "Budget", "id": "Anggaran"})
BARRIERS = (HR, SECURITY, DIVIDE, CULTURE, BUDGET)
"""In the order of the study."""
INFRASTRUCTURE = Barrier(
    "infrastructure", "Extra money for infrastructure", {"en": "Infrastructure", "id": "Infrastruktur"}
)
"""No barrier of the study, which finds the infrastructure in place; what it is weighed against."""


def barrier(name: str) -> Barrier:
    """Return the barrier of a name.

    Raises
    ------
    UnknownNameError
        With the nearest names.
    """
    known = {one.name: one for one in (*BARRIERS, INFRASTRUCTURE)}
    if name not in known:
        raise unknown_name(name, known, what="a barrier")
    return known[name]


@dataclass(frozen=True, slots=True)
class Relief:
    """Extra money for barriers, each getting `amount` billion rupiah a year from `first` until `last`, left out."""

    barriers: tuple[Barrier, ...]
    first: float
    last: float
    amount: float

    @property
    def needs_places(self) -> bool:
        """Whether training places come with it."""
        return any(one.needs_places for one in self.barriers)

    def inputs(self) -> dict[str, Series]:
        """Return the extra money as series."""
        money = _raised(Series.constant(0.0), self.first, self.last, self.amount).since(self.first)
        return {one.money: money for one in self.barriers}


@set_module("egovsim")
@dataclass(frozen=True)
class Effects:
    """What extra money for barriers changes, member by member.

    Parameters
    ----------
    combinations : tuple of tuple of Barrier
        Those relieved together.
    outcomes : tuple of str
        As asked for.
    years : tuple of float
        As asked for.
    changes : float64, shape (combination, outcome, year, member)
        In the outcome's own unit, against the same member without the money; not a number where a run failed.
    """

    combinations: tuple[tuple[Barrier, ...], ...]
    outcomes: tuple[str, ...]
    years: tuple[float, ...]
    changes: Floats

    def of(self, barriers: Sequence[Barrier], outcome: str, year: float) -> Floats:
        """Return the change of one outcome in one year, shape (member,)."""
        place = self.combinations.index(tuple(barriers)), self.outcomes.index(outcome), self.years.index(year)
        return self.changes[place]


@set_module("egovsim")
@dataclass(frozen=True)
class Term:
    """Which barrier binds in one term under one path.

    Parameters
    ----------
    policy : str
        The path.
    first, last : float
        The term; the outcome is read at its end.
    best : mapping of str to float
        By the barrier's name, the share of members in which its relief helps most; where none helps, none is best.
    changes : mapping of str to Spread
        By the barrier's name, the change of the outcome at the end of the term.
    """

    policy: str
    first: float
    last: float
    best: Mapping[str, float]
    changes: Mapping[str, Spread]

    @property
    def binding(self) -> Barrier | None:
        """The barrier that is best in most members; None where none helps in any."""
        name = max(self.best, key=lambda name: self.best[name])
        return barrier(name) if self.best[name] > 0.0 else None


@set_module("egovsim")
def relief(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    combinations: Sequence[Sequence[Barrier]] = tuple((one,) for one in BARRIERS),
    outcomes: Sequence[str],
    years: Sequence[float],
    policy: PolicyPath | None = None,
    amount: float = AMOUNT,
    first: float = 2026.0,
    workers: int | None = None,
) -> Effects:
    """Give the same extra money a year, from `first` on, to one combination of barriers after the other.

    Parameters
    ----------
    model : Model
        The e-government model.
    profile : Profile
        The region.
    match : Match
        Its kept members.
    combinations : sequence of sequence of Barrier
        Barriers relieved together; each of them gets the whole amount.
    outcomes : sequence of str
        Scalar variables or elements.
    years : sequence of float
        Instants at which they are read.
    policy : PolicyPath, optional
        The path that the money is added to, by default business as usual.
    amount : float
        Billion rupiah a year at prices of 2024 for each barrier.
    first : float
        The first year with extra money.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    Effects
        The change of each outcome, member by member.

    Raises
    ------
    UnknownNameError, ValueRangeError
        When an outcome is not in the model, or the money is below 0 or more than the model allows.
    """
    path = policy or PolicyPath("business-as-usual")
    metrics = [value_at(name, year, name=_label(name, year)) for name in outcomes for year in years]
    study = _Study.of(model, profile, match, (path,), first, amount, workers)
    reliefs = [Relief(tuple(combination), first, np.inf, amount) for combination in combinations]
    base, relieved = study.values(metrics, max(years)), dict(study.relieved(reliefs, metrics, max(years)))
    changes = np.stack([relieved[one][0] - base[0] for one in reliefs])
    shape = (len(reliefs), len(outcomes), len(years), len(match))
    return Effects(
        tuple(one.barriers for one in reliefs), tuple(outcomes), tuple(map(float, years)), changes.reshape(shape)
    )


@set_module("egovsim")
def binding(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    policies: Sequence[PolicyPath],
    by: str,
    until: float,
    first: float = 2026.0,
    term: float = 4.0,
    amount: float = AMOUNT,
    better: float = 1.0,
    workers: int | None = None,
) -> tuple[Term, ...]:
    """Return which barrier binds in each term: the one whose equal extra money, in that term alone, helps most.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its kept members.
    policies : sequence of PolicyPath
        The paths that the money is added to.
    by : str
        The outcome that decides, read at the end of the term.
    until : float
        Terms that end later are left out.
    first, term : float
        The first year of the first term, and the length of one, in years.
    amount : float
        Billion rupiah a year at prices of 2024.
    better : {1.0, -1.0}
        Whether more of the outcome is better or less.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    tuple of Term
        For each policy in turn, term after term.

    Raises
    ------
    InputError
        When not even one term ends by `until`.
    UnknownNameError, ValueRangeError
        When the outcome is not in the model, or the money is below 0 or more than the model allows.
    """
    count = int(np.floor((until - first) / term + 1e-9))
    if count < 1:
        raise InputError(f"no term of {term:g} years from {first:g} on ends by {until:g}; choose a later end.")
    study = _Study.of(model, profile, match, tuple(policies), first, amount, workers)
    starts = [first + number * term for number in range(count)]
    base = study.values([value_at(by, one + term) for one in starts], starts[-1] + term)
    found: dict[tuple[int, int], Term] = {}
    for number, start in enumerate(starts):
        reliefs = [Relief((one,), start, start + term, amount) for one in BARRIERS]
        values = dict(study.relieved(reliefs, [value_at(by, start + term)], start + term))
        changes = np.stack([values[one][:, 0] - base[:, number] for one in reliefs])
        for place, path in enumerate(policies):
            found[place, number] = _term(path.name, start, start + term, changes[:, place], better)
    return tuple(found[key] for key in sorted(found))


def _term(policy: str, first: float, last: float, changes: Floats, better: float) -> Term:
    """Summarise the changes of one term, shape (barrier, member)."""
    sound = np.isfinite(changes).all(axis=0)
    gains = better * changes[:, sound]
    winner = np.where(gains.max(axis=0) > 0.0, gains.argmax(axis=0), len(gains))
    best = {one.name: float(np.mean(winner == number)) for number, one in enumerate(BARRIERS)}
    spreads = {one.name: spread(changes[number, sound]) for number, one in enumerate(BARRIERS)}
    return Term(policy, first, last, best, spreads)


def places_for_a_billion(
    model: Model, profile: Profile, match: Match, *, first: float = 2026.0, workers: int | None = None
) -> float:
    """Return the training places that a billion rupiah a year pays for, as a share of all staff a year.

    There are as many as the money can buy in the twentieth of the members in which training is cheapest, by the
    staff of the year `first`; where it is dearer some of these places stay empty.
    """
    study = _Study(model, profile, match, (PolicyPath("business-as-usual"),), 0.0, workers)
    staff, cost = study.values([value_at(STAFF, first), value_at(TRAINING_COST, first)], first)[0]
    return float(1.0 / np.nanquantile(staff * cost, CHEAPEST))


@dataclass(frozen=True)
class _Study:
    """What all runs share; `places` are the training places, a share of staff a year, that extra money pays for."""

    model: Model
    profile: Profile
    match: Match
    policies: tuple[PolicyPath, ...]
    places: float
    workers: int | None

    @classmethod
    def of(
        cls,
        model: Model,
        profile: Profile,
        match: Match,
        policies: tuple[PolicyPath, ...],
        first: float,
        amount: float,
        workers: int | None,
    ) -> _Study:
        if not amount >= 0.0:
            raise ValueRangeError(f"the extra money is {amount:g} billion rupiah a year; it cannot be below 0.")
        places = amount * places_for_a_billion(model, profile, match, first=first, workers=workers)
        return cls(model, profile, match, policies, places, workers)

    def values(self, metrics: Sequence[Metric], until: float) -> Floats:
        """Return metrics without extra money, shape (policy, metric, member)."""
        return self._runs((Scenario(""),), self.policies, metrics, until)[0]

    def _runs(
        self, scenarios: Sequence[Scenario], policies: Sequence[PolicyPath], metrics: Sequence[Metric], until: float
    ) -> Floats:
        """Return metrics, shape (scenario, policy, metric, member)."""
        result = run(
            self.model,
            profile=self.profile,
            policies=[self._begun(policy, until) for policy in policies],
            scenarios=scenarios,
            constants=self.match.constants,
            design=self.match.design(self.profile),
            metrics=metrics,
            until=until,
            workers=self.workers,
        )
        return np.stack([result.metric_values(metric.label) for metric in metrics], axis=2)

    def _begun(self, policy: PolicyPath, until: float) -> PolicyPath:
        """Return a path that has done nothing yet where it starts after the end: `run` refuses to leave that unsaid."""
        return policy if start_of(policy, self.model.clock) < until else replace(policy, levers={})

    def relieved(
        self, reliefs: Sequence[Relief], metrics: Sequence[Metric], until: float
    ) -> Iterator[tuple[Relief, Floats]]:
        """Yield each relief with its metrics, shape (policy, metric, member); those alike in places run together."""

        def alike(one: Relief) -> tuple[bool, float, float]:
            return one.needs_places, one.first, one.last

        for (with_places, first, last), group in groupby(sorted(reliefs, key=alike), key=alike):
            together, extra, policies = list(group), dict[str, Series](), self.policies
            if with_places:
                places = _raised(self._places_of_the_region(), first, last, self.places)
                extra = {PLACES: places.since(first)}
                policies = tuple(self._with_places(policy, first, last) for policy in policies)
            scenarios = [Scenario(str(number), one.inputs() | extra, first) for number, one in enumerate(together)]
            yield from zip(together, self._runs(scenarios, policies, metrics, until), strict=True)

    def _places_of_the_region(self) -> Series:
        """Return the training places of the profile, or of the model."""
        for lever, series in self.profile.levers.items():
            if canonical(lever) == canonical(PLACES):
                return series
        for name, value in self.profile.constants.items():
            if canonical(name) == canonical(PLACES):
                return Series.constant(value)
        return Series.constant(plain_number(self.model[PLACES].equations[0].expression) or 0.0)

    def _with_places(self, path: PolicyPath, first: float, last: float) -> PolicyPath:
        """Return a path with more training places, if it decides on them: what it sets would hide what is added."""
        own = {name: series for name, series in path.levers.items() if canonical(name) == canonical(PLACES)}
        start = start_of(path, self.model.clock)
        raised = {name: _raised(series, first, last, self.places).since(start) for name, series in own.items()}
        return replace(path, levers={**path.levers, **raised})


def _raised(series: Series, first: float, last: float, by: float) -> Series:
    """Return a series that is higher by an amount from `first` until `last`, left out."""
    linear = series.kind == "points"
    jumps = [one for one in (first, last) if np.isfinite(one)]
    around = [jump - _JUST_BEFORE for jump in jumps] if linear else []
    times = np.array(sorted({*series.times, *jumps, *around}))
    values = series.at(times) + by * ((times >= first) & (times < last))
    return Series(tuple(times.tolist()), tuple(values.tolist()), "points" if linear else "steps")


def _label(name: str, year: float) -> str:
    return f"{name} in {year:g}"
