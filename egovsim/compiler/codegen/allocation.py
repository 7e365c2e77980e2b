"""Where requests for a scarce supply are cut off: the clearing priority of ALLOCATE AVAILABLE, and market prices.

Every request has a curve: what share of it is met, by how far the clearing priority lies above the request's own.
Each falls from 1 to 0, but for that of a fixed quantity, which is always 1; the clearing priority is where all that is
met adds up to the supply. A supply has the mirror image of such a curve, and at the market price what is demanded is
what is supplied.

Sources: Vensim's reference, "ALLOCATE AVAILABLE" and "Specifying the Curves"; that the width of a normal curve is its
standard deviation, and how an exponential one is stretched, "Prioritization, Demand and Supply Curves". Recorded runs
of each curve agree (SDEverywhere's models allocate_ptype, allocate_price and allocate_normal_width). They show as well
that Vensim's normal curve is a known approximation and never narrower than 0.05, and between which prices it searches;
all three are used here for that reason.
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

_FIXED, _RECTANGULAR, _TRIANGULAR, _NORMAL, _EXPONENTIAL = 0.0, 1.0, 2.0, 3.0, 4.0

_PRICE_REACH = {_RECTANGULAR: 0.5, _TRIANGULAR: 0.5, _NORMAL: 5.0, _EXPONENTIAL: 10.0}
"""A market price lies so many widths beyond the lowest or highest priority at most, by the kind of its curve."""

_NARROWEST_NORMAL = 0.05

_NORMAL_SLOPE, _NORMAL_FACTORS = 0.33267, (0.9372980, -0.1201676, 0.4361836)
"""Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.16: what the recorded run was made with."""


_Rows = Sequence[Sequence[Value]]
"""Quantity, kind, priority and width of requests."""


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
            From 0 to 1; not a number where the kind is none of these, or needs a width and has none above 0.
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
            "clearing", 1 + len(requests), lambda inside, given: inside._clearing(given[0], _rows(given[1:]))
        )
        return self._builder.call(function, [supply, *requests])

    def market(self, demands: int, *requests: Value) -> Value:
        """Write the search for the price at which as much is supplied as demanded.

        Parameters
        ----------
        demands : int
            How many of the requests are demands; the others are supplies.
        *requests : ir.Value
            Quantity, kind, priority and width of one after another.

        Returns
        -------
        ir.Value
            The lowest such price; an end of the range that is searched where there is none in it, and not a number
            where all quantities are fixed.
        """
        cut = 4 * demands
        function = self._function(
            f"market.{demands}",
            len(requests),
            lambda inside, given: inside._market(_rows(given[:cut]), _rows(given[cut:])),
        )
        return self._builder.call(function, requests)

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
        z = self._builder.fdiv(distance, width)
        value = self._constant(math.nan)
        for number, share in (
            (_RECTANGULAR, self._rectangular(z)),
            (_TRIANGULAR, self._triangular(z)),
            (_EXPONENTIAL, self._exponential(z)),
        ):
            value = self._choose(self._is(kind, number), share, value)
        value = self._choose(self._compare(">", width, self._constant(0.0)), value, self._constant(math.nan))
        normal = self._normal(self._builder.fdiv(distance, self._own_width(self._constant(_NORMAL), width)))
        value = self._choose(self._is(kind, _NORMAL), normal, value)
        return self._choose(self._is(kind, _FIXED), self._constant(1.0), value)

    def _is(self, kind: Value, number: float) -> Value:
        return self._compare("==", kind, self._constant(number))

    def _own_width(self, kind: Value, width: Value) -> Value:
        """The width that a curve has: that of a normal one has a lower end."""
        narrow = self._builder.and_(
            self._is(kind, _NORMAL), self._compare("<", width, self._constant(_NARROWEST_NORMAL))
        )
        return self._choose(narrow, self._constant(_NARROWEST_NORMAL), width)

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

    def _clearing(self, supply: Value, requests: _Rows) -> Value:
        """Search for the priority; at the lower end of what is left requests always take at least the supply."""
        ends = self._ends(requests, lambda kind: self._constant(REACH))
        low, _ = self._halved(ends, lambda cut: self._compare(">=", self._taken(cut, requests), supply))
        return low

    def _market(self, demands: _Rows, supplies: _Rows) -> Value:
        """Search for the price; at the upper end of what is left there is always enough supplied, if anywhere."""

        def missing(price: Value) -> Value:
            supplied = self._taken(price, supplies, turned=True)
            return self._builder.fsub(self._taken(price, demands), supplied)

        ends = self._ends((*demands, *supplies), self._price_reach)
        _, high = self._halved(ends, lambda price: self._compare(">", missing(price), self._constant(0.0)))
        found = self._choose(self._compare("<=", *ends), high, self._constant(math.nan))
        return self._unless_not_a_number(missing(high), found)

    def _price_reach(self, kind: Value) -> Value:
        reach = self._constant(math.nan)
        for number, widths in _PRICE_REACH.items():
            reach = self._choose(self._is(kind, number), self._constant(widths), reach)
        return reach

    def _ends(self, rows: _Rows, reach: Callable[[Value], Value]) -> tuple[Value, Value]:
        """So many widths beyond the lowest and highest of the curves that depend on a priority."""
        builder = self._builder
        low, high = self._constant(math.inf), self._constant(-math.inf)
        for _, kind, priority, width in rows:
            far = builder.fmul(self._own_width(kind, width), reach(kind))
            moves = self._compare("!=", kind, self._constant(_FIXED))
            below, above = builder.fsub(priority, far), builder.fadd(priority, far)
            low = self._choose(builder.and_(moves, self._compare("<", below, low)), below, low)
            high = self._choose(builder.and_(moves, self._compare(">", above, high)), above, high)
        return low, high

    def _halved(self, ends: tuple[Value, Value], is_above: Callable[[Value], Value]) -> tuple[Value, Value]:
        """Halve a range again and again, taking the upper half where what is looked for lies above its middle."""
        builder = self._builder
        low, high = (builder.alloca(self._vector, name=name) for name in ("low", "high"))
        for end, place in zip(ends, (low, high), strict=True):
            builder.store(end, place)
        with counted(builder, ir.Constant(ir.IntType(64), _HALVINGS), "halving"):
            below, above = builder.load(low), builder.load(high)
            middle = builder.fmul(builder.fadd(below, above), self._constant(0.5))
            up = is_above(middle)
            builder.store(self._choose(up, middle, below), low)
            builder.store(self._choose(up, above, middle), high)
        return builder.load(low), builder.load(high)

    def _taken(self, cut: Value, rows: _Rows, *, turned: bool = False) -> Value:
        """What all requests take together at a clearing priority; turned, what all supplies give at a price."""
        taken = self._constant(0.0)
        for quantity, kind, priority, width in rows:
            ends = (priority, cut) if turned else (cut, priority)
            share = self.curve(kind, self._builder.fsub(*ends), width)
            taken = self._builder.fadd(taken, self._builder.fmul(quantity, share))
        return taken


def _rows(values: Sequence[Value]) -> _Rows:
    return [values[start : start + 4] for start in range(0, len(values), 4)]
