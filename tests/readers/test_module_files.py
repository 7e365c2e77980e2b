"""Modules of XMILE in files of their own, as Stella keeps them: found, read, connected, and refused where they must be.

If these fail, a model of several files runs on the wrong ones, or not at all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import egovsim
from egovsim.cli.application import app
from egovsim.errors import InputError, ModelError
from egovsim.model.model import Model

HEAD = '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">\n'
SPECS = "<sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>\n"


def write(path: Path, inside: str, *, specs: str = SPECS) -> Path:
    """Write a file whose third line is the first of `inside`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{specs}{inside}\n</xmile>", encoding="utf-8")
    return path


def aux(name: str, equation: str) -> str:
    return f'<aux name="{name}"><eqn>{equation}</eqn></aux>'


def whole(url: str, connect: str = '<connect to="Tank.supply" from="rain"/>') -> str:
    module = f'<module name="Tank" url="{url}">{connect}</module>'
    return f"<model><variables>{module}{aux('rain', '3')}{aux('seen', 'Tank.level * 2')}</variables></model>"


SUPPLY = '<aux name="supply" access="input"/>'
TANK = (
    '<model name="Tank"><variables>\n'
    '<stock name="level"><eqn>10</eqn><inflow>in_flow</inflow></stock><flow name="in flow"><eqn>supply</eqn></flow>\n'
    f"{SUPPLY}</variables></model>"
)


def columns(model: Model, **given: float) -> dict[str, np.ndarray]:
    frame = egovsim.run(model, constants=given).to_frame()
    return {name: frame[name].to_numpy() for name in frame.columns}


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("r../Parts/Tank.itmx", "Parts/Tank.itmx"),
        ("r../Tank.itmx", "Tank.itmx"),
        ("Parts/Tank.itmx", "Parts/Tank.itmx"),
        ("Parts\\Tank.itmx", "Parts/Tank.itmx"),
        ("Z:/home/someone/Tank.itmx", "Tank.itmx"),
        (r"C:\Users\someone\Tank.itmx", "Tank.itmx"),
        ("/Users/someone/clones/Tank.itmx", "Tank.itmx"),
        ("file:///Users/someone/Tank.itmx", "Tank.itmx"),
    ],
)
def test_a_module_is_read_from_its_file(tmp_path: Path, url: str, place: str) -> None:
    """The path of Stella's ``r../`` begins at the model file; of another machine's address the name alone counts."""
    write(tmp_path / place, TANK, specs="<sim_specs><start>7</start><stop>9</stop><dt>0.5</dt></sim_specs>\n")
    model = egovsim.read_model(write(tmp_path / "m.stmx", whole(url)))
    np.testing.assert_array_equal(columns(model)["seen"], [20, 26, 32, 38, 44])
    assert model.sources == (place,)
    assert "sim_specs of modules' files: 1" in model.ignored
    said = [finding.text for finding in egovsim.check(model) if finding.severity != "note"]
    found = f"its file is named by an address of another machine, {url.replace(chr(92), '/')}, and Tank.itmx beside the"
    assert said == ([f"{found} model is read"] if "someone" in url else [])


def test_a_file_of_a_module_may_have_modules_in_files(tmp_path: Path) -> None:
    """Their paths begin at the file that names them, and any may be connected by its name alone, as in FRIDA."""
    inner = '<model name="Inner"><variables><aux name="x" access="input"/><aux name="y"><eqn>x * 10</eqn></aux>'
    write(tmp_path / "a/b/Inner.itmx", f"{inner}</variables></model>")
    outer = (
        '<model name="Outer"><variables><module name="Inner" url="r../b/Inner.itmx">'
        '<connect to="y" from="Inner.y"/><connect2 to="Outer.y" from="Inner.y"/></module>'
        '<aux name="y" access="output" throughput="true"/></variables></model>'
    )
    write(tmp_path / "a/Outer.itmx", outer)
    model = egovsim.read_model(
        write(
            tmp_path / "m.stmx",
            '<model><variables><module name="Outer" url="r../a/Outer.itmx"><connect to="Inner.x" from="here"/>'
            f'<connect to="back" from="Outer.y"/></module>{aux("here", "TIME + 1")}{aux("back", "0")}'
            "</variables></model>",
        )
    )
    np.testing.assert_array_equal(columns(model)["back"], 10 * (np.arange(5) + 1))
    assert model["Outer.Inner.x"].where.file == "Inner.itmx"


