"""Expressions of any depth: what is said about one must not depend on how deep the interpreter may recurse."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest
from small_models import auxiliary, read, xmile

import egovsim
from egovsim.analysis.history_matching.match_files import model_fingerprint
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Unary,
    Unsupported,
    Where,
    rewrite,
)
from egovsim.model.interventions.force import forced_to_hold
from egovsim.model.isolated_equations import isolated_equations
from egovsim.model.net_flows import flows_in_rates
from egovsim.model.notation import show
from egovsim.model.reality_checks import Constraint
from egovsim.model.structure import with_time_step, with_unnamed_numbers
from egovsim.model.units.checking import check_units

DEPTH = 5000
ONE, STAFF = Number(1.0), Reference("Staff", "staff", ("urban", Star("area")))
TABLE = Table((0.0, 1.0), (2.0, 3.0))

NODES: list[tuple[Expression, str]] = [
    (ONE, "Number(value=1.0)"),
    (Unary("-", ONE), "Unary(operator='-', operand=Number(value=1.0))"),
    (
        Binary("+", STAFF, ClockValue("time")),
        "Binary(operator='+', left=Reference(id='staff', subscripts=('urban', Star(dimension='area', first='', "
        "last=''))), right=ClockValue(which='time'))",
    ),
    (
        If(ONE, Unary("not", ONE), Unsupported("x", "y")),
        "If(condition=Number(value=1.0), then=Unary(operator='not', operand=Number(value=1.0)), "
        "otherwise=Unsupported(text='x', reason='y'))",
    ),
    (Call("random 0 1", ()), "Call(function='random 0 1', arguments=())"),
    (Call("abs", (ONE,)), "Call(function='abs', arguments=(Number(value=1.0),))"),
    (
        Call("min", (ONE, Unary("-", ONE))),
        "Call(function='min', arguments=(Number(value=1.0), Unary(operator='-', operand=Number(value=1.0))))",
    ),
    (
        TableCall(TABLE, ONE),
        "TableCall(table=Table(x=(0.0, 1.0), y=(2.0, 3.0), kind='continuous'), argument=Number(value=1.0))",
    ),
    (
        LookupCall(Reference("f", "f"), ONE),
        "LookupCall(lookup=Reference(id='f', subscripts=()), argument=Number(value=1.0))",
    ),
]


@pytest.mark.parametrize(("node", "text"), NODES, ids=[type(node).__name__ for node, _ in NODES])
def test_a_node_is_written_as_any_data_class(node: Expression, text: str) -> None:
    """Files of accepted members are tied to these bytes: another text would refuse all of them."""
    assert repr(node) == text
    own = [field for field in dataclasses.fields(node) if field.repr]
    values = ", ".join(f"{field.name}={getattr(node, field.name)!r}" for field in own)
    assert repr(node) == f"{type(node).__name__}({values})"


def test_nodes_are_equal_when_they_say_the_same_wherever_they_stood() -> None:
    here = Where("model.xmile", 7)
    for place, (node, _) in enumerate(NODES):
        moved = rewrite(node, lambda part: dataclasses.replace(part, where=here))
        assert moved == node
        assert hash(moved) == hash(node)
        assert pickle.loads(pickle.dumps(node)) == node
        assert [place] == [number for number, (other, _) in enumerate(NODES) if other == node]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Unary("-", ONE), Unary("not", ONE)),
        (Binary("+", ONE, STAFF), Binary("+", STAFF, ONE)),
        (Binary("+", ONE, ONE), Binary("-", ONE, ONE)),
        (Call("min", (ONE, ONE)), Call("max", (ONE, ONE))),
        (Call("uniform", (ONE, ONE)), Call("uniform", (ONE, ONE, ONE))),
        (TableCall(TABLE, ONE), TableCall(dataclasses.replace(TABLE, kind="discrete"), ONE)),
        (LookupCall(Reference("f", "f"), ONE), LookupCall(Reference("g", "g"), ONE)),
        (Unary("-", Number(1.0)), Unary("-", Number(2.0))),
        (Unary("-", ONE), "Unary"),
    ],
)
def test_nodes_differ_in_whatever_is_theirs(first: Expression, second: object) -> None:
    assert first != second


def _right(depth: int) -> str:
    return "1+(" * depth + "k" + ")" * depth


DEEP = {
    "sum to the left": "(" * DEPTH + "k" + "+1)" * DEPTH,
    "sum to the right": _right(DEPTH),
    "signs": "-" * DEPTH + "k",
    "calls": "abs(" * DEPTH + "k" + ")" * DEPTH,
    "choices": "if k = 1 then 1 else (" * DEPTH + "k" + ")" * DEPTH,
    "order of a delay": "delayn(k, 20, " + _right(DEPTH).replace("k", "n") + ")",
    "units that do not fit": "(" * DEPTH + "k" + "+w)" * DEPTH,
}


@pytest.mark.parametrize("equation", DEEP.values(), ids=DEEP)
def test_an_equation_nested_5000_deep_is_told_about_like_any_other(tmp_path: Path, equation: str) -> None:
    """A machine-written equation would end in a traceback of a thousand lines."""
    parts = (
        auxiliary("k", "1.0", inside="<units>persons</units>"),
        auxiliary("w", "1.0", inside="<units>weeks</units>"),
        auxiliary("n", "1.0", inside="<units>dmnl</units>"),
        auxiliary("deep", equation, inside="<units>persons</units>"),
    )
    model = read(tmp_path, xmile(*parts))
    (expression,) = model["deep"].expressions
    assert len(show(expression)) > DEPTH
    assert egovsim.check(model)
    assert (len(list(check_units(model))) > 0) == ("w)" in equation)
    assert "deep" in with_unnamed_numbers(model) or "20" not in equation
    assert with_time_step(model) == []
    assert flows_in_rates(model) == {}
    assert repr(expression).count("(") > DEPTH
    again = read(tmp_path, xmile(*parts))
    assert again == model
    assert hash(again["deep"].equations) == hash(model["deep"].equations)
    assert model_fingerprint(again) == model_fingerprint(model)
    assert isolated_equations(model, model.variables)["deep as computed"].expressions
    assert egovsim.hold(model, "deep")["deep"].expressions
    if equation.startswith("delayn"):
        with pytest.raises(egovsim.ModelError, match=rf"the order of DELAYN is {DEPTH + 1}, above 1000"):
            egovsim.run(model, outputs=["deep"])
    else:
        whole = DEPTH + 1 if "1+" in equation or "+1" in equation or "+w" in equation else 1
        assert set(egovsim.run(model, outputs=["deep"]).values("deep").ravel()) == {whole}


def test_a_condition_of_5000_parts_is_forced_or_refused_in_one_sentence(tmp_path: Path) -> None:
    model = read(tmp_path, xmile(auxiliary("k", "1.0"), auxiliary("used", "k")))
    k = Reference("k", "k")
    condition: Expression = Binary("=", k, ONE)
    for _ in range(DEPTH):
        condition = Binary("and", condition, Binary("=", k, ONE))
    with pytest.raises(egovsim.UnsupportedError, match=r'^it forces "k" twice$'):
        forced_to_hold(model, Constraint("often", condition, Binary("=", k, ONE)))
