"""Conveyors: what goes in comes out or leaks or is there, in every method, and pysimlin says the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from small_models import auxiliary, flow, read, xmile

import egovsim
from egovsim.model.model import Method

STEP = 0.25


@dataclass(frozen=True)
class Belt:
    """A conveyor between two stocks, with leaks into stocks."""

    transit_time: str = "4.0"
    initial: str = "80.0"
    entering: str = "10 + 3 * SIN(TIME)"
    leaks: tuple[tuple[str, str], ...] = ()
    inside: str = ""
    attributes: str = ""
    more: str = ""
    method: str = "euler"

    def text(self, stop: float = 12.0) -> str:
        names = [f"leak_{number}" for number in range(len(self.leaks))]
        outflows = "".join(f"<outflow>{name}</outflow>" for name in ("leaving", *names))
        return xmile(
            f'<stock name="belt"><eqn>{self.initial}</eqn><inflow>entering</inflow>{outflows}'
            f"<conveyor {self.attributes}><len>{self.transit_time}</len>{self.inside}</conveyor></stock>",
            flow("entering", self.entering),
            '<flow name="leaving"/>',
            *(
                f'<flow name="{name}" {zone}><eqn>{fraction}</eqn><leak/></flow>'
                for name, (fraction, zone) in zip(names, self.leaks, strict=True)
            ),
            '<stock name="before"><eqn>1000</eqn><outflow>entering</outflow></stock>',
            '<stock name="after"><eqn>0</eqn><inflow>leaving</inflow></stock>',
            *(f'<stock name="lost_{n}"><eqn>0</eqn><inflow>{name}</inflow></stock>' for n, name in enumerate(names)),
            self.more,
            stop=stop,
            dt=STEP,
            method=self.method,
        )


def _frame(folder: Path, belt: Belt, *, stop: float = 12.0, **options):
    return egovsim.run(read(folder, belt.text(stop)), **options).to_frame()


ZONES = ("", 'leak_start="0" leak_end="0.5"', 'leak_start="0.25" leak_end="1"', 'leak_start="0.7" leak_end="0.9"')
LIMITS = (
    "",
    "<capacity>60</capacity>",
    "<in_limit>9</in_limit>",
    "<capacity>30 + TIME</capacity><in_limit>9</in_limit>",
    "<arrest>TIME &gt; 3 AND TIME &lt; 5</arrest>",
    "<sample>TIME = 2 OR TIME = 6</sample>",
)
LENGTHS = st.one_of(
    st.floats(0.05, 30.0).map(repr), st.sampled_from(["4 + 3 * SIN(TIME)", "1 + 0.1 * TIME", "9 - 0.7 * TIME"])
)


@st.composite
def belts(draw: st.DrawFn) -> Belt:
    """Belts of every kind that can be run."""
    is_exponential = draw(st.booleans())
    length = draw(LENGTHS)
    is_constant = "TIME" not in length and float(length) < 12.0
    zones = st.sampled_from(ZONES if is_constant else ZONES[:1])
    fractions = st.floats(0.0, 0.45).map(repr)
    chosen = draw(st.lists(st.tuples(fractions, zones), max_size=2))
    if is_exponential or all(zone == "" for _, zone in chosen):
        chosen = [(draw(st.sampled_from([fraction, f"{fraction} * (1 + SIN(TIME)) / 2"])), z) for fraction, z in chosen]
    order = ' fifo="true"' if is_constant and draw(st.booleans()) else ""
    inside = draw(st.sampled_from(LIMITS if is_constant else [one for one in LIMITS if "sample" not in one]))
    return Belt(
        length,
        initial=repr(draw(st.floats(0.0, 200.0))),
        entering=draw(st.sampled_from(["10 + 3 * SIN(TIME)", "0", "PULSE(5, 2, 3)", "4 * SIN(TIME)", "before / 7"])),
        leaks=tuple(chosen),
        inside=inside,
        attributes=('exponential_leak="true"' if is_exponential else "") + order,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("belts")


def _check_conservation(frame) -> None:
    lost = [column for column in frame if column.startswith("lost_")]
    total = frame[["before", "belt", "after", *lost]].sum(axis=1).to_numpy()
    np.testing.assert_allclose(total, total[0], rtol=1e-12)
    assert (frame[["belt", "leaving", "entering", *lost]].to_numpy() >= 0.0).all()


def _check(folder: Path, belt: Belt, method: Method) -> None:
    simlin = pytest.importorskip("simlin")
    frame = _frame(folder, belt)
    _check_conservation(frame)
    _check_conservation(_frame(folder, belt, method=method))
    expected = simlin.load(str(folder / "model.xmile")).run().results
    for name in frame:
        np.testing.assert_allclose(frame[name], expected[name], rtol=1e-9, atol=1e-9, err_msg=f"{name}\n{belt}")


METHODS = st.sampled_from(["rk2", "rk4"])


@settings(max_examples=8)
@given(belt=belts(), method=METHODS)
def test_nothing_is_lost_and_pysimlin_says_the_same(folder: Path, belt: Belt, method: Method) -> None:
    """A leak that takes twice, a place that is overwritten, a flow that moves within a step of Runge and Kutta."""
    _check(folder, belt, method)


@pytest.mark.slow
@settings(max_examples=300)
@given(belt=belts(), method=METHODS)
def test_nothing_is_lost_from_hundreds_of_belts(folder: Path, belt: Belt, method: Method) -> None:
    """The same of many more."""
    _check(folder, belt, method)


def test_a_belt_without_leaks_is_a_delay(tmp_path: Path) -> None:
    """An exit one step early or late."""
    frame = _frame(tmp_path, Belt(initial="0"))
    late = frame["entering"].shift(round(4.0 / STEP)).fillna(0.0)
    np.testing.assert_array_equal(frame["leaving"], late)


@pytest.mark.parametrize(
    ("attributes", "share"), [("", 1.0 - 0.3), ('exponential_leak="true"', (1.0 - 0.3 * STEP) ** 16)]
)
def test_what_comes_through_is_what_the_leak_leaves(tmp_path: Path, attributes: str, share: float) -> None:
    """A leak by the wrong law; isee's steady states, "Initializing Discrete Stocks"."""
    leaking = Belt(entering="10.0", leaks=(("0.3", ""),), attributes=attributes)
    frame = _frame(tmp_path, leaking)
    assert frame["leaving"].iloc[-1] == pytest.approx(10.0 * share, rel=1e-13)
    content = {"": 10.0 * 4.0 * (1.0 - 0.3 * (4.0 - STEP) / 4.0 / 2.0)}.get(attributes, 10.0 * (1.0 - share) / 0.3)
    assert frame["belt"].iloc[-1] == pytest.approx(content, rel=1e-13)
    steady = _frame(tmp_path, Belt(initial=repr(content), entering="10.0", leaks=leaking.leaks, attributes=attributes))
    np.testing.assert_allclose(steady["belt"], content, rtol=1e-13)


