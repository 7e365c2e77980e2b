"""What carries an effect: by hand on a model of a few equations, and on the e-government model."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, flow, read, stock, xmile

import egovsim
from egovsim import library
from egovsim.analysis import Channel, ChannelEffects, channel_effects, read_channels
from egovsim.analysis.history_matching.member_selection import select_members
from egovsim.model.dependencies import references
from egovsim.model.inputs import Design, PolicyPath, Profile, Scenario, Series
from egovsim.model.metrics import value_at
from egovsim.simulation.files import read_policy, read_profile

MODEL = xmile(
    auxiliary("lever", "1.0"),
    auxiliary("multiplier", "1.0"),
    auxiliary("weight", "2.0"),
    auxiliary("shock", "0.0"),
    stock("s", "0.0", inflows=["gain"]),
    flow("gain", "lever * multiplier"),
    auxiliary("opposed", "-0.5 * lever"),
    auxiliary("outcome", "weight * s + opposed + 0.25 * lever + shock"),
    '<gf name="table"><xpts>0.0,1.0</xpts><ypts>3.0,4.0</ypts></gf>',
)
CHANNELS = (Channel("stock", ("s",)), Channel("opposed", ("opposed",)))
WEIGHTS = np.array([1.0, 2.0, 4.0])
DESIGN = Design.of({"weight": WEIGHTS})


@functools.cache
def small() -> egovsim.Model:
    with tempfile.TemporaryDirectory() as folder:
        return read(Path(folder), MODEL)


def lever(name: str, value: float, start: float) -> PolicyPath:
    return PolicyPath(name, {"lever": Series.constant(value)}, start)


def effects(*policies: PolicyPath, base: PolicyPath, outcome: str = "outcome", **more) -> tuple[ChannelEffects, ...]:
    return channel_effects(small(), CHANNELS, policies, base=base, outcome=outcome, at=10.0, design=DESIGN, **more)


def test_each_channel_carries_what_is_lost_without_it_and_together_they_leave_the_direct_way() -> None:
    """Level 3 from year 4 on instead of 1: the stock gains 2 x 6, the opposed way loses 1, and 0.5 goes directly."""
    (found,) = effects(lever("more", 3.0, 4.0), base=PolicyPath("usual"))
    np.testing.assert_allclose(found.effect, WEIGHTS * 12.0 - 1.0 + 0.5, rtol=1e-12)
    np.testing.assert_allclose(found.carried["stock"], WEIGHTS * 12.0, rtol=1e-12)
    np.testing.assert_allclose(found.carried["opposed"], -1.0, rtol=1e-9)
    np.testing.assert_allclose(found.together, WEIGHTS * 12.0 - 1.0, rtol=1e-12)
    assert found.share(found.carried["stock"]) == pytest.approx(24.0 / 23.5, rel=1e-9)


def test_paths_of_different_starts_are_set_against_each_other() -> None:
    """A base that starts at another time than the path has its own history until then."""
    found = effects(lever("a", 3.0, 4.0), lever("b", 2.0, 2.0), base=lever("c", 5.0, 6.0))
    gained = [3.0 * 6.0 + 4.0, 2.0 * 8.0 + 2.0]
    for one, path in zip(found, gained, strict=True):
        np.testing.assert_allclose(one.carried["stock"], WEIGHTS * (path - (5.0 * 4.0 + 6.0)), rtol=1e-12)
        assert one.base == "c"


def test_profile_scenario_and_multiplier_go_to_both_paths() -> None:
    """What one path alone had would be told as the other's effect; a decided lever holds as written in each."""
    profile = Profile(
        "here",
        constants={"multiplier": 3.0},
        levers={"lever": Series((0.0, 5.0), (2.0, 4.0), "steps")},
        multipliers={"lever": "multiplier"},
    )
    scenario = Scenario("shock", {"shock": Series.constant(9.0)})
    nothing, path = effects(
        PolicyPath("nothing"), lever("more", 3.0, 6.0), base=PolicyPath("usual"), profile=profile, scenario=scenario
    )
    assert not any(part.any() for part in (nothing.effect, nothing.together))
    np.testing.assert_allclose(path.carried["stock"], WEIGHTS * 4.0 * (3.0 - 3.0 * 4.0), rtol=1e-12)
    (same,) = effects(lever("a", 3.0, 6.0), base=lever("b", 3.0, 6.0), profile=profile, scenario=scenario)
    assert not same.effect.any()


def test_the_outcome_itself_is_no_channel_of_its_own() -> None:
    """That an outcome is carried by itself says nothing."""
    (found,) = effects(lever("more", 3.0, 4.0), base=PolicyPath("usual"), outcome="s")
    assert set(found.carried) == {"opposed"}
    (unmoved,) = effects(lever("more", 3.0, 4.0), base=PolicyPath("usual"), outcome="weight")
    assert not unmoved.effect.any()
    assert unmoved.share(unmoved.together) is None


