"""Where requests for a scarce supply are cut off: the clearing priority of ALLOCATE AVAILABLE.

Every request has a curve: what share of it is met, by how far the clearing priority lies above the request's own.
Each falls from 1 to 0; the clearing priority is where all that is met adds up to the supply.

Sources: Vensim's reference, "ALLOCATE AVAILABLE" and "Specifying the Curves"; that the width of a normal curve is its
standard deviation, and how an exponential one is stretched, "Prioritization, Demand and Supply Curves". A recorded
run of each of the four curves agrees; it shows as well that Vensim's normal curve is a known approximation, which is
used here for that reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from llvmlite import ir

from egovsim.compiler.codegen.elementary import Elementary
from egovsim.compiler.codegen.lanes import Value, counted

REACH = 750.0
"""So many widths from its middle every curve is exactly 1 or 0; the exponential one is the last to be."""

_HALVINGS = 70
"""After so many halvings two ends 2 `REACH` widths apart are neighbours, or closer than the digits of a share."""

_RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL = 1.0, 2.0, 3.0, 4.0

_NORMAL_SLOPE, _NORMAL_FACTORS = 0.33267, (0.9372980, -0.1201676, 0.4361836)
"""Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.16: what the recorded run was made with."""


class Allocation(Elementary):
    """Writes the curves of requests, and the search for the priority at which they add up to a supply."""

    def curve(self, kind: Value, distance: Value, width: Value) -> Value:
        """Write what share of a request is met.

        Parameters
        ----------
        kind : ir.Value
            Of the curve.
        distance : ir.Value
            By how far the clearing priority lies above that of the request.
        width : ir.Value
            Of the curve, in the unit of priorities.

        Returns
        -------
        ir.Value
            From 0 to 1; not a number where the kind is none of the four, or the width is not above 0.
        """
        function = self._function("curve", 3, lambda inside, given: inside._curve(*given))
        return self._builder.call(function, [kind, distance, width])

    def clearing(self, supply: Value, *requests: Value) -> Value:
        """Write the search for the highest priority down to which requests take at least the supply.

        Parameters
        ----------
        supply : ir.Value
            Not above the sum of the requests.
        *requests : ir.Value
            Quantity, kind, priority and width of one request after another.

        Returns
        -------
        ir.Value
            The clearing priority.
        """
        function = self._function(
            "clearing", 1 + len(requests), lambda inside, given: inside._clearing(given[0], given[1:])
        )
        return self._builder.call(function, [supply, *requests])

    def _function(self, what: str, count: int, write: Callable[[Allocation, Sequence[Value]], Value]) -> Value:
        """Return a function of so many vectors, written once a module."""
        name = f"egovsim.{what}.{count}.v{self._lanes}"
        function = self._module.globals.get(name)
        if function is None:
            function = ir.Function(self._module, ir.FunctionType(self._vector, [self._vector] * count), name)
            function.linkage = "internal"
            function.attributes.add("noinline")
            inside = Allocation(self._module, ir.IRBuilder(function.append_basic_block("entry")), self._lanes)
            inside._builder.ret(write(inside, function.args))
        return function

    def _curve(self, kind: Value, distance: Value, width: Value) -> Value:
        """The probability that a value of the curve's distribution, around 0 and this wide, lies above the distance."""
        builder = self._builder
        z = builder.fdiv(distance, width)
        value = self._constant(math.nan)
        for number, share in (
            (_RECTANGULAR, self._rectangular(z)),
            (_TRIANGULAR, self._triangular(z)),
            (_NORMAL, self._normal(z)),
            (_EXPONENTIAL, self._exponential(z)),
        ):
            value = self._choose(self._compare("==", kind, self._constant(number)), share, value)
        return self._choose(self._compare(">", width, self._constant(0.0)), value, self._constant(math.nan))

    def _rectangular(self, z: Value) -> Value:
        return self._clamped(self._builder.fsub(self._constant(0.5), z), 0.0, 1.0)

    def _triangular(self, z: Value) -> Value:
        """Two halves of parabolas, that on the left upside down."""
        builder = self._builder
        end = builder.fsub(self._constant(0.5), self._clamped(self._intrinsic("llvm.fabs", z), 0.0, 0.5))
        return self._mirrored(z, builder.fmul(self._constant(2.0), builder.fmul(end, end)))

    def _exponential(self, z: Value) -> Value:
        falling = self.exp(self._builder.fneg(self._intrinsic("llvm.fabs", z)))
        return self._mirrored(z, self._builder.fmul(self._constant(0.5), falling))

    def _mirrored(self, z: Value, tail: Value) -> Value:
        """The probability of more than z from that of more than its size, by symmetry."""
        above = self._compare(">", z, self._constant(0.0))
        return self._choose(above, tail, self._builder.fsub(self._constant(1.0), tail))

    def _normal(self, z: Value) -> Value:
        """A cubic in 1 / (1 + 0.33267 z) times the density; within 1.2e-5 of the normal distribution."""
        builder = self._builder
        size = self._intrinsic("llvm.fabs", z)
        one = self._constant(1.0)
        t = builder.fdiv(one, builder.fadd(one, builder.fmul(self._constant(_NORMAL_SLOPE), size)))
        series = self._constant(0.0)
        for factor in _NORMAL_FACTORS:
            series = builder.fmul(t, builder.fadd(series, self._constant(factor)))
        density = self.exp(builder.fmul(self._constant(-0.5), builder.fmul(size, size)))
        return self._mirrored(
            z, builder.fmul(builder.fmul(self._constant(1 / math.sqrt(2 * math.pi)), density), series)
        )

    def _clearing(self, supply: Value, requests: Sequence[Value]) -> Value:
        """Halve the range in which the priority lies; at its lower end requests always take at least the supply."""
        builder = self._builder
        rows = [requests[start : start + 4] for start in range(0, len(requests), 4)]
        low, high = (builder.alloca(self._vector, name=name) for name in ("low", "high"))
        for place, sign, far in ((low, "<", -REACH), (high, ">", REACH)):
            ends = [builder.fadd(priority, builder.fmul(width, self._constant(far))) for _, _, priority, width in rows]
            furthest = ends[0]
            for end in ends[1:]:
                furthest = self._choose(self._compare(sign, end, furthest), end, furthest)
            builder.store(furthest, place)
        with counted(builder, ir.Constant(ir.IntType(64), _HALVINGS), "halving"):
            below, above = builder.load(low), builder.load(high)
            middle = builder.fmul(builder.fadd(below, above), self._constant(0.5))
            enough = self._compare(">=", self._taken(middle, rows), supply)
            builder.store(self._choose(enough, middle, below), low)
            builder.store(self._choose(enough, above, middle), high)
        return builder.load(low)

    def _taken(self, cut: Value, rows: Sequence[Sequence[Value]]) -> Value:
        """What all requests take together at a clearing priority."""
        taken = self._constant(0.0)
        for quantity, kind, priority, width in rows:
            share = self.curve(kind, self._builder.fsub(cut, priority), width)
            taken = self._builder.fadd(taken, self._builder.fmul(quantity, share))
        return taken
