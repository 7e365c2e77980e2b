"""A picture for a model that has none: what stands where, a view a sector.

Stocks and flows stand in rows and columns, auxiliaries around them. Constants, and variables of other sectors, stand as
captions below what they are used in, so that there are no long arrows for them.
"""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from egovsim.documentation.diagrams.flow_rows import Cell
from egovsim.documentation.diagrams.placement import place_on_grid
from egovsim.documentation.diagrams.sectors import Pipe, Sector, causes_of, chains_of, pipes_of, sectors_of, start_of
from egovsim.model.model import Model
from egovsim.model.variable import Variable
from egovsim.model.views import View, ViewItem

LABEL_WIDTH, CAPTION_WIDTH = 16, 26
"""Characters in a line of a label, and of a caption."""
LABEL_LINE, CAPTION_LINE = 14, 12
VALVE = 9
_STOCK_WIDTH, _COLUMN, _GAP, _MARGIN = 116, 172, 34, 16
_INNER = (_COLUMN - _STOCK_WIDTH) // 2
_EDITOR = (1.4, 3.0)
"""How much wider and higher a picture is for editors."""
_BEND = 14
"""Degrees between an arrow and the straight line, where it leaves."""
_NEIGHBOUR = 3
"""Widths of a stock within which a flow stands beside it."""
_ARCH = 40
"""The same from a stock to a flow beside it: clear of the pipe."""


def is_caption(variable: Variable) -> bool:
    """Return whether a variable is written small.

    Parameters
    ----------
    variable : Variable
        Of the model.

    Returns
    -------
    bool
        True of a number or a table that nothing in the model changes.
    """
    return variable.kind == "lookup" or (variable.is_input and variable.kind == "auxiliary")


def lines_of(name: str, *, small: bool) -> list[str]:
    """Break a name into the lines that it is shown in.

    Parameters
    ----------
    name : str
        Of a variable.
    small : bool
        Whether it is a caption.

    Returns
    -------
    list of str
        One line or more.
    """
    return textwrap.wrap(" ".join(name.split()), CAPTION_WIDTH if small else LABEL_WIDTH) or [""]


def height_of(name: str, *, small: bool) -> int:
    """Return how high a name is when it is written.

    Parameters
    ----------
    name : str
        Of a variable.
    small : bool
        Whether it is a caption.

    Returns
    -------
    int
        In pixels.
    """
    return len(lines_of(name, small=small)) * (CAPTION_LINE if small else LABEL_LINE)


def views_of(model: Model) -> tuple[View, ...]:
    """Lay a model out: a view a sector, every variable exactly once, and aliases of what another sector holds.

    Parameters
    ----------
    model : Model
        With or without groups, and whatever views it has.

    Returns
    -------
    tuple of View
        In pixels, x to the right and y downwards.
    """
    pipes = pipes_of(model)
    return tuple(_view(model, sector, pipes) for sector in sectors_of(model))


def for_editors(view: View) -> View:
    """Return a view of `views_of` with the room that editors of XMILE need.

    They draw a circle above every name, constants' too, and a name in one line.

    Parameters
    ----------
    view : View
        From `views_of`.

    Returns
    -------
    View
        With everything farther apart.
    """
    across, down = _EDITOR
    moved = [
        replace(
            item,
            x=round(item.x * across),
            y=round(item.y * down),
            width=None if item.width is None else round(item.width * across),
            height=None if item.height is None else round(item.height * down),
            points=tuple((round(x * across), round(y * down)) for x, y in item.points),
        )
        for item in view.items
    ]
    named = {item.name: item for item in moved if item.kind != "alias"}
    turned = [
        item if item.angle is None else replace(item, angle=_angle(named[str(item.begin)], named[str(item.end)]))
        for item in moved
    ]
    return View(view.name, tuple(turned))


@dataclass(frozen=True)
class _Sheet:
    """What a sector's picture shows.

    `captions` are pairs of an id and whether it is only an alias, by the id of what they stand below; `arrows`
    go from cause to effect; `cells` are where everything but captions stands.
    """

    model: Model
    sector: Sector
    pipes: Mapping[str, Pipe]
    captions: Mapping[str, tuple[tuple[str, bool], ...]]
    arrows: tuple[tuple[str, str], ...]
    cells: Mapping[str, tuple[Cell, ...]]

    def height(self, id: str) -> int:
        """Return how high a label and its captions are."""
        below = sum(height_of(self.model.by_id[caption].name, small=True) for caption, _ in self.captions.get(id, ()))
        return height_of(self.model.by_id[id].name, small=False) + below


def _view(model: Model, sector: Sector, pipes: Mapping[str, Pipe]) -> View:
    chains = chains_of(sector, pipes)
    captions, arrows = _captions(model, sector)
    standing = {id for chain in chains for id in (*chain.stocks, *(pipe.flow for pipe in chain.pipes))}
    hanging = {id for below in captions.values() for id, _ in below}
    singles = [variable.id for variable in sector.variables if variable.id not in standing | hanging]
    cells = place_on_grid(chains, singles, arrows)
    sheet = _Sheet(model, sector, pipes, captions, tuple(arrows), cells)
    return View(sector.name, tuple(_items(sheet)))


