"""Random well-formed models as XMILE files: stocks, flows, graphical functions, delays, arrays, choices, tests.

Values stay moderate by construction, so that a difference between two engines is a fault and not chaos:
flows are kept between bounds, divisors are 1 or more, and nothing is raised to a high power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import hypothesis.strategies as st

from egovsim.testing.xmile_text import auxiliary, flow, over, stock, xmile

_ELEMENTS = ("north", "south", "west")
_NUMBERS = ("0.5", "2.0", "-1.25", "3.7", "0.0", "1e-3")
_TIMES = ("0.3", "1.0", "2.5", "4.0")
_PLAIN = (
    "({a} + {b})",
    "({a} - {b})",
    "({a} * COS({b}))",
    "({a} / (1.0 + ABS({b})))",
    "-({a})",
    "MIN({a}, {b})",
    "MAX({a}, {b})",
    "(IF {a} > {b} THEN {a} ELSE {b} / 2.0)",
    "(IF {a} <= 0.7 AND {b} >= -0.3 OR NOT ({a} <> {b}) THEN {b} ELSE 1.5)",
    "SQRT(ABS({a}))",
    "EXP(-ABS({a}))",
    "LN(1.0 + ABS({a}))",
    "(1.0 + ABS({a})) ^ -0.7",
    "(({a}) ^ 2 / (1.0 + ({b}) ^ 2))",
    "INT({a} + 0.1234)",
    "(({a} + 0.0321) MOD 2.3)",
    "SAFEDIV({a}, INT({b}), 4.0)",
    "ARCTAN({a})",
    "TANH({a})",
    "ROUND({a} + 0.0123)",
    "SIN({a})",
)
_TESTS = ("STEP({a}, {t})", "RAMP({a}, {t})", "RAMP({a}, {t}, 5.0)", "PULSE({a}, {t})", "PULSE({a}, {t}, 1.5)", "TIME")
_STATEFUL = (
    "SMTH1({a}, 2.0)",
    "SMTH1({a}, 1.0 + ABS({b}), 0.75)",
    "SMTH3({a}, 3.0)",
    "SMTH3({a}, 3.0 + ABS({b}), {b})",
    "SMTHN({a}, 4.0, 2)",
    "SMTHN({a}, 4.0, 4, 1.0)",
    "DELAY1({a}, 1.5)",
    "DELAY1({a}, 2.0 + ABS({b}), 0.5)",
    "DELAY3({a}, 3.0)",
    "DELAY3({a}, 3.0 + ABS({b}), -1.0)",
    "DELAYN({a}, 4.0, 2)",
    "DELAYN({a}, 5.0, 5, 0.3)",
    "TREND(2.0 + ABS({a}), 2.0)",
    "TREND(2.0 + ABS({a}), 3.0, 0.05)",
    "INIT({a})",
    "FORCST(2.0 + ABS({a}), 2.0, 1.5)",
    "PREVIOUS({a}, {b})",
    "DELAY({a}, 1.5)",
    "DELAY({a}, 2.0, {b})",
)
_SHORT = "<xpts>-1.0,0.5,0.5,3.0,9.0</xpts><ypts>2.0,-1.0,0.25,0.75,0.1</ypts>"
_LONG = (
    f"<xpts>{','.join(f'{n / 4 - 2}' for n in range(24))}</xpts>"
    f"<ypts>{','.join(f'{(n * 7) % 11 / 3 - 1:.4f}' for n in range(24))}</ypts>"
)
_CURVES = tuple(
    f'<gf type="{kind}">{points}</gf>'
    for kind in ("continuous", "extrapolate", "discrete")
    for points in (_SHORT, _LONG)
)


@dataclass(frozen=True)
class RandomModel:
    """A random model.

    Parameters
    ----------
    variables : tuple of str
        The XMILE text of each variable, in the order drawn.
    method : str
        The integration method.
    dt : float
        The time step, in years.
    """

    variables: tuple[str, ...]
    method: str
    dt: float

    def text(self, order: Sequence[int] | None = None) -> str:
        """Return the model as an XMILE file.

        Parameters
        ----------
        order : sequence of int, optional
            The numbers of the variables in the order they are written in; by default as drawn.

        Returns
        -------
        str
            The whole file.
        """
        ordered = self.variables if order is None else tuple(self.variables[place] for place in order)
        dimensions = {"Area": _ELEMENTS}
        return xmile(*ordered, stop=6, dt=self.dt, method=self.method, dimensions=dimensions)


@dataclass
class _Draft:
    """Names that an equation may use so far: values, values by area, graphical functions."""

    draw: st.DrawFn
    scalars: list[str] = field(default_factory=list[str])
    arrays: list[str] = field(default_factory=list[str])
    curves: list[str] = field(default_factory=list[str])

    def expression(self, depth: int, *, arrayed: bool = False) -> str:
        """Draw an equation; `arrayed` ones may use arrays over the area they stand for."""
        if depth == 0:
            return self._leaf(arrayed=arrayed)
        kind = self.draw(st.sampled_from(("plain", "plain", "stateful", "test", "curve", "sum")))
        if kind == "curve" and self.curves:
            return f"{self.draw(st.sampled_from(self.curves))}({self.expression(depth - 1, arrayed=arrayed)})"
        if kind == "sum" and self.arrays:
            one, two = (self.draw(st.sampled_from(self.arrays)) for _ in range(2))
            return f"SUM({one}[*] * COS({two}[*]))"
        shape = self.draw(st.sampled_from({"stateful": _STATEFUL, "test": _TESTS}.get(kind, _PLAIN)))
        return shape.format(
            a=self.expression(depth - 1, arrayed=arrayed),
            b=self.expression(depth - 1, arrayed=arrayed),
            t=self.draw(st.sampled_from(_TIMES)),
        )

    def _leaf(self, *, arrayed: bool) -> str:
        names = [*self.scalars]
        if arrayed:
            names += [f"{array}[Area]" for array in self.arrays]
        names += [f"{array}[{element}]" for array in self.arrays for element in _ELEMENTS[:2]]
        return self.draw(st.sampled_from((*names, *names, *_NUMBERS, "TIME")))


@st.composite
def random_models(draw: st.DrawFn) -> RandomModel:
    """Draw a model; no equation of an auxiliary uses one that comes later, so that there are no circles.

    Parameters
    ----------
    draw : DrawFn
        Hypothesis hands it over: the strategy is called without it.

    Returns
    -------
    RandomModel
        Of 5 variables or more, over 6 years.
    """
    draft = _Draft(draw)
    variables = [auxiliary(f"c{n}", draw(st.sampled_from(_NUMBERS))) for n in range(2)]
    draft.scalars += ["c0", "c1"]
    variables.append('<gf name="curve">' + _SHORT + "</gf>")
    draft.curves.append("curve")
    variables.append(_by_element(draft, "weights", 0))
    draft.arrays.append("weights")
    initial = draft.expression(1)
    stocks, areas = draw(st.integers(1, 3)), draw(st.integers(0, 1))
    draft.scalars += [f"s{n}" for n in range(stocks)]
    draft.arrays += [f"r{n}" for n in range(areas)]
    for n in range(draw(st.integers(1, 5))):
        variables.append(_auxiliary(draft, n))
    for n in range(stocks):
        variables += _stock(draft, n, initial if n == 0 else draw(st.sampled_from(_NUMBERS)))
    for n in range(areas):
        variables += _arrayed_stock(draft, n)
    return RandomModel(
        tuple(variables), draw(st.sampled_from(("euler", "rk4"))), draw(st.sampled_from((0.25, 0.1, 0.5)))
    )


def _auxiliary(draft: _Draft, n: int) -> str:
    """Draw a scalar, a function of one, or an array."""
    kind = draft.draw(st.sampled_from(("scalar", "scalar", "curve", "array", "elements")))
    if kind == "scalar":
        made = auxiliary(f"a{n}", draft.expression(2))
        draft.scalars.append(f"a{n}")
    elif kind == "curve":
        made = auxiliary(f"a{n}", draft.expression(1), inside=draft.draw(st.sampled_from(_CURVES)))
        draft.scalars.append(f"a{n}")
        draft.curves.append(f"a{n}")
    elif kind == "array":
        made = auxiliary(f"a{n}", draft.expression(2, arrayed=True), inside=over("Area"))
        draft.arrays.append(f"a{n}")
    else:
        made = _by_element(draft, f"a{n}", 1)
        draft.arrays.append(f"a{n}")
    return made


def _by_element(draft: _Draft, name: str, depth: int) -> str:
    parts = "".join(
        f'<element subscript="{element}">{_eqn(draft.expression(depth))}</element>' for element in _ELEMENTS
    )
    return f'<aux name="{name}">{over("Area")}{parts}</aux>'


def _eqn(equation: str) -> str:
    return auxiliary("x", equation).removeprefix('<aux name="x">').removesuffix("</aux>")


def _stock(draft: _Draft, n: int, initial: str) -> list[str]:
    """Draw a stock with what flows in and out; it may be one that never falls below 0."""
    low = draft.draw(st.sampled_from(("", "<non_negative/>")))
    flows = [
        flow(f"in{n}", f"MAX(-2.0, MIN(3.0, {draft.expression(2)}))", inside="<non_negative/>" if low else ""),
        flow(f"out{n}", f"MIN(3.0, s{n} * 0.2 + ABS({draft.expression(1)}))"),
        flow(f"loss{n}", f"ABS(s{n}) / (2.0 + ABS({draft.expression(0)}))"),
    ]
    start = f"ABS({initial})" if low else initial
    return [*flows, stock(f"s{n}", start, inflows=[f"in{n}"], outflows=[f"out{n}", f"loss{n}"], inside=low)]


def _arrayed_stock(draft: _Draft, n: int) -> list[str]:
    change = f"MAX(-2.0, MIN(2.0, {draft.expression(1, arrayed=True)})) - r{n}[Area] / 4.0"
    return [
        flow(f"gain{n}", change, inside=over("Area")),
        stock(f"r{n}", "weights[Area]", inflows=[f"gain{n}"], inside=over("Area")),
    ]


def xmile_texts() -> st.SearchStrategy[str]:
    """Draw the files of random models.

    Returns
    -------
    SearchStrategy
        Of XMILE files.
    """
    return random_models().map(RandomModel.text)
