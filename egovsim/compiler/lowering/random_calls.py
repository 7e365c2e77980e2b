"""Every call of a random function gets a number of its own, which is part of the key of its draws.

The number comes from the name of the scalar it stands in and its place in the equation, so it stays the same
whatever outputs are asked for and in whatever order the file defines its variables.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.expression import Call, Expression, Number, Reference, children, walk, with_children
from egovsim.model.functions import FUNCTIONS, NOISE_SEED, is_random

SITE_BITS = 52
"""A site is a whole number that a double holds."""


def draws(expression: Expression) -> bool:
    """Whether there is a random function anywhere in an expression."""
    return any(map(is_random, walk(expression)))


def numbered(equations: list[ScalarEquation]) -> list[ScalarEquation]:
    """Put the number of its site in front of the arguments of every random call, and name its stream."""
    common = next((Reference(equation.name, equation.id) for equation in equations if equation.id == NOISE_SEED), None)
    return [_numbered(equation, common) if _draws(equation) else equation for equation in equations]


def _draws(equation: ScalarEquation) -> bool:
    return draws(equation.expression) or (equation.rate is not None and draws(equation.rate))


def _numbered(equation: ScalarEquation, common: Reference | None) -> ScalarEquation:
    counter = _Counter(equation.id, common)
    expression = counter.mark(equation.expression)
    rate = None if equation.rate is None else counter.mark(equation.rate)
    return replace(equation, expression=expression, rate=rate)


@dataclass
class _Counter:
    """Numbers the random calls of one scalar, in the order of the text; `common` is the stream of stream 0."""

    owner: str
    common: Reference | None
    count: int = 0

    def mark(self, node: Expression) -> Expression:
        site = Number(0.0)
        if is_random(node):
            site = Number(float(site_of(self.owner, self.count)))
            self.count += 1
        operands = tuple(map(self.mark, children(node)))
        if isinstance(node, Call) and is_random(node):
            if self.common is not None and FUNCTIONS[node.function].vensim and operands and operands[-1] == Number(0.0):
                operands = (*operands[:-1], self.common)
            return replace(node, arguments=(site, *operands))
        return with_children(node, operands) if operands else node


def site_of(owner: str, number: int) -> int:
    """Return the number of a call: a hash of the scalar's id and the call's place in its equation."""
    digest = hashlib.sha256(f"{owner}\n{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - SITE_BITS)
