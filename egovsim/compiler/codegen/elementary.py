"""exp, ln and powers of whole vectors: the same operations in every lane, so the same bits in any lane width.

Errors stay below one unit in the last place; the tests compare with exact values. The methods are the textbook's
(J.-M. Muller, "Elementary Functions", 2nd edition, chapters 4 and 8): reduction of the argument by powers of two,
a series in what is left, and pairs of numbers, large and small, where one does not hold enough digits.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, Value

_EXPONENT_BIAS, _FRACTION_BITS = 1023, 52
_WHOLE = 1.5 * 2.0**_FRACTION_BITS
"""Added to a small number, it leaves the nearest whole number in the last bits."""

_LN2, _LN2_REST = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c76730p-45")
"""A pair that sums to ln 2. The larger has 42 bits: its product with an exponent is exact."""

_THIRD, _THIRD_REST = 1.0 / 3.0, float.fromhex("0x1.5555555555555p-56")
_EXP_SERIES = tuple(1.0 / math.factorial(power) for power in range(2, 14))
_ARTANH_SERIES = tuple(1.0 / odd for odd in range(5, 24, 2))
_LOWEST_EXP, _HIGHEST_EXP = -746.0, 710.0
_LARGEST_POWER = 200.0
"""Up to this size of y ln x a power is made here; beyond, and for special arguments, by the maths library."""


class Elementary(Lanes):
    """Writes exponential functions and logarithms into one function."""

    def exp(self, x: Value) -> Value:
        """Write e to the power of x.

        Parameters
        ----------
        x : ir.Value
            Vector of numbers.

        Returns
        -------
        ir.Value
            Not a number where x is not.
        """
        return self._exp(self._clamped(x, _LOWEST_EXP, _HIGHEST_EXP), None)

    def ln(self, x: Value) -> Value:
        """Write the natural logarithm of x.

        Parameters
        ----------
        x : ir.Value
            Vector of numbers.

        Returns
        -------
        ir.Value
            Not a number below 0, and minus infinity at 0.
        """
        value = self._log(x)[0]
        zero, infinity = self._constant(0.0), self._constant(math.inf)
        value = self._choose(self._compare("==", x, infinity), infinity, value)
        value = self._choose(self._compare("==", x, zero), self._constant(-math.inf), value)
        return self._choose(self._builder.fcmp_unordered("<", x, zero), self._constant(math.nan), value)

    def power(self, x: Value, y: Value) -> Value:
        """Write x to the power of y as a call of a function that stands once in the module.

        Parameters
        ----------
        x, y : ir.Value
            Vectors of numbers.

        Returns
        -------
        ir.Value
            Special cases are as in C (ISO/IEC 9899, F.10.4.4).
        """
        name = f"egovsim.power.v{self._lanes}"
        function = self._module.globals.get(name)
        if function is None:
            function = ir.Function(self._module, ir.FunctionType(self._vector, [self._vector, self._vector]), name)
            function.linkage = "internal"
            inside = Elementary(self._module, ir.IRBuilder(function.append_basic_block()), self._lanes)
            inside._builder.ret(inside._power(*function.args))
        return self._builder.call(function, [x, y])

    def _power(self, x: Value, y: Value) -> Value:
        builder = self._builder
        high, low = self._log(x)
        size = builder.fmul(y, high)
        fast = self._exp(size, builder.fadd(self._fused(y, high, builder.fneg(size)), builder.fmul(y, low)))
        usual = builder.and_(
            self._compare("<", self._intrinsic("llvm.fabs", size), self._constant(_LARGEST_POWER)),
            builder.and_(self._compare(">", x, self._constant(0.0)), self._compare("<", x, self._constant(math.inf))),
        )
        before = builder.block
        with builder.if_then(builder.not_(self._all(usual)), likely=False):
            mixed = self._choose(usual, fast, self._by_lane("pow", [x, y]))
            rare = builder.block
        result = builder.phi(self._vector)
        result.add_incoming(fast, before)
        result.add_incoming(mixed, rare)
        return result

    def _exp(self, x: Value, rest: Value | None) -> Value:
        """e to the power of x, or of x and a small rest together; x within the limits of exp."""
        builder = self._builder
        whole = self._fused(x, self._constant(1.0 / math.log(2.0)), self._constant(_WHOLE))
        power = builder.fsub(whole, self._constant(_WHOLE))
        minus = builder.fneg(power)
        long = self._fused(minus, self._constant(_LN2), x)  # nothing is lost: the digits in front cancel
        rest = (
            builder.fmul(minus, self._constant(_LN2_REST))
            if rest is None
            else self._fused(minus, self._constant(_LN2_REST), rest)
        )
        left, lost = self._sum(long, rest)
        series = self._fused(builder.fmul(left, left), self._series(_EXP_SERIES, left), lost)
        value, lost = self._sum(self._constant(1.0), left)
        value = builder.fadd(value, builder.fadd(lost, series))
        half = self._intrinsic("llvm.floor", builder.fmul(power, self._constant(0.5)))
        value = builder.fmul(value, self._power_of_two(half))  # in two steps: the whole may be out of range
        return builder.fmul(value, self._power_of_two(builder.fsub(power, half)))

    def _power_of_two(self, whole: Value) -> Value:
        """2 to the power of a small whole number: its last bits become an exponent."""
        bits = self._bits(self._builder.fadd(whole, self._constant(_WHOLE + _EXPONENT_BIAS)))
        return self._number(self._builder.shl(bits, self._integers(_FRACTION_BITS)))

    def _log(self, x: Value) -> tuple[Value, Value]:
        """The natural logarithm of a positive finite number as a pair, large and small.

        x is m times a power of two, m within a factor of the root of two around 1. With s = (m - 1) / (m + 1)
        ln m is 2 (s + s^3 / 3 + s^5 / 5 + ...); s and the cubic term are kept as pairs.
        """
        builder, one = self._builder, self._constant(1.0)
        exponent, m = self._split(x)
        whole = builder.fadd(m, one)
        lost = builder.fsub(m, builder.fsub(whole, one))
        inverse, difference = builder.fdiv(one, whole), builder.fsub(m, one)
        s = builder.fmul(difference, inverse)
        minus = builder.fneg(s)
        remainder = self._fused(minus, lost, self._fused(minus, whole, difference))
        s_rest = builder.fmul(remainder, inverse)
        square = builder.fmul(s, s)
        square_rest = self._fused(s, s, builder.fneg(square))
        third = self._constant(_THIRD)
        cubic = builder.fmul(square, third)
        cubic_rest = builder.fadd(
            self._fused(square, third, builder.fneg(cubic)),
            self._fused(square, self._constant(_THIRD_REST), builder.fmul(square_rest, third)),
        )
        higher = self._fused(builder.fmul(square, square), self._series(_ARTANH_SERIES, square), cubic_rest)
        term = builder.fmul(s, cubic)
        rest = self._fused(s, higher, self._fused(s, cubic, builder.fneg(term)))
        rest = builder.fadd(self._fused(s_rest, square, rest), s_rest)
        total, error = self._sum(s, term)
        rest = builder.fadd(rest, error)
        two = self._constant(2.0)
        high, error = self._sum(builder.fmul(exponent, self._constant(_LN2)), builder.fmul(total, two))
        low = self._fused(exponent, self._constant(_LN2_REST), builder.fmul(rest, two))
        return self._sum(high, builder.fadd(error, low))

    def _split(self, x: Value) -> tuple[Value, Value]:
        """Return exponent and m of a positive number, its exponent as a number."""
        builder = self._builder
        small = self._compare("<", x, self._constant(2.0**-1022))  # such a number has no exponent of its own
        bits = self._bits(self._choose(small, builder.fmul(x, self._constant(2.0**54)), x))
        root = _bits_of(math.sqrt(0.5))
        moved = builder.add(bits, self._integers((_EXPONENT_BIAS << _FRACTION_BITS) - root))
        biased = builder.lshr(moved, self._integers(_FRACTION_BITS))
        power = builder.shl(builder.sub(biased, self._integers(_EXPONENT_BIAS)), self._integers(_FRACTION_BITS))
        m = self._number(builder.sub(bits, power))
        large = _bits_of(2.0**_FRACTION_BITS)
        exponent = self._number(builder.or_(biased, self._integers(large)))
        scaled = self._choose(
            small,
            self._constant(2.0**_FRACTION_BITS + _EXPONENT_BIAS + 54),
            self._constant(2.0**_FRACTION_BITS + _EXPONENT_BIAS),
        )
        return builder.fsub(exponent, scaled), m

    def _sum(self, large: Value, small: Value) -> tuple[Value, Value]:
        """The sum of two numbers, the first the larger or 0, and what its rounding lost."""
        total = self._builder.fadd(large, small)
        return total, self._builder.fsub(small, self._builder.fsub(total, large))

    def _series(self, coefficients: Sequence[float], x: Value) -> Value:
        """A polynomial, lowest coefficient first, by halves: few steps have to wait for each other."""
        terms = [self._constant(coefficient) for coefficient in coefficients]
        while len(terms) > 1:
            pairs = [self._fused(x, high, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
            terms = [*pairs, *terms[2 * len(pairs) :]]
            x = self._builder.fmul(x, x)
        return terms[0]

    def _fused(self, a: Value, b: Value, c: Value) -> Value:
        """a b + c, rounded once."""
        return self._builder.call(self._vector_function(f"llvm.fma.v{self._lanes}f64", 3), [a, b, c])

    def _all(self, mask: Value) -> Value:
        """Whether a mask is set in every lane."""
        bits = self._builder.bitcast(mask, ir.IntType(self._lanes))
        return self._builder.icmp_unsigned("==", bits, ir.Constant(ir.IntType(self._lanes), -1))

    def _bits(self, x: Value) -> Value:
        return self._builder.bitcast(x, ir.VectorType(ir.IntType(64), self._lanes))

    def _number(self, bits: Value) -> Value:
        return self._builder.bitcast(bits, self._vector)

    def _integers(self, value: int) -> Value:
        return ir.Constant(ir.VectorType(ir.IntType(64), self._lanes), [value] * self._lanes)


def _bits_of(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]
