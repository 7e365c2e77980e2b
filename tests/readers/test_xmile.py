"""XMILE files: what is read from them, what is refused, and what a broken file is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from egovsim import check, run
from egovsim.errors import EgovsimError, ModelError
from egovsim.model.expression import (
    Binary,
    ClockValue,
    Expression,
    LookupCall,
    Number,
    Reference,
    Table,
    TableCall,
    Unsupported,
    walk,
)
from egovsim.model.model import Clock, Dimension, Model
from egovsim.model.variable import Bounds, Equation
from egovsim.readers.formats import read_file

STANDARD = 'xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"'
SPECS = "<sim_specs><start>0</start><stop>10</stop><dt>0.5</dt></sim_specs>"


def file_of(folder: Path, text: str, *, name: str = "m.xmile") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def model_of(folder: Path, variables: str, *, specs: str = SPECS, before: str = "", root: str = STANDARD) -> Model:
    """Read a model of these variables; they begin on line 4."""
    text = (
        f'<xmile version="1.0" {root}>\n{specs}{before}\n<model><variables>\n{variables}\n</variables></model></xmile>'
    )
    return read_file(file_of(folder, text))


def refused(folder: Path, variables: str, **rest: str) -> str:
    """Return the message of the error that such a model is."""
    with pytest.raises(ModelError) as caught:
        model_of(folder, variables, **rest)
    return str(caught.value)


def expression_of(model: Model, name: str) -> Expression:
    (equation,) = model[name].equations
    assert equation.expression is not None
    return equation.expression


def reasons(model: Model) -> list[tuple[str, int, str]]:
    """Return name, line and reason of everything that cannot be run."""
    return [
        (variable.name, node.where.line, node.reason)
        for variable in model
        for equation in variable.equations
        for part in (equation.expression, equation.rate)
        if part is not None
        for node in walk(part)
        if isinstance(node, Unsupported)
    ]


def points(found: Expression) -> Table:
    assert isinstance(found, TableCall)
    return found.table


# One file with everything that egov.xmile uses


WHOLE = f"""<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" {STANDARD}>
<header><vendor>v</vendor><product version="1">p</product><name>Portal</name></header>
<sim_specs method="RK4" time_units="years"><start>2003</start><stop>2045</stop><dt>0.0625</dt></sim_specs>
<dimensions><dim name="Area"><elem name="urban"/><elem name="rural"/></dim></dimensions>
<model><variables>
<stock name="Users"><eqn>start_users</eqn><inflow>joining</inflow><inflow>returning</inflow><outflow>leaving</outflow>
  <non_negative/><units>persons</units><doc>People who use it.
    Second line.</doc></stock>
<flow name="joining"><eqn>0.1 * Users</eqn><units>persons/year</units></flow>
<flow name="returning"><eqn>1</eqn></flow>
<flow name="leaving"><eqn>Users / stay</eqn></flow>
<aux name="start users"><eqn>10.0</eqn><range min="0" max="50"/><doc>assumption: a guess</doc></aux>
<aux name="stay"><eqn>-4.0</eqn></aux>
<group name="Adoption"><entity name="users"/><entity name="Stay"/></group>
</variables><views><view/><view type="interface"/></views></model>
</xmile>
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return read_file(file_of(tmp_path_factory.mktemp("xmile"), WHOLE))


def test_the_model_is_what_the_file_says(whole: Model) -> None:
    assert whole.name == "Portal"
    assert whole.file == "m.xmile"
    assert whole.clock == Clock(2003.0, 2045.0, 0.0625, None, "rk4", "years")
    assert whole.dimensions == (Dimension("Area", ("urban", "rural")),)
    assert [(variable.name, variable.kind) for variable in whole] == [
        ("Users", "stock"),
        ("joining", "flow"),
        ("returning", "flow"),
        ("leaving", "flow"),
        ("start users", "auxiliary"),
        ("stay", "auxiliary"),
    ]


def test_a_stock_has_initial_value_net_flow_and_notes(whole: Model) -> None:
    users = whole["users"]
    joining, returning, leaving = (Reference("", flow) for flow in ("joining", "returning", "leaving"))
    rate = Binary("-", Binary("+", joining, returning), leaving)
    assert users.equations == (Equation(Reference("", "start users"), rate=rate),)
    assert (users.inflows, users.outflows) == (("joining", "returning"), ("leaving",))
    assert (users.non_negative, users.unit) == (True, "persons")
    assert users.note == "People who use it.\nSecond line."
    assert (users.where.line, users.where.column) == (7, 1)


