"""Diagrams come out of both formats and go into XMILE, and no number depends on them.

If one of these fails, somebody who takes a model out of Vensim loses its picture, or cannot load a model
because its picture is damaged.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from small_models import auxiliary, flow, mdl, read, stock, xmile

import egovsim
from egovsim.errors import UnsupportedError
from egovsim.model.model import Model
from egovsim.model.views import View, ViewItem

EQUATIONS = {
    "Staff": "INTEG(hiring - leaving, 100)",
    "hiring": '4 * "pull, of jobs"',
    "leaving": "Staff / 10",
    '"pull, of jobs"': "0.5",
}

SKETCH = r"""\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*Main  view
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0
10,1,Staff,300,100,40,20,3,3,0,0,0,0,0,0
12,2,48,100,100,10,8,0,3,0,0,-1,0,0,0
1,3,5,1,4,0,0,22,0,0,0,-1--1--1,,1|(230,100)|
1,4,5,2,100,0,0,22,0,0,0,-1--1--1,,1|(150,100)|
11,5,48,200,100,6,8,34,3,0,0,1,0,0,0
10,6,hiring,200,119,22,11,40,3,0,0,-1,0,0,0
12,7,48,420,300,10,8,0,3,0,0,-1,0,0,0
1,8,10,7,4,0,0,22,0,0,0,-1--1--1,,2|(420,200)|(420,290)|
1,9,10,1,100,0,0,22,0,0,0,-1--1--1,,1|(353,70)|
11,10,48,310,200,6,8,33,3,0,0,1,0,0,0
10,11,leaving,330,200,22,11,40,3,0,0,-1,0,0,0
10,12,"pull, of jobs",200,300,35,11,8,3,0,0,0,0,0,0
1,13,12,6,0,0,43,0,0,64,0,-1--1--1,,1|(0,0)|
1,14,1,11,0,0,45,0,0,64,0,-1--1--1,,1|(350,150)|
1,15,1,12,0,1,0,0,0,64,0,-1--1--1,,1|(0,0)|
12,16,0,400,20,50,10,8,4,0,0,-1,0,0,0
People, and where they go
10,17,Time,26,26,26,11,8,2,0,3,-1,0,0,0,128-128-128,0-0-0,|0||128-128-128
12,18,0,600,600,100,50,3,188,0,0,1,0,0,0
Staff,Graph
\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*Second
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0
10,1,Staff,50,60,30,11,8,2,0,3,-1,0,0,0,128-128-128,0-0-0,|0||128-128-128
10,2,hiring,50,160,30,11,8,2,0,3,-1,0,0,0,128-128-128,0-0-0,|0||128-128-128
1,3,1,2,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|
///---\\\
:L<%^E!@
15:0,0,0,0,0,0
"""

VIEWS = (
    View(
        "Main view",
        (
            ViewItem("stock", "Staff", 300, 100, 80, 40),
            # From the cloud on the left to the border of the stock.
            ViewItem("flow", "hiring", 200, 100, points=((100, 100), (260, 100))),
            # Down out of the stock, to the right from the valve, and down again to a cloud.
            ViewItem("flow", "leaving", 310, 200, points=((310, 120), (310, 200), (420, 200), (420, 290), (420, 300))),
            ViewItem("auxiliary", "pull, of jobs", 200, 300, 70, 22),
            ViewItem("comment", "People, and where they go", 350, 10, 100, 20),
            ViewItem("connector", begin="pull, of jobs", end="hiring", angle=90, polarity="+"),
            # 100 down and 10 to the right.
            ViewItem("connector", begin="Staff", end="leaving", angle=275.711, polarity="-"),
        ),
    ),
    View(
        "Second",
        (
            ViewItem("alias", "Staff", 50, 60, 60, 22, number=1),
            ViewItem("alias", "hiring", 50, 160, 60, 22, number=2),
            ViewItem("connector", begin=1, end=2, angle=270),
        ),
    ),
)


def vensim(sketch: str = SKETCH) -> str:
    return mdl(EQUATIONS).partition("\n\\\\\\---")[0] + "\n\n" + sketch


def test_a_sketch_of_vensim_is_read(tmp_path: Path) -> None:
    """Positions, pipes, arrows, shadows and comments stand where the file says; what shows no variable is counted."""
    model = read(tmp_path, vensim())
    assert model.views == VIEWS
    assert model.ignored == ("objects of sketches: 3",)  # a hidden arrow, <Time>, a graph


def test_an_arrow_leaves_along_its_circle(tmp_path: Path) -> None:
    """A quarter of the circle round (0, 100): from its top, at (0, 0), to (100, 100), it leaves to the right."""
    objects = (
        "10,1,a,0,0,5,5,8,3,0,0,0,0,0,0",
        "10,2,b,100,100,5,5,8,3,0,0,0,0,0,0",
        "1,3,1,2,1,0,0,0,0,64,0,-1--1--1,,1|(71,29)|",
        "1,4,2,1,1,0,0,0,0,64,0,-1--1--1,,1|(71,29)|",
    )
    sketch = "\\\\\\---/// Sketch\nV300\n*v\n$x\n" + "\n".join(objects) + "\n///---\\\\\\\n"
    text = mdl({"a": "b", "b": "1"}).partition("\n\\\\\\---")[0] + "\n\n" + sketch
    (view,) = read(tmp_path, text).views
    angles = [(item.angle or 0.0) for item in view.items if item.kind == "connector"]
    assert [(angle + 180) % 360 - 180 for angle in angles] == pytest.approx([0, 90], abs=0.6)


def there_and_back(model: Model, folder: Path) -> Model:
    return egovsim.read_model(egovsim.write_xmile(model, folder / "written.xmile"))


def test_a_sketch_goes_into_xmile_and_comes_back(tmp_path: Path) -> None:
    model = read(tmp_path, vensim())
    back = there_and_back(model, tmp_path)
    assert back.views == VIEWS
    assert replace(back, file="", ignored=()) == replace(model, file="", ignored=())


def test_other_programs_see_the_picture(tmp_path: Path) -> None:
    """pysimlin finds stock, flows and their pipes where the sketch has them: rates of Vensim have become flows."""
    simlin = pytest.importorskip("simlin", reason="pysimlin, the second engine, is not installed")
    path = egovsim.write_xmile(read(tmp_path, vensim()), tmp_path / "x.xmile")
    project = json.loads(simlin.load(path).project.serialize_json())
    shown = {one.get("name"): one for one in project["models"][0]["views"][0]["elements"]}
    assert [(shown[one]["type"], shown[one]["x"], shown[one]["y"]) for one in ("Staff", "hiring", "leaving")] == [
        ("stock", 300, 100),
        ("flow", 200, 100),
        ("flow", 310, 200),
    ]
    pipes = [[one.get("attachedToUid") for one in shown[name]["points"]] for name in ("hiring", "leaving")]
    staff = shown["Staff"]["uid"]
    assert [(pipe[0] == staff, pipe[-1] == staff) for pipe in pipes] == [(False, True), (True, False)]


def test_a_flow_without_a_pipe_is_written_with_one(tmp_path: Path) -> None:
    """pysimlin ends the whole process at a flow without points, so it is asked in another one."""
    text = xmile(
        '<stock name="Staff"><eqn>1</eqn><inflow>hiring</inflow></stock><flow name="hiring"><eqn>1</eqn></flow>'
    ).replace(
        "</variables>",
        '</variables><views><view><stock x="300" y="100" name="Staff"/><flow x="200" y="100" name="hiring"/></view>'
        "</views>",
    )
    model = read(tmp_path, text)
    path = egovsim.write_xmile(model, tmp_path / "x.xmile")
    assert egovsim.read_model(path).views == model.views
    assert '<pts egovsim:made="true"><pt x="155" y="100"/><pt x="245" y="100"/></pts>' in path.read_text("utf-8")
    pytest.importorskip("simlin", reason="pysimlin, the second engine, is not installed")
    script = f"import simlin; simlin.load({str(path)!r}).run()"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


XMILE_VIEWS = """<views>
<style color="black"><stock color="blue"/></style>
<view type="stock_flow" name="Staff\\nand work" xmlns:isee="x">
  <style color="red"/>
  <stock x="300" y="100" name="Staff"/>
  <stock x="10" y="20" width="60" height="40" name="Work"/>
  <flow x="200.5" y="100" name="hiring"><pts><pt x="100" y="100"/><pt x="277.5" y="100"/></pts></flow>
  <aux x="200" y="300" name="pull_of\\njobs"><shape type="circle" radius="18"/></aux>
  <alias x="1" y="2" uid="7"><of>Staff</of><shape type="name_only" width="30" height="10"/></alias>
  <connector uid="8" angle="45" polarity="+"><from><alias uid="7"/></from><to>hiring</to></connector>
  <connector uid="9"><from>"pull of jobs"</from><to>hiring</to><pts><pt x="1" y="2"/><pt x="3" y="4"/></pts></connector>
  <group name="People" x="0" y="0" width="500" height="200"><item uid="1"/></group>
  <text_box x="5" y="6" width="70" height="8"> A &amp; B </text_box>
  <isee:annotation x="1" y="1"/>
  <graph x="1" y="1"/>
  <stock x="nowhere" y="1" name="Staff"/>
  <aux x="1" y="1" name="nobody"/>
  <aux x="1" name="pull of jobs"/>
  <connector angle="1"><from><alias uid="70"/></from><to>hiring</to></connector>
  <connector angle="1"><to>hiring</to></connector>
