"""Unit texts as modelling tools write them, read into names and powers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from egovsim.names import canonical

DIMENSIONLESS = ("dmnl", "dimensionless", "unitless", "fraction", "radian", "radians", "rad")
"""Names for no unit at all."""

_TOKEN = re.compile(r"\s*(?:(?P<sign>\*\*|[*/^()·-])|(?P<word>[^*/^()·-]+))")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE]\+?\d+)?")
_PER = re.compile(r"(?:^|(?<= ))per ", re.IGNORECASE)
_BLANKS = re.compile(r"[\s_]+")
_COMMENT = re.compile(r"\{[^{}]*\}")

_LONGEST = 500
"""Characters; what is longer is no unit but a text in the wrong place."""

_LARGEST_POWER = 100.0


class UnitTextError(ValueError):
    """A text is not a unit; the message says why and has the text as its subject: "lacks a ')'"."""


@dataclass(frozen=True, slots=True)
class Product:
    """A number times powers of names.

    Parameters
    ----------
    factor : float
        The number.
    powers : mapping of str to float
        By canonical names.
    spellings : mapping of str to str
        Each canonical name as it was written.
    """

    factor: float
    powers: Mapping[str, float]
    spellings: Mapping[str, str]


def read_unit(text: str) -> Product:
    """Read a unit text.

    ``*``, ``-`` (Stella's "man-hours") and ``·`` multiply, ``/`` and "per" divide, from left to right;
    ``^`` takes a plain number. A name may have blanks. ``{…}`` is a comment.

    Parameters
    ----------
    text : str
        ``persons/(year*person)``, ``1/years``, ``$ per year``, ``m^2``, ``dmnl``, ``billion rupiah``.

    Returns
    -------
    Product
        A name on both sides of the division has been cancelled.

    Raises
    ------
    UnitTextError
        It is not a unit.
    """
    if len(text) > _LONGEST:
        raise UnitTextError("is too long for a unit")
    plain = _PER.sub("/", _BLANKS.sub(" ", _COMMENT.sub(" ", text)).lstrip()).strip()
    if plain == "-":
        return Product(1.0, {}, {})
    return _Reading(f"1{plain}" if plain.startswith("/") else plain).product()


def with_units_for(text: str, units: Mapping[str, str]) -> str:
    """Put units in the place of names in a unit text.

    Parameters
    ----------
    text : str
        ``input/delay``.
    units : mapping of str to str
        Unit texts by the canonical names that stand for them; an empty one is not known.

    Returns
    -------
    str
        ``(persons)/(years)``; empty when a unit that is not known stands in it.
    """
    if canonical(text) in units:
        return units[canonical(text)]
    words = {canonical(token["word"]) for token in _TOKEN.finditer(text) if token["word"]}
    if not words & units.keys():
        return text
    if not all(units.get(word, word) for word in words):
        return ""
    return _TOKEN.sub(lambda token: _unit_for(token, units), text)


def _unit_for(found: re.Match[str], units: Mapping[str, str]) -> str:
    name = canonical(found["word"] or "")
    return f"({units[name]})" if name in units else found[0]


class _Reading:
    """Reads one text from left to right; an open parenthesis is a frame on a stack, not a call."""

    def __init__(self, text: str) -> None:
        self._tokens = [token["sign"] or token["word"].strip() for token in _TOKEN.finditer(text) if token[0].strip()]
        self._place = 0
        self._spellings: dict[str, str] = {}

    def product(self) -> Product:
        frames: list[tuple[_Group, float]] = []
        group, sign = _Group(), 1.0
        while True:
            token = self._next("a name")
            if token == "(":
                frames.append((group, sign))
                group, sign = _Group(), 1.0
                continue
            group.take(self._operand(token), sign * self._exponent())
            while self._peek() == ")" and frames:
                self._place += 1
                inner, (group, sign) = group, frames.pop()
                group.take(inner, sign * self._exponent())
            if self._peek() is None:
                break
            sign = self._sign()
        if frames:
            raise UnitTextError("lacks a ')'")
        powers = {name: power for name, power in group.powers.items() if power}
        return Product(group.factor, powers, self._spellings)

    def _peek(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next(self, wanted: str) -> str:
        token = self._peek()
        if token is None:
            raise UnitTextError(f"ends where {wanted} is expected")
        self._place += 1
        return token

    def _operand(self, token: str) -> _Group:
        if _NUMBER.fullmatch(token):
            return _Group(float(token))
        if _TOKEN.fullmatch(token)["sign"]:  # pyright: ignore[reportOptionalSubscript]
            raise UnitTextError(f"has '{token}' where a name is expected")
        id = canonical(token)
        self._spellings.setdefault(id, token)
        return _Group(1.0, {id: 1.0})

    def _exponent(self) -> float:
        """Read ``^2`` or ``^-1`` where there is one."""
        if self._peek() not in ("^", "**"):
            return 1.0
        self._place += 1
        token = self._next("an exponent")
        digits = self._next("an exponent") if token == "-" else token
        if not _NUMBER.fullmatch(digits):
            raise UnitTextError(f"has '{digits}' where an exponent is expected")
        return float(digits) * (-1.0 if token == "-" else 1.0)

    def _sign(self) -> float:
        """Return the exponent of what comes after the sign that stands here."""
        token = self._next("a sign")
        if token == ")":
            raise UnitTextError("has a ')' that closes nothing")
        if token not in ("*", "·", "-", "/"):
            raise UnitTextError(f"has '{token}' where '*' or '/' is expected")
        return -1.0 if token == "/" else 1.0


class _Group:
    """What stands between two parentheses, as far as it has been read."""

    def __init__(self, factor: float = 1.0, powers: Mapping[str, float] | None = None) -> None:
        self.factor = factor
        self.powers = dict(powers or {})

    def take(self, other: _Group, exponent: float) -> None:
        """Multiply by another group to a power."""
        try:
            self.factor *= other.factor**exponent
        except (OverflowError, ZeroDivisionError):
            self.factor = math.inf
        for name, power in other.powers.items():
            self.powers[name] = self.powers.get(name, 0.0) + power * exponent
        sizes = [abs(power) for power in self.powers.values()]
        if not 0 < self.factor < math.inf or not max(sizes, default=0.0) <= _LARGEST_POWER:
            raise UnitTextError("has a number or a power out of all bounds")
