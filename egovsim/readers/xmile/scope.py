"""The variables of one model of an XMILE file, or of one macro: its stocks, flows, auxiliaries and graphical functions.

What the standard (OASIS XMILE 1.0) has and this version cannot run becomes an `Unsupported` equation;
what only shows the model on a screen is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from egovsim.errors import ModelError, suggestion
from egovsim.model.expression import (
    Binary,
    Expression,
    Number,
    Reference,
    Table,
    TableCall,
    Unsupported,
)
from egovsim.model.model import Clock, Dimension, refuse_huge
from egovsim.model.variable import Equation, Kind, Variable
from egovsim.names import canonical
from egovsim.readers.expressions.parser import Constants, Names, parse_xmile_equation
from egovsim.readers.xmile import specs as parts
from egovsim.readers.xmile.xml import Document, Element, split_name

VARIABLES: Mapping[str, Kind] = {"stock": "stock", "flow": "flow", "aux": "auxiliary", "gf": "lookup"}
"""The elements that are variables, and what each is."""

_READ = frozenset({"eqn", "element", "inflow", "outflow", "gf", "units", "doc", "range", "dimensions", "non_negative"})

_DISPLAY = frozenset({"scale", "format", "display", "event_poster", "delay_aux", "pt", "pts", "label", "summing"})
"""Children of a variable that cannot change a number (XMILE 1.0, section 4.1.1)."""

_GRAPH = frozenset({"xpts", "ypts", "xscale", "yscale"})


@dataclass(frozen=True)
class _Given:
    """What a variable or one element of it is written with."""

    element: Element
    equation: Element | None
    table: Element | None


@dataclass
class Scope:
    """Reads the variables of one ``<model>`` or ``<macro>``, `place`; `ignored` counts the display features met.

    `macros` are the ids of the file's macros, `connected` those of variables that this place, a module,
    takes from another one; `beyond` gives the variables of other places that its equations can name (those
    of modules in it, the arguments of a macro) with the ids of their dimensions.
    """

    document: Document
    place: Element
    clock: Clock
    dimensions: Mapping[str, Dimension]
    macros: frozenset[str]
    ignored: Counter[str] = field(default_factory=Counter[str])
    connected: frozenset[str] = frozenset()
    beyond: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])

    def variables(self) -> list[Variable]:
        """Return the variables in the order of the file; those that are connected have no equation yet."""
        return [self._variable(id, element) for id, element in self.elements if id in self._names.variables]

    def expression(self, element: Element, owner: str) -> Expression:
        """Read the equation in an element, by the names of this place."""
        return self._single(_Given(element, element, None), owner)

    @cached_property
    def containers(self) -> list[Element]:
        """Where variables are: ``<variables>``, or the model itself in files older than the standard."""
        return self.document.named(self.place, "variables") or [self.place]

    @cached_property
    def modules(self) -> list[tuple[str, Element]]:
        """The modules in this place, by name."""
        found = [one for container in self.containers for one in self.document.named(container, "module")]
        return [(parts.display_name(one.get("name") or ""), one) for one in found]

    @cached_property
    def elements(self) -> list[tuple[str, Element]]:
        """Every variable by its canonical name, in the order of the file."""
        found: dict[str, Element] = {}
        for container in self.containers:
            for kind, element in self.document.children(container):
                if kind not in VARIABLES:
                    continue
                name = parts.display_name(element.get("name") or "")
                if not name:
                    raise ModelError(f"{self.document.where(element)}: a <{kind}> has no name; give it one.")
                if (id := canonical(name)) in found:
                    other = self.document.where(found[id]).line
                    raise ModelError(
                        f"{self._place(element, name)}: line {other} has a variable of this name already; rename one."
                    )
                found[id] = element
        return list(found.items())

    @cached_property
    def by_id(self) -> dict[str, Element]:
        """The variables by their canonical names."""
        return dict(self.elements)

    @cached_property
    def _names(self) -> Names:
        clock = {name for name, element in self.elements if self._is_clock(name, element)}
        dimensions = {id: self._axes(element) for id, element in self.elements if id not in clock}
        return Names({**self.beyond, **dimensions}, self.macros, subscripts=self._subscripts)

    @cached_property
    def _subscripts(self) -> frozenset[str]:
        """Ids of all dimensions and elements."""
        return frozenset(id for dimension in self.dimensions.values() for id in (dimension.id, *dimension.element_ids))

    @property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The ids of each variable's dimensions."""
        return {id: self._axes(element) for id, element in self.elements}

    def _axes(self, element: Element) -> tuple[str, ...]:
        """Return the ids of a variable's dimensions as the file names them, whether they exist or not."""
        blocks = self.document.named(element, "dimensions")
        return tuple(canonical(dim.get("name") or "") for block in blocks for dim in self.document.named(block, "dim"))

    def _is_clock(self, id: str, element: Element) -> bool:
        """Tell whether a variable only repeats the clock, as translators from Vensim write it."""
        value = {
            "time step": self.clock.time_step,
            "initial time": self.clock.start,
            "final time": self.clock.stop,
        }.get(id)
        texts = [self.document.span(one).text.strip() for one in self.document.named(element, "eqn")]
        return value is not None and len(texts) == 1 and _same_number(texts[0], value)

    @cached_property
    def _groups(self) -> dict[str, str]:
        """The group of each variable; of two that name it, the first."""
        found: dict[str, str] = {}
        for container in (*self.containers, self.place):
            for group in self.document.named(container, "group"):
                name = parts.display_name(group.get("name") or "")
                for kind, member in self.document.children(group):
                    if kind not in ("entity", "var"):
                        continue
                    written = member.get("name") or self.document.span(member).text
                    id = canonical(parts.display_name(written))
                    if id not in self.by_id and id not in self._other_names:
                        raise self._unknown(member, name, written)
                    found.setdefault(id, name)
        return found

    @cached_property
    def _other_names(self) -> frozenset[str]:
        """Names of what is no variable and may be in a group: modules and groups."""
        names = [
            child.get("name") or ""
            for container in self.containers
            for kind, child in self.document.children(container)
            if kind not in VARIABLES
        ]
        return frozenset(canonical(name) for name in names)

    @cached_property
    def _never_negative(self) -> frozenset[str]:
        """Kinds of variables that ``<behavior>`` keeps from falling below 0 (section 2.6)."""
        kinds: dict[str, bool] = {}
        for place in (self.document.root, self.place):
            for behavior in self.document.named(place, "behavior"):
                for name, child in self.document.children(behavior):
                    inner = [child] if name == "non_negative" else self.document.named(child, "non_negative")
                    for flag in inner:
                        for kind in ("stock", "flow") if name == "non_negative" else (name,):
                            kinds[kind] = bool(parts.flag_of(self.document, flag))
        return frozenset(kind for kind, on in kinds.items() if on)

    # Messages

    def _place(self, element: Element, owner: str) -> str:
        return f'{self.document.where(element)}, "{owner}"'

    def _unknown(self, element: Element, owner: str, name: str) -> ModelError:
        known = [parts.display_name(one.get("name") or "") for one in self.by_id.values()]
        return ModelError(
            f'{self._place(element, owner)}: "{parts.display_name(name)}" is not a variable of this model'
            f"{suggestion(name, known)}."
        )

    # One variable

    def _variable(self, id: str, element: Element) -> Variable:
        tag = split_name(element.tag)[1]
        name = parts.display_name(element.get("name") or "")
        children: dict[str, list[Element]] = {}
        for one, child in self.document.children(element):
            children.setdefault(one, []).append(child)
        first = {one: found[0] for one, found in children.items()}
        flag = parts.flag_of(self.document, first.get("non_negative"))
        never_negative = tag in self._never_negative if flag is None else flag
        kind = VARIABLES[tag]
        if id in self.connected:
            # Its value is that of the other variable, whatever it would be alone.
            kind, never_negative, children = ("flow" if kind == "flow" else "auxiliary"), False, {}
        elif kind == "auxiliary" and self._is_lookup(children):
            kind = "lookup"
        units = first.get("units")
        return Variable(
            name=name,
            kind=kind,
            equations=() if id in self.connected else self._equations(element, name, kind, children),
            dimensions=self._dimensions_of(element, name, first.get("dimensions")),
            inflows=tuple(self._flow_id(one, name) for one in children.get("inflow", ())),
            outflows=tuple(self._flow_id(one, name) for one in children.get("outflow", ())),
            non_negative="yes" if never_negative and kind in ("stock", "flow") else "no",
            unit="" if units is None else self.document.span(units).text.strip(),
            note=parts.note_of(first.get("doc")),
            bounds=parts.bounds_of(self.document, first.get("range")),
            group=self._groups.get(id, ""),
            where=self.document.where(element),
        )

    def _is_lookup(self, children: Mapping[str, list[Element]]) -> bool:
        """Whether a variable has points, its own or its elements', and no equation that they are applied to."""
        places = [dict(self.document.children(one)) for one in children.get("element", ())]
        tables = "gf" in children or any("gf" in place for place in places)
        return tables and "eqn" not in children and not any("eqn" in place for place in places)

    def _dimensions_of(self, element: Element, owner: str, block: Element | None) -> tuple[str, ...]:
        if block is None:
            return ()
        names = [one.get("name") or "" for one in self.document.named(block, "dim")]
        for name in names:
            if canonical(name) not in self.dimensions:
                known = [dimension.name for dimension in self.dimensions.values()]
                raise ModelError(
                    f'{self._place(element, owner)}: "{name}" is not a dimension of this file{suggestion(name, known)}.'
                )
        refuse_huge([self.dimensions[canonical(name)] for name in names], self._place(element, owner))
        return tuple(self.dimensions[canonical(name)].name for name in names)

    def _flow_id(self, element: Element, owner: str) -> str:
        """Return the id of the flow that a stock names; there must be one."""
        written = self.document.span(element).text
        id = canonical(written)
        if id not in self.by_id:
            raise self._unknown(element, owner, written)
        return id

    def _equations(
        self, element: Element, owner: str, kind: Kind, children: Mapping[str, list[Element]]
    ) -> tuple[Equation, ...]:
        rate = self._rate(element, owner, children) if kind == "stock" else None
        refused = self._refused(element, children)
        if refused is not None:
            return (Equation(refused, rate=rate),)
        names = self._dimensions_of(element, owner, children.get("dimensions", [None])[0])
        axes = [self.dimensions[canonical(name)] for name in names]
        if kind == "lookup":
            return tuple(self._tables(element, owner, axes, children))
        found = _Given(element, children.get("eqn", [None])[0], children.get("gf", [None])[0])
        if "element" in children:
            return tuple(self._element_equations(found, owner, axes, children["element"], rate))
        if len(children.get("eqn", ())) > 1:
            return tuple(self._in_order(found, owner, axes, children["eqn"], rate))
        whole = self._expression(found, owner)
        if isinstance(whole, Constants):
            return self._constants(whole, found, owner, axes, rate)
        return (Equation(whole, rate=rate),)

    def _tables(
        self, element: Element, owner: str, axes: list[Dimension], children: Mapping[str, list[Element]]
    ) -> Iterator[Equation]:
        """Yield the points of a lookup: its own, and those of its elements."""
        own = [element] if split_name(element.tag)[1] == "gf" else children.get("gf", [])
        for gf in own[:1]:
            yield Equation(None, table=parts.table_in(self.document, gf, owner))
        for one in children.get("element", ()):
            for gf in self.document.named(one, "gf"):
                yield Equation(None, self._subscript(one, owner, axes), table=parts.table_in(self.document, gf, owner))

    def _constants(
        self, given: Constants, found: _Given, owner: str, axes: list[Dimension], rate: Expression | None
    ) -> tuple[Equation, ...]:
        """Give each element its number, the last dimension fastest."""
        every = list(product(*(ax.element_ids for ax in axes)))
        if len(every) != len(given.values):
            raise ModelError(
                f"{self._place(found.element, owner)}: {len(given.values)} numbers are given for "
                f"{len(every)} elements; give as many."
            )
        where = self.document.where(found.element)
        return tuple(
            Equation(Number(value, where), elements=ids, rate=rate)
            for ids, value in zip(every, given.values, strict=True)
        )

    def _in_order(
        self, whole: _Given, owner: str, axes: list[Dimension], equations: list[Element], rate: Expression | None
    ) -> Iterator[Equation]:
        """Yield an equation for each element, from as many ``<eqn>`` (not in the standard, but in files of xmutil)."""
        every = list(product(*(ax.element_ids for ax in axes)))
        if len(every) != len(equations):
            reason = f"{len(equations)} equations for {len(every)} elements cannot be run; give one for each"
            yield Equation(Unsupported("<eqn>", reason, self.document.where(equations[1])), rate=rate)
            return
        for ids, equation in zip(every, equations, strict=True):
            yield Equation(self._single(_Given(equation, equation, whole.table), owner), elements=ids, rate=rate)

    def _element_equations(
        self,
        whole: _Given,
        owner: str,
        axes: list[Dimension],
        elements: list[Element],
        rate: Expression | None,
    ) -> Iterator[Equation]:
        """Yield an equation for each ``<element>``, then the variable's own for those that have none."""
        left = dict.fromkeys(product(*(ax.element_ids for ax in axes)))
        for element in elements:
            ids = self._subscript(element, owner, axes)
            eqn, gf = (self.document.named(element, name) for name in ("eqn", "gf"))
            given = _Given(element, eqn[0] if eqn else whole.equation, gf[0] if gf else whole.table)
            whole_array = ids == tuple(axis.id for axis in axes)
            yield Equation(self._single(given, owner), elements=() if whole_array else ids, rate=rate)
            for covered in product(*(self._covered(id, axis) for id, axis in zip(ids, axes, strict=True))):
                left.pop(covered, None)
        if left and whole.equation is None:
            missing = ",".join(next(iter(left)))
            raise ModelError(f'{self._place(whole.element, owner)}: element "{missing}" has no equation; add it.')
        for ids in left:
            yield Equation(self._single(whole, owner), elements=ids, rate=rate)

    @staticmethod
    def _covered(id: str, axis: Dimension) -> tuple[str, ...]:
        return axis.element_ids if id == axis.id else (id,)

    def _subscript(self, element: Element, owner: str, axes: list[Dimension]) -> tuple[str, ...]:
        """Return the ids in ``subscript="urban,citizens"``, each an element or the whole of its dimension."""
        written = [one.strip() for one in (element.get("subscript") or "").split(",")]
        place = self._place(element, owner)
        if len(written) != len(axes):
            raise ModelError(f"{place}: the subscript names {len(written)} elements of {len(axes)} dimensions.")
        for one, axis in zip(written, axes, strict=True):
            if canonical(one) not in (*axis.element_ids, axis.id):
                raise ModelError(
                    f'{place}: "{one}" is not an element of "{axis.name}"{suggestion(one, axis.elements)}.'
                )
        return tuple(canonical(one) for one in written)

    def _single(self, given: _Given, owner: str) -> Expression:
        """Read an equation that must be one value."""
        expression = self._expression(given, owner)
        if isinstance(expression, Constants):
            raise ModelError(
                f"{self._place(given.element, owner)}: one element is given {len(expression.values)} numbers; give one."
            )
        return expression

    def _expression(self, given: _Given, owner: str) -> Expression | Constants:
        """Read an equation, through its graphical function when it has one."""
        if given.equation is None:
            raise ModelError(f"{self._place(given.element, owner)}: there is no equation; add <eqn>.")
        span = self.document.span(given.equation)
        if not span.text.strip():
            raise ModelError(f"{self._place(given.equation, owner)}: there is no equation; write one in <eqn>.")
        expression = parse_xmile_equation(span, owner=owner, names=self._names)
        if given.table is None or isinstance(expression, Constants):
            return expression
        table: Table = parts.table_in(self.document, given.table, owner)
        return TableCall(table, expression, expression.where)

    def _rate(self, element: Element, owner: str, children: Mapping[str, list[Element]]) -> Expression:
        """Return inflows less outflows, in the order of the file; a flow of the stock's shape by its indices."""
        flows = [child for tag, child in self.document.children(element) if tag in ("inflow", "outflow")]
        axes = self._dimensions_of(element, owner, children.get("dimensions", [None])[0])
        rate: Expression | None = None
        for child in sorted(flows, key=lambda one: split_name(one.tag)[1]):
            id = self._flow_id(child, owner)
            arrayed = bool(self.document.named(self.by_id[id], "dimensions"))
            span = self.document.span(child)
            where = span.where(len(span.text) - len(span.text.lstrip()))
            name = span.text.strip().strip('"')
            flow = Reference(name, id, parts.ids_of(axes) if arrayed else (), where)
            inwards = split_name(child.tag)[1] == "inflow"
            if rate is None:
                rate = flow if inwards else Binary("-", Number(0.0, where), flow, where)
            else:
                rate = Binary("+" if inwards else "-", rate, flow, rate.where)
        return Number(0.0, self.document.where(element)) if rate is None else rate

    # What cannot be run

    def _refused(self, element: Element, children: Mapping[str, list[Element]]) -> Unsupported | None:
        """Return why a variable cannot be run; count what is for display alone."""
        for name, found in children.items():
            if name in _DISPLAY or ":" in name:
                self.ignored[name] += len(found)
            elif name not in _READ and not (split_name(element.tag)[1] == "gf" and name in _GRAPH):
                return Unsupported(f"<{name}>", f"<{name}> cannot be run yet", self.document.where(found[0]))
        id = canonical(element.get("name") or "")
        if "eqn" not in children and id in self._conveyed:
            return Unsupported("", "the outflow of a conveyor or queue cannot be run yet", self.document.where(element))
        return None

    @cached_property
    def _conveyed(self) -> frozenset[str]:
        """Flows out of stocks that are no plain stocks; they have no equation of their own."""
        found = [
            canonical(self.document.span(one).text)
            for element in self.by_id.values()
            if {"conveyor", "queue", "oven"} & {name for name, _ in self.document.children(element)}
            for one in self.document.named(element, "outflow")
        ]
        return frozenset(found)


def _same_number(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False