</view>
<view type="interface"><stock x="1" y="1" name="Staff"/></view>
</views>"""


def test_views_of_xmile_are_read_and_written(tmp_path: Path) -> None:
    """What has a size of its own is placed by its corner, what has a shape by its middle (XMILE 1.0, 5.1.2)."""
    text = xmile(
        stock("Staff", 1, inflows=["hiring"]), stock("Work", 1), flow("hiring", 1), auxiliary("pull of jobs", 2)
    ).replace("</variables>", f"</variables>{XMILE_VIEWS}")
    model = read(tmp_path, text)
    assert model.views == (
        View(
            "Staff and work",
            (
                ViewItem("stock", "Staff", 300, 100),
                ViewItem("stock", "Work", 40, 40, 60, 40),
                ViewItem("flow", "hiring", 200.5, 100, points=((100, 100), (277.5, 100))),
                ViewItem("auxiliary", "pull of jobs", 200, 300, 36, 36),
                ViewItem("alias", "Staff", 1, 2, 30, 10, number=7),
                ViewItem("connector", begin=7, end="hiring", angle=45, polarity="+"),
                ViewItem("connector", begin="pull of jobs", end="hiring", points=((1, 2), (3, 4))),
                ViewItem("group", "People", 0, 0, 500, 200),
                ViewItem("comment", "A & B", 5, 6, 70, 8),
            ),
        ),
    )
    assert model.ignored == ("objects of views: 8",)
    assert there_and_back(model, tmp_path).views == model.views


finite = st.floats(-1e6, 1e6).map(lambda value: value + 0.0)
sizes = st.one_of(st.tuples(st.none(), st.none()), st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)))
points = st.lists(st.tuples(finite, finite), min_size=1, max_size=4).map(tuple)
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@st.composite
def any_views(draw: st.DrawFn) -> tuple[View, ...]:
    """Draw diagrams of a model of `Staff`, `hiring` and `pull, of jobs`."""
    aliases = [
        ViewItem("alias", "Staff", draw(finite), draw(finite), *draw(sizes), number=number + 1)
        for number in range(draw(st.integers(0, 2)))
    ]
    ends = st.sampled_from(["Staff", "hiring", "pull, of jobs", *(aliase.number for aliase in aliases)])
    items = st.one_of(
        st.builds(lambda x, y, size: ViewItem("stock", "Staff", x, y, *size), finite, finite, sizes),
        st.builds(lambda x, y, size: ViewItem("auxiliary", "pull, of jobs", x, y, *size), finite, finite, sizes),
        st.builds(lambda x, y, pipe: ViewItem("flow", "hiring", x, y, points=pipe), finite, finite, points),
        st.builds(lambda x, y, size, text: ViewItem("comment", text, x, y, *size), finite, finite, sizes, words),
        st.builds(lambda x, y, size, text: ViewItem("group", text, x, y, *size), finite, finite, sizes, words),
        st.builds(
            lambda begin, end, angle, sign: ViewItem("connector", begin=begin, end=end, angle=angle, polarity=sign),
            ends,
            ends,
            st.one_of(st.none(), finite),
            st.sampled_from(["", "+", "-"]),
        ),
    )
    return (View(draw(words), (*aliases, *draw(st.lists(items, max_size=6)))),)


@given(views=any_views())
def test_any_diagram_comes_back(views: tuple[View, ...], tmp_path_factory: pytest.TempPathFactory) -> None:
    """A diagram that is made by a program, for a model of either format, is in the file as it was made."""
    folder = tmp_path_factory.mktemp("views")
    model = replace(read(folder, vensim()), views=views)
    assert there_and_back(model, folder).views == views


@given(data=st.data())
def test_a_damaged_sketch_stops_no_model(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in a sketch, the equations are those of the file without it."""
    folder = tmp_path_factory.mktemp("damaged")
    lines = [str(one) for one in SKETCH.split("\n")]
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(4, len(lines) - 1))
        start = data.draw(st.integers(0, len(lines[place])))
        junk = data.draw(st.text(st.sampled_from('0123456789,|()"\\-. \x0cé'), max_size=6))
        lines[place] = lines[place][:start] + junk + lines[place][start + data.draw(st.integers(0, 5)) :]
    model = read(folder, vensim("\n".join(lines)))
    assert model.variables == read(folder, mdl(EQUATIONS)).variables


