"""The random functions of the language, as transformations of uniform numbers.

What Vensim cuts off at a lowest and a highest value is drawn from the distribution between them: through its
inverse where that has a formula, else by drawing again. Sources: Vensim's reference, "RANDOM Number Functions"
and "Distributions"; isee's help, "Statistical builtins".
"""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from llvmlite import ir

from egovsim.compiler.codegen.random_numbers import ATTEMPT_SHIFT, Draws

ATTEMPTS = 1024
"""So many values are drawn to find one between the bounds; when none is, the result is not a number."""

_TRIES = 256
"""So many proposals are made for one value; each is taken with a chance of about a half or more."""

_SMALL_MEAN = 10.0
"""Up to this mean counts are found by counting up, above it by rejection."""

_MOST = 1e15
"""Counts beyond this are not whole numbers of a double any more."""


class Cut(NamedTuple):
    """What is done to a standard value: stretched, shifted, and kept between a lowest and a highest one."""

    low: Any
    high: Any
    shift: Any
    stretch: Any


class Hat(NamedTuple):
    """A curve above a distribution of counts: where its middle is, how it falls, and when a proposal is sure.

    Names are those of Hörmann, "The transformed rejection method for generating Poisson random variables", 1993.
    """

    centre: Any
    a: Any
    b: Any
    inverse: Any
    quick: Any


def drawing_function(module: Any, lanes: int, function: str, count: int) -> Any:
    """Return the machine's function for a random function of so many arguments, written once a module.

    It takes seed, member, step, the number of the call as a 64-bit integer, and the arguments.
    """
    name = f"draw.{function}.{count}"
    found = module.globals.get(name)
    if found is None:
        vector = ir.VectorType(ir.DoubleType(), lanes)
        kinds = [vector, vector, vector, ir.IntType(64), *[vector] * count]
        found = ir.Function(module, ir.FunctionType(vector, kinds), name)
        found.linkage = "internal"
        found.attributes.add("noinline")
        builder = ir.IRBuilder(found.append_basic_block("entry"))
        seed, member, step, site, *arguments = found.args
        writer = Distributions(module, builder, lanes, seed=seed, member=member, step=step, site=site)
        builder.ret(writer.draw(function, arguments))
    return found


