"""The inverse of the standard normal distribution, as vector instructions."""

from __future__ import annotations

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, Value

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


def normal_quantile(module: ir.Module, lanes: int) -> Value:
    """Write the inverse of the standard normal distribution, once a module.

    Parameters
    ----------
    module : ir.Module
        Where to.
    lanes : int
        How many numbers a vector has.

    Returns
    -------
    ir.Value
        A function of a vector of probabilities.
    """
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

    def of(self, probability: Value) -> Value:
        builder = self._builder
        off = builder.fsub(probability, self._constant(0.5))
        inner = builder.fsub(self._constant(0.180625), builder.fmul(off, off))
        middle = builder.fmul(off, self._ratio(_MIDDLE, inner))
        upper = self._compare(">", off, self._constant(0.0))
        tail = self._choose(upper, builder.fsub(self._constant(1.0), probability), probability)
        root = self._intrinsic("llvm.sqrt", builder.fneg(self._by_lane("log", [tail])))
        near = self._ratio(_NEAR, builder.fsub(root, self._constant(1.6)))
        far = self._ratio(_FAR, builder.fsub(root, self._constant(5.0)))
        outer = self._choose(self._compare("<=", root, self._constant(5.0)), near, far)
        outer = self._choose(upper, outer, builder.fneg(outer))
        central = self._compare("<=", self._intrinsic("llvm.fabs", off), self._constant(0.425))
        return self._choose(central, middle, outer)

    def _ratio(self, parts: tuple[tuple[float, ...], ...], x: Value) -> Value:
        above, below = (self._polynomial(part, x) for part in parts)
        return self._builder.fdiv(above, below)

    def _polynomial(self, factors: tuple[float, ...], x: Value) -> Value:
        value = self._constant(factors[-1])
        for factor in reversed(factors[:-1]):
            value = self._builder.fadd(self._builder.fmul(value, x), self._constant(factor))
        return value
