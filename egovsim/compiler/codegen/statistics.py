"""Stella's statistical functions that draw nothing, as vector instructions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from egovsim.compiler.codegen.lanes import Lanes, Value
from egovsim.compiler.codegen.normal_quantile import normal_quantile

_LARGEST_FACTORIAL = 170.0
"""Of a larger number the factorial is more than a double holds."""


class Statistics(Lanes):
    """Emits them; what is counted in whole ones is rounded to them."""

    def value(self, function: str, *arguments: Value) -> Value:
        """Emit a function of the language.

        Parameters
        ----------
        function : str
            A key of `ROWS`.
        *arguments : ir.Value
            Vectors, in the language's own order.

        Returns
        -------
        ir.Value
            Its values, a vector.
        """
        return self.ROWS[function](self, *arguments)

    def _factorial(self, n: Value) -> Value:
        return self._whole(self._gamma(n))

    def _permutations(self, n: Value, r: Value) -> Value:
        """n! / (n - r)!"""
        rest = self._builder.fsub(n, r)
        return self._counted(n, r, self._builder.fdiv(self._gamma(n), self._gamma(rest)), (n,), (rest,))

    def _combinations(self, n: Value, r: Value) -> Value:
        """n! / (r! (n - r)!)"""
        rest = self._builder.fsub(n, r)
        below = self._builder.fmul(self._gamma(r), self._gamma(rest))
        return self._counted(n, r, self._builder.fdiv(self._gamma(n), below), (n,), (r, rest))

    def _counted(self, n: Value, r: Value, small: Value, above: tuple[Value, ...], below: tuple[Value, ...]) -> Value:
        """Choose between factorials and, where they are too large, their logarithms; 0 where r is not within n."""
        logarithm = self._constant(0.0)
        for number in above:
            logarithm = self._builder.fadd(logarithm, self._log_gamma(number))
        for number in below:
            logarithm = self._builder.fsub(logarithm, self._log_gamma(number))
        large = self._by_lane("exp", [logarithm])
        fits = self._compare("<=", n, self._constant(_LARGEST_FACTORIAL))
        outside = self._builder.or_(self._compare("<", r, self._constant(0.0)), self._compare(">", r, n))
        return self._choose(outside, self._constant(0.0), self._whole(self._choose(fits, small, large)))

    def _gamma(self, n: Value) -> Value:
        """Return n!, the gamma function of n + 1."""
        return self._by_lane("tgamma", [self._builder.fadd(n, self._constant(1.0))])

    def _log_gamma(self, n: Value) -> Value:
        return self._by_lane("lgamma", [self._builder.fadd(n, self._constant(1.0))])

    def _whole(self, x: Value) -> Value:
        return self._intrinsic("llvm.round", x)

    def _normal_between(
        self, left: Value, right: Value, mean: Value | None = None, deviation: Value | None = None
    ) -> Value:
        """The nearer tail is used, since probabilities near 1 have no room for small differences."""
        builder, zero = self._builder, self._constant(0.0)
        if mean is not None and deviation is not None:
            left, right = (builder.fdiv(builder.fsub(bound, mean), deviation) for bound in (left, right))
        mirrored = self._compare(">", left, zero)
        first = self._choose(mirrored, builder.fneg(right), left)
        last = self._choose(mirrored, builder.fneg(left), right)
        return builder.fsub(self._below(last), self._below(first))

    def _below(self, x: Value) -> Value:
        scaled = self._builder.fmul(x, self._constant(-math.sqrt(0.5)))
        return self._builder.fmul(self._constant(0.5), self._by_lane("erfc", [scaled]))

    def _normal_inverse(self, probability: Value, mean: Value | None = None, deviation: Value | None = None) -> Value:
        value = self._builder.call(normal_quantile(self._module, self._lanes), [probability])
        if mean is None or deviation is None:
            return value
        return self._builder.fadd(mean, self._builder.fmul(deviation, value))

    ROWS: ClassVar[dict[str, Callable[..., Value]]] = {
        "factorial": _factorial,
        "permutations": _permutations,
        "combinations": _combinations,
        "normalcdf": _normal_between,
        "invnorm": _normal_inverse,
    }
