"""A model as an XMILE file (OASIS XMILE 1.0), whatever format it was read from.

Four things that a `Model` can hold have no notation of their own there, and are written in one that any
program reads, with a mark by which `readers/xmile/round_trip.py` finds them again: a stock that was given one
rate (Vensim's INTEG) names what its rate adds up as its flows, or gets a flow of its own, points in the middle of
an equation become a graphical function of their own, the mapping of a dimension stands beside its elements, and
data that stands still within a step of Runge and Kutta is a function of TIME.
Functions that Vensim alone has are named in its namespace (section 3.2.2.3), as in ``vensim.ZIDZ(a, b)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from egovsim.errors import UnsupportedError
from egovsim.model.expression import (
    Call,
    ClockName,
    ClockValue,
    Expression,
    LookupCall,
    LookupKind,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Unsupported,
    Where,
    rewrite,
    walk,
)
from egovsim.model.functions import FUNCTIONS
from egovsim.model.model import Clock, Dimension, Model, UnitSynonyms, product_of
from egovsim.model.net_flows import Flows, flows_in_rates, moved_by_flows
from egovsim.model.notation import LONGEST, length, show
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.output import write_atomically
from egovsim.provenance import own_version
from egovsim.writers.xmile_views import view_lines, view_texts

_NAMESPACES: Final = (
    'xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0" '
    'xmlns:isee="http://iseesystems.com/XMILE" xmlns:egovsim="urn:egovsim:xmile"'
)
_TAGS: Final = {"stock": "stock", "flow": "flow", "auxiliary": "aux", "lookup": "aux"}
_KINDS: Final[tuple[LookupKind, ...]] = ("continuous", "extrapolate", "discrete")
_NO_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, and the carriage return, which it does not keep."""


def write_xmile(model: Model, path: str | Path) -> Path:
    """Write a model as an XMILE file that reads back to the same model.

    Parameters
    ----------
    model : Model
        From `read_model`, of either format.
    path : str or Path
        The file to make or replace; it is written whole or not at all.  `Model.reality_checks` are not in it:
        XMILE has no place for them.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UnsupportedError
        When the model holds what XMILE cannot say; all of it is listed.
    OutputError
        When the file cannot be written.
    """
    target = Path(path)
    write_atomically(target, xmile_text(model))
    return target


def xmile_text(model: Model) -> str:
    """Return the text of the file that `write_xmile` writes.

    Raises
    ------
    UnsupportedError
        When the model holds what XMILE cannot say; all of it is listed.
    """
    _refuse(model)
    return "\n".join(_lines(model)) + "\n"


# What XMILE cannot say


def _refuse(model: Model) -> None:
    found = [*_unsayable_dimensions(model)]
    if model.clock.method == "midpoint":
        found.append(f'  {model.file}: the integration method "midpoint" has no name in XMILE; choose "rk2" or "rk4"')
    for text in view_texts(model.views):
        if strange := _NO_XML.search(text):
            found.append(f"  {model.file}: a diagram holds the character U+{ord(strange[0]):04X}, which XML cannot")
    for variable in model.variables:
        found += [f'  {where}, "{variable.name}": {text}' for where, text in _unsayable(model, variable)]
    if found:
        listing = "\n".join(found)
        raise UnsupportedError(f"{model.file or model.name} holds what cannot be written as XMILE:\n{listing}")


def _unsayable_dimensions(model: Model) -> Iterator[str]:
    for dimension in model.dimensions:
        for element in (dimension.name, *dimension.elements):
            if _NO_XML.search(element) or "," in element or not _quotable(element):
                yield f'  {model.file}, "{dimension.name}": "{element}" is no name that XMILE can hold; rename it'


