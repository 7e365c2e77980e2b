"""What XMILE and Vensim have that the other has not: built-in names, and functions that are written in another form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from egovsim.model.expression import BinaryOperator, ClockName

Dialect = Literal["xmile", "vensim"]

BUILT_IN_NAMES: Mapping[Dialect, Mapping[str, ClockName | float]] = {
    "xmile": {
        "time": "time",
        "dt": "time step",
        "starttime": "initial time",
        "stoptime": "final time",
        "pi": math.pi,
        "inf": math.inf,
    },
    "vensim": {
        "time": "time",
        "time step": "time step",
        "initial time": "initial time",
        "final time": "final time",
    },
}
"""Names that are no variables (XMILE 1.0, section 3.5.5; Vensim's control variables)."""

TOLERATED_NAMES: Mapping[str, ClockName | float] = {
    "time step": "time step",
    "initial time": "initial time",
    "final time": "final time",
    "nan": math.nan,
}
"""Vensim's names that translators leave in XMILE files, and Stella's NAN, which is not in the standard; a variable of
that name comes first."""

OTHER_FORMS: Mapping[Dialect, frozenset[tuple[str, int]]] = {
    "xmile": frozenset({("pulse", 1), ("forcst", 4)}),
    "vensim": frozenset(),
}
"""Functions and numbers of arguments that the dialect allows and this version cannot run."""

OF_ARRAYS: Mapping[tuple[str, int], str] = {("min", 1): "vmin", ("max", 1): "vmax"}
"""Functions that are others of this project when they are given one argument: an array (XMILE, section 3.7.1.3)."""

WITH_PIPELINE = frozenset({"delayp", "delay p"})
"""Functions of Vensim that name a variable after a colon, for what is under way (its reference, "DELAYP")."""

_SIGNS: tuple[BinaryOperator, ...] = ("+", "-", "*", "/", "^", "mod", "=", "<>", "<", "<=", ">", ">=", "and", "or")

OPERATORS: Mapping[str, BinaryOperator] = {**{sign: sign for sign in _SIGNS}, ":and:": "and", ":or:": "or"}
"""Operators of two operands, as either dialect writes them in lower case."""
