"""The picture of a view as SVG, written as text so that the same view always gives the same bytes.

Stocks are boxes, flows are pipes with a valve, ends of pipes at no stock are clouds, and arrows say what is used
in what. Constants are small and slanted, and variables that another picture holds stand between ‹ ›.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from egovsim.documentation.diagrams.layout import CAPTION_LINE, LABEL_LINE, VALVE, height_of, is_caption, lines_of
from egovsim.model.model import Model
from egovsim.model.views import View, ViewItem
from egovsim.names import canonical

_LETTER, _SMALL_LETTER = 6.6, 5.4
"""Pixels of the width of a letter."""
_AROUND = 18
_NEAR = 150
"""Pixels below a label up to which captions are taken for its own."""
_STYLE = (
    "text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;font-size:11px;text-anchor:middle;"
    "paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
    ".stock{font-weight:bold;stroke:#fff8e1}.small{font-size:9px;fill:#555}.constant{font-style:italic}"
    ".alias{fill:#2a5d8f}"
    ".box{fill:#fff8e1;stroke:#333;stroke-width:1.5}.ghost{fill:#f4f4f4;stroke:#2a5d8f;stroke-dasharray:4 3}"
    ".pipe{fill:none;stroke:#333;stroke-width:3}.valve{fill:#fff;stroke:#333;stroke-width:1.5}"
    ".cloud{fill:#eee;stroke:#999}.arrow{fill:none;stroke:#6b8fb3;stroke-width:1.1}.tip{fill:#6b8fb3}"
    ".flow{fill:#333}"
)


_Point = tuple[float, float]


@dataclass(frozen=True)
class _Box:
    """A rectangle that arrows end at."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> _Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def around(self, other: _Box) -> _Box:
        """Return the rectangle around both."""
        return _Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def edge(self, inner: _Point, outer: _Point) -> _Point:
        """Return where the line from an inner point to an outer one leaves the rectangle."""
        across, down = outer[0] - inner[0], outer[1] - inner[1]
        limits = [1.0]
        if across:
            limits.append(((self.right if across > 0 else self.left) - inner[0]) / across)
        if down:
            limits.append(((self.bottom if down > 0 else self.top) - inner[1]) / down)
        return inner[0] + min(limits) * across, inner[1] + min(limits) * down


@dataclass(frozen=True)
class _Shape:
    """An item, whether it is written small, the box of its symbol, and that of symbol, label and captions."""

    item: ViewItem
    small: bool
    symbol: _Box
    whole: _Box

    def docking(self, other: _Point) -> tuple[_Box, _Point]:
        """Return the box that an arrow to or from another point ends at, and the point in it that it aims at."""
        if self.item.kind == "flow":
            box = self.symbol if other[1] <= self.symbol.bottom + VALVE else self.whole
            return box, box.middle
        if self.boxed:
            inset = min(VALVE, (self.symbol.bottom - self.symbol.top) / 2)
            level = min(self.symbol.bottom - inset, max(self.symbol.top + inset, other[1]))
            return self.symbol, (self.item.x, level)
        return self.whole, self.whole.middle

    @property
    def boxed(self) -> bool:
        return self.item.kind == "stock" or (self.item.kind == "alias" and not self.small)


def diagram(model: Model, view: View) -> str:
    """Draw a view.

    Parameters
    ----------
    model : Model
        Says which variables are constants.
    view : View
        Of `views_of`, or of the file.

    Returns
    -------
    str
        An SVG picture; coordinates are rounded to whole pixels.
    """
    shapes = _shapes(model, view)
    drawn = [
        *(line for shape in shapes.values() if shape.boxed for line in _frame(shape)),
        *(line for shape in shapes.values() if shape.item.kind == "flow" for line in _pipe(shape.item, shapes)),
        *(line for item in view.items if item.kind == "connector" for line in _arrow(item, shapes)),
        *(line for shape in shapes.values() for line in _label(shape)),
    ]
    points = [point for item in view.items if item.kind == "flow" for point in item.points]
    points += _crests(view, shapes)
    boxes = [*(shape.whole for shape in shapes.values()), *(_Box(x, y, x, y) for x, y in points)]
    left = min((box.left for box in boxes), default=0.0) - _AROUND
    top = min((box.top for box in boxes), default=0.0) - _AROUND
    right = max((box.right for box in boxes), default=0.0) + _AROUND
    bottom = max((box.bottom for box in boxes), default=0.0) + _AROUND
    sides = " ".join(str(round(side)) for side in (left, top, right - left, bottom - top))
    frame = f'viewBox="{sides}" width="{round(right - left)}" height="{round(bottom - top)}"'
    ground = f'<rect x="{round(left)}" y="{round(top)}" width="100%" height="100%" fill="#fff"/>'
    title = f"<title>{escape(view.name)}</title>"
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>', title, f"<style>{_STYLE}</style>", ground]
    return "\n".join([*head, *drawn, "</svg>", ""])