def test_inputs_groups_ranges_and_display(whole: Model) -> None:
    assert [variable.name for variable in whole.inputs] == ["returning", "start users", "stay"]
    assert whole.groups == {"Adoption": ("Users", "stay")}
    assert whole["start users"].bounds == Bounds(0.0, 50.0)
    assert whole.ignored == ("objects of views: 1",)


def test_a_stock_without_flows_keeps_its_value_and_one_with_outflows_alone_falls(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<stock name="a"><eqn>1</eqn></stock><stock name="b"><eqn>1</eqn><outflow>f</outflow></stock>'
        '<flow name="f"><eqn>1</eqn></flow>',
    )
    assert model["a"].equations[0].rate == Number(0.0)
    assert model["b"].equations[0].rate == Binary("-", Number(0.0), Reference("", "f"))


# Shapes of the file


@pytest.mark.parametrize(
    "root", [STANDARD, 'xmlns="http://www.systemdynamics.org/XMILE"', 'xmlns:isee="http://iseesystems.com/XMILE"', ""]
)
def test_any_namespace_or_none(tmp_path: Path, root: str) -> None:
    model = model_of(tmp_path, '<aux name="a"><eqn>2</eqn></aux>', root=root)
    assert expression_of(model, "a") == Number(2.0)


def test_a_prefixed_file_and_a_prefix_that_nobody_declared(tmp_path: Path) -> None:
    text = (
        '<x:xmile xmlns:x="urn:x"><x:sim_specs isee:delay="0"><x:start>0</x:start><x:stop>1</x:stop></x:sim_specs>'
        '<isee:prefs/><x:model><x:variables><x:aux name="a"><x:eqn>2</x:eqn></x:aux></x:variables></x:model></x:xmile>'
    )
    model = read_file(file_of(tmp_path, text))
    assert expression_of(model, "a") == Number(2.0)
    assert model.ignored == ("isee:prefs: 1",)


