"""What is shipped, with labels and a line on each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from egovsim import library
from egovsim.errors import unknown_name

_HEADER_NAME = re.compile(r"<header>.*?<name>([^<]*)</name>", re.DOTALL)
_FIRST_SENTENCE = re.compile(r"(.+?[.!?])(?=\s|$)", re.DOTALL)

Row = tuple[str, str, str]


def shipped_sections(kind: str | None, language: str) -> Iterator[tuple[str, list[Row]]]:
    """Yield a title and rows of (name, label, note) for each kind of shipped file.

    Parameters
    ----------
    kind : str or None
        ``"models"``, ``"profiles"``, ``"policies"``, ``"scenarios"``, ``"evidence"``, or all.
    language : str
        Of the labels.

    Raises
    ------
    UnknownNameError
        When there is no such kind.
    """
    shelves: dict[str, library.Kind] = {library.SHELVES[key].plural: key for key in library.SHELVES}
    if kind is not None and kind not in shelves:
        raise unknown_name(kind, shelves, what="a kind of shipped file")
    for plural, key in shelves.items():
        if kind in (None, plural):
            yield plural, [_row(key, name, language) for name in library.names(key)]


def _row(kind: library.Kind, name: str, language: str) -> Row:
    path = library.find(kind, name)
    if kind == "model":
        return _model_row(path, name)
    if path.suffix != ".toml":
        return name, "", ""
    table = tomllib.loads(library.read_bytes(path).decode("utf-8"))
    found = _FIRST_SENTENCE.match(str(table.get("note", "")))
    return name, str(table.get("label", {}).get(language, "")), found.group(1) if found else ""


def _model_row(path: Path, name: str) -> Row:
    found = _HEADER_NAME.search(library.read_bytes(path).decode("utf-8")[:4000])
    return name, found.group(1).strip() if found else "", ""
