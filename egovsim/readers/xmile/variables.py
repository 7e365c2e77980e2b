"""The variables of one model of an XMILE file, or of one macro: its stocks, flows, auxiliaries and graphical functions.

What the standard (OASIS XMILE 1.0) has and this version cannot run becomes an `Unsupported` equation;
what only shows the model on a screen is counted.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from egovsim.model.expression import Number, Unsupported
from egovsim.model.variable import Equation, Kind, Variable
from egovsim.names import canonical
from egovsim.readers.xmile.conveyors import (
    DrivenFlow,
    conveyor_equation,
    driven_equations,
    driven_flows,
    is_conveyor,
    refused_conveyor,
    refused_flow,
)
from egovsim.readers.xmile.equations import axes_of, equations_of, flow_id
from egovsim.readers.xmile.scope import VARIABLES, Scope, VariableElement
from egovsim.readers.xmile.specs import bounds_of, display_name, flag_of, note_of

_READ = frozenset(
    {"eqn", "init_eqn", "element", "inflow", "outflow", "gf", "units", "doc", "range", "dimensions", "non_negative"}
    | {"conveyor", "leak", "leak_integers"}
)

_DISPLAY = frozenset({"scale", "format", "display", "event_poster", "delay_aux", "pt", "pts", "label", "summing"})
"""Children of a variable that cannot change a number (XMILE 1.0, section 4.1.1)."""

_KINDS_OF_STOCK = frozenset({"queue", "oven"})
_NUMERIC = _KINDS_OF_STOCK | {"conveyor", "overflow", "leak", "leak_integers"}
"""What makes another thing of a stock or flow, as an extension of a vendor (``<isee:oven>``) too."""

_COMMENTS = re.compile(r"\{[^{}]*\}")

_GRAPH = frozenset({"xpts", "ypts", "xscale", "yscale"})


@dataclass(frozen=True)
class _Said:
    """What a model says of its variables elsewhere than at each of them.

    `groups` gives the group of each variable, `never_negative` the kinds that ``<behavior>`` keeps from falling
    below 0, `driven` the flows that conveyors drive, `conveyed` the flows out of queues and ovens; these have no
    equation of their own.
    """

    groups: Mapping[str, str]
    never_negative: frozenset[str]
    driven: Mapping[str, DrivenFlow]
    conveyed: frozenset[str]


def required_ids(scope: Scope, connected: Collection[str] = frozenset()) -> frozenset[str]:
    """Return the variables that stand for what another model gives, and that none gives and no equation says.

    Parameters
    ----------
    scope : Scope
        The model.
    connected : collection of str, optional
        Ids of the variables that this place, a module, takes from another one.

    Returns
    -------
    frozenset of str
        Their ids in the model.
    """
    return frozenset(
        id
        for id, variable in scope.variables.items()
        if id not in connected and variable.is_input and not _has_equation(variable, scope)
    )


def _has_equation(variable: VariableElement, scope: Scope) -> bool:
    """Tell whether a variable has an equation that is more than a comment, such as ``{to be connected}``."""
    texts = (scope.document.span(equation).text for equation in variable.children.get("eqn", ()))
    return bool({"element", "gf"} & set(variable.children)) or any(_COMMENTS.sub("", text).strip() for text in texts)


def read_variables(scope: Scope, connected: Collection[str] = frozenset()) -> list[Variable]:
    """Read the variables of a model or macro.

    Parameters
    ----------
    scope : Scope
        The model or macro.
    connected : collection of str, optional
        Ids of the variables that this place, a module, takes from another one.

    Returns
    -------
    list of Variable
        In the order of the file; those that are connected have no equation yet, and those that are required are not a
        number.

    Raises
    ------
    ModelError
        An equation does not parse, or a stock, group or array names what does not exist.
    """
    said = _Said(_groups(scope), _never_negative(scope), driven_flows(scope), _conveyed(scope))
    required = dict.fromkeys(required_ids(scope, connected), (Equation(Number(math.nan)),))
    without = {**dict.fromkeys(connected, ()), **required}
    return [
        _stand_in(id, variable, without[id], said, scope) if id in without else _variable(id, variable, said, scope)
        for id, variable in scope.variables.items()
        if id in scope.names.variables
    ]


def display_features(scope: Scope, connected: Collection[str] = frozenset()) -> Counter[str]:
    """Count what in the variables of a place only shows them on a screen.

    Parameters
    ----------
    scope : Scope
        The model or macro.
    connected : collection of str, optional
        Ids of the variables that this place, a module, takes from another one; they are not looked at.

    Returns
    -------
    Counter of str
        By the name of the element.
    """
    found: Counter[str] = Counter()
    for id, variable in scope.variables.items():
        if id in connected or id not in scope.names.variables:
            continue
        for name, children in variable.children.items():
            if _is_display(name):
                found[name] += len(children)
            elif not _is_read(name, variable):
                break  # the variable is refused, whatever else stands in it
    return found


def _is_display(name: str) -> bool:
    return name in _DISPLAY or (":" in name and _local(name) not in _NUMERIC)


def _local(name: str) -> str:
    """Return the name of an element without a vendor's prefix."""
    return name.rpartition(":")[2]


def _is_read(name: str, variable: VariableElement) -> bool:
    return name in _READ or (variable.tag == "gf" and name in _GRAPH)


