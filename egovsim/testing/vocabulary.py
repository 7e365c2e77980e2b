"""What random equations are made of, in each dialect: one table of shapes for each kind of expression.

A shape is a text with places for other expressions. Where another engine lacks a function, or has it wrong, the shape
has a second text that writes it out by its definition, with simpler functions: that engine is given this one, and both
still have to come to the same numbers.

Arguments are kept where a rounding error stays small: divisors are 1 or more, what is cut off or compared is moved away
from round numbers, no wave is of a number that may be large, and nothing is raised to a high power.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Dialect = Literal["xmile", "vensim"]


class Spelling(NamedTuple):
    """A piece of a model as this package reads it, and written out with simpler functions for another engine."""

    text: str
    written_out: str

    def map(self, write: Callable[[str], str]) -> Spelling:
        """Make another piece of both texts.

        Parameters
        ----------
        write : callable
            Makes a text of a text.

        Returns
        -------
        Spelling
            What it made of each.
        """
        return Spelling(write(self.text), write(self.written_out))


@dataclass(frozen=True)
class Vocabulary:
    """The shapes of one dialect.

    In them ``{a}``, ``{b}`` and ``{c}`` stand for expressions, ``{x}`` and ``{y}`` for arrays over the areas, ``{t}``
    and ``{u}`` for instants, ``{g}`` for instants on the grid of steps, ``{w}`` for a length of time and ``{k}`` for
    one of whole steps.

    Parameters
    ----------
    plain : tuple of Spelling
        What is computed from values of the same instant.
    clock : tuple of Spelling
        What is computed from the time and its control variables.
    stateful : tuple of Spelling
        Delays, smooths, trends: what is made of stocks.
    arrays : tuple of Spelling
        What is made of whole arrays.
    whole : tuple of Spelling
        What other engines take as the whole equation of a scalar alone.
    discrete : tuple of Spelling
        Test inputs, and what is sampled: what stands still within a step here, whatever the method. Other engines may
        compute it at each stage of a step, so it is drawn under Euler's method alone, where a step has one.
    """

    plain: tuple[Spelling, ...]
    clock: tuple[Spelling, ...]
    stateful: tuple[Spelling, ...]
    arrays: tuple[Spelling, ...]
    discrete: tuple[Spelling, ...]
    whole: tuple[Spelling, ...]


def _shapes(*shapes: str | tuple[str, str]) -> tuple[Spelling, ...]:
    return tuple(Spelling(shape, shape) if isinstance(shape, str) else Spelling(*shape) for shape in shapes)


_SINH, _COSH = "((EXP({x}) - EXP(-({x}))) / 2.0)", "((EXP({x}) + EXP(-({x}))) / 2.0)"
_SMALL = "(({a}) / (1.0 + ABS({a})))"
"""An expression brought between -1 and 1."""
_SAME_PLAIN: tuple[str | tuple[str, str], ...] = (
    "({a} + {b})",
    "({a} - {b})",
    "{a} - {b} - {c}",
    "({a} * COS(2.0 * ARCTAN({b})))",
    "({a} / (1.0 + ABS({b})))",
    "12.0 / (2.0 + ABS({a})) / (1.5 + ABS({b}))",
    "-({a})",
    "MIN({a}, {b})",
    "MAX({a}, {b})",
    "SQRT(ABS({a}))",
    "EXP(-ABS({a}))",
    "LN(1.0 + ABS({a}))",
    "(1.0 + ABS({a})) ^ -0.7",
    "-(1.0 + ABS({a})) ^ 2",
    "2.0 ^ (1.0 + ABS({a})) ^ -1.5",
    "(({a}) ^ 2 / (1.0 + ({b}) ^ 2))",
    "SIN(3.0 * ARCTAN({a}))",
    "TAN(ARCTAN({a}) / 2.0)",
    "ARCTAN({a})",
    f"ARCSIN({_SMALL})",
    f"ARCCOS({_SMALL})",
    (f"SINH({_SMALL})", _SINH.format(x=_SMALL)),
    (f"COSH({_SMALL})", _COSH.format(x=_SMALL)),
    (f"TANH({_SMALL})", f"({_SINH.format(x=_SMALL)} / {_COSH.format(x=_SMALL)})"),
)

_CASCADE = "SMTH1(SMTH1(SMTH1(SMTH1({a}, {T} / 4.0), {T} / 4.0), {T} / 4.0), {T} / 4.0)"
XMILE = Vocabulary(
    plain=_shapes(
        *_SAME_PLAIN,
        "LOG10(1.0 + ABS({a}))",
        "(IF {a} > {b} THEN {a} ELSE {b} / 2.0)",
        "IF {a} < {b} THEN {a} ELSE IF {b} < 0.4551 THEN {b} ELSE {c} + 1.0",
        "(IF {a} <= 0.7137 AND {b} >= -0.3119 OR NOT ({a} <> {b}) THEN {b} ELSE 1.5)",
        "(IF {a} > 0.3171 OR {b} > 0.2093 AND {c} < 0.1039 THEN {a} ELSE {c})",
        "(({a} > 0.3517) + ({b} <= 0.1519) * 2.0)",
        "INT({a} + 0.1234)",
        "(({a} + 0.0321) MOD 2.3)",
        "SAFEDIV({a}, INT({b} + 0.1234), 4.0)",
        "SAFEDIV({a}, INT({b} + 0.1234))",
        "ROUND({a} + 0.0123)",
    ),
    clock=_shapes(
        "(IF TIME >= {t} THEN {a} ELSE {b})",
        "(IF TIME > {t} AND TIME < {u} THEN {a} ELSE {b})",
        "TIME",
        "(TIME - STARTTIME) / (STOPTIME - STARTTIME + 0.7)",
        "{a} * DT",
    ),
    stateful=_shapes(
        "SMTH1({a}, 2.0)",
        "SMTH1({a}, 1.0 + ABS({b}), 0.75)",
        "SMTH3({a}, 3.0)",
        "SMTH3({a}, 3.0 + ABS({b}), {c})",
        ("SMTHN({a}, 4.0, 1)", "SMTH1({a}, 4.0)"),
        ("SMTHN({a}, 4.0, 2)", "SMTH1(SMTH1({a}, 2.0), 2.0)"),
        ("SMTHN({a}, 5.0 + ABS({b}), 3, {c})", "SMTH3({a}, 5.0 + ABS({b}), {c})"),
        ("SMTHN({a}, 8.0, 4)", _CASCADE.replace("{T}", "8.0")),
        ("SMTHN({a}, 8.0, 4, 1.0)", _CASCADE.replace("{T}", "8.0").replace(" / 4.0)", " / 4.0, 1.0)")),
        "DELAY1({a}, 1.5)",
        "DELAY1({a}, 2.0 + ABS({b}), 0.5)",
        "DELAY3({a}, 3.0)",
        "DELAY3({a}, 3.0 + ABS({b}), -1.0)",
        ("DELAYN({a}, 4.0, 1)", "DELAY1({a}, 4.0)"),
        ("DELAYN({a}, 4.0, 2)", "DELAY1(DELAY1({a}, 2.0), 2.0)"),
        ("DELAYN({a}, 4.0 + ABS({b}), 3, {c})", "DELAY3({a}, 4.0 + ABS({b}), {c})"),
        ("DELAYN({a}, 6.0, 6, 0.3)", "DELAY3(DELAY3({a}, 3.0, 0.3), 3.0, 0.3)"),
        "TREND(2.0 + ABS({a}), 2.0)",
        "TREND(2.0 + ABS({a}), 3.0 + ABS({b}), 0.05)",
        ("FORCST(2.0 + ABS({a}), 2.0, 1.5)", "((2.0 + ABS({a})) * (1.0 + 1.5 * TREND(2.0 + ABS({a}), 2.0)))"),
        "INIT({a})",
    ),
    arrays=_shapes(
        "SUM({x}[*] * ARCTAN({y}[*]))",
        "SUM({x}[*])",
        "MEAN({x}[*])",
        "(MAX({x}[*]) - MIN({y}[*]))",
        "SUM({x}[1:2])",
        "{x}[2]",
        "SUM({x}[*] - {y}[north])",
        "SIZE({x}[*])",
        ("PROD({x}[*])", "({x}[north] * {x}[south] * {x}[west])"),
    ),
    discrete=_shapes(
        "STEP({a}, {t})",
        "STEP({a}, {t}) - STEP({b}, {u})",
        "RAMP({a}, {t})",
        "RAMP({a}, {t}, {u})",
        "PULSE({a}, {g})",
        "PULSE({a}, {g}, {k})",
        (
            "PULSE({a}, {t})",
            "(IF TIME + DT / 2.0 > {t} AND TIME + DT / 2.0 <= {t} + DT THEN ({a}) / DT ELSE 0.0)",
        ),
        "PREVIOUS({a}, {b})",
        "({a} - PREVIOUS({a}, {a}))",
        ("DELAY({a}, DT, {b})", "PREVIOUS({a}, {b})"),
        ("DELAY({a}, 2.0 * DT, 0.5)", "PREVIOUS(PREVIOUS({a}, 0.5), 0.5)"),
    ),
    whole=(),
)

_VENSIM_CASCADE = _CASCADE.replace("SMTH1(", "SMOOTHI(").replace(" / 4.0)", " / 4.0, {c})").replace("{T}", "8.0")

_SINCE = "(Time + TIME STEP / 2.0 - ({start}))"
"""Half a step after an instant, how long ago something was: what is off the grid comes at the nearest instant."""


def _pulse(start: str, width: str) -> str:
    """Write a pulse out as Vensim's reference has it; it is not shorter than a step."""
    since = _SINCE.format(start=start)
    return f"IF THEN ELSE({since} > 0.0 :AND: ({since} <= TIME STEP :OR: {since} < {width}), 1.0, 0.0)"