def test_an_output_that_bears_the_name_of_its_source_is_the_model_s_around_it(tmp_path: Path) -> None:
    """Else a module would be fed by itself: ``to`` alone may name either, and what is given stands in the module."""
    model = egovsim.read_model(
        write(
            tmp_path / "m.stmx",
            '<model><variables><module name="A"><connect to="x" from="A.x"/></module>'
            '<aux name="x" access="input"><eqn>0</eqn></aux></variables></model>'
            '<model name="A"><variables><aux name="x" access="output"><eqn>7</eqn></aux></variables></model>',
        )
    )
    assert columns(model)["x"][0] == 7


def test_a_piece_runs_when_its_inputs_are_given(tmp_path: Path) -> None:
    piece = egovsim.read_model(write(tmp_path / "Tank.itmx", TANK))
    assert [str(finding) for finding in egovsim.check(piece) if finding.severity == "error"] == [
        'error: Tank.itmx, line 5, "supply": nothing is connected to this input and it has no equation; give it a '
        "value for a run"
    ]
    with pytest.raises(InputError) as caught:
        egovsim.run(piece)
    assert str(caught.value) == (
        'Tank.itmx: these inputs have no equation and were given no value: "supply"; give each one: '
        'constants={"supply": 1.0}, --set "supply=1".'
    )
    np.testing.assert_array_equal(columns(piece, supply=2.0)["level"], [10, 12, 14, 16, 18])
    series = egovsim.Scenario("s", {"supply": egovsim.Series((0.0, 2.0), (1.0, 5.0), "steps")})
    assert egovsim.run(piece, scenarios=[series]).to_frame()["level"].iloc[-1] == 10 + 1 + 1 + 5 + 5
    unused = egovsim.run(piece, outputs=["supply"], constants={"supply": 4.0})
    assert unused.to_frame()["supply"].iloc[0] == 4.0


def test_a_piece_leaves_connections_with_other_pieces_to_the_whole(tmp_path: Path) -> None:
    """What another piece would give is an input like any other: with an equation it holds, without it is required."""
    connect = (
        '<connect to="Inner.x" from="Sky.rain"/><connect to="Inner.k" from="Sky.k"/><connect to="Sea.y" from="y"/>'
    )
    given_on = '<aux name="x" access="output" throughput="true"/>'
    inner = f'{given_on}<aux name="k" access="input"><eqn>3</eqn></aux>{aux("y", "k * x")}'
    piece = egovsim.read_model(
        write(
            tmp_path / "Land.itmx",
            f'<model name="Land"><variables><module name="Inner">{connect}</module>'
            f"{aux('y', 'Inner.y')}</variables></model>"
            f'<model name="Inner"><variables>{inner}</variables></model>',
        )
    )
    assert columns(piece, **{"Inner.x": 2.0})["y"][0] == 6.0
    with pytest.raises(InputError, match=r'were given no value: "Inner\.x"'):
        egovsim.run(piece)


def test_an_input_is_required_by_element_too(tmp_path: Path) -> None:
    comment = "<eqn>{Enter equation for use when not hooked up to other models}</eqn>"
    piece = egovsim.read_model(
        write(
            tmp_path / "a.itmx",
            '<dimensions><dim name="D" size="2"/></dimensions><model name="a"><variables><aux name="x" access="input">'
            f'<dimensions><dim name="D"/></dimensions>{comment}</aux>{aux("y", "SUM(x[*])")}</variables></model>',
        )
    )
    with pytest.raises(InputError, match=r'no value: "x\[2\]"; give each one'):
        columns(piece, **{"x[1]": 1.0})
    assert columns(piece, x=3.0)["y"][0] == 6.0


