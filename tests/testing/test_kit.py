"""The kit that others test their models with: it passes what is whole and finds what was broken on purpose.

If this fails, an author trusts a model that leaks, or hunts for a fault that is not there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from broken_models import DECLARATIONS, Fault, office
from hypothesis import find, given, settings

import egovsim
from egovsim.errors import DataError, InputError, UnknownNameError
from egovsim.model.inputs import PolicyPath, Series
from egovsim.testing import (
    Balance,
    Conserved,
    Examples,
    Extreme,
    Loop,
    Response,
    assert_balance,
    assert_conserves,
    assert_deterministic,
    assert_extreme,
    assert_finite,
    assert_loop,
    assert_monotone,
    assert_never_falling,
    assert_time_step_converges,
    assert_unit_rescaling,
    assert_within,
)
from egovsim.testing.checks import checks_of
from egovsim.testing.claims import Batch, Claim
from egovsim.testing.examples import input_values, varied_inputs
from egovsim.testing.shrinking import smallest_run
from egovsim.testing.strategies import constants, models, policy_paths, scenarios
from egovsim.testing.xmile_text import auxiliary, bounds, xmile
from egovsim.validation.declaration_files import declarations_path, read_declarations

ROOT = Path(__file__).resolve().parents[2]
STAFF = Conserved("staff", ("Novices", "Experts"), ("Hiring",), ("Quitting",))
FILLED = Loop("places are filled", "B", ("Novices", "Vacancies", "Hiring"), "")

Claimed = Callable[[egovsim.Model], None]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Fault], egovsim.Model]:
    """Write the office with a fault, its declarations beside it, and read it."""

    def write_and_read(fault: Fault) -> egovsim.Model:
        path = tmp_path / "office.xmile"
        path.write_text(office(fault), encoding="utf-8")
        declarations_path(path).write_text(DECLARATIONS, encoding="utf-8")
        return egovsim.read_model(path)

    return write_and_read


CLAIMS: dict[str, Claimed] = {
    "leak": lambda model: assert_conserves(model, STAFF),
    "share": lambda model: assert_within(model, {"Coverage": (0.0, 1.0)}),
    "hidden money": lambda model: assert_unit_rescaling(model, "million rupiah"),
    "step": lambda model: assert_time_step_converges(model),
    "sign": lambda model: assert_loop(model, FILLED),
}
OTHERS: dict[str, Claimed] = {
    "finite": lambda model: assert_finite(model),
    "deterministic": lambda model: assert_deterministic(model),
    "balance": lambda model: assert_balance(model, Balance("places", ("Novices", "Experts", "Vacancies"), ("Places",))),
    "money trains": lambda model: assert_monotone(model, Response("money", "Training budget", "Experts", at=1.0)),
    "later money": lambda model: assert_monotone(
        model, Response("money", "Training budget", "Experts", start=5.0, at=6.0)
    ),
    "nobody pays": lambda model: assert_extreme(
        model, Extreme("unpaid", {"Training budget": 0.0}, ("Training",), ("Experts",))
    ),
    "persons": lambda model: assert_unit_rescaling(model, "persons", factor=0.01, outputs=["Experts", "Coverage"]),
}


@pytest.mark.parametrize("name", [*CLAIMS, *OTHERS])
def test_a_whole_model_passes(name: str, read: Callable[[Fault], egovsim.Model]) -> None:
    """A false alarm: an author would search for a fault that is not there."""
    (CLAIMS | OTHERS)[name](read(""))


# What the message must name beside the planted fault: the counterexample can be worked out by hand.
FOUND = {
    # 20 persons a year is the largest class, so it leaks where more than 160 million are paid at 8 million each
    "leak": ['"Training budget" is 200 million rupiah/year (otherwise 40)', "the sum changes by"],
    "share": ["not 0 to 1", '"Coverage" is 1.'],
    "hidden money": ["with the values that the model has", "with the smaller unit"],
    "step": ['"Time to hire" is 0.0', "with a step of 0.03125"],
    "sign": ["it reinforces a change", 'more "Novices" raises "Vacancies"'],
}


@pytest.mark.parametrize("name", FOUND)
def test_a_planted_fault_is_found_and_can_be_repeated(name: Fault, read: Callable[[Fault], egovsim.Model]) -> None:
    """A kit that misses a leak, or prints code that does not show it, is worse than none."""
    model = read(name)
    with pytest.raises(AssertionError) as caught:
        CLAIMS[name](model)
    message = str(caught.value)
    for text in FOUND[name]:
        assert text in message
    assert message.count(" (otherwise ") <= 1, "more values are changed than the fault needs"
    code = textwrap.dedent(message.partition("To repeat it:")[2])
    with pytest.raises(AssertionError) as again:
        exec(compile(code, "repeated", "exec"), {})
    seen = [
        re.search(r"^  (?!.*otherwise).+\.$", text, flags=re.MULTILINE).group() for text in (message, str(again.value))
    ]
    assert seen[0] == seen[1], "the code shows something else"


def test_faults_that_the_file_does_not_show_are_found_in_seconds(read: Callable[[Fault], egovsim.Model]) -> None:
    """The faults of the leaking, the passing and the stepping model need other values than the file's; nobody waits."""
    started = time.perf_counter()
    for name in ("leak", "share", "step"):
        model = read(name)
        options = {"time_step": 1 / 64} if name == "step" else {}
        once = egovsim.run(model, **options)
        assert once.status.failures == 0
        assert once.values("Coverage").max() <= 1.0
        with pytest.raises(AssertionError):
            CLAIMS[name](model)
    assert time.perf_counter() - started < 30.0


