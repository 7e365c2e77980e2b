"""The sketches of a Vensim file as diagrams.

The lines and their fields are described in Vensim's reference, "Sketch Information" and "Objects"; the meaning
of bits is that which the open translator xmutil reads.  A sketch changes no number, so nothing in it can keep a
model from loading: what is damaged, or shows what a `View` has no word for, is skipped and counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from egovsim.model.variable import Variable
from egovsim.model.views import Point, View, ViewItem
from egovsim.names import canonical

_MARK = re.compile(r"^\\{2,}---///.*$", re.MULTILINE)
_SETTINGS = re.compile(r"^///---", re.MULTILINE)
_OBJECT = re.compile(r"\s*(?P<type>\d+),(?P<number>\d+),(?P<rest>.*)")
_FIELD = re.compile(r'("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)')
_POINTS = re.compile(r"\((-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)\)")

_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that no diagram needs, and that no other format can hold."""

_ARROW, _WORD, _VALVE, _COMMENT = 1, 10, 11, 12
_CLOUD = "48"
"""What stands in place of the text of a comment that is a cloud."""
_ARC, _PIPE, _COMES = 1, 4, 32
"""Bits in the shape of an arrow: bent through its point, half of a flow's pipe, the half that the flow comes by."""
_ATTACHED = 32
"""The bit in the shape of a valve that makes it and the word after it one flow."""
_ITSELF, _TEXT_FOLLOWS, _CONTROL = 1, 4, 8
"""Bits of words and comments: shows its variable for the first time, has its text on the next line, is a graph
or a slider (the last one as seen in files)."""
_SIGNS: Mapping[int, Literal["+", "-"]] = {43: "+", 83: "+", 45: "-", 79: "-"}
"""The characters +, S, - and O as polarities."""


