"""Variables as XMILE has them, and their lines.

What has no notation of its own there is said by variables that are made for it: graphical functions for points in the
middle of an equation, and a flow for the rate of a stock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from egovsim.model.conveyors import NO, UNLIMITED, WHOLE_BELT, YES, Leak, conveyor_in, is_driven, leak_in
from egovsim.model.expression import (
    ClockValue,
    Expression,
    LookupCall,
    Reference,
    Star,
    Table,
    TableCall,
    rewrite,
    walk,
)
from egovsim.model.hidden_variables import HiddenVariables
from egovsim.model.model import Model
from egovsim.model.net_flows import Flows, flows_in_rates, moved_by_flows
from egovsim.model.notation import show
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.writers.xmile_text import name_attribute, name_text, number_text

_TAGS: Final = {"stock": "stock", "flow": "flow", "auxiliary": "aux", "lookup": "aux"}


@dataclass(frozen=True)
class WrittenVariable:
    """A variable as it is written.

    Parameters
    ----------
    variable : Variable
        In terms that XMILE has; subscripts as they were declared.
    tag : str
        The element that it is.
    mark : str
        Attributes beside the name: types of graphical functions, and this project's own marks.
    flows : tuple of tuple of str and str
        Of a stock, ``inflow`` or ``outflow`` and the name of the flow.
    """

    variable: Variable
    tag: str
    mark: str = ""
    flows: tuple[tuple[str, str], ...] = ()


def flows_of_file(model: Model) -> frozenset[str]:
    """Return the variables that are flows in the file.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    frozenset of str
        Ids of its flows, and of auxiliaries that do nothing but move stocks.
    """
    in_rates = (id for rate in flows_in_rates(model).values() for id in (*rate.into, *rate.out_of))
    return frozenset((*in_rates, *(variable.id for variable in model.variables if variable.kind == "flow")))


def written_variables(model: Model) -> Iterator[WrittenVariable]:
    """Yield the variables of a model as XMILE has them.

    Parameters
    ----------
    model : Model
        That holds nothing that XMILE cannot say.

    Yields
    ------
    WrittenVariable
        Each variable, after those that had to be made for it.
    """
    names = {id: name for dimension in model.dimensions for id, name in dimension.element_names.items()}
    names |= {dimension.id: dimension.name for dimension in model.dimensions}
    made = HiddenVariables[WrittenVariable](model.by_id)
    rates, flows = flows_in_rates(model), flows_of_file(model)
    for variable in model.variables:
        sayable = _sayable(variable, names, made)
        yield from made.take()
        if variable.kind == "stock" and variable.id not in rates and not moved_by_flows(model, variable):
            flow = _net_flow(sayable, model.clock.unit, made)
            mark = f" egovsim:rate_of={quoteattr(variable.name)}{_held_mark(flow)}"
            yield WrittenVariable(flow, "flow", mark)
            yield WrittenVariable(sayable, "stock", _held_mark(sayable), (("inflow", flow.name),))
        else:
            yield _plain(sayable, model, rates.get(variable.id), flows)


def _plain(variable: Variable, model: Model, rate: Flows | None, flows: frozenset[str]) -> WrittenVariable:
    """Return a variable for which nothing had to be made but points."""
    table = _own_table(variable)
    if table is not None:
        return WrittenVariable(variable, "gf", _type(table))
    moved_by = rate or Flows(variable.inflows, variable.outflows)
    named = [("inflow", model.by_id[id].name) for id in moved_by.into]
    named += [("outflow", model.by_id[id].name) for id in moved_by.out_of]
    mark = ' egovsim:rate="true"' if rate else ""
    if variable.kind == "auxiliary" and variable.id in flows:
        mark = ' egovsim:kind="auxiliary"'
    leak = _leak_of(variable)
    if leak is not None and (leak.start, leak.end) != WHOLE_BELT:
        mark += f' leak_start="{number_text(leak.start)}" leak_end="{number_text(leak.end)}"'
    tag = "flow" if variable.id in flows else _TAGS[variable.kind]
    return WrittenVariable(variable, tag, mark + _held_mark(variable), tuple(named))


def _held_mark(variable: Variable) -> str:
    """Return the mark of what takes data, which stands still within a step of Runge and Kutta."""
    nodes = (node for expression in variable.expressions for node in walk(expression))
    is_held = any(isinstance(node, ClockValue) and node.which == "step time" for node in nodes)
    return ' egovsim:held="true"' if is_held else ""


def _net_flow(stock: Variable, clock_unit: str, made: HiddenVariables[WrittenVariable]) -> Variable:
    """Make a flow of the rate of a stock."""
    equations = tuple(Equation(equation.rate, equation.elements) for equation in stock.equations)
    unit = f"{stock.unit}/{clock_unit}" if stock.unit and clock_unit else ""
    name = _free_name(f"{stock.name} net flow", made)
    return Variable(name, "flow", equations, stock.dimensions, unit=unit, where=stock.where)


def _free_name(wished: str, made: HiddenVariables[WrittenVariable]) -> str:
    return made.free_name(lambda number: f"{wished} {number + 1}" if number else wished)


def _sayable(variable: Variable, names: Mapping[str, str], made: HiddenVariables[WrittenVariable]) -> Variable:
    """Give points that do not stand round a whole equation a name, and spell subscripts as they were declared."""

    def changed(node: Expression) -> Expression:
        match node:
            case Reference():
                return _spelled(node, names)
            case LookupCall(lookup=lookup):
                return replace(node, lookup=_spelled(lookup, names))
            case TableCall(table=table, argument=argument, where=where):
                return LookupCall(_points_variable(variable, table, made), argument, where)
            case _:
                return node

    def written(equation: Equation) -> Equation:
        expression, rate = equation.expression, equation.rate
        if isinstance(expression, TableCall) and variable.kind in ("auxiliary", "flow"):
            expression = replace(expression, argument=rewrite(expression.argument, changed))
        elif expression is not None:
            expression = rewrite(expression, changed)
        elements = tuple(names.get(id, id) for id in equation.elements)
        return replace(
            equation, expression=expression, rate=None if rate is None else rewrite(rate, changed), elements=elements
        )

    return replace(variable, equations=tuple(map(written, variable.equations)))


def _points_variable(variable: Variable, table: Table, made: HiddenVariables[WrittenVariable]) -> Reference:
    """Make a graphical function of its own of points in the middle of an equation."""
    name = _free_name(f"{variable.name} points", made)
    mark = f'{_type(table)} egovsim:in_place="true"'
    return made.add(
        Reference(name, canonical(name)),
        lambda here: WrittenVariable(Variable(here.name, "lookup", (Equation(None, table=table),)), "gf", mark),
    )


def _spelled(node: Reference, names: Mapping[str, str]) -> Reference:
    given = (
        subscript if isinstance(subscript, Star) else names.get(subscript, subscript) for subscript in node.subscripts
    )
    return replace(node, subscripts=tuple(given)) if node.subscripts else node


# Lines


def variable_lines(written: WrittenVariable) -> Iterator[str]:
    """Yield the lines of a variable.

    Parameters
    ----------
    written : WrittenVariable
        From `written_variables`.

    Yields
    ------
    str
        Lines of XML.
    """
    variable = written.variable
    yield f"<{written.tag} name={name_attribute(variable.name)}{written.mark}>"
    if variable.dimensions:
        names = "".join(f"<dim name={quoteattr(dimension)}/>" for dimension in variable.dimensions)
        yield f"<dimensions>{names}</dimensions>"
    table = _own_table(variable)
    if table is not None:
        yield from _points(table)
    elif portions := _portions_at_start(variable):
        yield f"<eqn>{escape(portions)}</eqn>"
    elif len(variable.equations) == 1 and not variable.equations[0].elements:
        yield from _equation(variable.equations[0])
    else:
        for equation in variable.equations:
            subscript = ",".join(equation.elements or variable.dimensions)
            yield f"<element subscript={quoteattr(subscript)}>"
            yield from (*_equation(equation), "</element>")
    yield from (f"<{kind}>{escape(name_text(name))}</{kind}>" for kind, name in written.flows)
    yield from _conveyor(variable)
    yield from _documentation(variable)
    yield f"</{written.tag}>"


def _own_table(variable: Variable) -> Table | None:
    """Return the points of a lookup without subscripts, which is a graphical function that stands alone."""
    return None if variable.dimensions else variable.equations[0].table


def _conveyor(variable: Variable) -> Iterator[str]:
    """Yield what belt a conveyor has, and what marks its leaks; of an array, that of all elements."""
    belt = conveyor_in(variable.equations[0].rate)
    if belt is not None:
        leaks = ' exponential_leak="true"' if belt.exponential_leak == YES else ""
        order = ' fifo="true"' if belt.first_in_first_out == YES else ""
        yield f"<conveyor{leaks}{order}>"
        parts = {"len": belt.transit_time, "capacity": belt.capacity, "in_limit": belt.inflow_limit}
        parts |= {"sample": belt.sample, "arrest": belt.arrest}
        left_out = {"capacity": UNLIMITED, "in_limit": UNLIMITED, "sample": YES, "arrest": NO}
        for tag, part in parts.items():
            if part != left_out.get(tag):
                yield f"<{tag}>{escape(show(part))}</{tag}>"
        yield "</conveyor>"
    if _leak_of(variable) is not None:
        yield "<leak/>"


def _portions_at_start(variable: Variable) -> str:
    """Return what a conveyor holds at the start as it is written for each unit of time; empty where it is not."""
    belt = conveyor_in(variable.equations[0].rate)
    return "" if belt is None else ", ".join(map(show, belt.portions))


def _leak_of(variable: Variable) -> Leak | None:
    expression = variable.equations[0].expression if variable.kind == "flow" else None
    return None if expression is None else leak_in(expression)


def _documentation(variable: Variable) -> Iterator[str]:
    if variable.non_negative:
        yield "<non_negative/>"
    low, high = variable.bounds.low, variable.bounds.high
    ends = {"min": low, "max": high}
    if low is not None or high is not None:
        inside = "".join(f' {end}="{number_text(value)}"' for end, value in ends.items() if value is not None)
        yield f"<range{inside}/>"
    if variable.unit:
        yield f"<units>{escape(variable.unit)}</units>"
    if variable.note:
        yield f"<doc>{escape(variable.note)}</doc>"


def _equation(equation: Equation) -> Iterator[str]:
    """Yield ``<eqn>``, and the graphical function that the value goes through when there is one."""
    expression, table = equation.expression, equation.table
    if expression is not None and is_driven(expression):
        leak = leak_in(expression)
        expression = None if leak is None else leak.fraction
    if isinstance(expression, TableCall):
        expression, table = expression.argument, expression.table
    if expression is not None:
        yield f"<eqn>{escape(show(expression))}</eqn>"
    if table is not None:
        yield from (f"<gf{_type(table)}>", *_points(table), "</gf>")


def _type(table: Table) -> str:
    return "" if table.kind == "continuous" else f' type="{table.kind}"'


def _points(table: Table) -> Iterator[str]:
    rows: Mapping[str, tuple[float, ...]] = {"xpts": table.x, "ypts": table.y}
    for name, values in rows.items():
        yield f"<{name}>{','.join(map(number_text, values))}</{name}>"