def test_older_files_have_variables_right_in_the_model(tmp_path: Path) -> None:
    model = read_file(
        file_of(
            tmp_path,
            f'<xmile>{SPECS}<model><aux name="a"><eqn>2</eqn><display x="1"/></aux><display/></model></xmile>',
            name="old.STMX",
        )
    )
    assert expression_of(model, "a") == Number(2.0)
    assert model.ignored == ("display: 2",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = (
        f'<?xml version="1.0" encoding="{declared}"?><xmile>{SPECS}<model><variables>'
        '<aux name="Größe"><eqn>1</eqn></aux></variables></model></xmile>'
    )
    path = tmp_path / "m.xmile"
    path.write_bytes(text.encode(encoding))
    assert [variable.name for variable in read_file(path)] == ["Größe"]


@pytest.mark.parametrize(
    ("specs", "clock"),
    [
        ("<start>0</start><stop>8</stop>", Clock(0.0, 8.0, 1.0)),
        ('<start>0</start><stop>8</stop><dt reciprocal="true">16</dt>', Clock(0.0, 8.0, 0.0625)),
        ("<start>0</start><stop>8</stop><dt>0.5</dt><savestep>2</savestep>", Clock(0.0, 8.0, 0.5, 2.0)),
    ],
)
def test_clocks(tmp_path: Path, specs: str, clock: Clock) -> None:
    model = model_of(tmp_path, '<aux name="a"><eqn>1</eqn></aux>', specs=f"<sim_specs>{specs}</sim_specs>")
    assert model.clock == clock


def test_stellas_save_interval(tmp_path: Path) -> None:
    specs = SPECS.replace("<sim_specs>", '<sim_specs xmlns:i="http://iseesystems.com/XMILE" i:save_interval="2">')
    assert model_of(tmp_path, '<aux name="a"><eqn>1</eqn></aux>', specs=specs).clock.save_every == 2.0


@pytest.mark.parametrize(
    ("variable", "never_negative"),
    [
        ('<flow name="f"><eqn>1</eqn><non_negative/></flow>', True),
        ('<flow name="f"><eqn>1</eqn><non_negative>true</non_negative></flow>', True),
        ('<flow name="f"><eqn>1</eqn><non_negative>false</non_negative></flow>', False),
        ('<flow name="f"><eqn>1</eqn></flow>', False),
        ('<aux name="f"><eqn>1</eqn><non_negative/></aux>', False),
    ],
)
def test_non_negative_of_a_variable(tmp_path: Path, variable: str, never_negative: bool) -> None:
    assert model_of(tmp_path, variable)["f"].non_negative is never_negative


@pytest.mark.parametrize(
    ("behavior", "stock", "flow"),
    [
        ("<behavior><non_negative/></behavior>", True, True),
        ("<behavior><stock><non_negative/></stock></behavior>", True, False),
        ("<behavior><flow><non_negative/></flow></behavior>", False, True),
        ("<behavior><non_negative>false</non_negative></behavior>", False, False),
    ],
)
def test_non_negative_of_the_file_and_a_variables_own_word(
    tmp_path: Path, behavior: str, stock: bool, flow: bool
) -> None:
    variables = (
        '<stock name="s"><eqn>1</eqn></stock><flow name="f"><eqn>1</eqn></flow>'
        '<flow name="free"><eqn>1</eqn><non_negative>false</non_negative></flow><aux name="a"><eqn>1</eqn></aux>'
    )
    model = model_of(tmp_path, variables, before=behavior)
    assert [variable.non_negative for variable in model] == [stock, flow, False, False]


def test_a_model_overrides_the_files_behavior(tmp_path: Path) -> None:
    text = (
        f"<xmile>{SPECS}<behavior><non_negative/></behavior><model><behavior><non_negative>false</non_negative>"
        '</behavior><variables><flow name="f"><eqn>1</eqn></flow></variables></model></xmile>'
    )
    assert read_file(file_of(tmp_path, text))["f"].non_negative is False


def test_variables_that_repeat_the_clock_are_the_clock(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<aux name="TIME STEP"><eqn>0.5</eqn></aux><aux name="FINAL TIME"><eqn>99</eqn></aux>'
        '<aux name="a"><eqn>TIME_STEP</eqn></aux><aux name="b"><eqn>FINAL_TIME</eqn></aux>',
    )
    assert [variable.name for variable in model] == ["FINAL TIME", "a", "b"]
    assert type(expression_of(model, "a")).__name__ == "ClockValue"
    assert expression_of(model, "b") == Reference("", "final time")


def test_line_breaks_in_names_are_blanks(tmp_path: Path) -> None:
    model = model_of(
        tmp_path, r'<aux name="share\nof users"><eqn>1</eqn></aux><aux name="b"><eqn>share_of_users</eqn></aux>'
    )
    assert model["Share of Users"].name == "share of users"


def test_marked_up_notes_are_read_as_text(tmp_path: Path) -> None:
    model = model_of(tmp_path, '<aux name="a"><eqn>1</eqn><doc><html>Very <b>big</b>.</html></doc></aux>')
    assert model["a"].note == "Very big."


# Graphical functions: if one of these fails, a lookup returns other values.


def test_points_by_x_values(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<aux name="a"><eqn>TIME</eqn><gf><yscale min="0" max="9"/><xpts>0, 1,\n3</xpts><ypts>5,6,4</ypts></gf></aux>',
    )
    assert points(expression_of(model, "a")) == Table((0.0, 1.0, 3.0), (5.0, 6.0, 4.0))


def test_points_by_a_scale_end_exactly(tmp_path: Path) -> None:
    model = model_of(
        tmp_path, '<aux name="a"><eqn>TIME</eqn><gf><xscale min="0" max="0.7"/><ypts>1,2,3,4</ypts></gf></aux>'
    )
    assert points(expression_of(model, "a")).x == (0.0, 0.7 / 3, 1.4 / 3, 0.7)


def test_x_values_come_before_a_scale(tmp_path: Path) -> None:
    gf = '<gf><xscale min="0" max="1"/><xpts>5,6</xpts><ypts>1,2</ypts></gf>'
    model = model_of(tmp_path, f'<aux name="a"><eqn>TIME</eqn>{gf}</aux>')
    assert points(expression_of(model, "a")).x == (5.0, 6.0)


def test_separators_and_descending_points(tmp_path: Path) -> None:
    gf = '<gf><xpts sep=";">3;2;1</xpts><ypts sep=" ">30 20 10</ypts></gf>'
    model = model_of(tmp_path, f'<aux name="a"><eqn>TIME</eqn>{gf}</aux>')
    assert points(expression_of(model, "a")) == Table((1.0, 2.0, 3.0), (10.0, 20.0, 30.0))


@pytest.mark.parametrize("kind", ["continuous", "extrapolate", "discrete"])
def test_types(tmp_path: Path, kind: str) -> None:
    gf = f'<gf type="{kind}"><xpts>0,1</xpts><ypts>1,2</ypts></gf>'
    assert points(expression_of(model_of(tmp_path, f'<aux name="a"><eqn>TIME</eqn>{gf}</aux>'), "a")).kind == kind


def test_a_graphical_function_alone_is_a_lookup(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<gf name="effect"><xpts>0,1</xpts><ypts>1,2</ypts></gf>'
        '<aux name="second"><gf><xpts>0,1</xpts><ypts>3,4</ypts></gf></aux>'
        '<aux name="a"><eqn>effect(0.5) + LOOKUP(second, 0.5)</eqn></aux>',
    )
    assert (model["effect"].kind, model["second"].kind) == ("lookup", "lookup")
    assert model["effect"].equations == (Equation(None, table=Table((0.0, 1.0), (1.0, 2.0))),)
    half = Number(0.5)
    calls = (LookupCall(Reference("", lookup), half) for lookup in ("effect", "second"))
    assert expression_of(model, "a") == Binary("+", *calls)


def test_the_function_of_an_auxiliary_can_be_called_too(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<aux name="effect"><eqn>TIME</eqn><gf><xpts>0,1</xpts><ypts>1,2</ypts></gf></aux>'
        '<aux name="a"><eqn>effect(0.5)</eqn></aux>',
    )
    assert points(expression_of(model, "effect")).y == (1.0, 2.0)
    assert expression_of(model, "a") == LookupCall(Reference("", "effect"), Number(0.5))


# Arrays


AREAS = (
    '<dimensions><dim name="Area"><elem name="urban"/><elem name="rural"/></dim>'
    '<dim name="Class" size="2"/></dimensions>'
)
OVER_AREA = '<dimensions><dim name="Area"/></dimensions>'


def test_apply_to_all(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        f'<aux name="a">{OVER_AREA}<eqn>b[Area] * 2</eqn></aux><aux name="b">{OVER_AREA}<eqn>1</eqn></aux>',
        before=AREAS,
    )
    assert model["a"].dimensions == ("Area",)
    assert model["a"].equations == (Equation(Binary("*", Reference("", "b", ("area",)), Number(2.0))),)


def test_element_equations_and_elements_by_number(tmp_path: Path) -> None:
    dims = '<dimensions><dim name="Area"/><dim name="Class"/></dimensions>'
    elements = "".join(
        f'<element subscript="{area}, {number}"><eqn>{area}_{number}</eqn></element>'
        for area in ("urban", "rural")
        for number in (1, 2)
    )
    others = "".join(f'<aux name="{a}_{n}"><eqn>1</eqn></aux>' for a in ("urban", "rural") for n in (1, 2))
    model = model_of(tmp_path, f'<aux name="a">{dims}{elements}</aux>{others}', before=AREAS)
    assert [equation.elements for equation in model["a"].equations] == [
        ("urban", "1"),
        ("urban", "2"),
        ("rural", "1"),
        ("rural", "2"),
    ]
    assert model["a"].equations[2].expression == Reference("", "rural 1")


def test_an_equation_for_all_but_one_element(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        f'<aux name="a">{OVER_AREA}<eqn>1</eqn><element subscript="Rural"><eqn>2</eqn></element></aux>',
        before=AREAS,
    )
    assert model["a"].equations == (
        Equation(Number(2.0), elements=("rural",)),
        Equation(Number(1.0), elements=("urban",)),
    )


def test_an_element_may_have_its_own_graphical_function(tmp_path: Path) -> None:
    elements = "".join(
        f'<element subscript="{element}"><gf><xpts>0,1</xpts><ypts>{y}</ypts></gf></element>'
        for element, y in (("urban", "1,2"), ("rural", "3,4"))
    )
    model = model_of(tmp_path, f'<aux name="a">{OVER_AREA}<eqn>TIME</eqn>{elements}</aux>', before=AREAS)
    assert [points(equation.expression).y for equation in model["a"].equations if equation.expression] == [
        (1.0, 2.0),
        (3.0, 4.0),
    ]


def test_a_list_of_constants_is_shared_out(tmp_path: Path) -> None:
    model = model_of(tmp_path, f'<aux name="a">{OVER_AREA}<eqn>3, -4</eqn></aux>', before=AREAS)
    assert [(equation.elements, equation.expression) for equation in model["a"].equations] == [
        (("urban",), Number(3.0)),
        (("rural",), Number(-4.0)),
    ]


def test_an_arrayed_stock_takes_its_flows_by_element_and_scalars_whole(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        f'<stock name="s">{OVER_AREA}<eqn>1</eqn><inflow>f</inflow><outflow>g</outflow></stock>'
        f'<flow name="f">{OVER_AREA}<eqn>1</eqn></flow><flow name="g"><eqn>1</eqn></flow>',
        before=AREAS,
    )
    rate = Binary("-", Reference("", "f", ("area",)), Reference("", "g"))
    assert model["s"].equations == (Equation(Number(1.0), rate=rate),)


# What cannot be run is kept, named and placed


@pytest.mark.parametrize(
    ("variables", "name", "reason"),
    [
        (
            '<stock name="s"><eqn>1</eqn><conveyor/></stock>',
            "s",
            "a conveyor without <len> has no transit time; give it one",
        ),
        ('<stock name="s"><eqn>1</eqn><oven/></stock>', "s", "<oven> cannot be run yet"),
        ('<stock name="s"><eqn>1</eqn><queue/></stock>', "s", "<queue> cannot be run yet"),
        (
            '<stock name="s"><eqn>1</eqn><isee:oven xmlns:isee="http://iseesystems.com/XMILE"/></stock>',
            "s",
            "<isee:oven> cannot be run yet",
        ),
        ('<flow name="s"><eqn>1</eqn><overflow/></flow>', "s", "<overflow> cannot be run yet"),
        ('<flow name="s"><eqn>1</eqn><leak/></flow>', "s", "<leak> is for a flow out of a conveyor; none names it"),
        ('<aux name="s"><eqn>1</eqn><surprise/></aux>', "s", "<surprise> cannot be run yet"),
        (
            '<aux name="s"><eqn>1</eqn><eqn>2</eqn></aux>',
            "s",
            "2 equations for 1 elements cannot be run; give one for each",
        ),
        (
            '<module name="hares"/>',
            "<module hares>",
            'there is no <model name="hares"> in this file; put the module\'s model in it',
        ),
        (
            '<aux name="s"><eqn>ENDVAL(TIME, 1)</eqn></aux>',
            "s",
            '"ENDVAL" is not a function this version can run',
        ),
    ],
)
def test_what_cannot_be_run(tmp_path: Path, variables: str, name: str, reason: str) -> None:
    assert reasons(model_of(tmp_path, variables)) == [(name, 4, reason)]


@pytest.mark.parametrize("mark", ["<queue/>", "<oven/>", '<isee:oven xmlns:isee="http://iseesystems.com/XMILE"/>'])
def test_the_outflow_of_a_queue_or_oven_needs_no_equation(tmp_path: Path, mark: str) -> None:
    model = model_of(
        tmp_path,
        f'<stock name="s"><eqn>1</eqn><outflow>f</outflow>{mark}</stock><flow name="f"/>',
    )
    assert [name for name, _, _ in reasons(model)] == ["s", "f"]


def test_as_many_equations_as_elements_are_one_for_each(tmp_path: Path) -> None:
    """Translators write arrays so; the last dimension goes fastest."""
    dimensions = (
        '<dimensions><dim name="A"><elem name="a"/><elem name="b"/></dim>'
        '<dim name="B"><elem name="c"/><elem name="d"/></dim></dimensions>'
    )
    equations = "".join(f"<eqn>TIME * {number}</eqn>" for number in (1, 2, 3, 4))
    model = model_of(
        tmp_path,
        f'<aux name="x">{equations}<dimensions><dim name="A"/><dim name="B"/></dimensions></aux>',
        before=dimensions,
    )
    found = {equation.elements: equation.expression for equation in model["x"].equations}
    time = ClockValue("time")
    assert found == {
        ("a", "c"): Binary("*", time, Number(1.0)),
        ("a", "d"): Binary("*", time, Number(2.0)),
        ("b", "c"): Binary("*", time, Number(3.0)),
        ("b", "d"): Binary("*", time, Number(4.0)),
    }


def test_unused_submodels_are_refused(tmp_path: Path) -> None:
    text = (
        f"<xmile>{SPECS}<data/>\n<model><data/><variables>"
        '<aux name="a"><eqn>1</eqn></aux></variables></model>\n<model name="sub"/></xmile>'
    )
    assert reasons(read_file(file_of(tmp_path, text))) == [
        ("<model sub>", 3, "no module is made of this model; name it in a <module>, or take it out"),
        ("<data>", 2, "<data> cannot be run yet"),
    ]


def test_display_is_counted_and_changes_nothing(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<aux name="a"><eqn>1</eqn><scale min="0" max="2"/><format precision="1"/></aux>'
        '<aux name="b"><eqn>1</eqn><format/></aux>',
    )
    assert reasons(model) == []
    assert set(model.ignored) == {"scale: 1", "format: 2"}


# Positions


def test_positions_hold_through_escapes_comments_and_cdata(tmp_path: Path) -> None:
    text = (
        f"<xmile>{SPECS}<model><variables>\r\n"
        '<aux name="a > b"><eqn>IF b &gt;= 1 <!-- c > 1 --> AND c &lt;&gt; d\r\n'
        "   THEN <![CDATA[e < f]]> ELSE g</eqn></aux>\r\n"
        + "".join(f'<aux name="{name}"><eqn>1</eqn></aux>\r\n' for name in "bcdefg")
        + "</variables></model></xmile>"
    )
    path = tmp_path / "m.xmile"
    path.write_bytes(text.encode())
    lines = text.split("\r\n")
    found = [node for node in walk(expression_of(read_file(path), "a > b")) if isinstance(node, Reference)]
    assert [reference.name for reference in found] == ["b", "c", "d", "e", "f", "g"]
    for reference in found:
        assert lines[reference.where.line - 1][reference.where.column - 1] == reference.name


# Errors of equations and structure, each with its exact message; variables begin on line 4.


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            '<aux name="A b"><eqn>1</eqn></aux>\n<aux name="a_B"><eqn>1</eqn></aux>',
            'm.xmile, line 5, "a_B": line 4 has a variable of this name already; rename one.',
        ),
        (
            '<stock name="s"><eqn>1</eqn>\n<inflow>birhts</inflow></stock><flow name="births"><eqn>1</eqn></flow>',
            'm.xmile, line 5, "s": "birhts" is not a variable of this model; nearest: "births".',
        ),
        ('<aux name="a"/>', 'm.xmile, line 4, "a": there is no equation; add <eqn>.'),
        ('<aux name="a"><eqn> </eqn></aux>', 'm.xmile, line 4, "a": there is no equation; write one in <eqn>.'),
        (
            '<aux name="a">\n<eqn>1 +\n??</eqn></aux>',
            "m.xmile, line 6, \"a\": '?' is not expected here; remove it, or put a name that holds it between "
            "quotation marks.",
        ),
        (
            '<aux name="a"><eqn>STEP(1)</eqn></aux>',
            'm.xmile, line 4, "a": "STEP" takes 2 arguments (height from a time on), and is given 1.',
        ),
        ("<aux><eqn>1</eqn></aux>", "m.xmile, line 4: a <aux> has no name; give it one."),
        (
            '<aux name="a"><dimensions><dim name="Aera"/></dimensions><eqn>1</eqn></aux>',
            'm.xmile, line 4, "a": "Aera" is not a dimension of this file; nearest: "Area".',
        ),
        (
            f'<aux name="a">{OVER_AREA}<element subscript="urbn"><eqn>1</eqn></element></aux>',
            'm.xmile, line 4, "a": "urbn" is not an element of "Area"; nearest: "urban".',
        ),
        (
            f'<aux name="a">{OVER_AREA}<element subscript="urban"><eqn>1</eqn></element></aux>',
            'm.xmile, line 4, "a": element "rural" has no equation; add it.',
        ),
        (
            f'<aux name="a">{OVER_AREA}<eqn>1,2,3</eqn></aux>',
            'm.xmile, line 4, "a": 3 numbers are given for 2 elements; give as many.',
        ),
        (
            '<aux name="a"><eqn>TIME</eqn><gf><xpts>0,1</xpts><ypts>1</ypts></gf></aux>',
            'm.xmile, line 4, "a": the graphical function has 2 x values and 1 y values; give as many of each.',
        ),
        (
            '<aux name="a"><eqn>TIME</eqn><gf><xpts>0,2,1</xpts><ypts>1,1,1</ypts></gf></aux>',
            'm.xmile, line 4, "a": the graphical function goes back from x = 2 to 1; write its points by ascending x.',
        ),
        (
            '<aux name="a"><eqn>TIME</eqn><gf><ypts>1,1</ypts></gf></aux>',
            'm.xmile, line 4, "a": the graphical function has no <xpts> and no <xscale>; give one of them.',
        ),
        (
            '<aux name="a"><eqn>TIME</eqn><gf type="smooth"><xpts>1</xpts><ypts>1</ypts></gf></aux>',
            "m.xmile, line 4, \"a\": 'smooth' is no type of graphical function; there are: "
            '"continuous", "extrapolate", "discrete".',
        ),
        (
            '<aux name="a"><eqn>TIME</eqn><gf><xpts>0,one</xpts><ypts>1,1</ypts></gf></aux>',
            "m.xmile, line 4: a point is 'one'; write a plain number.",
        ),
        (
            '<aux name="level"><eqn>1</eqn></aux><group name="G"><entity name="levle"/></group>',
            'm.xmile, line 4, "G": "levle" is not a variable of this model; nearest: "level".',
        ),
    ],
)
def test_errors_of_variables(tmp_path: Path, variables: str, message: str) -> None:
    assert refused(tmp_path, variables, before=AREAS) == message


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ("", "m.xmile, line 1: there is no <sim_specs>; add start, stop and dt."),
        ("<sim_specs><start>0</start></sim_specs>", "m.xmile, line 2: <sim_specs> has no <stop>; add it."),
        (
            "<sim_specs><start>0</start><stop>0</stop></sim_specs>",
            "m.xmile, line 2: <stop> is not after <start>; give a later time.",
        ),
        (
            "<sim_specs><start>0</start><stop>1</stop><dt>0</dt></sim_specs>",
            "m.xmile, line 2: <dt> is 0; the time step must be above 0.",
        ),
        (
            "<sim_specs><start>0</start><stop>1</stop><dt>a+b</dt></sim_specs>",
            "m.xmile, line 2: <dt> is 'a+b', which is not made of constants of the model alone; write a plain number, "
            "or the name of a constant.",
        ),
        (
            "<sim_specs><start>nan</start><stop>1</stop></sim_specs>",
            "m.xmile, line 2: <start> is 'nan'; write a plain number.",
        ),
        (
            '<sim_specs method="rk3"><start>0</start><stop>1</stop></sim_specs>',
            "m.xmile, line 2: the integration method 'rk3' cannot be run; there are: euler, rk2, rk4.",
        ),
    ],
)
def test_errors_of_the_clock(tmp_path: Path, specs: str, message: str) -> None:
    assert refused(tmp_path, '<aux name="a"><eqn>1</eqn></aux>', specs=specs) == message


