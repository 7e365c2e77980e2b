"""Metrics: one number a run, accumulated while it integrates."""

from __future__ import annotations

from collections.abc import Mapping

from egovsim.compiler.codegen.kernel_body import KernelBody
from egovsim.compiler.codegen.lanes import Value
from egovsim.compiler.program import Accumulator
from egovsim.model.metrics import MetricKind

_BEGIN: Mapping[MetricKind, float] = {
    "at": float("nan"),
    "first_at_or_above": float("nan"),
    "integral": 0.0,
    "mean": 0.0,
    "minimum": float("inf"),
    "maximum": float("-inf"),
}
"""What each kind of metric is before the first instant."""


class Metrics(KernelBody):
    """Writes how the metrics of a program begin, change at every instant, and are finished."""

    def begin(self) -> None:
        """Write what they are before the first instant."""
        for number, metric in enumerate(self._program.metrics):
            self._set_slot(self._layout.accumulators + number, self._constant(_BEGIN[metric.kind]))

    def accumulate(self, instant: Value) -> None:
        """Take up the values of an instant, where it lies within the window of a metric.

        Parameters
        ----------
        instant : ir.Value
            Its number.
        """
        for number, metric in enumerate(self._program.metrics):
            self._accumulate(number, metric, instant)

    def finish(self, group: Value, healthy: Value) -> None:
        """Turn sums into integrals and means, and store; a member that failed has no metrics.

        Parameters
        ----------
        group : ir.Value
            The number of the group.
        healthy : ir.Value
            Which of its members have not failed, a mask.
        """
        for number in range(len(self._program.metrics)):
            self._finish(group, number, healthy)

    def _accumulate(self, number: int, metric: Accumulator, instant: Value) -> None:
        builder = self._builder
        first, last = self._window(number)
        inside = builder.and_(
            builder.icmp_signed(">=", instant, first),
            builder.icmp_signed("<" if metric.kind in ("integral", "mean") else "<=", instant, last),
        )
        with builder.if_then(inside):
            so_far = self._slot(self._layout.accumulators + number)
            value = self._slot(self._layout.slot[metric.id])
            changed = self._changed(metric, number, so_far, value)
            self._set_slot(self._layout.accumulators + number, changed)

    def _changed(self, metric: Accumulator, number: int, so_far: Value, value: Value) -> Value:
        builder = self._builder
        match metric.kind:
            case "at":
                return value
            case "integral" | "mean":
                return builder.fadd(so_far, value)
            case "minimum" | "maximum":
                beyond = self._compare("<" if metric.kind == "minimum" else ">", value, so_far)
                # What is not a number once has no least and no greatest value.
                return self._choose(builder.or_(beyond, builder.fcmp_unordered("uno", value, value)), value, so_far)
            case "first_at_or_above":
                threshold = self._spread(self._number_at("thresholds", number))
                reached = self._compare(">=", value, threshold)
                fresh = builder.fcmp_unordered("uno", so_far, so_far)
                return self._choose(builder.and_(reached, fresh), self._slot(self._clock("time")), so_far)

    def _finish(self, group: Value, number: int, healthy: Value) -> None:
        builder, metric = self._builder, self._program.metrics[number]
        value = self._slot(self._layout.accumulators + number)
        if metric.kind == "integral":
            value = builder.fmul(value, self._spread(self._arguments["time_step"]))
        if metric.kind == "mean":
            first, last = self._window(number)
            value = builder.fdiv(value, self._spread(self._real(builder.sub(last, first))))
        value = self._choose(healthy, value, self._constant(float("nan")))
        place = self._plus(builder.mul(group, self._whole_constant(len(self._program.metrics))), number)
        self._store(self._arguments["metrics"], place, value)

    def _window(self, number: int) -> tuple[Value, Value]:
        return self._number_at("windows", 2 * number), self._number_at("windows", 2 * number + 1)
