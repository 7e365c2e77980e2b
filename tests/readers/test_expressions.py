"""Equations as text: precedence, positions, what a name followed by parentheses is, and back to text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egovsim.errors import ModelError
from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Star,
    TableCall,
    Unary,
    Unsupported,
    walk,
)
from egovsim.model.functions import FUNCTIONS
from egovsim.model.notation import show
from egovsim.names import canonical
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.parser import parse
from egovsim.readers.source_span import Source


def xmile(text: str, names: Names | None = None) -> Expression:
    return parse(text, dialect="xmile", names=names or Names())


def vensim(text: str, names: Names | None = None) -> Expression:
    return parse(text, dialect="vensim", names=names or Names())


# Precedence: if one of these fails, models from other programs run with other numbers and no message.


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("-a^2", "-(a^2)"),
        ("2^3^2", "2^(3^2)"),
        ("a^-b", "a^(-b)"),
        ("-a*b", "(-a)*b"),
        ("a*-b", "a*(-b)"),
        ("a-b-c", "(a-b)-c"),
        ("a/b/c", "(a/b)/c"),
        ("a/b*c", "(a/b)*c"),
        ("a MOD b * c", "(a MOD b)*c"),
        ("a + b MOD c", "a + (b MOD c)"),
        ("a + b > c - d", "(a+b) > (c-d)"),
        ("a > b = 1", "(a > b) = 1"),
        ("a = b > c", "a = (b > c)"),
        ("a < b < c", "(a < b) < c"),
        ("NOT x > 0", "(NOT x) > 0"),
        ("NOT a AND b", "(NOT a) AND b"),
        ("NOT -a", "NOT (-a)"),
        ("a OR b AND c", "a OR (b AND c)"),
        ("a AND b OR c", "(a AND b) OR c"),
        ("a > 1 AND b > 2", "(a > 1) AND (b > 2)"),
        ("IF a THEN b ELSE c + 1", "IF a THEN b ELSE (c + 1)"),
        ("IF a THEN b ELSE IF c THEN d ELSE e", "IF a THEN b ELSE (IF c THEN d ELSE e)"),
        ("1 + IF a THEN b ELSE c + 2", "1 + (IF a THEN b ELSE (c + 2))"),
        ("IF a OR b THEN c ELSE d", "IF (a OR b) THEN c ELSE d"),
    ],
)
def test_xmile_precedence_is_the_standards(text: str, meaning: str) -> None:
    assert xmile(text) == xmile(meaning)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (":NOT: Time > 5", ":NOT: (Time > 5)"),
        (":NOT: a = b :AND: c", "(:NOT: (a = b)) :AND: c"),
        ("a :OR: b :AND: c", "a :OR: (b :AND: c)"),
        ("a :AND: b :OR: c", "(a :AND: b) :OR: c"),
        ("-a^2", "-(a^2)"),
        ("2^3^2", "2^(3^2)"),
        ("a :or: b", "a :OR: b"),
    ],
)
def test_vensim_precedence(text: str, meaning: str) -> None:
    assert vensim(text) == vensim(meaning)


def test_operators_become_the_nodes_they_are() -> None:
    a, b = Reference("a", "a"), Reference("b", "b")
    for sign in ("+", "-", "*", "/", "^", "=", "<>", "<", "<=", ">", ">="):
        assert xmile(f"a {sign} b") == Binary(sign, a, b)
    for word, operator in (("mod", "mod"), ("MOD", "mod"), ("And", "and"), ("oR", "or")):
        assert xmile(f"a {word} b") == Binary(operator, a, b)
    assert xmile("+a") == a
    assert xmile("if a Then b eLse a") == If(a, b, a)


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("1.5E-2", 0.015), ("007", 7.0), ("0.1", 0.1)]
)
@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_numbers(text: str, value: float, dialect: str) -> None:
    assert parse(text, dialect=dialect) == Number(value)


# Names: if one of these fails, an equation reads another variable than its author meant.


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("online_service_share", "online service share"),
        ("Online_SERVICE_share", "online service share"),
        ('"online service share"', "online service share"),
        ('"SPBE-like index"', "spbe-like index"),
        (r'"a \"quoted\" word"', 'a "quoted" word'),
        ("notified_people", "notified people"),
        ("notary", "notary"),
        ("modern", "modern"),
        ("iffy", "iffy"),
        ("android", "android"),
        ("orders", "orders"),
        ("elsewhere", "elsewhere"),
        ("phase_2_cost", "phase 2 cost"),
        ("población", "población"),
        ("sub.inp", "sub.inp"),
        ('sub."in/put"', "sub.in/put"),
        ('"a/b"."c d"', "a/b.c d"),
        ("workers'_pay", "workers' pay"),
        ('"time"', "time"),
        ('"AND"', "and"),
    ],
)
def test_xmile_names(text: str, id: str) -> None:
    assert xmile(text) == Reference("", id)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("ha per unit of pollution", "ha per unit of pollution"),
        ("ha per   unit\n\tof pollution", "ha per unit of pollution"),
        ("Population 0 To 14", "population 0 to 14"),
        ("andorra", "andorra"),
        ("IF", "if"),
        ("people's trust", "people's trust"),
        ('"Absorption Land (GHA)"', "absorption land (gha)"),
        ('"$ euro | ~"', "$ euro | ~"),
    ],
)
def test_vensim_names(text: str, id: str) -> None:
    assert vensim(text) == Reference("", id)


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("TIME", "time"),
        ("time", "time"),
        ("DT", "time step"),
        ("STARTTIME", "initial time"),
        ("StopTime", "final time"),
        ("TIME_STEP", "time step"),
        ("Initial_Time", "initial time"),
    ],
)
def test_xmile_clock(text: str, which: str) -> None:
    assert xmile(text) == ClockValue(which)


def test_built_in_names_win_over_variables_and_names_of_translators_do_not() -> None:
    names = Names(variables={"time": (), "time step": ()})
    assert xmile("TIME", names) == ClockValue("time")
    assert xmile("TIME_STEP", names) == Reference("", "time step")


def test_constants_of_xmile() -> None:
    assert xmile("PI") == Number(math.pi)
    assert xmile("inf") == Number(math.inf)


@pytest.mark.parametrize("text", ["Time", "TIME", "time"])
def test_vensim_clock(text: str) -> None:
    assert vensim(f"{text} + TIME STEP + initial time - FINAL TIME") == Binary(
        "-",
        Binary("+", Binary("+", ClockValue("time"), ClockValue("time step")), ClockValue("initial time")),
        ClockValue("final time"),
    )


def test_not_available_is_vensims_number() -> None:
    assert vensim(":NA:") == Number(-(2.0**109)) == Number(NOT_AVAILABLE)


def test_a_comment_that_is_never_closed_reaches_to_the_end() -> None:
    """As Stella runs them: the model FRIDA has fifteen."""
    assert parse("-5{-25.4989", dialect="xmile") == Number(-5.0)
    assert parse("a\n{b + {c", dialect="xmile") == Reference("a", "a")
    with pytest.raises(ModelError):
        parse("a {b} c} + 1", dialect="xmile")
    with pytest.raises(ModelError):
        parse("a {b", dialect="vensim")


def test_two_strokes_divide_safely() -> None:
    """Of one binding with ``*`` and ``/`` (isee's help, "Operators"): 0 where the divisor is."""
    assert parse("a // b * c", dialect="xmile") == parse("SAFEDIV(a, b) * c", dialect="xmile")
    assert parse("a + b//c", dialect="xmile") == parse("a + SAFEDIV(b, c)", dialect="xmile")


def test_comments_are_no_part_of_an_equation() -> None:
    assert xmile("{why} a {and\nhow} + 1 {done}") == xmile("a + 1")
    assert vensim("a {why} + 1") == vensim("a + 1")


# Functions, lookups and what cannot be run


def test_a_time_base_is_a_line_over_time() -> None:
    """In XMILE a function of that name is none of the language's."""
    line = Binary("+", Number(1970.0), Binary("*", ClockValue("time"), Number(0.5)))
    assert vensim("TIME BASE(1970, 0.5)") == line
    assert isinstance(xmile("TIME_BASE(1970, 0.5)"), Unsupported)


def test_a_function_of_the_dialect_is_a_call() -> None:
    x = Reference("x", "x")
    assert xmile("SMTH1(x, 2)") == Call("smooth1", (x, Number(2.0)))
    assert xmile("int(x)") == Call("floor", (x,))
    assert vensim("INTEGER(x)") == Call("integer", (x,))
    assert vensim("SMOOTH3I(x, 2, 1)") == Call("smooth3", (x, Number(2.0), Number(1.0)))
    assert vensim("PULSE TRAIN(1, 2, 3, 4)") == Call("pulse train", tuple(Number(float(i)) for i in (1, 2, 3, 4)))
    assert xmile("PULSE(1, 2)") == Call("xmile pulse", (Number(1.0), Number(2.0)))
    assert vensim("PULSE(1, 2)") == Call("pulse", (Number(1.0), Number(2.0)))


def test_vensims_choice_is_an_if() -> None:
    assert vensim("IF THEN ELSE(a > 1, b, 2)") == xmile("IF a > 1 THEN b ELSE 2")


def test_a_variable_with_an_argument_is_a_lookup() -> None:
    names = Names(variables={"effect of trust": ()})
    call = LookupCall(Reference("", "effect of trust"), Number(0.5))
    assert xmile("effect_of_trust(0.5)", names) == call
    assert xmile("LOOKUP(effect_of_trust, 0.5)", names) == call
    assert vensim("effect of trust(0.5)", names) == call


def test_with_lookup_keeps_its_points_and_drops_the_axes() -> None:
    found = vensim("WITH LOOKUP(x, ([(0,0)-(10,2),(3,1)],(0,-0.5),(4,1e1)))")
    assert isinstance(found, TableCall)
    assert (found.table.x, found.table.y) == ((0.0, 4.0), (-0.5, 10.0))


def test_games_are_not_played() -> None:
    assert vensim("GAME(x + 1)") == vensim("x + 1")


@pytest.mark.parametrize(
    ("dialect", "text", "reason"),
    [
        (
            "vensim",
            "DELAY BATCH(a, 1, 2, 0, 0)",
            '"DELAY BATCH" is not a function this version can run; nearest: "DELAY N", "DELAY MATERIAL"',
        ),
        ("vensim", "A FUNCTION OF(a, b)", "the equation has not been written yet"),
        ("vensim", "GET XLS DATA('a.xls', 'b', 'c')", '"GET XLS DATA" is not a function this version can run'),
        ("xmile", "NPV(x, 0.1)", '"NPV" is not a function this version can run'),
        ("xmile", "ENDVAL(x, 0)", '"ENDVAL" is not a function this version can run'),
        ("xmile", "x[i + 1, *]", "a computed subscript cannot be run here"),
        ("vensim", "x[i + 1]", "a computed subscript cannot be run here"),
        ("vensim", "f[a](2, 3)", "an array is given arguments, and is no lookup of one argument"),
    ],
)
def test_what_cannot_be_run_says_so_and_keeps_its_text(dialect: str, text: str, reason: str) -> None:
    assert parse(text, dialect=dialect) == Unsupported(text, reason)


def test_a_call_of_a_macro_names_it() -> None:
    found = vensim("1 + MY MACRO(a)", Names(macros={"my macro"}))
    assert found == Binary("+", Number(1.0), Call("macro my macro", (Reference("a", "a"),)))


def test_subscripts() -> None:
    names = Names(variables={"x": ("area", "clientele")})
    assert xmile("x[Area, urban]", names) == Reference("", "x", ("area", "urban"))
    assert xmile("x[*, 2]", names) == Reference("", "x", (Star(), "2"))
    assert vensim("SUM(x[Area!, urban])", names) == Call("sum", (Reference("", "x", (Star("area"), "urban")),))
    assert xmile("x[1:2, rural:urban]", names) == Reference("", "x", (Star("", "1", "2"), Star("", "rural", "urban")))
    assert xmile("f[urban](2)", names) == LookupCall(Reference("", "f", ("urban",)), Number(2.0))


def test_one_argument_makes_min_and_max_functions_of_arrays() -> None:
    assert xmile("MAX(x[*])") == Call("vmax", (Reference("", "x", (Star(),)),))
    assert xmile("MIN(x, y)") == Call("min", (Reference("", "x"), Reference("", "y")))
    assert show(xmile("MAX(x[*]) + MIN(x)")) == "MAX(x[*]) + MIN(x)"


# Errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a +", "the equation ends where a value is expected; write what is missing at its end."),
        ("MIN(a, (b", 'the equation ends and 2 "(" are still open; close them with ")".'),
        ("(a", 'the equation ends and 1 "(" is still open; close it with ")".'),
        ("a)", "')' is not expected here; a value is missing before it, or a '(' that it closes."),
        ("a + * b", "'*' is not expected here; a value is missing before it."),
        ("a THEN b", "'THEN' is not expected here; an operator, a comma or a parenthesis is missing before it."),
        ("a, b", "',' is not expected here; an operator, a comma or a parenthesis is missing before it."),
        ("a b", "'b' is not expected here; an operator, a comma or a parenthesis is missing before it."),
        ("a ? b", "'?' is not expected here; remove it, or put a name that holds it between quotation marks."),
        ("???", "the equation is '???'; write it."),
        ("{soon}", "there is no equation; write one."),
        ("STEP(1)", '"STEP" takes 2 arguments (height from a time on), and is given 1.'),
        ("LN(1, 2)", '"LN" takes 1 argument (natural logarithm), and is given 2.'),
    ],
)
def test_a_text_that_is_no_equation_says_where_and_what_next(text: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse(Source("m.xmile", "\n\n" + text).span(2, len(text) + 2), dialect="xmile", owner="Share")
    assert str(caught.value) == f'm.xmile, line 3, "Share": {message}'


# Positions: if these fail, messages point at the wrong place.


def test_every_reference_stands_where_its_position_says() -> None:
    text = "first line\n  alpha + {note\n} beta *\n\tIF gamma > 1 THEN MIN(delta, -1) ELSE lookup_f(eps)"
    start = text.index("alpha")
    source = Source("m.xmile", text)
    found = parse(source.span(start, len(text)), dialect="xmile", names=Names(variables={"lookup f": ()}))
    lines = text.split("\n")
    seen = []
    for node in walk(found):
        if isinstance(node, Reference):
            assert lines[node.where.line - 1][node.where.column - 1 :].startswith(node.name)
            seen.append((node.name, node.where.line))
    assert seen == [("alpha", 2), ("beta", 3), ("gamma", 4), ("delta", 4), ("eps", 4)]


def test_other_nodes_stand_at_their_first_character() -> None:
    found = parse("a + MIN(b, 2)", dialect="xmile")
    assert isinstance(found, Binary)
    assert (found.where.column, found.right.where.column) == (1, 5)
    assert parse("  IF a THEN b ELSE c", dialect="xmile").where.column == 3
    assert parse("1 - -x", dialect="xmile").right.where.column == 5


# Size


@pytest.mark.parametrize("text", ["(" * 5000 + "a" + ")" * 5000, "-" * 5000 + "a", "+".join(["a"] * 20000)])
def test_deep_equations_do_not_exhaust_the_stack(text: str) -> None:
    assert show(xmile(text)).count("a") == text.count("a")


# Back to text


_NAMES = st.one_of(
    st.sampled_from(["Coverage", "e-government budget", "time", "IF", "not", "a  b", 'say "yes"', "Größe", "2nd"]),
    st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters='\\"'), min_size=1, max_size=8),
).filter(lambda name: canonical(name) != "")

