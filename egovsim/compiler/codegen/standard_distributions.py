"""Standard distributions: gamma, beta, Poisson and binomial numbers from uniform ones, mostly by rejection.

The methods are those of Marsaglia and Tsang, "A simple method for generating gamma variables", 2000, and of Hörmann,
"The transformed rejection method for generating Poisson random variables" and "The generation of binomial random
variates", 1993.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from egovsim.compiler.codegen.lanes import Value
from egovsim.compiler.codegen.random_numbers import Draws

_TRIES = 256
"""So many proposals are made for one value; each is taken with a probability of about a half or more."""

_SMALL_MEAN = 10.0
"""Up to this mean counts are found by counting up, above it by rejection."""

_MOST = 1e15
"""Counts beyond this are not whole numbers of a double any more."""


class Hat(NamedTuple):
    """A curve above a distribution of counts: where its middle is, how it falls, and when a proposal is sure.

    Names are those of Hörmann, "The transformed rejection method for generating Poisson random variables", 1993.
    """

    centre: Value
    a: Value
    b: Value
    inverse: Value
    quick: Value


class StandardDistributions(Draws):
    """Writes numbers of these distributions; what is drawn depends on the number of the attempt."""

    def _gammas(self, shape: Value, salt: int = 0) -> Callable[[Value], Value]:
        """Gamma numbers of scale 1 (Marsaglia and Tsang, 2000); a shape below 1 is raised by 1 and scaled back."""
        one, zero = self._constant(1.0), self._constant(0.0)
        small = self._compare("<", shape, one)
        raised = self._choose(small, self._builder.fadd(shape, one), shape)
        d = self._minus(raised, self._constant(1.0 / 3.0))
        c = self._divide(one, self._root(self._times(self._constant(9.0), d)))

        def proposal(first: Value, number: Value) -> tuple[Value, Value]:
            u, v = self._uniforms(self._builder.or_(first, number), salt)
            z = self._quantile(u)
            w = self._builder.fadd(one, self._times(c, z))
            cube = self._times(w, self._times(w, w))
            half = self._times(self._constant(0.5), self._times(z, z))
            logs = self._builder.fadd(self._minus(d, self._times(d, cube)), self._times(d, self._function("log", cube)))
            accepted = self._compare("<", self._function("log", v), self._builder.fadd(half, logs))
            return self._all(self._compare(">", w, zero), accepted), self._times(d, cube)

        def sample(first: Value) -> Value:
            value = self._until(self._is_number(raised), _TRIES, lambda number: proposal(first, number))
            u, _ = self._uniforms(first, salt + 1)
            return self._choose(small, self._times(value, self._function("pow", u, self._divide(one, shape))), value)

        return sample

    def _betas(self, a: Value, b: Value) -> Callable[[Value], Value]:
        left, right = self._gammas(a), self._gammas(b, salt=2)

        def sample(first: Value) -> Value:
            x, y = left(first), right(first)
            return self._divide(x, self._builder.fadd(x, y))

        return sample

    def _poisson(self, mean: Value, first: Value) -> Value:
        """Counting up for a small mean, transformed rejection for a large one (Hörmann's PTRS)."""
        limit, zero = self._constant(_SMALL_MEAN), self._constant(0.0)
        few = self._all(self._compare(">=", mean, zero), self._compare("<", mean, limit))
        many = self._all(self._compare(">=", mean, limit), self._compare("<", mean, self._constant(_MOST)))
        little, large = self._choose(few, mean, zero), self._choose(many, mean, limit)
        u, _ = self._uniforms(first)
        none = self._function("exp", self._negated(little))
        counted = self._counted_up(few, u, none, lambda k: self._divide(little, k))

        def log_probability(k: Value) -> Value:
            by_mean = self._minus(self._times(k, self._function("log", large)), large)
            return self._minus(by_mean, self._function("lgamma", self._plus(k, 1.0)))

        b = self._line(self._root(large), 2.53, 0.931)
        inverse = self._plus(self._divide(self._constant(1.1328), self._plus(b, -3.4)), 1.1239)
        quick = self._minus(self._constant(0.9277), self._divide(self._constant(3.6224), self._plus(b, -2.0)))
        hat = Hat(self._plus(large, 0.43), self._line(b, 0.02483, -0.059), b, inverse, quick)
        return self._choose(
            few, counted, self._transformed(many, first, hat, log_probability, self._constant(math.inf))
        )

    def _binomial(self, n: Value, probability: Value, first: Value) -> Value:
        """Successes are counted where they are the rarer side, else failures."""
        zero, one = self._constant(0.0), self._constant(1.0)
        probability = self._smaller(self._larger(probability, zero), one)
        mirrored = self._compare(">", probability, self._constant(0.5))
        n = self._intrinsic("llvm.floor", n)
        count = self._rarer(n, self._choose(mirrored, self._minus(one, probability), probability), first)
        return self._choose(mirrored, self._minus(n, count), count)

    def _rarer(self, n: Value, p: Value, first: Value) -> Value:
        """Counting up for a small mean, transformed rejection for a large one (Hörmann's BTRS)."""
        mean, q, limit = self._times(n, p), self._minus(self._constant(1.0), p), self._constant(_SMALL_MEAN)
        valid = self._all(self._compare(">=", n, self._constant(0.0)), self._compare("<", n, self._constant(_MOST)))
        few = self._all(valid, self._compare("<", mean, limit))
        many = self._all(valid, self._compare(">=", mean, limit))
        odds, after = self._divide(p, q), self._plus(n, 1.0)
        u, _ = self._uniforms(first)
        none = self._function("exp", self._times(n, self._function("log1p", self._negated(p))))
        counted = self._counted_up(few, u, none, lambda k: self._times(self._divide(self._minus(after, k), k), odds))
        mode = self._intrinsic("llvm.floor", self._times(after, p))

        def log_ways(k: Value) -> Value:
            yes, no = (self._function("lgamma", self._plus(count, 1.0)) for count in (k, self._minus(n, k)))
            return self._builder.fadd(yes, no)

        def log_probability(k: Value) -> Value:
            by_odds = self._times(self._minus(k, mode), self._function("log", odds))
            return self._builder.fadd(self._minus(log_ways(mode), log_ways(k)), by_odds)

        width = self._root(self._times(mean, q))
        b = self._line(width, 2.53, 1.15)
        a = self._builder.fadd(self._line(b, 0.0248, -0.0873), self._times(self._constant(0.01), p))
        inverse = self._times(self._plus(self._divide(self._constant(5.1), b), 2.83), width)
        quick = self._minus(self._constant(0.92), self._divide(self._constant(4.2), b))
        hat = Hat(self._plus(mean, 0.5), a, b, inverse, quick)
        return self._choose(few, counted, self._transformed(many, first, hat, log_probability, n))

    def _transformed(
        self, open: Value, first: Value, hat: Hat, log_probability: Callable[[Value], Value], most: Value
    ) -> Value:
        """Transformed rejection with a squeeze: a count near the middle of the hat, none above `most`."""
        builder, half, zero = self._builder, self._constant(0.5), self._constant(0.0)

        def proposal(number: Value) -> tuple[Value, Value]:
            u, v = self._uniforms(builder.or_(first, number))
            u = self._minus(u, half)
            reach = self._minus(half, self._intrinsic("llvm.fabs", u))
            slope = builder.fadd(self._divide(self._times(self._constant(2.0), hat.a), reach), hat.b)
            k = self._intrinsic("llvm.floor", builder.fadd(self._times(slope, u), hat.centre))
            inside = self._all(self._compare(">=", k, zero), self._compare("<=", k, most))
            sure = self._all(self._compare(">=", reach, self._constant(0.07)), self._compare("<=", v, hat.quick))
            height = builder.fadd(self._divide(hat.a, self._times(reach, reach)), hat.b)
            under = self._function("log", self._divide(self._times(v, hat.inverse), height))
            below = self._compare("<=", under, log_probability(self._choose(inside, k, zero)))
            return self._all(inside, builder.or_(sure, below)), k

        return self._until(open, _TRIES, proposal)
