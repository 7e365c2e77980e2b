"""Diagrams as XMILE writes them (XMILE 1.0, chapters 5 and 6), so that an editor opens a model as a picture."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from xml.sax.saxutils import escape

from egovsim.model.views import Point, View, ViewItem
from egovsim.names import canonical
from egovsim.writers.xmile_text import name_attribute, name_text, number_text

_HALF_A_PIPE = 45.0

_TAGS = {"stock": "stock", "flow": "flow", "auxiliary": "aux"}


def view_lines(views: Iterable[View], flows: Collection[str]) -> Iterator[str]:
    """Yield the lines of ``<views>``, none where there is no view.

    Parameters
    ----------
    views : iterable of View
        The diagrams.
    flows : collection of str
        Ids of the variables that the file has as flows. The pipe of any other is marked as this project's own.

    Yields
    ------
    str
        Lines of XML.
    """
    inside = [line for view in views for line in _view(view, flows)]
    if inside:
        yield from ("<views>", *inside, "</views>")


def view_texts(views: Iterable[View]) -> Iterator[str]:
    """Yield every text that diagrams hold.

    Parameters
    ----------
    views : iterable of View
        The diagrams.

    Yields
    ------
    str
        Names of views and of what they show.
    """
    for view in views:
        yield view.name
        yield from (item.name for item in view.items)


def _view(view: View, flows: Collection[str]) -> Iterator[str]:
    name = f" name={name_attribute(view.name)}" if view.name else ""
    yield f'<view type="stock_flow"{name}>'
    fresh = max((item.number for item in view.items), default=0)
    for item in view.items:
        if item.kind == "connector":
            fresh += 1
            yield from _connector(item, fresh)
        elif item.kind == "comment":
            yield f"<text_box{_place(item)}{_size(item)}>{escape(item.name)}</text_box>"
        elif item.kind == "group":
            yield f"<group name={name_attribute(item.name)}{_place(item)}{_size(item)}/>"
        elif item.kind == "alias":
            of = f"<of>{escape(name_text(item.name))}</of>"
            yield f'<alias uid="{item.number}"{_place(item)}>{of}{_shape(item)}</alias>'
        else:
            yield _variable(item, flows)
    yield "</view>"


def _variable(item: ViewItem, flows: Collection[str]) -> str:
    tag, pipe, mark = _TAGS[item.kind], "pts", ""
    if item.kind == "flow" and canonical(item.name) not in flows:
        tag, pipe = "aux", "egovsim:pts"
    elif item.kind == "auxiliary" and canonical(item.name) in flows:
        tag, mark = "flow", ' egovsim:kind="auxiliary"'
    inside = "" if item.kind == "flow" else _shape(item)
    if item.kind == "flow" or tag == "flow":
        inside += _pipe(item, pipe)
    head = f"<{tag} name={name_attribute(item.name)}{_place(item)}{mark}"
    return f"{head}>{inside}</{tag}>" if inside else f"{head}/>"


def _connector(item: ViewItem, number: int) -> Iterator[str]:
    angle = "" if item.angle is None else f' angle="{number_text(item.angle)}"'
    polarity = f' polarity="{item.polarity}"' if item.polarity else ""
    yield f'<connector uid="{number}"{angle}{polarity}>'
    yield f"<from>{_end(item.begin)}</from><to>{_end(item.end)}</to>"
    if item.points:
        yield _points(item.points, "pts")
    yield "</connector>"


def _end(end: str | int) -> str:
    return f'<alias uid="{end}"/>' if isinstance(end, int) else escape(name_text(end))


def _points(points: Iterable[Point], tag: str, mark: str = "") -> str:
    inside = "".join(f'<pt x="{number_text(x)}" y="{number_text(y)}"/>' for x, y in points)
    return f"<{tag}{mark}>{inside}</{tag}>"


def _pipe(item: ViewItem, tag: str) -> str:
    """Return the pipe of a flow; one that has none gets a straight one, marked as made.

    The standard wants two points or more (XMILE 1.0, chapter 6), and pysimlin reads no flow without them.
    """
    if item.points or tag != "pts":
        return _points(item.points, tag)
    ends = ((item.x - _HALF_A_PIPE, item.y), (item.x + _HALF_A_PIPE, item.y))
    return _points(ends, tag, ' egovsim:made="true"')


def _shape(item: ViewItem) -> str:
    """Return the ``<shape>`` of an item with a size, which leaves x and y the middle (section 5.1.2).

    Vensim draws an auxiliary as its name alone.
    """
    if item.width is None or item.height is None:
        return ""
    if item.kind != "stock" and item.width == item.height:
        return f'<shape type="circle" radius="{number_text(item.width / 2.0)}"/>'
    kind = "rectangle" if item.kind == "stock" else "name_only"
    return f'<shape type="{kind}"{_size(item)}/>'


def _place(item: ViewItem) -> str:
    return f' x="{number_text(item.x)}" y="{number_text(item.y)}"'


def _size(item: ViewItem) -> str:
    if item.width is None or item.height is None:
        return ""
    return f' width="{number_text(item.width)}" height="{number_text(item.height)}"'
