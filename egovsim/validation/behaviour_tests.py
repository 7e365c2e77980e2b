"""Tests of behaviour: left alone, in the family, its modes, responses to inputs, and how sensitive all that is.

Behaviour reproduction, family member, sensitivity and behaviour anomaly tests of Forrester and Senge (1980) and
Sterman (2000, chapter 21).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from egovsim.model.inputs import Design, Floats, PolicyPath, Series
from egovsim.simulation.run import run
from egovsim.validation.behaviour_modes import mode_of
from egovsim.validation.breaches import breaches, not_finite
from egovsim.validation.declarations import MODES, Response, Rest
from egovsim.validation.ensembles import ROUNDING, Ensemble, Measure, Trajectories, run_ensemble
from egovsim.validation.standard_runs import ACCEPTED, BASE, RANDOM, Ensembles
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted, named_few

_FAMILY: Family = "behaviour"
_SETTLED = 0.01
_HORIZONS = 5.0
"""How many horizons a model runs when nothing is said about leaving it alone."""
_POINTS = 5
"""At how many values an input stands whose response is declared to be monotone."""
_MOST_POINTS = 200
"""How many points of a trajectory, at most, its mode is told from."""
_HALF = 0.5


# --------------------------------------------------------------------------------------------- left alone


def rest_verdict(subject: Subject) -> Verdict:
    """Judge a long run with everything from outside constant.

    Parameters
    ----------
    subject : Subject
        The model, and what is declared about leaving it alone.

    Returns
    -------
    Verdict
        Failed where bounds are broken, or stocks settle otherwise than declared.
    """
    test = "left alone"
    clock, rest = subject.model.clock, subject.declarations.rest
    said = rest or Rest(length=_HORIZONS * (clock.stop - clock.start))
    length = round(said.length / clock.time_step) * clock.time_step
    movement: dict[str, float] = {}

    def unsettled(trajectories: Trajectories) -> Floats:
        tail = max(2, len(trajectories.time) // 10)
        for stock in subject.model.stocks:
            values = trajectories[stock.name][0]
            size = np.abs(values).max()
            movement[stock.name] = float(np.ptp(values[-tail:], axis=0).max() / size) if size > 0.0 else 0.0
        return np.zeros(1)

    ensemble = run_ensemble(subject, constants=said.set, until=clock.start + length, measures={"tail": unsettled})
    tested = [name for name in movement if name not in subject.declarations.accumulators]
    moving = [name for name in tested if not movement[name] <= _SETTLED]
    figures = (
        f"{length:g} {clock.unit or 'units of time'}; {len(tested) - len(moving)} of {counted(len(tested), 'stock')}"
    )
    figures += " settle" + ("" if rest else ", with all growth on") + (f", not {named_few(moving)}" if moving else "")
    numbers = {"length": length, "stocks": float(len(tested)), "unsettled": float(len(moving))}
    wrong = [text for _, text in not_finite(ensemble)]
    wrong += [
        f'"{breach.column}" is {breach.value:.4g}, and must be {breach.bound}' for breach in breaches(subject, ensemble)
    ]
    if not wrong and said.settles is not None and said.settles == bool(moving):
        wrong.append(f"{named_few(moving)} still move" if moving else "everything settles, and is declared not to")
    if wrong and rest is not None:
        return Verdict(test, _FAMILY, "failed", figures, f"{wrong[0]}.", numbers)
    if rest is None and (wrong or moving):
        remedy = "".join(f"{text}; " for text in wrong[:1])
        remedy += "say how growth is switched off and whether it settles ([rest])."
        return Verdict(test, _FAMILY, "not automatic", figures, remedy, numbers)
    return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)


# --------------------------------------------------------------------------------------------- family members


def family_verdict(subject: Subject, ensembles: Ensembles) -> Verdict:
    """Judge the runs of all regions.

    Parameters
    ----------
    subject : Subject
        The model and the regions that fit it.
    ensembles : sequence of (str, Ensemble)
        From `standard_ensembles`.

    Returns
    -------
    Verdict
        Failed where a region breaks a declared range, or something is not a number.
    """
    test = "family members"
    if not subject.family:
        remedy = "run the model with the constants of other cases of its kind (profiles)."
        return Verdict(test, _FAMILY, "not automatic", "no profiles lie beside the model", remedy)
    names = {profile.name for profile in subject.family}
    wrong = [
        (what, text)
        for what, ensemble in ensembles
        if what in names
        for text in (
            *(text for _, text in not_finite(ensemble)),
            *(f'"{breach.column}" is {breach.value:.4g}, not {breach.bound}' for breach in breaches(subject, ensemble)),
        )
    ]
    figures = f"{counted(len(names), 'profile')}, {len({what for what, _ in wrong})} that break a declared range"
    numbers = {"profiles": float(len(names)), "breaking": float(len({what for what, _ in wrong}))}
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    return Verdict(test, _FAMILY, "failed", figures, f"in {wrong[0][0]} {wrong[0][1]}.", numbers)


# --------------------------------------------------------------------------------------------- modes


def _watched(subject: Subject) -> list[str]:
    """Return whose mode of behaviour is looked at: what is declared, or else every stock, by element."""
    declared = [behaviour.variable for behaviour in subject.declarations.behaviours]
    names = declared or [stock.name for stock in subject.model.stocks]
    return [element for name in names for element in subject.elements(name)]


def mode_measures(subject: Subject) -> Mapping[str, Measure]:
    """Return what is measured of each run for modes of behaviour.

    Parameters
    ----------
    subject : Subject
        Whose declared variables, or else stocks, are looked at.

    Returns
    -------
    mapping of str to callable
        Each gives the number of the mode in `MODES`, not a number where there is none.
    """
    return {f"mode: {name}": _mode_measure(name) for name in _watched(subject)}


def _mode_measure(name: str) -> Measure:
    def number(trajectories: Trajectories) -> Floats:
        values = trajectories[name]
        every = max(1, values.shape[1] // _MOST_POINTS)
        modes = (mode_of(value) for value in values[:, ::every])
        return np.array([np.nan if mode is None else MODES.index(mode) for mode in modes], dtype=np.float64)

    return number


def mode_verdicts(subject: Subject, ensembles: Ensembles) -> Iterator[Verdict]:
    """Judge the modes of behaviour of the base run, and how many plausible members share them.

    Parameters
    ----------
    subject : Subject
        The model and its declared modes.
    ensembles : sequence of (str, Ensemble)
        From `standard_ensembles`, with the `mode_measures`.

    Yields
    ------
    Verdict
        On the declared modes, and on their sensitivity to the constants.
    """
    base = {name: _modes(dict(ensembles)[BASE], name)[0] for name in _watched(subject)}
    yield _declared_modes(subject, base)
    accepted = [ensemble for what, ensemble in ensembles if what.startswith(ACCEPTED)]
    members = accepted or [ensemble for what, ensemble in ensembles if what == RANDOM]
    test = "sensitivity of behaviour modes"
    if not members or not base:
        remedy = "declare the ranges of inputs ([[bounds]]) and modes ([[behaviour]])."
        seen = "no input has a range" if base else "there are no stocks, and no modes are declared"
        yield Verdict(test, _FAMILY, "not automatic", seen, remedy)
        return
    shares = {
        name: float(np.mean([shown == mode for ensemble in members for shown in _modes(ensemble, name)]))
        for name, mode in base.items()
    }
    least = min(shares, key=shares.__getitem__)
    mean = float(np.mean(list(shares.values())))
    count = counted(sum(map(len, members)), "accepted member" if accepted else "random member")
    figures = f'{count}: {mean:.0%} keep a mode, fewest for "{least}" ({shares[least]:.0%})'
    if not subject.declarations.behaviours:
        remedy = "declare the modes that conclusions rest on ([[behaviour]])."
        yield Verdict(test, _FAMILY, "not automatic", figures, remedy, shares)
    elif shares[least] >= _HALF:
        yield Verdict(test, _FAMILY, "passed", figures, numbers=shares)
    elif accepted:
        remedy = f'the mode of "{least}" is one of the constants, not of the structure: conclude nothing from it.'
        yield Verdict(test, _FAMILY, "failed", figures, remedy, shares)
    else:
        remedy = f'the mode of "{least}" depends on constants: are all values in their ranges plausible?'
        yield Verdict(test, _FAMILY, "not automatic", figures, remedy, shares)


def _modes(ensemble: Ensemble, name: str) -> list[str]:
    return ["none" if np.isnan(measure) else MODES[int(measure)] for measure in ensemble.measures[f"mode: {name}"]]


def _declared_modes(subject: Subject, base: Mapping[str, str]) -> Verdict:
    test = "behaviour modes"
    claims = subject.declarations.behaviours
    if not claims:
        counts = ", ".join(f"{count} {mode}" for mode, count in Counter(base.values()).most_common())
        remedy = "compare with the known behaviour, and declare it ([[behaviour]])."
        return Verdict(test, _FAMILY, "not automatic", f"stocks: {counts or 'none'}", remedy)
    wrong = [
        f'"{name}" shows {base[name]}, and is declared to show {claim.mode}'
        for claim in claims
        for name in subject.elements(claim.variable)
        if base[name] != claim.mode
    ]
    figures = f"{len(claims)} declared, {len(wrong)} that show another"
    numbers = {"declared": float(len(claims)), "wrong": float(len(wrong))}
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    return Verdict(test, _FAMILY, "failed", figures, f"{wrong[0]}.", numbers)


# --------------------------------------------------------------------------------------------- responses


def response_verdict(subject: Subject) -> Verdict:
    """Judge the responses that are declared to be monotone.

    Parameters
    ----------
    subject : Subject
        The model and its declared responses.

    Returns
    -------
    Verdict
        Failed where an output goes the other way between two values of an input.
    """
    test = "declared responses"
    claims = subject.declarations.responses
    if not claims:
        remedy = "declare what more of an input must do ([[response]])."
        return Verdict(test, _FAMILY, "not automatic", "nothing is declared", remedy)
    wrong: list[str] = []
    numbers: dict[str, float] = {}
    for claim in claims:
        values, outputs = _response(subject, claim)
        sign = 1.0 if claim.direction == "up" else -1.0
        moves = sign * np.diff(outputs)
        size = max(float(np.abs(outputs).max()), np.finfo(float).tiny)
        numbers[claim.name] = float(sign * (outputs[-1] - outputs[0]) / size)
        if not (moves >= -ROUNDING * size).all():
            place = int(np.argmin(moves))
            verb = "falls" if claim.direction == "up" else "rises"
            wrong.append(
                f'"{claim.output}" {verb} from {outputs[place]:.4g} to {outputs[place + 1]:.4g} when '
                f'"{claim.input}" goes from {values[place]:.4g} to {values[place + 1]:.4g}'
            )
    flat = [name for name, move in numbers.items() if move == 0.0]
    figures = f"{len(claims)} declared at {_POINTS} values each, {len(wrong)} with the other sign"
    figures += f"; {named_few(flat)} moves nothing" if flat else ""
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    return Verdict(test, _FAMILY, "failed", figures, f"{wrong[0]}.", numbers)


def _response(subject: Subject, claim: Response) -> tuple[Floats, Floats]:
    """Return values of the input, and the output of each, both shape (value,)."""
    variable = subject.model.variable_of(claim.input)
    bound, own = subject.range_of(variable), subject.values_of(variable)[0]
    low = claim.low if claim.low is not None else (bound.low if bound.low is not None else min(0.0, own))
    high = claim.high if claim.high is not None else (bound.high if bound.high is not None else 2.0 * abs(own) or 1.0)
    values = np.linspace(low, high, _POINTS)
    design, paths = Design.of({claim.input: values}), None
    if claim.start is not None:
        design, paths = (
            None,
            [PolicyPath(f"{value:g}", {claim.input: Series.constant(value)}, claim.start) for value in values],
        )
    result = run(
        subject.model,
        profile=subject.profile,
        policies=paths,
        design=design,
        outputs=subject.outputs,
        save_every=subject.model.clock.time_step,
        seed=subject.seed,
    )
    trajectories = result.values(claim.output)[0].reshape(len(values), len(result.time), -1).sum(axis=2)
    return values, trajectories[:, -1 if claim.at is None else int(np.argmin(np.abs(result.time - claim.at)))]


# --------------------------------------------------------------------------------------------- numbers


def sensitivity_verdict(subject: Subject, cases: Sequence[tuple[str, float]], ensemble: Ensemble | None) -> Verdict:
    """Say which inputs move the results most, from their runs at both ends of their ranges.

    Parameters
    ----------
    subject : Subject
        The model; the outcome of its declared ranking, or else its stocks, are looked at.
    cases : sequence of (str, float)
        The input, and its value in its own unit, of each member.
    ensemble : Ensemble or None
        The runs; None where no input has a range.

    Returns
    -------
    Verdict
        Never passed or failed: which ranges matter is for a person to judge.
    """
    test = "sensitivity of numbers"
    if ensemble is None:
        remedy = "declare the ranges of inputs ([[bounds]])."
        return Verdict(test, _FAMILY, "not automatic", "no input has a range", remedy)
    ranking = subject.declarations.ranking
    outcomes = [ranking.outcome] if ranking is not None else [stock.name for stock in subject.model.stocks]
    swings: dict[str, float] = {}
    for name in dict.fromkeys(name for name, _ in cases):
        rows = [number for number, case in enumerate(cases) if case[0] == name]
        moved = [_swing(ensemble, rows, element) for outcome in outcomes for element in subject.elements(outcome)]
        swings[name] = float(np.nanmean(moved)) if np.isfinite(moved).any() else 0.0
    order = sorted(swings, key=lambda swing: -swings[swing])
    shown = ", ".join(f'"{name}" {swings[name]:.0%}' for name in order[:3])
    what = f'"{outcomes[0]}"' if len(outcomes) == 1 else "the stocks"
    verb = "moves" if len(outcomes) == 1 else "move"
    figures = f"over their whole ranges, {what} at the end {verb} most by {shown}"
    remedy = f"see that the ranges of {named_few(order[:3])} rest on evidence; nothing else matters as much."
    return Verdict(test, _FAMILY, "not automatic", figures, remedy, swings)


def _swing(ensemble: Ensemble, rows: Sequence[int], name: str) -> float:
    last = ensemble.last[:, ensemble.column_of(name)]
    size = np.nanmax(np.abs(last)) if np.isfinite(last).any() else 0.0
    return float(np.ptp(last[rows]) / size) if size > 0.0 else 0.0
