"""Whether an expression is the same throughout a run, as far as the model says."""

from __future__ import annotations

from collections.abc import Mapping

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.expression import Call, ClockValue, Expression, Reference, walk
from egovsim.model.functions import FUNCTIONS


def varies(expression: Expression, equations: Mapping[str, ScalarEquation]) -> bool:
    """Say whether an expression depends on anything but constants.

    Parameters
    ----------
    expression : Expression
        Of scalars.
    equations : mapping of str to ScalarEquation
        All of the model, by id.

    Returns
    -------
    bool
        True where it depends on the time, on a stock or another state, on a test input or on chance.
    """
    seen: set[str] = set()
    waiting = [expression]
    while waiting:
        for node in walk(waiting.pop()):
            match node:
                case ClockValue(which="time" | "step time"):
                    return True
                case Call(function=function) if FUNCTIONS[function].role in ("test input", "stateful", "random"):
                    return True
                case Reference(id=id) if id in equations and id not in seen:
                    seen.add(id)
                    if equations[id].is_state:
                        return True
                    waiting.append(equations[id].expression)
                case _:
                    pass
    return False
