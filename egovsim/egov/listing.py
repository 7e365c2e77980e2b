"""What is shipped, with labels and a line on each."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

from egovsim import library
from egovsim.egov.labels import Labels
from egovsim.errors import unknown_name

_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_LONG_ENOUGH = 40

Row = tuple[str, str, str]


def shipped_sections(kind: str | None, labels: Labels) -> Iterator[tuple[str, list[Row]]]:
    """Yield a title and rows of (name, label, note) for each kind of shipped file.

    Parameters
    ----------
    kind : str or None
        ``"models"``, ``"profiles"``, ``"policies"``, ``"scenarios"``, ``"evidence"``, ``"matches"``, or all.
    labels : Labels
        The language.

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
            yield labels.text(f"shipped {plural}"), [_row(key, name, labels) for name in library.names(key)]


def _row(kind: library.Kind, name: str, labels: Labels) -> Row:
    match kind:
        case "model" | "evidence":
            about = labels.text(f"{kind} {name}")
            return (name, about, "") if kind == "model" else (name, "", about)
        case "match":
            accepted = json.loads(_text(kind, name))
            count = labels.number(len(accepted["search"]["accepted"]), 0)
            about = labels.text("match", count=count, structure=accepted["structure"], seed=accepted["seed"])
            return name, "", about
        case "profile" | "policy" | "scenario":
            table = tomllib.loads(_text(kind, name))
            return name, labels.either(table.get("label", "")), _first_sentences(labels.either(table.get("note", "")))


def _text(kind: library.Kind, name: str) -> str:
    return library.read_bytes(library.find(kind, name)).decode("utf-8")


def _first_sentences(note: str) -> str:
    """Return the first sentences of a note, enough of them to say something."""
    text = ""
    for sentence in _SENTENCE.findall(note):
        text += sentence
        if len(text) >= _LONG_ENOUGH:
            break
    return text