def _key(item: ViewItem) -> str | int:
    """Return what connectors call an item."""
    return item.number or canonical(item.name)


def _shapes(model: Model, view: View) -> dict[str | int, _Shape]:
    """Measure everything that has a place, captions with what they stand below."""
    shown = [item for item in view.items if item.kind in ("stock", "flow", "auxiliary", "alias")]
    shapes = {_key(item): _shape(model, item) for item in shown}
    for connector in view.items:
        begin, end = _ends(connector, shapes)
        if begin is not None and end is not None and _hangs(begin, end):
            shapes[_key(end.item)] = replace(end, whole=end.whole.around(begin.whole))
    return shapes


def _shape(model: Model, item: ViewItem) -> _Shape:
    variable = model.by_id.get(canonical(item.name))
    small = item.kind == "alias" and item.height is None
    small = small or (item.kind == "auxiliary" and variable is not None and is_caption(variable))
    label_width = max(map(len, lines_of(item.name, small=small))) * (_SMALL_LETTER if small else _LETTER)
    label_height = height_of(item.name, small=small)
    if item.kind == "flow":
        symbol = _centred(item.x, item.y, 2 * VALVE, 2 * VALVE)
        label = _centred(item.x, item.y + VALVE + label_height / 2, label_width, label_height)
        return _Shape(item, small, symbol, symbol.around(label))
    border = 16 if item.kind == "stock" else 0
    symbol = _centred(item.x, item.y, item.width or label_width + border, item.height or label_height + border)
    return _Shape(item, small, symbol, symbol)


def _centred(x: float, y: float, width: float, height: float) -> _Box:
    return _Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _ends(connector: ViewItem, shapes: Mapping[str | int, _Shape]) -> tuple[_Shape | None, _Shape | None]:
    begin, end = (name if isinstance(name, int) else canonical(name) for name in (connector.begin, connector.end))
    return shapes.get(begin), shapes.get(end)


def _hangs(begin: _Shape, end: _Shape) -> bool:
    """Return whether a small name stands so near below what it is used in that no arrow is needed."""
    return begin.small and begin.item.x == end.item.x and 0 < begin.item.y - end.symbol.bottom < _NEAR


def _pipe(flow: ViewItem, shapes: Mapping[str | int, _Shape]) -> Iterator[str]:
    if len(flow.points) < 2:
        return
    boxes = [shape.symbol for shape in shapes.values() if shape.boxed]
    (before_x, before_y), (x, y) = flow.points[-2:]
    length = math.hypot(x - before_x, y - before_y) or 1.0
    ux, uy = (x - before_x) / length, (y - before_y) / length
    cloud = not _inside(boxes, flow.points[-1])
    tip = (x - ux * 12, y - uy * 12) if cloud else (x, y)
    ends = [*flow.points[:-1], (tip[0] - ux * 8, tip[1] - uy * 8)]
    yield f'<polyline class="pipe" points="{" ".join(_point(*point) for point in ends)}"/>'
    yield _head("flow", tip, (ux, uy), 10)
    for end in (flow.points[0], flow.points[-1]):
        if not _inside(boxes, end):
            yield (f'<ellipse class="cloud" cx="{round(end[0])}" cy="{round(end[1])}" rx="13" ry="9"/>')


def _inside(boxes: list[_Box], point: _Point) -> bool:
    x, y = point
    return any(box.left - 2 <= x <= box.right + 2 and box.top - 2 <= y <= box.bottom + 2 for box in boxes)