def test_the_clock_may_name_constants(tmp_path: Path) -> None:
    """They are worked out once, which is said: who sets one for a run would else believe that the clock moves."""
    model = model_of(
        tmp_path,
        '<aux name="first year"><eqn>1990</eqn></aux><aux name="Last Year"><eqn>first_year + 2*horizon</eqn></aux>'
        '<aux name="horizon"><eqn>15</eqn></aux>',
        specs="<sim_specs><start>first_year</start><stop>Last_Year</stop><dt>1/16</dt></sim_specs>",
    )
    assert model.clock == Clock(1990.0, 2020.0, 0.0625)
    assert [(left_out.variable, left_out.text) for left_out in model.left_out] == [
        ("<start>", "it is worked out once, of first_year: to set that for a run does not move the clock"),
        ("<stop>", "it is worked out once, of Last_Year: to set that for a run does not move the clock"),
    ]


def test_an_equation_of_the_start_holds_there_alone(tmp_path: Path) -> None:
    """As Vensim's ACTIVE INITIAL; it breaks circles of initial values. The recorded values are those of simlin."""
    model = model_of(
        tmp_path,
        '<stock name="s"><eqn>a * 2</eqn><inflow>f</inflow></stock><flow name="f"><eqn>a</eqn></flow>'
        '<aux name="a"><eqn>s / 4</eqn><init_eqn>1</init_eqn></aux>',
    )
    table = run(model).to_frame()
    assert table["s"].tolist()[:3] == [2.0, 2.25, 2.53125]
    assert table["a"].tolist()[:3] == [0.5, 0.5625, 0.6328125]
    arrays = model_of(
        tmp_path,
        '<stock name="s"><dimensions><dim name="D"/></dimensions><eqn>a</eqn></stock>'
        '<aux name="a"><dimensions><dim name="D"/></dimensions><eqn>s / 4</eqn><init_eqn>1</init_eqn>'
        '<element subscript="2"><init_eqn>8</init_eqn></element></aux>',
        before='<dimensions><dim name="D" size="2"/></dimensions>',
    )
    last = run(arrays).to_frame().iloc[-1]
    assert [last[name] for name in ("s[1]", "s[2]", "a[1]", "a[2]")] == [1.0, 8.0, 0.25, 2.0]