def test_shares_are_not_told_where_the_sign_is_open_and_failed_members_are_left_out() -> None:
    """A share of almost nothing is any number; a run that failed has no share at all."""
    ones = np.ones(20)
    open_sign = ChannelEffects("p", "b", "y", 1.0, np.linspace(-1.0, 1.0, 20), {"c": ones}, ones)
    assert open_sign.share(ones) is None
    failed = np.array([np.nan, 2.0, 4.0])
    assert ChannelEffects("p", "b", "y", 1.0, failed, {}, failed / 2.0).share(failed / 2.0) == 0.5


# ------------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "channels.toml: channel is missing; give each channel as a [[channel]]."),
        (
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariables = ["gan"]\n',
            'channels.toml: channel[1].variables: "gan" is not a variable of model.xmile; nearest: "gain".',
        ),
        (
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariables = ["table"]\n',
            'channels.toml: channel[1].variables: "table" is a lookup and has no value over time; name what uses it.',
        ),
        (
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariables = []\n',
            "channels.toml: channel[1].variables is empty; name the variables that stay as they are without the path.",
        ),
        (
            '[[channel]]\nname = "a"\nrole = "barier"\nvariables = ["s"]\n',
            'channels.toml: channel[1].role: "barier" is not a possible value; nearest: "barrier".',
        ),
        (
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariables = ["s"]\n'
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariables = ["gain"]\n',
            'channels.toml: channel[2].name: "a" is the name of channel[1] already.',
        ),
        (
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariables = ["s"]\n'
            '[[channel]]\nname = "b"\nrole = "barrier"\nvariables = ["S"]\n',
            'channels.toml: channel[2].variables: "s" is in the channel "a" already; leave it out of one.',
        ),
        (
            '[[channel]]\nname = "a"\nrole = "barrier"\nvariable = ["s"]\n',
            'channels.toml: channel[1].variable is not a key of a channel; nearest: "variables".',
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_what_next(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "channels.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(egovsim.InputError) as caught:
        read_channels(small(), path)
    assert str(caught.value).replace(str(path), "channels.toml") == message


# ------------------------------------------------------------------------------------------------------ shipped


def reached(model: egovsim.Model, names: set[str]) -> set[str]:
    """Return the ids of what some variables influence."""
    found = {model[name].id for name in names}
    while True:
        more = {
            variable.id
            for variable in model.variables
            if variable.id not in found
            and any(reference.id in found for part in variable.expressions for reference in references(part))
        }
        if not more:
            return found
        found |= more


def test_every_shipped_channel_lies_between_a_lever_and_an_outcome() -> None:
    """One that lies elsewhere carries nothing whatever is decided, and would be read as a finding."""
    model = egovsim.read_model("egov")
    levers = {lever for name in library.names("policy") for lever in read_policy(name).levers}
    after_levers = reached(model, levers)
    outcomes = {model[name].id for name in ("Real use index", "SPBE-like index")}
    for channel in read_channels(model):
        for name in channel.variables:
            assert model[name].id in after_levers, name
            assert outcomes & reached(model, {name}), name
        assert channel.label["en"] != channel.label["id"], "a label that stands for both languages is in one of them"


def test_on_the_shipped_model_the_twin_is_both_plain_runs_and_idle_channels_change_nothing() -> None:
    """Every effect rests on this: the doubled model is the model, and before the path starts there is no difference."""
    model, profile = egovsim.read_model("egov"), read_profile("south-sumatra")
    match = next(iter(select_members(model, members=8).matches.values()))
    policies = [read_policy(name) for name in library.names("policy")]
    usual = next(policy for policy in policies if policy.baseline)
    others = [policy for policy in policies if not policy.baseline]
    given = {"profile": profile, "constants": match.constants, "design": match.design(profile)}
    channels = read_channels(model)
    found = channel_effects(model, channels, [*others, usual], base=usual, outcome="Real use index", at=2045.0, **given)
    metric = value_at("Real use index", 2045.0, name="use")
    plain = egovsim.run(model, policies=[*others, usual], metrics=[metric], until=2045.0, **given).metric_values("use")
    for one, with_path in zip(found, plain[0], strict=True):
        np.testing.assert_array_equal(one.effect, with_path - plain[0, -1])
    assert not any(part.any() for part in found[-1].parts.values())
    # two paths that are one, which moves all channels: none may carry a difference that is not there
    same = others[-1]
    (nothing,) = channel_effects(model, channels, [same], base=same, outcome="Real use index", at=2045.0, **given)
    assert not any(part.any() for part in (nothing.effect, *nothing.parts.values()))
