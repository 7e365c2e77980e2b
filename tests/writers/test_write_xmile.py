"""`write_xmile`: what was read, from either format, reads back as the same model and runs to the same bits.

If one of these fails, somebody who takes a model out of a closed format takes out another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from small_models import auxiliary, bounds, flow, mdl, over, read, stock, xmile

import egovsim
from egovsim.errors import EgovsimError, OutputError, UnsupportedError
from egovsim.model.expression import NOWHERE, Call, Reference, Star, TableCall, Unsupported
from egovsim.model.model import Model
from egovsim.testing.random_models import xmile_texts

GF = "<gf><xpts>0,1,3</xpts><ypts>2,4,1.5</ypts></gf>"


def same(model: Model) -> Model:
    """Return what must come back: all but the file's name, what of it was for the display, and Reality Checks."""
    return replace(model, file="", ignored=(), reality_checks=())


def there_and_back(model: Model, folder: Path) -> Model:
    path = egovsim.write_xmile(model, folder / "written.xmile")
    return egovsim.read_model(path)


def assert_kept(model: Model, folder: Path) -> Model:
    """The model comes back equal, and writing that gives the same file."""
    back = there_and_back(model, folder)
    assert [variable.id for variable in back.variables] == [variable.id for variable in model.variables]
    for variable in model.variables:
        assert back.by_id[variable.id] == variable
    assert same(back) == same(model)
    first = (folder / "written.xmile").read_bytes()
    there_and_back(back, folder)
    assert (folder / "written.xmile").read_bytes() == first
    return back


def assert_same_bits(model: Model, back: Model, *, until: float | None = None) -> None:
    ours, theirs = egovsim.run(model, until=until), egovsim.run(back, until=until)
    assert ours.time.tobytes() == theirs.time.tobytes()
    for variable in model.variables:
        if variable.kind != "lookup":
            assert ours.values(variable.name).tobytes() == theirs.values(variable.name).tobytes(), variable.name


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_the_shipped_models_come_back_and_run_to_the_same_bits(name: str, tmp_path: Path) -> None:
    model = egovsim.read_model(name)
    assert_same_bits(model, assert_kept(model, tmp_path))


def test_world3_leaves_vensim_whole(conformance: Path, tmp_path: Path) -> None:
    """163 auxiliaries, 55 lookups, INTEG stocks: the format is closed no more."""
    model = egovsim.read_model(conformance / "large" / "wrld3-03.mdl")
    assert_same_bits(model, assert_kept(model, tmp_path))


REFUSED_MODELS = 40
"""Upper bound of how many recorded models hold what XMILE cannot say (look forward data, conveyors…)."""


def test_recorded_models_come_back(conformance: Path, tmp_path: Path) -> None:
    """Every model of the collection that can be read is written and comes back, or is refused by name."""
    refused: list[str] = []
    written = 0
    for path in sorted((conformance / "test-models").rglob("*")):
        if path.suffix not in (".mdl", ".xmile", ".stmx"):
            continue
        try:
            model = egovsim.read_model(path)
        except EgovsimError:
            continue
        try:
            back = there_and_back(model, tmp_path)
        except UnsupportedError:
            refused.append(path.name)
            continue
        assert same(back) == same(model), path
        written += 1
    assert written >= 190
    assert len(refused) <= REFUSED_MODELS, refused


@pytest.mark.slow
def test_recorded_models_run_to_the_same_bits(conformance: Path, tmp_path: Path) -> None:
    """Equal models are run equally: nothing that a run depends on stands outside of what is compared."""
    ran = 0
    for path in sorted((conformance / "test-models").rglob("*")):
        if path.suffix not in (".mdl", ".xmile", ".stmx"):
            continue
        try:
            model = egovsim.read_model(path)
            back = there_and_back(model, tmp_path)
            egovsim.run(model)
        except EgovsimError:
            continue
        assert_same_bits(model, back)
        ran += 1
    assert ran >= 180


@pytest.mark.slow
def test_another_engine_reads_what_is_written_of_recorded_models(conformance: Path, tmp_path: Path) -> None:
    """Each in a process of its own, since pysimlin ends the process at what it does not expect.

    It does so at a graphical function that stands alone (``<gf name="f">``) on a diagram, which the standard allows.
    """
    simlin = pytest.importorskip("simlin", reason="pysimlin, the second engine, is not installed")
    unread: list[str] = []
    for path in sorted(conformance.rglob("*")):
        if path.suffix not in (".mdl", ".xmile", ".stmx"):
            continue
        try:
            written = egovsim.write_xmile(egovsim.read_model(path), tmp_path / "written.xmile")
        except EgovsimError:
            continue
        text = written.read_text("utf-8")
        if "<gf name" in text and "<view " in text:
            continue
        reading = get_context("fork").Process(target=simlin.load, args=(str(written),))
        reading.start()
        reading.join()
        if reading.exitcode:
            unread.append(path.name)
    assert not unread