@dataclass(frozen=True)
class ReadSketches:
    """The sketches of a file as diagrams.

    Parameters
    ----------
    views : tuple of View
        The diagrams.
    skipped : int
        How many objects of the sketches were left out.
    """

    views: tuple[View, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class _Object:
    """A line of a sketch: its type and number, its fields after these, and the line that belongs to it."""

    type: int
    number: int
    fields: tuple[str, ...]
    text: str = ""

    def integer(self, place: int) -> int:
        return int(float(self.fields[place]))

    @property
    def shape(self) -> int:
        return self._flags(5)

    @property
    def bits(self) -> int:
        return self._flags(6)

    def _flags(self, place: int) -> int:
        text = self.fields[place] if place < len(self.fields) else ""
        return int(text) if text.isdecimal() else 0

    @property
    def middle(self) -> Point:
        return _finite(self.fields[1]), _finite(self.fields[2])

    @property
    def half(self) -> Point:
        """Half of width and height."""
        return _finite(self.fields[3]), _finite(self.fields[4])

    @property
    def size(self) -> Point:
        return 2.0 * self.half[0], 2.0 * self.half[1]


def read_sketches(text: str, variables: Iterable[Variable]) -> ReadSketches:
    """Read the sketches at the end of a file.

    Parameters
    ----------
    text : str
        The file from its first sketch on, line breaks written ``\\n``.
    variables : iterable of Variable
        All of the model; what shows none of them is skipped.

    Returns
    -------
    ReadSketches
        One view for each sketch.
    """
    by_id = {variable.id: variable for variable in variables}
    shown: set[str] = set()
    views: list[View] = []
    skipped = 0
    for part in _parts(text):
        sketch = _Sketch(part, by_id, shown)
        views.append(sketch.view())
        skipped += sketch.skipped
    return ReadSketches(tuple(views), skipped)


def _parts(text: str) -> Iterator[list[str]]:
    """Yield the lines of each sketch; what follows the last one are settings."""
    text = _SETTINGS.split(_STRANGE.sub("", text))[0]
    for part in _MARK.split(text)[1:]:
        lines = part.split("\n")
        if any(line.startswith("*") for line in lines):
            yield lines


@dataclass
class _Sketch:
    """Reads one sketch; `shown` are the ids of the variables that have been shown before, with those of this one."""

    lines: list[str]
    variables: Mapping[str, Variable]
    shown: set[str]
    skipped: int = 0
    objects: dict[int, _Object] = field(default_factory=dict[int, _Object])
    items: dict[int, ViewItem] = field(default_factory=dict[int, ViewItem])
    """The items made of objects, by the numbers of those; a flow by its valve's and its word's."""

    def view(self) -> View:
        name = next(line[1:] for line in self.lines if line.startswith("*"))
        self._read_objects()
        arrows = [drawn for drawn in self.objects.values() if drawn.type == _ARROW]
        others = [drawn for drawn in self.objects.values() if drawn.type != _ARROW]
        for drawn in (*others, *arrows):
            self._try(drawn)
        return View(" ".join(name.split()), tuple(dict.fromkeys(self.items.values())))

    def _read_objects(self) -> None:
        """Read the lines that are objects, each with the line of text that it announces."""
        lines = iter(self.lines)
        for line in lines:
            found = _OBJECT.match(line)
            if found is None:
                continue
            fields = tuple(_FIELD.findall(found["rest"]))
            drawn = _Object(int(found["type"]), int(found["number"]), fields)
            if drawn.type != _ARROW and drawn.bits & _TEXT_FOLLOWS:
                drawn = replace(drawn, text=next(lines, "").strip())
            self.objects[drawn.number] = drawn

    def _try(self, drawn: _Object) -> None:
        """Make an item of an object, or count it."""
        try:
            item = self._item(drawn)
        except (ValueError, IndexError, OverflowError):
            item = None
            self.skipped += 1
        if item is not None:
            self.items[drawn.number] = item

    def _item(self, drawn: _Object) -> ViewItem | None:
        """Return what an object shows; None for a part of something else, an error for what cannot be shown."""
        if drawn.type == _WORD:
            return self._word(drawn)
        if drawn.type == _VALVE:
            return self._valve(drawn)
        if drawn.type == _ARROW:
            return self._arrow(drawn)
        if drawn.type == _COMMENT and drawn.fields[0] == _CLOUD:
            return None
        if drawn.type == _COMMENT and not drawn.bits & _CONTROL:
            return self._comment(drawn)
        raise ValueError

    def _word(self, word: _Object) -> ViewItem | None:
        if word.number in self.items:
            return None  # it was read with its valve
        variable = self._variable(word)
        x, y = word.middle
        width, height = word.size
        if not word.bits & _ITSELF or variable.id in self.shown:
            return ViewItem("alias", variable.name, x, y, width, height, number=word.number)
        self.shown.add(variable.id)
        return ViewItem("stock" if variable.kind == "stock" else "auxiliary", variable.name, x, y, width, height)

    def _valve(self, valve: _Object) -> ViewItem | None:
        word = self.objects.get(valve.number + 1)
        if word is None or word.type != _WORD or not valve.shape & _ATTACHED:
            raise ValueError
        variable = self._variable(word)
        if not word.bits & _ITSELF or variable.id in self.shown:
            return None
        self.shown.add(variable.id)
        x, y = valve.middle
        pipe = self._pipe(valve)
        item = ViewItem("auxiliary", variable.name, x, y)
        if len(pipe) > 1:
            item = ViewItem("flow", variable.name, x, y, points=pipe)
        self.items[word.number] = item
        return item

    def _variable(self, word: _Object) -> Variable:
        found = self.variables.get(canonical(word.fields[0]))
        if found is None:
            raise ValueError
        return found

    def _pipe(self, valve: _Object) -> tuple[Point, ...]:
        """Return the points of the pipe through a valve, from where the flow comes to where it goes."""
        comes: list[Point] = []
        goes: list[Point] = []
        for arrow in self.objects.values():
            if _is_pipe(arrow) and arrow.integer(0) == valve.number and arrow.integer(1) in self.objects:
                half = self._half_pipe(valve, arrow)
                if arrow.integer(2) & _COMES and not comes:
                    comes = half[::-1]
                elif not goes:
                    goes = half
        if comes and goes and _straight(comes[-1], valve.middle, goes[0]):
            return (*comes, *goes)
        return (*comes, valve.middle, *goes)

    def _half_pipe(self, valve: _Object, arrow: _Object) -> list[Point]:
        """Return the corners of a pipe from its valve on, and its end at the border of a stock or at a cloud."""
        corners = _points(arrow)
        corners = corners if len(corners) > 1 else []
        last = corners[-1] if corners else valve.middle
        end = self.objects[arrow.integer(1)]
        (x, y), (half_width, half_height) = end.middle, end.half
        if end.type != _WORD:
            return [*corners, (x, last[1]) if abs(x - last[0]) > abs(y - last[1]) else (last[0], y)]
        if abs(last[1] - y) <= half_height:
            return [*corners, (x + math.copysign(half_width, last[0] - x), last[1])]
        if abs(last[0] - x) <= half_width:
            return [*corners, (last[0], y + math.copysign(half_height, last[1] - y))]
        return [*corners, (x, last[1]), (x, y + math.copysign(half_height, last[1] - y))]

    def _comment(self, comment: _Object) -> ViewItem:
        (x, y), (half_width, half_height) = comment.middle, comment.half
        text = comment.text if comment.bits & _TEXT_FOLLOWS else comment.fields[0].strip('"')
        return ViewItem("comment", text, x - half_width, y - half_height, *comment.size)

    def _arrow(self, arrow: _Object) -> ViewItem | None:
        if _is_pipe(arrow):
            return None
        begin, end = (self.items.get(arrow.integer(place)) for place in (0, 1))
        ends = ("stock", "flow", "auxiliary", "alias")
        if begin is None or end is None or begin.kind not in ends or end.kind not in ends or arrow.integer(3):
            raise ValueError
        return ViewItem(
            "connector",
            begin=begin.number or begin.name,
            end=end.number or end.name,
            angle=_leaving(begin, end, _points(arrow)[0] if arrow.integer(2) & _ARC else None),
            polarity=_SIGNS.get(arrow.integer(4), ""),
        )


def _is_pipe(drawn: _Object) -> bool:
    return drawn.type == _ARROW and bool(drawn.integer(2) & _PIPE)


def _straight(first: Point, middle: Point, last: Point) -> bool:
    """Whether a point lies on the straight line between two others."""
    turn = (middle[0] - first[0]) * (last[1] - first[1]) - (middle[1] - first[1]) * (last[0] - first[0])
    return turn == 0.0


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _points(arrow: _Object) -> list[Point]:
    """Return the points at the end of an arrow's line, ``1|(204,71)|``."""
    return [(float(x), float(y)) for x, y in _POINTS.findall(",".join(arrow.fields))]


def _leaving(begin: ViewItem, end: ViewItem, through: Point | None) -> float:
    """Return the direction in which an arrow leaves: along the circle through its point, or straight.

    The chord between two points of a circle lies halfway between the tangents there, so the tangent at the
    first of three is the sum of the chords to the other two, less the chord between those.
    """
    first, last = (begin.x, begin.y), (end.x, end.y)
    angle = _direction(first, last)
    if through is not None and through not in (first, last):
        angle += _direction(first, through) - _direction(through, last)
    return round(angle, 3) % 360.0


def _direction(first: Point, second: Point) -> float:
    """Return the direction from one point to another, in degrees counterclockwise; y grows downwards."""
    return math.degrees(math.atan2(first[1] - second[1], second[0] - first[0]))
