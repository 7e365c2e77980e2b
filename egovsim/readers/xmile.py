"""XMILE files: stocks, flows, auxiliaries and graphical functions (OASIS XMILE 1.0).

What the standard has and this version cannot run becomes an `Unsupported` equation; what only shows
the model on a screen is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path

from egovsim.errors import ModelError, suggestion
from egovsim.model.expression import (
    Binary,
    Expression,
    Number,
    Reference,
    Table,
    TableCall,
    Unsupported,
    Where,
)
from egovsim.model.model import Clock, Dimension, Equation, Kind, Model, Variable
from egovsim.names import canonical
from egovsim.readers import xmile_parts as parts
from egovsim.readers.expressions import Constants, Names, parse_xmile_equation
from egovsim.readers.markup import Document, Element, read_markup, split_name

_KINDS: Mapping[str, Kind] = {"stock": "stock", "flow": "flow", "aux": "auxiliary", "gf": "lookup"}

_READ = frozenset({"eqn", "element", "inflow", "outflow", "gf", "units", "doc", "range", "dimensions", "non_negative"})

_DISPLAY = frozenset({"scale", "format", "display", "event_poster", "delay_aux", "pt", "pts", "label", "summing"})
"""Children of a variable that cannot change a number (XMILE 1.0, section 4.1.1)."""

_GRAPH = frozenset({"xpts", "ypts", "xscale", "yscale"})

_NO_NUMBERS = frozenset(
    {"style", "model_units", "views", "view", "interface", "display", "equation_prefs", "default_format"}
)
"""Parts of a file or model that cannot change a number."""

_OWN_PART = frozenset({"header", "sim_specs", "dimensions", "behavior", "model", "macro", "variables", "group"})
"""Parts of a file or model that are read for what they are."""


def read_xmile(path: Path) -> Model:
    """Read an XMILE file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Model
        With what cannot be run as `Unsupported` equations.

    Raises
    ------
    ModelError
        It is not well-formed XML, not XMILE, an equation does not parse, a name is borne twice, or a
        stock, group or array names what does not exist.
    """
    return _Reader(read_markup(path, root="xmile")).model()


@dataclass(frozen=True)
class _Given:
    """What a variable or one element of it is written with."""

    element: Element
    equation: Element | None
    table: Element | None


@dataclass
class _Reader:
    """Reads one document; `ignored` counts the display features met."""

    document: Document
    ignored: Counter[str] = field(default_factory=Counter[str])

    def model(self) -> Model:
        variables = [self._variable(id, element) for id, element in self._elements if id in self._names.variables]
        variables += self._whole_parts()
        return Model(
            name=self._name(),
            clock=self._clock,
            dimensions=tuple(self._dimensions.values()),
            variables=tuple(variables),
            file=self.document.source.file,
            ignored=tuple(f"{name}: {count}" for name, count in self.ignored.items()),
        )

    def _name(self) -> str:
        for header in self.document.named(self.document.root, "header"):
            for one in self.document.named(header, "name"):
                return self.document.passage(one).text.strip() or self.document.source.file
        return self.document.source.file

    # What there is in the file

    @cached_property
    def _models(self) -> list[Element]:
        found = self.document.named(self.document.root, "model")
        if not found:
            raise ModelError(f"{self.document.where(self.document.root)}: the file has no <model>; add one.")
        return found

    @cached_property
    def _dimensions(self) -> dict[str, Dimension]:
        return {one.id: one for one in parts.dimensions_of(self.document)}

    @cached_property
    def _containers(self) -> list[Element]:
        """Where variables are: ``<variables>``, or the model itself in files older than the standard."""
        return self.document.named(self._models[0], "variables") or [self._models[0]]

    @cached_property
    def _elements(self) -> list[tuple[str, Element]]:
        """Every variable by its canonical name, in the order of the file."""
        found: dict[str, Element] = {}
        for container in self._containers:
            for kind, element in self.document.children(container):
                if kind not in _KINDS:
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
    def _by_id(self) -> dict[str, Element]:
        return dict(self._elements)

    @cached_property
    def _names(self) -> Names:
        macros = self.document.named(self.document.root, "macro")
        clock = {name for name, element in self._elements if self._is_clock(name, element)}
        dimensions = {id: self._axes(element) for id, element in self._elements if id not in clock}
        subscripts = {id for one in self._dimensions.values() for id in (one.id, *one.element_ids)}
        return Names(dimensions, frozenset(canonical(one.get("name") or "") for one in macros), subscripts)

    def _axes(self, element: Element) -> tuple[str, ...]:
        """Return the ids of a variable's dimensions as the file names them, whether they exist or not."""
        blocks = self.document.named(element, "dimensions")
        return tuple(canonical(dim.get("name") or "") for one in blocks for dim in self.document.named(one, "dim"))

    @cached_property
    def _clock(self) -> Clock:
        return parts.clock_of(self.document)

    def _is_clock(self, id: str, element: Element) -> bool:
        """Tell whether a variable only repeats the clock, as translators from Vensim write it."""
        value = {
            "time step": self._clock.time_step,
            "initial time": self._clock.start,
            "final time": self._clock.stop,
        }.get(id)
        texts = [self.document.passage(one).text.strip() for one in self.document.named(element, "eqn")]
        return value is not None and len(texts) == 1 and _same_number(texts[0], value)

    @cached_property
    def _groups(self) -> dict[str, str]:
        """The group of each variable; of two that name it, the first."""
        found: dict[str, str] = {}
        for container in (*self._containers, *self._models[:1]):
            for group in self.document.named(container, "group"):
                name = parts.display_name(group.get("name") or "")
                for kind, member in self.document.children(group):
                    if kind not in ("entity", "var"):
                        continue
                    written = member.get("name") or self.document.passage(member).text
                    id = canonical(written)
                    if id not in self._by_id and id not in self._other_names:
                        raise self._unknown(member, name, written)
                    found.setdefault(id, name)
        return found

    @cached_property
    def _other_names(self) -> frozenset[str]:
        """Names of what is no variable and may be in a group: modules and groups."""
        names = [
            child.get("name") or ""
            for container in self._containers
            for kind, child in self.document.children(container)
            if kind not in _KINDS
        ]
        return frozenset(canonical(one) for one in names)

    @cached_property
    def _never_negative(self) -> frozenset[str]:
        """Kinds of variables that ``<behavior>`` keeps from falling below 0 (section 2.6)."""
        kinds: dict[str, bool] = {}
        for place in (self.document.root, self._models[0]):
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
        known = [parts.display_name(one.get("name") or "") for one in self._by_id.values()]
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
        kind = _KINDS[tag]
        if kind == "auxiliary" and "gf" in children and not {"eqn", "element"} & children.keys():
            kind = "lookup"
        units = first.get("units")
        return Variable(
            name=name,
            kind=kind,
            equations=self._equations(element, name, kind, children),
            dimensions=self._dimensions_of(element, name, first.get("dimensions")),
            inflows=tuple(self._flow_id(one, name) for one in children.get("inflow", ())),
            outflows=tuple(self._flow_id(one, name) for one in children.get("outflow", ())),
            non_negative="yes" if never_negative and kind in ("stock", "flow") else "no",
            unit="" if units is None else self.document.passage(units).text.strip(),
            note=parts.note_of(first.get("doc")),
            bounds=parts.bounds_of(self.document, first.get("range")),
            group=self._groups.get(id, ""),
            where=self.document.where(element),
        )

    def _dimensions_of(self, element: Element, owner: str, block: Element | None) -> tuple[str, ...]:
        if block is None:
            return ()
        names = [one.get("name") or "" for one in self.document.named(block, "dim")]
        for one in names:
            if canonical(one) not in self._dimensions:
                known = [dimension.name for dimension in self._dimensions.values()]
                raise ModelError(
                    f'{self._place(element, owner)}: "{one}" is not a dimension of this file{suggestion(one, known)}.'
                )
        return tuple(self._dimensions[canonical(one)].name for one in names)

    def _flow_id(self, element: Element, owner: str) -> str:
        """Return the id of the flow that a stock names; there must be one."""
        written = self.document.passage(element).text
        id = canonical(written)
        if id not in self._by_id:
            raise self._unknown(element, owner, written)
        return id

    def _equations(
        self, element: Element, owner: str, kind: Kind, children: Mapping[str, list[Element]]
    ) -> tuple[Equation, ...]:
        rate = self._rate(element, owner, children) if kind == "stock" else None
        refused = self._refused(element, children)
        if refused is not None:
            return (Equation(refused, rate=rate),)
        if kind == "lookup" and "dimensions" in children:
            reason = "a lookup with subscripts cannot be run yet"
            return (Equation(Unsupported(owner, reason, self.document.where(element))),)
        if kind == "lookup":
            gf = element if split_name(element.tag)[1] == "gf" else children["gf"][0]
            return (Equation(None, table=parts.table_in(self.document, gf, owner)),)
        found = _Given(element, children.get("eqn", [None])[0], children.get("gf", [None])[0])
        names = self._dimensions_of(element, owner, children.get("dimensions", [None])[0])
        axes = [self._dimensions[canonical(one)] for one in names]
        if "element" in children:
            return tuple(self._element_equations(found, owner, axes, children["element"], rate))
        whole = self._expression(found, owner)
        if isinstance(whole, Constants):
            return self._constants(whole, found, owner, axes, rate)
        return (Equation(whole, rate=rate),)

    def _constants(
        self, given: Constants, found: _Given, owner: str, axes: list[Dimension], rate: Expression | None
    ) -> tuple[Equation, ...]:
        """Give each element its number, the last dimension fastest."""
        every = list(product(*(one.element_ids for one in axes)))
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

    def _element_equations(
        self,
        whole: _Given,
        owner: str,
        axes: list[Dimension],
        elements: list[Element],
        rate: Expression | None,
    ) -> Iterator[Equation]:
        """Yield an equation for each ``<element>``, then the variable's own for those that have none."""
        left = dict.fromkeys(product(*(one.element_ids for one in axes)))
        for one in elements:
            ids = self._subscript(one, owner, axes)
            eqn, gf = (self.document.named(one, name) for name in ("eqn", "gf"))
            given = _Given(one, eqn[0] if eqn else whole.equation, gf[0] if gf else whole.table)
            yield Equation(self._single(given, owner), elements=ids, rate=rate)
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
        passage = self.document.passage(given.equation)
        if not passage.text.strip():
            raise ModelError(f"{self._place(given.equation, owner)}: there is no equation; write one in <eqn>.")
        expression = parse_xmile_equation(passage, owner=owner, names=self._names)
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
            arrayed = bool(self.document.named(self._by_id[id], "dimensions"))
            passage = self.document.passage(child)
            where = passage.where(len(passage.text) - len(passage.text.lstrip()))
            name = passage.text.strip().strip('"')
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
        if len(children.get("eqn", ())) > 1:
            second = self.document.where(children["eqn"][1])
            return Unsupported("<eqn>", "several equations of one variable cannot be run", second)
        id = canonical(element.get("name") or "")
        if "eqn" not in children and id in self._conveyed:
            return Unsupported("", "the outflow of a conveyor or queue cannot be run yet", self.document.where(element))
        return None

    @cached_property
    def _conveyed(self) -> frozenset[str]:
        """Flows out of stocks that are no plain stocks; they have no equation of their own."""
        found = [
            canonical(self.document.passage(one).text)
            for element in self._by_id.values()
            if {"conveyor", "queue", "oven"} & {name for name, _ in self.document.children(element)}
            for one in self.document.named(element, "outflow")
        ]
        return frozenset(found)

    def _whole_parts(self) -> Iterator[Variable]:
        """Yield a variable that cannot be run for each part of the file that could change numbers."""
        for name, element in self.document.children(self.document.root):
            if name in _NO_NUMBERS or ":" in name:
                self.ignored[name] += 1
            elif name not in _OWN_PART:
                yield self._part(name, element)
        for other in self._models[1:]:
            yield self._part("model", other)
        for place in {id(one): one for one in (self._models[0], *self._containers)}.values():
            for name, element in self.document.children(place):
                if name in _NO_NUMBERS or ":" in name:
                    self.ignored[name] += 1
                elif name not in _KINDS and name not in _OWN_PART:
                    yield self._part(name, element)

    def _part(self, tag: str, element: Element) -> Variable:
        where: Where = self.document.where(element)
        name = parts.display_name(element.get("name") or "")
        shown = f"<{tag} {name}>" if name else f"<{tag}>"
        reason = f"<{tag}> cannot be run yet"
        return Variable(shown, "auxiliary", (Equation(Unsupported(shown, reason, where)),), where=where)


def _same_number(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False