def test_a_belt_may_be_longer_than_the_run(tmp_path: Path) -> None:
    """What comes off after the run must leak all the same, and members may have belts of different length."""
    belt = Belt("transit", entering="10.0", leaks=(("0.1", ""),), more=auxiliary("transit", "40.0"))
    model = read(tmp_path, belt.text())
    times = [0.5, 3.0, 12.0, 40.0, 1000.0]
    together = egovsim.run(model, design=egovsim.Design.of({"transit": np.array(times)}), outputs=["belt", "leaving"])
    for number, time in enumerate(times):
        alone = egovsim.run(model, constants={"transit": time}, outputs=["belt", "leaving"])
        for name in ("belt", "leaving"):
            np.testing.assert_array_equal(together.values(name)[0, 0, number], alone.values(name)[0, 0, 0])
    longer = egovsim.run(model, constants={"transit": 40.0}, outputs=["belt", "leaving"], until=60.0)
    for name in ("belt", "leaving"):
        short = together.values(name)[0, 0, 3]
        np.testing.assert_allclose(longer.values(name)[0, 0, 0, : len(short)], short, rtol=1e-12)


def test_each_element_of_an_array_has_a_belt_of_its_own(tmp_path: Path) -> None:
    """A belt that elements share."""
    area = '<dimensions><dim name="Area"/></dimensions>'
    text = xmile(
        f'<stock name="belt">{area}<eqn>start[Area]</eqn><inflow>entering</inflow><outflow>leaving</outflow>'
        "<outflow>dying</outflow><conveyor><len>transit[Area]</len></conveyor></stock>",
        f'<flow name="entering">{area}<eqn>10 + TIME</eqn></flow>',
        f'<flow name="leaving">{area}</flow>',
        f'<flow name="dying">{area}<element subscript="urban"><eqn>0.2</eqn></element>'
        '<element subscript="rural"><eqn>0.4</eqn></element><leak/></flow>',
        *(
            f'<aux name="{name}">{area}<element subscript="urban"><eqn>{a}</eqn></element>'
            f'<element subscript="rural"><eqn>{b}</eqn></element></aux>'
            for name, a, b in (("start", 80, 20), ("transit", 4, 2))
        ),
        dimensions={"Area": ["urban", "rural"]},
        dt=STEP,
    )
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    for element, initial, transit, leak in (("urban", "80", "4.0", "0.2"), ("rural", "20", "2.0", "0.4")):
        alone = _frame(tmp_path, Belt(transit, initial, "10 + TIME", ((leak, ""),)), stop=10.0)
        for of_array, of_scalar in (("belt", "belt"), ("leaving", "leaving"), ("dying", "leak_0")):
            np.testing.assert_array_equal(frame[f"{of_array}[{element}]"], alone[of_scalar])


