"""The random functions of the language, as transformations of uniform numbers.

What Vensim cuts off at a lowest and a highest value is drawn from the distribution between them: through its
inverse where that has a formula, else by drawing again. Sources: Vensim's reference, "RANDOM Number Functions"
and "Distributions"; isee's help, "Statistical builtins".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Value
from egovsim.compiler.codegen.random_numbers import ATTEMPT_SHIFT
from egovsim.compiler.codegen.standard_distributions import StandardDistributions

ATTEMPTS = 1024
"""So many values are drawn to find one between the bounds; when none is, the result is not a number."""


class Cut(NamedTuple):
    """What is done to a standard value: stretched, shifted, and kept between a lowest and a highest one."""

    low: Value
    high: Value
    shift: Value
    stretch: Value


def drawing_function(module: ir.Module, lanes: int, function: str, count: int) -> Value:
    """Write a random function of the language for so many arguments, once a module.

    Parameters
    ----------
    module : ir.Module
        Where to.
    lanes : int
        How many members a vector holds.
    function : str
        A key of ``FUNCTIONS``.
    count : int
        How many arguments it is given.

    Returns
    -------
    ir.Value
        A function of seed, member, step, the number of the call as a 64-bit integer, and the arguments.
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
        seed, member, step, call, *arguments = found.args
        writer = Distributions(module, builder, lanes, seed=seed, member=member, step=step, call=call)
        builder.ret(writer.draw(function, arguments))
    return found


