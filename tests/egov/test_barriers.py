"""Equal extra money for one barrier after the other, on a region whose answers can be written down.

`Level` rises each year by what is spent on each barrier times its worth; training is limited by places. If a test
fails, a planner is told that another barrier binds than the one that does.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_barriers import CONSTANT, HERE, WORTH, barrier_model, members

import egovsim
from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.barriers import BARRIERS, CULTURE, DIVIDE, HR, INFRASTRUCTURE, SECURITY, barrier
from egovsim.egov.binding import binding_barriers
from egovsim.egov.extra_money import extra_money_effects
from egovsim.errors import InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import PolicyPath, Profile, Range, Series
from egovsim.model.model import Model
from egovsim.model.variable import Bounds

USUAL = PolicyPath("usual")
AMOUNT, TERM = 10.0, 4.0


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return barrier_model(tmp_path_factory.mktemp("barriers"))


def values(match: Match, name: str) -> np.ndarray:
    design = match.design(HERE)
    return design.rows()[:, design.names.index(name)]


def test_relief_is_the_money_times_its_worth(model: Model) -> None:
    """Every barrier gets the same sum from 2026 on, alone and in pairs, and nothing else changes."""
    sets = [(relieved,) for relieved in (*BARRIERS, INFRASTRUCTURE)] + [(SECURITY, CULTURE)]
    found = extra_money_effects(
        model, HERE, CONSTANT, combinations=sets, outcomes=["Level"], years=[2026, 2030], amount=AMOUNT
    )
    assert found.changes.shape == (7, 1, 2, 40)
    assert np.all(found.changes[:, :, 0] == 0.0)
    worth = [*WORTH.values(), 0.1, 2.5]
    np.testing.assert_allclose(found.changes[:, 0, 1, 0], [TERM * AMOUNT * value for value in worth])
    np.testing.assert_allclose(found.of((SECURITY, CULTURE), "Level", 2030.0), TERM * AMOUNT * 2.5)


def test_money_for_training_brings_its_places(model: Model) -> None:
    """Without places the extra money would return to the treasury, and training would be found to be of no use.

    There are as many as are needed where training is cheapest but for one member in twenty; below, some is left.
    """
    match = members(Range("Training cost", 0.005, 0.02), count=200)
    cost = values(match, "Training cost")
    places = 0.02 + AMOUNT / np.quantile(1000.0 * cost, 0.05)
    usual, more = np.minimum(0.2, 20.0 * cost), np.minimum(0.2 + AMOUNT, places * 1000.0 * cost)
    found = extra_money_effects(
        model, HERE, match, combinations=[(HR,)], outcomes=["Level"], years=[2030], amount=AMOUNT
    )
    np.testing.assert_allclose(found.changes[0, 0, 0], 3.0 * TERM * (more - usual))
    short = more - usual < AMOUNT * (1.0 - 1e-9)
    assert 0.0 < short.mean() <= 0.06


@pytest.mark.parametrize(
    ("path", "before"),
    [
        (USUAL, 0.02),
        (PolicyPath("steps", {"Training places": Series((2020.0, 2027.0), (0.0, 0.1), "steps")}, 2026.0), 0.1),
        (PolicyPath("points", {"Training places": Series((2026.0, 2028.0), (0.02, 0.5))}, 2026.0), 0.5),
        (PolicyPath("late", {"training_places": Series.constant(0.3)}, start=2029.0), 0.3),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_places_are_added_to_what_a_path_decides(model: Model, path: PolicyPath, before: float) -> None:
    """A path that sets places itself keeps them and gets the same more, for the term and not a step longer."""
    added = AMOUNT / 10.0
    found = extra_money_effects(
        model, HERE, CONSTANT, combinations=[(HR,)], outcomes=["Places so far"], years=[2027, 2044], policy=path,
        amount=AMOUNT,
    )  # fmt: skip
    np.testing.assert_allclose(found.changes[0, 0, :, 0], [added, 18.0 * added])
    one, *_ = binding_barriers(model, HERE, CONSTANT, policies=[path], by="Places so far", until=2045, amount=AMOUNT)
    assert one.changes["hr"].p50 == pytest.approx(TERM * added)
    base = egovsim.run(model, policies=[path], outputs=["Training places"], until=2045)
    assert base.values("Training places")[0, 0, 0, -1] == pytest.approx(before)


def test_places_of_the_profile_are_the_ones_that_are_raised(model: Model) -> None:
    """A region that trains more than the model's default must not lose its own places to the relief."""
    for profile in (
        Profile("lever", levers={"training places": Series.constant(0.05)}),
        Profile("constant", constants={"Training places": 0.05}),
    ):
        found = extra_money_effects(
            model, profile, CONSTANT, combinations=[(HR,)], outcomes=["Places so far"], years=[2030]
        )
        np.testing.assert_allclose(found.changes[0, 0, 0], TERM * 20.0 / 10.0)


def bounded(model: Model, most: float) -> Model:
    """Return the model with a largest number of training places."""
    places = dataclasses.replace(model["Training places"], bounds=Bounds(0.0, most))
    variables = tuple(places if each.id == places.id else each for each in model.variables)
    return dataclasses.replace(model, variables=variables)


def test_money_for_training_ends_with_its_places(model: Model) -> None:
    """In a small region the money pays for more places than there can be: what finds none is not spent, and told.

    All staff cost 10 billion, so 10 billion pay for 1.0; of 0.5, 0.02 are there already, and 4.8 billion are spent.
    """
    period, *_ = binding_barriers(
        bounded(model, 0.5), HERE, CONSTANT, policies=[USUAL], by="Level", until=2045, amount=AMOUNT
    )
    assert period.changes["hr"].p50 == pytest.approx(3.0 * TERM * 4.8)
    assert period.spendable == {"hr": pytest.approx(4.8), **dict.fromkeys(list(WORTH)[1:], AMOUNT)}
    roomy, *_ = binding_barriers(model, HERE, CONSTANT, policies=[USUAL], by="Level", until=2045, amount=AMOUNT)
    assert roomy.spendable == dict.fromkeys(WORTH, AMOUNT)