def _variable(id: str, variable: VariableElement, said: _Said, scope: Scope) -> Variable:
    kind = "lookup" if _is_lookup(variable, scope) else VARIABLES[variable.tag]
    flag = flag_of(scope.document, variable.first("non_negative"))
    never_negative = variable.tag in said.never_negative if flag is None else flag
    equations = _equations(id, variable, kind, said, scope)
    inflows, outflows = (
        tuple(flow_id(child, variable.name, scope) for child in variable.children.get(tag, ()))
        for tag in ("inflow", "outflow")
    )
    return Variable(
        name=variable.name,
        kind=kind,
        equations=tuple(equations),
        dimensions=_dimensions(variable, scope),
        inflows=inflows,
        outflows=outflows,
        non_negative=never_negative and kind in ("stock", "flow") and not is_conveyor(variable),
        unit=_unit(variable, scope),
        note=note_of(variable.first("doc")),
        bounds=bounds_of(scope.document, variable.first("range")),
        group=said.groups.get(id, ""),
        where=scope.document.where(variable.element),
    )


def _equations(id: str, variable: VariableElement, kind: Kind, said: _Said, scope: Scope) -> list[Equation]:
    """Return the equations of a variable: of a conveyor with its belt, of its flows with what drives them."""
    refused = _refused(id, variable, said, scope)
    if refused is None and id in said.driven:
        return driven_equations(variable, said.driven[id], scope)
    equations = equations_of(variable, kind, refused, scope)
    if refused is None and is_conveyor(variable):
        return [conveyor_equation(variable, equation, scope) for equation in equations]
    return equations


def _stand_in(
    id: str, variable: VariableElement, equations: tuple[Equation, ...], said: _Said, scope: Scope
) -> Variable:
    """Return a variable whose value comes from elsewhere, whatever it would be alone."""
    kind: Kind = "flow" if variable.tag == "flow" else "auxiliary"
    return Variable(
        name=variable.name,
        kind=kind,
        equations=equations,
        dimensions=_dimensions(variable, scope),
        unit=_unit(variable, scope),
        note=note_of(variable.first("doc")),
        bounds=bounds_of(scope.document, variable.first("range")),
        group=said.groups.get(id, ""),
        where=scope.document.where(variable.element),
    )


def _dimensions(variable: VariableElement, scope: Scope) -> tuple[str, ...]:
    return tuple(axis.name for axis in axes_of(variable, scope))


def _unit(variable: VariableElement, scope: Scope) -> str:
    units = variable.first("units")
    return "" if units is None else scope.document.span(units).text.strip()


def _is_lookup(variable: VariableElement, scope: Scope) -> bool:
    """Tell whether a variable has points, its own or its elements', and no equation that they are applied to."""
    if VARIABLES[variable.tag] != "auxiliary":
        return VARIABLES[variable.tag] == "lookup"
    places = [dict(scope.document.children(element)) for element in variable.children.get("element", ())]
    tables = "gf" in variable.children or any("gf" in place for place in places)
    return tables and "eqn" not in variable.children and not any("eqn" in place for place in places)


def _refused(id: str, variable: VariableElement, said: _Said, scope: Scope) -> Unsupported | None:
    """Return why a variable cannot be run; None of one that can."""
    for name, children in variable.children.items():
        if not _is_display(name) and not _is_read(name, variable):
            return Unsupported(f"<{name}>", f"<{name}> cannot be run yet", scope.document.where(children[0]))
    if "conveyor" in variable.children:
        return refused_conveyor(variable, scope)
    if "eqn" not in variable.children and id in said.conveyed:
        reason = "the outflow of a queue or oven cannot be run yet"
        return Unsupported("", reason, scope.document.where(variable.element))
    return refused_flow(variable, said.driven.get(id), scope)


# What is said elsewhere than at each variable


def _groups(scope: Scope) -> dict[str, str]:
    """Return the group of each variable; of two that name it, the first."""
    document, other_names = scope.document, _other_names(scope)
    found: dict[str, str] = {}
    for container in (*scope.containers, scope.place):
        for group in document.named(container, "group"):
            name = display_name(group.get("name") or "")
            for tag, member in document.children(group):
                if tag not in ("entity", "var"):
                    continue
                written = member.get("name") or document.span(member).text
                id = canonical(display_name(written))
                if id not in scope.variables and id not in other_names:
                    raise scope.unknown(member, name, written)
                found.setdefault(id, name)
    return found


def _other_names(scope: Scope) -> frozenset[str]:
    """Return the ids of what is no variable and may be in a group: modules and groups."""
    return frozenset(
        canonical(child.get("name") or "")
        for container in scope.containers
        for tag, child in scope.document.children(container)
        if tag not in VARIABLES
    )


def _never_negative(scope: Scope) -> frozenset[str]:
    """Return the kinds of variables that ``<behavior>`` keeps from falling below 0 (section 2.6)."""
    document = scope.document
    kinds: dict[str, bool] = {}
    for place in (document.root, scope.place):
        for behavior in document.named(place, "behavior"):
            for name, child in document.children(behavior):
                inner = [child] if name == "non_negative" else document.named(child, "non_negative")
                for flag in inner:
                    for kind in ("stock", "flow") if name == "non_negative" else (name,):
                        kinds[kind] = bool(flag_of(document, flag))
    return frozenset(kind for kind, is_on in kinds.items() if is_on)


def _conveyed(scope: Scope) -> frozenset[str]:
    """Return the ids of the flows out of queues and ovens."""
    return frozenset(
        canonical(scope.document.span(outflow).text)
        for variable in scope.variables.values()
        if _KINDS_OF_STOCK & set(map(_local, variable.children))
        for outflow in variable.children.get("outflow", ())
    )