@pytest.mark.parametrize(
    ("fault", "surely", "perhaps"),
    [
        ("", set(), set()),
        ("unit", {"units"}, set()),
        ("share", {"bounds"}, set()),
        ("step", {"bounds"}, {"response: money trains", "extreme: nobody pays"}),
        ("sign", {"loop: places are filled", "bounds"}, {"finite", "time step", "extreme: nobody pays"}),
    ],
)
def test_what_breaks_and_nothing_else_is_told(
    fault: Fault, surely: set[str], perhaps: set[str], read: Callable[[Fault], egovsim.Model], tmp_path: Path
) -> None:
    """Each promise is judged on its own, so that the first failure neither hides the others nor spreads."""
    model = read(fault)
    failed: set[str] = set()
    for check in checks_of(model, read_declarations(tmp_path / "office.declarations.toml", model), count=32):
        try:
            check.run()
        except AssertionError:
            failed.add(check.name)
    assert surely <= failed <= surely | perhaps | ({"validation"} if surely else set())


def test_a_flow_that_leaves_a_group_unsaid_is_refused_before_anything_runs(
    read: Callable[[Fault], egovsim.Model], tmp_path: Path
) -> None:
    """The leak of this office is one: what flows out is declared to flow on, and does not."""
    with pytest.raises(DataError, match='the flow "Training" leaves "Novices" and goes into no other stock'):
        read_declarations(tmp_path / "office.declarations.toml", read("leak"))


def test_never_falling_and_balance_say_what_they_saw(read: Callable[[Fault], egovsim.Model]) -> None:
    """A message without the instant and the two values leaves the author to search."""
    model = read("")
    with pytest.raises(AssertionError, match=r'"Novices" falls from 60 to 59\.\d+ persons at 0\.03125 years'):
        assert_never_falling(model, ["Novices"], over=Examples(count=1, constants={"Places": 80.0}))
    with pytest.raises(AssertionError, match=r"the sum is 80 at 0 years, not 100"):
        assert_balance(model, Balance("staff", ("Novices", "Experts"), ("Places",)))


def test_a_response_of_the_other_direction_is_told_with_both_values(read: Callable[[Fault], egovsim.Model]) -> None:
    """An author reads at which two levels the output went the wrong way."""
    with pytest.raises(AssertionError) as caught:
        assert_monotone(read(""), Response("x", "Quit rate", "Experts", "up"), over=Examples(count=8))
    assert re.search(r'"Experts" is [\d.]+ where it is [\d.]+ and [\d.]+ where it is [\d.]+\.', str(caught.value))


def test_the_policy_is_shrunk_to_the_levers_that_matter(read: Callable[[Fault], egovsim.Model]) -> None:
    """Of a drawn path with three moving levers the author must see the one that breaks the claim, held constant."""
    levers = {
        "Quit rate": Series((0.0, 4.0), (0.1, 0.2)),
        "Training budget": Series((0.0, 2.0, 5.0), (40.0, 390.0, 60.0), "steps"),
        "Places": Series.constant(120.0),
    }
    idle = PolicyPath("idle", {"Places": Series.constant(90.0)}, 1.0)
    model, over = read("leak"), Examples(count=1, policies=[idle, PolicyPath("drawn", levers, 1.0)])
    with pytest.raises(AssertionError) as caught:
        assert_conserves(model, STAFF, over=over)
    message = str(caught.value)
    assert '"Training budget" is 390 from 1 on' in message
    assert "Quit rate" not in message
    assert "Places" not in message
    with pytest.raises(AssertionError):
        exec(compile(textwrap.dedent(message.partition("To repeat it:")[2]), "repeated", "exec"), {})


