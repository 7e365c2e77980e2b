"""Run a model: scenarios x policies x members, in chunks over threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Literal, get_args

import numpy as np

from egovsim.compiler.build_cache import Request, code_for, name_of, program_of
from egovsim.compiler.kernel import Kernel, Schedule, Steps
from egovsim.errors import InputError, SimulationError, unknown_name
from egovsim.model.inputs import Design, Floats, PolicyPath, Profile, Scenario
from egovsim.model.metrics import Metric, MetricKind
from egovsim.model.model import Clock, Method, Model, display_elements
from egovsim.names import canonical, element_name, split_element
from egovsim.progress import Progress
from egovsim.simulation.result import OutputVariable, Result, Status
from egovsim.simulation.schedule import Plan, Values, make_plan

OnFailure = Literal["record", "raise"]

_CHUNK_MEMBERS = 1024
_CHUNK_NUMBERS = 400_000  # what the kernel writes is still in the processor's cache when it is put in order
_METHODS: tuple[Method, ...] = get_args(Method)


def run(
    model: Model,
    *,
    profile: Profile | None = None,
    policies: Sequence[PolicyPath] | None = None,
    scenarios: Sequence[Scenario] | None = None,
    constants: Values | None = None,
    design: Design | None = None,
    outputs: Sequence[str] | None = None,
    metrics: Sequence[Metric] | None = None,
    until: float | None = None,
    time_step: float | None = None,
    save_every: float | None = None,
    method: Method | None = None,
    seed: int = 0,
    workers: int | None = None,
    on_failure: OnFailure = "record",
    progress: Progress | None = None,
) -> Result:
    """Run a model under every scenario and policy for every member.

    Parameters
    ----------
    model : Model
        From `read_model`.
    profile : Profile, optional
        A region: constants and the history of its levers.
    policies, scenarios : sequence, optional
        One run is made for each pair and member; none means the model as it is.
    constants : mapping of str to float or Series, optional
        Values of inputs, by the model's own names: ``{"Staff turnover": 0.05, "Coverage[rural]": 0.2}``.
    design : Design, optional
        Values of inputs for many members, from `sample`.
    outputs : sequence of str, optional
        Variables, or elements, whose course is kept. With neither outputs nor metrics all variables are kept,
        which is allowed for a single run.
    metrics : sequence of Metric, optional
        Numbers computed while integrating; memory then stays small whatever the number of members.
    until, time_step, save_every : float, optional
        End of the run, step and saving interval, in the model's time unit; by default the file's.
    method : {"euler", "rk2", "midpoint", "rk4"}, optional
        How to integrate; by default as the file says. ``rk2`` is the mean of the rates at both ends of a step, as
        in Stella; ``midpoint`` goes by the rates half a step on, which is what Vensim calls RK2.
    seed : int
        Of the random functions in the model, if it has any. What a member draws depends on the seed, on the
        member's number and on the place in the model and in time, on nothing else: the same under every policy
        and scenario.
    workers : int, optional
        Threads; by default as many as there are processors. Results do not depend on it.
    on_failure : {"record", "raise"}
        What to do when a stock overflows or is not a number: keep it in ``result.status``, or raise.
    progress : callable, optional
        Called as ``progress(done, total)`` with numbers of runs.

    Returns
    -------
    Result
        Precedence of values: file < profile < constants < design < scenario < policy.

    Raises
    ------
    UnknownNameError
        When an output, constant or lever is not in the model; the nearest names are given.
    InputError
        When a computed variable is set, a value is not finite or outside its range, the step does not divide
        the horizon, or several runs are asked for without outputs or metrics.
    ModelError
        When the model cannot be run: unsupported language, algebraic loops.
    SimulationError
        When a run fails and `on_failure` is ``"raise"``.
    """
    steps, chosen_method = _clock(model, until, time_step, save_every, method)
    _check_metrics(metrics or ())
    if workers is not None and workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more, or leave it out for one a processor.")
    if not isinstance(seed, Integral):
        raise InputError(f"seed is {seed!r}; give a whole number.")
    policies = policies or (PolicyPath(""),)
    scenarios = scenarios or (Scenario(""),)
    members = len(design) if design is not None else 1
    variables = _outputs(model, outputs, metrics, len(policies) * len(scenarios) * members)
    request = _request(model, variables, metrics or (), chosen_method)
    kernel = compiled(model, request)
    plan = make_plan(model, kernel.code.inputs, steps, profile=profile, constants=constants or {}, design=design)
    pairs = [plan.schedule(scenario, policy) for scenario in scenarios for policy in policies]
    study = _Study(
        plan,
        request,
        kernel,
        tuple(pairs),
        members,
        _windows(steps, metrics or ()),
        _thresholds(metrics or ()),
        int(seed),
    )
    trajectories, table, failed = study.run(workers or os.cpu_count() or 1, progress)
    shape = (len(scenarios), len(policies), members)
    result = Result(
        scenarios=tuple(one.name for one in scenarios),
        policies=tuple(one.name for one in policies),
        members=members,
        time=steps.saved_times,
        status=_status(study, failed, shape),
        variables={canonical(variable.name): variable for variable in variables},
        trajectories=trajectories.reshape(*shape, *trajectories.shape[2:]),
        metric_table=table.reshape(*shape, len(metrics or ())),
        metric_names=tuple(metric.label for metric in metrics or ()),
        time_unit=model.clock.unit,
    )
    if on_failure == "raise" and result.status.failures:
        raise SimulationError(f"{model.file or model.name}: {result.status}.")
    return result


def compiled(model: Model, request: Request, lanes: int | None = None) -> Kernel:
    """Return the kernel for what is asked of a model, which keeps the kernels that were made of it."""
    key = ("kernel", request, lanes)
    known = model.memo.get(key)
    if not isinstance(known, Kernel):
        known = Kernel(code_for(model, request, lanes))
        model.memo[key] = known
    return known


def _request(model: Model, variables: Sequence[OutputVariable], metrics: Sequence[Metric], method: Method) -> Request:
    ids = tuple(canonical(name) for variable in variables for name in variable.column_names)
    return Request(ids, tuple((_scalar_id(model, metric.variable), metric.kind) for metric in metrics), method)


@dataclass(frozen=True)
class _Study:
    """Everything that a chunk of members needs."""

    plan: Plan
    request: Request
    kernel: Kernel
    schedules: tuple[Schedule, ...]
    members: int
    windows: np.ndarray
    thresholds: Floats
    seed: int

    def run(self, workers: int, progress: Progress | None) -> tuple[Floats, Floats, Floats]:
        code, pairs = self.kernel.code, len(self.schedules)
        trajectories = np.empty((pairs, self.members, self.plan.steps.saved, code.outputs))
        table = np.empty((pairs, self.members, code.metrics))
        failed = np.empty((pairs, self.members))

        def one_chunk(first: int, last: int) -> int:
            inputs = self.plan.inputs(first, last)
            for pair, schedule in enumerate(self.schedules):
                place = (pair, slice(first, last))
                _, table[place], failed[place] = self.kernel(
                    inputs,
                    schedule,
                    self.plan.steps,
                    self.windows,
                    self.thresholds,
                    into=trajectories[place],
                    seed=self.seed,
                    first_member=first,
                )
                _blank_failures(trajectories[place], failed[place], self.plan.steps)
            return (last - first) * pairs

        total, done = self.members * pairs, 0
        for finished in _each_chunk(list(self._chunks(workers)), one_chunk, workers):
            done += finished
            if progress is not None:
                progress(done, total)
        return trajectories, table, failed

    def _chunks(self, workers: int) -> Iterator[tuple[int, int]]:
        """Cut the members so that every thread has work and no chunk's outputs fill the memory."""
        numbers_a_member = max(1, self.plan.steps.saved * self.kernel.code.outputs)
        lanes = self.kernel.code.lanes
        fair = -(-self.members // workers)
        size = max(1, min(_CHUNK_MEMBERS, fair, _CHUNK_NUMBERS // numbers_a_member))
        size = -(-size // lanes) * lanes
        for first in range(0, self.members, size):
            yield first, min(first + size, self.members)


def _blank_failures(trajectories: Floats, failed: Floats, steps: Steps) -> None:
    """Make everything not a number from the instant on at which a member's run failed."""
    for member in np.flatnonzero(failed >= 0):
        trajectories[member, -int(-failed[member] // steps.save_every) :] = np.nan


def _each_chunk(chunks: list[tuple[int, int]], work: Callable[[int, int], int], workers: int) -> Iterator[int]:
    """Yield what `work` returns for every chunk, in any order; an interruption stops what has not begun."""
    if len(chunks) == 1 or workers == 1:
        yield from (work(*chunk) for chunk in chunks)
        return
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

    with ThreadPoolExecutor(workers) as pool:
        waiting = {pool.submit(work, *chunk) for chunk in chunks}
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in finished)
        except BaseException:
            for one in waiting:
                one.cancel()
            raise


def _clock(
    model: Model, until: float | None, time_step: float | None, save_every: float | None, method: Method | None
) -> tuple[Steps, Method]:
    clock = model.clock
    _finite(until=until, time_step=time_step, save_every=save_every)
    if until is not None and until < clock.start:
        raise InputError(f"until {until:g} lies before the model's start, {clock.start:g}; choose a later end.")
    stop = clock.stop if until is None else until
    changed = replace(clock, stop=stop, time_step=clock.time_step if time_step is None else time_step)
    chosen = clock.method if method is None else method
    if chosen not in _METHODS:
        raise unknown_name(chosen, _METHODS, what="a way to integrate")
    count = step_count(changed, place=model.file if until is None and time_step is None else "")
    return Steps(clock.start, changed.time_step, count, _save_steps(changed, save_every, count)), chosen


def _finite(**times: float | None) -> None:
    for name, value in times.items():
        if value is not None and not np.isfinite(value):
            raise InputError(f"{name} is {value}, not a finite number; give a number.")


MOST_STEPS = 1e9
"""The most steps of a run: an hour of the smallest model."""


def step_count(clock: Clock, *, place: str = "") -> int:
    """Return the number of steps from start to stop.

    Raises
    ------
    InputError
        When the step is not a positive number or does not divide the horizon, to 1e-9 of a step.
    """
    where = f"{place}: " if place else ""
    if not clock.time_step > 0 or not np.isfinite(clock.time_step):
        raise InputError(f"{where}the time step {clock.time_step:g} must be above 0.")
    exact = (clock.stop - clock.start) / clock.time_step
    if not exact <= MOST_STEPS:
        text = f"{clock.start:g} to {clock.stop:g} by {clock.time_step:g} is more than {MOST_STEPS:g} steps"
        raise InputError(f"{where}{text}; choose a longer step or an earlier end.")
    count = round(exact)
    if abs(exact - count) > 1e-9 * max(1.0, abs(exact)):
        nearest = (clock.stop - clock.start) / max(count, 1)
        text = f"the time step {clock.time_step:g} does not divide the horizon {clock.start:g} to {clock.stop:g}"
        raise InputError(f"{where}{text}; the nearest that does is {nearest:.10g}.")
    return count


def _save_steps(clock: Clock, save_every: float | None, count: int) -> int:
    wanted = save_every if save_every is not None else clock.save_every
    if wanted is None:
        return 1
    exact = wanted / clock.time_step
    steps = max(1, round(exact))
    if save_every is not None and (save_every <= 0 or abs(exact - steps) > 1e-9 * steps):
        text = f"save_every {save_every:g} is not a multiple of the time step {clock.time_step:g}"
        raise InputError(f"{text}; the nearest is {steps * clock.time_step:g}.")
    return steps


def _outputs(
    model: Model, outputs: Sequence[str] | None, metrics: Sequence[Metric] | None, runs: int
) -> list[OutputVariable]:
    """Resolve what to keep; each named variable once, an element alone as a scalar of its own."""
    if isinstance(outputs, str):
        raise InputError(f'outputs must be a list of names, not one text; write ["{outputs}"].')
    if outputs is None and not metrics:
        if runs > 1:
            raise InputError(f"{runs} runs with all variables would fill the memory; name outputs or metrics.")
        outputs = [variable.name for variable in model.variables if variable.kind != "lookup"]
    found: list[OutputVariable] = []
    first = 0
    for name in dict.fromkeys(outputs or ()):
        found.append(_output(model, name, first))
        first = found[-1].columns.stop
    return found


def _output(model: Model, name: str, first: int) -> OutputVariable:
    elements, variable = model.elements_of(name), model[split_element(name)[0]]
    if variable.kind == "lookup":
        raise InputError(f'"{variable.name}" is a lookup and has no trajectory; name a variable that uses it.')
    if split_element(name)[1]:
        shown = element_name(variable.name, display_elements(model, variable, elements[0]))
        return OutputVariable(shown, variable.unit, (), first)
    dimensions = tuple(
        (dimension, model.dimension_by_id[canonical(dimension)].elements) for dimension in variable.dimensions
    )
    return OutputVariable(variable.name, variable.unit, dimensions, first)


def _check_metrics(metrics: Sequence[Metric]) -> None:
    kinds = get_args(MetricKind)
    labels: dict[str, Metric] = {}
    for metric in metrics:
        if metric.kind not in kinds:
            raise unknown_name(metric.kind, kinds, what="a kind of metric")
        if labels.setdefault(metric.label, metric) != metric:
            raise InputError(f'two metrics are called "{metric.label}"; give each a name of its own.')


def _scalar_id(model: Model, name: str) -> str:
    variable = model[split_element(name)[0]]
    only, *others = model.elements_of(name)
    if others:
        known = ", ".join(element_name(variable.name, one) for one in (only, *others))
        raise InputError(f'a metric needs one element of "{variable.name}": {known}.')
    return element_name(variable.id, only)


def _windows(steps: Steps, metrics: Sequence[Metric]) -> np.ndarray:
    rows = [_window(steps, metric) for metric in metrics]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _window(steps: Steps, metric: Metric) -> tuple[int, int]:
    stop = steps.start + steps.count * steps.time_step
    first = steps.start if metric.start is None else metric.start
    last = stop if metric.stop is None else metric.stop
    slack = 1e-6 * steps.time_step
    if not (steps.start - slack <= first <= last + slack and last <= stop + slack):
        text = f'metric "{metric.label}" covers {first:g} to {last:g}, the run {steps.start:g} to {stop:g}'
        raise InputError(f"{text}; choose a window inside the run.")
    window = round((first - steps.start) / steps.time_step), round((last - steps.start) / steps.time_step)
    if metric.kind == "mean" and window[0] == window[1]:
        raise InputError(f'metric "{metric.label}" is a mean over no step; choose a window of a step or more.')
    return window


def _thresholds(metrics: Sequence[Metric]) -> Floats:
    return np.array([metric.threshold for metric in metrics], dtype=np.float64)


def _status(study: _Study, failed: Floats, shape: tuple[int, ...]) -> Status:
    steps = study.plan.steps
    when = np.where(failed >= 0, steps.start + failed * steps.time_step, np.nan)
    through = np.full(failed.shape, "", dtype=object)
    places = np.argwhere(failed >= 0)
    if len(places):
        search = _Search.of(study)
        for pair, member in places:
            through[pair, member] = search.first_not_finite(int(pair), int(member), int(failed[pair, member]))
    return Status(when.reshape(shape), through.reshape(shape))


@dataclass(frozen=True)
class _Search:
    """A kernel with everything kept, to find what went wrong first; `ids` in the order of evaluation."""

    study: _Study
    ids: tuple[str, ...]
    kernel: Kernel
    columns: list[int]

    @classmethod
    def of(cls, study: _Study) -> _Search:
        model, program = study.plan.model, program_of(study.plan.model, study.request)
        states = (*program.stocks, *(state.id for state in program.discrete_states))
        invariants, auxiliaries = ([part.id for part in block] for block in (program.invariants, program.auxiliaries))
        ids = (*invariants, *states, *auxiliaries)
        kernel = compiled(model, Request(ids, (), study.request.method))
        place = {id: number for number, id in enumerate(study.plan.ids)}
        return cls(study, ids, kernel, [place[id] for id in kernel.code.inputs])

    def first_not_finite(self, pair: int, member: int, failed: int) -> str:
        """Run one failed member again, and return the name of the first variable that went wrong."""
        study = self.study
        outputs, _, _ = self.kernel(
            study.plan.inputs(member, member + 1)[:, self.columns],
            study.schedules[pair],
            replace(study.plan.steps, count=failed, save_every=1),
            np.zeros((0, 2), dtype=np.int64),
            np.zeros(0),
            seed=study.seed,
            first_member=member,
        )
        wrong = np.argwhere(~np.isfinite(outputs[0]))
        return name_of(study.plan.model, self.ids[int(wrong[0][1])]) if len(wrong) else ""
