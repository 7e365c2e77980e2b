"""The diagram of a model: what stands where, pure data that no number depends on.

Coordinates are in the file's own pixels, x to the right and y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]
"""The x and y of a point."""

ItemKind = Literal["stock", "flow", "auxiliary", "alias", "connector", "group", "comment"]


@dataclass(frozen=True, slots=True)
class ViewItem:
    """One thing on a diagram.

    Parameters
    ----------
    kind : {"stock", "flow", "auxiliary", "alias", "connector", "group", "comment"}
        What it is. An alias shows a variable a second time.
    name : str
        The variable that it shows, as the model names it; the name of a group; the text of a comment.
    x, y : float
        The middle; of a group or a comment, which are rectangles, the upper left corner.
    width, height : float, optional
        The size, where the file gives one.
    points : tuple of Point
        Of a flow, its pipe, from where it comes to where it goes; an end at no stock is a cloud. Of a connector,
        the points that it goes through, where it has more than its ends.
    number : int
        Of an alias, what connectors call it, from 1; no two aliases of a view share one.
    begin, end : str or int
        Of a connector, what it goes from and to: a variable's name, or the number of an alias.
    angle : float, optional
        Of a connector, the direction in which it leaves: degrees, counterclockwise from 3 o'clock.
    polarity : {"", "+", "-"}
        Of a connector, the sign at its end.
    """

    kind: ItemKind
    name: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float | None = None
    height: float | None = None
    points: tuple[Point, ...] = ()
    number: int = 0
    begin: str | int = ""
    end: str | int = ""
    angle: float | None = None
    polarity: Literal["", "+", "-"] = ""


@dataclass(frozen=True, slots=True)
class View:
    """One page of a diagram, its items in the order in which they are drawn."""

    name: str = ""
    items: tuple[ViewItem, ...] = ()
