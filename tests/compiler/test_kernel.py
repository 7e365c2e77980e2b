"""Integration: closed forms, order of convergence, a clock that does not drift, mass that is not created."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.integrate import solve_ivp
from small_models import auxiliary, bounds, flow, over, read, stock, xmile

import egovsim

PREDATORS = (
    auxiliary("a", "1.1"),
    auxiliary("b", "0.4"),
    stock("prey", "10.0", inflows=["births"], outflows=["deaths"]),
    stock("hunters", "5.0", inflows=["fed"], outflows=["starved"]),
    flow("births", "a * prey * (1.0 + 0.5 * SIN(TIME))"),
    flow("deaths", "b * prey * hunters"),
    flow("fed", "0.1 * prey * hunters"),
    flow("starved", "b * hunters"),
)


def _predators(time: float, state: np.ndarray) -> list[float]:
    prey, hunters = state
    births = 1.1 * prey * (1.0 + 0.5 * np.sin(time))
    return [births - 0.4 * prey * hunters, 0.1 * prey * hunters - 0.4 * hunters]


@pytest.mark.parametrize(("method", "steps", "order"), [("euler", (128, 256, 512), 1.0), ("rk4", (16, 32, 64), 4.0)])
def test_methods_converge_with_their_order_to_what_solve_ivp_finds(
    tmp_path: Path, method: str, steps: tuple[int, ...], order: float
) -> None:
    """A wrong weight, a stage at a wrong time, or a stock moved before its rates were known."""
    exact = solve_ivp(_predators, (0.0, 5.0), [10.0, 5.0], method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    model = read(tmp_path, xmile(*PREDATORS, stop=5))
    errors = []
    for count in steps:
        result = egovsim.run(model, method=method, time_step=1.0 / count, outputs=["prey", "hunters"], save_every=5.0)
        last = np.array([result.values(name)[0, 0, 0, -1] for name in ("prey", "hunters")])
        errors.append(np.abs(last - exact).max())
    observed = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(observed, order, atol=0.2)


def test_eulers_method_is_compound_growth_to_the_last_bit(tmp_path: Path) -> None:
    """One multiplication and one addition a step: the reference for every other number."""
    model = read(tmp_path, xmile(stock("s", "100.0", inflows=["f"]), flow("f", "r * s"), auxiliary("r", "0.07")))
    got = egovsim.run(model).values("s")[0, 0, 0]
    wanted = [100.0]
    for _ in range(80):
        wanted.append(wanted[-1] + (0.07 * wanted[-1]) * 0.125)
    np.testing.assert_array_equal(got, wanted)


def test_a_file_that_says_rk4_is_run_with_it(tmp_path: Path) -> None:
    """The method of the file would be read and ignored."""
    parts = (stock("s", "1.0", inflows=["f"]), flow("f", "s"))
    got = egovsim.run(read(tmp_path, xmile(*parts, method="rk4", stop=1))).values("s")[0, 0, 0, -1]
    assert got == pytest.approx(np.e, rel=1e-5)
    assert got != pytest.approx(1.125**8, rel=1e-3)


def test_within_a_step_of_runge_and_kutta_test_inputs_and_series_stand_still(tmp_path: Path) -> None:
    """A step that is switched on at the end of an interval must not leak into it."""
    model = read(
        tmp_path,
        xmile(
            stock("stepped", "0.0", inflows=["f"]),
            flow("f", "STEP(1.0, 2.0)"),
            stock("led", "0.0", inflows=["g"]),
            flow("g", "lever"),
            auxiliary("lever", "0.0"),
            method="rk4",
        ),
    )
    frame = egovsim.run(model, constants={"lever": egovsim.Series((0.0, 2.0), (0.0, 1.0), "steps")}).to_frame()
    wanted = np.maximum(frame.index.to_numpy() - 2.0, 0.0)
    np.testing.assert_allclose(frame["stepped"], wanted, atol=1e-14)
    np.testing.assert_allclose(frame["led"], wanted, atol=1e-14)


@pytest.mark.parametrize("method", ["euler", "rk4"])
@pytest.mark.parametrize(("start", "stop", "step"), [(2003, 2045, 0.1), (0, 100, 0.05), (1900, 1907, 0.7)])
def test_time_is_start_plus_steps_and_never_a_sum(
    tmp_path: Path, method: str, start: float, stop: float, step: float
) -> None:
    """A drifting clock misses events and ends before or after the horizon."""
    model = read(tmp_path, xmile(auxiliary("now", "TIME"), start=start, stop=stop, dt=step, method=method))
    result = egovsim.run(model)
    wanted = start + np.arange(round((stop - start) / step) + 1) * step
    np.testing.assert_array_equal(result.time, wanted)
    np.testing.assert_array_equal(result.values("now")[0, 0, 0], wanted)


def test_clock_values_are_those_of_this_run(tmp_path: Path) -> None:
    """A model that scales with DT or fades towards STOPTIME must see what the caller chose."""
    parts = [auxiliary(f"y{n}", name) for n, name in enumerate(("DT", "STARTTIME", "STOPTIME"))]
    frame = egovsim.run(read(tmp_path, xmile(*parts)), until=4.0, time_step=0.5).to_frame()
    assert frame.iloc[-1].tolist() == [0.5, 0.0, 4.0]


# ---------------------------------------------------------------------------------------------------------------
# Non-negative stocks and flows

NON_NEGATIVE = "<non_negative/>"
CLOSED = xmile(
    auxiliary("a start", "10.0"),
    auxiliary("b start", "1.0"),
    auxiliary("there", "3.0"),
    auxiliary("aside", "1.0"),
    auxiliary("back", "0.5"),
    stock("a", "a_start", inflows=["ba"], outflows=["ab", "ac"], inside=NON_NEGATIVE),
    stock("b", "b_start", inflows=["ab"], outflows=["ba"], inside=NON_NEGATIVE),
    stock("c", "0.0", inflows=["ac"]),
    flow("ab", "there", inside=NON_NEGATIVE),
    flow("ac", "aside", inside=NON_NEGATIVE),
    flow("ba", "back * b", inside=NON_NEGATIVE),
)
amounts = st.lists(st.floats(-5.0, 60.0), min_size=5, max_size=40)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("closed"), CLOSED)


@pytest.mark.parametrize("method", ["euler", "rk4"])
@given(drawn=amounts)
def test_no_mass_is_created_where_stocks_cannot_be_negative(
    closed: egovsim.Model, method: str, drawn: list[float]
) -> None:
    """Clamping a stock without its outflow would print people or money."""
    rows = np.array([np.roll(drawn, shift)[:5] for shift in range(len(drawn))])
    starts = {"a start": np.abs(rows[:, 0]), "b start": np.abs(rows[:, 1])}
    flows = {"there": rows[:, 2], "aside": rows[:, 3], "back": np.abs(rows[:, 4]) / 4}
    names = ["a", "b", "c", "ab", "ac", "ba"]
    result = egovsim.run(closed, design=egovsim.Design.of({**starts, **flows}), method=method, outputs=names)
    a, b, c, *out = (result.values(name)[0, 0] for name in names)
    total = (starts["a start"] + starts["b start"])[:, np.newaxis]
    np.testing.assert_allclose(a + b + c, np.broadcast_to(total, a.shape), rtol=1e-12)
    assert min(stock.min() for stock in (a, b, c)) >= -1e-12 * total.max()
    assert min(flow.min() for flow in out) >= 0.0


def test_outflows_are_served_in_the_order_of_the_file(tmp_path: Path) -> None:
    """XMILE 1.0, section 4.2: who comes first takes what there is."""
    model = read(
        tmp_path,
        xmile(
            stock("s", "1.0", inflows=["in"], outflows=["first", "second", "third"], inside=NON_NEGATIVE),
            flow("in", "2.0"),
            flow("first", "6.0"),
            flow("second", "7.0"),
            flow("third", "1.0"),
        ),
    )
    frame = egovsim.run(model).to_frame()
    assert frame[["first", "second", "third"]].iloc[0].tolist() == [6.0, 4.0, 0.0]  # 1/dt + 2 = 10 can leave
    assert frame[["first", "second", "third"]].iloc[1].tolist() == [2.0, 0.0, 0.0]
    assert (frame["s"].iloc[1:] == 0.0).all()


def test_stocks_that_exchange_what_they_hold_are_no_algebraic_loop(tmp_path: Path) -> None:
    """Each has another outflow, which is served first or last; nothing is created, and nobody goes below nothing."""
    for b_out, a_out in (
        (["lost", "ba"], ["ab", "gone"]),
        (["ba", "lost"], ["gone", "ab"]),
        (["lost", "ba"], ["gone", "ab"]),
    ):
        model = read(
            tmp_path,
            xmile(
                stock("a", 5, inflows=["ba"], outflows=a_out, inside=NON_NEGATIVE),
                stock("b", 1, inflows=["ab"], outflows=b_out, inside=NON_NEGATIVE),
                stock("sink", 0, inflows=["gone", "lost"]),
                flow("ab", "9 + 4 * SIN(TIME)"),
                flow("ba", "7"),
                flow("gone", "0.5"),
                flow("lost", "1"),
            ),
        )
        frame = egovsim.run(model).to_frame()
        np.testing.assert_allclose(frame[["a", "b", "sink"]].sum(axis=1), 6, rtol=1e-12)
        assert frame[["a", "b", "ab", "ba"]].to_numpy().min() >= 0


def test_an_outflow_that_is_computed_from_a_later_one_is_served_after_it(tmp_path: Path) -> None:
    """As waste is a share of what is used: in the order of the file there is a circle."""
    parts = (
        stock("s", 1, outflows=["waste", "use"], inside=NON_NEGATIVE),
        flow("waste", "use / 2"),
        flow("use", "6"),
    )
    frame = egovsim.run(read(tmp_path, xmile(*parts))).to_frame()
    assert frame[["waste", "use"]].iloc[:3].to_numpy().tolist() == [[2, 6], [0, 0], [0, 0]]


def test_flows_in_that_turn_negative_take_no_more_than_there_is(tmp_path: Path) -> None:
    """Two of them, each within what the stock holds, would together overdraw it; an outflow must not refill it."""
    parts = (
        stock("s", "1.0", inflows=["one", "two"], outflows=["out"], inside=NON_NEGATIVE),
        flow("one", "-6.0"),
        flow("two", "-7.0 + STEP(9.0, 5.0)"),
        flow("out", "4.0"),
    )
    frame = egovsim.run(read(tmp_path, xmile(*parts))).to_frame()
    assert frame["s"].min() == 0.0
    assert frame[["one", "two", "out"]].iloc[0].tolist() == [-6.0, -2.0, 0.0]
    assert frame[["one", "two", "out"]].iloc[-1].tolist() == [0.0, 2.0, 2.0]
    assert (frame["out"] >= 0.0).all()


def test_a_flow_that_may_not_be_negative_is_cut_at_nothing_and_another_is_not(tmp_path: Path) -> None:
    """A one-way flow that runs backwards."""
    model = read(
        tmp_path,
        xmile(
            stock("s", "1.0", inflows=["one way", "both ways"]),
            flow("one way", "-1.0", inside=NON_NEGATIVE),
            flow("both ways", "-0.25"),
        ).replace(
            "<inflow>one way</inflow><inflow>both ways</inflow>", "<inflow>one_way</inflow><inflow>both_ways</inflow>"
        ),
    )
    frame = egovsim.run(model, until=1.0).to_frame()
    assert (frame["one way"] == 0.0).all()
    assert frame["s"].iloc[-1] == 0.75


# ---------------------------------------------------------------------------------------------------------------
# What is compiled

LONG = 420


def test_a_model_longer_than_one_function_is_the_same_model(tmp_path: Path) -> None:
    """Long blocks are cut into several functions; a value that crosses a cut must arrive."""
    steps = [auxiliary(f"y{n}", f"y{n - 1} + k" if n else "TIME") for n in range(LONG)]
    fixed = [auxiliary(f"c{n}", f"c{n - 1} + k" if n else "k") for n in range(LONG)]
    starts = [auxiliary(f"i{n}", f"i{n - 1} + k" if n else "INIT(s)") for n in range(LONG)]
    parts = [
        *(*reversed(steps), *reversed(fixed), *starts),
        auxiliary("k", "2.0"),
        stock("s", f"c{LONG - 1}", inflows=["f"]),
        flow("f", f"y{LONG - 1}"),
        stock("t", f"i{LONG - 1}", inflows=["f"]),
    ]
    model = read(tmp_path, xmile(*parts, stop=1))
    wanted = {"s": 2.0 * LONG, f"y{LONG - 1}": 2.0 * (LONG - 1), "t": 2.0 * LONG + 2.0 * (LONG - 1)}
    for outputs in ([*wanted], None):
        result = egovsim.run(model, outputs=outputs)
        for name, value in wanted.items():
            assert result.values(name)[0, 0, 0, 0] == value


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_an_output_has_the_same_bits_alone_as_among_all(egov: egovsim.Model, method: str) -> None:
    """What no output needs is left out of a kernel; what is left in must not notice."""
    everything = egovsim.run(egov, method=method, until=2010.0)
    names = [*(variable.name for variable in egov.stocks[::16]), "Real use index"]
    for name in names:
        alone = egovsim.run(egov, method=method, until=2010.0, outputs=[name])
        np.testing.assert_array_equal(alone.values(name), everything.values(name), err_msg=name)


def test_a_series_moves_everything_that_is_made_of_its_input(tmp_path: Path) -> None:
    """Values that depend on constants alone are made once: a series on the constant must make them anew."""
    element = '<element subscript="x"><eqn>1.0</eqn></element><element subscript="y"><eqn>1.0</eqn></element>'
    model = read(
        tmp_path,
        xmile(
            auxiliary("lever", "1.0", inside=bounds(0.0, 100.0)),
            auxiliary("twice", "2.0 * lever"),
            auxiliary("once more", "twice + lever * 0.0 + still"),
            auxiliary("still", "7.0"),
            stock("s", "once_more", inflows=["f"]),
            flow("f", "twice"),
            f'<aux name="k">{over("D")}{element}</aux>',
            f'<aux name="kk">{over("D")}<eqn>k[D] * 10.0</eqn></aux>',
            dimensions={"D": ("x", "y")},
        ),
    )
    lever = egovsim.Series((0.0, 5.0), (3.0, 4.0), "steps")
    result = egovsim.run(model, constants={"lever": lever, "k[y]": egovsim.Series((0.0, 10.0), (0.0, 10.0))})
    time = result.time
    wanted = np.where(time < 5.0, 3.0, 4.0)
    np.testing.assert_array_equal(result.values("lever")[0, 0, 0], wanted)
    np.testing.assert_array_equal(result.values("twice")[0, 0, 0], 2.0 * wanted)
    np.testing.assert_array_equal(result.values("once more")[0, 0, 0], 2.0 * wanted + 7.0)
    assert result.values("s")[0, 0, 0, 0] == 13.0  # the initial value sees the first value of the series
    np.testing.assert_array_equal(result.values("kk")[0, 0, 0, :, 0], 10.0)
    np.testing.assert_allclose(result.values("kk")[0, 0, 0, :, 1], 10.0 * time)
