"""What must hold in the e-government model whatever its constants, policies and scenarios are.

Each example is a batch of members: half of the batches from the box that the evidence is matched in, half with
every constant anywhere in the range that the file declares, a quarter of them at an end.
"""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from strategies import Circumstances, circumstances, evidence_ranges, members, wide_members

import egovsim
from egovsim.model.variable import Bounds

COUNT = 32
STEP = 0.0625
MODEL = egovsim.read_model("egov")
PROFILES = (None, *map(egovsim.read_profile, ("south-sumatra", "surabaya", "east-java")))

seeds = st.integers(0, 9999)
profiles = st.sampled_from(PROFILES)
ITEMS = {
    "Extra money for HR": ("Digitally skilled staff",),
    "Extra money for security": ("Security maturity",),
    "Extra money for infrastructure": ("Installed capacity",),
    "Extra money for access": ("Coverage[rural]",),
    "Extra money for culture": ("Dual processes", "Digital processes"),
    "Extra money for services": ("Live applications", "Applications in development"),
}
SHARES = (
    *("Leadership commitment", "Upkeep cover", "Backlog pressure", "HR capacity", "Delivery effectiveness"),
    *("Capacity under construction", "Installed capacity", "Usable capacity", "Usable share of capacity"),
    *("Security maturity", "Data at stake", "Exposure", "Service availability", "Public memory of incidents"),
    *("Coverage", "Online share by area", "Internet penetration", "Paper processes", "Dual processes"),
    *("Digital processes", "Cultural change", "Paper share of work", "Information sharing"),
    *("Trust between agencies", "Push for sharing", "Platform share", "Breadth of services", "Maintenance load"),
    *("Dead share of applications", "Active share", "Service quality", "Citizen trust"),
    *("Share of transactions online", "Staff in mandated systems", "Policy framework", "SPBE score"),
    *("Real use score", "Probe staff registered", "Probe residents using", "Obligation cover", "Assisted access"),
    *("Able citizens", "Reach of services", "Counter kept open", "Work with an application", "Services score"),
    *("National applications in use", "Governance practice", "Management practice", "Policy score"),
)
NEVER_FALLING = ("Cumulative spending", "Cumulative unspent money", "Cumulative citizen time saved", "Records exposed")
MAY_BE_NEGATIVE = ("Growth of regional budget", "Change in central support")
COUNTED = ("persons", "users", "applications", "weaknesses", "billion rupiah", "records", "hours", "incidents")
DOMAINS = tuple(f"SPBE {name} domain" for name in ("policy", "governance", "management", "services"))
INDICES = ("SPBE-like index", "Real use index", *DOMAINS)


class Batch:
    """Values of one batch by name, shape (member, time, dimensions of the variable)."""

    def __init__(self, result: egovsim.Result) -> None:
        self.result = result

    def __getitem__(self, name: str) -> np.ndarray:
        return self.result.values(name)[0, 0]


def batch(
    names: tuple[str, ...], seed: int, around: Circumstances, profile: egovsim.Profile | None, *, every: float = STEP
) -> Batch:
    result = egovsim.run(
        MODEL,
        profile=profile,
        design=members(MODEL, seed, COUNT),
        policies=[around.policy],
        scenarios=[around.scenario],
        outputs=names,
        save_every=every,
    )
    assert result.status.failures == 0, str(result.status)
    return Batch(result)


def assert_same(got: np.ndarray, wanted: np.ndarray) -> None:
    """Equal to rounding: relative 1e-9, and 1e-12 of the largest number for what crosses zero."""
    size = np.maximum(np.abs(got), np.abs(wanted))
    assert (np.abs(got - wanted) <= 1e-9 * size + 1e-12 * size.max()).all()