# What the file says


def test_everything_of_a_variable_is_kept(tmp_path: Path) -> None:
    """Units, notes, bounds, groups, dimensions, kinds of lookups, non-negative: none of it is lost."""
    inside = (
        bounds(-1.5, 1e300) + "<units>persons/(year*person)</units><doc>First line\nsecond &lt;b&gt; &amp; more</doc>"
    )
    model = read(
        tmp_path,
        xmile(
            auxiliary("Growth &amp; decay &lt;rate&gt;", -0.05, inside=inside),
            auxiliary("pi", 3.0),
            auxiliary("Low only", 2.0, inside='<range min="0"/>'),
            auxiliary("shares", "0.25", inside=over("Area", "Sex")),
            auxiliary("weights", "1, -2.5, 3, 4e-7", inside=over("Area", "Sex")),
            '<aux name="own"><dimensions><dim name="Area"/></dimensions>'
            f'<element subscript="urban"><eqn>TIME</eqn>{GF}</element>'
            '<element subscript="deep rural"><eqn>"pi" + DT</eqn></element></aux>',
            auxiliary("effect", "TIME", inside='<gf type="discrete"><xpts>0,5</xpts><ypts>0.1,-7</ypts></gf>'),
            '<gf name="curve" type="extrapolate"><xpts>0,0.1</xpts><ypts>1e-300,2</ypts><units>dmnl</units></gf>',
            auxiliary("called", 'curve(TIME) + LOOKUP(effect, 2) + "Growth & decay <rate>"'),
            flow("births", "Stock * 0.1", inside="<non_negative/>"),
            flow("deaths", "Stock * 0.2"),
            stock("Stock", 100, inflows=["births"], outflows=["deaths"], inside="<non_negative/>"),
            stock("Still", "-(2 ^ 2)"),
            '<group name="People &amp; places"><entity name="Stock"/><entity name="births"/></group>',
            dimensions={"Area": ["urban", "deep rural"], "Sex": ["f", "m"]},
            method="rk4",
            dt=0.1,
        ).replace('time_units="years"', 'time_units="years" isee:save_interval="0.5" xmlns:isee="x"'),
    )
    back = assert_kept(model, tmp_path)
    assert back.clock == model.clock
    assert back.clock.save_every == 0.5
    assert back["Stock"].non_negative
    assert back["Stock"].group == "People & places"
    assert back["Growth & decay <rate>"].note == "First line\nsecond <b> & more"
    assert_same_bits(model, back)


VENSIM: Mapping[str, Mapping[str, str]] = {
    "net rates": {
        "Population": "INTEG(births - deaths / 2, 100)",
        "births": "Population * 0.1",
        "deaths": "Population * 0.05",
        "Population net flow": "7",
        "Still": "INTEG(0, 5)",
    },
    "names": {
        '"Land (GHA)"': "3",
        '"say \\"so\\""': "2",
        "DT": "5",
        "step": "4",
        "Users' share": "DT + step",
        "höhe": '"Land (GHA)" + "say \\"so\\"" + Users\' share',
    },
    "vensim's own functions": {
        "a": "ZIDZ(Time, 2) + XIDZ(1, 0, -3) + LOG(8, 2) + INTEGER(-2.5) + MODULO(-7, 3) + POWER(2, 3)",
        "b": "PULSE(2, 3) + PULSE TRAIN(1, 1, 3, 9) + STEP(2, 3) + RAMP(1, 2, 4)",
        "c": "ACTIVE INITIAL(d, 2)",
        "d": "SMOOTH N(Time, 3, 1, 2) + DELAY N(Time, 4, 1, 3) + SMOOTH3I(b, 2, 0)",
        "e": "IF THEN ELSE(Time > 3 :AND: :NOT: (b = 0), :NA:, -1)",
    },
    "points in place": {
        "a": "WITH LOOKUP(Time, ((0,0),(10,5)))",
        "b": "1 + WITH LOOKUP(a, ([(0,0)-(9,9)],(0,1),(2,-3))) * WITH LOOKUP(Time, ((0,1),(2,3)))",
        "Level": "INTEG(WITH LOOKUP(Time, ((0,1),(5,2))), 3)",
        "h": "f(a) + f(b)",
    },
}