class Distributions(Draws):
    """Writes a random function of the language."""

    def draw(self, function: str, arguments: Sequence[Any]) -> Any:
        """Return its value; `arguments` are vectors in the language's own order."""
        return self._ROWS[function](self, *arguments)

    def _within(self, cut: Cut, valid: Any, sample: Callable[[Any], Any]) -> Any:
        """Draw until a value lies between the bounds."""

        def attempt(number: Any) -> tuple[Any, Any]:
            first = self._builder.shl(number, ir.Constant(ir.IntType(64), ATTEMPT_SHIFT))
            value = self._placed(sample(first), cut)
            return self._between(value, cut), value

        return self._until(self._all(valid, self._compare("<=", cut.low, cut.high)), ATTEMPTS, attempt)

    # Between bounds, by the inverse of a distribution

    def _placed(self, value: Any, cut: Cut) -> Any:
        return self._builder.fadd(cut.shift, self._builder.fmul(cut.stretch, value))

    def _between(self, value: Any, cut: Cut) -> Any:
        return self._all(self._compare(">=", value, cut.low), self._compare("<=", value, cut.high))

    def _interval(self, cut: Cut) -> tuple[Any, Any]:
        """Return between what a standard value must lie."""
        ends = [self._divide(self._minus(one, cut.shift), cut.stretch) for one in (cut.low, cut.high)]
        return self._smaller(*ends), self._larger(*ends)

    def _finished(self, value: Any, possible: Any, cut: Cut) -> Any:
        """Stretch and shift; hold what rounding has moved; not a number where nothing lies between the bounds."""
        placed = self._placed(value, cut)
        placed = self._smaller(self._larger(placed, cut.low), cut.high)
        still = self._compare("==", cut.stretch, self._constant(0.0))
        placed = self._choose(still, cut.shift, placed)
        possible = self._builder.or_(possible, still)
        good = self._all(possible, self._between(placed, cut))
        return self._choose(good, placed, self._constant(math.nan))

    def _exponential_between(self, u: Any, low: Any, high: Any) -> Any:
        """Draw from an exponential distribution of mean 1 between two bounds that are not negative."""
        span = self._minus(self._constant(1.0), self._function("exp", self._minus(low, high)))
        return self._minus(low, self._function("log", self._minus(self._constant(1.0), self._times(u, span))))

    # Rows of the table: Vensim's, each with lowest, highest, own parameters, shift, stretch, stream

    def _unit_uniform(self) -> Any:
        return self._uniforms()[0]

    def _uniform(self, low: Any, high: Any, stream: Any | None = None) -> Any:
        self._in_stream(stream)
        return self._builder.fadd(low, self._times(self._minus(high, low), self._uniforms()[0]))

    def _normal_cut(self, low: Any, high: Any, mean: Any, deviation: Any, stream: Any | None) -> Any:
        """The tail that is nearer to 0 is used, since chances near 1 have no room for small differences."""
        self._in_stream(stream)
        cut = Cut(low, high, mean, deviation)
        begin, end = self._interval(cut)
        mirrored = self._compare(">", begin, self._constant(0.0))
        first = self._below(self._choose(mirrored, self._negated(end), begin))
        last = self._below(self._choose(mirrored, self._negated(begin), end))
        mass = self._minus(last, first)
        chance = self._builder.fadd(first, self._times(self._uniforms()[0], mass))
        value = self._quantile(chance)
        value = self._choose(mirrored, self._negated(value), value)
        possible = self._builder.or_(self._compare(">", mass, self._constant(0.0)), self._compare("==", begin, end))
        return self._finished(value, possible, cut)

    def _exponential_cut(self, low: Any, high: Any, shift: Any, stretch: Any, stream: Any) -> Any:
        self._in_stream(stream)
        cut = Cut(low, high, shift, stretch)
        begin, end = self._interval(cut)
        begin = self._larger(begin, self._constant(0.0))
        value = self._exponential_between(self._uniforms()[0], begin, end)
        return self._finished(value, self._compare("<=", begin, end), cut)

    def _weibull_cut(self, low: Any, high: Any, shape: Any, shift: Any, stretch: Any, stream: Any) -> Any:
        """A power of an exponential value, scaled so that the mean is 1."""
        self._in_stream(stream)
        cut, one = Cut(low, high, shift, stretch), self._constant(1.0)
        power = self._divide(one, shape)
        mean = self._function("exp", self._function("lgamma", self._builder.fadd(one, power)))
        begin, end = self._interval(cut)
        possible = self._all(
            self._compare(">=", end, self._constant(0.0)), self._compare(">", shape, self._constant(0.0))
        )
        ends = [self._times(self._larger(one, self._constant(0.0)), mean) for one in (begin, end)]
        ends = [self._function("pow", one, shape) for one in ends]
        drawn = self._exponential_between(self._uniforms()[0], *ends)
        return self._finished(self._divide(self._function("pow", drawn, power), mean), possible, cut)

    def _triangular_cut(self, low: Any, high: Any, start: Any, peak: Any, stop: Any, stream: Any) -> Any:
        self._in_stream(stream)
        builder = self._builder
        up, down, whole = self._minus(peak, start), self._minus(stop, peak), self._minus(stop, start)
        begin, end = self._larger(low, start), self._smaller(high, stop)

        def below(x: Any) -> Any:
            rising, falling = self._minus(x, start), self._minus(stop, x)
            lower = self._divide(self._times(rising, rising), self._times(whole, up))
            upper = self._divide(self._times(falling, falling), self._times(whole, down))
            upper = self._minus(self._constant(1.0), upper)
            return self._choose(
                self._compare("<", x, peak),
                lower,
                self._choose(self._compare(">=", x, stop), self._constant(1.0), upper),
            )

        first, last = below(begin), below(end)
        chance = builder.fadd(first, self._times(self._uniforms()[0], self._minus(last, first)))
        rising = builder.fadd(start, self._root(self._times(chance, self._times(whole, up))))
        rest = self._times(self._minus(self._constant(1.0), chance), self._times(whole, down))
        value = self._choose(
            self._compare("<", self._times(chance, whole), up), rising, self._minus(stop, self._root(rest))
        )
        zero, one = self._constant(0.0), self._constant(1.0)
        return self._finished(value, self._compare("<=", begin, end), Cut(low, high, zero, one))

    def _gamma_cut(self, low: Any, high: Any, order: Any, shift: Any, stretch: Any, stream: Any) -> Any:
        """An order below 1 counts as 1 (Vensim's reference)."""
        self._in_stream(stream)
        cut, raised = Cut(low, high, shift, stretch), self._larger(order, self._constant(1.0))
        return self._within(cut, self._is_number(order), self._gammas(raised))

    def _beta_cut(self, low: Any, high: Any, a: Any, b: Any, shift: Any, stretch: Any, stream: Any) -> Any:
        self._in_stream(stream)
        return self._within(
            Cut(low, high, shift, stretch), self._all(self._positive(a), self._positive(b)), self._betas(a, b)
        )

    def _poisson_cut(self, low: Any, high: Any, mean: Any, shift: Any, stretch: Any, stream: Any | None) -> Any:
        self._in_stream(stream)
        return self._within(Cut(low, high, shift, stretch), self._is_number(mean), lambda n: self._poisson(mean, n))

    def _binomial_cut(
        self, low: Any, high: Any, chance: Any, trials: Any, shift: Any, stretch: Any, stream: Any
    ) -> Any:
        self._in_stream(stream)
        valid = self._all(self._is_number(chance), self._is_number(trials))
        return self._within(Cut(low, high, shift, stretch), valid, lambda n: self._binomial(trials, chance, n))

    def _negative_binomial_cut(
        self, low: Any, high: Any, chance: Any, successes: Any, shift: Any, stretch: Any, stream: Any
    ) -> Any:
        """Trials until so many successes: failures are Poisson numbers whose mean is a gamma number."""
        self._in_stream(stream)
        failing = self._divide(self._minus(self._constant(1.0), chance), chance)
        mean = self._gammas(successes, salt=2)
        valid = self._all(self._positive(chance), self._positive(successes))

        def trials(attempt: Any) -> Any:
            return self._builder.fadd(successes, self._poisson(self._times(mean(attempt), failing), attempt))

        return self._within(Cut(low, high, shift, stretch), valid, trials)

    # XMILE's: parameters, then seed, then bounds

    def _xmile_normal(self, mean: Any, deviation: Any, seed: Any | None = None, *bounds: Any) -> Any:
        if bounds:
            return self._normal_cut(bounds[0], bounds[1], mean, deviation, seed)
        self._in_stream(seed)
        return self._builder.fadd(mean, self._times(deviation, self._quantile(self._uniforms()[0])))

    def _lognormal(self, mean: Any, deviation: Any, seed: Any | None = None) -> Any:
        return self._function("exp", self._xmile_normal(mean, deviation, seed))

    def _exprnd(self, mean: Any, seed: Any | None = None) -> Any:
        self._in_stream(seed)
        return self._times(mean, self._negated(self._function("log", self._uniforms()[0])))

    def _xmile_poisson(self, mean: Any, seed: Any | None = None, *bounds: Any) -> Any:
        low, high = bounds or self._unbounded()
        return self._poisson_cut(low, high, mean, self._constant(0.0), self._constant(1.0), seed)

    def _xmile_beta(self, a: Any, b: Any, seed: Any | None = None) -> Any:
        return self._beta_cut(*self._unbounded(), a, b, self._constant(0.0), self._constant(1.0), seed)

    def _xmile_gamma(self, shape: Any, scale: Any, seed: Any | None = None) -> Any:
        self._in_stream(seed)
        cut = Cut(*self._unbounded(), self._constant(0.0), scale)
        return self._within(cut, self._positive(shape), self._gammas(shape))

    def _xmile_binomial(self, trials: Any, chance: Any, seed: Any | None = None) -> Any:
        zero, one = self._constant(0.0), self._constant(1.0)
        return self._binomial_cut(*self._unbounded(), chance, trials, zero, one, seed)

    def _xmile_triangular(self, start: Any, peak: Any, stop: Any, seed: Any | None = None) -> Any:
        return self._triangular_cut(*self._unbounded(), start, peak, stop, seed)

    def _xmile_weibull(self, shape: Any, scale: Any, seed: Any | None = None) -> Any:
        self._in_stream(seed)
        drawn = self._negated(self._function("log", self._uniforms()[0]))
        return self._times(scale, self._function("pow", drawn, self._divide(self._constant(1.0), shape)))

    def _logistic(self, mean: Any, scale: Any, seed: Any | None = None) -> Any:
        self._in_stream(seed)
        u, _ = self._uniforms()
        odds = self._divide(u, self._minus(self._constant(1.0), u))
        return self._builder.fadd(mean, self._times(scale, self._function("log", odds)))

    def _unbounded(self) -> tuple[Any, Any]:
        return self._constant(-math.inf), self._constant(math.inf)

    # Standard distributions

    def _gammas(self, shape: Any, salt: int = 0) -> Callable[[Any], Any]:
        """Gamma numbers of scale 1 (Marsaglia and Tsang, 2000); a shape below 1 is raised by 1 and scaled back."""
        one, zero = self._constant(1.0), self._constant(0.0)
        small = self._compare("<", shape, one)
        raised = self._choose(small, self._builder.fadd(shape, one), shape)
        d = self._minus(raised, self._constant(1.0 / 3.0))
        c = self._divide(one, self._root(self._times(self._constant(9.0), d)))

        def proposal(first: Any, number: Any) -> tuple[Any, Any]:
            u, v = self._uniforms(self._builder.or_(first, number), salt)
            z = self._quantile(u)
            w = self._builder.fadd(one, self._times(c, z))
            cube = self._times(w, self._times(w, w))
            half = self._times(self._constant(0.5), self._times(z, z))
            logs = self._builder.fadd(self._minus(d, self._times(d, cube)), self._times(d, self._function("log", cube)))
            accepted = self._compare("<", self._function("log", v), self._builder.fadd(half, logs))
            return self._all(self._compare(">", w, zero), accepted), self._times(d, cube)

        def sample(first: Any) -> Any:
            value = self._until(self._is_number(raised), _TRIES, lambda number: proposal(first, number))
            u, _ = self._uniforms(first, salt + 1)
            return self._choose(small, self._times(value, self._function("pow", u, self._divide(one, shape))), value)

        return sample

    def _betas(self, a: Any, b: Any) -> Callable[[Any], Any]:
        left, right = self._gammas(a), self._gammas(b, salt=2)

        def sample(first: Any) -> Any:
            x, y = left(first), right(first)
            return self._divide(x, self._builder.fadd(x, y))

        return sample

    def _poisson(self, mean: Any, first: Any) -> Any:
        """Counting up for a small mean, transformed rejection for a large one (Hörmann's PTRS)."""
        limit, zero = self._constant(_SMALL_MEAN), self._constant(0.0)
        few = self._all(self._compare(">=", mean, zero), self._compare("<", mean, limit))
        many = self._all(self._compare(">=", mean, limit), self._compare("<", mean, self._constant(_MOST)))
        little, large = self._choose(few, mean, zero), self._choose(many, mean, limit)
        u, _ = self._uniforms(first)
        none = self._function("exp", self._negated(little))
        counted = self._counted_up(few, u, none, lambda k: self._divide(little, k))

        def log_chance(k: Any) -> Any:
            by_mean = self._minus(self._times(k, self._function("log", large)), large)
            return self._minus(by_mean, self._function("lgamma", self._plus(k, 1.0)))

        b = self._line(self._root(large), 2.53, 0.931)
        inverse = self._plus(self._divide(self._constant(1.1328), self._plus(b, -3.4)), 1.1239)
        quick = self._minus(self._constant(0.9277), self._divide(self._constant(3.6224), self._plus(b, -2.0)))
        hat = Hat(self._plus(large, 0.43), self._line(b, 0.02483, -0.059), b, inverse, quick)
        return self._choose(few, counted, self._transformed(many, first, hat, log_chance, self._constant(math.inf)))

    def _binomial(self, trials: Any, chance: Any, first: Any) -> Any:
        """Successes are counted where they are the rarer side, else failures."""
        zero, one = self._constant(0.0), self._constant(1.0)
        chance = self._smaller(self._larger(chance, zero), one)
        mirrored = self._compare(">", chance, self._constant(0.5))
        n = self._intrinsic("llvm.floor", trials)
        count = self._rarer(n, self._choose(mirrored, self._minus(one, chance), chance), first)
        return self._choose(mirrored, self._minus(n, count), count)

    def _rarer(self, n: Any, p: Any, first: Any) -> Any:
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

        def log_ways(k: Any) -> Any:
            return self._builder.fadd(
                *(self._function("lgamma", self._plus(one, 1.0)) for one in (k, self._minus(n, k)))
            )

        def log_chance(k: Any) -> Any:
            by_odds = self._times(self._minus(k, mode), self._function("log", odds))
            return self._builder.fadd(self._minus(log_ways(mode), log_ways(k)), by_odds)

        width = self._root(self._times(mean, q))
        b = self._line(width, 2.53, 1.15)
        a = self._builder.fadd(self._line(b, 0.0248, -0.0873), self._times(self._constant(0.01), p))
        inverse = self._times(self._plus(self._divide(self._constant(5.1), b), 2.83), width)
        quick = self._minus(self._constant(0.92), self._divide(self._constant(4.2), b))
        hat = Hat(self._plus(mean, 0.5), a, b, inverse, quick)
        return self._choose(few, counted, self._transformed(many, first, hat, log_chance, n))

    def _transformed(self, open: Any, first: Any, hat: Hat, log_chance: Callable[[Any], Any], most: Any) -> Any:
        """Transformed rejection with a squeeze: a count near the middle of the hat, none above `most`."""
        builder, half, zero = self._builder, self._constant(0.5), self._constant(0.0)

        def proposal(number: Any) -> tuple[Any, Any]:
            u, v = self._uniforms(builder.or_(first, number))
            u = self._minus(u, half)
            reach = self._minus(half, self._intrinsic("llvm.fabs", u))
            slope = builder.fadd(self._divide(self._times(self._constant(2.0), hat.a), reach), hat.b)
            k = self._intrinsic("llvm.floor", builder.fadd(self._times(slope, u), hat.centre))
            inside = self._all(self._compare(">=", k, zero), self._compare("<=", k, most))
            sure = self._all(self._compare(">=", reach, self._constant(0.07)), self._compare("<=", v, hat.quick))
            height = builder.fadd(self._divide(hat.a, self._times(reach, reach)), hat.b)
            under = self._function("log", self._divide(self._times(v, hat.inverse), height))
            below = self._compare("<=", under, log_chance(self._choose(inside, k, zero)))
            return self._all(inside, builder.or_(sure, below)), k

        return self._until(open, _TRIES, proposal)

    _ROWS: ClassVar[dict[str, Callable[..., Any]]] = {
        "random 0 1": _unit_uniform,
        "random uniform": _uniform,
        "random normal": _normal_cut,
        "random exponential": _exponential_cut,
        "random gamma": _gamma_cut,
        "random weibull": _weibull_cut,
        "random poisson": _poisson_cut,
        "random beta": _beta_cut,
        "random binomial": _binomial_cut,
        "random negative binomial": _negative_binomial_cut,
        "random triangular": _triangular_cut,
        "uniform": _uniform,
        "normal": _xmile_normal,
        "lognormal": _lognormal,
        "exprnd": _exprnd,
        "poisson": _xmile_poisson,
        "beta": _xmile_beta,
        "gamma": _xmile_gamma,
        "binomial": _xmile_binomial,
        "triangular": _xmile_triangular,
        "weibull": _xmile_weibull,
        "logistic": _logistic,
    }