STAFF_FLOWS = {
    "Hiring of skilled staff": 1.0,
    "Hiring of untrained staff": 1.0,
    "Untrained leaving": -1.0,
    "Trainees leaving": -1.0,
    "Skilled leaving": -1.0,
    "Skilled quitting": -1.0,
}
STAFF = ("Untrained staff", "Staff in training", "Digitally skilled staff")
PROCESSES = ("Paper processes", "Dual processes", "Digital processes")
USERS = ("Unaware users", "Aware users", "Active users", "Lapsed users")
SPENDING = (
    *("Upkeep paid", "Obligations paid", "Training spending", "Services spending", "Money for security"),
    *("Money for infrastructure", "Money for access", "Money for culture"),
)
SOURCES = ("E-government budget", "Unspent money", "Money for HR", "Money for services", "Total of shares")
PEOPLE = ("People online", "People offline", "Population by area", "Population", "Clients per resident")
IDENTITIES = (*STAFF, *STAFF_FLOWS, *PROCESSES, *USERS, *SPENDING, *SOURCES, *PEOPLE, "Online clients")


@given(seed=seeds, around=circumstances(MODEL), profile=profiles)
@settings(max_examples=20)
def test_staff_processes_people_clients_and_money_are_conserved(
    seed: int, around: Circumstances, profile: egovsim.Profile | None
) -> None:
    """Somebody or some rupiah would appear from nowhere or vanish: every result built on it is wrong."""
    found = batch(IDENTITIES, seed, around, profile)
    staff = sum(found[name] for name in STAFF)
    flows = sum(sign * found[name] for name, sign in STAFF_FLOWS.items())
    assert_same(staff[:, 1:], staff[:, :-1] + STEP * flows[:, :-1])
    assert_same(sum(found[name] for name in PROCESSES), np.ones_like(staff))
    assert_same(found["People online"] + found["People offline"], found["Population by area"])
    assert_same(found["Population by area"].sum(axis=-1), found["Population"])
    clients = sum(found[name] for name in USERS)
    assert_same(clients, found["Online clients"])
    online = found["People online"].sum(axis=-1, keepdims=True)
    assert_same(clients, found["Clients per resident"] * online)
    shared_out = found["Total of shares"] > 0.0
    spent = sum(found[name] for name in SPENDING)
    assert_same((spent + found["Unspent money"])[shared_out], found["E-government budget"][shared_out])
    unspent = found["Money for HR"] - found["Training spending"] + found["Money for services"]
    assert_same((unspent - found["Services spending"]), found["Unspent money"])


EVERYTHING = tuple(variable.name for variable in MODEL if variable.kind != "lookup")


@given(seed=seeds, around=circumstances(MODEL), profile=profiles)
@settings(max_examples=20)
def test_shares_stay_shares_counts_stay_positive_and_everything_is_a_number(
    seed: int, around: Circumstances, profile: egovsim.Profile | None
) -> None:
    """Negative people, more than all, or a NaN that hides behind a guard."""
    found = batch(EVERYTHING, seed, around, profile, every=0.5)
    for name in EVERYTHING:
        values = found[name]
        assert np.isfinite(values).all(), f"{name} is not a number"
        if name in SHARES:
            assert values.min() >= -1e-9, name
            assert values.max() <= 1.0 + 1e-9, name
        if MODEL[name].unit.split("/")[0] in COUNTED and name not in MAY_BE_NEGATIVE:
            assert values.min() >= -1e-9 * (1.0 + np.abs(values).max()), name  # a rupiah is 1e-9 billion
    for name in INDICES:
        assert found[name].min() >= 1.0 - 1e-9
        assert found[name].max() <= 5.0 + 1e-9
    assert_same(found["SPBE-like index"] - found["Real use index"], found["Paper maturity"])
    assert (found["Usable capacity"] <= found["Installed capacity"] * (1.0 + 1e-12)).all()
    assert (found["Capacity under construction"] + found["Installed capacity"]).max() <= 1.0 + 1e-9
    assert (found["Coverage"][..., 1] <= found["Coverage"][..., 0] + 1e-9).all()
    for name in NEVER_FALLING:
        fall = -np.diff(found[name], axis=1)
        assert fall.max() <= 1e-9 + 1e-12 * np.abs(found[name]).max(), name


