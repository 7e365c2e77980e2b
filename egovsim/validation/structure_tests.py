"""Tests of structure: what can be judged from the equations alone, before anything runs.

Forrester and Senge (1980) name dimensional consistency, structure and parameter verification and boundary adequacy;
Barlas (1996) calls them direct structure tests. First-order control of outflows is from Sterman (2000, chapter 13).
"""

from __future__ import annotations

from collections.abc import Iterator

from egovsim.model.checking import check
from egovsim.model.model import Model
from egovsim.model.net_flows import flows_in_rates
from egovsim.model.structure import behind, idle_flows, unmoved_stocks, with_time_step, with_unnamed_numbers
from egovsim.model.units.checking import check_units
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Verdict, counted, named_few

_FAMILY = "structure"


def structure_verdicts(subject: Subject) -> Iterator[Verdict]:
    """Judge the equations.

    Parameters
    ----------
    subject : Subject
        The model and its declarations.

    Yields
    ------
    Verdict
        On units, errors, notes, numbers in equations, stocks and flows, and outflows that do not know their stock.
    """
    model = subject.model
    yield _units(model)
    yield _complete(model)
    yield _documented(model)
    yield _numbers_in_equations(model)
    yield _stocks_and_flows(model)
    yield _first_order_control(subject)


def _units(model: Model) -> Verdict:
    test = "dimensional consistency"
    without = [variable.name for variable in model.variables if not variable.unit.strip("? ")]
    if len(without) == len(model):
        return Verdict(test, _FAMILY, "not automatic", "no variable has a unit", "give every variable its unit.")
    findings = [finding for finding in check_units(model) if finding.severity == "warning"]
    numbers = {"variables": float(len(model)), "findings": float(len(findings)), "without unit": float(len(without))}
    figures = f"{counted(len(model), 'variable')}, {counted(len(findings), 'unit')} that do not fit"
    figures += f"; {len(without)} without a unit fit everywhere" if without else ""
    if not findings:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"correct {named_few(finding.variable for finding in findings)}; `egovsim check` says how."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _complete(model: Model) -> Verdict:
    test = "equations complete"
    wrong = [
        finding
        for finding in check(model)
        if finding.severity == "error" or finding.text == "this constant is used by nothing"
    ]
    figures = f"{counted(len(model), 'equation')}, {len(wrong)} with an error or used by nothing"
    numbers = {"equations": float(len(model)), "findings": float(len(wrong))}
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"correct {named_few(finding.variable for finding in wrong)}; `egovsim check` lists all."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _documented(model: Model) -> Verdict:
    test = "equations documented"
    no_note = [variable.name for variable in model.variables if not variable.note.strip()]
    no_unit = [variable.name for variable in model.variables if not variable.unit.strip()]
    figures = f"{len(no_note)} of {counted(len(model), 'variable')} without a note, {len(no_unit)} without a unit"
    numbers = {"without note": float(len(no_note)), "without unit": float(len(no_unit))}
    if not no_note and not no_unit:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"say what {named_few([*no_note, *no_unit])} stand for, and where each constant is from."
    return Verdict(test, _FAMILY, "not automatic", figures, remedy, numbers)


def _numbers_in_equations(model: Model) -> Verdict:
    test = "no unnamed numbers"
    found = with_unnamed_numbers(model)
    figures = f"{counted(len(found), 'equation')} with a number other than 0 and 1 inside"
    numbers = {"equations": float(len(found))}
    if not found:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"make a constant with unit and source of each number in {named_few(found)}, or say why it needs none."
    return Verdict(test, _FAMILY, "not automatic", figures, remedy, numbers)


def _stocks_and_flows(model: Model) -> Verdict:
    test = "stocks and flows"
    still, idle, stepping = unmoved_stocks(model), idle_flows(model), with_time_step(model)
    figures = (
        f"{counted(len(model.stocks), 'stock')}: {len(still)} that nothing moves; {len(idle)} flows that move no "
        f"stock; {len(stepping)} equations with the time step inside"
    )
    numbers = {"still stocks": float(len(still)), "idle flows": float(len(idle)), "with step": float(len(stepping))}
    if not still and not idle and not stepping:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    what = ((still, "make constants of"), (idle, "connect to a stock"), (stepping, "see why the time step stands in"))
    remedy = "; ".join(f"{verb} {named_few(names)}" for names, verb in what if names)
    return Verdict(test, _FAMILY, "failed" if still or idle else "not automatic", figures, f"{remedy}.", numbers)


def _first_order_control(subject: Subject) -> Verdict:
    """An outflow that does not know its stock goes on when the stock is empty."""
    test = "outflows know their stock"
    model = subject.model
    derived = flows_in_rates(model)
    blind: list[tuple[str, str]] = []
    count = 0
    for stock in model.stocks:
        low = subject.declarations.bounds.get(stock.name)
        if stock.non_negative or low is None or low.low is None or low.low < 0.0:
            continue
        flows = derived[stock.id].out_of if stock.id in derived else stock.outflows
        count += len(flows)
        blind += [(stock.name, model.by_id[flow].name) for flow in flows if stock.id not in behind(model, flow)]
    if not count:
        remedy = "declare the stocks that cannot be negative (non_negative or shares)."
        return Verdict(test, _FAMILY, "not automatic", "no stock with an outflow is declared non-negative", remedy)
    figures = f"{counted(count, 'outflow')} of non-negative stocks, {len(blind)} that go on when the stock is empty"
    numbers = {"outflows": float(count), "blind": float(len(blind))}
    if not blind:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"let {named_few(flow for _, flow in blind)} depend on the stock that it drains."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)
