"""A TOML file as checked tables: whatever is wrong is named with its full key path."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from egovsim import library
from egovsim.errors import DataError, UnknownNameError, ValueRangeError, suggestion
from egovsim.provenance import FileRecord, digest

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+(\[\d+\])?")
_POSITION = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")
_COMMA = re.compile(r"""(?<![\d,.\["'])(\d+),(\d+)(?![\d,."'])""")  # as Indonesians write decimals
_HINTS: Mapping[str, str] = {
    "[\u201c\u201d\u2018\u2019]": 'write straight quotation marks: "HR share" = 0.3',
    r"\d\s*%": "write a share of 1 without the sign: 0.3 for 30 %",
}
_TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}


def key_text(keys: Iterable[str]) -> str:
    """Write a key path the way TOML does.

    Parameters
    ----------
    keys : iterable of str
        From the root on.

    Returns
    -------
    str
        ``levers."Training places"``.
    """
    quoted = (key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in keys)
    return ".".join(quoted)


Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Table:
    """A table of a TOML file.

    Parameters
    ----------
    file : str
        The file's name, for messages.
    keys : tuple of str
        The keys that lead to the table.
    values : mapping of str to object
        What it holds.

    Notes
    -----
    Every method that reads a value raises `DataError`, `UnknownNameError` or `ValueRangeError` with
    ``file: key path`` in front when the value is not what it should be.
    """

    file: str
    keys: tuple[str, ...]
    values: Mapping[str, Any]

    def place(self, *more: str) -> str:
        """Say where this table, or a key below it, stands.

        Parameters
        ----------
        *more : str
            Keys below it.

        Returns
        -------
        str
            ``file: key path``.
        """
        path = key_text((*self.keys, *more))
        return f"{self.file}: {path}" if path else self.file

    def only(self, valid: Iterable[str], *, what: str) -> None:
        """Refuse every key but the valid ones.

        Parameters
        ----------
        valid : iterable of str
            The keys that there may be.
        what : str
            The end of the sentence "is not a key of".

        Raises
        ------
        UnknownNameError
            With the nearest valid keys.
        """
        known = tuple(valid)
        for key in self.values:
            if key not in known:
                hint = suggestion(key, known) or f"; there are: {', '.join(known)}"
                raise UnknownNameError(f"{self.place(key)} is not a key of {what}{hint}.")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text.

        Parameters
        ----------
        key : str
            Of this table.
        default : str, optional
            What is returned where the key is not there; without it the key must be there.

        Returns
        -------
        str
            As the file has it.
        """
        return self._typed(key, default, str)

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number.

        Parameters
        ----------
        key : str
            Of this table.
        default : float, optional
            What is returned where the key is not there; without it the key must be there.

        Returns
        -------
        float
            As the file has it.
        """
        value = self.values.get(key, default)
        return finite(value, self.place(key)) if value is not None else self._missing(key)

    def optional_number(self, key: str) -> float | None:
        """Return a finite number, where there is one.

        Parameters
        ----------
        key : str
            Of this table.

        Returns
        -------
        float or None
            None where the key is not there.
        """
        return self.number(key) if key in self.values else None

    def one_of(self, key: str, options: tuple[str, ...], default: str | None = None) -> str:
        """Return one of some texts.

        Parameters
        ----------
        key : str
            Of this table.
        options : tuple of str
            What it may be.
        default : str, optional
            What is returned where the key is not there; without it the key must be there.

        Returns
        -------
        str
            One of `options`.

        Raises
        ------
        UnknownNameError
            With the nearest of them.
        """
        value = self.text(key, default)
        if value not in options:
            hint = suggestion(value, options) or f"; there are: {', '.join(options)}"
            raise UnknownNameError(f'{self.place(key)}: "{value}" is not a possible value{hint}.')
        return value

    def flag(self, key: str) -> bool:
        """Return true or false.

        Parameters
        ----------
        key : str
            Of this table.

        Returns
        -------
        bool
            False where the key is not there.
        """
        return self._typed(key, False, bool)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts.

        Parameters
        ----------
        key : str
            Of this table.

        Returns
        -------
        tuple of str
            Empty where the key is not there.

        Raises
        ------
        DataError
            When an entry is not a text.
        """
        found: list[str] = []
        for entry in self._list(key, []):
            if not isinstance(entry, str):
                raise DataError(f"{self.place(key)}: every entry must be text, not {_type_name(entry)}.")
            found.append(entry)
        return tuple(found)

    def pairs(self, key: str) -> tuple[tuple[float, float], ...]:
        """Return a list of pairs of an instant and a value.

        Parameters
        ----------
        key : str
            Of this table; it must be there.

        Returns
        -------
        tuple of tuple of float
            At least one; the instants ascend.

        Raises
        ------
        DataError
            When an entry is no pair, there is none, or the instants do not ascend.
        """
        place = self.place(key)
        found: list[tuple[float, float]] = []
        for entry in self._list(key, None):
            pair = cast("list[object]", entry) if isinstance(entry, list) else []
            if len(pair) != 2:
                comma = "; decimals take a point, 0.5 and not 0,5" if len(pair) == 3 else ""
                raise DataError(f"{place}: every entry must be a pair [year, value], such as [2026, 0.2]{comma}.")
            found.append((finite(pair[0], place), finite(pair[1], place)))
        if not found:
            raise DataError(f"{place}: at least one pair [year, value] is needed.")
        for (before, _), (after, _) in pairwise(found):
            if after <= before:
                raise DataError(f"{place}: the years must ascend; {after:g} stands after {before:g}.")
        return tuple(found)

    def table(self, key: str) -> Table:
        """Return the table below a key.

        Parameters
        ----------
        key : str
            Of this table.

        Returns
        -------
        Table
            An empty one where the key is not there.
        """
        return Table(self.file, (*self.keys, key), self._typed(key, {}, dict))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the tables of an array of tables, ``[[key]]``.

        Parameters
        ----------
        key : str
            Of this table.

        Returns
        -------
        tuple of Table
            Empty where the key is not there.

        Raises
        ------
        DataError
            When an entry is not a table.
        """
        found: list[Table] = []
        for number, entry in enumerate(self._list(key, []), start=1):
            if not isinstance(entry, dict):
                raise DataError(f"{self.place(key)}: write each entry under its own [[{key}]].")
            found.append(Table(self.file, (*self.keys, f"{key}[{number}]"), cast("dict[str, Any]", entry)))
        return tuple(found)

    def _list(self, key: str, default: list[object] | None) -> list[object]:
        return self._typed(key, default, list)

    def _typed(self, key: str, default: Kind | None, kind: type[Kind]) -> Kind:
        value = self.values.get(key, default)
        if value is None:
            return self._missing(key)
        if not isinstance(value, kind):
            raise DataError(f"{self.place(key)} must be {_TYPE_NAMES[kind]}, not {_type_name(value)}.")
        return value

    def _missing(self, key: str) -> NoReturn:
        raise DataError(f"{self.place(key)} is missing; it has no default.")


def finite(value: object, place: str) -> float:
    """Return a value as a float; refuse what is not a finite number.

    Parameters
    ----------
    value : object
        What a file holds; true and false are no numbers.
    place : str
        What messages begin with.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    DataError
        When it is not a number.
    ValueRangeError
        When it is not finite.
    """
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+([.,]\d+)?\s*", value):
        plain = value.strip().replace(",", ".")
        raise DataError(f"{place} must be a number, not text; write {plain} without quotation marks.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{place} must be a number, not {_type_name(value)}.")
    if not math.isfinite(value):
        raise ValueRangeError(f"{place} is {value}; it must be a finite number.")
    return float(value)


def read_table(path: Path) -> tuple[Table, FileRecord]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Table
        Its root table.
    FileRecord
        Label and hash of exactly the bytes that were parsed.

    Raises
    ------
    DataError
        When the file cannot be read, is no text (see `library.text_of`) or not TOML; with the line where it has one.
    """
    content, label = library.read_bytes(path), library.label(path)
    text = library.text_of(content, label)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise DataError(_syntax(label, text, str(cause))) from cause
    return Table(label, (), values), FileRecord(label, digest(content))


def _syntax(label: str, text: str, message: str) -> str:
    found = _POSITION.search(message)
    reason = _POSITION.sub("", message).removesuffix(" (at end of document)")
    where = f"{label}, line {found.group(1)}, column {found.group(2)}" if found else label
    line = text.splitlines()[int(found.group(1)) - 1 :][:1] if found else []
    return f"{where}: this is not TOML ({reason}); {_remedy(''.join(line))}."


def _remedy(line: str) -> str:
    """Return what to write instead of what stands in a line that is not TOML."""
    comma = _COMMA.search(line)
    if comma is not None:
        return f"decimals take a point: {comma.group(1)}.{comma.group(2)}, not {comma.group()}"
    hints = (hint for pattern, hint in _HINTS.items() if re.search(pattern, line))
    return next(hints, 'names with blanks need quotation marks: "HR share" = 0.3')


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), f"a {type(value).__name__}")
