"""Policy paths of a region beside a benchmark, on the same members that agree with the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from egovsim.errors import InputError, UnknownNameError
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario
from egovsim.model.model import Model, display_elements
from egovsim.names import element_name, split_element
from egovsim.policy.comparison import INDEX, REAL_USE, SPENDING, CheckResult, Comparison
from egovsim.policy.evidence import Benchmark, check_benchmark, read_benchmark
from egovsim.policy.measures import spread
from egovsim.policy.members import Members, check_values, select_members, stages_of
from egovsim.policy.question import Question, check_options, check_size, pose
from egovsim.policy.ranking import Terms, rank_paths
from egovsim.simulation import Result, run

OUTCOMES_GROUP = "Outcomes"
Progress = Callable[[int, int], None]


def compare(
    model: str | Path | Model = "egov",
    *,
    profile: str | Path | Profile = "south-sumatra",
    benchmark: str | Path | Profile = "surabaya",
    policies: Sequence[str | Path | PolicyPath] | None = None,
    scenarios: Sequence[str | Path | Scenario] = ("reference",),
    members: int = 256,
    seed: int = 0,
    until: float = 2045,
    discount: float = 0.05,
    by: str = REAL_USE,
    outcomes: Sequence[str] | None = None,
    evidence: str | Path | Benchmark | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run every policy path on the same members that agree with the evidence, and rank the paths.

    Parameters
    ----------
    model : str, Path or Model
        The e-government model, or one of your own that has its indices and the outcomes that the
        evidence checks speak of.
    profile, benchmark : str, Path or Profile
        The region, and the place that it is measured against. The benchmark runs under its own
        profile alone, without policy and scenario, so that the yardstick is the same for all.
    policies : sequence of str, Path or PolicyPath, optional
        Shipped names, files or paths made in Python; ``"all"`` stands for all that are shipped, which
        is the default. Business as usual is added when none is marked as the baseline.
    scenarios : sequence of str, Path or Scenario
        One ranking is made for each.
    members : int
        How many members to keep.
    seed : int
        Every draw follows from it.
    until : float
        The horizon, a whole year.
    discount : float
        Rate a year for extra costs; 0.05 is an assumption.
    by : str
        The outcome that ranks.
    outcomes : sequence of str, optional
        Outcomes of the tables, by default the model's group "Outcomes".
    evidence : str, Path or Benchmark, optional
        A folder with ``checks.toml`` and ``ranges.toml``, or what `read_benchmark` returned; by default
        the shipped evidence.
    workers : int, optional
        Threads; no figure depends on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Comparison
        Rankings, yearly courses of every outcome, and what the evidence checks did.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When a file, a name or an option cannot be used; said before anything runs.
    InputError
        When too few members pass the evidence checks; it names the check that rejects most.
    """
    question = pose(model, profile, benchmark, policies, scenarios)
    known = evidence if isinstance(evidence, Benchmark) else read_benchmark(folder=evidence)
    check_benchmark(known, question.model)
    ranked, reported = _outcome_names(question.model, by, outcomes)
    check_options(question, until, discount, seed)
    names = tuple(dict.fromkeys((*reported, INDEX, REAL_USE, SPENDING, ranked)))
    check_size(question, members, len(names), until)
    meter = _Meter(progress)
    kept = select_members(
        question.model, known, members=members, seed=seed, workers=workers, progress=meter.part(0.0, 0.6)
    )
    courses, beside, time, failures = _courses(question, kept, names, until, workers, meter.part(0.6, 0.95))
    terms = Terms(ranked, time, question.start, discount)
    ranking = tuple(
        row
        for s, scenario in enumerate(question.scenarios)
        for row in rank_paths(
            scenario.name,
            [one.name for one in question.policies],
            [one.family or "own" for one in question.policies],
            {name: values[s] for name, values in courses.items()},
            beside,
            terms,
        )
    )
    results = _check_results(question.model, known, kept, workers)
    meter.part(0.95, 1.0)(1, 1)
    return Comparison(
        model=question.model.name,
        profile=question.profile,
        benchmark=question.benchmark,
        policies=question.policies,
        scenarios=question.scenarios,
        members=kept,
        failures=failures,
        seed=seed,
        start=question.start,
        horizon=float(until),
        discount=discount,
        by=ranked,
        outcomes={name: question.model[split_element(name)[0]].unit for name in reported},
        time=time,
        courses=courses,
        benchmark_courses=beside,
        ranking=ranking,
        evidence=results,
        files=(*question.files, *known.files),
    )


