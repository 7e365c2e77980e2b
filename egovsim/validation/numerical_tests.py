"""Tests of the integration: a finding must not be one about the time step (Sterman 2000, chapter 21 and appendix A)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from egovsim.model.functions import draws_random_numbers
from egovsim.model.inputs import Floats
from egovsim.model.model import Method
from egovsim.model.net_flows import flows_in_rates
from egovsim.simulation.run import run
from egovsim.validation.ensembles import Trajectories
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"
_STEPS_A_TIME_CONSTANT = 4.0
"""A quarter of the shortest time constant is the longest step (Sterman 2000, appendix A)."""


def numerical_verdicts(subject: Subject, base: Trajectories) -> Iterator[Verdict]:
    """Judge the time step.

    Parameters
    ----------
    subject : Subject
        The model, and the integration error that is allowed.
    base : Trajectories
        The base run.

    Yields
    ------
    Verdict
        On the integration error, and on the time step beside the shortest time constant.
    """
    yield _integration_error(subject, base)
    yield _time_constants(subject, base)


def _integration_error(subject: Subject, base: Trajectories) -> Verdict:
    test = "integration error"
    if any(map(draws_random_numbers, subject.model.variables)):
        remedy = "compare means of many runs under half the step: another step draws other random numbers."
        return Verdict(test, _FAMILY, "not automatic", "the model draws random numbers", remedy)
    clock, allowed = subject.model.clock, subject.declarations.integration_error
    passing = subject.declarations.passing_through
    stocks = [stock.name for stock in subject.model.stocks if stock.name not in passing]
    halved = _worst(base, _again(subject, stocks, clock.time_step / 2.0, clock.method), stocks)
    other: Method = "rk4" if clock.method == "euler" else "euler"
    against = _worst(base, _again(subject, stocks, clock.time_step, other), stocks)
    figures = f'step halved: {halved[0]:.2%} ("{halved[1]}"); {clock.method} against {other}: {against[0]:.2%}'
    numbers = {"step halved": halved[0], f"against {other}": against[0]}
    counts = max(halved, against) if clock.method == "euler" else halved
    if counts[0] <= allowed:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f'"{counts[1]}" moves by more than {allowed:.1%} of its largest value: shorten the time step, or use rk4.'
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _again(subject: Subject, stocks: list[str], time_step: float, method: Method) -> Trajectories:
    result = run(
        subject.model,
        profile=subject.profile,
        outputs=stocks,
        time_step=time_step,
        save_every=subject.model.clock.time_step,
        method=method,
        seed=subject.seed,
    )
    return Trajectories(result)


def _worst(base: Trajectories, other: Trajectories, stocks: list[str]) -> tuple[float, str]:
    """Return the largest gap in a stock, relative to the largest value of the stock, and which."""
    found = [(_gap(base[name], other[name]), name) for name in stocks]
    return max(found, default=(0.0, ""))


def _gap(one: Floats, other: Floats) -> float:
    size = np.fmax.reduce(np.abs(one), axis=None)
    apart = float(np.abs(one - other).max())
    if np.isnan(apart):
        return np.inf  # not a number would lose every comparison, and so pass
    return apart / float(size) if size > 0.0 else apart


def _time_constants(subject: Subject, base: Trajectories) -> Verdict:
    """Find the stocks that empty in less than four steps somewhere in the base run."""
    test = "time constants"
    model, step = subject.model, subject.model.clock.time_step
    derived = flows_in_rates(model)
    shortest: list[tuple[float, str]] = []
    for stock in model.stocks:
        out_of = derived[stock.id].out_of if stock.id in derived else stock.outflows
        if out_of and stock.name not in subject.declarations.passing_through:
            flows = np.stack([base.total(model.by_id[flow].name) for flow in out_of])
            leaving: Floats = np.maximum(flows, 0.0).sum(axis=0)
            shortest.append((_shortest(base.total(stock.name), leaving), stock.name))
    if not shortest:
        return Verdict(
            test, _FAMILY, "not automatic", "no stock names its outflows",
            f"see that no time constant is shorter than four steps of {step:g}.",
        )  # fmt: skip
    least, name = min(shortest)
    figures = (
        f'{counted(len(shortest), "stock")}; shortest {least:.3g} ("{name}"), {least / step:.3g} steps of {step:g}'
    )
    numbers = {"shortest": least, "steps": least / step}
    fast = [stock for time, stock in sorted(shortest) if time < _STEPS_A_TIME_CONSTANT * step * (1.0 - 1e-9)]
    if not fast:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"{named_few(fast)} can empty in under four steps: shorten the step, or say passing_through."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _shortest(content: Floats, leaving: Floats) -> float:
    """Return the least of content over outflow; where next to nothing is left, nothing is said."""
    held = content > 1e-9 * np.fmax.reduce(np.abs(content), axis=None)
    some = held & (leaving > 0.0)
    return float((content[some] / leaving[some]).min()) if some.any() else float("inf")
