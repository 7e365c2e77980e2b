"""Random pools of models: stocks, flows, delays, arrays, graphical functions, macros, modules, test inputs, odd names.

No equation of an auxiliary uses one that comes later, so that there are no circles; flows are kept between bounds, so
that a difference between two engines is a fault and not chaos.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import hypothesis.strategies as st

from egovsim.testing import vensim_text, xmile_text
from egovsim.testing.notation import AREAS, Curve, Notation, Vensim, Xmile, both, same
from egovsim.testing.pool import OWN, Drawn, Pool
from egovsim.testing.vocabulary import VENSIM, XMILE, Dialect, Spelling

T = TypeVar("T")
_CLOCKS = (
    *((start, dt) for start in (0.0, 2000.0, -3.0) for dt in (0.25, 0.5, 1.0)),
    (0.037, 0.1),
)
"""Start and step. Where the step is no binary fraction, no instant is a round number that something could be compared
with: the clock of an engine that adds up its steps is a little off, and comes to the other side of it."""
_NUMBERS = ("0.5", "2.0", "-1.25", "3.7", "0.0", "0.001")
_CURVES = tuple(
    Curve(kind, points)
    for kind in ("continuous", "continuous", "extrapolate", "discrete")
    for points in (
        ((-1.0, 2.0), (0.5, -1.0), (3.0, 0.75), (9.0, 0.1)),
        ((-1.0, 2.0), (0.5, -1.0), (0.5, 0.25), (3.0, 0.75), (9.0, 0.1)),
        ((0.0, 1.0), (1.0, 0.0), (2.0, 4.0)),
    )
)
_VENSIM_CURVES = tuple(curve for curve in _CURVES if curve.kind == "continuous")
_MACROS: Mapping[Dialect, tuple[str, ...]] = {
    "xmile": ("BLEND", "TWIST", "STELLA", "PILE"),
    "vensim": ("BLEND", "TWIST"),
}
_OF_TWO = ("BLEND", "TWIST")
_ODD_NAMES = (
    "Rate of {name}",
    "{name} (part 2)",
    "{name} (array part 1)",
    "initial {name}",
    "{name} - 1/2 (%)",
    "delay of {name}",
    "{name}~1",
)


@cache  # the same few hundred tuples are drawn from all the time
def _one_of(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


@dataclass
class _Draft:
    """A model in the making: the names that an equation may use so far."""

    draw: st.DrawFn
    notation: Notation
    times: Mapping[str, tuple[str, ...]]
    discrete: bool
    scalars: list[str] = field(default_factory=list[str])
    arrays: list[str] = field(default_factory=list[str])
    matrices: list[str] = field(default_factory=list[str])
    curves: list[tuple[str, Curve]] = field(default_factory=list[tuple[str, Curve]])
    variables: list[Drawn] = field(default_factory=list[Drawn])

    def one(self, values: Sequence[T]) -> T:
        """Draw one of some values."""
        return self.draw(_one_of(tuple(values)))

    @property
    def dialect(self) -> Dialect:
        return "xmile" if isinstance(self.notation, Xmile) else "vensim"

    def define(self, name: str, text: Spelling) -> None:
        self.variables.append(Drawn(name, text))

    def expression(self, depth: int, *, arrayed: bool = False) -> Spelling:
        """Draw an equation; `arrayed` ones may use arrays over the area they stand for."""
        if depth == 0:
            return same(self._leaf(arrayed))
        last = "discrete" if self.discrete else "plain"
        kind = self.one(("plain", "plain", "clock", "stateful", "arrays", "curve", "macro", last))
        if kind == "curve" and self.curves:
            name, curve = self.one(self.curves)
            return self.notation.call(name, curve, self.expression(0, arrayed=arrayed))
        if kind == "macro" and not arrayed:
            return self._macro(depth)
        vocabulary = self.notation.vocabulary
        shapes = {
            "clock": vocabulary.clock,
            "stateful": vocabulary.stateful,
            "arrays": vocabulary.arrays if self.arrays else vocabulary.plain,
            "discrete": vocabulary.discrete,
        }.get(kind, vocabulary.plain)
        return self._filled(self.one(shapes), depth, arrayed)

    def _filled(self, shape: Spelling, depth: int, arrayed: bool) -> Spelling:
        """Put expressions, arrays and times into a shape."""
        given: dict[str, Spelling] = {}
        for place in "abcxytugwk":
            if f"{{{place}}}" in shape.text:
                given[place] = self._place(place, depth, arrayed)
        return Spelling(
            shape.text.format_map({place: part.text for place, part in given.items()}),
            shape.written_out.format_map({place: part.written_out for place, part in given.items()}),
        )

    def _place(self, place: str, depth: int, arrayed: bool) -> Spelling:
        if place in "xy":
            return same(self.one(self.arrays))
        if place in self.times:
            return same(self.one(self.times[place]))
        return self.expression(depth - 1 if place == "a" else 0, arrayed=arrayed)

    def _macro(self, depth: int) -> Spelling:
        name = self.one(_MACROS[self.dialect])
        parts = [self.expression(depth - 1)] + ([self.expression(0)] if name in _OF_TWO else [])
        return both(lambda texts: f"{name}({', '.join(texts)})", *parts)

    def _leaf(self, arrayed: bool) -> str:
        names = [self.notation.name(name) for name in self.scalars]
        if arrayed:
            names += [f"{array}[Area]" for array in self.arrays]
            names += [f"{matrix}[Area,k1]" for matrix in self.matrices]
        names += [f"{array}[{element}]" for array in self.arrays for element in AREAS[:2]]
        return self.one((*names, *names, *_NUMBERS, "TIME"))

    # Blocks of variables

    def scalar(self, n: int) -> None:
        name = f"{OWN}_a{n}"
        if self.scalars and self.one((False, True)):
            name = self.one(_ODD_NAMES).format(name=self.one([s for s in self.scalars if "_" in s and " " not in s]))
            if name in self.scalars:
                return
        self.define(name, self.notation.auxiliary(name, self.expression(2)))
        self.scalars.append(name)

    def curved(self, n: int) -> None:
        name, curve = f"{OWN}_g{n}", self.one(self._known_curves())
        self.define(name, self.notation.curved(name, self.expression(1), curve))
        self.scalars.append(name)

    def lookup(self, n: int) -> None:
        name, curve = f"{OWN}_l{n}", self.one(self._known_curves())
        self.define(name, self.notation.lookup(name, curve))
        self.curves.append((name, curve))
        user = f"{OWN}_k{n}"
        self.define(user, self.notation.auxiliary(user, self.notation.call(name, curve, self.expression(0))))
        self.scalars.append(user)

    def _known_curves(self) -> tuple[Curve, ...]:
        return _CURVES if self.dialect == "xmile" else _VENSIM_CURVES

    def array(self, n: int) -> None:
        name = f"{OWN}_r{n}"
        self.define(name, self.notation.auxiliary(name, self.expression(2, arrayed=True), "Area"))
        self.arrays.append(name)

    def elements(self, n: int) -> None:
        name = f"{OWN}_e{n}"
        self.define(name, self.notation.by_element(name, [self.expression(1) for _ in AREAS]))
        self.arrays.append(name)

    def matrix(self, n: int) -> None:
        name = f"{OWN}_x{n}"
        self.define(name, self.notation.auxiliary(name, self.expression(1, arrayed=True), "Area", "Kind"))
        self.matrices.append(name)
        star = "*" if self.dialect == "xmile" else "Kind!"
        total = f"{OWN}_t{n}"
        self.define(total, self.notation.auxiliary(total, same(f"SUM({name}[Area,{star}]) / 3.0"), "Area"))
        self.arrays.append(total)

    def stock(self, n: int) -> None:
        name, gain, loss = f"{OWN}_s{n}", f"{OWN}_in{n}", f"{OWN}_out{n}"
        initial = self.expression(1)
        self.scalars.append(name)
        bounded = self.expression(2).map(lambda text: f"MAX(-2.0, MIN(3.0, {text}))")
        self.define(gain, self.notation.flow(gain, bounded))
        self.define(loss, self.notation.flow(loss, same(f"{name} / (2.0 + ABS({self._leaf(arrayed=False)}))")))
        self.define(name, self.notation.stock(name, initial, [gain], [loss]))
        self.scalars += [gain, loss]

    def arrayed_stock(self, n: int) -> None:
        name, gain = f"{OWN}_q{n}", f"{OWN}_gain{n}"
        initial = self.expression(1, arrayed=True)
        self.arrays.append(name)
        change = self.expression(1, arrayed=True).map(lambda text: f"MAX(-2.0, MIN(2.0, {text})) - {name}[Area] / 4.0")
        self.define(gain, self.notation.flow(gain, change, "Area"))
        self.define(name, self.notation.stock(name, initial, [gain], [], "Area"))

    # Blocks of one dialect

    def chain(self, n: int) -> None:
        """Stocks that never fall below 0, in a row; the first outflow that a stock lists is served first."""
        if self.dialect == "vensim":
            return self.mapped(n)
        names = [f"{OWN}_n{n}{place}" for place in "pqr"[: self.one((1, 2, 3))]]
        before: list[str] = [f"{OWN}_feed{n}"]
        feed = self.expression(1).map(lambda text: f"MAX(0.0, {text})")
        self.define(before[0], self.notation.flow(before[0], feed))
        for name in names:
            outflows = [f"{name}_on"] + ([f"{name}_off"] if self.one((False, True)) else [])
            self._non_negative(name, before, outflows)
            before = outflows[:1]
        self.scalars += names
        return None

    def _non_negative(self, name: str, inflows: Sequence[str], outflows: Sequence[str]) -> None:
        flows = "".join(f"<inflow>{flow}</inflow>" for flow in inflows)
        flows += "".join(f"<outflow>{flow}</outflow>" for flow in outflows)
        text = f'<stock name="{name}"><eqn>{self.one(("0.0", "0.5", "2.0"))}</eqn>{flows}'
        self.define(name, Spelling(f"{text}<non_negative/></stock>", f"{text}</stock>"))
        room = f"{name} / DT + {' + '.join(inflows)}"
        for flow in outflows:
            wanted = self.expression(1)
            out = f"MIN(MAX(0.0, {wanted.written_out}), MAX(0.0, {room}))"
            room += f" - {flow}"
            limited = "<non_negative/></flow>"
            own = self.notation.flow(flow, wanted).text.replace("</flow>", limited)
            self.define(flow, Spelling(own, self.notation.flow(flow, same(out)).text))

    def mapped(self, n: int) -> None:
        """An array whose sub-range has an equation of its own, and one over a dimension that is mapped."""
        name, shadow, back = (f"{OWN}_{kind}{n}" for kind in ("part", "shadow", "back"))
        subscripts = self.one(("[Part]", "[Area] :EXCEPT: [west]"))
        part = self.expression(1).map(lambda text: vensim_text.definition(name + subscripts, text))
        rest = self.expression(1).map(lambda text: vensim_text.definition(f"{name}[west]", text))
        self.define(name, both("".join, part, rest))
        self.arrays.append(name)
        self.define(shadow, same(vensim_text.definition(f"{shadow}[Shadow]", f"{self._leaf(False)} * 2 + Time")))
        self.define(back, same(vensim_text.definition(f"{back}[Area]", f"{shadow}[Shadow] - {name}[Area]")))
        self.arrays.append(back)

    def whole(self, n: int) -> None:
        """A variable whose equation is one call of what other engines take in no other place."""
        name, shapes = f"{OWN}_h{n}", self.notation.vocabulary.whole
        if not self.discrete:
            shapes = tuple(shape for shape in shapes if "SAMPLE" not in shape.text)
        equation = self._filled(self.one(shapes), 1, False) if shapes else self.expression(2)
        self.define(name, self.notation.auxiliary(name, equation))
        self.scalars.append(name)

    def module(self, n: int) -> None:
        """A module with an input, a stock and an output; Vensim has none."""
        if self.dialect == "vensim":
            return self.mapped(n)
        name, given = f"{OWN}_module{n}", f"{OWN}_given{n}"
        self.define(given, self.notation.auxiliary(given, self.expression(1)))
        inner = _Draft(self.draw, self.notation, self.times, self.discrete, ["inp", "level"])
        change = inner.expression(1)
        connected = f'<module name="{name}"><connect to="{name}.inp" from="{given}"/></module>'
        self.define(name, same(connected))

        def write(text: str) -> str:
            return (
                f'<model name="{name}"><variables><aux name="inp" access="input"><eqn>77</eqn></aux>'
                f'<stock name="level" access="output"><eqn>inp</eqn><inflow>change</inflow></stock>'
                f"{xmile_text.flow('change', f'ARCTAN({text}) - level / 3.0')}</variables></model>"
            )

        self.define(f"{name}.change", change.map(write))
        user = f"{OWN}_user{n}"
        self.define(user, self.notation.auxiliary(user, same(f"{name}.level + {given}")))
        self.scalars.append(user)
        return None


_BLOCKS: tuple[Callable[[_Draft, int], None], ...] = (
    _Draft.scalar,
    _Draft.scalar,
    _Draft.curved,
    _Draft.lookup,
    _Draft.array,
    _Draft.elements,
    _Draft.matrix,
    _Draft.stock,
    _Draft.stock,
    _Draft.arrayed_stock,
    _Draft.whole,
    _Draft.chain,
    _Draft.module,
)


@st.composite
def _models(draw: st.DrawFn, notation: Notation, dt: float, start: float, discrete: bool) -> tuple[Drawn, ...]:
    draft = _Draft(draw, notation, _edges(start, dt), discrete)
    name = f"{OWN}_c"
    draft.define(name, notation.auxiliary(name, same(draft.one(_NUMBERS))))
    draft.scalars.append(name)
    for number, block in enumerate(draw(st.lists(st.sampled_from(_BLOCKS), min_size=1, max_size=3))):
        block(draft, number)
    return tuple(draft.variables)


@st.composite
def random_pools(draw: st.DrawFn, dialect: Dialect, size: int, *, discrete: bool = True) -> Pool:
    """Draw a pool.

    Parameters
    ----------
    draw : DrawFn
        Hypothesis hands it over: the strategy is called without it.
    dialect : {"xmile", "vensim"}
        The notation.
    size : int
        How many models it holds.
    discrete : bool
        Whether test inputs, and what is sampled, may be drawn: under Euler's method alone.

    Returns
    -------
    Pool
        Over 6 years, which are 6 to 60 steps.
    """
    start, dt = draw(_one_of(_CLOCKS))
    method = draw(
        st.sampled_from(("euler", "euler", "rk4", "rk2") if dialect == "xmile" else ("euler", "euler", "rk4"))
    )
    notation = Xmile(XMILE) if dialect == "xmile" else Vensim(VENSIM)
    one = _models(notation, dt, start, discrete and method == "euler")
    models = draw(st.lists(one, min_size=size, max_size=size))
    return Pool(dialect, method, start, dt, tuple(models))


@cache
def _edges(start: float, dt: float) -> Mapping[str, tuple[str, ...]]:
    """Return instants and lengths of time that test inputs have their edges at, by where they stand in a shape.

    They are on the grid, half a step and a quarter beside it, at the start and the end and beyond; where the step is no
    binary fraction, beside the grid alone.
    """
    places = (0.0, 6.0, 2.0, dt, 5.0)
    if dt == 0.1:
        times = tuple(f"{start + place + 0.03:.3f}" for place in places)
        return {"t": times, "u": times, "g": (f"{start}",), "w": ("0.1307", "0.5713", "2.5309"), "k": ("0.0", "99.0")}
    times = tuple(f"{start + place + beside}" for place in places for beside in (0.0, dt / 2, dt / 4, -dt / 2))
    widths = tuple(f"{width}" for width in (0.0, dt / 2, dt, 1.5 * dt, 2.5))
    grid, whole = tuple(f"{start + place}" for place in (*places, -2.0)), (f"{dt}", f"{2 * dt}", "2.0", "0.0", "99.0")
    return {"t": times, "u": times, "g": grid, "w": widths, "k": whole}
