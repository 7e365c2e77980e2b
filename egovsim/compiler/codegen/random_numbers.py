"""Random numbers that can be made again alone, since each is a function of its key.

The key is (seed, stream, member, number of the call, step, number of the attempt). Threefry-2x64-20 (Salmon and others,
"Parallel random numbers: as easy as 1, 2, 3", 2011) turns it into two numbers of 64 bits; it needs additions,
rotations and exclusive ors alone, so every lane width gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, Value
from egovsim.compiler.codegen.normal_quantile import normal_quantile
from egovsim.compiler.lowering.random_calls import CALL_NUMBER_BITS

ATTEMPT_SHIFT = 12
"""The number of an attempt at a value stands above that of a proposal within it, and below that of the step."""

_STEP_SHIFT = 24
_PARITY = 0x1BD11BDAA9FC1A22
_ROTATIONS = (16, 42, 12, 31, 16, 32, 24, 21)
_ONE_BITS = 0x3FF0000000000000
_LONGEST_COUNT = 500

Rejection = Callable[[Value], tuple[Value, Value]]


class Draws(Lanes):
    """Writes the random numbers of one call.

    Parameters
    ----------
    module : ir.Module
        What the function stands in.
    builder : ir.IRBuilder
        Where in it to write.
    lanes : int
        How many members a vector holds.
    seed, member, step : ir.Value
        The key of the moment: vectors of 64-bit integers, held as numbers.
    call : ir.Value
        The number of the call, a 64-bit integer.
    """

    def __init__(
        self,
        module: ir.Module,
        builder: ir.IRBuilder,
        lanes: int,
        *,
        seed: Value,
        member: Value,
        step: Value,
        call: Value,
    ) -> None:
        super().__init__(module, builder, lanes)
        self._whole = ir.VectorType(self._integer, lanes)
        self._seed, self._member, self._step = (builder.bitcast(part, self._whole) for part in (seed, member, step))
        self._call_number = self._spread_whole(call)
        self._stream: Value = ir.Constant(self._whole, [0] * lanes)

    # Keys and uniform numbers

    def _in_stream(self, stream: Value | None) -> None:
        """Draw from a stream of its own for every value of the last argument; 0 is the common one."""
        if stream is not None:
            self._stream = self._builder.bitcast(stream, self._whole)

    def _uniforms(self, attempt: Value | None = None, salt: int = 0) -> tuple[Value, Value]:
        """Return two independent numbers between 0 and 1, neither of which is reached."""
        builder = self._builder
        step = builder.shl(self._step, self._bits(_STEP_SHIFT))
        if attempt is not None:
            step = builder.or_(step, self._spread_whole(attempt))
        call = builder.or_(self._call_number, self._bits(salt << CALL_NUMBER_BITS))
        key = (builder.xor(self._seed, self._stream), call)
        pair = builder.call(self._threefry(), [*key, self._member, step])
        return self._fraction(builder.extract_value(pair, 0)), self._fraction(builder.extract_value(pair, 1))

    def _fraction(self, bits: Value) -> Value:
        """Return (k + 1/2) / 2^52, k the upper 52 bits."""
        builder = self._builder
        mantissa = builder.or_(builder.lshr(bits, self._bits(12)), self._bits(_ONE_BITS))
        above_one = builder.bitcast(mantissa, self._vector)
        return builder.fadd(builder.fsub(above_one, self._constant(1.0)), self._constant(2.0**-53))

    def _bits(self, value: int) -> Value:
        return ir.Constant(self._whole, [value] * self._lanes)

    def _spread_whole(self, number: Value) -> Value:
        return self._builder.bitcast(self._spread(self._builder.bitcast(number, self._double)), self._whole)

    def _threefry(self) -> Value:
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

    def _until(self, open: Value, limit: int, work: Rejection) -> Value:
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

    def _counted_up(self, open: Value, u: Value, first: Value, ratio: Callable[[Value], Value]) -> Value:
        """Return how often the next term must be added to reach u: the inverse of a distribution of counts.

        `first` is the probability of 0, `ratio` of k the probability of k over that of k - 1.
        """
        builder, integer = self._builder, ir.IntType(64)
        before = builder.block
        head, body, after = (builder.append_basic_block(f"count.{part}") for part in ("head", "body", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        number, count = builder.phi(integer), builder.phi(self._vector)
        probability, total = builder.phi(self._vector), builder.phi(self._vector)
        starts = (ir.Constant(integer, 1), self._constant(0.0), first, first)
        for phi, start in zip((number, count, probability, total), starts, strict=True):
            phi.add_incoming(start, before)
        above = builder.and_(open, self._compare(">", u, total))
        limit = builder.icmp_unsigned("<", number, ir.Constant(integer, _LONGEST_COUNT))
        builder.cbranch(builder.and_(self._any(above), limit), body, after)
        builder.position_at_end(body)
        k = self._spread(builder.uitofp(number, self._double))
        term = builder.fmul(probability, ratio(k))
        following = builder.add(number, ir.Constant(integer, 1))
        news = (following, builder.select(above, k, count), term, builder.fadd(total, term))
        for phi, new in zip((number, count, probability, total), news, strict=True):
            phi.add_incoming(new, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return count

    # The normal distribution

    def _below(self, x: Value) -> Value:
        """Return the probability of a standard normal value below x."""
        scaled = self._times(x, self._constant(-math.sqrt(0.5)))
        return self._times(self._constant(0.5), self._by_lane("erfc", [scaled]))

    def _quantile(self, probability: Value) -> Value:
        """Return the standard normal value below which there is a probability."""
        return self._builder.call(normal_quantile(self._module, self._lanes), [probability])

    # Arithmetic in words

    def _function(self, name: str, *arguments: Value) -> Value:
        return self._by_lane(name, arguments)

    def _root(self, x: Value) -> Value:
        return self._intrinsic("llvm.sqrt", x)

    def _negated(self, x: Value) -> Value:
        return self._builder.fneg(x)

    def _minus(self, left: Value, right: Value) -> Value:
        return self._builder.fsub(left, right)

    def _plus(self, x: Value, number: float) -> Value:
        return self._builder.fadd(x, self._constant(number))

    def _line(self, x: Value, slope: float, begin: float) -> Value:
        return self._plus(self._times(x, self._constant(slope)), begin)

    def _times(self, left: Value, right: Value) -> Value:
        return self._builder.fmul(left, right)

    def _divide(self, left: Value, right: Value) -> Value:
        return self._builder.fdiv(left, right)

    def _smaller(self, left: Value, right: Value) -> Value:
        return self._choose(self._compare("<", left, right), left, right)

    def _larger(self, left: Value, right: Value) -> Value:
        return self._choose(self._compare(">", left, right), left, right)

    def _all(self, *masks: Value) -> Value:
        result = masks[0]
        for mask in masks[1:]:
            result = self._builder.and_(result, mask)
        return result

    def _positive(self, x: Value) -> Value:
        return self._all(self._compare(">", x, self._constant(0.0)), self._compare("<", x, self._constant(math.inf)))

    def _is_number(self, x: Value) -> Value:
        return self._compare("==", x, x)
