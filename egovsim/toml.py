"""A TOML file as checked tables: whatever is wrong is named with its full key path."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from egovsim import library
from egovsim.errors import DataError, UnknownNameError, ValueRangeError, suggestion
from egovsim.provenance import FileRecord, digest

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+(\[\d+\])?")
_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")
_TYPE_NAMES = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}


def key_text(keys: Iterable[str]) -> str:
    """Write a key path the way TOML does: ``levers."Training places"``."""
    quoted = (key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in keys)
    return ".".join(quoted)


@dataclass(frozen=True)
class Table:
    """A table of a TOML file, with the file's name and the keys that lead to it.

    Every method that reads a value raises `DataError`, `UnknownNameError` or `ValueRangeError` with
    ``file: key path`` in front when the value is not what it should be.
    """

    file: str
    keys: tuple[str, ...]
    values: Mapping[str, Any]

    def place(self, *more: str) -> str:
        """Return ``file: key path`` of this table or of a key below it."""
        path = key_text((*self.keys, *more))
        return f"{self.file}: {path}" if path else self.file

    def only(self, valid: Iterable[str], *, what: str) -> None:
        """Refuse every key but the valid ones; `what` ends the sentence "is not a key of"."""
        known = tuple(valid)
        for key in self.values:
            if key not in known:
                hint = suggestion(key, known) or f"; there are: {', '.join(known)}"
                raise UnknownNameError(f"{self.place(key)} is not a key of {what}{hint}.")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default the key must be there."""
        return self._typed(key, default, str)

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number; without a default the key must be there."""
        value = self.values.get(key, default)
        return finite(value, self.place(key)) if value is not None else self._missing(key)

    def optional_number(self, key: str) -> float | None:
        """Return a finite number, or None where the key is not there."""
        return self.number(key) if key in self.values else None

    def choice(self, key: str, options: tuple[str, ...], default: str | None = None) -> str:
        """Return one of the given texts."""
        value = self.text(key, default)
        if value not in options:
            hint = suggestion(value, options) or f"; there are: {', '.join(options)}"
            raise UnknownNameError(f'{self.place(key)}: "{value}" is not a possible value{hint}.')
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false where the key is not there."""
        return self._typed(key, False, bool)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is not there."""
        found = self._typed(key, [], list)
        for one in found:
            if not isinstance(one, str):
                raise DataError(f"{self.place(key)}: every entry must be text, not {_type_name(one)}.")
        return tuple(found)

    def pairs(self, key: str) -> tuple[tuple[float, float], ...]:
        """Return a list of ``[year, value]`` pairs whose years ascend."""
        place = self.place(key)
        found: list[tuple[float, float]] = []
        for one in self._typed(key, None, list):
            if not isinstance(one, list) or len(one) != 2:
                raise DataError(f"{place}: every entry must be a pair [year, value], such as [2026, 0.2].")
            found.append((finite(one[0], place), finite(one[1], place)))
        if not found:
            raise DataError(f"{place}: at least one pair [year, value] is needed.")
        for (before, _), (after, _) in pairwise(found):
            if after <= before:
                raise DataError(f"{place}: the years must ascend; {after:g} stands after {before:g}.")
        return tuple(found)

    def table(self, key: str) -> Table:
        """Return the table below a key; an empty one where the key is not there."""
        return Table(self.file, (*self.keys, key), self._typed(key, {}, dict))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the tables of an array of tables, ``[[key]]``."""
        found = self._typed(key, [], list)
        for one in found:
            if not isinstance(one, dict):
                raise DataError(f"{self.place(key)}: write each entry under its own [[{key}]].")
        return tuple(Table(self.file, (*self.keys, f"{key}[{i}]"), one) for i, one in enumerate(found, start=1))

    def _typed(self, key: str, default: Any, kind: type) -> Any:
        value = self.values.get(key, default)
        if value is None:
            return self._missing(key)
        if not isinstance(value, kind):
            raise DataError(f"{self.place(key)} must be {_TYPE_NAMES[kind]}, not {_type_name(value)}.")
        return value

    def _missing(self, key: str) -> Any:
        raise DataError(f"{self.place(key)} is missing; it has no default.")


def finite(value: object, place: str) -> float:
    """Return a value as a float; refuse what is not a finite number (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{place} must be a number, not {_type_name(value)}.")
    if not math.isfinite(value):
        raise ValueRangeError(f"{place} is {value}; it must be a finite number.")
    return float(value)


def read_table(path: Path) -> tuple[Table, FileRecord]:
    """Read a TOML file.

    Returns
    -------
    Table
        Its root table.
    FileRecord
        Label and hash of exactly the bytes that were parsed.

    Raises
    ------
    DataError
        When the file cannot be read, is not UTF-8 or not TOML; with the line where it has one.
    """
    content, label = library.read_bytes(path), library.label(path)
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as cause:
        line = content[: cause.start].count(b"\n") + 1
        raise DataError(f"{label}, line {line}: the file is not UTF-8 text; save it as UTF-8.") from cause
    except tomllib.TOMLDecodeError as cause:
        raise DataError(_syntax(label, str(cause))) from cause
    return Table(label, (), values), FileRecord(label, digest(content))


def _syntax(label: str, message: str) -> str:
    found = _POSITION.search(message)
    reason = _POSITION.sub("", message).removesuffix(" (at end of document)")
    where = f"{label}, line {found.group(1)}, column {found.group(2)}" if found else label
    return f'{where}: this is not TOML ({reason}); names with blanks need quotation marks: "HR share" = 0.3.'


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), f"a {type(value).__name__}")