_IDS = st.sampled_from(["urban", "area", "3", "two words", "mod"])
_LOOKUPS = ("effect", "effect of trust", "min", "time")
_FUNCTIONS = list(FUNCTIONS.values())


def _references() -> st.SearchStrategy[Reference]:
    subscripts = st.lists(
        st.one_of(_IDS, st.sampled_from([Star(), Star("area"), Star("", "urban", "2")])), max_size=2
    ).map(tuple)
    return st.builds(lambda name, ids: Reference(name, canonical(name), ids), _NAMES, subscripts)


def _calls(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Call]:
    sizes = st.sampled_from([(function.name, count) for function in _FUNCTIONS for count in function.arity])
    return sizes.flatmap(lambda size: st.builds(Call, st.just(size[0]), st.tuples(*[inner] * size[1])))


_LEAVES = st.one_of(
    st.floats(min_value=0, allow_nan=False).map(Number),
    _references(),
    st.sampled_from(["time", "time step", "initial time", "final time"]).map(ClockValue),
)


def _signed(operator: str, operand: Expression) -> Expression:
    """A minus in front of a literal belongs to the literal."""
    if operator == "-" and isinstance(operand, Number):
        return Number(-operand.value)
    return Unary(operator, operand)


_OPERATORS = ["+", "-", "*", "/", "^", "mod", "=", "<>", "<", "<=", ">", ">=", "and", "or"]
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(_signed, st.sampled_from(["-", "not"]), inner),
        st.builds(Binary, st.sampled_from(_OPERATORS), inner, inner),
        st.builds(If, inner, inner, inner),
        _calls(inner),
        st.builds(LookupCall, st.sampled_from(_LOOKUPS).map(lambda name: Reference(name, name)), inner),
    ),
    max_leaves=12,
)


@given(_EXPRESSIONS)
def test_what_is_shown_reads_back_as_the_same_expression(expression: Expression) -> None:
    names = Names(variables=dict.fromkeys(_LOOKUPS, ()))
    assert xmile(show(expression), names) == expression


def test_shown_text_has_no_more_parentheses_than_it_needs() -> None:
    for text in (
        "a + b * c",
        "(a + b) * c",
        "-a ^ 2",
        "(-a) ^ 2",
        "a - (b - c)",
        "MIN(a, IF b THEN c ELSE d)",
        "NOT (a > b)",
    ):
        assert show(xmile(text)) == text
