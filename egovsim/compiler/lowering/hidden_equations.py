"""The hidden stocks, discrete states and auxiliaries that stand behind the stateful calls in one equation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from egovsim.compiler.lowering.compile_time_constants import StartingValues
from egovsim.compiler.lowering.elements import DiscreteKind, ScalarEquation, StateReads
from egovsim.errors import ModelError
from egovsim.model.expression import Binary, Call, ClockValue, Expression, Number, Reference, Where, walk
from egovsim.model.functions import FUNCTIONS
from egovsim.model.hidden_variables import HiddenVariables
from egovsim.names import made_id

Arguments = tuple[Expression, ...]

HIGHEST_ORDER = 1000
"""Every stage of a chain is a stock; more of them than this are a slip of the pen."""

ZERO, ONE, TIME_STEP = Number(0.0), Number(1.0), ClockValue("time step")


def minus(left: Expression, right: Expression) -> Expression:
    """Write a difference.

    Parameters
    ----------
    left, right : Expression
        The operands.

    Returns
    -------
    Expression
        ``left - right``.
    """
    return Binary("-", left, right)


def over(left: Expression, right: Expression) -> Expression:
    """Write a quotient.

    Parameters
    ----------
    left, right : Expression
        The operands.

    Returns
    -------
    Expression
        ``left / right``.
    """
    return Binary("/", left, right)


def times(left: Expression, right: Expression) -> Expression:
    """Write a product.

    Parameters
    ----------
    left, right : Expression
        The operands.

    Returns
    -------
    Expression
        ``left * right``.
    """
    return Binary("*", left, right)


@dataclass
class HiddenEquations:
    """Adds hidden equations to the one that needs them.

    Parameters
    ----------
    owner : ScalarEquation
        The equation whose calls are replaced.
    starting : StartingValues
        Finds orders of delays.
    added : HiddenVariables of ScalarEquation
        What was added.
    """

    owner: ScalarEquation
    starting: StartingValues
    added: HiddenVariables[ScalarEquation] = field(default_factory=HiddenVariables[ScalarEquation])

    def is_whole(self, function: str) -> bool:
        """Say whether the owner is an auxiliary whose equation is one call of a function, and no more of them.

        Parameters
        ----------
        function : str
            A key of ``FUNCTIONS``.

        Returns
        -------
        bool
            True where such a call is all that there is.
        """
        whole = self.owner.expression
        calls = sum(isinstance(node, Call) and node.function == function for node in walk(whole))
        return not self.owner.is_state and calls == 1 and isinstance(whole, Call) and whole.function == function

    def auxiliary(self, expression: Expression) -> Expression:
        """Give an expression that is used several times a name.

        Parameters
        ----------
        expression : Expression
            Of scalars.

        Returns
        -------
        Expression
            A reference to the new auxiliary; a name or number stands for itself.
        """
        if isinstance(expression, Number | Reference):
            return expression
        return self._named(expression)

    def stock(self, initial: Expression, rate: Callable[[Reference], Expression]) -> Reference:
        """Add a stock.

        Parameters
        ----------
        initial : Expression
            Its initial value.
        rate : callable
            ``rate(stock)`` returns its net flow.

        Returns
        -------
        Reference
            To the stock.
        """
        return self._add(lambda here: replace(self._equation(here, initial), rate=rate(here)))

    def discrete_state(
        self,
        kind: DiscreteKind,
        initial: Expression,
        taken_up: Callable[[Reference], Expression],
        *,
        delay: Expression | None = None,
        missing: Expression | None = None,
    ) -> Reference:
        """Add a discrete state.

        Parameters
        ----------
        kind : {"previous", "fixed", "information", "material"}
            How it moves when a step is over.
        initial : Expression
            Its initial value.
        taken_up : callable
            ``taken_up(state)`` returns what it takes up, which may be computed from the state itself.
        delay : Expression, optional
            For how long a pipeline keeps what entered.
        missing : Expression, optional
            What a pipeline is while nothing arrives.

        Returns
        -------
        Reference
            To the state.
        """

        def state(here: Reference) -> ScalarEquation:
            entering, time, absent = (
                "" if expression is None else self._named(expression).id
                for expression in (taken_up(here), delay, missing)
            )
            return replace(self._equation(here, initial), reads=StateReads(kind, entering, time, absent))

        return self._add(state)

    def euler_stock(self, initial: Expression, rate: Callable[[Reference], Expression]) -> Reference:
        """Add a stock that takes Euler's step whatever the model's method, and stands still within it.

        Parameters
        ----------
        initial : Expression
            Its initial value.
        rate : callable
            ``rate(stock)`` returns its net flow.

        Returns
        -------
        Reference
            To the discrete state that it is.
        """
        return self.discrete_state("previous", initial, lambda here: Binary("+", here, times(rate(here), TIME_STEP)))

    def value_at_start(self, expression: Expression) -> Reference:
        """Add what an expression is worth at the start: a stock that never moves.

        Parameters
        ----------
        expression : Expression
            Of scalars.

        Returns
        -------
        Reference
            To the stock.
        """
        return self.stock(expression, lambda here: ZERO)

    def order(self, expression: Expression, function: str, where: Where) -> int:
        """Find the order of a chain, which shapes the program: the value of an expression at the start.

        Parameters
        ----------
        expression : Expression
            The order as it is written.
        function : str
            The function that it is an argument of, a key of ``FUNCTIONS``.
        where : Where
            The place of the call.

        Returns
        -------
        int
            From 1 to `HIGHEST_ORDER`.

        Raises
        ------
        ModelError
            When it is no such number, or not known before the run.
        """
        value = self.starting.of(expression, role=f'the order of a delay in "{self.owner.name}"')
        shown = FUNCTIONS[function].name.upper()
        if value is not None and value > HIGHEST_ORDER:
            text = f"the order of {shown} is {value:g}, above {HIGHEST_ORDER}: a chain so long is a fixed delay"
            raise ModelError(f'{where}, "{self.owner.name}": {text}; use one.')
        if value is not None and value >= 1 and value == int(value):
            return int(value)
        text = (
            f"the order of {shown} must be a whole number, 1 or more, or made of constants that give one at the start"
        )
        raise ModelError(f'{where}, "{self.owner.name}": {text}; write the number in place.')

    def _named(self, expression: Expression) -> Reference:
        if isinstance(expression, Reference):
            return expression
        return self._add(lambda here: self._equation(here, expression))

    def _add(self, make: Callable[[Reference], ScalarEquation]) -> Reference:
        number = len(self.added) + 1
        here = Reference(f"{self.owner.name} (part {number})", made_id(self.owner.id, f"part {number}"))
        return self.added.add(here, make)

    def _equation(self, here: Reference, expression: Expression) -> ScalarEquation:
        return ScalarEquation(here.id, here.name, expression, None, self.owner.where)


Rewrite = Callable[[HiddenEquations, Arguments, Where], Expression]
"""Replaces a stateful call: where hidden equations go, the call's arguments, and its place."""