def _arrow(connector: ViewItem, shapes: Mapping[str | int, _Shape]) -> Iterator[str]:
    """Draw an arrow, bent as its angle says."""
    begin, end = _ends(connector, shapes)
    if begin is None or end is None or _hangs(begin, end):
        return
    first, bend, last = _curve(connector, begin, end)
    length = math.hypot(last[0] - bend[0], last[1] - bend[1]) or 1.0
    unit = ((last[0] - bend[0]) / length, (last[1] - bend[1]) / length)
    foot = (last[0] - unit[0] * 6, last[1] - unit[1] * 6)
    yield f'<path class="arrow" d="M{_point(*first)} Q{_point(*bend)} {_point(*foot)}"/>'
    yield _head("tip", last, unit, 7)


def _curve(connector: ViewItem, begin: _Shape, end: _Shape) -> tuple[_Point, _Point, _Point]:
    """Return where an arrow begins, its control point, and where it ends."""
    start_box, start = begin.docking(end.symbol.middle)
    goal_box, goal = end.docking(start)
    bend = _bend(connector.angle, start, goal)
    return start_box.edge(start, bend), bend, goal_box.edge(goal, bend)


def _crests(view: View, shapes: Mapping[str | int, _Shape]) -> Iterator[_Point]:
    """Yield the point of every arrow that is farthest from the straight line."""
    for item in view.items:
        begin, end = _ends(item, shapes)
        if item.kind == "connector" and begin is not None and end is not None:
            first, bend, last = _curve(item, begin, end)
            yield (first[0] + 2 * bend[0] + last[0]) / 4, (first[1] + 2 * bend[1] + last[1]) / 4


def _bend(angle: float | None, start: _Point, goal: _Point) -> _Point:
    """Return the control point of a curve that leaves in the direction of an angle."""
    across, down = goal[0] - start[0], goal[1] - start[1]
    straight = math.degrees(math.atan2(-down, across))
    away = 0.0 if angle is None else (angle - straight + 180.0) % 360.0 - 180.0
    slope = math.tan(math.radians(max(-60.0, min(60.0, away)))) / 2
    return start[0] + across / 2 + down * slope, start[1] + down / 2 - across * slope


def _head(style: str, tip: _Point, unit: _Point, size: float) -> str:
    back = (tip[0] - unit[0] * size, tip[1] - unit[1] * size)
    side = (-unit[1] * size * 0.4, unit[0] * size * 0.4)
    corners = (tip, (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1]))
    return f'<polygon class="{style}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'


def _frame(shape: _Shape) -> Iterator[str]:
    """Draw the box of a stock."""
    box, style = shape.symbol, "box" if shape.item.kind == "stock" else "box ghost"
    place = f'x="{round(box.left)}" y="{round(box.top)}"'
    size = f'width="{round(box.right - box.left)}" height="{round(box.bottom - box.top)}"'
    yield f'<rect class="{style}" {place} {size} rx="3"/>'


def _label(shape: _Shape) -> Iterator[str]:
    """Write a name: in the box of a stock, below the valve of a flow, in its place otherwise."""
    item = shape.item
    if item.kind == "flow":
        yield f'<circle class="valve" cx="{round(item.x)}" cy="{round(item.y)}" r="{VALVE - 1}"/>'
        yield from _text(item.name, item.x, shape.symbol.bottom, small=False, style="")
        return
    top = item.y - height_of(item.name, small=shape.small) / 2
    if shape.boxed:
        style = "stock"
    elif item.kind == "alias":
        style = "small alias"
    else:
        style = "small constant" if shape.small else ""
    yield from _text(
        item.name, item.x, top, small=shape.small, style=style, around="‹›" if item.kind == "alias" else ""
    )


def _text(name: str, x: float, top: float, *, small: bool, style: str, around: str = "") -> Iterator[str]:
    line = CAPTION_LINE if small else LABEL_LINE
    mark = f' class="{style}"' if style else ""
    texts = lines_of(name, small=small)
    texts[0] = around[:1] + texts[0]
    texts[-1] += around[1:]
    for number, text in enumerate(texts):
        y = round(top + line * number + line * 0.78)
        yield f'<text{mark} x="{round(x)}" y="{y}">{escape(text)}</text>'


def _point(x: float, y: float) -> str:
    return f"{round(x)},{round(y)}"