def test_connections_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    """From nowhere, a variable has no value; to nowhere, nothing changes."""
    connect = '\n<connect to="Tank.supply" from="rian"/><connect to="Tank.nothing" from="rain"/>'
    write(tmp_path / "Tank.itmx", TANK)
    model = egovsim.read_model(write(tmp_path / "m.stmx", whole("Tank.itmx", connect)))
    found = [str(finding) for finding in egovsim.check(model) if finding.severity in ("error", "warning")]
    assert found[0] == (
        'error: m.stmx, line 4, "Tank.supply": it is connected to "rian", which is no variable; nearest: "rain"; '
        "connect it anew: rian"
    )
    assert found[-1] == (
        'warning: m.stmx, line 4, "Tank": the connection to "tank.nothing" leads nowhere; there are: "rain", "seen", '
        '"Tank.level", "Tank.in flow", "Tank.supply"; it is left out'
    )
    parts = TANK.replace("<eqn>supply</eqn>", "<eqn>supply + extra</eqn>").replace(
        SUPPLY, f'{SUPPLY}<aux name="extra" access="input"><eqn>1</eqn></aux>'
    )
    write(tmp_path / "Tank.itmx", parts)
    model = egovsim.read_model(write(tmp_path / "m.stmx", whole("Tank.itmx")))
    assert [str(finding) for finding in egovsim.check(model) if finding.severity == "warning"] == [
        'warning: Tank.itmx, line 5, "Tank.extra": nothing is connected to this input of the module, so its own '
        "equation holds"
    ]


def test_what_changes_in_a_file_of_a_module_is_read_anew(tmp_path: Path) -> None:
    part = write(tmp_path / "Tank.itmx", TANK)
    path = write(tmp_path / "m.stmx", whole("r../Tank.itmx"))
    assert columns(egovsim.read_model(path))["seen"][0] == 20
    write(part, TANK.replace("<eqn>10</eqn>", "<eqn>100</eqn>"))
    assert columns(egovsim.read_model(path))["seen"][0] == 200


