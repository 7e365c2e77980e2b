"""What the next money for a barrier is worth, and its full removal, on the shipped model.

If these fail, a planner is told that a barrier matters little when it does, or the other way round.
"""

from __future__ import annotations

import numpy as np
import pytest

import egovsim
from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.match_files import Match
from egovsim.analysis.history_matching.member_selection import read_shipped_match
from egovsim.egov.barrier_worth import BarrierWorth, barrier_worth, parts_by_definition
from egovsim.egov.barriers import BARRIERS, CULTURE, DIVIDE, HR, SECURITY
from egovsim.egov.extra_money import extra_money_effects
from egovsim.egov.findings.barrier_tables import removal_tables
from egovsim.egov.findings.study import Study
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.errors import ValueRangeError
from egovsim.model.inputs import PolicyPath, Profile, Scenario, Series
from egovsim.model.interventions.replacement import with_replacements
from egovsim.model.model import Model

USUAL = PolicyPath("usual")
STATES = ["HR capacity", "Security maturity", "Internet penetration", "Cultural change"]


@pytest.fixture(scope="module")
def region() -> Profile:
    return egovsim.read_profile("south-sumatra")


@pytest.fixture(scope="module")
def match(egov: Model) -> Match:
    benchmark = read_benchmark()
    return read_shipped_match(egov, benchmark, benchmark.structures[0], seed=0).first(12)


@pytest.fixture(scope="module")
def rows(egov: Model, region: Profile, match: Match) -> dict[tuple[str, str], BarrierWorth]:
    outcomes = [REAL_USE, INDEX, *STATES]
    found = barrier_worth(egov, region, match, policies=[USUAL], outcomes=outcomes, until=2045.0)
    return {(row.barrier, row.outcome): row for row in found}


def test_removal_puts_each_state_at_its_best_and_leaves_the_past_alone(
    egov: Model, region: Profile, match: Match
) -> None:
    removed = [HR, SECURITY, DIVIDE, CULTURE]
    changed, switches = with_replacements(egov, [barrier.removal for barrier in removed if barrier.removal])
    scenarios = [Scenario(switch, {switch: Series.constant(1.0)}, 2026.0) for switch in switches]
    ask = {"profile": region, "design": match.design(region), "outputs": STATES, "save_every": 1.0}
    usual, found = egovsim.run(egov, **ask), egovsim.run(changed, scenarios=scenarios, **ask)
    for number, barrier in enumerate(removed):
        values = found.values(barrier.state)[number, 0]
        after = found.time > 2026.0
        np.testing.assert_allclose(values[:, after], 1.0, atol=1e-6, err_msg=barrier.name)
        before = found.time < 2026.0
        np.testing.assert_array_equal(values[:, before], usual.values(barrier.state)[0, 0][:, before])


def test_those_online_use_services_as_ever_when_the_divide_is_gone(egov: Model, region: Profile, match: Match) -> None:
    """Clients are those online: nobody may go online without becoming one."""
    assert DIVIDE.removal
    changed, (switch,) = with_replacements(egov, [DIVIDE.removal])
    outputs = ["Online clients[citizens]", "Internet penetration"]
    found = egovsim.run(
        changed, profile=region, design=match.design(region), outputs=outputs, save_every=1.0,
        scenarios=[Scenario("gone", {switch: Series.constant(1.0)}, 2026.0)],
    )  # fmt: skip
    clients, online = (found.values(name)[0, 0] for name in outputs)
    np.testing.assert_allclose(clients / clients[:, -1:], online / online[:, -1:], rtol=1e-6)


def test_money_is_what_equal_money_gives(
    egov: Model, region: Profile, match: Match, rows: dict[tuple[str, str], BarrierWorth]
) -> None:
    """Both pages of one comparison must tell the same."""
    effects = extra_money_effects(egov, region, match, outcomes=[REAL_USE], years=[2045.0], policy=USUAL)
    for barrier in BARRIERS:
        changes = effects.of((barrier,), REAL_USE, 2045.0)
        assert rows[barrier.name, REAL_USE].money.p50 == pytest.approx(np.median(changes))