def _unsayable(model: Model, variable: Variable) -> Iterator[tuple[Where, str]]:
    """Yield what in a variable cannot be written, and where it stands."""
    texts = {"name": variable.name, "unit": variable.unit, "note": variable.note, "group": variable.group}
    for what, text in texts.items():
        strange = _NO_XML.search(text)
        if strange is not None:
            yield variable.where, f"its {what} holds the character U+{ord(strange[0]):04X}, which XML cannot; remove it"
    if not _quotable(variable.name):
        yield variable.where, "its name cannot be put between quotation marks; rename it"
    for table in (one.table for one in variable.equations if one.table is not None):
        yield from _unsayable_table(table, variable.where)
    for node in _nodes(variable):
        if isinstance(node, Unsupported):
            yield node.where, node.reason
        elif isinstance(node, TableCall):
            yield from _unsayable_table(node.table, node.where)
        elif isinstance(node, Number) and node.value != node.value:
            yield node.where, "a literal that is not a number"
    for one in (equation.expression for equation in variable.equations if equation.expression is not None):
        if length(show(one)) > LONGEST:
            yield variable.where, f"its equation has more than {LONGEST} characters; split it into auxiliaries"
    if {"time", "step time"} <= _clock_values(variable):
        yield variable.where, "it takes both Time and data that stands still within a step; give each a variable"
    if variable.dimensions and not any(_is_for_all(variable, one) for one in variable.equations):
        covered = {ids for one in variable.equations for ids in _covered(model, variable, one)}
        if missing := set(product_of(model, variable)) - covered:
            yield variable.where, f'element "{",".join(min(missing))}" has no equation, and XMILE wants one for each'
    if variable.kind == "stock" and (variable.inflows or variable.outflows) and not moved_by_flows(model, variable):
        yield (
            variable.where,
            "its rate is not what its flows add up to; write the model as it was read, not held",
        )


def _unsayable_table(table: Table, where: Where) -> Iterator[tuple[Where, str]]:
    if table.kind not in _KINDS:
        yield where, f"XMILE has no graphical function of the kind '{table.kind}'; there are: {', '.join(_KINDS)}"


def _is_for_all(variable: Variable, equation: Equation) -> bool:
    return not equation.elements or equation.elements == tuple(
        canonical(dimension) for dimension in variable.dimensions
    )


def _covered(model: Model, variable: Variable, equation: Equation) -> Iterator[tuple[str, ...]]:
    """Yield the elements that an equation is for."""
    axes = [model.dimension_by_id[canonical(dimension)] for dimension in variable.dimensions]
    given = equation.elements or tuple(ax.id for ax in axes)
    yield from product(*(axis.element_ids if id == axis.id else (id,) for id, axis in zip(given, axes, strict=True)))


def _quotable(name: str) -> bool:
    """Whether a name between quotation marks is read as itself."""
    quoted = '"' + re.sub(r'(?<!\\)"', r"\"", name) + '"'
    return bool(re.fullmatch(r'"(?:[^"\\]|\\.)*"', quoted, re.DOTALL)) and canonical(quoted) == canonical(name)


def _clock_values(variable: Variable) -> set[ClockName]:
    return {node.which for node in _nodes(variable) if isinstance(node, ClockValue)}


def _nodes(variable: Variable) -> Iterator[Expression]:
    for equation in variable.equations:
        for part in (equation.expression, equation.rate):
            if part is not None:
                yield from walk(part)


# The file


def _lines(model: Model) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<xmile version="1.0" {_NAMESPACES}>'
    yield from _header(model)
    yield _specs(model.clock)
    if model.unit_synonyms:
        yield from ("<model_units>", *map(_unit, model.unit_synonyms), "</model_units>")
    if model.dimensions:
        yield from (
            "<dimensions>",
            *(line for dimension in model.dimensions for line in _dimension(dimension)),
            "</dimensions>",
        )
    yield from ("<model>", "<variables>")
    written = _Writer(model)
    for variable in model.variables:
        yield from written.variable(variable)
    yield from _groups(model)
    yield "</variables>"
    yield from view_lines(model.views, written.flows)
    yield from ("</model>", "</xmile>")


def _header(model: Model) -> Iterator[str]:
    yield "<header>"
    yield f"<name>{escape(model.name)}</name>"
    yield "<vendor>egovsim</vendor>"
    yield f'<product version={quoteattr(own_version())} lang="en">egovsim</product>'
    calls = (node for variable in model.variables for node in _nodes(variable) if isinstance(node, Call))
    foreign = any(FUNCTIONS[node.function].vensim and not FUNCTIONS[node.function].xmile for node in calls)
    deepest = max((len(variable.dimensions) for variable in model.variables), default=0)
    yield f'<options namespace="{"std, vensim" if foreign else "std"}">'
    if deepest:
        yield f'<uses_arrays maximum_dimensions="{deepest}"/>'
    yield "</options>"
    yield "</header>"