@pytest.mark.parametrize("name", VENSIM)
def test_vensim_comes_back_from_xmile(name: str, tmp_path: Path) -> None:
    lookup = "{UTF-8}\nf((0,1),(1,0),(8.5,-2)) ~~|\n"
    model = read(tmp_path, mdl(VENSIM[name]).replace("{UTF-8}\n", lookup, 1))
    assert_same_bits(model, assert_kept(model, tmp_path))


def test_vensim_arrays_come_back(tmp_path: Path) -> None:
    """Sums over a dimension and over a part of it, equations for elements, INTEG of arrays."""
    model = read(
        tmp_path,
        mdl(
            {
                "Area[Region]": "1, -2, 3",
                "Level[Region]": "INTEG(Area[Region] - Level[Region] / 2, 3)",
                "total": "SUM(Area[Region!] * Level[Region!])",
                "some": "SUM(Area[part!])",
                "own[north]": "Time",
                "own[south]": "2",
                "own[west]": "total",
            }
        ).replace("{UTF-8}\n", "{UTF-8}\nRegion: north, south, west ~~|\npart: north, west ~~|\n"),
    )
    back = assert_kept(model, tmp_path)
    assert_same_bits(model, back)
    some = back["some"].equations[0].expression
    assert isinstance(some, Call)
    assert some.arguments == (Reference("Area", "area", (Star("part"),)),)


def test_an_invented_flow_is_plain_xmile_for_others(tmp_path: Path) -> None:
    """Without the mark the same file is an ordinary model of a stock and its flow, with the same course."""
    model = read(tmp_path, mdl({"Level": "INTEG(2 - Level / 4, 3)"}))
    egovsim.write_xmile(model, tmp_path / "written.xmile")
    text = (tmp_path / "written.xmile").read_text("utf-8")
    assert 'egovsim:rate_of="Level"' in text
    (tmp_path / "plain.xmile").write_text(text.replace(' egovsim:rate_of="Level"', ""), "utf-8")
    plain = egovsim.read_model(tmp_path / "plain.xmile")
    assert [variable.name for variable in plain.variables] == ["Level net flow", "Level"]
    assert plain["Level"].inflows == ("level net flow",)
    np.testing.assert_array_equal(egovsim.run(plain).values("Level"), egovsim.run(model).values("Level"))


def test_another_engine_runs_what_is_written(tmp_path: Path) -> None:
    """The way out of a closed format leads somewhere: pysimlin takes the file and finds the same course."""
    simlin = pytest.importorskip("simlin", reason="pysimlin, the second engine, is not installed")
    equations = {
        "Area[Region]": "1, -2, 3",
        "Level[Region]": "INTEG(Area[Region] - Level[Region] / 2, 3)",
        "some": "SUM(Area[part!] * Level[part!])",
        "Deep Tank": "INTEG(2 - Deep Tank / 4 + curve, 3)",
        "curve": "WITH LOOKUP(Time, ((0,1),(5,2)))",
        "late": "DELAY3I(some, 2, 1) + IF THEN ELSE(Time > 3 :AND: some > 0 :OR: Time < 1, 1, 0)",
    }
    ranges = "{UTF-8}\nRegion: north, deep south, west ~~|\npart: north, west ~~|\n"
    model = read(tmp_path, mdl(equations).replace("{UTF-8}\n", ranges))
    theirs = simlin.load(egovsim.write_xmile(model, tmp_path / "x.xmile")).run(analyze_loops=False).results
    ours = egovsim.run(model).to_frame()
    for name, column in ours.items():
        np.testing.assert_allclose(theirs[str(name).lower().replace(" ", "_")], column, rtol=1e-12, err_msg=str(name))


def test_a_flow_added_by_another_program_is_not_lost(tmp_path: Path) -> None:
    """The mark holds only while the invented flow is all that moves the stock."""
    egovsim.write_xmile(read(tmp_path, mdl({"Level": "INTEG(2 - Level / 4, 3)"})), tmp_path / "written.xmile")
    text = (tmp_path / "written.xmile").read_text("utf-8")
    text = text.replace("</inflow>", "</inflow><inflow>extra</inflow>")
    text = text.replace("</variables>", '<flow name="extra"><eqn>1</eqn></flow></variables>')
    changed = egovsim.read_model(_saved(tmp_path / "changed.xmile", text))
    assert changed["Level"].inflows == ("level net flow", "extra")
    assert egovsim.run(changed).values("Level").squeeze()[1] == pytest.approx(3 + 0.125 * (2 - 0.75 + 1))


