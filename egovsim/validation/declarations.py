"""What an author declares about a model beside its file: what must hold whatever the constants are. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from egovsim.public import set_module

Direction = Literal["up", "down"]
Mode = Literal["constant", "growth", "decay", "goal seeking", "S-shape", "overshoot", "oscillation"]
MODES: tuple[Mode, ...] = ("constant", "growth", "decay", "goal seeking", "S-shape", "overshoot", "oscillation")


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Bound:
    """A variable, or element, stays between two values in every run; an open end is None.

    Of an input it is the range in which it means something.
    """

    variable: str
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None:
            return "anything" if self.high is None else f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Conserved:
    """Stocks whose sum changes by `inflows` less `outflows` alone, over all elements."""

    name: str
    stocks: tuple[str, ...]
    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Balance:
    """The sum of some variables always equals that of others (or a number).

    Element by element where all of them have the same elements, otherwise summed over all elements.
    """

    name: str
    terms: tuple[str, ...]
    equals: tuple[str, ...] | float


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Response:
    """More of an input never gives less of an output (``up``), or never more (``down``).

    `input` runs from `low` to `high`, by default through its range; it is so from the beginning, or from the
    instant `start` on; the output is read at the instant `at`, by default the end.
    """

    name: str
    input: str
    output: str
    direction: Direction = "up"
    low: float | None = None
    high: float | None = None
    start: float | None = None
    at: float | None = None


@set_module("egovsim.validation")
@dataclass(frozen=True)
class Extreme:
    """What must follow when inputs stand at extremes, or variables stand still.

    Parameters
    ----------
    name : str
        What the extreme is called.
    set : mapping of str to float
        The values of inputs, each in its own unit.
    zero, never_rising, never_falling : tuple of str
        What holds at every instant from `start` on, whatever the other inputs are.
    at_most, at_least : mapping of str to float
        Between which values variables lie at the instant `at`, with plausible values of the other inputs.
    moves : mapping of str to float
        How far variables lie above (or, with a minus, below) the same run without the extreme at the instant `at`, at
        the least.
    hold : tuple of str
        Stocks, flows and auxiliaries that keep the value that they have at `start`.
    start : float, optional
        The instant from which on inputs are set and variables held; by default the model's start.
    at : float, optional
        By default the end.
    """

    name: str
    set: Mapping[str, float] = field(default_factory=dict[str, float])
    zero: tuple[str, ...] = ()
    never_rising: tuple[str, ...] = ()
    never_falling: tuple[str, ...] = ()
    at_most: Mapping[str, float] = field(default_factory=dict[str, float])
    at_least: Mapping[str, float] = field(default_factory=dict[str, float])
    moves: Mapping[str, float] = field(default_factory=dict[str, float])
    hold: tuple[str, ...] = ()
    start: float | None = None
    at: float | None = None


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Behaviour:
    """The mode of behaviour that a variable shows in the base run."""

    variable: str
    mode: Mode


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Observed:
    """An observed series of a variable, in the variable's own unit, and the largest root mean square error allowed."""

    name: str
    variable: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    profile: str = ""
    largest_error: float | None = None


@set_module("egovsim.validation")
@dataclass(frozen=True)
class Rest:
    """How the model is left alone: what growth from outside is switched off by, how long, and whether it settles."""

    set: Mapping[str, float] = field(default_factory=dict[str, float])
    length: float = 200.0
    settles: bool | None = None


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class RankingClaim:
    """By which outcome policies are ranked, where a larger value is better unless `better` says otherwise."""

    outcome: str
    at: float
    better: Literal["more", "less"] = "more"
    policies: tuple[str, ...] = ()
    least_agreement: float = 0.5


@set_module("egovsim.validation")
@dataclass(frozen=True)
class Loop:
    """A named feedback loop: its variables in causal order, and R where it reinforces a change, B where it opposes.

    Holding the variable `hold` cuts it; it is empty where nothing does.
    """

    name: str
    polarity: str
    variables: tuple[str, ...]
    hold: str
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    note: str = ""

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Cause and effect of each link; the last one leads back to the first variable."""
        return tuple(pairwise((*self.variables, self.variables[0])))


@set_module("egovsim.validation")
@dataclass(frozen=True)
class Declarations:
    """Everything that is declared about one model; names are spelt as in the model.

    Parameters
    ----------
    file : str
        Where it was read from, for messages; empty where nothing is declared.
    profile : str
        The region of the base run, empty for the file's own constants.
    bounds : mapping of str to Bound
        By variable or element: what was declared, shares and non-negative ones among them, and the ranges that the
        model file gives its variables.
    integration_error : float
        How far a stock may move, relative to its largest value, when the step is halved or the method is a better one.
    never_falling, accumulators, passing_through : tuple of str
        Variables that never fall; stocks that only count, and so never settle; stocks that most of what
        flows in passes through within a step.
    hold_from : float, optional
        The instant from which on what cuts a loop is held at the value it has then; by default the model's start.
    loop_outcomes : tuple of str
        The variables or elements that cutting a loop must move; any stock where none is named.
    """

    file: str = ""
    profile: str = ""
    integration_error: float = 0.05
    bounds: Mapping[str, Bound] = field(default_factory=dict[str, Bound])
    never_falling: tuple[str, ...] = ()
    accumulators: tuple[str, ...] = ()
    passing_through: tuple[str, ...] = ()
    conserved: tuple[Conserved, ...] = ()
    balances: tuple[Balance, ...] = ()
    responses: tuple[Response, ...] = ()
    extremes: tuple[Extreme, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    observed: tuple[Observed, ...] = ()
    loops: tuple[Loop, ...] = ()
    hold_from: float | None = None
    loop_outcomes: tuple[str, ...] = ()
    rest: Rest | None = None
    ranking: RankingClaim | None = None