def _outcome_names(model: Model, by: str, outcomes: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """Return the ranked outcome and those of the tables, as the file writes them, arrays by element."""
    for name in (INDEX, REAL_USE, SPENDING):
        try:
            model[name]
        except UnknownNameError as cause:
            raise UnknownNameError(f"{cause} A comparison needs this variable.") from cause
    if isinstance(outcomes, str):
        raise InputError(f'outcomes must be a list of names, not one text; write ["{outcomes}"].')
    ranked = _elements(model, by)
    if len(ranked) != 1:
        raise InputError(f'"{by}" is an array; rank by one of: {", ".join(ranked)}.')
    wanted = outcomes if outcomes is not None else model.groups.get(OUTCOMES_GROUP, ())
    if not wanted:
        raise InputError(f'{model.file or model.name} has no group "{OUTCOMES_GROUP}"; name the outcomes.')
    return ranked[0], tuple(dict.fromkeys(one for name in wanted for one in _elements(model, name)))


def _elements(model: Model, name: str) -> list[str]:
    variable = model[split_element(name)[0]]
    ids = model.elements_of(name)
    return [element_name(variable.name, display_elements(model, variable, one)) for one in ids]


@dataclass(frozen=True)
class _Meter:
    """Hands each piece of work its share of one progress bar."""

    progress: Progress | None

    def part(self, first: float, last: float) -> Progress:
        def report(done: int, total: int) -> None:
            if self.progress is not None:
                self.progress(round(1000 * (first + (last - first) * done / max(total, 1))), 1000)

        return report


def _courses(
    question: Question,
    kept: Members,
    names: tuple[str, ...],
    until: float,
    workers: int | None,
    progress: Progress,
) -> tuple[dict[str, Floats], dict[str, Floats], Floats, tuple[str, ...]]:
    """Return yearly courses of the paths and the benchmark, without the members of which a run failed."""
    here = run(
        question.model,
        profile=question.profile,
        policies=question.policies,
        scenarios=question.scenarios,
        design=kept.design(question.profile),
        outputs=names,
        until=until,
        save_every=1.0,
        workers=workers,
        progress=progress,
    )
    there = run(
        question.model,
        profile=question.benchmark,
        design=kept.design(question.benchmark),
        outputs=names,
        until=until,
        save_every=1.0,
        workers=workers,
    )
    sound, failures = _sound(kept, here, there)
    courses = {name: here.values(name)[:, :, sound] for name in names}
    beside = {name: there.values(name)[0, 0, sound] for name in names}
    return courses, beside, here.time, failures


def _sound(kept: Members, here: Result, there: Result) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return which members ran through everywhere, and a line on each that did not."""
    sound = np.ones(len(kept), dtype=np.bool_)
    lines: list[str] = []
    for member in range(len(kept)):
        for result in (here, there):
            failed = np.argwhere(~np.isnan(result.status.failed_at[:, :, member]))
            if sound[member] and len(failed):
                s, p = failed[0]
                place = f'under "{result.policies[p]}"' if result is here else "under the benchmark's profile"
                when, what = result.status.failed_at[s, p, member], result.status.variable[s, p, member]
                lines.append(f'member {kept.indices[member]} fails {place} in {when:g} through "{what}"')
                sound[member] = False
    if not sound.any():
        raise InputError(f"every kept member fails; the first: {lines[0]}.")
    return sound, tuple(lines)


def _check_results(model: Model, evidence: Benchmark, kept: Members, workers: int | None) -> tuple[CheckResult, ...]:
    reporting = [one for one in evidence.checks if one.action == "report"]
    values = {
        check.name: value
        for stage in (*stages_of(evidence.rejecting), *stages_of(reporting))
        for check, value in zip(
            stage.checks,
            check_values(model, evidence, stage, kept.draws, kept.indices, workers=workers),
            strict=True,
        )
    }
    hurdles = {one.check: one for one in kept.hurdles}
    return tuple(
        CheckResult(
            one,
            spread(values[one.name]),
            float(np.mean(one.passes(values[one.name]))),
            hurdles.get(one.name),
        )
        for one in evidence.checks
    )