def _saved(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@given(text=xmile_texts())
def test_random_models_come_back(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("random")
    assert_kept(read(folder, text), folder)


# What cannot be written


def test_what_xmile_cannot_say_is_one_error_that_lists_it(tmp_path: Path) -> None:
    model = read(tmp_path, mdl({"a": "GET NOTHING(3)", "b": "WITH LOOKUP(Time, ((0,0),(10,5)))", "c": "1"}))
    b = model["b"].equations[0].expression
    assert isinstance(b, TableCall)
    odd = replace(b.table, kind="forward")
    equations = (replace(model["b"].equations[0], expression=replace(b, table=odd)),)
    variables = (model["a"], replace(model["b"], equations=equations), replace(model["c"], note="page\x0cbreak"))
    with pytest.raises(UnsupportedError) as caught:
        egovsim.write_xmile(replace(model, variables=variables), tmp_path / "x.xmile")
    unsupported = model["a"].equations[0].expression
    assert isinstance(unsupported, Unsupported)
    assert str(caught.value).splitlines() == [
        "model.mdl holds what cannot be written as XMILE:",
        f'  model.mdl, line 2, "a": {unsupported.reason}',
        "  model.mdl, line 7, \"b\": XMILE has no graphical function of the kind 'forward'; "
        "there are: continuous, extrapolate, discrete",
        '  model.mdl, line 12, "c": its note holds the character U+000C, which XML cannot; remove it',
    ]
    assert not (tmp_path / "x.xmile").exists()


def test_a_held_stock_is_refused(tmp_path: Path) -> None:
    """Its flows run on without moving it, which no XMILE file can say."""
    model = read(tmp_path, xmile(flow("f", 1), stock("S", 1, inflows=["f"])))
    with pytest.raises(UnsupportedError, match='"S": its rate is not what its flows add up to'):
        egovsim.write_xmile(egovsim.hold(model, "S"), tmp_path / "x.xmile")


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    """A refused model leaves the file of before; an unwritable place is one clear error."""
    good = read(tmp_path, xmile(auxiliary("a", 1)))
    path = egovsim.write_xmile(good, str(tmp_path / "kept.xmile"))
    before = path.read_bytes()
    bad = read(tmp_path, xmile(auxiliary("a", "NOSUCH(1)")))
    with pytest.raises(UnsupportedError):
        egovsim.write_xmile(bad, path)
    assert path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.xmile", "model.xmile"]
    with pytest.raises(OutputError, match="cannot be written"):
        egovsim.write_xmile(good, tmp_path / "nowhere" / "x.xmile")


def test_the_command_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from egovsim.cli import main

    source = _saved(tmp_path / "tank.mdl", mdl({"Tank": "INTEG(1, 0)"}))
    assert main(["convert", str(source), "--out", str(tmp_path / "tank.xmile")]) == 0
    assert same(egovsim.read_model(tmp_path / "tank.xmile")) == same(egovsim.read_model(source))
    assert "tank.mdl: 1 stocks, 1 variables; written to" in capsys.readouterr().err
    assert main(["convert", str(source), "--out", str(tmp_path / "no" / "tank.xmile")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_positions_play_no_part(tmp_path: Path) -> None:
    """Equality is about what a model says, not where it stands."""
    model = read(tmp_path, xmile(auxiliary("a", "1 + 2")))
    moved = replace(model, variables=tuple(replace(variable, where=NOWHERE) for variable in model.variables))
    assert same(moved) == same(model)


def test_an_equation_that_could_not_be_read_again_is_refused(tmp_path: Path) -> None:
    """The file would be written and lost: parentheses make some equations longer than can be read."""
    path = tmp_path / "minus.xmile"
    path.write_text(xmile(auxiliary("x", "1.0"), auxiliary("y", "-" * 90_000 + "x")))
    model = egovsim.read_model(path)
    with pytest.raises(egovsim.UnsupportedError) as caught:
        egovsim.write_xmile(model, tmp_path / "written.xmile")
    assert str(caught.value) == (
        "minus.xmile holds what cannot be written as XMILE:\n"
        f'  minus.xmile, line {model["y"].where.line}, "y": its equation has more than 200000 characters; '
        "split it into auxiliaries"
    )
    assert not (tmp_path / "written.xmile").exists()
