"""Strategies for Hypothesis: values of inputs, policy paths, scenarios and whole models.

They draw one thing an example; a property over many members at once is an assertion of `egovsim.testing`, which a
test may make for each policy path that is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from egovsim.errors import unknown_name
from egovsim.model.inputs import PolicyPath, Scenario, Series, SeriesKind
from egovsim.model.model import Model
from egovsim.names import split_element
from egovsim.readers.formats import read_file
from egovsim.testing.examples import Examples, Input, varied_inputs

try:
    import hypothesis.strategies as st
except ImportError as cause:
    text = "egovsim.testing.strategies needs Hypothesis; install it with: pip install 'egovsim[testing]'"
    raise ImportError(text) from cause

from egovsim.testing.random_models import RandomModel, random_models

_INSTANTS = 16
"""Into so many parts a run is cut; a series moves at the cuts."""
_MOST_MOVED = 6
_KINDS: tuple[SeriesKind, ...] = ("points", "steps")
T = TypeVar("T")


def constants(model: Model, over: Examples | None = None) -> st.SearchStrategy[dict[str, float]]:
    """Draw values of some inputs within their ranges; it shrinks to few inputs and simple numbers.

    Parameters
    ----------
    model : Model
        From `read_model`.
    over : Examples, optional
        Whose `ranges` and `profile` are used; by default the ranges in the model's file.

    Returns
    -------
    SearchStrategy
        Of what `run` takes as ``constants``.
    """
    return _some_of(varied_inputs(model, over or Examples()), _value)


def policy_paths(
    model: Model,
    levers: Sequence[str] | None = None,
    *,
    over: Examples | None = None,
    starts: Sequence[float] | None = None,
) -> st.SearchStrategy[PolicyPath]:
    """Draw policies: some levers, each a constant or a series of points or steps, from an instant on.

    Parameters
    ----------
    model : Model
        From `read_model`.
    levers : sequence of str, optional
        Names of inputs, or of groups of them; by default every constant with a range.
    over : Examples, optional
        As in `constants`.
    starts : sequence of float, optional
        When a policy may begin; by default at the beginning or half way.

    Returns
    -------
    SearchStrategy
        Of `PolicyPath`.

    Raises
    ------
    UnknownNameError
        When a lever is neither an input with a range nor a group.
    """
    return st.builds(partial(PolicyPath, "drawn"), *_settings(model, levers, over, starts))


def scenarios(
    model: Model,
    inputs: Sequence[str] | None = None,
    *,
    over: Examples | None = None,
    starts: Sequence[float] | None = None,
) -> st.SearchStrategy[Scenario]:
    """Draw scenarios: as `policy_paths`, of inputs that nobody in the model decides.

    Parameters
    ----------
    model : Model
        From `read_model`.
    inputs : sequence of str, optional
        Names of inputs, or of groups of them; by default every constant with a range.
    over : Examples, optional
        As in `constants`.
    starts : sequence of float, optional
        When a scenario may begin; by default at the beginning or half way.

    Returns
    -------
    SearchStrategy
        Of `Scenario`.
    """
    return st.builds(partial(Scenario, "drawn"), *_settings(model, inputs, over, starts))


def models() -> st.SearchStrategy[Model]:
    """Draw small well-formed models with stocks, flows, delays, arrays and graphical functions.

    Returns
    -------
    SearchStrategy
        Of `Model`; its inputs ``c0`` and ``c1`` may be set.
    """
    return random_models().map(_read)


def _read(drawn: RandomModel) -> Model:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.xmile"
        path.write_text(drawn.text(), encoding="utf-8")
        return read_file(path)


def _settings(
    model: Model, names: Sequence[str] | None, over: Examples | None, starts: Sequence[float] | None
) -> tuple[st.SearchStrategy[dict[str, Series]], st.SearchStrategy[float]]:
    clock = model.clock
    begin = [clock.start, (clock.start + clock.stop) / 2.0] if starts is None else list(starts)
    known = [varied for varied in varied_inputs(model, over or Examples()) if _may_move(model, varied)]
    series = partial(_series, [clock.start + n * (clock.stop - clock.start) / _INSTANTS for n in range(_INSTANTS + 1)])
    return _some_of(_named(model, names, known), series), st.sampled_from(begin)


def _may_move(model: Model, varied: Input) -> bool:
    return model.variable_of(varied.name).kind != "stock"


def _named(model: Model, names: Sequence[str] | None, known: Sequence[Input]) -> list[Input]:
    """Return the inputs that names, or groups, stand for."""
    if names is None:
        return list(known)
    wanted = {member for name in names for member in model.groups.get(name, (name,))}
    found = [varied for varied in known if varied.name in wanted or split_element(varied.name)[0] in wanted]
    bases = {name for varied in known for name in (varied.name, split_element(varied.name)[0])}
    for name in names:
        if name not in model.groups and name not in bases:
            raise unknown_name(name, sorted(bases | set(model.groups)), what="an input with a range, or a group")
    return found


def _some_of(inputs: Sequence[Input], draw: Callable[[Input], st.SearchStrategy[T]]) -> st.SearchStrategy[dict[str, T]]:
    """Draw something for each of a few inputs; for none where there are none."""
    if not inputs:
        return st.just({})
    # A value is drawn beside its name, so that a counterexample shrinks by dropping both.
    named = st.sampled_from(list(inputs)).flatmap(lambda item: st.tuples(st.just(item.name), draw(item)))
    return st.lists(named, unique_by=lambda pair: pair[0], max_size=_MOST_MOVED).map(dict)


def _value(varied: Input) -> st.SearchStrategy[float]:
    # nothing between the low end and a hundredth of the range: a share of 1e-300 is no share
    gap = (varied.high - varied.low) / 100.0
    return st.sampled_from([varied.low, varied.high]) | st.floats(varied.low + gap, varied.high)


def _in_order(times: Sequence[float], values: Sequence[float], kind: SeriesKind) -> Series:
    return Series(tuple(sorted(times)), tuple(values), kind)


def _series(instants: Sequence[float], varied: Input) -> st.SearchStrategy[Series]:
    value = _value(varied)
    several = st.integers(2, 4).flatmap(
        lambda count: st.builds(
            _in_order,
            st.lists(st.sampled_from(list(instants)), min_size=count, max_size=count, unique=True),
            st.lists(value, min_size=count, max_size=count),
            st.sampled_from(_KINDS),
        )
    )
    return value.map(Series.constant) | several