def test_every_name_that_is_checked_above_is_in_the_model() -> None:
    """A renamed variable would leave its check without an object, and nobody would notice."""
    for name in (*SHARES, *MAY_BE_NEGATIVE, *NEVER_FALLING):
        assert MODEL[name].name == name
    units = {variable.unit.split("/")[0] for variable in MODEL}
    assert units >= set(COUNTED)


# ---------------------------------------------------------------------------------------------------------------
# Extremes


def extreme(seed: int, changes: dict[str, float], names: tuple[str, ...], *, scenario: dict[str, float]) -> Batch:
    """Run members with some constants set for all of them, a scenario holding from the start."""
    design = members(MODEL, seed, COUNT)
    columns = dict(zip(design.names, design.rows().T, strict=True))
    columns |= {name: np.full(COUNT, value) for name, value in changes.items()}
    held = {name: egovsim.Series.constant(value) for name, value in scenario.items()}
    result = egovsim.run(
        MODEL,
        design=egovsim.Design.of(columns),
        scenarios=[egovsim.Scenario("extreme", held, 2003.0)],
        outputs=names,
        save_every=0.25,
    )
    assert result.status.failures == 0, str(result.status)
    return Batch(result)


SCENARIO_MONEY = (*ITEMS, "Extra money unearmarked", "Central transfer extra")
BUILDING = ("Construction starts", "Maturity gain", "Application starts", "Training starts", "Public roll out")
DECAYING = ("Installed capacity", "Security maturity", "Live applications")


@given(seed=seeds)
@settings(max_examples=8)
def test_without_money_nothing_is_built_and_what_there_is_decays(seed: int) -> None:
    """Money would work although there is none, and free building would flatter every path."""
    found = extreme(
        seed,
        {
            "Central support at start": 0.0,
            "Applications in development at start": 0.0,
            "Capacity under construction at start": 0.0,
        },
        ("E-government budget", "Spending", *BUILDING, *DECAYING),
        scenario={"Budget factor": 0.0, "Central transfer extra": 0.0, **dict.fromkeys(SCENARIO_MONEY, 0.0)},
    )
    for name in ("E-government budget", "Spending", *BUILDING):
        assert np.abs(found[name]).max() == 0.0, name
    for name in DECAYING:
        assert np.diff(found[name], axis=1).max() <= 0.0, name


@given(seed=seeds)
@settings(max_examples=8)
def test_without_skilled_staff_nothing_is_usable_whatever_is_installed(seed: int) -> None:
    """The study's first barrier would not bind."""
    nobody = {
        "Skilled share at start": 0.0,
        "Training transfer": 0.0,
        "Skill of ordinary hires": 0.0,
        "Skill from society": 0.0,
        "Skill limits capacity": 1.0,
    }
    names = ("Digitally skilled staff", "HR capacity", "Usable capacity", "Installed capacity")
    found = extreme(seed, nobody, names, scenario={})
    for name in names[:3]:
        assert np.abs(found[name]).max() == 0.0, name
    assert found["Installed capacity"].max() > 0.0


@given(seed=seeds)
@settings(max_examples=8)
def test_full_security_has_no_incidents(seed: int) -> None:
    """Maturity would be a number without a meaning."""
    names = ("Security maturity", "Incidents", "Records exposed", "Service availability")
    full = {"Security maturity at start": 1.0, "Maturity loss rate": 0.0}
    found = extreme(seed, full, names, scenario={"Incident wave factor": 3.0})
    np.testing.assert_allclose(found["Security maturity"], 1.0, rtol=1e-12)
    assert np.abs(found["Incidents"]).max() <= 1e-9
    assert np.ptp(found["Records exposed"], axis=1).max() <= 1e-9 * max(1.0, found["Records exposed"].max())
    np.testing.assert_allclose(found["Service availability"], 1.0, rtol=1e-9)


