"""A twin holds two paths of one model; its switches give one path the other's values."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_models import auxiliary, flow, over, read, stock, xmile

import egovsim
from egovsim.model.inputs import Floats, PolicyPath, Profile, Series
from egovsim.model.interventions.twin import Twin, twin

MODEL = xmile(
    auxiliary("lever", "1.0"),
    auxiliary("rate", "0.1"),
    auxiliary("other", "rate * 2.0"),
    stock("s", "5.0", inflows=["growth"], outflows=["loss"]),
    flow("growth", "lever + 0.1 * area[x]"),
    flow("loss", "rate * s"),
    f'<stock name="area">{over("D")}<eqn>other</eqn><inflow>spread</inflow></stock>',
    f'<flow name="spread">{over("D")}<element subscript="x"><eqn>0.01 * s</eqn></element>'
    '<element subscript="y"><eqn>0.02 * lever</eqn></element></flow>',
    auxiliary("s in the base", "s * 3.0"),
    auxiliary("delayed", "SMTH3(s, 2.0, s)"),
    auxiliary("outcome", "delayed + area[x] * area[y] + s / 10.0 + lever"),
    auxiliary("curve", "TIME", inside="<gf><xpts>0.0,1.0</xpts><ypts>3.0,4.0</ypts></gf>"),
    '<gf name="table"><xpts>0.0,1.0</xpts><ypts>3.0,4.0</ypts></gf>',
    dimensions={"D": ("x", "y")},
)
CHANNELS = {"stock": ("s",), "area": ("area",), "delay": ("delayed",), "rate": ("rate",)}


@functools.cache
def plain_model() -> egovsim.Model:
    with tempfile.TemporaryDirectory() as folder:
        return read(Path(folder), MODEL)


@functools.cache
def both_paths() -> Twin:
    return twin(plain_model(), ["lever"], CHANNELS)


def outputs(model: egovsim.Model) -> list[str]:
    return [variable.name for variable in model.variables if variable.kind != "lookup"]


def _run(path: float, base: float, *, start: float, base_start: float, on: Iterable[str] = ()) -> egovsim.Result:
    """Run the twin with a lever at two values, and the channels that are named held."""
    both = both_paths()
    joined = (
        PolicyPath("base", {both.in_base("lever"): Series.constant(base)}, base_start),
        PolicyPath("switches", {both.switches[channel]: Series.constant(1.0) for channel in on}),
    )
    policy = PolicyPath("path", {"lever": Series.constant(path)}, start, joined=joined)
    return egovsim.run(both.model, policies=[policy], outputs=outputs(both.model))


def test_only_what_a_lever_influences_is_there_twice_and_no_name_clashes() -> None:
    """A constant of its own in each copy would be set in one of them alone."""
    model, both = plain_model(), both_paths()
    doubled = {"lever", "s", "growth", "loss", "area", "spread", "delayed", "outcome", "s in the base"}
    assert set(both.copies) == doubled
    assert both.in_base("rate") == "rate"
    assert both.in_base("area[x]") == "area in the base[x]"
    assert both.in_base("s") == "s in the base 2"
    assert len({variable.id for variable in both.model.variables}) == len(both.model.variables)
    assert len(model.variables) + len(both.copies) + 3 + len(CHANNELS) == len(both.model.variables)


levels = st.floats(0.0, 5.0)
starts = st.sampled_from([0.0, 2.0, 3.5])


@given(levels, levels, starts, starts)
def test_a_twin_with_no_switch_on_is_both_plain_runs(path: float, base: float, start: float, base_start: float) -> None:
    """An effect that the doubling makes would be taken for one of the path, to the last bit and whatever starts."""
    both, two = both_paths(), _run(path, base, start=start, base_start=base_start)
    for value, begin, named in ((path, start, lambda name: name), (base, base_start, both.in_base)):
        policy = PolicyPath("plain", {"lever": Series.constant(value)}, begin)
        plain = egovsim.run(plain_model(), policies=[policy])
        for name in both.copies:
            np.testing.assert_array_equal(two.values(named(name)), plain.values(name), err_msg=name)


@given(levels, starts, st.sets(st.sampled_from(sorted(CHANNELS))))
def test_holding_what_the_path_does_not_change_changes_no_bit(level: float, start: float, on: set[str]) -> None:
    """Where path and base are one, each channel has the value already that it is held at."""
    off = _run(level, level, start=start, base_start=start)
    held = _run(level, level, start=start, base_start=start, on=on)
    for name in outputs(plain_model()):
        np.testing.assert_array_equal(held.values(name), off.values(name), err_msg=name)


def test_a_held_stock_is_read_as_in_the_base_and_goes_on_by_its_own_flows() -> None:
    """What reads it gets the base's value; the stock still gathers what the path's inflow brings, by Euler's rule."""
    both, found = both_paths(), _run(4.0, 1.0, start=2.0, base_start=0.0, on=("stock",))

    def values(name: str) -> Floats:
        return found.values(name)[0, 0, 0]

    np.testing.assert_array_equal(values("loss"), values("loss in the base"))
    np.testing.assert_array_equal(values("delayed"), values("delayed in the base"))
    net = values("growth") - values("loss")
    np.testing.assert_allclose(np.diff(values("s")), 0.125 * net[:-1], rtol=1e-9)
    gained = values("s")[-1] - values(both.in_base("s"))[-1]
    assert gained == pytest.approx(3.0 * 8.0, rel=1e-9)
    direct = values("outcome")[-1] - values("outcome in the base")[-1]
    area = values("area")[-1, 0] * (values("area")[-1, 1] - values("area in the base")[-1, 1])
    assert direct == pytest.approx(3.0 + area, rel=1e-9)


def test_values_of_doubled_inputs_are_given_twice_and_the_start_of_a_stock_once() -> None:
    """The copy takes its start from the stock itself; a design that set it again would be refused."""
    both = both_paths()
    assert both.doubled({"lever": 2, "rate": 3, "s": 4}) == {"lever": 2, "lever in the base": 2, "rate": 3, "s": 4}
    found = egovsim.run(both.model, profile=Profile("p", {"s": 7.0}), outputs=["s", both.in_base("s")])
    assert found.values(both.in_base("s"))[0, 0, 0, 0] == 7.0


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ({"a": ("table",)}, '"table" is a lookup and has no value over time; name what uses it.'),
        ({"a": ("s",), "b": ("S",)}, '"s" is in the channel "b" a second time; leave it out of one.'),
        ({"a": ("outcom",)}, '"outcom" is not a variable of model.xmile; nearest: "outcome".'),
    ],
)
def test_what_cannot_be_a_channel_is_refused(channels: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(egovsim.InputError) as caught:
        twin(plain_model(), ["lever"], channels)
    assert str(caught.value) == message


def test_a_copy_that_would_draw_other_random_numbers_is_refused(tmp_path: Path) -> None:
    """The difference between two draws would be told as an effect."""
    model = read(tmp_path, xmile(auxiliary("lever", "1.0"), auxiliary("noise", "lever * UNIFORM(0, 1, 3)")))
    with pytest.raises(egovsim.ModelError) as caught:
        twin(model, ["lever"], {})
    assert str(caught.value) == '"noise" draws random numbers; a second copy of it would draw others.'
