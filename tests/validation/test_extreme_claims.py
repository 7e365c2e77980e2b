"""What is declared to follow from extremes is judged at its instant, in plausible members, against the right runs.

If these fail, a model passes although an expert would not accept what it does without money, or fails
although he would.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import auxiliary, bounds, flow, over, read, stock, xmile

import egovsim
from egovsim.model.inputs import Design
from egovsim.validation.declaration_files import default_declarations
from egovsim.validation.declarations import Extreme
from egovsim.validation.extreme_claims import declared_extremes_verdict
from egovsim.validation.subject import Members, Subject
from egovsim.validation.verdicts import Verdict

FILLING = xmile(
    stock("Tank", 10.0, inflows=["Filling"]),
    stock("Pools", 0.0, inflows=["Running"], inside=over("Place")),
    flow("Filling", "Tap * Pace"),
    flow("Running", "Pipe", inside=over("Place")),
    auxiliary("Tap", 2.0, inside=bounds(0.0, 200.0)),
    auxiliary("Pace", 1.0, inside=bounds(0.0, 3.0)),
    auxiliary("Pipe", 1.0, inside=over("Place")),
    dimensions={"Place": ("indoors", "outdoors")},
)
"""Without an extreme `Tank` is 10 + 2 t, so 30 at the end, at 10."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("filling"), FILLING)


def subject_of(model: egovsim.Model, *extremes: Extreme) -> Subject:
    return Subject(model, replace(default_declarations(model), extremes=extremes), members=16, workers=1)


def judged(model: egovsim.Model, *extremes: Extreme, accepted: tuple[Members, ...] = ()) -> Verdict:
    return declared_extremes_verdict(replace(subject_of(model, *extremes), accepted=accepted))


def members(**columns: object) -> Members:
    return Members('structure "made"', Design.of({name: np.asarray(values) for name, values in columns.items()}))


@settings(max_examples=25, deadline=None)
@given(tap=st.floats(0.0, 200.0), start=st.integers(0, 79), at=st.integers(0, 80))
def test_values_hold_from_their_instant_on_and_are_read_at_theirs(
    model: egovsim.Model, tap: float, start: int, at: int
) -> None:
    """Before it the base run's own history holds; a year too early or too late is another claim."""
    first, last = start / 8.0, max(start, at) / 8.0
    value = 10.0 + 2.0 * first + tap * (last - first)
    slack = 1e-6 * value
    extreme = Extreme("tap", {"Tap": tap}, start=first, at=last)
    near = replace(extreme, at_most={"Tank": value + slack}, at_least={"Tank": value - slack})
    assert judged(model, near).result == "passed"
    assert judged(model, replace(extreme, at_most={"Tank": value - slack})).result == "failed"
    assert judged(model, replace(extreme, at_least={"Tank": value + slack})).result == "failed"


@settings(max_examples=25, deadline=None)
@given(tap=st.floats(0.0, 200.0).filter(lambda tap: abs(tap - 2.0) > 0.01))
def test_a_change_is_that_against_the_run_without_the_extreme(model: egovsim.Model, tap: float) -> None:
    """The sign says in which direction, the number how far at the least."""
    change = 10.0 * (tap - 2.0)
    extreme = Extreme("tap", {"Tap": tap})
    assert judged(model, replace(extreme, moves={"Tank": 0.999 * change})).result == "passed"
    assert judged(model, replace(extreme, moves={"Tank": 1.001 * change})).result == "failed"
    assert judged(model, replace(extreme, moves={"Tank": -0.001 * change})).result == "failed"


def test_a_change_is_taken_member_by_member(model: egovsim.Model) -> None:
    """Members lie far apart; the change between their middles says nothing of the change of one."""
    accepted = members(Pace=np.linspace(0.5, 3.0, 100))  # of the extreme: 10 + 30 pace; without: 10 + 20 pace
    opened = Extreme("open", {"Tap": 3.0}, moves={"Tank": 5.0})
    assert judged(model, opened, accepted=(accepted,)).result == "passed"
    assert judged(model, replace(opened, moves={"Tank": 8.0}), accepted=(accepted,)).result == "failed"