def test_no_number_is_a_value(tmp_path: Path) -> None:
    model = model_of(
        tmp_path, '<aux name="a"><eqn>NAN</eqn></aux><aux name="b"><eqn>IF TIME > 1 THEN nan ELSE 2</eqn></aux>'
    )
    table = run(model).to_frame()
    assert table["a"].isna().all()
    assert table["b"].tolist()[:2] == [2.0, 2.0]
    assert table["b"].isna().iloc[-1]
    assert not [finding for finding in check(model) if finding.severity == "error"]
    named = model_of(tmp_path, '<aux name="nan"><eqn>5</eqn></aux><aux name="b"><eqn>NAN</eqn></aux>')
    assert run(named).to_frame()["b"].iloc[0] == 5.0


def test_an_element_with_its_dimension_is_its_number(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        '<aux name="x"><dimensions><dim name="Source"/></dimensions>'
        "<eqn>IF Source = Source.oil_fuel THEN 7 ELSE 0</eqn>"
        '</aux><aux name="y"><eqn>x[Source.Oil_fuel] + Source.Wind</eqn></aux>',
        before='<dimensions><dim name="Source"><elem name="Coal"/><elem name="Oil_fuel"/><elem name="Wind"/></dim>'
        "</dimensions>",
    )
    row = run(model).to_frame().iloc[0]
    assert [row[f"x[{element}]"] for element in ("Coal", "Oil_fuel", "Wind")] == [0.0, 7.0, 0.0]
    assert row["y"] == 10.0


