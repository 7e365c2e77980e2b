"""Tests of what must hold at every instant of every run: declared ranges, conservation, balances, extremes.

Forrester and Senge (1980) ask for extreme conditions of equations and of behaviour; conservation and physical limits
are Sterman's (2000, chapter 21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from egovsim.model.inputs import Design, Floats
from egovsim.model.variable import Variable
from egovsim.names import canonical, split_element
from egovsim.validation.declarations import Balance, Bound, Conserved, Extreme
from egovsim.validation.ensembles import (
    SLACK,
    Measure,
    Subject,
    Survey,
    Trajectories,
    breaches,
    not_numbers,
    random_members,
    survey,
)
from egovsim.validation.verdicts import Family, Outcome, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"
_LARGE = 10.0
"""How many times its value an input without a range is made, to see what happens when it is large."""

BASE, RANDOM, ACCEPTED = "the base run", "random members", "accepted members, "
"""What the members of a survey are; of kept members, the beginning."""

Runs = Sequence[tuple[str, Survey]]
"""Surveys with what their members are."""


def many_runs(subject: Subject, also: Mapping[str, Measure]) -> Runs:
    """Run the base run, every region of the family, and random members, measuring what is declared, and more."""
    measures = {**claims_measured(subject), **also}
    found = [(BASE, survey(subject, measures=measures))]
    found += [(one.name, survey(subject, profile=one, measures=measures)) for one in subject.family]
    members = random_members(subject)
    if members is not None:
        found.append((RANDOM, survey(subject, members, measures=measures)))
    for one in subject.accepted:
        found.append((f"{ACCEPTED}{one.name}", survey(subject, one.design, constants=one.constants, measures=measures)))
    return found


def claims_measured(subject: Subject) -> Mapping[str, Measure]:
    """Return what is measured of each run for conserved groups, balances and what never falls."""
    said = subject.declarations
    found: dict[str, Measure] = {}
    if subject.model.clock.method == "euler":
        found |= _leaks(subject)
    found |= {f"balance: {balance.name}": _gap_of(balance) for balance in said.balances}
    return found | {f"never falling: {one}": _fall_of(one) for one in said.never_falling}


def _leaks(subject: Subject) -> Mapping[str, Measure]:
    step = subject.model.clock.time_step
    return {f"conserved: {one.name}": _leak_of(one, step) for one in subject.declarations.conserved}


def _leak_of(group: Conserved, step: float) -> Measure:
    def leak(seen: Trajectories) -> Floats:
        stocks = [seen.total(stock) for stock in group.stocks]
        content = sum(stocks[1:], stocks[0])
        net = np.zeros_like(content)
        for sign, names in ((1.0, group.inflows), (-1.0, group.outflows)):
            for name in names:
                net += sign * seen.total(name)
        made = content[:, 1:] - content[:, :-1] - step * net[:, :-1]
        size = np.fmax.reduce(np.abs(np.stack(stocks)), axis=(0, 2))
        return np.fmax.reduce(np.abs(made), axis=1, initial=0.0) / np.maximum(size, np.finfo(float).tiny)

    return leak


def _gap_of(balance: Balance) -> Measure:
    def gap(seen: Trajectories) -> Floats:
        equals = balance.equals
        names = (*balance.terms, *equals) if isinstance(equals, tuple) else balance.terms
        parts = [seen[name] for name in names]
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
    def fall(seen: Trajectories) -> Floats:
        values = seen[name]
        values = values.reshape(*values.shape[:2], -1)
        size = np.maximum(np.fmax.reduce(np.abs(values), axis=(1, 2)), 1.0)
        return np.fmax.reduce(-np.diff(values, axis=1), axis=(1, 2), initial=0.0) / size

    return fall


# ------------------------------------------------------------------------------------------------ the verdicts


def state_verdicts(subject: Subject, runs: Runs) -> Iterator[Verdict]:
    """Judge what was measured in many runs."""
    yield _finite(runs)
    yield _in_range(subject, runs)
    yield from _measured(
        subject, runs, "conserved", "conservation", subject.declarations.conserved,
        "declare the groups of stocks that nothing may leak from ([[conserved]]).",
    )  # fmt: skip
    yield from _measured(
        subject, runs, "balance", "balances", subject.declarations.balances,
        "declare the sums that must agree ([[balance]]).",
    )  # fmt: skip
    if subject.declarations.never_falling:
        yield from _measured(subject, runs, "never falling", "what never falls", subject.declarations.never_falling, "")


def _finite(runs: Runs) -> Verdict:
    test = "everything is a number"
    count = sum(len(one) for _, one in runs)
    bad = [(what, member, text) for what, one in runs for member, text in not_numbers(one)]
    figures = f"{counted(count, 'run')}, {len(bad)} with something that is not a finite number"
    numbers = {"runs": float(count), "failed": float(len(bad))}
    if not bad:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    what, member, text = bad[0]
    remedy = f"{_where(what, member)} {text}; guard the division or bound the input that makes it so."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _in_range(subject: Subject, runs: Runs) -> Verdict:
    test = "declared ranges"
    bounds = subject.declarations.bounds
    variables = {bound: subject.model[split_element(bound)[0]] for bound in bounds}
    computed = [one for one, variable in variables.items() if variable.kind == "stock" or not variable.is_input]
    if not computed:
        remedy = "declare shares, non_negative or [[bounds]]."
        return Verdict(test, _FAMILY, "not automatic", "no computed variable has a range", remedy)
    found = [(what, breach) for what, one in runs for breach in breaches(subject, one)]
    count = sum(len(one) for _, one in runs)
    wrong = {breach.column for _, breach in found}
    figures = f"{counted(len(computed), 'variable')} in {counted(count, 'run')}, {len(wrong)} outside their range"
    numbers = {"variables": float(len(computed)), "runs": float(count), "outside": float(len(wrong))}
    if not found:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    what, breach = found[0]
    remedy = f'"{breach.column}" is {breach.value:.4g} in {_where(what, breach.member)}, and must be {breach.bound}'
    more = f"; also {named_few(sorted(wrong - {breach.column}))}" if len(wrong) > 1 else ""
    return Verdict(test, _FAMILY, "failed", figures, f"{remedy}{more}.", numbers)


def _where(what: str, member: int) -> str:
    if what == RANDOM:
        return f"random member {member}"
    return f"member {member} of {what}" if what.startswith(ACCEPTED) else what


def _measured(
    subject: Subject, runs: Runs, kind: str, test: str, claims: Sequence[object], declare: str
) -> Iterator[Verdict]:
    """Judge measures that must be zero but for rounding."""
    if not claims:
        yield Verdict(test, _FAMILY, "not automatic", "nothing is declared", declare)
        return
    if kind == "conserved" and subject.model.clock.method != "euler":
        runs = [("the base run, by Euler's method", survey(subject, method="euler", measures=_leaks(subject)))]
    worst: dict[str, tuple[float, str]] = {}
    for what, one in runs:
        for name, values in one.measures.items():
            if name.startswith(f"{kind}: ") and np.isfinite(values).any():
                member = int(np.nanargmax(values))
                worst[name] = max(worst.get(name, (0.0, "")), (float(values[member]), _where(what, member)))
    label = {name: name.partition(": ")[2] for name in worst}
    count = sum(len(one) for _, one in runs)
    numbers = {label[name]: size for name, (size, _) in worst.items()}
    wrong = {name: found for name, found in worst.items() if found[0] > SLACK}
    figures = (
        f"{len(claims)} declared, {counted(count, 'run')}; {len(wrong)} with an error above {SLACK:g} of the largest"
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


# ------------------------------------------------------------------------------------------------ extremes


def end_values(subject: Subject, variable: Variable) -> tuple[float, ...]:
    """Return the extremes of an input: the ends of its range, or 0 and ten times its value."""
    bound, values = subject.range_of(variable), subject.values_of(variable)
    largest = max(map(abs, values)) * _LARGE
    low = min(0.0, -largest if min(values) < 0.0 else 0.0) if bound.low is None else bound.low
    high = max(largest if max(values) > 0.0 else 0.0, low) if bound.high is None else bound.high
    return tuple(dict.fromkeys((low, high)))


def has_range(bound: Bound) -> bool:
    return bound.low is not None and bound.high is not None


def one_at_a_time(subject: Subject, inputs: Sequence[Variable]) -> tuple[Design, list[tuple[str, float]]]:
    """Return a design with one member for each extreme of each input, the others as they are, and what each is."""
    cases = [(variable.name, value) for variable in inputs for value in end_values(subject, variable)]
    columns: dict[str, Floats] = {}
    for variable in inputs:
        for name, value in zip(subject.elements(variable.name), subject.values_of(variable), strict=True):
            columns[name] = np.array([end if case == variable.name else value for case, end in cases])
    return Design.of(columns), cases


Extremes = tuple[Sequence[tuple[str, float]], Survey | None]
"""Which input stood at which extreme in each member, and the runs; None where there is no such input."""


def extreme_runs(subject: Subject) -> tuple[Extremes, Extremes]:
    """Run each input at both of its extremes, the others as in the base run: those with a range, and those without."""
    with_range = [variable for variable in subject.inputs if has_range(subject.range_of(variable))]
    without = [variable for variable in subject.inputs if not has_range(subject.range_of(variable))]
    return _extremes(subject, with_range), _extremes(subject, without)


def _extremes(subject: Subject, inputs: Sequence[Variable]) -> Extremes:
    if not inputs:
        return (), None
    design, cases = one_at_a_time(subject, inputs)
    return cases, survey(subject, design)


def extreme_verdicts(subject: Subject, runs: tuple[Extremes, Extremes]) -> Iterator[Verdict]:
    """Judge each input at both of its extremes, and what is declared to follow from extremes."""
    with_range, without = runs
    yield from _each_input(subject, "extreme conditions", with_range, "failed", "")
    declare = "; declare their possible ranges ([[bounds]])"
    yield from _each_input(subject, "extremes of inputs without a range", without, "not automatic", declare)
    yield _declared_extremes(subject)


def _each_input(subject: Subject, test: str, runs: Extremes, bad: Outcome, declare: str) -> Iterator[Verdict]:
    cases, seen = runs
    if seen is None:
        return
    wrong = [(*cases[member], text) for member, text in not_numbers(seen)]
    wrong += [
        (*cases[breach.member], f'"{breach.column}" is {breach.value:.4g}, and must be {breach.bound}')
        for breach in breaches(subject, seen)
    ]
    names, inputs = {name for name, _, _ in wrong}, {name for name, _ in cases}
    figures = f"{counted(len(inputs), 'input')} at {counted(len(cases), 'extreme')}, {len(names)} that break it"
    numbers = {"inputs": float(len(inputs)), "runs": float(len(cases)), "breaking": float(len(names))}
    if not wrong:
        yield Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
        return
    name, value, text = wrong[0]
    also = f"; also {named_few(sorted(names - {name}))}" if len(names) > 1 else ""
    yield Verdict(test, _FAMILY, bad, figures, f'with "{name}" at {value:g} {text}{also}{declare}.', numbers)


_FOLLOWS: Mapping[str, Callable[[Floats], Floats]] = {
    "zero": np.abs,
    "never_rising": lambda values: np.diff(values, axis=1),
    "never_falling": lambda values: -np.diff(values, axis=1),
}
"""What must not be above zero, from values of shape (member, time, element)."""

_SAID = {"zero": "is not zero", "never_rising": "rises", "never_falling": "falls"}


def _declared_extremes(subject: Subject) -> Verdict:
    test = "declared extremes"
    extremes = subject.declarations.extremes
    if not extremes:
        remedy = "declare what must follow from extremes ([[extreme]])."
        return Verdict(test, _FAMILY, "not automatic", "nothing is declared", remedy)
    members = random_members(subject)
    wrong = [text for extreme in extremes for text in _breaking(subject, extreme, members)]
    count = 1 + (0 if members is None else len(members))
    figures = f"{len(extremes)} declared, {counted(count, 'run')} each, {len(wrong)} consequences that do not follow"
    numbers = {"declared": float(len(extremes)), "wrong": float(len(wrong))}
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    return Verdict(test, _FAMILY, "failed", figures, f"{wrong[0]}.", numbers)


def _breaking(subject: Subject, extreme: Extreme, members: Design | None) -> Iterator[str]:
    """Yield what does not follow, in the base run or in a random member whose other inputs are anything in range."""
    claims = {f"{key}: {name}": (key, name) for key in _FOLLOWS for name in getattr(extreme, key)}
    measures = {label: _excess_of(*claim) for label, claim in claims.items()}
    runs = [(BASE, survey(subject, constants=extreme.set, measures=measures))]
    if members is not None:
        design = _set_in(members, extreme.set)
        runs.append((RANDOM, survey(subject, design, constants=extreme.set, measures=measures)))
    for label, (key, name) in claims.items():
        for what, seen in runs:
            values = seen.measures[label]
            wrong = np.flatnonzero(~(values <= SLACK))
            if len(wrong):
                yield f'in "{extreme.name}", "{name}" {_SAID[key]} in {_where(what, int(wrong[0]))}'
                break


def _excess_of(key: str, name: str) -> Measure:
    def excess(seen: Trajectories) -> Floats:
        values = seen[name]
        values = values.reshape(*values.shape[:2], -1)
        size = np.maximum(np.abs(values).max(axis=(1, 2)), 1.0)
        return _FOLLOWS[key](values).max(axis=(1, 2), initial=-np.inf) / size

    return excess


def _set_in(members: Design, values: Mapping[str, float]) -> Design | None:
    """Return members without the inputs that are set for all of them."""
    taken = {canonical(split_element(value)[0]) for value in values}
    rows = members.rows()
    columns = [number for number, name in enumerate(members.names) if canonical(name) not in taken]
    if not columns:
        return None
    return Design.of({members.names[number]: rows[:, number] for number in columns})
