"""What lies where on a conveyor: its portions at the start, and how much of it is of an age.

Sources: isee's help, "Initializing Discrete Stocks" (a value for each unit of time, the first of what comes off first)
and its list of builtins (AGECOUNT). That an age is counted from where a portion's middle is, its lower end in and
its upper end out, is unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.compiler.lowering.belt_expressions import TIME_STEP
from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.conveyors import AGE_COUNT
from egovsim.model.expression import Binary, Call, Expression, If, Number, Reference, Where, rewrite, walk
from egovsim.model.variable import plain_number

ZERO, ONE = Number(0.0), Number(1.0)


@dataclass(frozen=True)
class AgeCount:
    """A part of a belt that is asked for.

    Parameters
    ----------
    first, last : float
        How long what is in it has been on the belt, in the unit of time.
    constants : tuple of str
        Ids of the constants that say so.
    where : Where
        Where it is asked for.
    """

    first: float
    last: float
    constants: tuple[str, ...]
    where: Where


def constant_of(expression: Expression, by_id: Mapping[str, ScalarEquation]) -> tuple[float, tuple[str, ...]] | None:
    """Return the value of a number or of a constant, and the ids of the constants that it goes through.

    Parameters
    ----------
    expression : Expression
        Of scalars.
    by_id : mapping of str to ScalarEquation
        All equations.

    Returns
    -------
    tuple of float and tuple of str, or None
        None of anything else.
    """
    ids: list[str] = []
    while isinstance(expression, Reference) and expression.id in by_id and expression.id not in ids:
        if by_id[expression.id].is_state:
            return None
        ids.append(expression.id)
        expression = by_id[expression.id].expression
    value = plain_number(expression)
    return None if value is None else (value, tuple(ids[-1:]))


def with_age_counts(
    by_id: dict[str, ScalarEquation],
    belts: Mapping[str, Callable[[AgeCount], Reference]],
) -> None:
    """Replace every AGECOUNT by what a belt is asked to count.

    Parameters
    ----------
    by_id : dict of str to ScalarEquation
        All equations; they are changed.
    belts : mapping of str to callable
        By the id of each conveyor what returns a reference to the count of a part of it.

    Raises
    ------
    ModelError
        What is asked is no conveyor, or the ages are not known before the run.
    """
    for id, equation in list(by_id.items()):
        if not any(map(_counts, (equation.expression, equation.rate))):
            continue

        def counted(node: Expression, equation: ScalarEquation = equation) -> Expression:
            if isinstance(node, Call) and node.function == AGE_COUNT:
                return _counted(node, equation, by_id, belts)
            return node

        rate = None if equation.rate is None else rewrite(equation.rate, counted)
        by_id[id] = replace(equation, expression=rewrite(equation.expression, counted), rate=rate)


def _counts(expression: Expression | None) -> bool:
    nodes = () if expression is None else walk(expression)
    return any(isinstance(node, Call) and node.function == AGE_COUNT for node in nodes)


def _counted(
    call: Call,
    equation: ScalarEquation,
    by_id: Mapping[str, ScalarEquation],
    belts: Mapping[str, Callable[[AgeCount], Reference]],
) -> Expression:
    place = f'{call.where}, "{equation.name}"'
    conveyor, *ages = call.arguments
    seen: set[str] = set()
    while isinstance(conveyor, Reference) and conveyor.id not in belts and conveyor.id not in seen:
        seen.add(conveyor.id)
        # What is connected to a conveyor of another module stands for it.
        conveyor = by_id[conveyor.id].expression if conveyor.id in by_id else conveyor
    if not isinstance(conveyor, Reference) or conveyor.id not in belts:
        raise ModelError(f"{place}: the first argument of AGECOUNT must be a conveyor; name one.")
    first, last = (constant_of(age, by_id) for age in ages)
    if first is None or last is None:
        raise ModelError(f"{place}: the ages of AGECOUNT must be known before the run; write numbers or constants.")
    return belts[conveyor.id](AgeCount(first[0], last[0], (*first[1], *last[1]), call.where))


def refuse_count(
    asked: AgeCount, conveyor: ScalarEquation, time: tuple[float, tuple[str, ...]] | None, *, keeps_content: bool
) -> None:
    """Refuse to count what cannot be counted.

    Parameters
    ----------
    asked : AgeCount
        What is asked for.
    conveyor : ScalarEquation
        Of what.
    time : tuple of float and tuple of str, or None
        Its transit time; None where it is not known before the run.
    keeps_content : bool
        Whether its belt keeps what lies where, and not what leaks are to take of it.

    Raises
    ------
    ModelError
        The transit time is not known.
    UnsupportedError
        The belt does not keep what lies where.
    """
    place = f'{asked.where}, "{conveyor.name}"'
    if not keeps_content:
        text = "AGECOUNT of a conveyor with linear leaks, or with leak zones, cannot be run yet"
        raise UnsupportedError(f"{place}: {text}; count its flows.")
    if time is None:
        text = "AGECOUNT needs a transit time that is known before the run; make it a constant"
        raise ModelError(f"{place}: {text}.")


def refuse_portions(
    conveyor: ScalarEquation,
    portions: Sequence[Expression],
    time: tuple[float, tuple[str, ...]] | None,
    *,
    is_linear: bool,
) -> None:
    """Refuse what cannot lie on a belt at the start.

    Parameters
    ----------
    conveyor : ScalarEquation
        Whose belt it is.
    portions : sequence of Expression
        What is to lie on it for each unit of time; none where that is not said.
    time : tuple of float and tuple of str, or None
        Its transit time; None where it is not known before the run.
    is_linear : bool
        Whether it has linear leaks.

    Raises
    ------
    ModelError
        The portions are not as many as the transit time is long.
    UnsupportedError
        Leaks take their shares of what is not known.
    """
    place = f'{conveyor.where}, "{conveyor.name}"'
    if portions and is_linear:
        raise UnsupportedError(
            f"{place}: a conveyor with linear leaks whose content at the start is given for each unit of time cannot "
            "be run yet; give it as one number."
        )
    if portions and time is not None and time[0] != len(portions):
        raise ModelError(
            f"{place}: its content at the start is given as {len(portions)} values, and its transit time is "
            f"{time[0]:g}; give a value for each unit of time."
        )


@dataclass(frozen=True)
class SpreadAtStart:
    """How the content of a belt without leak zones lies on it at the start.

    Parameters
    ----------
    content : Expression
        What is on it.
    total : Expression
        What all leaks together take their shares by.
    steps : Expression
        How many steps it has.
    portions : tuple of Expression
        What lies on it for each unit of time, at the end first; empty where it lies as a constant inflow would have
        left it.
    is_exponential : bool
        How it leaks.
    """

    content: Expression
    total: Expression
    steps: Expression
    portions: tuple[Expression, ...]
    is_exponential: bool

    def parts(self) -> tuple[Expression, Expression, Expression]:
        """Return what lies at the end, what the share of a leak is applied to, and the part of that at the end.

        Returns
        -------
        tuple of Expression
            In the unit of the content; of a linear leak the last two are of a step.
        """
        content, steps = self.content, self.steps
        if self.portions:
            end = Binary("*", self.portions[0], Binary("/", Number(float(len(self.portions))), steps))
            return end, content, end
        if self.is_exponential:
            grown = Binary("/", Binary("-", ONE, Binary("^", self._rest, steps)), Binary("*", self.total, TIME_STEP))
            places = If(Binary("=", self.total, ZERO), steps, grown)
            end = Binary("*", Binary("/", content, places), Binary("^", self._rest, Binary("-", steps, ONE)))
            return end, content, end
        lost = Binary("/", Binary("*", self.total, Binary("-", steps, ONE)), steps)
        amount = Binary("/", content, Binary("*", steps, Binary("-", ONE, Binary("/", lost, Number(2.0)))))
        return Binary("*", amount, Binary("-", ONE, lost)), amount, Binary("/", amount, steps)

    @property
    def _rest(self) -> Expression:
        """What exponential leaks leave of a portion in a step."""
        return Binary("-", ONE, Binary("*", self.total, TIME_STEP))

    def count(self, asked: AgeCount, time: float) -> Expression:
        """Return what is of an age.

        Parameters
        ----------
        asked : AgeCount
            The ages.
        time : float
            The transit time.

        Returns
        -------
        Expression
            In the unit of the content.
        """
        first, last = (min(max(age, 0.0), time) for age in (asked.first, asked.last))
        if last <= first:
            return ZERO
        if self.portions:
            return self._of_portions(first, last)

        def left(age: float) -> Expression:
            return Binary("^", self._rest, Binary("*", self.steps, Number(age / time)))

        part = Binary("/", Binary("-", left(first), left(last)), Binary("-", ONE, left(time)))
        evenly = Number((last - first) / time)
        return Binary("*", self.content, If(Binary("=", self.total, ZERO), evenly, part))

    def _of_portions(self, first: float, last: float) -> Expression:
        total: Expression = ZERO
        for number, portion in enumerate(self.portions):
            youngest = len(self.portions) - number - 1.0
            share = min(last, youngest + 1.0) - max(first, youngest)
            if share > 0.0:
                total = Binary("+", total, Binary("*", portion, Number(share)))
        return total
