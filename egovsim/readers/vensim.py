"""Vensim's .mdl files.

Read are scalar models, lookups, and arrays as far as a list of equations for elements says it all.
Everything else that Vensim has becomes an `Unsupported` equation with its text and line.  The
integration method is Euler: how the settings at a file's end name another one is not documented.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import (
    ClockName,
    ClockValue,
    Expression,
    Number,
    Reference,
    Table,
    Unsupported,
    Where,
    walk,
)
from egovsim.model.model import Bounds, Clock, Dimension, Equation, Kind, Model, Variable, plain_number
from egovsim.names import canonical
from egovsim.readers.expressions import Constants, Integral, Names, parse_points, parse_vensim_equation
from egovsim.readers.passage import Passage
from egovsim.readers.vensim_text import Entry, VensimText, read_vensim_text

_WORD = r"(?:[^\W\d]|[^\x00-\x7f\s])(?:[\w$'.]|[^\x00-\x7f\s])*(?:[ \t\n]+(?:[\w$'.]|[^\x00-\x7f\s])+)*"
_LEFT = re.compile(
    rf'(?P<name>"(?:[^"\\]|\\.)*"|{_WORD})\s*(?P<subscripts>\[[^\]]*\])?'
    r"\s*(?::EXCEPT:\s*(?P<exceptions>\[[^\]]*\](?:\s*,\s*\[[^\]]*\])*))?"
    r"\s*(?P<kind>:INTERPOLATE:|:RAW:|:HOLD BACKWARD:|:LOOK FORWARD:)?"
    r"\s*(?P<sign>==|:=|=|<->|\(|:IS:|:(?!\s*[a-z ]+:)|$)",
    re.DOTALL | re.IGNORECASE,
)
_REALITY_CHECK = re.compile(r":\s*(?:THE CONDITION|TEST INPUT)\s*:", re.IGNORECASE)
_TABBED = re.compile(r"\s*TABBED\s+ARRAY\s*\((?P<numbers>[^()]*)\)\s*$", re.IGNORECASE)
_BOUNDS = re.compile(r"\[(?P<inside>[^\[\]]*)\]\s*$")
_NUMBERED = re.compile(r"\(\s*(?P<stem>.*?)(?P<low>\d+)\s*-\s*(?P<same>.*?)(?P<high>\d+)\s*\)", re.DOTALL)

_CONTROLS: Mapping[str, ClockName | None] = {
    "initial time": "initial time",
    "final time": "final time",
    "time step": "time step",
    "saveper": None,
}
"""Variables that control a run, and the value of the clock each is."""


def read_vensim(path: Path) -> Model:
    """Read a Vensim model.

    Parameters
    ----------
    path : Path
        The .mdl file.

    Returns
    -------
    Model
        With what cannot be run as `Unsupported` equations.

    Raises
    ------
    ModelError
        It is not a Vensim model, an equation does not parse, or a name is borne twice.
    UnsupportedError
        A control variable (FINAL TIME and its like) is not a number.
    """
    return _Reader(read_vensim_text(path)).model()


@dataclass(frozen=True)
class _Left:
    """The left side of an entry, and the passage to the right of its sign."""

    entry: Entry
    name: str
    sign: str
    right: Passage
    subscripts: tuple[str, ...]
    exceptions: tuple[tuple[str, ...], ...]
    where: Where

    @cached_property
    def id(self) -> str:
        return canonical(self.name)


class _Reader:
    """Reads the entries of one file."""

    def __init__(self, text: VensimText) -> None:
        self._text = text
        self._ignored = text.ignored
        self._lefts = [left for entry in text.entries if (left := self._left(entry)) is not None]
        subscripts = {id for one in self._dimensions.values() for id in (one.id, *one.element_ids)}
        self._names = Names(
            variables={id: tuple(one.id for one in self._axes(lefts) or ()) for id, lefts in self._defined.items()},
            macros=text.macros,
            subscripts=subscripts,
        )

    def model(self) -> Model:
        clock = self._clock()
        saveper = clock.time_step if clock.save_every is None else clock.save_every
        self._names = replace(self._names, built_in={"saveper": saveper})
        file = self._text.source.file
        return Model(
            name=file.rsplit(".", 1)[0],
            clock=clock,
            dimensions=tuple(self._dimensions.values()),
            variables=tuple(self._variables()),
            file=file,
            ignored=tuple(f"{name}: {count}" for name, count in self._ignored.items()),
        )

    # Left sides

    def _left(self, entry: Entry) -> _Left | None:
        passage = entry.equation
        if _REALITY_CHECK.search(passage.text):
            self._ignored["Reality Checks"] += 1
            return None
        found = _LEFT.match(passage.text)
        where = passage.where(0)
        if found is None:
            start = " ".join(passage.text.split())[:40]
            raise ModelError(f"{where}: '{start}' does not begin with a name and '='; write name = expression.")
        sign = found["kind"] or found["sign"]
        right = _part(passage, found.end())
        return _Left(
            entry,
            _shown(found["name"]),
            sign,
            right,
            _ids(found["subscripts"] or ""),
            tuple(_ids(one) for one in re.findall(r"\[[^\]]*\]", found["exceptions"] or "")),
            where,
        )

    @cached_property
    def _dimensions(self) -> dict[str, Dimension]:
        found: dict[str, Dimension] = {}
        for left in sorted(self._lefts, key=lambda one: one.sign == "<->"):
            if left.sign == "<->" and canonical(left.right.text) in found:
                found[left.id] = Dimension(left.name, found[canonical(left.right.text)].elements)
            elif left.sign == ":":
                elements = _listed(left.right.text.split("->")[0], found)
                if elements:
                    found[left.id] = Dimension(left.name, elements)
        return found

    # The clock

    def _clock(self) -> Clock:
        controls = {one.id: one for one in self._lefts if one.id in _CONTROLS}
        for name in ("initial time", "final time", "time step"):
            if name not in controls:
                raise ModelError(f"{self._text.source.file}: there is no {name.upper()}; add it to the equations.")
        value = {name: self._control(name, controls, ()) for name in controls}
        step, stop = controls["time step"], controls["final time"]
        if value["time step"] <= 0:
            raise ModelError(f'{step.where}, "TIME STEP": it is {value["time step"]:g}; it must be above 0.')
        if value["final time"] <= value["initial time"]:
            raise ModelError(f'{stop.where}, "FINAL TIME": it is not after INITIAL TIME; give a later time.')
        save = value.get("saveper")
        return Clock(
            value["initial time"],
            value["final time"],
            value["time step"],
            save if save and save != value["time step"] else None,
            "euler",
            _units(step.entry.units)[0],
        )

    def _control(self, name: str, controls: Mapping[str, _Left], seen: tuple[str, ...]) -> float:
        """Return the number that a control variable is, or that the one it names is."""
        left = controls[name]
        expression = self._parse(left, self._names)
        number = plain_number(expression) if not isinstance(expression, (Integral, Constants)) else None
        if number is not None and math.isfinite(number):
            return number
        match expression:
            case ClockValue(which=other) if other in controls and other not in seen:
                return self._control(other, controls, (*seen, name))
            case Reference(id=other) if other in controls and other not in seen:
                return self._control(other, controls, (*seen, name))
            case _:
                raise UnsupportedError(
                    f'{left.where}, "{left.name}": a control variable that is computed cannot be run yet; '
                    "write a number, or the name of another control variable."
                )

    # Variables

    def _variables(self) -> Iterator[Variable]:
        for id, lefts in self._defined.items():
            if id not in _CONTROLS:
                yield self._variable(lefts)

    @cached_property
    def _defined(self) -> dict[str, list[_Left]]:
        """The left sides of each variable, and of each dimension that could not be read."""
        found: dict[str, list[_Left]] = {}
        for left in self._lefts:
            if left.sign not in (":", "<->") or left.id not in self._dimensions:
                found.setdefault(left.id, []).append(left)
        return found

    def _variable(self, lefts: list[_Left]) -> Variable:
        first = lefts[0]
        if len(lefts) > 1 and not all(one.subscripts for one in lefts):
            raise ModelError(
                f'{lefts[1].where}, "{first.name}": line {first.where.line} has an equation of this name already; '
                "rename one."
            )
        kind, equations, dimensions = self._content(lefts)
        unit, bounds = next((_units(one.entry.units) for one in lefts if one.entry.units), ("", Bounds()))
        return Variable(
            name=first.name,
            kind=kind,
            equations=equations,
            dimensions=dimensions,
            unit=unit,
            note=next((one.entry.note for one in lefts if one.entry.note), ""),
            bounds=bounds,
            group=first.entry.group,
            where=first.where,
        )

    def _content(self, lefts: list[_Left]) -> tuple[Kind, tuple[Equation, ...], tuple[str, ...]]:
        """Return kind, equations and dimensions of what has these left sides."""
        refusals = [(one, reason) for one in lefts if (reason := _refusal(one)) is not None]
        axes = self._axes(lefts)
        if not refusals and axes is None:
            refusals = [(lefts[0], "its subscripts belong to no dimension that can be read")]
        if refusals or axes is None:
            left, reason = refusals[0]
            text = " ".join(left.entry.equation.text.split())
            return "auxiliary", (Equation(Unsupported(text, reason, left.where)),), ()
        if lefts[0].sign == "(":
            return "lookup", (Equation(None, table=self._table(lefts[0])),), ()
        equations = [one for left in lefts for one in self._equations(left, axes)]
        stock = any(one.rate is not None for one in equations)
        if stock and not all(one.rate is not None for one in equations):
            raise ModelError(f'{lefts[0].where}, "{lefts[0].name}": only some elements are INTEG(…); write all so.')
        return "stock" if stock else "auxiliary", tuple(equations), tuple(one.name for one in axes)

    def _table(self, left: _Left) -> Table:
        text = left.right.text
        stop = text.rfind(")")
        if stop < 0:
            raise ModelError(f'{left.where}, "{left.name}": the lookup is not closed; add ")" after its points.')
        passage = Passage(text[:stop], left.right.source, left.right.offsets[:stop])
        return parse_points(passage, owner=left.name)

    def _axes(self, lefts: list[_Left]) -> tuple[Dimension, ...] | None:
        """Return the smallest dimensions that hold every subscript in its position; None where there is none."""
        if len({len(one.subscripts) for one in lefts}) != 1:
            return None
        found: list[Dimension] = []
        for column in zip(*(one.subscripts for one in lefts), strict=True):
            needed = {element for one in column for element in self._elements(one)}
            fitting = [one for one in self._dimensions.values() if needed <= set(one.element_ids)]
            if not fitting:
                return None
            found.append(min(fitting, key=lambda one: (len(one.elements), one.id not in column)))
        return tuple(found)

    def _elements(self, subscript: str) -> tuple[str, ...]:
        dimension = self._dimensions.get(subscript)
        return dimension.element_ids if dimension else (subscript,)

    def _equations(self, left: _Left, axes: tuple[Dimension, ...]) -> Iterator[Equation]:
        """Yield the equations of an entry; one for a part of a dimension is read for each element of the part."""
        whole = [one == axis.id for one, axis in zip(left.subscripts, axes, strict=True)]
        numbers = self._parse(left, self._names)
        if isinstance(numbers, Constants):
            yield from self._constants(left, numbers)
            return
        if all(whole) and not left.exceptions:
            yield _equation(self._unmapped(left, numbers), ())
            return
        for ids in self._combinations(left, [on and not left.exceptions for on in whole]):
            stand_in = {one: id for one, id in zip(left.subscripts, ids, strict=True) if one != id}
            right = self._parse(left, replace(self._names, elements=stand_in))
            yield _equation(self._unmapped(left, right), ids)

    def _unmapped(self, left: _Left, right: Expression | Integral | Constants) -> Expression | Integral | Constants:
        """Refuse a right side over a dimension that the left side lacks: its elements come by a mapping."""
        reason = "a dimension mapped onto that of the left side cannot be run yet"
        match right:
            case Integral(rate=rate, initial=initial):
                parts = (rate, initial)
            case Constants():
                return right
            case _:
                parts = (right,)
        for node in (node for part in parts for node in walk(part)):
            if isinstance(node, Reference) and any(
                one in self._dimensions and one not in left.subscripts for one in node.subscripts
            ):
                refused = Unsupported(" ".join(left.right.text.split()), reason, node.where)
                return Integral(refused, Number(0.0)) if isinstance(right, Integral) else refused
        return right

    def _combinations(self, left: _Left, kept: Iterable[bool]) -> Iterator[tuple[str, ...]]:
        choices = [(one,) if keep else self._elements(one) for one, keep in zip(left.subscripts, kept, strict=True)]
        for ids in product(*choices):
            if not any(self._excepted(ids, one) for one in left.exceptions):
                yield ids

    def _excepted(self, ids: tuple[str, ...], exception: tuple[str, ...]) -> bool:
        pairs = zip(ids, exception, strict=False)
        return len(ids) == len(exception) and all(id in self._elements(one) for id, one in pairs)

    def _constants(self, left: _Left, numbers: Constants) -> Iterator[Equation]:
        every = list(product(*(self._elements(one) for one in left.subscripts)))
        if len(every) != len(numbers.values):
            raise ModelError(
                f'{left.where}, "{left.name}": {len(numbers.values)} numbers are given for {len(every)} elements; '
                "give as many."
            )
        for ids, value in zip(every, numbers.values, strict=True):
            yield Equation(Number(value, left.right.where(0)), elements=ids)

    def _parse(self, left: _Left, names: Names) -> Expression | Integral | Constants:
        tabbed = _TABBED.match(left.right.text)
        if tabbed is not None:
            return Constants(tuple(_number(one, left) for one in tabbed["numbers"].split()))
        return parse_vensim_equation(left.right, owner=left.name, names=names)


def _equation(right: Expression | Integral | Constants, ids: tuple[str, ...]) -> Equation:
    match right:
        case Integral(rate=rate, initial=initial):
            return Equation(initial, elements=ids, rate=rate)
        case Constants():
            raise AssertionError("constants have been given to their elements before")
        case _:
            return Equation(right, elements=ids)


def _refusal(left: _Left) -> str | None:
    """Say why an entry cannot be run, by its sign."""
    match left.sign.lower():
        case "=" | "==":
            return None
        case "(" if left.subscripts:
            return "a lookup with subscripts cannot be run yet"
        case "(" if left.right.text.upper().startswith("GET"):
            return "the points of this lookup come from another file, which cannot be read yet"
        case "(":
            return None
        case ":" | "<->":
            return "a dimension whose elements are not listed cannot be read yet"
        case ":is:":
            return "a text is not a number"
        case _:
            return "the values of a data variable come from another file, which cannot be read yet"


def _part(passage: Passage, start: int) -> Passage:
    """Return what comes after `start`, without the blanks before it."""
    text = passage.text[start:]
    skip = start + len(text) - len(text.lstrip())
    # Where nothing comes after, the place is that of the last character before.
    return Passage(passage.text[skip:].rstrip(), passage.source, passage.offsets[min(skip, len(passage.text) - 1) :])


def _shown(name: str) -> str:
    return " ".join((name[1:-1] if name.startswith('"') else name).split())


def _ids(bracketed: str) -> tuple[str, ...]:
    inside = bracketed.strip()[1:-1]
    return tuple(canonical(one) for one in inside.split(",")) if inside.strip() else ()


def _listed(text: str, dimensions: Mapping[str, Dimension]) -> tuple[str, ...]:
    """Return the elements that a list names; none where it takes them from elsewhere."""
    found: list[str] = []
    for one in text.split(","):
        numbered = _NUMBERED.fullmatch(one.strip())
        if numbered is not None:
            found += [f"{numbered['stem']}{i}" for i in range(int(numbered["low"]), int(numbered["high"]) + 1)]
        elif canonical(one) in dimensions:
            found += dimensions[canonical(one)].elements
        elif re.search(r"[()']", one) or not one.strip():
            return ()
        else:
            found.append(_shown(one.strip()))
    return tuple(dict.fromkeys(found))


def _number(text: str, left: _Left) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ModelError(f"{left.where}, \"{left.name}\": '{text}' is not a number; write one.") from error


def _units(text: str) -> tuple[str, Bounds]:
    """Split ``Month [0,10,1]`` into the unit and its range; ``?`` leaves an end open."""
    found = _BOUNDS.search(text)
    if found is None:
        return text, Bounds()
    ends = [_bound(one) for one in found["inside"].split(",")]
    low, high = [*ends, None, None][:2]
    return text[: found.start()].strip(), Bounds(low, high)


def _bound(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
