"""HISTORY(x, t): what x was at a time (isee's help, "Data builtins").

It is 0 before the first time there is, and for a time to come. The two forms that can be run are a time that is a
constant, and TIME less a constant; a time between two steps is taken for the nearer (unverified).
"""

from __future__ import annotations

from egovsim.compiler.lowering.constancy import varies
from egovsim.compiler.lowering.hidden_equations import TIME_STEP, ZERO, Arguments, HiddenEquations, minus, over
from egovsim.errors import UnsupportedError
from egovsim.model.expression import Binary, Call, ClockValue, Expression, Number, Where

_NOW = ClockValue("step time")


def history(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """Write HISTORY as a fixed delay, or as a sample taken once.

    Parameters
    ----------
    hidden : HiddenEquations
        Takes the equations that it needs.
    arguments : tuple of Expression
        What is looked at, and the time.
    where : Where
        The place of the call.

    Returns
    -------
    Expression
        Of other stateful calls.

    Raises
    ------
    UnsupportedError
        The time is of no form that can be run.
    """
    value, time = arguments
    equations = hidden.starting.equations
    match time:
        case ClockValue(which="time"):
            return value
        case Binary(operator="-", left=ClockValue(which="time"), right=lag) if not varies(lag, equations):
            return _looked_back(hidden, value, lag, where)
        case _ if not varies(time, equations):
            apart = Call("abs", (minus(_NOW, time),), where)
            return Call("sample if true", (Binary("<", apart, over(TIME_STEP, Number(2.0))), value, ZERO), where)
        case _:
            pass
    raise UnsupportedError(
        f'{where}, "{hidden.owner.name}": HISTORY can be run for a time that is a constant, or TIME less a constant; '
        "write the time so."
    )


def _looked_back(hidden: HiddenEquations, value: Expression, lag: Expression, where: Where) -> Expression:
    """Look back by a lag whose sign must be known: a time to come gives 0, and none is no look back."""
    known = hidden.starting.of(lag, role=f'how far HISTORY looks back in "{hidden.owner.name}"')
    if known is None:
        raise UnsupportedError(
            f'{where}, "{hidden.owner.name}": how far HISTORY looks back must be made of constants; write the number.'
        )
    if known <= 0.0:
        return value if known == 0.0 else ZERO
    return Call("delay fixed", (value, lag, ZERO), where)
