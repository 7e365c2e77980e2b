"""How variables are written in each dialect, as this package reads them and written out for another engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from egovsim.testing import vensim_text, xmile_text
from egovsim.testing.vocabulary import Spelling, Vocabulary

AREAS = ("north", "south", "west")
"""The elements of the dimension "Area" of every file; the first two are also the sub-range "Part" in Vensim's."""


def both(write: Callable[[Sequence[str]], str], *parts: Spelling) -> Spelling:
    """Write a text from the texts of some parts, and again from the parts as they are written out.

    Parameters
    ----------
    write : callable
        Makes a text of texts.
    *parts : Spelling
        What it is called with.

    Returns
    -------
    Spelling
        What it made of both.
    """
    return Spelling(write([part.text for part in parts]), write([part.written_out for part in parts]))


def same(text: str) -> Spelling:
    """Return a text that both engines are given.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    Spelling
        The text twice.
    """
    return Spelling(text, text)


@dataclass(frozen=True)
class Curve:
    """A graphical function.

    Parameters
    ----------
    kind : str
        As XMILE names it: ``continuous``, ``extrapolate``, ``discrete``. Vensim's are continuous.
    points : sequence of tuple
        Its points, x not descending.
    """

    kind: str
    points: Sequence[tuple[float, float]]

    @property
    def plain(self) -> bool:
        """Whether every engine reads it alike: continuous, and with one value for each x."""
        return self.kind == "continuous" and len({x for x, _ in self.points}) == len(self.points)

    def segments(self, x: str) -> list[tuple[float, str]]:
        """Return what it is from one point to the next, by definition, for the text of an argument.

        Parameters
        ----------
        x : str
            The argument.

        Returns
        -------
        list of tuple
            From the left: below which x a text holds, and the text. The last holds for all that is left.
        """
        (first, low), (last, high) = self.points[0], self.points[-1]
        lines: list[tuple[float, str]] = []
        for (left, begin), (right, end) in pairwise(self.points):
            if right > left:
                line = f"({begin} + ({end} - ({begin})) * (({x} - ({left})) / ({right} - ({left}))))"
                lines.append((right, f"{begin}" if self.kind == "discrete" else line))
        return lines if self.kind == "extrapolate" else [(first, f"{low}"), *lines, (last, f"{high}")]


