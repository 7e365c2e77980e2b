"""Vensim's functions of data variables (its reference, "Data Functions"), made into lookups of their points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
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
    Where,
    rewrite,
)
from egovsim.model.hidden_variables import HiddenVariables
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.data.computed_data import MARK, settle_computed_data
from egovsim.readers.data.external_values import MODES, DataFiles
from egovsim.readers.variable_expressions import names_in, nodes_of, with_expressions

ARITY: Mapping[str, int] = {
    "get data at time": 2,
    "get data between times": 3,
    "get data first time": 1,
    "get data last time": 1,
    "get data min": 3,
    "get data max": 3,
    "get data mean": 3,
    "time shift": 2,
}
"""The functions, and their numbers of arguments; a keyword of `MODES` before a data variable is one more.

What the last three are over a range of time is said for GET DATA MIN alone (its page); that the ends belong to the
range, and that the other two are what their names say of the same points, is unverified.
"""

MOST_POINTS = 1_000
"""The most points, of all elements, that GET DATA MIN and its like are written out for where times are computed."""

_BETWEEN: Mapping[float, LookupKind] = {-1.0: "discrete", 0.0: "continuous", 1.0: "forward"}

_WORDS: Mapping[LookupKind, str] = {
    "continuous": "interpolate",
    "discrete": "hold backward",
    "forward": "look forward",
    "raw": "raw",
}

_TIME = ClockValue("step time")
"""Data stands still within a step (Vensim's reference, "Runge-Kutta Integration": exogenous inputs)."""


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

    Raises
    ------
    ModelError
        A variable bears such a name already.
    """
    by_id = {variable.id: variable for variable in variables}
    resolver = _Resolver(by_id)
    settle_computed_data(by_id, resolver.tables)
    found = [with_expressions(variable, lambda node: rewrite(node, resolver.node)) for variable in by_id.values()]
    return [*found, *resolver.hidden.take()]


def exogenous(variables: Sequence[Variable], files: DataFiles) -> list[Variable]:
    """Return data variables for names that no equation defines and that the given data has a series of.

    Vensim takes every name without an equation for data (its reference, "Data Equations").

    Parameters
    ----------
    variables : sequence of Variable
        Of the model.
    files : DataFiles
        The data that is given.

    Returns
    -------
    list of Variable
        In the order in which the names are met.
    """
    known = {variable.id for variable in variables}
    found: dict[str, Variable] = {}
    for variable in variables:
        for node in nodes_of(variable):
            if not isinstance(node, Reference) or node.subscripts or node.id in known or node.id in found:
                continue
            table = files.series(node.id, (), "continuous", place=f'{node.where}, "{node.name}"')
            if table is not None:
                equation = Equation(TableCall(table, _TIME, node.where))
                found[node.id] = Variable(node.name, "auxiliary", (equation,), where=node.where)
    return list(found.values())


class _Resolver:
    """Resolves the calls of one model; `hidden` are the lookups and constants made for them."""

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        self._variables = variables
        self.hidden = HiddenVariables[Variable](variables, names_in(variables.values()))
        self._names: dict[tuple[str, str], str] = {}

    def node(self, node: Expression) -> Expression:
        """Return what a node stands for: of a call that begins with `MARK`, lookups of its data variable's points."""
        if not isinstance(node, Call) or not node.function.startswith(MARK):
            return node
        name = node.function.removeprefix(MARK)
        source, *rest = node.arguments
        if isinstance(source, Reference) and name == ":=":
            return self._repeated(source, node.where)
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
            case "get data min" | "get data max" | "get data mean", (start, end):
                return self._summary(name.removeprefix("get data "), source, start, end, node.where)
            case "time shift", (shift,):
                return LookupCall(self._points(source, None), Binary("+", _TIME, shift, node.where), node.where)
            case keyword, () if keyword in MODES:
                return LookupCall(self._points(source, MODES[keyword]), _TIME, node.where)
            case _:
                return Unsupported(name.upper(), "the mode of GET DATA BETWEEN TIMES must be -1, 0 or 1", node.where)

    def tables(self, source: Reference) -> list[Table] | None:
        """Return the series of a variable's elements; None of what is no data."""
        origin = self._origin(source)
        if origin is None:
            return None
        return [table for equation in self._variables[origin.id].equations if (table := _series(equation)) is not None]

    def _repeated(self, source: Reference, where: Where) -> Expression:
        """Return what ``x := y`` is: the points of y interpolated, however y itself goes on between them."""
        origin = self._origin(source)
        if origin is None:
            return source
        is_itself = origin.id == source.id and all(table.kind == "continuous" for table in self.tables(source) or ())
        return source if is_itself else LookupCall(self._points(origin, "continuous"), _TIME, where)

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
            if all(_series(equation) is not None for equation in variable.equations):
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

    def _summary(self, what: str, source: Reference, start: Expression, end: Expression, where: Where) -> Expression:
        """Return what the points from one time to another come to; not available where there is none."""
        variable = self._variables[source.id]
        tables = [table for equation in variable.equations if (table := _series(equation)) is not None]
        if isinstance(start, Number) and isinstance(end, Number):
            low, high = start.value, end.value
            return self._end(source, f"{what} {low:.17g} {high:.17g}", lambda table: _come_to(what, table, low, high))
        times = sorted({x for table in tables for x in table.x})
        count = len(times) * len(tables)
        if count > MOST_POINTS:
            reason = f'"{variable.name}" has {count} points, and {MOST_POINTS} can be summed up; write times as numbers'
            return Unsupported(f"GET DATA {what.upper()}", reason, where)
        missing = Number(NOT_AVAILABLE, where)
        within: list[tuple[Expression, Expression]] = []
        for x in times:
            time = Number(x, where)
            # Elements of an array may have points at different times; a scalar has one at each.
            value = LookupCall(self._points(source, "raw"), time) if variable.dimensions else Number(_at(tables[0], x))
            on = Binary("and", Binary("<=", start, time), Binary("<=", time, end))
            within.append((Binary("and", on, Binary("<>", value, missing)) if variable.dimensions else on, value))

        def folded(join: Callable[[Expression, Expression], Expression], instead: Expression) -> Expression:
            return _folded(join, [If(on, value, instead) for on, value in within])

        def call(name: str) -> Callable[[Expression, Expression], Expression]:
            return lambda a, b: Call(name, (a, b), where)

        def added(a: Expression, b: Expression) -> Expression:
            return Binary("+", a, b, where)

        match what:
            case "max":
                return folded(call("max"), missing)
            case "min":
                least = folded(call("min"), Number(math.inf, where))
                return If(Binary("=", least, Number(math.inf)), missing, least, where)
            case _:
                count = _folded(added, [If(on, Number(1.0), Number(0.0)) for on, _ in within])
                none = Binary("=", count, Number(0.0))
                return If(none, missing, Binary("/", folded(added, Number(0.0)), count, where), where)

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
        key = source.id, word
        if key not in self._names:
            self._names[key] = self.hidden.free_name(
                lambda number: f"#{variable.name}>{word}{f' {number + 1}' if number else ''}#"
            )
        name = self._names[key]
        series = ((own, _series(own)) for own in variable.equations)
        return self.hidden.get_or_add(
            replace(source, name=name, id=canonical(name)),
            lambda here: Variable(
                here.name,
                "lookup" if lookup else "auxiliary",
                tuple(equation(own, table) for own, table in series if table is not None),
                variable.dimensions,
                unit=variable.unit if lookup else "",
                group=variable.group,
                where=variable.where,
            ),
        )


def _come_to(what: str, table: Table, start: float, end: float) -> float:
    """Return what the points from one time to another come to."""
    within = [y for x, y in zip(table.x, table.y, strict=True) if start <= x <= end]
    if not within:
        return NOT_AVAILABLE
    return {"min": min, "max": max}[what](within) if what != "mean" else math.fsum(within) / len(within)


def _at(table: Table, x: float) -> float:
    return table.y[table.x.index(x)]


def _folded(join: Callable[[Expression, Expression], Expression], parts: Sequence[Expression]) -> Expression:
    """Join many expressions two by two, so that none nests deep."""
    while len(parts) > 1:
        pairs = [join(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
        parts = [*pairs, *parts[len(pairs) * 2 :]]
    return parts[0]


def _repeated(variable: Variable) -> Reference | None:
    """Return what a variable only repeats, element by element: ``x := y``, with or without a keyword."""
    if len(variable.equations) != 1:
        return None
    expression = variable.equations[0].expression
    if isinstance(expression, Call) and expression.function.removeprefix(MARK) in MODES:
        expression = expression.arguments[0]
    own = tuple(canonical(dimension) for dimension in variable.dimensions)
    return expression if isinstance(expression, Reference) and expression.subscripts in ((), own) else None


def _series(equation: Equation) -> Table | None:
    match equation.expression:
        case TableCall(table=table, argument=ClockValue(which="step time")):
            return table
        case _:
            return None