def _captions(model: Model, sector: Sector) -> tuple[dict[str, tuple[tuple[str, bool], ...]], list[tuple[str, str]]]:
    """Hang constants and strangers below what they are used in; all other causes get arrows."""
    inside = {variable.id for variable in sector.variables}
    shown: set[str] = set()
    captions: dict[str, tuple[tuple[str, bool], ...]] = {}
    arrows: list[tuple[str, str]] = []
    for variable in sector.variables:
        below: list[tuple[str, bool]] = []
        for id in dict.fromkeys([*start_of(model, variable), *causes_of(model, variable)]):
            if id in inside and not is_caption(model.by_id[id]):
                arrows.append((id, variable.id))
            else:
                below.append((id, id not in inside or id in shown))
                shown.add(id)
        captions[variable.id] = tuple(below)
    return captions, arrows


def _items(sheet: _Sheet) -> Iterator[ViewItem]:
    """Yield what stands on the picture, then its arrows."""
    tops = _tops(sheet)
    own = {variable.id for variable in sheet.sector.variables}
    numbers = itertools.count(1)
    placed: dict[str, ViewItem] = {}
    for id, cells in sheet.cells.items():
        if id in sheet.pipes:
            placed[id] = _flow(sheet, sheet.pipes[id], tops)
        elif sheet.model.by_id[id].kind == "stock":
            item = _stock(sheet, id, tops)
            placed[id] = item if id in own else replace(item, kind="alias", number=next(numbers))
        else:
            placed[id] = _auxiliary(sheet.model.by_id[id], cells[0], tops)
    yield from placed.values()
    for id, below in sheet.captions.items():
        y = _bottom(placed[id]) if id in placed else 0
        for cause, alias in below:
            name = sheet.model.by_id[cause].name
            height = height_of(name, small=True)
            kind, number = ("alias", next(numbers)) if alias else ("auxiliary", 0)
            yield ViewItem(kind, name, placed[id].x, y + height // 2, number=number)
            yield ViewItem("connector", begin=number or name, end=placed[id].name)
            y += height
    for cause, effect in sheet.arrows:
        begin, end = placed[cause], placed[effect]
        yield ViewItem("connector", begin=begin.name, end=end.name, angle=_angle(begin, end))


def _tops(sheet: _Sheet) -> list[int]:
    """Return the y at which each row begins, and that at which the last one ends."""
    rows = 1 + max((row for cells in sheet.cells.values() for _, row in cells), default=0)
    needed = [LABEL_LINE] * rows
    for id, cells in sheet.cells.items():
        height = sheet.height(id)
        if id in sheet.pipes:
            height += 2 * VALVE
        if sheet.model.by_id[id].kind == "stock":
            last = cells[-1][1]
            below = height - height_of(sheet.model.by_id[id].name, small=False)
            needed[last] = max(needed[last], 3 * VALVE + below)
            height = -(-(height + 16 - _GAP * (len(cells) - 1)) // len(cells))
        for _, row in cells:
            needed[row] = max(needed[row], height)
    return list(itertools.accumulate((height + _GAP for height in needed), initial=_MARGIN))


def _stock(sheet: _Sheet, id: str, tops: list[int]) -> ViewItem:
    """Make a box over all of its rows, less the room for captions below."""
    name, cells = sheet.model.by_id[id].name, sheet.cells[id]
    top = tops[cells[0][1]] - 6
    bottom = tops[cells[-1][1] + 1] - _GAP + 6 - sheet.height(id) + height_of(name, small=False)
    return ViewItem("stock", name, _x(cells[0][0]), (top + bottom) // 2, _STOCK_WIDTH, bottom - top)


def _flow(sheet: _Sheet, pipe: Pipe, tops: list[int]) -> ViewItem:
    """Make a pipe between the boxes, or from a cloud beside the box."""
    cells = sheet.cells[pipe.flow]
    left, right = _x(cells[0][0]) - _COLUMN // 2, _x(cells[-1][0]) + _COLUMN // 2
    y = tops[cells[0][1]] + VALVE

    def touches_left(stock: str) -> bool:
        return sheet.cells[stock][0][0] < cells[0][0]

    if pipe.source is not None:
        forward = touches_left(pipe.source)
    else:
        forward = pipe.target is not None and not touches_left(pipe.target)
    begin, end = (left, right) if forward else (right, left)
    outward = _INNER if forward else -_INNER
    begin += outward if pipe.source is None else -outward
    end += -outward if pipe.target is None else outward
    return ViewItem("flow", sheet.model.by_id[pipe.flow].name, (left + right) // 2, y, points=((begin, y), (end, y)))


def _auxiliary(variable: Variable, cell: Cell, tops: list[int]) -> ViewItem:
    height = height_of(variable.name, small=is_caption(variable))
    return ViewItem("auxiliary", variable.name, _x(cell[0]), tops[cell[1]] + height // 2)


def _bottom(item: ViewItem) -> int:
    """Return the y below which captions of an item begin."""
    if item.height is not None:
        return round(item.y + item.height / 2) + 2
    height = height_of(item.name, small=False)
    return round(item.y) + (VALVE + height if item.kind == "flow" else height // 2 + 1)


def _x(column: int) -> int:
    return _MARGIN + _COLUMN * column + _COLUMN // 2


def _angle(begin: ViewItem, end: ViewItem) -> int:
    """Return in which direction an arrow leaves: a little to the left of where it goes."""
    straight = math.degrees(math.atan2(begin.y - end.y, end.x - begin.x))
    across, down = abs(end.x - begin.x), abs(end.y - begin.y)
    if begin.kind == "stock" and end.kind == "flow" and down < across < _NEIGHBOUR * (begin.width or 0):
        return 180 - _ARCH if end.x < begin.x else _ARCH
    return round(straight + _BEND) % 360