# Files that are no models, each with its exact message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "m.xmile: the file is empty; restore it from a copy or save the model again."),
        (b" \n ", "m.xmile: the file is empty; restore it from a copy or save the model again."),
        (
            WHOLE[: WHOLE.index('<flow name="returning"')].encode(),
            "m.xmile, line 11: the file is not well-formed XML (Premature end of data in tag variables line 6); "
            "it may be cut off: restore it from a copy or correct that line.",
        ),
        (
            b"time,users\n0,1\n",
            "m.xmile, line 1: the file is not well-formed XML (Start tag expected, '<' not found); "
            "it may be cut off: restore it from a copy or correct that line.",
        ),
        (
            b"<!DOCTYPE html>\n<html><body>404</body></html>",
            "m.xmile, line 1: this is a web page (HTML), not a model; download the model file itself.",
        ),
        (b'{"message": "Not Found"}', "m.xmile, line 1: this looks like JSON, not XMILE; name a model file."),
        (
            b'<?xml version="1.0"?>\n<svg/>',
            "m.xmile, line 2: the outermost element is <svg>, not <xmile>; "
            "this is another kind of XML file: name a model.",
        ),
        (b"PK\x03\x04\x00\x00", "m.xmile: this is a binary file, not XMILE; save the model as text."),
        (
            b'<?xml version="1.0"?>\n<!DOCTYPE xmile [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n<xmile>&a;</xmile>',
            "m.xmile, line 2: document types and entities (<!DOCTYPE>) are not read; "
            "remove the declaration and write out what it stands for.",
        ),
        (b"<xmile/>", "m.xmile, line 1: the file has no <model>; add one."),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "m.xmile"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert str(caught.value) == message


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    file_of(tmp_path, "<xmile/>", name="egov.xmile")
    path = tmp_path / "egvo.xmile"
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert str(caught.value) == f'{path}: there is no such file; nearest: "egov.xmile".'


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    folder = tmp_path / "m.xmile"
    folder.mkdir()
    with pytest.raises(ModelError) as caught:
        read_file(folder)
    assert str(caught.value) == f"{folder}: this is a folder; name a model file in it."


