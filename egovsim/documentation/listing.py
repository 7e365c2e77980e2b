"""What is shipped, with labels and a line on each."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

from egovsim import library
from egovsim.errors import unknown_name

_HEADER_NAME = re.compile(r"<header>.*?<name>([^<]*)</name>", re.DOTALL)
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_LONG_ENOUGH = 40

Row = tuple[str, str, str]


def shipped_sections(kind: str | None, language: str) -> Iterator[tuple[str, list[Row]]]:
    """Yield a title and rows of (name, label, note) for each kind of shipped file.

    Parameters
    ----------
    kind : str or None
        ``"models"``, ``"profiles"``, ``"policies"``, ``"scenarios"``, ``"evidence"``, ``"matches"``, or all.
    language : str
        Of the labels.

    Yields
    ------
    tuple of str and list of (str, str, str)
        The title of a kind, and its rows.

    Raises
    ------
    UnknownNameError
        When there is no such kind.
    """
    kinds: dict[str, library.Kind] = {library.SHIPPED[key].plural: key for key in library.SHIPPED}
    if kind is not None and kind not in kinds:
        raise unknown_name(kind, kinds, what="a kind of shipped file")
    for plural, key in kinds.items():
        if kind in (None, plural):
            yield plural, [_row(key, name, language) for name in library.names(key)]


def _row(kind: library.Kind, name: str, language: str) -> Row:
    text = library.read_bytes(library.find(kind, name)).decode("utf-8")
    match kind:
        case "model":
            found = _HEADER_NAME.search(text[:4000])
            return name, found.group(1).strip() if found else "", ""
        case "evidence":
            first = text.partition("\n")[0]
            return name, "", first.removeprefix("#").strip() if first.startswith("#") else ""
        case "match":
            accepted = json.loads(text)
            count, seed = len(accepted["search"]["accepted"]), accepted["seed"]
            return name, "", f'{count:,} accepted members of structure "{accepted["structure"]}", seed {seed}'
        case "profile" | "policy" | "scenario":
            table = tomllib.loads(text)
            return name, str(table.get("label", {}).get(language, "")), _first_sentences(str(table.get("note", "")))


def _first_sentences(note: str) -> str:
    """Return the first sentences of a note, enough of them to say something."""
    text = ""
    for sentence in _SENTENCE.findall(note):
        text += sentence
        if len(text) >= _LONG_ENOUGH:
            break
    return text
