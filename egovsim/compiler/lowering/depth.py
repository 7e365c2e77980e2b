"""Deep expressions become chains of shallow ones: a function that LLVM has to compile then has a bounded length.

A block is cut into functions by its assignments, and LLVM's time grows faster than the length of a function, so an
assignment must not be of any length. Measured on one machine: a sum of 99,000 terms compiles in 18 s instead of 43 s,
one of 20,000 terms, or 5,000 brackets inside each other, in the same time either way. The printed form of a program,
which names it in the cache, then has a bounded depth too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.expression import Expression, Reference, children, children_first, with_children
from egovsim.model.hidden_variables import HiddenVariables
from egovsim.names import made_id

DEEPEST = 150
"""The most operators between the whole of an equation and its leaves."""


def shallow(equations: Sequence[ScalarEquation]) -> list[ScalarEquation]:
    """Give whatever lies deeper than `DEEPEST` an equation of its own.

    Parameters
    ----------
    equations : sequence of ScalarEquation
        Of any depth.

    Returns
    -------
    list of ScalarEquation
        Each followed by the parts that were made of its depths. The order of operations stays as it is, and so does
        every bit.
    """
    return [part for equation in equations for part in _cut(equation)]


def _cut(equation: ScalarEquation) -> Iterator[ScalarEquation]:
    parts = _Parts(equation)
    changed = replace(
        equation,
        expression=parts.cut(equation.expression),
        rate=None if equation.rate is None else parts.cut(equation.rate),
    )
    yield changed if len(parts.added) else equation
    yield from parts.added.take()


@dataclass
class _Parts:
    """The equations that were made of the depths of one."""

    owner: ScalarEquation
    added: HiddenVariables[ScalarEquation] = field(default_factory=HiddenVariables[ScalarEquation])

    def cut(self, expression: Expression) -> Expression:
        nodes = children_first(expression)
        if len(nodes) <= DEEPEST:
            return expression
        done: list[tuple[Expression, int]] = []
        for node in nodes:
            first = len(done) - len(children(node))
            operands = done[first:]
            del done[first:]
            depth = 1 + max((depth for _, depth in operands), default=0)
            if depth > DEEPEST:
                operands = [self._named(operand) if operand[1] == DEEPEST else operand for operand in operands]
                depth = 1 + max(depth for _, depth in operands)
            changed = tuple(operand for operand, _ in operands)
            same = all(new is old for new, old in zip(changed, children(node), strict=True))
            done.append((node if same else with_children(node, changed), depth))
        return done[0][0]

    def _named(self, operand: tuple[Expression, int]) -> tuple[Expression, int]:
        number, (expression, _) = len(self.added) + 1, operand
        here = Reference(f"{self.owner.name} (depth {number})", made_id(self.owner.id, f"depth {number}"))
        return self.added.add(
            here, lambda here: ScalarEquation(here.id, here.name, expression, None, self.owner.where)
        ), 1