def _specs(clock: Clock) -> str:
    save = "" if clock.save_every is None else f' isee:save_interval="{_number(clock.save_every)}"'
    units = f" time_units={quoteattr(clock.unit)}" if clock.unit else ""
    times = {"start": clock.start, "stop": clock.stop, "dt": clock.time_step}
    inside = "".join(f"<{name}>{_number(value)}</{name}>" for name, value in times.items())
    return f'<sim_specs method="{clock.method}"{units}{save}>{inside}</sim_specs>'


def _dimension(dimension: Dimension) -> Iterator[str]:
    yield f"<dim name={quoteattr(dimension.name)}>"
    yield from (f"<elem name={quoteattr(element)}/>" for element in dimension.elements)
    for other, pairs in dimension.mappings:
        for own, served in pairs:
            yield f"<egovsim:map to={quoteattr(other)} elem={quoteattr(own)} serves={quoteattr(','.join(served))}/>"
    yield "</dim>"


def _unit(unit: UnitSynonyms) -> str:
    inside = f"<eqn>{escape(unit.definition)}</eqn>" if unit.definition else ""
    inside += "".join(f"<alias>{escape(name)}</alias>" for name in unit.names[1:])
    return f"<unit name={quoteattr(unit.names[0])}>{inside}</unit>"


def _groups(model: Model) -> Iterator[str]:
    for name, members in model.groups.items():
        yield f"<group name={quoteattr(name)}>"
        yield from (f"<entity name={_named(member)}/>" for member in members)
        yield "</group>"


def _named(name: str) -> str:
    """Return a name as an attribute; what looks like the escape of a line break is none (section 3.2.2.1)."""
    return quoteattr(name.replace(r"\n", r"\\n"))


def _number(value: float) -> str:
    return show(Number(value))


# Variables