def test_what_is_a_flow_in_the_file_alone_is_drawn_as_one(tmp_path: Path) -> None:
    """An editor finds no flow where a diagram shows an auxiliary of that name; here it comes back as what it was."""
    lone = "\n".join(line for line in SKETCH.split("\n") if not line.startswith(("1,3,", "1,4,", "11,5,")))
    model = read(tmp_path, vensim(lone))
    drawn = {item.name: item for item in model.views[0].items if item.kind in ("flow", "auxiliary")}
    assert drawn["hiring"] == ViewItem("auxiliary", "hiring", 200, 119, 44, 22)
    back = there_and_back(model, tmp_path)
    assert '<flow name="hiring" x="200" y="119" egovsim:kind="auxiliary">' in (tmp_path / "written.xmile").read_text()
    assert back.views == model.views


def test_a_diagram_that_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    model = replace(read(tmp_path, mdl({"a": "1"})), views=(View("", (ViewItem("comment", "page\x0cbreak"),)),))
    with pytest.raises(UnsupportedError) as caught:
        egovsim.write_xmile(model, tmp_path / "x.xmile")
    assert str(caught.value).splitlines() == [
        "model.mdl holds what cannot be written as XMILE:",
        "  model.mdl: a diagram holds the character U+000C, which XML cannot",
    ]


