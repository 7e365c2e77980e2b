"""Tests of what must hold at every instant of every run: declared ranges, conservation, balances.

Conservation and physical limits are Sterman's (2000, chapter 21).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from egovsim.model.inputs import Floats
from egovsim.validation.breaches import breaches, not_finite
from egovsim.validation.declarations import Balance, Conserved
from egovsim.validation.ensembles import ROUNDING, Measure, Trajectories, run_ensemble
from egovsim.validation.standard_runs import Ensembles, member_text
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"


def claim_measures(subject: Subject) -> Mapping[str, Measure]:
    """Return what is measured of each run for conserved groups, balances and what never falls.

    Parameters
    ----------
    subject : Subject
        Whose declarations are looked at.

    Returns
    -------
    mapping of str to callable
        How far each claim is missed, as a share of the largest number in it; 0 but for rounding where it holds.
    """
    said = subject.declarations
    found: dict[str, Measure] = {}
    if subject.model.clock.method == "euler":
        found |= _leaks(subject)
    found |= {f"balance: {balance.name}": _gap_of(balance) for balance in said.balances}
    return found | {f"never falling: {name}": _fall_of(name) for name in said.never_falling}


def _leaks(subject: Subject) -> Mapping[str, Measure]:
    step = subject.model.clock.time_step
    return {f"conserved: {group.name}": _leak_of(group, step) for group in subject.declarations.conserved}


def _leak_of(group: Conserved, step: float) -> Measure:
    def leak(trajectories: Trajectories) -> Floats:
        stocks = [trajectories.total(stock) for stock in group.stocks]
        content = sum(stocks[1:], stocks[0])
        net = np.zeros_like(content)
        for sign, names in ((1.0, group.inflows), (-1.0, group.outflows)):
            for name in names:
                net += sign * trajectories.total(name)
        made = content[:, 1:] - content[:, :-1] - step * net[:, :-1]
        size = np.fmax.reduce(np.abs(np.stack(stocks)), axis=(0, 2))
        return np.fmax.reduce(np.abs(made), axis=1, initial=0.0) / np.maximum(size, np.finfo(float).tiny)

    return leak


def _gap_of(balance: Balance) -> Measure:
    def gap(trajectories: Trajectories) -> Floats:
        equals = balance.equals
        names = (*balance.terms, *equals) if isinstance(equals, tuple) else balance.terms
        parts = [trajectories[name] for name in names]
        if len({part.shape for part in parts}) > 1:
            parts = [part.reshape(*part.shape[:2], -1).sum(axis=2) for part in parts]
        left, right = parts[: len(balance.terms)], parts[len(balance.terms) :]
        sums = sum(left[1:], left[0])
        wanted = sum(right[1:], right[0]) if isinstance(equals, tuple) else np.full_like(sums, equals)
        apart = np.abs(sums - wanted).reshape(len(sums), -1)
        size = np.abs(np.stack([sums, wanted])).reshape(2, len(sums), -1)
        return np.fmax.reduce(apart, axis=1) / np.maximum(np.fmax.reduce(size, axis=(0, 2)), np.finfo(float).tiny)

    return gap


def _fall_of(name: str) -> Measure:
    def fall(trajectories: Trajectories) -> Floats:
        values = trajectories[name]
        values = values.reshape(*values.shape[:2], -1)
        size = np.maximum(np.fmax.reduce(np.abs(values), axis=(1, 2)), 1.0)
        return np.fmax.reduce(-np.diff(values, axis=1), axis=(1, 2), initial=0.0) / size

    return fall


# ------------------------------------------------------------------------------------------------ verdicts


def state_verdicts(subject: Subject, ensembles: Ensembles) -> Iterator[Verdict]:
    """Judge what was measured in many runs.

    Parameters
    ----------
    subject : Subject
        The model and its declarations.
    ensembles : sequence of (str, Ensemble)
        From `standard_ensembles`, with the `claim_measures`.

    Yields
    ------
    Verdict
        Whether everything is a number, on declared ranges, conservation, balances, and what never falls.
    """
    yield _finite(ensembles)
    yield _in_range(subject, ensembles)
    yield from _measured(
        subject, ensembles, "conserved", "conservation", subject.declarations.conserved,
        "declare the groups of stocks that nothing may leak from ([[conserved]]).",
    )  # fmt: skip
    yield from _measured(
        subject, ensembles, "balance", "balances", subject.declarations.balances,
        "declare the sums that must agree ([[balance]]).",
    )  # fmt: skip
    if subject.declarations.never_falling:
        yield from _measured(
            subject, ensembles, "never falling", "what never falls", subject.declarations.never_falling, ""
        )


def _finite(ensembles: Ensembles) -> Verdict:
    test = "everything is a number"
    count = sum(len(ensemble) for _, ensemble in ensembles)
    bad = [(what, member, text) for what, ensemble in ensembles for member, text in not_finite(ensemble)]
    figures = f"{counted(count, 'run')}, {len(bad)} with something that is not a finite number"
    numbers = {"runs": float(count), "failed": float(len(bad))}
    if not bad:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    what, member, text = bad[0]
    remedy = f"{member_text(what, member)} {text}; guard the division or bound the input that makes it so."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _in_range(subject: Subject, ensembles: Ensembles) -> Verdict:
    test = "declared ranges"
    bounds = subject.declarations.bounds
    variables = {name: subject.model.variable_of(name) for name in bounds}
    computed = [name for name, variable in variables.items() if variable.kind == "stock" or not variable.is_input]
    if not computed:
        remedy = "declare shares, non_negative or [[bounds]]."
        return Verdict(test, _FAMILY, "not automatic", "no computed variable has a range", remedy)
    found = [(what, breach) for what, ensemble in ensembles for breach in breaches(subject, ensemble)]
    count = sum(len(ensemble) for _, ensemble in ensembles)
    wrong = {breach.column for _, breach in found}
    figures = f"{counted(len(computed), 'variable')} in {counted(count, 'run')}, {len(wrong)} outside their range"
    numbers = {"variables": float(len(computed)), "runs": float(count), "outside": float(len(wrong))}
    if not found:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    what, breach = found[0]
    remedy = (
        f'"{breach.column}" is {breach.value:.4g} in {member_text(what, breach.member)}, and must be {breach.bound}'
    )
    more = f"; also {named_few(sorted(wrong - {breach.column}))}" if len(wrong) > 1 else ""
    return Verdict(test, _FAMILY, "failed", figures, f"{remedy}{more}.", numbers)


def _measured(
    subject: Subject, ensembles: Ensembles, kind: str, test: str, claims: Sequence[object], declare: str
) -> Iterator[Verdict]:
    """Judge measures that must be zero but for rounding."""
    if not claims:
        yield Verdict(test, _FAMILY, "not automatic", "nothing is declared", declare)
        return
    if kind == "conserved" and subject.model.clock.method != "euler":
        ensemble = run_ensemble(subject, method="euler", measures=_leaks(subject))
        ensembles = [("the base run, by Euler's method", ensemble)]
    worst: dict[str, tuple[float, str]] = {}
    for what, ensemble in ensembles:
        for name, values in ensemble.measures.items():
            if name.startswith(f"{kind}: ") and np.isfinite(values).any():
                member = int(np.nanargmax(values))
                worst[name] = max(worst.get(name, (0.0, "")), (float(values[member]), member_text(what, member)))
    label = {name: name.partition(": ")[2] for name in worst}
    count = sum(len(ensemble) for _, ensemble in ensembles)
    numbers = {label[name]: size for name, (size, _) in worst.items()}
    wrong = {name: found for name, found in worst.items() if found[0] > ROUNDING}
    figures = (
        f"{len(claims)} declared, {counted(count, 'run')}; {len(wrong)} with an error above {ROUNDING:g} of the largest"
    )
    if not wrong:
        yield Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
        return
    name, (size, place) = max(wrong.items(), key=lambda item: item[1][0])
    said = {
        "conserved": f'the stocks of "{label[name]}" change by more than their declared flows',
        "balance": f'"{label[name]}" does not add up',
        "never falling": f'"{label[name]}" falls',
    }[kind]
    yield Verdict(test, _FAMILY, "failed", figures, f"{said}, by {size:.2g} of the largest in {place}.", numbers)
