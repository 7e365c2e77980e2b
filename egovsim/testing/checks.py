"""What a model and its declarations promise, as one check for each promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from egovsim.model.checking import check
from egovsim.model.model import Model
from egovsim.model.units.checking import check_units
from egovsim.readers.model_cache import path_of
from egovsim.testing.examples import Examples
from egovsim.testing.loops import assert_loop
from egovsim.testing.metamorphic import assert_monotone, assert_time_step_converges
from egovsim.testing.trajectories import (
    assert_balance,
    assert_conserves,
    assert_extreme,
    assert_finite,
    assert_never_falling,
    assert_within,
    computed,
)
from egovsim.validation.declarations import Declarations, Extreme
from egovsim.validation.suite import validate


@dataclass(frozen=True)
class Check:
    """One promise of a model.

    Parameters
    ----------
    name : str
        Unique within a model.
    run : callable
        Raises an AssertionError when the promise is broken.
    """

    name: str
    run: Callable[[], None]


def checks_of(model: Model, declarations: Declarations, *, count: int = 128) -> Iterator[Check]:
    """Yield the checks of a model: those of any model first, then one for each declaration.

    Parameters
    ----------
    model : Model
        From `read_model`.
    declarations : Declarations
        From `read_declarations`.
    count : int
        How many members each claim is tried in.

    Yields
    ------
    Check
        Those of any model are ``equations`` (errors, and constants that nothing uses), ``units``, ``flows`` (each
        moves a stock), ``finite`` and ``time step``, which is of the model as it is; claims about trajectories are of
        members drawn from the declared ranges. The last one is ``validation``: what `validate` finds besides.
    """
    over = Examples(count=count, ranges=declarations.bounds, profile=declarations.profile or None)
    yield Check("equations", partial(_assert_equations, model))
    yield Check("units", partial(_assert_units, model))
    yield Check("flows", partial(_assert_flows, model))
    yield Check("finite", partial(assert_finite, model, over=over))
    if model.stocks:
        yield Check("time step", partial(_assert_time_step, model, declarations, over))
    yield from _declared(model, declarations, over)


def _declared(model: Model, declarations: Declarations, over: Examples) -> Iterator[Check]:
    bounds = {name: declarations.bounds[name] for name in computed(model, list(declarations.bounds))}
    if bounds:
        yield Check("bounds", partial(assert_within, model, bounds, over=over))
    if declarations.never_falling:
        yield Check("never falling", partial(assert_never_falling, model, declarations.never_falling, over=over))
    for group in declarations.conserved:
        yield Check(f"conserved: {group.name}", partial(assert_conserves, model, group, over=over))
    for balance in declarations.balances:
        yield Check(f"balance: {balance.name}", partial(assert_balance, model, balance, over=over))
    for response in declarations.responses:
        yield Check(f"response: {response.name}", partial(assert_monotone, model, response, over=over))
    for extreme in map(_of_any_constants, declarations.extremes):
        if extreme is not None:
            yield Check(f"extreme: {extreme.name}", partial(assert_extreme, model, extreme, over=over))
    for loop in declarations.loops:
        yield Check(f"loop: {loop.name}", partial(assert_loop, model, loop, over=over))
    yield Check("validation", partial(_assert_validated, model, declarations))


def _of_any_constants(extreme: Extreme) -> Extreme | None:
    """Return what an extreme claims of any constants, if anything; `validation` judges the rest."""
    always = extreme.zero or extreme.never_rising or extreme.never_falling
    if extreme.hold or extreme.start is not None or not always:
        return None
    return replace(extreme, at_most={}, at_least={}, moves={}, at=None)


def _assert_equations(model: Model) -> None:
    unit_texts = {finding.text for finding in check_units(model)}
    found = [finding for finding in check(model) if finding.severity != "note" and finding.text not in unit_texts]
    _refuse([str(finding) for finding in found])


def _assert_units(model: Model) -> None:
    found = [finding for finding in check_units(model) if finding.severity == "warning"]
    _refuse([f'{finding.where}, "{finding.variable}": {finding.text}' for finding in found])


def _assert_flows(model: Model) -> None:
    moving = {id for stock in model.stocks for id in (*stock.inflows, *stock.outflows)}
    idle = [flow for flow in model if flow.kind == "flow" and flow.id not in moving]
    _refuse([f'{flow.where}: the flow "{flow.name}" moves no stock; name it among a stock\'s flows' for flow in idle])


def _assert_time_step(model: Model, declarations: Declarations, over: Examples) -> None:
    assert_time_step_converges(model, tolerance=declarations.integration_error, over=replace(over, count=1))


def _assert_validated(model: Model, declarations: Declarations) -> None:
    """What `egovsim validate` judges beyond the claims above: behaviour, fit, rankings, and what the equations show."""
    found = validate(path_of(model) or model, declarations=declarations)
    _refuse([f"{verdict.test}: {verdict.figures}\n  {verdict.remedy}" for verdict in found.failed])


def _refuse(found: list[str]) -> None:
    if found:
        raise AssertionError("\n".join(found))