def _train(start: str, width: str, every: str, end: str) -> str:
    """Write a train of pulses out; pulses that touch are one, and the end is part of it."""
    since = _SINCE.format(start=start)
    again = f"MODULO({since}, MAX({every}, 0.001))"
    on = f"{again} > 0.0 :AND: ({again} <= TIME STEP :OR: {again} < {width}) :OR: {every} <= MAX({width}, TIME STEP)"
    return f"IF THEN ELSE({since} > 0.0 :AND: Time <= {end} :AND: ({on}), 1.0, 0.0)"


_CUT = "IF THEN ELSE({x} < 0.0, -INTEGER(-({x})), INTEGER({x}))"
VENSIM = Vocabulary(
    plain=_shapes(
        *_SAME_PLAIN,
        "LOG(1.0 + ABS({a}), 2.0)",
        "LOG(1.0 + ABS({a}), 10.0)",
        "IF THEN ELSE({a} > {b}, {a}, {b} / 2.0)",
        "IF THEN ELSE({a} <= 0.7137 :AND: {b} >= -0.3119 :OR: :NOT: ({a} <> {b}), {b}, 1.5)",
        "IF THEN ELSE({a} > 0.3171 :OR: {b} > 0.2093 :AND: {c} < 0.1039, {a}, {c})",
        ("INTEGER({a} + 0.1234)", _CUT.format(x="{a} + 0.1234")),
        (
            "MODULO({a} + 0.0321, 2.3)",
            "IF THEN ELSE({a} < -0.0321, 0.0 - MODULO(-({a} + 0.0321), 2.3), MODULO({a} + 0.0321, 2.3))",
        ),
        "QUANTUM({a} + 0.0123, 0.7)",
        ("POWER(1.0 + ABS({a}), -0.7)", "(1.0 + ABS({a})) ^ (-0.7)"),
        ("ZIDZ({a}, INTEGER({b} + 0.1234))", f"ZIDZ({{a}}, {_CUT.format(x='{b} + 0.1234')})"),
        ("XIDZ({a}, INTEGER({b} + 0.1234), 4.0)", f"XIDZ({{a}}, {_CUT.format(x='{b} + 0.1234')}, 4.0)"),
    ),
    clock=_shapes(
        "IF THEN ELSE(Time >= {t}, {a}, {b})",
        "IF THEN ELSE(Time > {t} :AND: Time < {u}, {a}, {b})",
        "Time",
        "(Time - INITIAL TIME) / (FINAL TIME - INITIAL TIME + 0.7)",
        "{a} * TIME STEP",
    ),
    stateful=_shapes(
        "SMOOTH({a}, 2.0)",
        "SMOOTHI({a}, 1.0 + ABS({b}), 0.75)",
        "SMOOTH3({a}, 3.0)",
        "SMOOTH3I({a}, 3.0 + ABS({b}), {c})",
        "DELAY1({a}, 1.5)",
        "DELAY1I({a}, 2.0 + ABS({b}), 0.5)",
        "DELAY3({a}, 3.0)",
        "DELAY3I({a}, 3.0 + ABS({b}), -1.0)",
        "TREND(2.0 + ABS({a}), 2.0, 0.05)",
        "TREND(2.0 + ABS({a}), 3.0 + ABS({b}), 0.0)",
        ("FORECAST(2.0 + ABS({a}), 2.0, 1.5)", "((2.0 + ABS({a})) * (1.0 + 1.5 * TREND(2.0 + ABS({a}), 2.0, 0.0)))"),
        "INITIAL({a})",
    ),
    arrays=_shapes(
        "SUM({x}[Area!] * ARCTAN({y}[Area!]))",
        "SUM({x}[Area!])",
        "SUM({x}[Part!] - {y}[north])",
        "(VMAX({x}[Area!]) - VMIN({y}[Part!]))",
        ("PROD({x}[Area!])", "({x}[north] * {x}[south] * {x}[west])"),
        ("ELMCOUNT(Area)", "3.0"),
    ),
    discrete=_shapes(
        "STEP({a}, {t})",
        "STEP({a}, {t}) - STEP({b}, {u})",
        "RAMP({a}, {t}, {u})",
        ("{a} * PULSE({t}, {w})", "{a} * " + _pulse("{t}", "{w}")),
        ("{a} * PULSE TRAIN({t}, {w}, 1.5, {u})", "{a} * " + _train("{t}", "{w}", "1.5", "{u}")),
        ("{a} * PULSE TRAIN({t}, 0.5, {w}, {u})", "{a} * " + _train("{t}", "0.5", "{w}", "{u}")),
        ("SMOOTH N({a}, 4.0, {c}, 2)", "SMOOTHI(SMOOTHI({a}, 2.0, {c}), 2.0, {c})"),
        ("SMOOTH N({a}, 8.0, {c}, 4)", _VENSIM_CASCADE),
        ("DELAY N({a}, 4.0, {c}, 2)", "DELAY1I(DELAY1I({a}, 2.0, {c}), 2.0, {c})"),
        ("DELAY N({a}, 6.0, 0.3, 6)", "DELAY3I(DELAY3I({a}, 3.0, 0.3), 3.0, 0.3)"),
    ),
    whole=_shapes(
        "ACTIVE INITIAL({b}, {c})",
        "SAMPLE IF TRUE({b} > {c}, {b}, {c})",
        "SAMPLE IF TRUE(Time < {t}, {b}, {c})",
    ),
)
