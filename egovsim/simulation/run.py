"""Run a model: scenarios x policies x members."""

from __future__ import annotations

import os
from collections.abc import Sequence

from egovsim.errors import SimulationError
from egovsim.model.argument_checks import list_of, refuse_twice, values_by_name
from egovsim.model.inputs import Design, PolicyPath, Profile, Scenario
from egovsim.model.metrics import Metric
from egovsim.model.model import Method, Model
from egovsim.names import canonical
from egovsim.progress import Progress
from egovsim.public import set_module
from egovsim.simulation.batch import Batch, Computed, run_batch
from egovsim.simulation.call_checks import OnFailure, check_options
from egovsim.simulation.clock import refuse_uneven, run_clock
from egovsim.simulation.diagnosis import status_of
from egovsim.simulation.kernels import kernel_for, request_for
from egovsim.simulation.metric_windows import check_metrics, thresholds_of, windows_of
from egovsim.simulation.outputs import output_variables
from egovsim.simulation.result import OutputVariable, Result, Status
from egovsim.simulation.schedule import Values, make_plan


@set_module("egovsim")
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
        One run is made for each pair and member; none means the model as it is. Each starts within the run, and its
        series have no point that no run of the model could reach (see `horizon`).
    constants : mapping of str to float or Series, optional
        Values of inputs, by the model's own names: ``{"Staff turnover": 0.05, "Coverage[rural]": 0.2}``.
    design : Design, optional
        Values of inputs for many members, from `sample`.
    outputs : sequence of str, optional
        Variables, or elements, whose trajectories are stored. With neither outputs nor metrics those of all variables
        are, which is allowed for a single run.
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
        What to do when a stock overflows or is not a number: say it in ``result.status``, or raise.
    progress : callable, optional
        Called as ``progress(done, total)`` with numbers of runs.

    Returns
    -------
    Result
        Precedence of values: file < profile < constants < design < scenario < policy.

    Raises
    ------
    UnknownNameError
        When an output, constant or lever is not in the model, or an option has no such value; the nearest names are
        given.
    InputError
        When a computed variable is set, a value is not finite or outside its range, the step does not divide
        the horizon, several runs are asked for without outputs or metrics, or a policy, a scenario or a point of a
        series lies outside the time that is run.
    ModelError
        When the model cannot be run: unsupported language, algebraic loops.
    SimulationError
        When a run fails and `on_failure` is ``"raise"``.
    """
    check_options(model, profile, design, workers=workers, seed=seed, on_failure=on_failure, progress=progress)
    metrics = list_of(metrics, Metric, "metrics", remedy="make each with final, value_at or their like")
    policies = list_of(policies, PolicyPath, "policies", remedy="read each with read_policy") or (PolicyPath(""),)
    scenarios = list_of(scenarios, Scenario, "scenarios", remedy="read each with read_scenario") or (Scenario(""),)
    refuse_twice((policy.name for policy in policies), "policies")
    refuse_twice((scenario.name for scenario in scenarios), "scenarios")
    constants = values_by_name(constants, "constants")
    members = len(design) if design is not None else 1
    steps, integration = run_clock(model, until=until, time_step=time_step, save_every=save_every, method=method)
    check_metrics(metrics)
    stored = () if outputs is None and metrics else outputs
    variables = output_variables(model, stored, runs=len(policies) * len(scenarios) * members)
    request = request_for(model, variables, metrics, integration)
    kernel = kernel_for(model, request)
    refuse_uneven(steps, metrics, model=model, keeps_history=kernel.code.history_rows > 0)
    plan = make_plan(model, kernel.code.inputs, steps, profile=profile, constants=constants, design=design)
    schedules = tuple(plan.schedule(scenario, policy) for scenario in scenarios for policy in policies)
    windows, thresholds = windows_of(metrics, steps), thresholds_of(metrics)
    batch = Batch(plan, request, kernel, schedules, members, windows, thresholds, int(seed))
    computed = run_batch(batch, workers=workers or os.cpu_count() or 1, progress=progress)
    status = status_of(batch, computed.failed)
    result = _result(batch, computed, status, scenarios, policies, variables, metrics)
    if on_failure == "raise" and result.status.failures:
        raise SimulationError(f"{model.file or model.name}: {result.status}.")
    return result


def _result(
    batch: Batch,
    computed: Computed,
    status: Status,
    scenarios: Sequence[Scenario],
    policies: Sequence[PolicyPath],
    variables: Sequence[OutputVariable],
    metrics: Sequence[Metric],
) -> Result:
    """Label what a batch gave: pairs by scenario and policy, columns by variable and metric."""
    shape = (len(scenarios), len(policies), batch.members)
    trajectories, table = computed.trajectories, computed.metrics
    return Result(
        scenarios=tuple(scenario.name for scenario in scenarios),
        policies=tuple(policy.name for policy in policies),
        members=batch.members,
        time=batch.plan.steps.saved_times,
        status=Status(status.failed_at.reshape(shape), status.variable.reshape(shape)),
        variables={canonical(variable.name): variable for variable in variables},
        trajectories=trajectories.reshape(*shape, *trajectories.shape[2:]),
        metric_table=table.reshape(*shape, len(metrics)),
        metric_names=tuple(metric.label for metric in metrics),
        time_unit=batch.plan.model.clock.unit,
    )