class Distributions(StandardDistributions):
    """Writes a random function of the language."""

    def draw(self, function: str, arguments: Sequence[Value]) -> Value:
        """Write the function.

        Parameters
        ----------
        function : str
            A key of ``FUNCTIONS``.
        arguments : sequence of ir.Value
            Vectors, in the language's own order.

        Returns
        -------
        ir.Value
            What is drawn, a vector; not a number where an argument makes no sense.
        """
        return self._ROWS[function](self, *arguments)

    def _within(self, cut: Cut, valid: Value, sample: Callable[[Value], Value]) -> Value:
        """Draw until a value lies between the bounds."""

        def attempt(number: Value) -> tuple[Value, Value]:
            first = self._builder.shl(number, ir.Constant(ir.IntType(64), ATTEMPT_SHIFT))
            value = self._placed(sample(first), cut)
            return self._between(value, cut), value

        return self._until(self._all(valid, self._compare("<=", cut.low, cut.high)), ATTEMPTS, attempt)

    # Between bounds, by the inverse of a distribution

    def _placed(self, value: Value, cut: Cut) -> Value:
        return self._builder.fadd(cut.shift, self._builder.fmul(cut.stretch, value))

    def _between(self, value: Value, cut: Cut) -> Value:
        return self._all(self._compare(">=", value, cut.low), self._compare("<=", value, cut.high))

    def _interval(self, cut: Cut) -> tuple[Value, Value]:
        """Return between what a standard value must lie."""
        ends = [self._divide(self._minus(bound, cut.shift), cut.stretch) for bound in (cut.low, cut.high)]
        return self._smaller(*ends), self._larger(*ends)

    def _finished(self, value: Value, possible: Value, cut: Cut) -> Value:
        """Stretch and shift; hold what rounding has moved; not a number where nothing lies between the bounds."""
        placed = self._placed(value, cut)
        placed = self._smaller(self._larger(placed, cut.low), cut.high)
        still = self._compare("==", cut.stretch, self._constant(0.0))
        placed = self._choose(still, cut.shift, placed)
        possible = self._builder.or_(possible, still)
        good = self._all(possible, self._between(placed, cut))
        return self._choose(good, placed, self._constant(math.nan))

    def _exponential_between(self, u: Value, low: Value, high: Value) -> Value:
        """Draw from an exponential distribution of mean 1 between two bounds that are not negative."""
        span = self._minus(self._constant(1.0), self._function("exp", self._minus(low, high)))
        return self._minus(low, self._function("log", self._minus(self._constant(1.0), self._times(u, span))))

    # Rows of the table: Vensim's, each with lowest, highest, own parameters, shift, stretch, stream

    def _unit_uniform(self) -> Value:
        return self._uniforms()[0]

    def _uniform(self, low: Value, high: Value, stream: Value | None = None) -> Value:
        self._in_stream(stream)
        return self._builder.fadd(low, self._times(self._minus(high, low), self._uniforms()[0]))

    def _normal_cut(self, low: Value, high: Value, mean: Value, deviation: Value, stream: Value | None) -> Value:
        """The tail that is nearer to 0 is used, since probabilitys near 1 have no room for small differences."""
        self._in_stream(stream)
        cut = Cut(low, high, mean, deviation)
        begin, end = self._interval(cut)
        mirrored = self._compare(">", begin, self._constant(0.0))
        first = self._below(self._choose(mirrored, self._negated(end), begin))
        last = self._below(self._choose(mirrored, self._negated(begin), end))
        mass = self._minus(last, first)
        probability = self._builder.fadd(first, self._times(self._uniforms()[0], mass))
        value = self._quantile(probability)
        value = self._choose(mirrored, self._negated(value), value)
        possible = self._builder.or_(self._compare(">", mass, self._constant(0.0)), self._compare("==", begin, end))
        return self._finished(value, possible, cut)

    def _exponential_cut(self, low: Value, high: Value, shift: Value, stretch: Value, stream: Value | None) -> Value:
        self._in_stream(stream)
        cut = Cut(low, high, shift, stretch)
        begin, end = self._interval(cut)
        begin = self._larger(begin, self._constant(0.0))
        value = self._exponential_between(self._uniforms()[0], begin, end)
        return self._finished(value, self._compare("<=", begin, end), cut)

    def _weibull_cut(
        self, low: Value, high: Value, shape: Value, shift: Value, stretch: Value, stream: Value | None
    ) -> Value:
        """A power of an exponential value, scaled so that the mean is 1."""
        self._in_stream(stream)
        cut, one = Cut(low, high, shift, stretch), self._constant(1.0)
        power = self._divide(one, shape)
        mean = self._function("exp", self._function("lgamma", self._builder.fadd(one, power)))
        begin, end = self._interval(cut)
        possible = self._all(
            self._compare(">=", end, self._constant(0.0)), self._compare(">", shape, self._constant(0.0))
        )
        ends = [self._times(self._larger(bound, self._constant(0.0)), mean) for bound in (begin, end)]
        ends = [self._function("pow", bound, shape) for bound in ends]
        drawn = self._exponential_between(self._uniforms()[0], *ends)
        return self._finished(self._divide(self._function("pow", drawn, power), mean), possible, cut)

    def _triangular_cut(
        self, low: Value, high: Value, start: Value, peak: Value, stop: Value, stream: Value | None
    ) -> Value:
        self._in_stream(stream)
        builder = self._builder
        up, down, whole = self._minus(peak, start), self._minus(stop, peak), self._minus(stop, start)
        begin, end = self._larger(low, start), self._smaller(high, stop)

        def below(x: Value) -> Value:
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
        probability = builder.fadd(first, self._times(self._uniforms()[0], self._minus(last, first)))
        rising = builder.fadd(start, self._root(self._times(probability, self._times(whole, up))))
        rest = self._times(self._minus(self._constant(1.0), probability), self._times(whole, down))
        value = self._choose(
            self._compare("<", self._times(probability, whole), up), rising, self._minus(stop, self._root(rest))
        )
        zero, one = self._constant(0.0), self._constant(1.0)
        return self._finished(value, self._compare("<=", begin, end), Cut(low, high, zero, one))

    def _gamma_cut(
        self, low: Value, high: Value, order: Value, shift: Value, stretch: Value, stream: Value | None
    ) -> Value:
        """An order below 1 counts as 1 (Vensim's reference)."""
        self._in_stream(stream)
        cut, raised = Cut(low, high, shift, stretch), self._larger(order, self._constant(1.0))
        return self._within(cut, self._is_number(order), self._gammas(raised))

    def _beta_cut(
        self, low: Value, high: Value, a: Value, b: Value, shift: Value, stretch: Value, stream: Value | None
    ) -> Value:
        self._in_stream(stream)
        return self._within(
            Cut(low, high, shift, stretch), self._all(self._positive(a), self._positive(b)), self._betas(a, b)
        )

    def _poisson_cut(
        self, low: Value, high: Value, mean: Value, shift: Value, stretch: Value, stream: Value | None
    ) -> Value:
        self._in_stream(stream)
        return self._within(
            Cut(low, high, shift, stretch), self._is_number(mean), lambda attempt: self._poisson(mean, attempt)
        )

    def _binomial_cut(
        self,
        low: Value,
        high: Value,
        probability: Value,
        n: Value,
        shift: Value,
        stretch: Value,
        stream: Value | None,
    ) -> Value:
        self._in_stream(stream)
        valid = self._all(self._is_number(probability), self._is_number(n))
        return self._within(
            Cut(low, high, shift, stretch), valid, lambda attempt: self._binomial(n, probability, attempt)
        )

    def _negative_binomial_cut(
        self,
        low: Value,
        high: Value,
        probability: Value,
        successes: Value,
        shift: Value,
        stretch: Value,
        stream: Value | None,
    ) -> Value:
        """Trials until so many successes: failures are Poisson numbers whose mean is a gamma number."""
        self._in_stream(stream)
        failing = self._divide(self._minus(self._constant(1.0), probability), probability)
        mean = self._gammas(successes, salt=2)
        valid = self._all(self._positive(probability), self._positive(successes))

        def needed(attempt: Value) -> Value:
            return self._builder.fadd(successes, self._poisson(self._times(mean(attempt), failing), attempt))

        return self._within(Cut(low, high, shift, stretch), valid, needed)

    # XMILE's: parameters, then seed, then bounds

    def _xmile_normal(self, mean: Value, deviation: Value, seed: Value | None = None, *bounds: Value) -> Value:
        if bounds:
            return self._normal_cut(bounds[0], bounds[1], mean, deviation, seed)
        self._in_stream(seed)
        return self._builder.fadd(mean, self._times(deviation, self._quantile(self._uniforms()[0])))

    def _lognormal(self, mean: Value, deviation: Value, seed: Value | None = None) -> Value:
        return self._function("exp", self._xmile_normal(mean, deviation, seed))

    def _exprnd(self, mean: Value, seed: Value | None = None) -> Value:
        self._in_stream(seed)
        return self._times(mean, self._negated(self._function("log", self._uniforms()[0])))

    def _xmile_poisson(self, mean: Value, seed: Value | None = None, *bounds: Value) -> Value:
        low, high = bounds or self._unbounded()
        return self._poisson_cut(low, high, mean, self._constant(0.0), self._constant(1.0), seed)

    def _xmile_beta(self, a: Value, b: Value, seed: Value | None = None) -> Value:
        return self._beta_cut(*self._unbounded(), a, b, self._constant(0.0), self._constant(1.0), seed)

    def _xmile_gamma(self, shape: Value, scale: Value, seed: Value | None = None) -> Value:
        self._in_stream(seed)
        cut = Cut(*self._unbounded(), self._constant(0.0), scale)
        return self._within(cut, self._positive(shape), self._gammas(shape))

    def _xmile_binomial(self, n: Value, probability: Value, seed: Value | None = None) -> Value:
        zero, one = self._constant(0.0), self._constant(1.0)
        return self._binomial_cut(*self._unbounded(), probability, n, zero, one, seed)

    def _xmile_triangular(self, start: Value, peak: Value, stop: Value, seed: Value | None = None) -> Value:
        return self._triangular_cut(*self._unbounded(), start, peak, stop, seed)

    def _xmile_weibull(self, shape: Value, scale: Value, seed: Value | None = None) -> Value:
        self._in_stream(seed)
        drawn = self._negated(self._function("log", self._uniforms()[0]))
        return self._times(scale, self._function("pow", drawn, self._divide(self._constant(1.0), shape)))

    def _logistic(self, mean: Value, scale: Value, seed: Value | None = None) -> Value:
        self._in_stream(seed)
        u, _ = self._uniforms()
        odds = self._divide(u, self._minus(self._constant(1.0), u))
        return self._builder.fadd(mean, self._times(scale, self._function("log", odds)))

    def _unbounded(self) -> tuple[Value, Value]:
        return self._constant(-math.inf), self._constant(math.inf)

    _ROWS: ClassVar[dict[str, Callable[..., Value]]] = {
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
