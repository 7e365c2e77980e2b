"""XMILE modules: several models in one file, connected, made into one flat model.

If these fail, parts of a model are run with the wrong inputs, or names of one part reach into another.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import egovsim
from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import Number, Reference
from egovsim.model.model import Model
from egovsim.model.variable import Equation

HEAD = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<sim_specs><start>0</start><stop>4</stop><dt>0.5</dt></sim_specs>
<dimensions><dim name="Area"><elem name="urban"/><elem name="rural"/></dim></dimensions>
"""


def read(folder: Path, models: str) -> Model:
    """Read a file of these models; they begin on line 4."""
    path = folder / "m.xmile"
    path.write_text(f"{HEAD}{models}\n</xmile>", encoding="utf-8")
    return egovsim.read_model(path)


def columns(model: Model) -> dict[str, np.ndarray]:
    frame = egovsim.run(model).to_frame()
    return {name: frame[name].to_numpy() for name in frame.columns}


def aux(name: str, equation: str, inside: str = "") -> str:
    return f'<aux name="{name}"><eqn>{equation}</eqn>{inside}</aux>'


WATER = (
    '<model name="Tank"><variables><stock name="level"><eqn>start</eqn><inflow>in flow</inflow><outflow>leak</outflow>'
    "</stock>"
    '<flow name="in flow"><eqn>supply</eqn></flow><flow name="leak"><eqn>level / life</eqn></flow>'
    f"{aux('start', '10')}{aux('life', '4')}{aux('supply', '0')}</variables></model>"
)


def test_a_module_takes_what_is_connected_and_keeps_the_rest(tmp_path: Path) -> None:
    """The input's own equation is for the module alone; unconnected ones hold."""
    model = read(
        tmp_path,
        '<model><variables><module name="Tank"><connect to="supply" from="rain"/></module>'
        f"{aux('rain', '3')}{aux('level', 'Tank.level * 2')}</variables></model>{WATER}",
    )
    assert [variable.name for variable in model] == [
        "rain", "level", "Tank.level", "Tank.in flow", "Tank.leak", "Tank.start", "Tank.life", "Tank.supply",
    ]  # fmt: skip
    assert model["Tank.supply"].equations == (Equation(Reference("rain", "rain")),)
    assert model["Tank.life"].equations == (Equation(Number(4.0)),)
    assert model["Tank.level"].inflows == ("tank.in flow",)
    level, found = 10.0, columns(model)
    for recorded, doubled in zip(found["Tank.level"], found["level"], strict=True):
        assert recorded == pytest.approx(level, rel=1e-14)
        assert doubled == 2 * recorded
        level += 0.5 * (3 - level / 4)


def test_modules_feed_each_other_and_the_whole_model(tmp_path: Path) -> None:
    """A name is first that of its own module; one that begins with a dot is the whole model's (section 3.2.2)."""
    model = read(
        tmp_path,
        f"""<model><variables>
<module name="a"><connect to="a.x" from="b.y"/></module>
<module name="b"><connect to="x" from=".x"/></module>
{aux("x", "5 + TIME")}{aux("k", "100")}</variables></model>
<model name="a"><variables>{aux("x", "{to be connected}")}{aux("y", "x + k")}{aux("k", "1")}</variables></model>
<model name="b"><variables>{aux("x", "0")}{aux("y", "x * 10 + .k")}</variables></model>""",
    )
    np.testing.assert_array_equal(columns(model)["a.y"], (5 + np.arange(9) * 0.5) * 10 + 100 + 1)


def test_connections_as_stella_writes_them(tmp_path: Path) -> None:
    """In both modules that they concern, with the target's name in front, towards the whole model, names quoted.

    What only stood in the source's module would not arrive, and what a module feeds would keep its own equation.
    """
    model = read(
        tmp_path,
        """<model name="b c"><variables><aux name="in/put" access="input"><eqn>{to be connected}</eqn></aux>
<aux name="y" access="output"><eqn>"in/put" + 1</eqn></aux></variables></model>
<model><variables>
<module name="a"><connect to='b_c."in/put"' from="a.x"/><connect2 to='b_c."in/put"' from="a.x"/></module>
<module name="b c"><connect to='b_c."in/put"' from="a.x"/><connect to=".y" from="b_c.y"/></module>
<aux name="y" access="input"><eqn>b_c</eqn></aux><aux name="seen"><eqn>10 * y</eqn></aux></variables></model>
<model name="a"><variables><aux name="x" access="output"><eqn>TIME</eqn></aux></variables></model>""",
    )
    found = columns(model)
    np.testing.assert_array_equal(found["b c.in/put"], np.arange(9) * 0.5)
    np.testing.assert_array_equal(found["seen"], (np.arange(9) * 0.5 + 1) * 10)
    assert model["y"].equations == (Equation(Reference("b c.y", "b c.y")),)


def test_a_module_in_a_module(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        f"""<model><variables><module name="outer"><connect to="x" from="x"/></module>{aux("x", "2")}
{aux("seen", "outer.inner.y + outer.z")}</variables></model>
<model name="outer"><variables>{aux("x", "0")}<module name="inner"><connect to="x" from="double"/></module>
{aux("double", "2 * x")}{aux("z", "inner.y + 1")}</variables></model>
<model name="inner"><variables>{aux("x", "0")}{aux("y", "x * x")}</variables></model>""",
    )
    assert columns(model)["seen"][0] == 16 + 17