@pytest.mark.parametrize("attributes", ["", 'exponential_leak="true"'])
def test_the_flows_of_a_belt_are_known_at_the_start(tmp_path: Path, attributes: str) -> None:
    """An initial value of 0 for what is read of a belt before it has been filled."""
    more = auxiliary("first", "INIT(leaving)") + auxiliary("first_leak", "INIT(leak_0)")
    leaks = (("0.3", ""), ("0.2", ""))
    frame = _frame(tmp_path, Belt(leaks=leaks, attributes=attributes, more=more))
    np.testing.assert_allclose(frame["first"], frame["leaving"].iloc[0], rtol=1e-13)
    np.testing.assert_allclose(frame["first_leak"], frame["leak_0"].iloc[0], rtol=1e-13)


def test_a_belt_that_ends_at_an_arrested_one_waits(tmp_path: Path) -> None:
    """What came off an end that cannot go on would vanish; pysimlin keeps it there, too."""
    simlin = pytest.importorskip("simlin")
    second = (
        '<stock name="second"><eqn>30</eqn><inflow>leaving</inflow><outflow>out</outflow><conveyor><len>3</len>'
        '<arrest>TIME &gt; 3 AND TIME &lt; 5</arrest></conveyor></stock><flow name="out"/>'
    )
    text = Belt(more=second).text().replace('<stock name="after"><eqn>0</eqn><inflow>leaving</inflow></stock>', "")
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    expected = simlin.load(str(tmp_path / "model.xmile")).run().results
    for name in ("belt", "second", "leaving", "out"):
        np.testing.assert_allclose(frame[name], expected[name], rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------
# What cannot be a belt


@pytest.mark.parametrize("time", ["0", "-2"])
def test_a_transit_time_must_be_above_zero(tmp_path: Path, time: str) -> None:
    """A belt of no length is a plain stock, or material that comes off before it went on."""
    said = rf'^model\.xmile, line \d+, "belt": the transit time of this conveyor is {time}, and must be above 0; '
    for belt in (Belt(time), Belt("transit", more=auxiliary("transit", time))):
        with pytest.raises(egovsim.ModelError, match=said + "give <len> how long what enters stays.$"):
            egovsim.run(read(tmp_path, belt.text()))


@pytest.mark.parametrize("time", [0.0, -1.0, float("nan"), 1e9])
def test_a_run_with_no_possible_transit_time_fails(tmp_path: Path, time: float) -> None:
    """A number that nobody can know, given for a run."""
    belt = Belt("transit * 1", more=auxiliary("transit", "4.0"))
    model = read(tmp_path, belt.text())
    try:
        result = egovsim.run(model, constants={"transit": time})
    except egovsim.EgovsimError:
        assert np.isnan(time)
        return
    assert np.isnan(result.values("belt")).all()


REFUSED = {
    "a transit time that moves under a leak zone": (
        Belt("4 + TIME", leaks=(("0.1", ZONES[1]),)),
        '"belt": a conveyor with a leak zone cannot be run yet while its transit time changes; make it a constant.',
    ),
    "a transit time that moves where order is kept": (
        Belt("4 + TIME", attributes='fifo="true"'),
        '"belt": a conveyor that is first in, first out cannot be run yet while its transit time changes; make it a '
        "constant.",
    ),
    "a linear leak that moves in a zone": (
        Belt(leaks=(("0.1 + 0.01 * TIME", ZONES[1]),)),
        '"belt": the fraction of "leak_0", a linear leak of a conveyor with leak zones, cannot be run yet while it '
        "changes; make it a constant.",
    ),
    "whole batches": (
        Belt(attributes='discrete="true"'),
        '"belt": a conveyor of whole batches (discrete="true") cannot be run yet',
    ),
    "an attribute that nobody knows": (
        Belt(attributes='sort="weight"'),
        '"belt": sort="weight" of a conveyor cannot be run yet',
    ),
    "an element that nobody knows": (Belt(inside="<fill>1</fill>"), '"belt": <fill> of a conveyor cannot be run yet'),
}


@pytest.mark.parametrize("belt", REFUSED.values(), ids=REFUSED)
def test_what_a_belt_cannot_do_is_refused_by_name(tmp_path: Path, belt: tuple[Belt, str]) -> None:
    """A number that is not what Stella shows."""
    with pytest.raises(egovsim.UnsupportedError) as caught:
        egovsim.run(read(tmp_path, belt[0].text()))
    assert belt[1] in str(caught.value)


FLOWS = {
    "a spread inflow": (
        '<flow name="entering" isee:spreadflow="even"><eqn>1</eqn></flow>',
        'a flow that enters elsewhere than at the beginning (isee:spreadflow="even") cannot be run yet',
    ),
    "whole units": (
        '<flow name="lost"><eqn>0.1</eqn><leak/><leak_integers/></flow>',
        "a leak of whole units (<leak_integers>) cannot be run yet",
    ),
    "no fraction": (
        '<flow name="lost"><leak/></flow>',
        "this leak of a conveyor has no fraction; write it",
    ),
    "a zone beyond the belt": (
        '<flow name="lost" leak_end="1.5"><eqn>0.1</eqn><leak/></flow>',
        'leak_end="1.5" is no share of a conveyor; give a number from 0 to 1.',
    ),
    "a leak of nothing": (
        '<flow name="stray"><eqn>0.1</eqn><leak/></flow>',
        "<leak> is for a flow out of a conveyor; none names it",
    ),
}


@pytest.mark.parametrize("written", FLOWS.values(), ids=FLOWS)
def test_a_flow_that_a_belt_cannot_have_is_refused_by_name(tmp_path: Path, written: tuple[str, str]) -> None:
    """A flow that is run as if it were a plain one."""
    flows = {"entering": flow("entering", "1"), "lost": '<flow name="lost"><leak>0.1</leak></flow>'}
    flows = [written[0]] + [text for name, text in flows.items() if f'name="{name}"' not in written[0]]
    text = xmile(
        '<stock name="belt"><eqn>1</eqn><inflow>entering</inflow><outflow>leaving</outflow><outflow>lost</outflow>'
        '<conveyor><len>4</len></conveyor></stock><flow name="leaving"/>',
        *flows,
    ).replace("<xmile ", '<xmile xmlns:isee="http://iseesystems.com/XMILE" ', 1)
    with pytest.raises(egovsim.ModelError) as caught:
        egovsim.run(read(tmp_path, text))
    assert written[1] in str(caught.value)


@pytest.mark.parametrize("name", ["leaving", "leak_0", "belt"])
def test_what_a_belt_lets_out_cannot_be_held(tmp_path: Path, name: str) -> None:
    """The belt would let out one thing, and the flow say another: material would be made or lost."""
    model = read(tmp_path, Belt(leaks=(("0.1", ""),)).text())
    with pytest.raises(egovsim.UnsupportedError, match="conveyor"):
        egovsim.run(egovsim.hold(model, name))


# ---------------------------------------------------------------------------------------------------------------
# Written and read again


def test_a_conveyor_is_written_as_one(tmp_path: Path) -> None:
    """A belt that is lost on the way would be a plain stock whose flows have no equation."""
    belt = Belt(
        "transit",
        leaks=(("0.3", ZONES[1]), ("0.1", "")),
        inside="<capacity>60</capacity><in_limit>9</in_limit><sample>TIME &gt; 2</sample><arrest>TIME = 3</arrest>",
        attributes='exponential_leak="true" fifo="true"',
        more=auxiliary("transit", "4.0"),
    )
    model = read(tmp_path, belt.text())
    again = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "again.xmile"))
    assert again.variables == model.variables
    assert "<uses_conveyor/>" in (tmp_path / "again.xmile").read_text("utf-8")
    simlin = pytest.importorskip("simlin")
    expected = simlin.load(str(tmp_path / "again.xmile")).run().results
    frame = egovsim.run(again).to_frame()
    np.testing.assert_allclose(frame["belt"], expected["belt"], rtol=1e-12)
