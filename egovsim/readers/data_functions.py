"""Vensim's functions of data variables (its reference, "Data Functions"), made into lookups of their points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    LookupKind,
    Number,
    Reference,
    Table,
    TableCall,
    Unsupported,
    rewrite,
    walk,
)
from egovsim.model.model import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.data import MODES, DataFiles
from egovsim.readers.macros import with_expressions

MARK = "data "
"""What the name of a function begins with until its data variable is known; such a call never leaves the readers."""

ARITY: Mapping[str, int] = {
    "get data at time": 2,
    "get data between times": 3,
    "get data first time": 1,
    "get data last time": 1,
    "time shift": 2,
}
"""The functions, and their numbers of arguments; a keyword of `MODES` before a data variable is one more."""

_BETWEEN: Mapping[float, LookupKind] = {-1.0: "discrete", 0.0: "continuous", 1.0: "forward"}

_WORDS: Mapping[LookupKind, str] = {
    "continuous": "interpolate",
    "discrete": "hold backward",
    "forward": "look forward",
    "raw": "raw",
}

_TIME = ClockValue("time")


def resolve_data_functions(variables: Sequence[Variable]) -> list[Variable]:
    """Replace the calls that begin with `MARK` by lookups of their data variable's points.

    Parameters
    ----------
    variables : sequence of Variable
        Of the model.

    Returns
    -------
    list of Variable
        The same ones, and the lookups that the calls need, named ``#variable>mode#``.
    """
    resolver = _Resolver({one.id: one for one in variables})
    found = [with_expressions(one, lambda node: rewrite(node, resolver.node)) for one in variables]
    return [*found, *resolver.added.values()]


def exogenous(variables: Sequence[Variable], files: DataFiles) -> list[Variable]:
    """Return data variables for names that no equation defines and that the given data has a series of.

    Vensim takes every name without an equation for data (its reference, "Data Equations").
    """
    known = {one.id for one in variables}
    found: dict[str, Variable] = {}
    for variable in variables:
        for node in _nodes(variable):
            if not isinstance(node, Reference) or node.subscripts or node.id in known or node.id in found:
                continue
            table = files.series(node.id, (), "continuous", place=f'{node.where}, "{node.name}"')
            if table is not None:
                equation = Equation(TableCall(table, _TIME, node.where))
                found[node.id] = Variable(node.name, "auxiliary", (equation,), where=node.where)
    return list(found.values())


def _nodes(variable: Variable) -> Iterator[Expression]:
    parts = (part for one in variable.equations for part in (one.expression, one.rate) if part is not None)
    return (node for part in parts for node in walk(part))


class _Resolver:
    """Resolves the calls of one model; `added` are the lookups and constants made for them."""

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        self._variables = variables
        self.added: dict[str, Variable] = {}

    def node(self, node: Expression) -> Expression:
        if not isinstance(node, Call) or not node.function.startswith(MARK):
            return node
        name = node.function.removeprefix(MARK)
        source, *rest = node.arguments
        if not isinstance(source, Reference):
            return Unsupported(name.upper(), f"{name.upper()} takes the name of a data variable", node.where)
        source = self._origin(source)
        if source is None:
            return Number(NOT_AVAILABLE, node.where)
        match name, rest:
            case "get data at time", (time,):
                return LookupCall(self._points(source, "raw"), time, node.where)
            case "get data between times", (time, Number(value=mode)) if mode in _BETWEEN:
                return self._within(source, LookupCall(self._points(source, _BETWEEN[mode]), time, node.where))
            case "get data first time", ():
                return self._end(source, "first time", lambda table: table.x[0])
            case "get data last time", ():
                return self._end(source, "last time", lambda table: table.x[-1])
            case "time shift", (shift,):
                return LookupCall(self._points(source, None), Binary("+", _TIME, shift, node.where), node.where)
            case keyword, () if keyword in MODES:
                return LookupCall(self._points(source, MODES[keyword]), _TIME, node.where)
            case _:
                return Unsupported(name.upper(), "the mode of GET DATA BETWEEN TIMES must be -1, 0 or 1", node.where)

    def _origin(self, source: Reference) -> Reference | None:
        """Return the variable whose series a name stands for, through variables that only repeat it.

        None where there is no series over time in the end; of such a variable Vensim has no data.
        """
        seen: set[str] = set()
        while source.id not in seen:
            seen.add(source.id)
            variable = self._variables.get(source.id)
            if variable is None:
                return None
            if all(_series(one) is not None for one in variable.equations):
                return source
            repeated = _repeated(variable)
            if repeated is None:
                return None
            source = replace(source, name=repeated.name, id=repeated.id)
        return None

    def _within(self, source: Reference, value: LookupCall) -> Expression:
        """The value from the first point to the last; not available before and after."""
        time = value.argument
        after = Binary(">=", time, self._end(source, "first time", lambda table: table.x[0]), time.where)
        before = Binary("<=", time, self._end(source, "last time", lambda table: table.x[-1]), time.where)
        return If(Binary("and", after, before, time.where), value, Number(NOT_AVAILABLE, time.where), time.where)

    def _points(self, source: Reference, kind: LookupKind | None) -> Reference:
        """Return the lookup of a data variable's points; `kind` None leaves the variable's own."""

        def equation(own: Equation, table: Table) -> Equation:
            return Equation(None, elements=own.elements, table=table if kind is None else replace(table, kind=kind))

        return self._derived(source, "data" if kind is None else _WORDS[kind], equation, lookup=True)

    def _end(self, source: Reference, word: str, pick: Callable[[Table], float]) -> Reference:
        def equation(own: Equation, table: Table) -> Equation:
            return Equation(Number(pick(table), source.where), elements=own.elements)

        return self._derived(source, word, equation, lookup=False)

    def _derived(
        self, source: Reference, word: str, equation: Callable[[Equation, Table], Equation], *, lookup: bool
    ) -> Reference:
        """Return a reference to what is made of each of a data variable's series."""
        variable = self._variables[source.id]
        name = f"#{variable.name}>{word}#"
        if canonical(name) not in self.added:
            series = ((own, _series(own)) for own in variable.equations)
            self.added[canonical(name)] = Variable(
                name,
                "lookup" if lookup else "auxiliary",
                tuple(equation(own, table) for own, table in series if table is not None),
                variable.dimensions,
                unit=variable.unit if lookup else "",
                group=variable.group,
                where=variable.where,
            )
        return replace(source, name=name, id=canonical(name))


def _repeated(variable: Variable) -> Reference | None:
    """Return what a variable only repeats, element by element: ``x := y``, with or without a keyword."""
    if len(variable.equations) != 1:
        return None
    expression = variable.equations[0].expression
    if isinstance(expression, Call) and expression.function.removeprefix(MARK) in MODES:
        expression = expression.arguments[0]
    own = tuple(canonical(one) for one in variable.dimensions)
    return expression if isinstance(expression, Reference) and expression.subscripts in ((), own) else None


def _series(equation: Equation) -> Table | None:
    match equation.expression:
        case TableCall(table=table, argument=ClockValue(which="time")):
            return table
        case _:
            return None
