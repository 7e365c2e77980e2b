"""The diagrams of an XMILE file (XMILE 1.0, chapters 5 and 6).

A diagram changes no number, so nothing in it can keep a model from loading: what is damaged, or shows what a
`View` has no word for, is skipped and counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from egovsim.model.variable import Variable
from egovsim.model.views import ItemKind, Point, View, ViewItem
from egovsim.names import canonical
from egovsim.readers.xmile.round_trip import pipe_of, shows_an_auxiliary, without_made
from egovsim.readers.xmile.specs import display_name
from egovsim.readers.xmile.xml import Document, Element, split_name

_VARIABLES: Mapping[str, ItemKind] = {"stock": "stock", "flow": "flow", "aux": "auxiliary"}


class _UnreadableError(Exception):
    """An item lacks what it needs, or shows no variable of the model."""


@dataclass(frozen=True)
class ReadViews:
    """The diagrams of a model.

    Parameters
    ----------
    views : tuple of View
        In the order of the file.
    skipped : int
        How many items were left out, pages of an interface included.
    """

    views: tuple[View, ...]
    skipped: int


def views_in(document: Document, model: Element, variables: Iterable[Variable]) -> ReadViews:
    """Read the stock-and-flow diagrams of a ``<model>``.

    Parameters
    ----------
    document : Document
        The file.
    model : Element
        The ``<model>``.
    variables : iterable of Variable
        All of the model; an item that shows none of them is skipped.

    Returns
    -------
    ReadViews
        One view for each stock-and-flow diagram.
    """
    reader = _Reader(document, {variable.id: variable.name for variable in variables})
    found = [view for block in document.named(model, "views") for view in document.named(block, "view")]
    diagrams = [view for view in found if (view.get("type") or "stock_flow").strip().lower() == "stock_flow"]
    views = tuple(map(reader.view, diagrams))
    return ReadViews(views, reader.skipped + len(found) - len(diagrams))


@dataclass
class _Reader:
    document: Document
    names: Mapping[str, str]
    skipped: int = 0
    readers: Mapping[str, Callable[[Element], ViewItem]] = field(init=False)

    def __post_init__(self) -> None:
        self.readers = {
            **dict.fromkeys(_VARIABLES, self._variable),
            "alias": self._alias,
            "connector": self._connector,
            "group": self._group,
            "text_box": self._comment,
        }

    def view(self, view: Element) -> View:
        items = tuple(self._items(view))
        aliases = {item.number for item in items if item.kind == "alias"}
        connected = tuple(
            item for item in items if all(isinstance(end, str) or end in aliases for end in (item.begin, item.end))
        )
        self.skipped += len(items) - len(connected)
        return View(display_name(view.get("name") or ""), connected)

    def _items(self, view: Element) -> Iterator[ViewItem]:
        numbers: set[int] = set()
        for tag, element in self.document.children(view):
            if tag == "style":
                continue
            try:
                item = self.readers[tag](element)
            except (KeyError, _UnreadableError):
                self.skipped += 1
                continue
            if item.kind == "alias":
                if item.number in numbers:
                    self.skipped += 1
                    continue
                numbers.add(item.number)
            yield item

    def _variable(self, element: Element) -> ViewItem:
        pipe = self.document.named(element, "pts") or pipe_of(element)
        kind: ItemKind = "flow" if pipe else _VARIABLES[split_name(element.tag)[1]]
        if shows_an_auxiliary(element):
            kind = "auxiliary"
        x, y, width, height = self._middle(element)
        name = self._known(element.get("name") or "")
        if kind == "flow":
            return ViewItem(kind, name, x, y, points=self._points(without_made(pipe)))
        return ViewItem(kind, name, x, y, width, height)

    def _alias(self, element: Element) -> ViewItem:
        x, y, width, height = self._middle(element)
        of = [self.document.span(name).text for name in self.document.named(element, "of")]
        return ViewItem("alias", self._known("".join(of)), x, y, width, height, number=_whole(element.get("uid")))

    def _connector(self, element: Element) -> ViewItem:
        angle = _number(element.get("angle")) if element.get("angle") else None
        polarity = element.get("polarity") or ""
        return ViewItem(
            "connector",
            points=self._points(self.document.named(element, "pts")),
            begin=self._end(element, "from"),
            end=self._end(element, "to"),
            angle=angle,
            polarity="+" if polarity == "+" else "-" if polarity == "-" else "",
        )

    def _end(self, element: Element, tag: str) -> str | int:
        for end in self.document.named(element, tag):
            for alias in self.document.named(end, "alias"):
                return _whole(alias.get("uid"))
            return self._known(self.document.span(end).text)
        raise _UnreadableError

    def _group(self, element: Element) -> ViewItem:
        return self._rectangle("group", display_name(element.get("name") or ""), element)

    def _comment(self, element: Element) -> ViewItem:
        return self._rectangle("comment", self.document.span(element).text.strip(), element)

    def _rectangle(self, kind: ItemKind, name: str, element: Element) -> ViewItem:
        return ViewItem(kind, name, _number(element.get("x")), _number(element.get("y")), *_size(element))

    def _middle(self, element: Element) -> tuple[float, float, float | None, float | None]:
        """Return middle and size: x and y are the middle, of what has a width and height the corner (5.1.2)."""
        x, y = _number(element.get("x")), _number(element.get("y"))
        for shape in self.document.named(element, "shape"):
            radius = shape.get("radius")
            if radius:
                return x, y, 2.0 * _number(radius), 2.0 * _number(radius)
            return x, y, *_size(shape)
        width, height = _size(element)
        return x + (width or 0.0) / 2.0, y + (height or 0.0) / 2.0, width, height

    def _points(self, blocks: Iterable[Element]) -> tuple[Point, ...]:
        found = (child for block in blocks for child in self.document.named(block, "pt"))
        return tuple((_number(point.get("x")), _number(point.get("y"))) for point in found)

    def _known(self, name: str) -> str:
        """Return the model's own spelling of a variable's name."""
        found = self.names.get(canonical(display_name(name)))
        if found is None:
            raise _UnreadableError
        return found


def _size(element: Element) -> tuple[float | None, float | None]:
    width, height = element.get("width"), element.get("height")
    return (_number(width), _number(height)) if width and height else (None, None)


def _number(text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError:
        raise _UnreadableError from None
    if not math.isfinite(value):
        raise _UnreadableError
    return value


def _whole(text: str | None) -> int:
    value = _number(text)
    if value != int(value):
        raise _UnreadableError
    return int(value)
