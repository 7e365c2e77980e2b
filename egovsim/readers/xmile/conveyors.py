"""Conveyors of an XMILE file (XMILE 1.0, sections 3.7.2, 4.2.1 and 4.3), and the flows that they drive.

``fifo`` and ``isee:spreadflow`` are isee's own. A leak is written in two ways: isee marks the flow with an empty
``<leak/>`` and gives the fraction as its equation, the standard gives it inside ``<leak>``. The flow off the end has no
equation of its own: isee leaves 0, or what was there before the stock was a conveyor, and does not read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from egovsim.errors import ModelError
from egovsim.model.conveyors import CONVEYOR_PROFILE, NO, UNLIMITED, YES, Conveyor, Leak, end_of
from egovsim.model.expression import Binary, Call, Expression, Reference, Star, Unsupported
from egovsim.model.variable import Equation
from egovsim.readers.xmile.equations import axes_of, equations_of, expression_in, flow_id
from egovsim.readers.xmile.scope import Scope, VariableElement
from egovsim.readers.xmile.xml import Element, split_name

_PARTS = ("len", "capacity", "in_limit", "sample", "arrest")
_OPTIONS = ("discrete", "batch_integrity", "one_at_a_time", "exponential_leak", "fifo")
"""Attributes of a ``<conveyor>``; the second and third say how batches of a queue are taken, and no queue is run."""


@dataclass(frozen=True)
class DrivenFlow:
    """A flow that a conveyor drives.

    Parameters
    ----------
    stock : VariableElement
        The conveyor.
    is_leak : bool
        Whether it leaves on the way; else it comes off the end.
    """

    stock: VariableElement
    is_leak: bool


def driven_flows(scope: Scope) -> Mapping[str, DrivenFlow]:
    """Return the flows that conveyors of a place drive.

    Parameters
    ----------
    scope : Scope
        The model or macro.

    Returns
    -------
    mapping of str to DrivenFlow
        By the ids of the flows. Of the flows out of a conveyor the first comes off its end, and the others are leaks
        (section 4.2.1), unless marks say otherwise.
    """
    found: dict[str, DrivenFlow] = {}
    for stock in scope.variables.values():
        outflows = stock.children.get("outflow", ()) if is_conveyor(stock) else ()
        ids = [flow_id(outflow, stock.name, scope) for outflow in outflows]
        unmarked = [id for id in ids if "leak" not in scope.variables[id].children]
        for id in ids:
            found[id] = DrivenFlow(stock, is_leak=id not in unmarked[:1])
    return found


def is_conveyor(variable: VariableElement) -> bool:
    """Say whether a variable is a conveyor.

    Parameters
    ----------
    variable : VariableElement
        As it is written.

    Returns
    -------
    bool
        Whether it is a stock with a belt.
    """
    return variable.tag == "stock" and "conveyor" in variable.children


def conveyor_equation(stock: VariableElement, equation: Equation, scope: Scope) -> Equation:
    """Return the equation of a conveyor with what its belt is like.

    A content at the start that is an array (``start[*]``) or a list gives a value for each unit of time, the first of
    what comes off first; so the open model FRIDA gives the ages of a population.

    Parameters
    ----------
    stock : VariableElement
        The conveyor.
    equation : Equation
        As of a plain stock: its net flow is inflows less outflows.
    scope : Scope
        Where it stands.

    Returns
    -------
    Equation
        For the stock.

    Raises
    ------
    ModelError
        A part of it does not parse.
    """
    document, block = scope.document, stock.children["conveyor"][0]
    given = {name: expression_in(child, stock.name, scope) for name, child in document.children(block)}
    content, profile = _at_start(equation.expression)
    belt = Conveyor(
        equation.rate or NO,
        transit_time=given["len"],
        capacity=given.get("capacity", UNLIMITED),
        inflow_limit=given.get("in_limit", UNLIMITED),
        sample=given.get("sample", YES),
        arrest=given.get("arrest", NO),
        exponential_leak=YES if _is_on(block, "exponential_leak") else NO,
        first_in_first_out=YES if _is_on(block, "fifo") else NO,
        profile=profile,
    )
    return replace(equation, expression=content, rate=belt.call(document.where(block)))


def _at_start(written: Expression | None) -> tuple[Expression | None, Expression]:
    """Return the content of a conveyor at the start, and what lies where."""
    match written:
        case Call(function=function, arguments=portions, where=where) if function == CONVEYOR_PROFILE:
            content = portions[0]
            for portion in portions[1:]:
                content = Binary("+", content, portion, where)
            return content, written
        case Reference(subscripts=subscripts, where=where) if any(isinstance(part, Star) for part in subscripts):
            return Call("sum", (written,), where), Call(CONVEYOR_PROFILE, (written,), where)
        case _:
            return written, NO


def driven_equations(flow: VariableElement, driven: DrivenFlow, scope: Scope) -> list[Equation]:
    """Return the equations of a flow that a conveyor drives.

    Parameters
    ----------
    flow : VariableElement
        The flow.
    driven : DrivenFlow
        What drives it.
    scope : Scope
        Where it stands.

    Returns
    -------
    list of Equation
        Calls that read the conveyor.

    Raises
    ------
    ModelError
        The fraction of a leak is missing or does not parse.
    """
    axes = axes_of(driven.stock, scope)
    stock = Reference(driven.stock.name, _id_of(driven.stock, scope), tuple(axis.id for axis in axes))
    where = scope.document.where(flow.element)
    if not driven.is_leak:
        return [Equation(end_of(stock, where))]
    start, end = (_share(flow, name, default, scope) for name, default in (("leak_start", 0.0), ("leak_end", 1.0)))
    return [
        replace(equation, expression=Leak(stock, equation.expression, start, end).call(where))
        for equation in _fractions(flow, scope)
        if equation.expression is not None
    ]


def refused_conveyor(stock: VariableElement, scope: Scope) -> Unsupported | None:
    """Return why a conveyor cannot be run.

    Parameters
    ----------
    stock : VariableElement
        A variable with a ``<conveyor>``.
    scope : Scope
        Where it stands.

    Returns
    -------
    Unsupported or None
        None of one that can.
    """
    document, block = scope.document, stock.children["conveyor"][0]
    names = [name for name, _ in document.children(block)]
    unknown = next((name for name in names if name not in _PARTS), None)
    option = next((key for key in block.attrib if key not in _OPTIONS), None)
    if stock.tag != "stock":
        reason = "<conveyor> is for stocks"
    elif unknown is not None:
        reason = f"<{unknown}> of a conveyor cannot be run yet"
    elif option is not None:
        reason = f'{split_name(option)[1]}="{block.get(option)}" of a conveyor cannot be run yet'
    elif "len" not in names:
        reason = "a conveyor without <len> has no transit time; give it one"
    elif _is_on(block, "discrete"):
        reason = 'a conveyor of whole batches (discrete="true") cannot be run yet'
    else:
        return None
    return Unsupported("<conveyor>", reason, document.where(block))


def refused_flow(flow: VariableElement, driven: DrivenFlow | None, scope: Scope) -> Unsupported | None:
    """Return why a flow into or out of a conveyor cannot be run.

    Parameters
    ----------
    flow : VariableElement
        The flow.
    driven : DrivenFlow or None
        What drives it, if a conveyor does.
    scope : Scope
        Where it stands.

    Returns
    -------
    Unsupported or None
        None of one that can.
    """
    where = scope.document.where(flow.element)
    spread = next((value for key, value in flow.element.attrib.items() if key.endswith("}spreadflow")), "beginning")
    if spread != "beginning":
        reason = f'a flow that enters elsewhere than at the beginning (isee:spreadflow="{spread}") cannot be run yet'
        return Unsupported("", reason, where)
    if driven is None:
        if "leak" not in flow.children:
            return None
        return Unsupported("<leak>", "<leak> is for a flow out of a conveyor; none names it", where)
    if "leak_integers" in flow.children:
        return Unsupported("", "a leak of whole units (<leak_integers>) cannot be run yet", where)
    if axes_of(flow, scope) != axes_of(driven.stock, scope):
        reason = f'a flow out of the conveyor "{driven.stock.name}" must have its dimensions'
        return Unsupported("", reason, where)
    return None


def _is_on(block: Element, name: str) -> bool:
    return (block.get(name) or "").strip().lower() in ("true", "1")


def _id_of(stock: VariableElement, scope: Scope) -> str:
    return next(id for id, variable in scope.variables.items() if variable is stock)


def _share(flow: VariableElement, name: str, default: float, scope: Scope) -> float:
    """Read an end of a leak's zone, a share of the belt."""
    text = flow.element.get(name)
    if text is None:
        return default
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        place = scope.message_place(flow.element, flow.name)
        raise ModelError(f'{place}: {name}="{text}" is no share of a conveyor; give a number from 0 to 1.')
    return share


def _fractions(flow: VariableElement, scope: Scope) -> list[Equation]:
    """Return the fractions of a leak: its equations, or what stands in ``<leak>``."""
    mark = flow.first("leak")
    if mark is not None and scope.document.span(mark).text.strip():
        return [Equation(expression_in(mark, flow.name, scope))]
    if "eqn" not in flow.children and "element" not in flow.children:
        place = scope.message_place(flow.element, flow.name)
        raise ModelError(f"{place}: this leak of a conveyor has no fraction; write it in <eqn> or <leak>.")
    return equations_of(flow, "flow", None, scope)