def test_a_line_of_places_bends_where_they_end(model: Model) -> None:
    """Own places grow from 0.02 in 2026 to 0.42 in 2030; with 0.25 more they end at 0.5 after 2.3 years of 4."""
    growing = PolicyPath("growing", {"Training places": Series((2026.0, 2030.0), (0.02, 0.42))}, 2026.0)
    found = extra_money_effects(
        bounded(model, 0.5), HERE, CONSTANT, combinations=[(HR,)], outcomes=["Places so far"], years=[2030],
        policy=growing, amount=2.5,
    )  # fmt: skip
    steps = np.arange(0.0, 4.0, 0.25)
    added = np.minimum(0.25, 0.5 - (0.02 + 0.1 * steps))
    assert found.changes[0, 0, 0, 0] == pytest.approx(0.25 * added.sum())


def test_training_that_costs_nothing_is_refused(model: Model) -> None:
    free = members(Range("Training cost", 0.0, 0.0))
    with pytest.raises(ValueRangeError) as failure:
        extra_money_effects(model, HERE, free, outcomes=["Level"], years=[2030])
    assert str(failure.value) == (
        "training as many as all staff costs 0 billion rupiah in the region, so that no money can be weighed against "
        "places; check its staff and the cost of training."
    )


def test_the_binding_barrier_is_the_best_in_each_member(model: Model) -> None:
    """Training is worth more than culture in some members and less in the others; shares count them."""
    match = members(Range("Training cost", 0.01, 0.01), Range("Worth of HR", 1.0, 2.5), count=300)
    worth = values(match, "Worth of HR")
    periods = binding_barriers(model, HERE, match, policies=[USUAL], by="Level", until=2045, amount=AMOUNT)
    assert [(period.first, period.last) for period in periods] == [
        (2026, 2030),
        (2030, 2034),
        (2034, 2038),
        (2038, 2042),
    ]
    for period in periods:
        assert period.best == {
            "hr": pytest.approx(np.mean(worth > 2.0)),
            "security": 0.0,
            "divide": 0.0,
            "culture": pytest.approx(np.mean(worth < 2.0)),
            "budget": 0.0,
        }
        assert period.barrier is CULTURE
        assert period.changes["hr"].p95 == pytest.approx(TERM * AMOUNT * np.quantile(worth, 0.95))
        assert period.changes["culture"].p50 == pytest.approx(TERM * AMOUNT * 2.0)


def test_less_may_be_better_and_where_nothing_helps_nothing_binds(model: Model) -> None:
    """For an outcome to be brought down the one that lowers it wins; money that only harms is not the remedy."""
    ask = {"policies": [USUAL], "until": 2045, "amount": AMOUNT, "better": -1.0}
    for period in binding_barriers(model, HERE, CONSTANT, by="Level", **ask):
        assert period.best["divide"] == 1.0
        assert period.barrier is DIVIDE
    for period in binding_barriers(model, HERE, CONSTANT, by="Places so far", **ask):
        assert set(period.best.values()) == {0.0}
        assert period.barrier is None


def test_every_path_gets_its_own_terms(model: Model) -> None:
    """Rows come path after path, and what a path does is not counted as the money's effect."""
    paths = [USUAL, PolicyPath("effort", {"Effort": Series.constant(100.0)}, 2026.0)]
    periods = binding_barriers(model, HERE, CONSTANT, policies=paths, by="Level", until=2034, amount=AMOUNT)
    assert [(period.policy, period.first) for period in periods] == [
        ("usual", 2026), ("usual", 2030), ("effort", 2026), ("effort", 2030)
    ]  # fmt: skip
    assert [period.changes["culture"].p50 for period in periods] == pytest.approx([80.0] * 4)


def test_a_structure_is_a_structure_here_too(model: Model) -> None:
    """Constants of a rival structure hold in every run; else both structures would tell the same."""
    rival = Match(CONSTANT.benchmark, 0, CONSTANT.search, constants={"Worth of HR": 0.0})
    found = extra_money_effects(model, HERE, rival, combinations=[(HR,)], outcomes=["Level"], years=[2030])
    assert np.all(found.changes == 0.0)


def test_bad_questions_are_refused(model: Model) -> None:
    """Each message says what is wrong and what to choose instead."""
    ask = {"policies": [USUAL], "by": "Level"}
    with pytest.raises(InputError) as failure:
        binding_barriers(model, HERE, CONSTANT, until=2028, **ask)
    assert str(failure.value) == "no term of 4 years from 2026 on ends by 2028; choose a later end."
    with pytest.raises(ValueRangeError) as refused:
        binding_barriers(model, HERE, CONSTANT, until=2045, amount=-1.0, **ask)
    assert str(refused.value) == "the extra money is -1 billion rupiah a year; it cannot be below 0."
    with pytest.raises(UnknownNameError) as unknown:
        barrier("cultur")
    assert str(unknown.value) == '"cultur" is not a barrier; nearest: "culture".'


def test_the_shipped_model_has_what_the_barriers_name(egov: egovsim.Model) -> None:
    """A renamed input would break every comparison at the end of its work."""
    for relieved in (*BARRIERS, INFRASTRUCTURE):
        assert egov[relieved.money].is_input
        assert egov[relieved.money].group == "Extra money"
        assert set(relieved.label) == {"en", "id"}
    assert [barrier.name for barrier in BARRIERS] == ["hr", "security", "divide", "culture", "budget"]
