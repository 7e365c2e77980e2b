"""Random numbers that can be made again alone, since each is a function of its key.

The key is (seed, stream, member, call site, step, number of the attempt). Threefry-2x64-20 (Salmon and others,
"Parallel random numbers: as easy as 1, 2, 3", 2011) turns it into two numbers of 64 bits; it needs additions,
rotations and exclusive ors alone, so every lane width gives the same bits.
"""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes

ATTEMPT_SHIFT = 12
"""The number of an attempt at a value stands above that of a proposal within it, and below that of the step."""

_SITE_BITS = 52
_STEP_SHIFT = 24
_PARITY = 0x1BD11BDAA9FC1A22
_ROTATIONS = (16, 42, 12, 31, 16, 32, 24, 21)
_ONE_BITS = 0x3FF0000000000000
_LONGEST_COUNT = 500

Rejection = Callable[[Any], tuple[Any, Any]]


class Draws(Lanes):
    """Writes the random numbers of one call.

    Parameters
    ----------
    module, builder, lanes
        Where to write.
    seed, member, step : vectors of 64-bit integers, held as numbers
        The key of the moment.
    site : 64-bit integer
        The number of the call.
    """

    def __init__(self, module: Any, builder: Any, lanes: int, *, seed: Any, member: Any, step: Any, site: Any) -> None:
        super().__init__(module, builder, lanes)
        self._whole = ir.VectorType(ir.IntType(64), lanes)
        self._seed, self._member, self._step = (builder.bitcast(one, self._whole) for one in (seed, member, step))
        self._site, self._stream = self._spread_whole(site), ir.Constant(self._whole, [0] * lanes)

    # Keys and uniform numbers

    def _in_stream(self, stream: Any | None) -> None:
        """Draw from a stream of its own for every value of the last argument; 0 is the common one."""
        if stream is not None:
            self._stream = self._builder.bitcast(stream, self._whole)

    def _uniforms(self, attempt: Any | None = None, salt: int = 0) -> tuple[Any, Any]:
        """Return two independent numbers between 0 and 1, neither of which is reached."""
        builder = self._builder
        step = builder.shl(self._step, self._bits(_STEP_SHIFT))
        if attempt is not None:
            step = builder.or_(step, self._spread_whole(attempt))
        site = builder.or_(self._site, self._bits(salt << _SITE_BITS))
        key = (builder.xor(self._seed, self._stream), site)
        pair = builder.call(self._threefry(), [*key, self._member, step])
        return self._fraction(builder.extract_value(pair, 0)), self._fraction(builder.extract_value(pair, 1))

    def _fraction(self, bits: Any) -> Any:
        """Return (k + 1/2) / 2^52, k the upper 52 bits."""
        builder = self._builder
        mantissa = builder.or_(builder.lshr(bits, self._bits(12)), self._bits(_ONE_BITS))
        above_one = builder.bitcast(mantissa, self._vector)
        return builder.fadd(builder.fsub(above_one, self._constant(1.0)), self._constant(2.0**-53))

    def _bits(self, value: int) -> Any:
        return ir.Constant(self._whole, [value] * self._lanes)

    def _spread_whole(self, number: Any) -> Any:
        return self._builder.bitcast(self._spread(self._builder.bitcast(number, self._double)), self._whole)

    def _threefry(self) -> Any:
        """Return the function of a key and a counter, two integers each, written once a module."""
        name = "threefry"
        if name in self._module.globals:
            return self._module.globals[name]
        pair = ir.LiteralStructType([self._whole, self._whole])
        function = ir.Function(self._module, ir.FunctionType(pair, [self._whole] * 4), name)
        function.linkage = "internal"
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        first, second, *counter = function.args
        key = [first, second, builder.xor(self._bits(_PARITY), builder.xor(first, second))]
        x, y = builder.add(counter[0], key[0]), builder.add(counter[1], key[1])
        for number in range(20):
            x, turn = builder.add(x, y), _ROTATIONS[number % 8]
            turned = builder.or_(builder.shl(y, self._bits(turn)), builder.lshr(y, self._bits(64 - turn)))
            y = builder.xor(turned, x)
            if number % 4 == 3:
                group = number // 4 + 1
                x = builder.add(x, key[group % 3])
                y = builder.add(builder.add(y, key[(group + 1) % 3]), self._bits(group))
        builder.ret(builder.insert_value(builder.insert_value(ir.Constant(pair, ir.Undefined), x, 0), y, 1))
        return function

    # Loops over attempts

    def _until(self, open: Any, limit: int, work: Rejection) -> Any:
        """Repeat until every open lane has accepted a value; not a number in lanes that never do.

        `work` is given the number of the attempt and returns which lanes accept, and their values. A lane's
        result depends on its own attempts alone.
        """
        builder, integer = self._builder, ir.IntType(64)
        before = builder.block
        head, body, after = (builder.append_basic_block(f"attempt.{part}") for part in ("head", "body", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        number, result, waiting = builder.phi(integer), builder.phi(self._vector), builder.phi(open.type)
        for phi, first in ((number, ir.Constant(integer, 0)), (result, self._constant(math.nan)), (waiting, open)):
            phi.add_incoming(first, before)
        again = builder.and_(self._any(waiting), builder.icmp_unsigned("<", number, ir.Constant(integer, limit)))
        builder.cbranch(again, body, after)
        builder.position_at_end(body)
        accepted, value = work(number)
        taken = builder.select(builder.and_(waiting, accepted), value, result)
        left = builder.and_(waiting, builder.not_(accepted))
        following = builder.add(number, ir.Constant(integer, 1))
        for phi, new in ((number, following), (result, taken), (waiting, left)):
            phi.add_incoming(new, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return result

    def _any(self, mask: Any) -> Any:
        bits = self._builder.bitcast(mask, ir.IntType(self._lanes))
        return self._builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(self._lanes), 0))

    def _counted_up(self, open: Any, u: Any, first: Any, ratio: Callable[[Any], Any]) -> Any:
        """Return how often the next term must be added to reach u: the inverse of a distribution of counts.

        `first` is the chance of 0, `ratio` of k the chance of k over that of k - 1.
        """
        builder, integer = self._builder, ir.IntType(64)
        before = builder.block
        head, body, after = (builder.append_basic_block(f"count.{part}") for part in ("head", "body", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        number, count = builder.phi(integer), builder.phi(self._vector)
        chance, total = builder.phi(self._vector), builder.phi(self._vector)
        starts = (ir.Constant(integer, 1), self._constant(0.0), first, first)
        for phi, start in zip((number, count, chance, total), starts, strict=True):
            phi.add_incoming(start, before)
        above = builder.and_(open, self._compare(">", u, total))
        limit = builder.icmp_unsigned("<", number, ir.Constant(integer, _LONGEST_COUNT))
        builder.cbranch(builder.and_(self._any(above), limit), body, after)
        builder.position_at_end(body)
        k = self._spread(builder.uitofp(number, self._double))
        term = builder.fmul(chance, ratio(k))
        following = builder.add(number, ir.Constant(integer, 1))
        news = (following, builder.select(above, k, count), term, builder.fadd(total, term))
        for phi, new in zip((number, count, chance, total), news, strict=True):
            phi.add_incoming(new, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return count

    # The normal distribution

    def _below(self, x: Any) -> Any:
        """Return the chance of a standard normal value below x."""
        scaled = self._times(x, self._constant(-math.sqrt(0.5)))
        return self._times(self._constant(0.5), self._by_lane("erfc", [scaled]))

    def _quantile(self, chance: Any) -> Any:
        """Return the standard normal value below which there is a chance."""
        return self._builder.call(normal_quantile(self._module, self._lanes), [chance])

    # Arithmetic in words

    def _function(self, name: str, *arguments: Any) -> Any:
        return self._by_lane(name, arguments)

    def _root(self, x: Any) -> Any:
        return self._intrinsic("llvm.sqrt", x)

    def _negated(self, x: Any) -> Any:
        return self._builder.fneg(x)

    def _minus(self, left: Any, right: Any) -> Any:
        return self._builder.fsub(left, right)

    def _plus(self, x: Any, number: float) -> Any:
        return self._builder.fadd(x, self._constant(number))

    def _line(self, x: Any, slope: float, begin: float) -> Any:
        return self._plus(self._times(x, self._constant(slope)), begin)

    def _times(self, left: Any, right: Any) -> Any:
        return self._builder.fmul(left, right)

    def _divide(self, left: Any, right: Any) -> Any:
        return self._builder.fdiv(left, right)

    def _smaller(self, left: Any, right: Any) -> Any:
        return self._choose(self._compare("<", left, right), left, right)

    def _larger(self, left: Any, right: Any) -> Any:
        return self._choose(self._compare(">", left, right), left, right)

    def _all(self, *masks: Any) -> Any:
        result = masks[0]
        for mask in masks[1:]:
            result = self._builder.and_(result, mask)
        return result

    def _positive(self, x: Any) -> Any:
        return self._all(self._compare(">", x, self._constant(0.0)), self._compare("<", x, self._constant(math.inf)))

    def _is_number(self, x: Any) -> Any:
        return self._compare("==", x, x)


_MIDDLE, _NEAR, _FAR = (
    tuple(tuple(map(float, line.split())) for line in lines)
    for lines in (
        (
            "3.3871328727963666080e0 1.3314166789178437745e2 1.9715909503065514427e3 1.3731693765509461125e4 "
            "4.5921953931549871457e4 6.7265770927008700853e4 3.3430575583588128105e4 2.5090809287301226727e3",
            "1.0 4.2313330701600911252e1 6.8718700749205790830e2 5.3941960214247511077e3 "
            "2.1213794301586595867e4 3.9307895800092710610e4 2.8729085735721942674e4 5.2264952788528545610e3",
        ),
        (
            "1.42343711074968357734e0 4.63033784615654529590e0 5.76949722146069140550e0 3.64784832476320460504e0 "
            "1.27045825245236838258e0 2.41780725177450611770e-1 2.27238449892691845833e-2 7.74545014278341407640e-4",
            "1.0 2.05319162663775882187e0 1.67638483018380384940e0 6.89767334985100004550e-1 "
            "1.48103976427480074590e-1 1.51986665636164571966e-2 5.47593808499534494600e-4 1.05075007164441684324e-9",
        ),
        (
            "6.65790464350110377720e0 5.46378491116411436990e0 1.78482653991729133580e0 2.96560571828504891230e-1 "
            "2.65321895265761230930e-2 1.24266094738807843860e-3 2.71155556874348757815e-5 2.01033439929228813265e-7",
            "1.0 5.99832206555887937690e-1 1.36929880922735805310e-1 1.48753612908506148525e-2 "
            "7.86869131145613259100e-4 1.84631831751005468180e-5 1.42151175831644588870e-7 2.04426310338993978564e-15",
        ),
    )
)
"""Factors of AS 241 above and below the line: in the middle, near the ends, far out."""


def normal_quantile(module: Any, lanes: int) -> Any:
    """Return the machine's function for the inverse of the standard normal distribution, written once a module."""
    name = "normal.quantile"
    function = module.globals.get(name)
    if function is None:
        vector = ir.VectorType(ir.DoubleType(), lanes)
        function = ir.Function(module, ir.FunctionType(vector, [vector]), name)
        function.linkage = "internal"
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        builder.ret(_Quantile(module, builder, lanes).of(function.args[0]))
    return function


class _Quantile(Lanes):
    """The inverse of the normal distribution: Wichura's algorithm AS 241, PPND16, good to 1e-16."""

    def of(self, chance: Any) -> Any:
        builder = self._builder
        off = builder.fsub(chance, self._constant(0.5))
        inner = builder.fsub(self._constant(0.180625), builder.fmul(off, off))
        middle = builder.fmul(off, self._ratio(_MIDDLE, inner))
        upper = self._compare(">", off, self._constant(0.0))
        tail = self._choose(upper, builder.fsub(self._constant(1.0), chance), chance)
        root = self._intrinsic("llvm.sqrt", builder.fneg(self._by_lane("log", [tail])))
        near = self._ratio(_NEAR, builder.fsub(root, self._constant(1.6)))
        far = self._ratio(_FAR, builder.fsub(root, self._constant(5.0)))
        outer = self._choose(self._compare("<=", root, self._constant(5.0)), near, far)
        outer = self._choose(upper, outer, builder.fneg(outer))
        central = self._compare("<=", self._intrinsic("llvm.fabs", off), self._constant(0.425))
        return self._choose(central, middle, outer)

    def _ratio(self, parts: tuple[tuple[float, ...], ...], x: Any) -> Any:
        above, below = (self._polynomial(part, x) for part in parts)
        return self._builder.fdiv(above, below)

    def _polynomial(self, factors: tuple[float, ...], x: Any) -> Any:
        value = self._constant(factors[-1])
        for factor in reversed(factors[:-1]):
            value = self._builder.fadd(self._builder.fmul(value, x), self._constant(factor))
        return value
