"""Under what a claim about a model is tried: which inputs vary, how far, and which values are drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from egovsim.errors import InputError, unknown_name
from egovsim.model.arrays import display_elements
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario
from egovsim.model.model import Model
from egovsim.model.variable import Variable, plain_number
from egovsim.names import canonical, element_name, split_element
from egovsim.public import set_module
from egovsim.simulation.files import read_profile
from egovsim.simulation.named_inputs import input_ids
from egovsim.validation.declaration_files import default_declarations
from egovsim.validation.declarations import Bound

Ends = Bound | tuple[float | None, float | None]


@set_module("egovsim.testing")
@dataclass(frozen=True)
class Examples:
    """What a claim is tried under.

    Parameters
    ----------
    count : int
        How many members: sets of values of the inputs. The first is the model as its file says; then each input
        alone at each end of its range; then some inputs, or all, anywhere in their ranges.
    seed : int
        Of the drawing, and of the random functions in the model.
    constants : mapping of str to float
        Values of inputs that all members share.
    ranges : mapping of str to Bound or (low, high), optional
        In which range each input varies, by variable or element; by default the ranges in the model's file.
        `read_declarations` returns those of a declarations file as ``bounds``. An open end lies as far from the
        file's value as that lies from 0 (1 where it is 0). An input without a range keeps its value.
    profile : str or Profile, optional
        A region; what it says takes the place of the file's values.
    policies, scenarios : sequence, optional
        Every member is run under each pair of them.
    """

    count: int = 256
    seed: int = 0
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    ranges: Mapping[str, Ends] | None = None
    profile: str | Profile | None = None
    policies: Sequence[PolicyPath] = ()
    scenarios: Sequence[Scenario] = ()

    def region(self) -> Profile | None:
        """Return the profile, read where it was given by its name.

        Returns
        -------
        Profile or None
            None where no profile is given.
        """
        return read_profile(self.profile) if isinstance(self.profile, str) else self.profile


@dataclass(frozen=True, slots=True)
class Input:
    """One number that may vary.

    Parameters
    ----------
    name : str
        Of an input, or of one of its elements.
    low, value, high : float
        The ends of its range and the value that it has otherwise, in its own unit.
    """

    name: str
    low: float
    value: float
    high: float


def varied_inputs(model: Model, examples: Examples) -> tuple[Input, ...]:
    """Return the inputs that vary from member to member, element by element.

    Parameters
    ----------
    model : Model
        From `read_model`.
    examples : Examples
        Whose `ranges`, `constants` and `profile` are used.

    Returns
    -------
    tuple of Input
        Left out are those whose value or history the examples or the profile fix, and compile-time constants (such as
        the order of a delay).

    Raises
    ------
    UnknownNameError
        When a range, or a constant, is of no variable of the model.
    """
    ranges = _ranges(model, examples.ranges)
    region = examples.region()
    fixed = {*_ids(model, examples.constants), *_ids(model, region.levers if region else ())}
    found: list[Input] = []
    for name, value in input_values(model, region).items():
        variable = model.variable_of(name)
        ends = ranges.get(canonical_name(name)) or ranges.get(variable.id)
        if ends is None or canonical_name(name) in fixed or not _can_vary(model, name):
            continue
        varied = _input(name, ends, value)
        if varied.low < varied.high:
            found.append(varied)
    return tuple(found)


def input_values(model: Model, region: Profile | None = None) -> dict[str, float]:
    """Return the values that inputs have in a run when nothing else is set.

    Parameters
    ----------
    model : Model
        From `read_model`.
    region : Profile, optional
        Its constants take the place of the file's values.

    Returns
    -------
    dict of str to float
        By element, each in its own unit.
    """
    found = {
        element_name(variable.name, display_elements(model, variable, ids)): _value(model, variable, ids)
        for variable in model.inputs
        for ids in model.elements_of(variable.name)
    }
    by_id = {canonical_name(name): name for name in found}
    given: Mapping[str, float] = region.constants if region else {}
    for name, value in given.items():
        found |= {by_id[id]: value for id in _ids(model, (name,)) if id in by_id}
    return found


def canonical_name(name: str) -> str:
    """Return the canonical form of a variable's or element's name.

    Parameters
    ----------
    name : str
        In any spelling.

    Returns
    -------
    str
        The same for all spellings of a name.
    """
    base, elements = split_element(name)
    return element_name(canonical(base), [canonical(element) for element in elements])


def _ids(model: Model, names: Mapping[str, object] | Sequence[str]) -> set[str]:
    return {element_name(model.variable_of(name).id, ids) for name in names for ids in model.elements_of(name)}


def _value(model: Model, variable: Variable, ids: tuple[str, ...]) -> float:
    for equation in variable.equations:
        pairs = zip(equation.elements, ids, strict=True)
        if all(said == id or (said in model.dimension_by_id and _serves(model, said, id)) for said, id in pairs):
            value = plain_number(equation.expression)
            return math.nan if value is None else value
    return math.nan


def _serves(model: Model, dimension: str, id: str) -> bool:
    return id in model.dimension_by_id[dimension].element_ids


def _ranges(model: Model, given: Mapping[str, Ends] | None) -> dict[str, Bound]:
    if given is None:
        given = default_declarations(model).bounds
    for name in given:
        base = split_element(name)[0]
        if canonical(base) not in model.by_id:
            raise unknown_name(
                base, [variable.name for variable in model], what="a variable of this model", where="ranges"
            )
    return {canonical_name(name): bound_of(name, ends) for name, ends in given.items()}


def bound_of(name: str, ends: Ends) -> Bound:
    """Return a bound that was given as one, or as its two ends.

    Parameters
    ----------
    name : str
        What it bounds.
    ends : Bound or (low, high)
        An open end is None.

    Returns
    -------
    Bound
        The same bound.
    """
    return ends if isinstance(ends, Bound) else Bound(name, *ends)


def _input(name: str, ends: Bound, value: float) -> Input:
    reach = abs(value) or 1.0
    low = value - reach if ends.low is None else ends.low
    high = value + reach if ends.high is None else ends.high
    return Input(name, min(low, value), value, max(high, value))


def _can_vary(model: Model, name: str) -> bool:
    try:
        input_ids(model, name)
    except InputError:
        return False
    return True


def draw_members(inputs: Sequence[Input], examples: Examples) -> dict[str, Floats]:
    """Draw the members of examples.

    Parameters
    ----------
    inputs : sequence of Input
        What varies.
    examples : Examples
        Whose `count` and `seed` are used.

    Returns
    -------
    dict of str to float64, shape (member,)
        The values of each input, in its own unit; empty where nothing varies.
    """
    if not inputs or examples.count < 1:
        return {}
    low, base, high = (np.array([getattr(variable, part) for variable in inputs]) for part in ("low", "value", "high"))
    rows = [base[np.newaxis], _ends(low, base, high)[: examples.count // 2]]
    left = max(0, examples.count - sum(map(len, rows)))
    random = np.random.default_rng(examples.seed)
    kind = random.integers(0, 3, (left, len(inputs)))
    at_end = np.where(random.integers(0, 2, kind.shape) == 0, low, high)
    values = np.choose(kind, [random.uniform(low, high, kind.shape), at_end, np.broadcast_to(base, kind.shape)])
    some = random.uniform(size=kind.shape) < np.minimum(1.0, 3.0 / len(inputs))
    few = np.arange(left)[:, np.newaxis] % 2 == 0
    rows.append(np.where(few & ~some, base, values))
    table = np.concatenate(rows)[: examples.count]
    return {variable.name: table[:, place] for place, variable in enumerate(inputs)}


def _ends(low: Floats, base: Floats, high: Floats) -> Floats:
    """Return members in which one input alone stands at an end of its range."""
    itself = np.eye(len(base), dtype=bool)
    return np.concatenate([np.where(itself, end, base) for end in (low, high)])