def test_an_outcome_names_the_barriers_that_it_is_made_of(rows: dict[tuple[str, str], BarrierWorth]) -> None:
    """The removal of culture raises real use by its weight alone, and the reader must be told so."""
    within = {
        outcome: [barrier.name for barrier in BARRIERS if rows[barrier.name, outcome].is_part]
        for outcome in (REAL_USE, INDEX)
    }
    assert within[REAL_USE] == ["culture"]
    assert "culture" not in within[INDEX]


def test_definitions_end_where_behaviour_begins(egov: Model) -> None:
    parts = parts_by_definition(egov, REAL_USE)
    assert "real use score" in parts
    assert "usable capacity" in parts
    assert "core budget" not in parts


def test_a_path_that_spends_more_for_a_barrier_itself_does_not_hide_the_next_money(
    egov: Model, region: Profile, match: Match
) -> None:
    """What a policy sets overrides a scenario: without care the extra money would be the path's own, and worth 0."""
    own = PolicyPath("own", {"Extra money for culture": Series.constant(5.0)}, 2026.0)
    rich = PolicyPath("rich", {"Extra money unearmarked": Series.constant(195.0)}, 2026.0)
    ask = {"outcomes": ["Core budget", "Money for culture"], "until": 2030.0}
    found = {
        (row.policy, row.barrier, row.outcome): row
        for row in barrier_worth(egov, region, match, policies=[own, rich], **ask)
    }
    assert found["own", "culture", "Money for culture"].money.p05 > 15.0
    assert found["own", "culture", "Money for culture"].spendable == 20.0
    assert found["rich", "budget", "Core budget"].spendable == pytest.approx(5.0)
    assert found["rich", "budget", "Core budget"].money.p50 == pytest.approx(5.0, abs=0.5)
    assert found["rich", "budget", "Core budget"].removal.p50 == pytest.approx(5.0, abs=0.5)
    assert found["own", "budget", "Core budget"].removal.p50 > 199.0


def test_a_small_region_is_told_what_it_cannot_spend(egov: Model, region: Profile, match: Match) -> None:
    """Places end at half of all staff a year: more than the model allows is not asked of it."""
    tiny = egovsim.read_profile("south-sumatra")
    few = Profile("few", {**tiny.constants, "Staff at start": 3000.0}, ranges=tiny.ranges, levers=tiny.levers,
                  multipliers=tiny.multipliers)  # fmt: skip
    for policy in (USUAL, PolicyPath("most", {"Training places": Series.constant(0.5)}, 2026.0)):
        found = barrier_worth(egov, few, match, policies=[policy], outcomes=["HR capacity"], until=2045.0)
        spent = {row.barrier: row.spendable for row in found}
        assert spent["culture"] == 20.0
        assert spent["hr"] == 0.0 if policy.name == "most" else 0.0 < spent["hr"] < 20.0


def test_findings_and_comparison_tell_the_same_of_a_removal() -> None:
    """Both tables speak of the same members under business as usual."""
    study = Study.shipped(6)
    _, real_use = next(removal_tables(study))
    for structure in study.structures:
        ask = {"policies": [egovsim.read_policy("business-as-usual")], "outcomes": [REAL_USE], "until": 2045.0}
        found = barrier_worth(study.model, study.profile, study.matches[structure, 0], **ask)
        cells = [row for row in real_use if row[0] == structure]
        assert [row[1].endswith(" *") for row in cells] == [each.is_part for each in found]
        assert [float(row[3].partition(" /")[0]) for row in cells] == pytest.approx(
            [each.removal.p50 for each in found], abs=0.0006
        )


def test_a_horizon_before_the_start_is_refused(egov: Model, region: Profile, match: Match) -> None:
    with pytest.raises(ValueRangeError) as failure:
        barrier_worth(egov, region, match, policies=[USUAL], outcomes=[INDEX], until=2026.0)
    assert str(failure.value) == "the horizon, 2026, is not after 2026, when barriers are removed."