def test_a_miss_by_chance_is_told_as_one(tmp_path: Path) -> None:
    """The run of one member draws other numbers than in a batch: there is no smallest one to show, and no crash."""
    path = tmp_path / "dice.xmile"
    drawn = auxiliary("drawn", "UNIFORM(0, 1) + 0 * moved")
    path.write_text(xmile(drawn, auxiliary("moved", 1.0, inside=bounds(0.0, 2.0)), stop=1), encoding="utf-8")
    model = egovsim.read_model(path)
    first = egovsim.run(model, outputs=["drawn"]).values("drawn").max()
    with pytest.raises(
        AssertionError, match=r"Missed in \d+ of 64 runs\. What each of them draws depends on its number"
    ):
        assert_within(model, {"drawn": (0.0, float(first) + 1e-6)}, over=Examples(count=64))


# ------------------------------------------------------------------------------------------------------ strategies


@given(model=models())
@settings(max_examples=5)
def test_random_models_are_well_formed(model: egovsim.Model) -> None:
    """A property over drawn models needs models that run; any of them gives the same bits again."""
    assert_finite(model, over=Examples(count=4, ranges={"c0": (-1.0, 1.0)}))
    assert_deterministic(model, over=Examples(count=8, ranges={"c0": (-1.0, 1.0), "c1": (-1.0, 1.0)}))


def test_drawn_values_paths_and_scenarios_can_be_run(read: Callable[[Fault], egovsim.Model]) -> None:
    """A value outside the range in the file would be refused by `run`, and the property would never be tried."""
    model = read("")
    around = st.tuples(constants(model), policy_paths(model), scenarios(model, ["Quit rate"], starts=[2.0]))

    @given(drawn=around)
    @settings(max_examples=20)
    def can_be_run(drawn: tuple[dict[str, float], PolicyPath, egovsim.Scenario]) -> None:
        values, policy, scenario = drawn
        result = egovsim.run(
            model, constants=values, policies=[policy], scenarios=[scenario], metrics=[egovsim.final("Experts")]
        )
        assert result.status.failures == 0

    can_be_run()


def trained(model: egovsim.Model) -> Claim:
    """Return the claim that no run spends more than 160 on training, the most that the leaking office can use."""

    def measure(batch: Batch) -> np.ndarray:
        return batch.run(["Training budget"]).values("Training budget").max(axis=-1) - 160.0

    return Claim("little is spent", "", {}, ("Training budget",), measure, lambda batch: "much is spent")


def columns_of(values: Mapping[str, float]) -> dict[str, np.ndarray]:
    return {name: np.array([value]) for name, value in values.items()}


def test_constants_that_break_a_claim_are_drawn(read: Callable[[Fault], egovsim.Model]) -> None:
    """A strategy that never reaches the values that matter lets every property pass."""
    model = read("")
    claim, ranges = trained(model), {variable.name: variable.bounds for variable in model.inputs}
    found = find(constants(model), lambda values: bool(claim.missed(Batch(model, columns=columns_of(values))).all()))
    assert found["Training budget"] > 160.0
    assert all(ranges[name].low <= value <= ranges[name].high for name, value in found.items())


def test_drawn_constants_shrink_to_the_one_that_matters(read: Callable[[Fault], egovsim.Model]) -> None:
    """Whatever else was drawn, the author must see the one constant that breaks the claim, as a simple number.

    Hypothesis promises no smallest example; the search of the kit does.
    """
    model = read("")
    claim, base = trained(model), input_values(model)

    @given(drawn=constants(model), budget=st.floats(200.0, 400.0))
    def is_told_alone(drawn: dict[str, float], budget: float) -> None:
        batch = Batch(model, columns=columns_of({**drawn, "Training budget": budget}))
        smallest = smallest_run(claim, batch, base)
        assert (smallest.columns, smallest.constants) == ({}, {"Training budget": 200.0})
        assert claim.missed(smallest).all()

    is_told_alone()


def test_a_thousand_paths_are_tried_in_seconds(read: Callable[[Fault], egovsim.Model]) -> None:
    """A property over many paths is one batch, not a thousand runs from Python."""
    model = read("")
    random = np.random.default_rng(1)
    paths = [
        PolicyPath(f"{n}", {"Training budget": Series((0.0, 5.0), tuple(random.uniform(0.0, 400.0, 2)))}, 1.0)
        for n in range(1000)
    ]
    started = time.perf_counter()
    assert_conserves(model, STAFF, over=Examples(count=4, policies=paths))
    assert time.perf_counter() - started < 20.0