def test_a_connected_stock_only_follows(tmp_path: Path) -> None:
    """Stand-ins for a stock elsewhere are stocks in files; integrating them too would count flows twice."""
    model = read(
        tmp_path,
        f"""<model><variables><module name="m"><connect to="s" from="s"/></module>
<stock name="s"><eqn>1</eqn><inflow>f</inflow></stock><flow name="f"><eqn>2</eqn></flow></variables></model>
<model name="m"><variables><stock name="s"><eqn/><non_negative/></stock>{aux("y", "s - 10")}</variables></model>""",
    )
    assert model["m.s"].kind == "auxiliary"
    assert not model["m.s"].non_negative
    np.testing.assert_array_equal(columns(model)["m.y"], np.arange(9) - 9.0)


def test_arrays_and_graphical_functions_across_modules(tmp_path: Path) -> None:
    area = '<dimensions><dim name="Area"/></dimensions>'
    points = "<gf><xpts>0,4</xpts><ypts>0,8</ypts></gf>"
    model = read(
        tmp_path,
        f"""<model><variables><module name="m"><connect to="x" from="x"/></module>
<aux name="x">{area}<element subscript="urban"><eqn>TIME</eqn></element>
<element subscript="rural"><eqn>7</eqn></element></aux>
{aux("seen", "m.f(3) + m.y[rural]")}</variables></model>
<model name="m"><variables>{aux("x", "0", area)}{aux("y", "x[Area] * 2", area)}<aux name="f">{points}</aux>
</variables></model>""",
    )
    found = columns(model)
    np.testing.assert_array_equal(found["m.y[urban]"], np.arange(9) * 1.0)
    assert found["seen"][0] == 6.0 + 14.0


def test_macros_are_called_from_modules(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        f"""<macro name="twice"><parm>v</parm><eqn>2 * v</eqn></macro>
<model><variables><module name="m"/></variables></model>
<model name="m"><variables>{aux("x", "3")}{aux("y", "twice(x + 1)")}</variables></model>""",
    )
    assert columns(model)["m.y"][0] == 8.0


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (
            '<model><variables><module name="m"><connect to="y" from="x"/>\n<connect to="m.y" from="z"/></module>'
            f"{aux('x', '1')}{aux('z', '1')}</variables></model>"
            f'<model name="m"><variables>{aux("y", "1")}</variables></model>',
            'm.xmile, line 5, "m": "m.y" is connected to "x" and to "z"; leave one.',
        ),
        (
            '<model><variables><module name="m">\n<connect to="y"/></module></variables>'
            f'</model><model name="m"><variables>{aux("y", "1")}</variables></model>',
            'm.xmile, line 5, "m": a <connect> needs "to" and "from"; give both.',
        ),
        (
            '<model><variables><module name="m"/></variables></model>\n'
            '<model name="m"><variables><module name="m"/></variables></model>',
            'm.xmile, line 5, "m": this module is a part of itself; take it out.',
        ),
        (
            f'<model><variables><module name="m"/></variables></model><model name="m"><variables>\n{aux("y", "1 +")}'
            "</variables></model>",
            'm.xmile, line 5, "y": the equation ends where a value is expected; write what is missing at its end.',
        ),
    ],
)
def test_errors_of_modules(tmp_path: Path, models: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        read(tmp_path, models)
    assert str(caught.value) == message


@pytest.mark.parametrize(("levels", "names"), [(30, "ab"), (60, "a")])
def test_modules_that_would_fill_the_memory_are_an_error(tmp_path: Path, levels: int, names: str) -> None:
    def modules(level: int) -> str:
        return "<variables>" + "".join(f'<module name="{name}{level}"/>' for name in names) + "</variables>"

    parts = "".join(
        f'<model name="{name}{level}">{modules(level + 1)}</model>' for level in range(levels) for name in names
    )
    last = "".join(f'<model name="{name}{levels}"><variables/></model>' for name in names)
    with pytest.raises(ModelError, match="modules are nested more than 50 deep, or are more than 20,000"):
        read(tmp_path, f"<model>{modules(0)}</model>{parts}{last}")


@pytest.mark.parametrize(
    ("models", "line"),
    [
        (
            '<model><variables><module name="m"/></variables></model>',
            'm.xmile, line 4, "<module m>": there is no <model name="m"> in this file; put the module\'s model in it',
        ),
        (
            f"<model><variables>{aux('x', '1')}</variables></model>\n<model name='m'><variables/></model>",
            'm.xmile, line 5, "<model m>": no module is made of this model; name it in a <module>, or take it out',
        ),
        (
            '<model><variables><module name="m"/></variables></model><model name="m">\n'
            "<sim_specs><start>0</start><stop>4</stop></sim_specs><variables/></model>",
            'm.xmile, line 5, "m.<sim_specs>": a module that runs by a clock of its own cannot be run yet',
        ),
        (
            '<model><variables><module name="m"/></variables></model><model name="m">\n'
            "<variables><sector name='s'/></variables></model>",
            'm.xmile, line 5, "m.<sector s>": <sector> cannot be run yet',
        ),
    ],
)
def test_what_of_modules_cannot_be_run(tmp_path: Path, models: str, line: str) -> None:
    """What is left out of a run without a word changes its numbers."""
    model = read(tmp_path, models)
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(model)
    assert line in str(caught.value)


def test_a_connection_in_a_circle_is_an_error_that_names_it(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        """<model><variables><module name="a"><connect to="x" from="b.x"/></module>
<module name="b"><connect to="x" from="a.x"/></module></variables></model>
<model name="a"><variables><aux name="x"><eqn>1</eqn></aux></variables></model>
<model name="b"><variables><aux name="x"><eqn>1</eqn></aux></variables></model>""",
    )
    with pytest.raises(ModelError, match=r"a\.x.*b\.x"):
        egovsim.run(model)
