"""The compiled code for what is asked of a model, made once for each model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from egovsim.compiler.build_cache import Request, code_for
from egovsim.compiler.kernel import Kernel
from egovsim.model.metrics import Metric
from egovsim.model.model import Method, Model
from egovsim.names import scalar_id
from egovsim.simulation.metric_windows import metric_id
from egovsim.simulation.result import OutputVariable


@dataclass(slots=True)
class Kernels:
    """The kernels that were made of one model, by what was asked for; see `Model.derived`."""

    by_request: dict[Request, Kernel] = field(default_factory=dict[Request, Kernel])


def request_for(
    model: Model, variables: Sequence[OutputVariable], metrics: Sequence[Metric], method: Method
) -> Request:
    """Return what is asked of a model, in the ids of its scalars.

    Parameters
    ----------
    model : Model
        What is run.
    variables : sequence of OutputVariable
        What is stored.
    metrics : sequence of Metric
        What is computed while integrating.
    method : {"euler", "rk2", "midpoint", "rk4"}
        How to integrate.

    Returns
    -------
    Request
        For `kernel_for`.

    Raises
    ------
    InputError
        When a metric is of no scalar of the model.
    """
    ids = tuple(
        scalar_id(model.variable_of(output.name).id, element)
        for output in variables
        for element in model.elements_of(output.name)
    )
    return Request(ids, tuple((metric_id(model, metric.variable), metric.kind) for metric in metrics), method)


def kernel_for(model: Model, request: Request) -> Kernel:
    """Return the kernel for what is asked of a model; the model holds those that were made of it.

    Parameters
    ----------
    model : Model
        What is run.
    request : Request
        What is asked of it.

    Returns
    -------
    Kernel
        For the widest vectors of this processor.

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    known = model.derived(Kernels).by_request
    if request not in known:
        known[request] = Kernel(code_for(model, request))
    return known[request]