def test_folders_outside_are_read_when_they_are_named(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/Tank.itmx", TANK)
    path = write(tmp_path / "model/m.stmx", whole("r../../elsewhere/Tank.itmx"))
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(path)
    assert str(caught.value) == (
        'm.stmx, line 3, "Tank": the module\'s file r../../elsewhere/Tank.itmx lies outside the folder of the model; '
        "put it there, or name its folder: read_model(..., modules=FOLDER), --modules FOLDER."
    )
    for modules in (tmp_path / "elsewhere", [tmp_path]):
        assert columns(egovsim.read_model(path, modules=modules))["seen"][0] == 20
    named = CliRunner().invoke(app, ["run", str(path), "--modules", str(tmp_path / "elsewhere"), "--output", "seen"])
    assert named.stdout.splitlines()[1] == "0.0,20.0"
    with pytest.raises(ModelError, match="this is none"):
        egovsim.read_model(path, modules=tmp_path / "nowhere")


def test_a_link_out_of_the_folder_is_outside(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere/Tank.itmx", TANK)
    path = write(tmp_path / "model/m.stmx", whole("Tank.itmx"))
    (tmp_path / "model/Tank.itmx").symlink_to(tmp_path / "elsewhere/Tank.itmx")
    with pytest.raises(ModelError, match="lies outside the folder of the model"):
        egovsim.read_model(path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"m.stmx": whole("r../Tnak.itmx"), "Tank.itmx": TANK},
            'm.stmx, line 3, "Tank": the module\'s file r../Tnak.itmx is not there; nearest: "Tank.itmx"; put it '
            "beside m.stmx.",
        ),
        (
            {"m.stmx": whole("https://example.org/Tank.itmx")},
            'm.stmx, line 3, "Tank": the module\'s file https://example.org/Tank.itmx is on the web; save it beside '
            "m.stmx.",
        ),
        (
            {
                "m.stmx": whole("Tank.itmx"),
                "Tank.itmx": '<model name="Tank"><module name="T" url="Tank.itmx"/></model>',
            },
            'Tank.itmx, line 3, "T": this module is a part of itself; take it out.',
        ),
        (
            {"m.stmx": whole("m.stmx")},
            'm.stmx, line 3, "Tank": this module is a part of itself; take it out.',
        ),
        (
            {"m.stmx": whole("Tank.itmx"), "Tank.itmx": ""},
            "Tank.itmx, line 1: the file has no <model>; add one.",
        ),
        (
            {
                "m.stmx": '<dimensions><dim name="D" size="2"/></dimensions>' + whole("Tank.itmx"),
                "Tank.itmx": f'<dimensions><dim name="D" size="3"/></dimensions>{TANK}',
            },
            'Tank.itmx: the dimension "D" has the elements 1, 2, 3 here and the elements 1, 2 in m.stmx; make them the '
            "same.",
        ),
        (
            {
                "m.stmx": '<macro name="F"><parm>x</parm><eqn>x</eqn></macro>' + whole("Tank.itmx"),
                "Tank.itmx": f'<macro name="F"><parm>x</parm><eqn>2 * x</eqn></macro>{TANK}',
            },
            'Tank.itmx, line 3, "F": m.stmx, line 3 has another macro of this name; make them the same, or rename one.',
        ),
        (
            {
                "m.stmx": whole("Tank.itmx").replace("</variables>", f"{aux('Tank.level', '1')}</variables>"),
                "Tank.itmx": TANK,
            },
            'Tank.itmx, line 4, "level": its name in the whole model is "Tank.level", and so is that of m.stmx, '
            'line 3, "Tank.level"; rename one.',
        ),
        (
            {
                "m.stmx": whole("Tank.itmx").replace("</variables>", '\n<module name="tank"/></variables>'),
                "Tank.itmx": TANK,
            },
            'm.stmx, line 4, "tank": line 3 has a module of this name already; rename one.',
        ),
        (
            {"m.stmx": whole("Tank.itmx"), "Tank.itmx": TANK.replace("<eqn>10</eqn>", "<eqn>10 +</eqn>")},
            'Tank.itmx, line 4, "level": the equation ends where a value is expected; write what is missing at its '
            "end.",
        ),
    ],
)
def test_errors_of_files(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, inside in files.items():
        write(tmp_path / name, inside)
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(tmp_path / "m.stmx")
    assert str(caught.value) == message


def test_all_missing_files_are_named_at_once(tmp_path: Path) -> None:
    parts = "".join(f'<module name="{name}" url="r../{name}.itmx"/>\n' for name in "ab")
    with pytest.raises(ModelError) as caught:
        egovsim.read_model(write(tmp_path / "m.stmx", f"<model><variables>{parts}</variables></model>"))
    assert [line.split(" is not there")[0] for line in str(caught.value).splitlines()] == [
        'm.stmx, line 3, "a": the module\'s file r../a.itmx',
        'm.stmx, line 4, "b": the module\'s file r../b.itmx',
    ]


def test_macros_and_dimensions_of_files_are_those_of_the_whole(tmp_path: Path) -> None:
    macro = '<macro name="F"><parm>x</parm><eqn>2 * x</eqn></macro>'
    dimension = '<dimensions><dim name="D" size="2"/></dimensions>'
    part = '<model name="T"><variables><aux name="y"><dimensions><dim name="D"/></dimensions><eqn>F(D)</eqn></aux>'
    write(tmp_path / "T.itmx", f"{macro}{dimension}{part}</variables></model>")
    main = f'{macro}<model><variables><module name="T" url="T.itmx"/>{aux("z", "F(5)")}</variables></model>'
    found = columns(egovsim.read_model(write(tmp_path / "m.stmx", main)))
    assert (found["T.y[1]"][0], found["T.y[2]"][0], found["z"][0]) == (2, 4, 10)