def test_members_begin_with_the_file_and_keep_to_their_ranges(read: Callable[[Fault], egovsim.Model]) -> None:
    """The first counterexample to look at is the model as it is; a value outside its range is no counterexample."""
    model = read("")
    inputs = {varied.name: varied for varied in varied_inputs(model, Examples())}
    assert "Largest class" not in inputs
    assert inputs["Places"].value == 100.0
    open_ended = varied_inputs(model, Examples(ranges={"Novices": (0.0, None)}))
    assert [(varied.name, varied.low, varied.value, varied.high) for varied in open_ended] == [
        ("Novices", 0.0, 60.0, 120.0)
    ]


@pytest.mark.parametrize(
    ("claim", "error", "message"),
    [
        (
            lambda model: assert_within(model, {"Places": (0.0, 200.0)}),
            InputError,
            "office.xmile: no variable that is computed has bounds; give one.",
        ),
        (
            lambda model: assert_unit_rescaling(model, "years"),
            InputError,
            '"years" is the unit of time, in which the clock runs; give another one.',
        ),
        (
            lambda model: assert_unit_rescaling(model, "persons/year"),
            InputError,
            '"persons/year" is made of several units; give one of them.',
        ),
        (
            lambda model: assert_unit_rescaling(model, "million rupia"),
            UnknownNameError,
            '"million rupia" is not a unit that a variable of this model has; nearest: "million '
            'rupiah/year", "million rupiah/persons".',
        ),
        (
            lambda model: assert_monotone(model, Response("x", "Novices", "Experts")),
            InputError,
            '"Novices" has no range; give low and high of the response.',
        ),
        (
            lambda model: assert_finite(model, over=Examples(ranges={"Place": (0.0, 1.0)})),
            UnknownNameError,
            'ranges: "Place" is not a variable of this model; nearest: "Places".',
        ),
        (
            lambda model: policy_paths(model, ["Novices"]),
            UnknownNameError,
            '"Novices" is not an input with a range, or a group; there are: "Cost of a course", "Needed experts", '
            '"Places", "Quit rate", "Shortest course", "Time to hire", "Training budget".',
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(
    claim: Claimed, error: type[Exception], message: str, read: Callable[[Fault], egovsim.Model]
) -> None:
    """A claim about nothing must not pass."""
    with pytest.raises(error) as caught:
        claim(read(""))
    assert str(caught.value) == message


def test_without_hypothesis_the_strategies_say_what_to_install() -> None:
    """It is an optional extra: assertions work without it, and the message for strategies names the command."""
    script = "import sys; sys.modules['hypothesis'] = None\nfrom egovsim.testing import assert_within\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{script}import egovsim.testing.strategies"],
        capture_output=True,
        text=True,
        check=False,
    )
    wanted = "ImportError: egovsim.testing.strategies needs Hypothesis; install it with: pip install 'egovsim[testing]'"
    assert done.stderr.strip().splitlines()[-1] == wanted


# ------------------------------------------------------------------------------------------------------ the plug-in


def pytest_in(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder as somebody who has only the package, with nothing else switched on."""
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "egovsim.testing.plugin", "-p", "no:cacheprovider", *options]
    plain = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, timeout=120, check=False)


def test_pytest_judges_every_promise_of_a_model(read: Callable[[Fault], egovsim.Model], tmp_path: Path) -> None:
    """``pytest models/`` is the whole work of an author: one line a promise, and no trace of this package's code."""
    read("share")
    (tmp_path / "undeclared.xmile").write_text(office("sign"), encoding="utf-8")
    done = pytest_in(tmp_path, "-v", "--color=no")
    assert done.returncode == 1
    names = ["equations", "units", "flows", "finite", "time step", "conserved: staff", "response: money trains"]
    names += ["extreme: nobody pays", "loop: places are filled"]
    for name in names:
        assert re.search(rf"office\.xmile::{name} PASSED", done.stdout), name
    assert "office.xmile::bounds FAILED" in done.stdout
    assert "undeclared" not in done.stdout
    assert re.search(r'"Coverage" is 1\.\d+ dmnl at [\d.]+ years, not 0 to 1\.', done.stdout)
    assert "Traceback" not in done.stdout
    assert "def assert_" not in done.stdout


def test_declarations_that_cannot_be_read_are_an_error_of_one_line(
    read: Callable[[Fault], egovsim.Model], tmp_path: Path
) -> None:
    """A slip in the declarations must not look like a fault of the model, nor pass in silence."""
    read("")
    (tmp_path / "office.declarations.toml").write_text('shares = ["Covrage"]\n', encoding="utf-8")
    done = pytest_in(tmp_path)
    assert done.returncode == 2
    assert '"Covrage" is not a variable of office.xmile; nearest: "Coverage"' in done.stdout
    assert "Traceback" not in done.stdout


def test_pytest_of_other_people_is_left_alone(tmp_path: Path) -> None:
    """The plug-in is loaded into every run of pytest on a machine that has the package: it must cost nothing there."""
    (tmp_path / "other.xmile").write_text("not a model", encoding="utf-8")
    (tmp_path / "other.mdl").write_text("not a model", encoding="utf-8")
    (tmp_path / "test_other.py").write_text(
        "import sys\n\ndef test_light():\n"
        "    assert not {'numpy', 'lxml', 'llvmlite', 'scipy', 'pint', 'egovsim.model'} & set(sys.modules)\n",
        encoding="utf-8",
    )
    done = pytest_in(tmp_path, ".", "-p", "no:hypothesispytest")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_plug_in_is_registered_under_the_name_of_its_module() -> None:
    """With another name, ``-p egovsim.testing.plugin`` would load it twice, which pytest refuses."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"egovsim.testing.plugin": "egovsim.testing.plugin"}
    assert {requirement.split(">")[0] for requirement in project["optional-dependencies"]["testing"]} == {
        "pytest",
        "hypothesis",
    }


def test_the_plug_in_looks_for_declarations_where_they_are_read() -> None:
    """It names the file itself, in order not to load what reads it."""
    from egovsim.testing import plugin

    assert plugin.declarations_of("x/mine.xmile") == declarations_path("x/mine.xmile")


def test_predator_prey_keeps_its_promises() -> None:
    """The example that authors copy from passes with all that is declared about it."""
    path = ROOT / "examples" / "predator_prey.xmile"
    model = egovsim.read_model(path)
    declarations = read_declarations(declarations_path(path), model)
    names = [check.name for check in checks_of(model, declarations, count=48) if check.run() is None]
    assert {"conserved: rabbits", "extreme: no foxes", "loop: hunters and hunted", "bounds"} <= set(names)
    foxes_die_out = replace(declarations.extremes[0], zero=(), never_falling=("Foxes",), set={"Rabbits": 0.0})
    with pytest.raises(AssertionError, match='"Foxes" falls from'):
        assert_extreme(model, foxes_die_out, over=Examples(count=1))


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"start": 0.0}, "start"),
        ({"hold": ("Foxes",)}, "hold"),
        ({"at_most": {"Foxes": 1.0}}, "at_most"),
        ({"at_least": {"Foxes": 1.0}}, "at_least"),
        ({"moves": {"Foxes": 1.0}}, "moves"),
    ],
)
def test_an_extreme_that_is_no_claim_about_any_constants_is_refused(said: dict[str, Any], key: str) -> None:
    """What is left out in silence passes for what was tried."""
    model = egovsim.read_model(ROOT / "examples" / "predator_prey.xmile")
    with pytest.raises(InputError) as raised:
        assert_extreme(model, Extreme("no rabbits", {"Rabbits": 0.0}, never_rising=("Foxes",), **said))
    assert str(raised.value) == (
        f'extreme "no rabbits": {key} is not tried under any constants; declare the extreme in a file and use validate.'
    )


def test_numbers_and_instants_of_an_extreme_are_left_to_validation() -> None:
    """Among members drawn anywhere in the ranges they would be claims that nobody made."""
    model = egovsim.read_model(ROOT / "examples" / "predator_prey.xmile")
    declarations = read_declarations(declarations_path(ROOT / "examples" / "predator_prey.xmile"), model)
    numbers = replace(declarations.extremes[0], name="numbers", at_most={"Foxes": -1.0}, at=model.clock.stop)
    later = replace(declarations.extremes[0], name="later", start=model.clock.start + 1.0, set={"Hunting rate": 0.005})
    declared = replace(declarations, extremes=(numbers, later))
    checks = {check.name: check for check in checks_of(model, declared, count=8)}
    checks["extreme: numbers"].run()
    assert "extreme: later" not in checks
    with pytest.raises(AssertionError, match="declared extremes: 2 declared"):
        checks["validation"].run()