@pytest.mark.parametrize(("holding", "result"), [(94, "failed"), (95, "passed"), (100, "passed")])
def test_ninety_five_of_a_hundred_accepted_members_must_keep_a_number(
    model: egovsim.Model, holding: int, result: str
) -> None:
    """One odd member of a hundred does not refute a structure, and six do."""
    tank = 10.0 + 10.0 * np.arange(100.0)
    extreme = Extreme("slow", {"Pace": 1.0}, at_most={"Tank": float(tank[holding - 1])})
    found = judged(model, extreme, accepted=(members(Tap=np.arange(100.0)),))
    assert found.result == result
    label = f"slow: Tank must be at most {tank[holding - 1]:g}"
    assert found.numbers[label] == 30.0
    assert found.numbers[f"{label}: share of members"] == holding / 100
    assert found.figures == (
        f"1 declared, 101 runs, {int(holding < 95)} consequences that do not follow; "
        f"each number in {holding}% of accepted members or more"
    )


def test_every_structure_must_keep_a_number_and_the_message_names_the_one_that_does_not(model: egovsim.Model) -> None:
    """A finding under four structures is one under each of them."""
    accepted = (
        Members('structure "skill"', Design.of({"Tap": np.full(10, 1.0)})),
        Members('structure "interest"', Design.of({"Tap": np.full(10, 1.0)}), {"Pace": 3.0}),
    )
    found = judged(model, Extreme("as it is", {"Pipe": 0.0}, at_most={"Tank": 35.0}), accepted=accepted)
    assert found.remedy == (
        'in "as it is", "Tank" at 10 must be at most 35, which 0 of 10 accepted members, structure "interest", keep '
        "(95% must; the middle one is 40)."
    )


def test_the_base_run_must_keep_a_number_too(model: egovsim.Model) -> None:
    """It is what a reader runs first."""
    accepted = (members(Tap=np.zeros(10)),)
    found = judged(model, Extreme("as it is", {"Pipe": 0.0}, at_most={"Tank": 29.0}), accepted=accepted)
    assert found.remedy == 'in "as it is", "Tank" at 10 is 30 in the base run, and must be at most 29.'
    found = judged(model, Extreme("shut", {"Tap": 0.0}, moves={"Tank": -21.0}), accepted=accepted)
    assert found.remedy.startswith(
        'in "shut", "Tank" at 10 changes by -20 in the base run, and must fall by 21 or more; in "shut", "Tank" at 10 '
        "must fall by 21 or more, which 0 of 10"
    )


def test_numbers_are_no_claim_about_any_constants_in_range(model: egovsim.Model) -> None:
    """Members drawn anywhere in the ranges are no region; what is zero in a plausible one is zero in them too."""
    extreme = Extreme("as it is", {"Pipe": 0.0}, at_most={"Tank": 31.0})
    found = judged(model, extreme)
    assert (found.result, found.figures) == (
        "passed",
        "1 declared, 1 run, 0 consequences that do not follow; numbers in the base run alone, as there are no "
        "accepted members",
    )
    assert judged(model, replace(extreme, zero=("Running",))).figures.startswith("1 declared, 17 runs, 0 ")


def test_members_of_another_version_of_the_model_leave_numbers_to_a_person(model: egovsim.Model) -> None:
    """The base run alone would pass for what was judged in hundreds of members."""
    why = "the members are of another model: run `egovsim match`."
    subject = subject_of(model, Extreme("as it is", {"Pipe": 0.0}, at_most={"Tank": 31.0}))
    found = declared_extremes_verdict(replace(subject, why_none_accepted=why))
    assert (found.result, found.remedy) == ("not automatic", why)
    always = subject_of(model, Extreme("shut", {"Tap": 0.0}, never_rising=("Tank",)))
    assert declared_extremes_verdict(replace(always, why_none_accepted=why)).result == "passed"


def test_what_always_holds_is_judged_from_the_instant_on(model: egovsim.Model) -> None:
    """Before it the tank fills, as it always did; the flow is zero from the instant itself on."""
    shut = Extreme("shut", {"Tap": 0.0}, ("Filling",), ("Tank",), start=4.0)
    assert judged(model, shut).result == "passed"
    ajar = replace(shut, set={"Tap": 0.1})
    assert judged(model, ajar).remedy.startswith('in "shut", "Filling" is not zero in the base run; in "shut", "Tank"')


