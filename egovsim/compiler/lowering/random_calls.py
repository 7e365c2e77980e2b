"""Every call of a random function gets a number of its own, which is part of the key of its draws.

The number comes from the name of the scalar it stands in and its place in the equation, so it stays the same
whatever outputs are asked for and in whatever order the file defines its variables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.compiler.lowering.traversal import fold_down_to
from egovsim.model.expression import Call, Expression, Number, Reference, walk, with_children
from egovsim.model.functions import FUNCTIONS, NOISE_SEED, is_random

CALL_NUMBER_BITS = 52
"""The number of a call is a whole number that a double holds."""


def draws(expression: Expression) -> bool:
    """Say whether there is a random function anywhere in an expression.

    Parameters
    ----------
    expression : Expression
        Of any depth.

    Returns
    -------
    bool
        Whether there is.
    """
    return any(map(is_random, walk(expression)))


def number_random_calls(equations: Sequence[ScalarEquation]) -> list[ScalarEquation]:
    """Put the number of its call in front of the arguments of every random call, and name its stream.

    Parameters
    ----------
    equations : sequence of ScalarEquation
        All of a model.

    Returns
    -------
    list of ScalarEquation
        The same, with numbers; those that draw nothing as they are.
    """
    common = next((Reference(equation.name, equation.id) for equation in equations if equation.id == NOISE_SEED), None)
    return [_numbered(equation, common) if _draws(equation) else equation for equation in equations]


def _draws(equation: ScalarEquation) -> bool:
    return draws(equation.expression) or (equation.rate is not None and draws(equation.rate))


def _numbered(equation: ScalarEquation, common: Reference | None) -> ScalarEquation:
    counter = _Counter(equation.id, common)
    expression = counter.number(equation.expression)
    rate = None if equation.rate is None else counter.number(equation.rate)
    return replace(equation, expression=expression, rate=rate)


@dataclass
class _Counter:
    """Numbers the random calls of one scalar, in the order of the text; `common` is the stream of stream 0."""

    owner: str
    common: Reference | None
    count: int = 0
    entered: list[Number] = field(default_factory=list[Number])

    def number(self, expression: Expression) -> Expression:
        return fold_down_to(expression, self._enter, self._leave)

    def _enter(self, node: Expression) -> None:
        """Give a call its number before those in its arguments get theirs."""
        if is_random(node):
            self.entered.append(Number(float(call_number(self.owner, self.count))))
            self.count += 1

    def _leave(self, node: Expression, operands: tuple[Expression, ...]) -> Expression:
        if not (isinstance(node, Call) and is_random(node)):
            return with_children(node, operands)
        if self.common is not None and FUNCTIONS[node.function].vensim and operands and operands[-1] == Number(0.0):
            operands = (*operands[:-1], self.common)
        return replace(node, arguments=(self.entered.pop(), *operands))


def call_number(owner: str, place: int) -> int:
    """Return the number of a random call.

    Parameters
    ----------
    owner : str
        Id of the scalar in whose equation it stands.
    place : int
        Its place among the random calls of the equation, counted from 0.

    Returns
    -------
    int
        A hash of both, of `CALL_NUMBER_BITS` bits.
    """
    digest = hashlib.sha256(f"{owner}\n{place}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - CALL_NUMBER_BITS)