def test_rates_of_vensim_are_flows_for_others(tmp_path: Path) -> None:
    """A rate that is a plain sum names its parts as flows; the model that comes back is that of Vensim all the same."""
    equations = {
        "Staff[Area]": "INTEG(hiring[Area] - leaving[Area], 100)",
        "Debt": "INTEG(-paying - forgiving, 100)",
        "Gone": "INTEG(forgiving, 0)",
        "Shared": "INTEG(both, 0)",
        "Shared too": "INTEG(both, 0)",
        "hiring[Area]": "4, 5",
        "leaving[Area]": "Staff[Area] / 10",
        "paying": "1 + WITH LOOKUP(Time, ((0,0),(10,5)))",
        "forgiving": "2",
        "both": "1",
    }
    model = read(tmp_path, mdl(equations).replace("{UTF-8}\n", "{UTF-8}\nArea: north, south ~~|\n"))
    back = there_and_back(model, tmp_path)
    assert back.variables == model.variables
    text = (tmp_path / "written.xmile").read_text("utf-8")
    (tmp_path / "plain.xmile").write_text(text.replace("egovsim:", "other"), "utf-8")
    plain = egovsim.read_model(tmp_path / "plain.xmile")
    flows = [variable.name for variable in plain.variables if variable.kind == "flow"]
    assert flows == ["Shared net flow", "Shared too net flow", "hiring", "leaving", "paying", "forgiving"]
    assert (plain["Debt"].inflows, plain["Debt"].outflows) == ((), ("paying", "forgiving"))
    for name in ("Staff", "Debt", "Gone", "Shared"):
        assert (egovsim.run(plain).values(name) == egovsim.run(model).values(name)).all()