def test_a_suffix_of_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        read_file(file_of(tmp_path, "a,b", name="m.csv"))
    assert str(caught.value) == (
        "m.csv: a file ending in '.csv' is no model that can be read; there are: .xmile, .stmx, .itmx, .xml, .mdl."
    )


def test_entities_that_grow_are_refused_quickly(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    with pytest.raises(ModelError):
        read_file(file_of(tmp_path, f'<!DOCTYPE xmile [<!ENTITY e0 "a">{lines}]><xmile>&e11;</xmile>'))


# The shipped model and the conformance collection


def test_the_shipped_model_reads_whole() -> None:
    model = read_file(Path(__file__).parents[2] / "models" / "egov.xmile")
    assert reasons(model) == []
    for variable in model:
        for equation in variable.equations:
            for part in (equation.expression, equation.rate):
                for node in walk(part) if part is not None else ():
                    assert not isinstance(node, Reference) or node.id in model.by_id


CONFORMANCE = os.environ.get("EGOVSIM_CONFORMANCE")


def outcome(path: Path) -> Model | EgovsimError:
    """Read a file, or say why not; any other exception is the reader's fault."""
    try:
        return read_file(path)
    except EgovsimError as error:
        return error


@pytest.mark.skipif(not CONFORMANCE, reason="EGOVSIM_CONFORMANCE names no folder with recorded models")
def test_every_recorded_model_is_read_or_refused_with_a_reason() -> None:
    suffixes = {".xmile", ".stmx", ".itmx", ".xml", ".mdl"}
    files = [path for path in sorted(Path(CONFORMANCE or "").rglob("*")) if path.suffix.lower() in suffixes]
    outcomes = {file: outcome(file) for file in files}
    assert all(path.name in str(found) for path, found in outcomes.items() if isinstance(found, EgovsimError))
    runnable = [outcome for outcome in outcomes.values() if isinstance(outcome, Model) and not reasons(outcome)]
    assert len(runnable) >= 190
