"""The one table of the language's functions: names in each dialect, arity, meaning.

Sources: XMILE 1.0 (OASIS, 2015), section 3.5; Vensim's reference manual, "Functions"; Stella's
SAFEDIV from isee's documentation. Time-dependent test inputs differ between the dialects and so are
different functions here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["pure", "test input", "stateful", "array", "initial"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    `vensim` and `xmile` are its names in those dialects (canonical: lower case, single blanks),
    `arity` the numbers of arguments it takes.
    """

    name: str
    role: Role
    arity: tuple[int, ...]
    vensim: tuple[str, ...]
    xmile: tuple[str, ...]
    meaning: str


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
    Function("floor", "pure", (1,), (), ("int",), "largest integer not above x (XMILE 3.5.1)"),
    Function("integer", "pure", (1,), ("integer",), (), "x without its fraction, towards zero"),
    Function("round", "pure", (1,), (), ("round",), "nearest integer, halves away from zero (unverified)"),
    Function("min", "pure", (2,), ("min",), ("min",), "the smaller of two"),
    Function("max", "pure", (2,), ("max",), ("max",), "the larger of two"),
    Function("modulo", "pure", (2,), ("modulo",), (), "remainder with the sign of x"),
    Function("power", "pure", (2,), ("power",), (), "x to the power of y"),
    Function("zidz", "pure", (2,), ("zidz",), (), "a / b, or 0 where |b| < 1e-6"),
    Function("xidz", "pure", (3,), ("xidz",), (), "a / b, or c where |b| < 1e-6"),
    Function("safediv", "pure", (2, 3), (), ("safediv",), "a / b, or c (0) where b = 0"),
    Function("sum", "array", (1,), ("sum",), ("sum",), "sum over the starred dimensions"),
    Function("step", "test input", (2,), ("step",), ("step",), "height from a time on"),
    Function("ramp", "test input", (2, 3), ("ramp",), ("ramp",), "slope from a time on, to an end"),
    Function("pulse", "test input", (2,), ("pulse",), (), "1 from a start for a width (Vensim)"),
    Function(
        "pulse train", "test input", (4,), ("pulse train",), (), "1 from a start for a width, again and again to an end"
    ),
    Function(
        "xmile pulse", "test input", (2, 3), (), ("pulse",), "magnitude / time step, at a time and again (XMILE 3.5.4)"
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
    Function("forecast", "stateful", (3,), ("forecast",), ("forcst",), "x carried on along its trend"),
)

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
"""The functions by their name in this project."""


def functions_of(dialect: Literal["vensim", "xmile"]) -> dict[str, Function]:
    """Return the functions that a dialect knows, by the canonical names it gives them."""
    return {name: row for row in _ROWS for name in (row.vensim if dialect == "vensim" else row.xmile)}