@dataclass
class _Writer:
    """Writes variables; `made` are the ids of those that had to be invented."""

    model: Model
    made: set[str] = field(default_factory=set[str])

    def variable(self, variable: Variable) -> Iterator[str]:
        """Yield the lines of a variable, after those of what had to be made for it."""
        points: dict[str, Table] = {}
        rated = self._rates.get(variable.id)
        has_net_flow = variable.kind == "stock" and rated is None and not moved_by_flows(self.model, variable)
        equations = tuple(self._written(variable, equation, points) for equation in variable.equations)
        variable = replace(variable, equations=equations)
        for name, table in points.items():
            yield f'<gf name={quoteattr(name)}{_type(table)} egovsim:in_place="true">'
            yield from (*_points(table), "</gf>")
        if has_net_flow:
            flow = self._net_flow(variable)
            yield from self._lines(flow, (), mark=f" egovsim:rate_of={quoteattr(variable.name)}")
            yield from self._lines(variable, (("inflow", flow.name),))
            return
        by_id = self.model.by_id
        named = rated or Flows(variable.inflows, variable.outflows)
        flows = [("inflow", by_id[one].name) for one in named.into]
        flows += [("outflow", by_id[one].name) for one in named.out_of]
        mark = ' egovsim:rate="true"' if rated else ""
        if variable.kind == "auxiliary" and variable.id in self.flows:
            mark = ' egovsim:kind="auxiliary"'
        yield from self._lines(variable, flows, mark=mark)

    @cached_property
    def _rates(self) -> Mapping[str, Flows]:
        return flows_in_rates(self.model)

    @cached_property
    def flows(self) -> frozenset[str]:
        """Ids of the variables that are flows in the file."""
        rated = (id for rate in self._rates.values() for id in (*rate.into, *rate.out_of))
        return frozenset((*rated, *(variable.id for variable in self.model.variables if variable.kind == "flow")))

    def _net_flow(self, stock: Variable) -> Variable:
        """Make a flow of the rate of a stock."""
        equations = tuple(Equation(equation.rate, equation.elements) for equation in stock.equations)
        unit = f"{stock.unit}/{self.model.clock.unit}" if stock.unit and self.model.clock.unit else ""
        name = self._new_name(f"{stock.name} net flow")
        return Variable(name, "flow", equations, stock.dimensions, unit=unit, where=stock.where)

    def _new_name(self, wished: str) -> str:
        name, number = wished, 1
        while canonical(name) in self.model.by_id or canonical(name) in self.made:
            number += 1
            name = f"{wished} {number}"
        self.made.add(canonical(name))
        return name

    def _written(self, variable: Variable, equation: Equation, points: dict[str, Table]) -> Equation:
        """Give points that do not stand round a whole equation a name, and spell subscripts as they were declared."""

        def changed(node: Expression) -> Expression:
            match node:
                case Reference():
                    return self._spelled(node)
                case LookupCall(lookup=lookup):
                    return replace(node, lookup=self._spelled(lookup))
                case TableCall(table=table, argument=argument, where=where):
                    name = self._new_name(f"{variable.name} points")
                    points[name] = table
                    return LookupCall(Reference(name, canonical(name)), argument, where)
                case _:
                    return node

        expression, rate = equation.expression, equation.rate
        if isinstance(expression, TableCall) and variable.kind in ("auxiliary", "flow"):
            expression = replace(expression, argument=rewrite(expression.argument, changed))
        elif expression is not None:
            expression = rewrite(expression, changed)
        return replace(equation, expression=expression, rate=None if rate is None else rewrite(rate, changed))

    def _spelled(self, node: Reference) -> Reference:
        given = (
            subscript if isinstance(subscript, Star) else self._names.get(subscript, subscript)
            for subscript in node.subscripts
        )
        return replace(node, subscripts=tuple(given)) if node.subscripts else node

    @cached_property
    def _names(self) -> dict[str, str]:
        """Names of elements and dimensions by their ids."""
        elements = {id: name for dimension in self.model.dimensions for id, name in dimension.element_names.items()}
        return elements | {dimension.id: dimension.name for dimension in self.model.dimensions}

    def _lines(self, variable: Variable, flows: Iterable[tuple[str, str]], *, mark: str = "") -> Iterator[str]:
        tag = "flow" if variable.id in self.flows else _TAGS[variable.kind]
        if "step time" in _clock_values(variable):
            mark += ' egovsim:held="true"'
        table = _own_table(variable)
        if table is not None:
            tag, mark = "gf", _type(table)
        yield f"<{tag} name={_named(variable.name)}{mark}>"
        if variable.dimensions:
            names = "".join(f"<dim name={quoteattr(dimension)}/>" for dimension in variable.dimensions)
            yield f"<dimensions>{names}</dimensions>"
        if table is not None:
            yield from _points(table)
        elif len(variable.equations) == 1 and not variable.equations[0].elements:
            yield from _equation(variable.equations[0])
        else:
            for equation in variable.equations:
                yield f"<element subscript={quoteattr(self._subscript(variable, equation))}>"
                yield from (*_equation(equation), "</element>")
        yield from (f"<{kind}>{escape(_flow_name(name))}</{kind}>" for kind, name in flows)
        yield from _documentation(variable)
        yield f"</{tag}>"

    def _subscript(self, variable: Variable, equation: Equation) -> str:
        """Return the elements of an equation as the file writes them."""
        ids = equation.elements or tuple(canonical(dimension) for dimension in variable.dimensions)
        return ",".join(self._names.get(one, one) for one in ids)


def _own_table(variable: Variable) -> Table | None:
    """Return the points of a lookup without subscripts, which is a graphical function that stands alone."""
    return None if variable.dimensions else variable.equations[0].table


def _flow_name(name: str) -> str:
    return show(Reference(name, canonical(name)))


def _documentation(variable: Variable) -> Iterator[str]:
    if variable.non_negative == "yes":
        yield "<non_negative/>"
    low, high = variable.bounds.low, variable.bounds.high
    ends = {"min": low, "max": high}
    if low is not None or high is not None:
        inside = "".join(f' {end}="{_number(value)}"' for end, value in ends.items() if value is not None)
        yield f"<range{inside}/>"
    if variable.unit:
        yield f"<units>{escape(variable.unit)}</units>"
    if variable.note:
        yield f"<doc>{escape(variable.note)}</doc>"


def _equation(equation: Equation) -> Iterator[str]:
    """Yield ``<eqn>``, and the graphical function that the value goes through when there is one."""
    expression, table = equation.expression, equation.table
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
        yield f"<{name}>{','.join(map(_number, values))}</{name}>"
