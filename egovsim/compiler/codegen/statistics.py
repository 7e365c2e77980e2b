"""Stella's statistical functions that draw nothing, as vector instructions."""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

from egovsim.compiler.codegen.lanes import Lanes
from egovsim.compiler.codegen.random_numbers import normal_quantile

_LARGEST_FACTORIAL = 170.0
"""Of a larger number the factorial is more than a double holds."""


class Statistics(Lanes):
    """Emits them; what is counted in whole ones is rounded to them."""

    def value(self, function: str, *arguments: Any) -> Any:
        """Emit a function of the language, its arguments in the language's own order."""
        return self.ROWS[function](self, *arguments)

    def _factorial(self, n: Any) -> Any:
        return self._whole(self._gamma(n))

    def _permutations(self, n: Any, r: Any) -> Any:
        """n! / (n - r)!"""
        rest = self._builder.fsub(n, r)
        return self._counted(n, r, self._builder.fdiv(self._gamma(n), self._gamma(rest)), (n,), (rest,))

    def _combinations(self, n: Any, r: Any) -> Any:
        """n! / (r! (n - r)!)"""
        rest = self._builder.fsub(n, r)
        below = self._builder.fmul(self._gamma(r), self._gamma(rest))
        return self._counted(n, r, self._builder.fdiv(self._gamma(n), below), (n,), (r, rest))

    def _counted(self, n: Any, r: Any, small: Any, above: tuple[Any, ...], below: tuple[Any, ...]) -> Any:
        """Choose between factorials and, where they are too large, their logarithms; 0 where r is not within n."""
        logarithm = self._constant(0.0)
        for one in above:
            logarithm = self._builder.fadd(logarithm, self._log_gamma(one))
        for one in below:
            logarithm = self._builder.fsub(logarithm, self._log_gamma(one))
        large = self._by_lane("exp", [logarithm])
        fits = self._compare("<=", n, self._constant(_LARGEST_FACTORIAL))
        outside = self._builder.or_(self._compare("<", r, self._constant(0.0)), self._compare(">", r, n))
        return self._choose(outside, self._constant(0.0), self._whole(self._choose(fits, small, large)))

    def _gamma(self, n: Any) -> Any:
        """Return n!, the gamma function of n + 1."""
        return self._by_lane("tgamma", [self._builder.fadd(n, self._constant(1.0))])

    def _log_gamma(self, n: Any) -> Any:
        return self._by_lane("lgamma", [self._builder.fadd(n, self._constant(1.0))])

    def _whole(self, x: Any) -> Any:
        return self._intrinsic("llvm.round", x)

    def _normal_between(self, left: Any, right: Any, mean: Any | None = None, deviation: Any | None = None) -> Any:
        """The nearer tail is used, since chances near 1 have no room for small differences."""
        builder, zero = self._builder, self._constant(0.0)
        if mean is not None and deviation is not None:
            left, right = (builder.fdiv(builder.fsub(one, mean), deviation) for one in (left, right))
        mirrored = self._compare(">", left, zero)
        first = self._choose(mirrored, builder.fneg(right), left)
        last = self._choose(mirrored, builder.fneg(left), right)
        return builder.fsub(self._below(last), self._below(first))

    def _below(self, x: Any) -> Any:
        scaled = self._builder.fmul(x, self._constant(-math.sqrt(0.5)))
        return self._builder.fmul(self._constant(0.5), self._by_lane("erfc", [scaled]))

    def _normal_inverse(self, chance: Any, mean: Any | None = None, deviation: Any | None = None) -> Any:
        value = self._builder.call(normal_quantile(self._module, self._lanes), [chance])
        if mean is None or deviation is None:
            return value
        return self._builder.fadd(mean, self._builder.fmul(deviation, value))

    ROWS: ClassVar[dict[str, Callable[..., Any]]] = {
        "factorial": _factorial,
        "permutations": _permutations,
        "combinations": _combinations,
        "normalcdf": _normal_between,
        "invnorm": _normal_inverse,
    }