class Notation(ABC):
    """A dialect's way to write variables.

    Parameters
    ----------
    vocabulary : Vocabulary
        What its equations are made of.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def name(self, name: str) -> str:
        """Return a name as an equation writes it.

        Parameters
        ----------
        name : str
            Of a variable.

        Returns
        -------
        str
            Quoted where it must be.
        """
        return name if name.replace("_", "a").replace("@", "a").isalnum() else f'"{name}"'

    def auxiliary(self, name: str, equation: Spelling, *dimensions: str) -> Spelling:
        """Write an auxiliary.

        Parameters
        ----------
        name : str
            Of the variable.
        equation : Spelling
            Its equation.
        *dimensions : str
            Of an array.

        Returns
        -------
        Spelling
            Its definition.
        """
        return equation.map(lambda text: self._defined("aux", name, text, dimensions))

    def flow(self, name: str, equation: Spelling, *dimensions: str) -> Spelling:
        """Write a flow.

        Parameters
        ----------
        name : str
            Of the variable.
        equation : Spelling
            Its equation.
        *dimensions : str
            Of an array.

        Returns
        -------
        Spelling
            Its definition.
        """
        return equation.map(lambda text: self._defined("flow", name, text, dimensions))

    def by_element(self, name: str, equations: Sequence[Spelling]) -> Spelling:
        """Write an auxiliary over the areas.

        Parameters
        ----------
        name : str
            Of the variable.
        equations : sequence of Spelling
            One for each area.

        Returns
        -------
        Spelling
            Its definition.
        """
        return both(lambda texts: self._by_element(name, texts), *equations)

    def stock(
        self, name: str, initial: Spelling, inflows: Sequence[str], outflows: Sequence[str], *dimensions: str
    ) -> Spelling:
        """Write a stock.

        Parameters
        ----------
        name : str
            Of the variable.
        initial : Spelling
            The equation of its initial value.
        inflows, outflows : sequence of str
            Names of its flows.
        *dimensions : str
            Of an array.

        Returns
        -------
        Spelling
            Its definition.
        """
        return initial.map(lambda text: self._stock(name, text, inflows, outflows, dimensions))

    def curved(self, name: str, argument: Spelling, curve: Curve) -> Spelling:
        """Write an auxiliary that is a graphical function of an expression.

        Parameters
        ----------
        name : str
            Of the variable.
        argument : Spelling
            What the function is of.
        curve : Curve
            The function.

        Returns
        -------
        Spelling
            Its definition; written out, with a variable for the argument.
        """
        if curve.plain:
            return argument.map(lambda text: self._curved(name, text, curve))
        helper = f"{name}_argument"
        out = self._defined("aux", helper, argument.written_out, ())
        out += self._defined("aux", name, self._written_out(helper, curve), ())
        return Spelling(self._curved(name, argument.text, curve), out)

    def lookup(self, name: str, curve: Curve) -> Spelling:
        """Write a variable whose graphical function others call.

        Parameters
        ----------
        name : str
            Of the variable.
        curve : Curve
            The function.

        Returns
        -------
        Spelling
            Its definition.
        """
        text = self._lookup(name, curve)
        return Spelling(text, text if curve.plain else self._value_of_lookup(name, curve))

    def call(self, name: str, curve: Curve, argument: Spelling) -> Spelling:
        """Write the call of another variable's graphical function.

        Parameters
        ----------
        name : str
            Of that variable.
        curve : Curve
            The function.
        argument : Spelling
            What it is of.

        Returns
        -------
        Spelling
            An expression.
        """
        if curve.plain:
            return argument.map(lambda text: self._call(name, text))
        return Spelling(self._call(name, argument.text), self._written_out(f"({argument.written_out})", curve))

    def _written_out(self, x: str, curve: Curve) -> str:
        *parts, (_, text) = curve.segments(x)
        for below, part in reversed(parts):
            text = self._if_else(f"{x} < {below}", part, text)
        return text

    @abstractmethod
    def _defined(self, kind: str, name: str, equation: str, dimensions: Sequence[str]) -> str: ...

    @abstractmethod
    def _by_element(self, name: str, equations: Sequence[str]) -> str: ...

    @abstractmethod
    def _stock(
        self, name: str, initial: str, inflows: Sequence[str], outflows: Sequence[str], dimensions: Sequence[str]
    ) -> str: ...

    @abstractmethod
    def _curved(self, name: str, argument: str, curve: Curve) -> str: ...

    @abstractmethod
    def _lookup(self, name: str, curve: Curve) -> str: ...

    @abstractmethod
    def _value_of_lookup(self, name: str, curve: Curve) -> str: ...

    @abstractmethod
    def _call(self, name: str, argument: str) -> str: ...

    @abstractmethod
    def _if_else(self, condition: str, then: str, otherwise: str) -> str: ...


class Xmile(Notation):
    """XMILE's notation."""

    def _defined(self, kind: str, name: str, equation: str, dimensions: Sequence[str]) -> str:
        write = xmile_text.flow if kind == "flow" else xmile_text.auxiliary
        return write(name, equation, inside=self._over(dimensions))

    def _by_element(self, name: str, equations: Sequence[str]) -> str:
        parts = "".join(
            f'<element subscript="{element}">{xmile_text.equation(text)}</element>'
            for element, text in zip(AREAS, equations, strict=True)
        )
        return f'<aux name="{name}">{xmile_text.over("Area")}{parts}</aux>'

    def _stock(
        self, name: str, initial: str, inflows: Sequence[str], outflows: Sequence[str], dimensions: Sequence[str]
    ) -> str:
        return xmile_text.stock(name, initial, inflows=inflows, outflows=outflows, inside=self._over(dimensions))

    def _over(self, dimensions: Sequence[str]) -> str:
        return xmile_text.over(*dimensions) if dimensions else ""

    def _curved(self, name: str, argument: str, curve: Curve) -> str:
        x, y = ([point[axis] for point in curve.points] for axis in (0, 1))
        even = len({right - left for left, right in pairwise(x)}) == 1
        places = f'<xscale min="{x[0]}" max="{x[-1]}"/>' if even else f"<xpts>{','.join(map(str, x))}</xpts>"
        inside = f'<gf type="{curve.kind}">{places}<ypts>{",".join(map(str, y))}</ypts></gf>'
        return xmile_text.auxiliary(name, argument, inside=inside)

    def _lookup(self, name: str, curve: Curve) -> str:
        return self._curved(name, "0.0", curve)

    def _value_of_lookup(self, name: str, curve: Curve) -> str:
        return xmile_text.auxiliary(name, self._written_out("0.0", curve))

    def _call(self, name: str, argument: str) -> str:
        return f"LOOKUP({name}, {argument})"

    def _if_else(self, condition: str, then: str, otherwise: str) -> str:
        return f"(IF {condition} THEN {then} ELSE {otherwise})"


class Vensim(Notation):
    """Vensim's notation."""

    def _defined(self, kind: str, name: str, equation: str, dimensions: Sequence[str]) -> str:
        return vensim_text.definition(self._left(name, dimensions), equation)

    def _by_element(self, name: str, equations: Sequence[str]) -> str:
        parts = zip(AREAS, equations, strict=True)
        return "".join(self._defined("aux", name, text, [element]) for element, text in parts)

    def _stock(
        self, name: str, initial: str, inflows: Sequence[str], outflows: Sequence[str], dimensions: Sequence[str]
    ) -> str:
        flows = [f"+ {self._left(flow, dimensions)}" for flow in inflows]
        flows += [f"- {self._left(flow, dimensions)}" for flow in outflows]
        return self._defined("stock", name, f"INTEG({' '.join(flows)}, {initial})", dimensions)

    def _left(self, name: str, subscripts: Sequence[str]) -> str:
        name = self.name(name)
        return f"{name}[{','.join(subscripts)}]" if subscripts else name

    def _points(self, curve: Curve) -> str:
        return ",".join(f"({x},{y})" for x, y in curve.points)

    def _curved(self, name: str, argument: str, curve: Curve) -> str:
        return vensim_text.definition(name, f"WITH LOOKUP({argument}, ({self._points(curve)}))")

    def _lookup(self, name: str, curve: Curve) -> str:
        return vensim_text.lookup(name, self._points(curve))

    def _value_of_lookup(self, name: str, curve: Curve) -> str:
        return self._lookup(name, curve)  # a lookup has no value of its own

    def _call(self, name: str, argument: str) -> str:
        return f"{name}({argument})"

    def _if_else(self, condition: str, then: str, otherwise: str) -> str:
        return f"IF THEN ELSE({condition}, {then}, {otherwise})"