@given(seed=seeds)
@settings(max_examples=8)
def test_where_nobody_is_online_nobody_uses_services_online(seed: int) -> None:
    """Users without a connection."""
    names = ("Internet penetration", *USERS, "Licensing online", "Real use index")
    found = extreme(seed, {"Urban online share at start": 0.0, "Innovation": 0.0}, names, scenario={})
    for name in names[:-1]:
        assert np.abs(found[name]).max() == 0.0, name
    assert np.isfinite(found["Real use index"]).all()


@pytest.mark.parametrize("share", [0.0, 1.0])
@given(seed=seeds)
@settings(max_examples=4)
def test_an_area_without_people_gives_numbers_and_no_divide(share: float, seed: int) -> None:
    """Surabaya has no villages: a division by its rural population would blank the benchmark."""
    names = tuple(variable.name for variable in MODEL if variable.kind != "lookup")
    found = extreme(seed, {"Urban share of population": share}, names, scenario={})
    for name in names:
        assert np.isfinite(found[name]).all(), name
    assert np.abs(found["Digital divide"]).max() == 0.0


@given(
    seed=seeds,
    around=circumstances(MODEL),
    profile=profiles,
    start=st.sampled_from([2004.0, 2011.0, 2026.0, 2037.0]),
    amount=st.floats(0.1, 100.0),
)
@settings(max_examples=20)
def test_more_money_for_one_item_does_not_lower_its_own_stock_within_a_year(
    seed: int, around: Circumstances, profile: egovsim.Profile | None, start: float, amount: float
) -> None:
    """A barrier could not be relieved by paying for it, and the ranking of barriers would mean nothing.

    Held in the box of the evidence; where training teaches nothing at all, paying for it can only cost time.
    """
    without = {name: value for name, value in around.scenario.inputs.items() if name not in ITEMS}
    more = {
        item: egovsim.Series((2003.0, start), (0.0, min(amount, MODEL[item].bounds.high or amount)), "steps")
        for item in ITEMS
    }
    scenarios = [egovsim.Scenario("without", without, 2003.0)]
    scenarios += [egovsim.Scenario(item, {**without, item: series}, 2003.0) for item, series in more.items()]
    result = egovsim.run(
        MODEL,
        profile=profile,
        design=egovsim.sample(evidence_ranges(), members=COUNT, seed=seed, method="random"),
        policies=[around.policy if around.policy.start < start + 1.0 else egovsim.PolicyPath("usual")],
        scenarios=scenarios,
        outputs=sorted({name for names in ITEMS.values() for name in names}),
        until=start + 1.0,
    )
    for number, names in enumerate(ITEMS.values(), start=1):
        stock = sum(result.values(name)[:, 0] for name in names)
        assert (stock[number] >= stock[0] * (1.0 - 1e-12) - 1e-12 * np.abs(stock[0]).max()).all(), names


# ---------------------------------------------------------------------------------------------------------------
# Units and the time step


def money_power(unit: str) -> int:
    """Return the power of money in a unit: ``billion rupiah/person`` 1, ``1/billion rupiah`` -1."""
    over, *under = [part.strip() for part in unit.split("/")]
    return over.count("billion rupiah") - sum(part.count("billion rupiah") for part in under)


UNBOUNDED = replace(MODEL, variables=tuple(replace(variable, bounds=Bounds()) for variable in MODEL.variables))


