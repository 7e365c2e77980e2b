"""The one table of the language's functions: names in each dialect, arity, meaning.

Sources: XMILE 1.0 (OASIS, 2015), section 3.5; Vensim's reference manual, "Functions"; Stella's
SAFEDIV and most distributions from isee's documentation ("Statistical builtins"); the arguments of
NORMALCDF, INVNORM, TRIANGULAR, WEIBULL and LOGISTIC are those that the translator of BPTK-Py reads (unverified
otherwise). Time-dependent test inputs and random numbers differ between the dialects and so are different
functions here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from egovsim.model.conveyors import AGE_COUNT, CONVEYOR, CONVEYOR_END, CONVEYOR_LEAK, CONVEYOR_PROFILE
from egovsim.model.expression import Call, Expression, walk
from egovsim.model.variable import Variable

Role = Literal["pure", "test input", "stateful", "array", "initial", "random", "part"]
"""A part is in no dialect: it has a notation of its own, or other functions are made of it when a model is compiled."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Parameters
    ----------
    name : str
        What this package calls it.
    role : str
        What kind of function it is; see `Role`.
    arity : tuple of int
        The numbers of arguments that it takes.
    vensim, xmile : tuple of str
        Its names in those dialects (canonical: lower case, single blanks).
    meaning : str
        What it gives.
    """

    name: str
    role: Role
    arity: tuple[int, ...]
    vensim: tuple[str, ...]
    xmile: tuple[str, ...]
    meaning: str


ELEMENT = "element"
"""The function that ``x[i + 1, urban]`` of XMILE is kept as: ``x``, then what stands for each of its dimensions."""

HELD = "held"
"""The function that keeps a value within a step of Runge and Kutta: the flows of conveyors, which move once a step."""

_ROWS: tuple[Function, ...] = (
    Function("abs", "pure", (1,), ("abs",), ("abs",), "absolute value"),
    Function("exp", "pure", (1,), ("exp",), ("exp",), "e to the power of x"),
    Function("ln", "pure", (1,), ("ln",), ("ln",), "natural logarithm"),
    Function("log10", "pure", (1,), (), ("log10",), "logarithm to base 10"),
    Function("log", "pure", (2,), ("log",), (), "logarithm of x to base b: ln x / ln b"),
    Function("sqrt", "pure", (1,), ("sqrt",), ("sqrt",), "square root"),
    Function("sin", "pure", (1,), ("sin",), ("sin",), "sine of radians"),
    Function("cos", "pure", (1,), ("cos",), ("cos",), "cosine of radians"),
    Function("tan", "pure", (1,), ("tan",), ("tan",), "tangent of radians"),
    Function("arcsin", "pure", (1,), ("arcsin",), ("arcsin",), "inverse sine"),
    Function("arccos", "pure", (1,), ("arccos",), ("arccos",), "inverse cosine"),
    Function("arctan", "pure", (1,), ("arctan",), ("arctan",), "inverse tangent"),
    Function("sinh", "pure", (1,), ("sinh",), ("sinh",), "hyperbolic sine"),
    Function("cosh", "pure", (1,), ("cosh",), ("cosh",), "hyperbolic cosine"),
    Function("tanh", "pure", (1,), ("tanh",), ("tanh",), "hyperbolic tangent"),
    Function("gamma ln", "pure", (1,), ("gamma ln",), ("gammaln",), "logarithm of the gamma function"),
    Function("floor", "pure", (1,), (), ("int",), "largest integer not above x (XMILE 3.5.1)"),
    Function("integer", "pure", (1,), ("integer",), (), "x without its fraction, towards zero"),
    Function("round", "pure", (1,), (), ("round",), "nearest integer, halves away from zero (unverified)"),
    Function("min", "pure", (2,), ("min",), ("min",), "the smaller of two"),
    Function("max", "pure", (2,), ("max",), ("max",), "the larger of two"),
    Function("modulo", "pure", (2,), ("modulo",), (), "remainder with the sign of x"),
    Function("quantum", "pure", (2,), ("quantum",), (), "the multiple of b that a holds, towards zero; a where b <= 0"),
    Function("power", "pure", (2,), ("power",), (), "x to the power of y"),
    Function("zidz", "pure", (2,), ("zidz",), (), "a / b, or 0 where |b| < 1e-6"),
    Function("xidz", "pure", (3,), ("xidz",), (), "a / b, or c where |b| < 1e-6"),
    Function("safediv", "pure", (2, 3), (), ("safediv",), "a / b, or c (0) where b = 0"),
    Function("factorial", "pure", (1,), (), ("factorial",), "n!"),
    Function("combinations", "pure", (2,), (), ("combinations",), "ways to choose r of n: n! / (r! (n - r)!)"),
    Function("permutations", "pure", (2,), (), ("permutations",), "ways to line up r of n: n! / (n - r)!"),
    Function(
        "normalcdf",
        "pure",
        (2, 4),
        (),
        ("normalcdf",),
        "chance of a normal value between two: left, right, mean, standard deviation",
    ),
    Function("invnorm", "pure", (1, 3), (), ("invnorm",), "inverse of the normal: chance, mean, standard deviation"),
    Function(
        "logisticbound",
        "pure",
        (5, 6),
        (),
        ("logisticbound",),
        "S-shaped between low and high: low, high, x, its middle, speed; and where it is low (unverified)",
    ),
    Function("pmt", "pure", (4,), (), ("pmt",), "payment of a period: rate, periods, present value, future value"),
    Function("pv", "pure", (4,), (), ("pv",), "present value: rate, periods, payment of a period, future value"),
    Function("fv", "pure", (4,), (), ("fv",), "future value: rate, periods, payment of a period, present value"),
    Function("sum", "array", (1,), ("sum",), ("sum",), "sum over the starred dimensions"),
    Function("prod", "array", (1,), ("prod",), ("prod",), "product over the starred dimensions"),
    Function("vmin", "array", (1,), ("vmin",), (), "the smallest over the starred dimensions"),
    Function("vmax", "array", (1,), ("vmax",), (), "the largest over the starred dimensions"),
    Function("mean", "array", (1,), (), ("mean",), "mean over the starred dimensions"),
    Function("stddev", "array", (1,), (), ("stddev",), "standard deviation (n - 1) over the starred dimensions"),
    Function(
        "interpolate", "array", (2,), (), ("interpolate",), "between elements: a vector, then 0 (first) to 1 (last)"
    ),
    Function(
        "percentile", "array", (2, 3), (), ("percentile",), "percentile of a single element, which is that element"
    ),
    Function("size", "array", (1,), ("elmcount",), ("size",), "number of elements"),
    Function(
        "vector select", "array", (5,), ("vector select",), (), "selected elements, combined by a numbered action"
    ),
    Function("vector elm map", "array", (2,), ("vector elm map",), (), "the element at an offset from another"),
    Function(ELEMENT, "part", (), (), (), "an element whose subscripts are computed: the array, then a value for each"),
    Function("vector sort order", "array", (2,), ("vector sort order",), (), "places, from 0, in sorted order"),
    Function("vector rank", "array", (2,), ("vector rank",), (), "rank of an element in its vector, from 1"),
    Function("rank", "array", (2, 3), (), ("rank",), "place of the n-th smallest: a vector, n, a vector for equals"),
    Function("vector reorder", "array", (2,), ("vector reorder",), (), "a vector in the order of given places"),
    Function(
        "vector lookup",
        "array",
        (5,),
        ("vector lookup",),
        (),
        "a vector read as a lookup: its first element, x, the x of the first element and of the last, mode",
    ),
    Function("lookup forward", "array", (2,), ("lookup forward",), (), "a lookup's y at x, or at its next point"),
    Function("lookup backward", "array", (2,), ("lookup backward",), (), "a lookup's y at x, or at the point before"),
    Function(
        "lookup extrapolate",
        "array",
        (2,),
        ("lookup extrapolate",),
        (),
        "a lookup that goes on with its end slopes",
    ),
    Function("lookup invert", "array", (2,), ("lookup invert",), (), "the smallest x at which a lookup is y"),
    Function("invert matrix", "array", (2,), ("invert matrix",), (), "inverse of a square matrix of size n"),
    Function("allocate by priority", "array", (5,), ("allocate by priority",), (), "a supply shared by priority"),
    Function(
        "allocate",
        "array",
        (5, 6),
        (),
        ("allocate",),
        "a supply shared by priority (Stella): supply, dimension, requests, priorities, width, and shape (1)",
    ),
    Function(
        "allocate available",
        "array",
        (3,),
        ("allocate available",),
        (),
        "a supply shared by curves of priority: requests, the first element of their curves, supply",
    ),
    Function(
        "find market price",
        "array",
        (4,),
        ("find market price",),
        (),
        "where demand meets supply: demands, the first element of their curves, supplies, that of theirs",
    ),
    Function("demand at price", "array", (3,), ("demand at price",), (), "a demand by its curve: demand, curve, price"),
    Function("supply at price", "array", (3,), ("supply at price",), (), "a supply by its curve: supply, curve, price"),
    Function("market price", "part", (), (), (), "where what demands take is what supplies give"),
    Function("clearing priority", "part", (), (), (), "where what requests take adds up to a supply"),
    Function("priority curve", "part", (), (), (), "share of a request that is met above its own priority"),
    Function(CONVEYOR, "part", (), (), (), "the net flow of a stock that is a conveyor, and what its belt is like"),
    Function(CONVEYOR_END, "part", (), (), (), "what comes off the end of a conveyor, per unit of time"),
    Function(CONVEYOR_LEAK, "part", (), (), (), "what a conveyor loses on the way, per unit of time"),
    Function(CONVEYOR_PROFILE, "part", (), (), (), "what lies on a conveyor at the start, from its end on"),
    Function(AGE_COUNT, "stateful", (3,), (), ("agecount",), "what has been on a conveyor for a time: from, to"),
    Function(HELD, "part", (), (), (), "a value that stands still within a step, whatever the method"),
    Function("step", "test input", (2,), ("step",), ("step",), "height from a time on"),
    Function("ramp", "test input", (2, 3), ("ramp",), ("ramp",), "slope from a time on, to an end"),
    Function("pulse", "test input", (2,), ("pulse",), (), "1 from a start for a width (Vensim)"),
    Function(
        "pulse train", "test input", (4,), ("pulse train",), (), "1 from a start for a width, again and again to an end"
    ),
    Function(
        "xmile pulse",
        "test input",
        (1, 2, 3),
        (),
        ("pulse",),
        "magnitude / time step, in every step, or at a time and again (XMILE 3.5.4)",
    ),
    Function(
        "get time value",
        "test input",
        (3, 7),
        ("get time value",),
        (),
        "part of a date: relative to, offset, measure; then the date at time 0 and the number of the unit of time",
    ),
    Function("init", "initial", (1,), ("initial",), ("init",), "the value at the start of the run"),
    Function("active initial", "initial", (2,), ("active initial",), (), "b at the start, a from then on"),
    Function("smooth1", "stateful", (2, 3), ("smooth", "smoothi"), ("smth1",), "first-order smooth"),
    Function("smooth3", "stateful", (2, 3), ("smooth3", "smooth3i"), ("smth3",), "third-order smooth"),
    Function("smoothn", "stateful", (3, 4), (), ("smthn",), "smooth of order n"),
    Function("smooth n", "stateful", (4,), ("smooth n",), (), "smooth of order n, Vensim's argument order"),
    Function("delay1", "stateful", (2, 3), ("delay1", "delay1i"), ("delay1",), "first-order material delay"),
    Function("delay3", "stateful", (2, 3), ("delay3", "delay3i"), ("delay3",), "third-order material delay"),
    Function("delayn", "stateful", (3, 4), (), ("delayn",), "material delay of order n"),
    Function("delay n", "stateful", (4,), ("delay n",), (), "material delay of order n, Vensim's argument order"),
    Function("trend", "stateful", (2, 3), ("trend",), ("trend",), "fractional growth rate, smoothed"),
    Function("forecast", "stateful", (3, 4), ("forecast",), ("forcst",), "x carried on along its trend"),
    Function("delay fixed", "stateful", (2, 3), ("delay fixed",), ("delay",), "x as it was a delay time ago"),
    Function("delay information", "stateful", (3,), ("delay information",), (), "the newest x that has arrived"),
    Function("delay material", "stateful", (4,), ("delay material",), (), "the sum of what arrives in this step"),
    Function("sample if true", "stateful", (3,), ("sample if true",), (), "x while a condition holds, then kept"),
    Function("previous", "stateful", (2,), (), ("previous",), "x one step ago (XMILE 3.5.6)"),
    Function("history", "stateful", (2,), (), ("history",), "x as it was at a time; 0 before the first and after now"),
    Function("derivn", "stateful", (2,), (), ("derivn",), "derivative of order n by time, from the step before on"),
    Function("runcum", "stateful", (1,), (), ("runcum",), "integral over time, from 0 at the start (unverified)"),
    Function("npv", "stateful", (4,), ("npv",), (), "net present value of a stream"),
    Function("npve", "stateful", (4,), ("npve",), (), "net present value, valued at the end of each step"),
    Function(
        "sinteg",
        "stateful",
        (7,),
        ("sinteg",),
        (),
        "integral within limits: rate, initial value, lowest, highest, quantum, special value, threshold of that",
    ),
    Function(
        "depreciate straightline",
        "stateful",
        (4,),
        ("depreciate straightline",),
        (),
        "what is written off: stream, lifetime, fiscal period, stream before the start",
    ),
    Function("random 0 1", "random", (0,), ("random 0 1",), (), "uniform between 0 and 1"),
    Function("random uniform", "random", (3,), ("random uniform",), (), "uniform: lowest, highest, stream"),
    Function(
        "random normal",
        "random",
        (5,),
        ("random normal",),
        (),
        "normal: lowest, highest, mean, standard deviation, stream",
    ),
    Function(
        "random exponential",
        "random",
        (5,),
        ("random exponential",),
        (),
        "exponential of mean 1: lowest, highest, shift, stretch, stream",
    ),
    Function(
        "random gamma",
        "random",
        (6,),
        ("random gamma",),
        (),
        "gamma of scale 1: lowest, highest, order, shift, stretch, stream",
    ),
    Function(
        "random weibull",
        "random",
        (6,),
        ("random weibull",),
        (),
        "Weibull of mean 1: lowest, highest, shape, shift, stretch, stream",
    ),
    Function(
        "random poisson",
        "random",
        (6,),
        ("random poisson",),
        (),
        "Poisson: lowest, highest, mean, shift, stretch, stream",
    ),
    Function(
        "random beta",
        "random",
        (7,),
        ("random beta",),
        (),
        "beta: lowest, highest, alpha, beta, shift, stretch, stream",
    ),
    Function(
        "random binomial",
        "random",
        (7,),
        ("random binomial",),
        (),
        "successes: lowest, highest, probability, trials, shift, stretch, stream",
    ),
    Function(
        "random negative binomial",
        "random",
        (7,),
        ("random negative binomial",),
        (),
        "trials until n successes: lowest, highest, probability, n, shift, stretch, stream",
    ),
    Function(
        "random triangular",
        "random",
        (6,),
        ("random triangular",),
        (),
        "triangular: lowest, highest, start, peak, stop, stream",
    ),
    Function(
        "random pink noise",
        "random",
        (4,),
        ("random pink noise",),
        (),
        "normal noise with a memory: mean, standard deviation, correlation time, stream",
    ),
    Function("uniform", "random", (2, 3), (), ("uniform", "random"), "uniform: lowest, highest, seed"),
    Function("normal", "random", (2, 3, 5), (), ("normal",), "normal: mean, standard deviation, seed, lowest, highest"),
    Function("lognormal", "random", (2, 3), (), ("lognormal",), "e to a normal: its mean and standard deviation, seed"),
    Function("exprnd", "random", (1, 2), (), ("exprnd",), "exponential: mean, seed"),
    Function("poisson", "random", (1, 2, 4), (), ("poisson",), "Poisson: mean, seed, lowest, highest"),
    Function("beta", "random", (2, 3), (), ("beta",), "beta: alpha, beta, seed"),
    Function("gamma", "random", (2, 3), (), ("gamma",), "gamma: shape, scale, seed"),
    Function("triangular", "random", (3, 4), (), ("triangular",), "triangular: lowest, peak, highest, seed"),
    Function("weibull", "random", (2, 3), (), ("weibull",), "Weibull: shape, scale, seed"),
    Function("logistic", "random", (2, 3), (), ("logistic",), "logistic: mean, scale, seed"),
    Function("binomial", "random", (2, 3), (), ("binomial",), "successes: trials, probability, seed"),
)

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
"""The functions by their name in this project."""


NOISE_SEED = "noise seed"
"""The constant of that name is the stream of all calls of Vensim that give stream 0 (its reference, "RANDOM")."""


def is_random(node: Expression) -> bool:
    """Return whether a node itself draws random numbers.

    Parameters
    ----------
    node : Expression
        Any node.

    Returns
    -------
    bool
        False for what holds such a node.
    """
    return isinstance(node, Call) and FUNCTIONS[node.function].role == "random"


def draws_random_numbers(variable: Variable) -> bool:
    """Return whether there is a random function in the equations of a variable.

    Parameters
    ----------
    variable : Variable
        Any variable.

    Returns
    -------
    bool
        True for one at any depth.
    """
    return any(is_random(node) for expression in variable.expressions for node in walk(expression))


VENSIM_NAMESPACE = "vensim."
"""Begins, in XMILE, the name of a function that Vensim alone has (XMILE 1.0, section 3.2.2.3)."""


def functions_of(dialect: Literal["vensim", "xmile"]) -> dict[str, Function]:
    """Return the functions that a dialect knows.

    Parameters
    ----------
    dialect : {"vensim", "xmile"}
        Whose names are wanted.

    Returns
    -------
    dict of str to Function
        By the canonical names that the dialect gives them.
    """
    if dialect == "vensim":
        return {name: row for row in _ROWS for name in row.vensim}
    foreign = {VENSIM_NAMESPACE + name: row for row in _ROWS if not row.xmile for name in row.vensim}
    return foreign | {name: row for row in _ROWS for name in row.xmile}