def test_what_is_held_stands_still_in_every_run(model: egovsim.Model) -> None:
    """A stock keeps its start, a flow its first value, in the members as in the base run."""
    still = Extreme("still", hold=("Tank",), never_rising=("Tank",), moves={"Tank": -20.0}, at_most={"Tank": 10.0})
    found = judged(model, still, accepted=(members(Tap=np.linspace(2.0, 5.0, 10)),))
    assert (found.result, found.numbers["still: Tank must fall by 20 or more: share of members"]) == ("passed", 1.0)
    later = Extreme("later", hold=("Tank",), start=4.0, at_most={"Tank": 18.0}, at_least={"Tank": 18.0})
    assert judged(model, later).result == "passed"
    rate = Extreme("rate", {"Tap": 200.0}, hold=("Filling",), start=4.5, moves={"Filling": 1.0})
    assert judged(model, rate).numbers["rate: Filling must rise by 1 or more"] == 198.0
    both = Extreme("both", {"Tap": 5.0, "Tank": 7.0}, hold=("Filling", "Tank"), at_most={"Tank": 7.0, "Filling": 5.0})
    assert judged(model, both).result == "passed"


@pytest.mark.parametrize("start", [4.05, 4.125])
def test_between_two_instants_everything_begins_at_the_next(model: egovsim.Model, start: float) -> None:
    """Else what is set and what is held would begin a step apart."""
    extreme = Extreme("later", {"Tap": 0.0}, ("Filling",), ("Tank",), start=start, at_least={"Tank": 18.25})
    assert judged(model, extreme).result == "passed"
    held = Extreme("later", hold=("Tank",), start=start, at_least={"Tank": 18.25}, at_most={"Tank": 18.25})
    assert judged(model, held).result == "passed"


def test_every_element_must_keep_a_number_and_an_element_that_is_set_leaves_the_others_alone(
    model: egovsim.Model,
) -> None:
    """The sum over elements, or the other elements of the base run, would be another model."""
    extreme = Extreme("dry indoors", {"Pipe[indoors]": 0.0}, at_most={"Pools[indoors]": 0.0, "Pools[outdoors]": 20.0})
    assert judged(model, extreme, accepted=(members(Pipe=np.full(10, 2.0)),)).result == "passed"
    assert judged(model, extreme, accepted=(members(Pipe=np.full(10, 2.1)),)).result == "failed"
    whole = replace(extreme, at_most={"Pools": 9.0})
    assert judged(model, whole).remedy == (
        'in "dry indoors", "Pools[outdoors]" at 10 is 10 in the base run, and must be at most 9.'
    )


def test_a_lever_that_is_set_stands_as_written_whatever_the_multiplier_of_its_history(model: egovsim.Model) -> None:
    """A profile's multiplier is of its assumed history; twice the value that was declared is not what was declared."""
    profile = egovsim.Profile("here", multipliers={"Tap": "Pace"})
    accepted = members(Pace=np.linspace(0.0, 3.0, 10))
    for start, tank in ((None, 50.0), (5.0, None)):
        extreme = Extreme("set", {"Tap": 4.0}, at_least={"Filling": 4.0}, at_most={"Filling": 4.0}, start=start)
        extreme = extreme if tank is None else replace(extreme, at_most={"Tank": tank}, at_least={"Tank": tank})
        subject = replace(subject_of(model, extreme), profile=profile, accepted=(accepted,))
        assert declared_extremes_verdict(subject).remedy == ""


def test_a_run_that_fails_keeps_no_number(tmp_path: Path) -> None:
    """What is not a number is neither small enough nor large enough."""
    text = xmile(stock("Tank", 10.0, inflows=["Filling"]), flow("Filling", "LN(Tap)"), auxiliary("Tap", 2.0))
    broken = read(tmp_path, text)
    for claim in ({"at_most": {"Tank": 1e9}}, {"at_least": {"Tank": -1e9}}, {"moves": {"Tank": 1.0}}):
        found = judged(broken, Extreme("shut", {"Tap": -1.0}, **claim))  # pyright: ignore[reportArgumentType]
        assert found.result == "failed", claim
        assert found.remedy.startswith('in "shut", the base run fails at 0.125 through "Filling"'), found.remedy
    found = judged(broken, Extreme("shut", {"Tap": -1.0}, ("Filling",), ("Tank",)))
    assert found.numbers["wrong"] == 1.0  # one run that fails is one fault, whatever is claimed of it