@given(seed=seeds, around=circumstances(MODEL), factor=st.sampled_from([1e-3, 1e3]) | st.floats(0.1, 20.0))
@settings(max_examples=10)
def test_the_unit_of_money_changes_no_index(seed: int, around: Circumstances, factor: float) -> None:
    """A bare number hides in a money equation, and the model only works in billions of rupiah."""
    design = wide_members(MODEL, seed, COUNT)
    columns = dict(zip(design.names, design.rows().T, strict=True))

    def scaled(by: float) -> Batch:
        constants = {
            variable.name: by ** money_power(variable.unit) * variable.equations[0].expression.value
            for variable in MODEL.inputs
            if variable.kind != "stock" and not variable.dimensions and money_power(variable.unit)
        }
        moved = {name: values * by ** money_power(MODEL[name.split("[")[0]].unit) for name, values in columns.items()}
        result = egovsim.run(
            UNBOUNDED,
            constants=constants,
            design=egovsim.Design.of(moved),
            policies=[replace(around.policy, levers=_scaled_series(around.policy.levers, by))],
            scenarios=[replace(around.scenario, inputs=_scaled_series(around.scenario.inputs, by))],
            outputs=("SPBE-like index", "Real use index", "Citizen trust", "HR capacity", "Spending"),
            save_every=1.0,
        )
        return Batch(result)

    once, again = scaled(1.0), scaled(factor)
    for name in ("SPBE-like index", "Real use index", "Citizen trust", "HR capacity"):
        np.testing.assert_allclose(again[name], once[name], rtol=1e-8, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(again["Spending"], once["Spending"] * factor, rtol=1e-8, atol=1e-9 * factor)


def _scaled_series(series: object, by: float) -> dict[str, egovsim.Series]:
    return {
        name: replace(sery, values=tuple(value * by ** money_power(MODEL[name].unit) for value in sery.values))
        for name, sery in series.items()
    }


PROBES = ("Probe staff registered", "Probe residents using")
STOCKS_AND_INDICES = (*(stock.name for stock in MODEL.stocks), *INDICES)


@pytest.mark.parametrize("name", ["south-sumatra", "surabaya"])
def test_halving_the_time_step_moves_no_median_by_a_hundredth(name: str) -> None:
    """Findings would be findings about the step. The probes begin at a date and are fast: three hundredths."""
    profile = egovsim.read_profile(name)
    design = egovsim.sample(evidence_ranges(), members=192, seed=11, method="random")
    coarse, fine = (
        egovsim.run(
            MODEL, profile=profile, design=design, outputs=STOCKS_AND_INDICES, save_every=1.0, time_step=time_step
        )
        for time_step in (STEP, STEP / 2)
    )
    for index in STOCKS_AND_INDICES:
        a, b = (np.median(result.values(index)[0, 0], axis=0) for result in (coarse, fine))
        allowed = 0.03 if index in PROBES else 0.01
        assert np.abs(a - b).max() <= allowed * np.abs(a).max(), index


def test_no_time_constant_is_shorter_than_four_steps() -> None:
    """Euler's method rings, or drives a stock below zero, when something changes faster than it looks."""
    shortest = 4 * STEP
    for variable in MODEL.inputs:
        unit = variable.unit.replace(" ", "")
        if unit in ("years", "year"):
            assert variable.bounds.low is not None, variable.name
            assert variable.bounds.low >= shortest, variable.name
        if unit in ("1/years", "1/year"):
            assert variable.bounds.high is not None, variable.name
            assert variable.bounds.high <= 1.0 / shortest, variable.name


PASSING_THROUGH = ("Maintenance backlog",)  # most of what is paid never was in the backlog


def test_no_stock_is_emptied_faster_than_in_four_steps() -> None:
    """Several outflows together may be fast although each is slow."""
    stocks = [stock for stock in MODEL.stocks if stock.outflows and stock.name not in PASSING_THROUGH]
    flows = {stock.name: [MODEL.by_id[flow].name for flow in stock.outflows] for stock in stocks}
    names = sorted({*flows, *(name for some in flows.values() for name in some)})
    design = egovsim.sample(evidence_ranges(), members=128, seed=12, method="random")
    for profile in PROFILES:
        result = egovsim.run(MODEL, profile=profile, design=design, outputs=names, save_every=0.25)
        for stock, out in flows.items():
            content, leaving = result.values(stock), sum(np.maximum(result.values(name), 0.0) for name in out)
            assert (leaving <= content / (4 * STEP) * (1.0 + 1e-9) + 1e-9 * content.max()).all(), stock
