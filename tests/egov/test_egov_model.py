"""The e-government model: documented to the last constant, and its feedback loops real, signed and alive."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from strategies import evidence_ranges

import egovsim
from egovsim import library
from egovsim.analysis.history_matching.evidence_files import read_benchmark, read_evidence
from egovsim.model.expression import Binary, Call, ClockValue, Expression, If, Number, Reference, TableCall, Unary, walk
from egovsim.model.inputs import PolicyPath, Profile, Scenario, Series
from egovsim.model.variable import Variable, plain_number
from egovsim.names import canonical, element_name, split_element

MODEL = egovsim.read_model("egov")
FILE = library.find("model", "egov")
SUMATRA = egovsim.read_profile("south-sumatra")
OUTCOMES = MODEL.groups["Outcomes"]
LOOPS = tomllib.loads((FILE.parent / "loops.toml").read_text(encoding="utf-8"))["loop"]
KEYS = {figure.key: figure.grade for figure in read_evidence()}
ALIVE = 0.005
SQUARE = ("^", Number(2.0))


# ------------------------------------------------------------------------------------------- documentation


@pytest.mark.parametrize("file", ["egov", "capacity"])
def test_every_variable_has_a_unit_and_a_note(file: str) -> None:
    """A reader must not have to guess what a number is."""
    for variable in egovsim.read_model(file):
        assert variable.unit, variable.name
        assert len(variable.note.split()) >= 2, variable.name
        assert variable.group, variable.name


@pytest.mark.parametrize("file", ["egov", "capacity"])
def test_every_constant_has_a_range_and_says_where_it_is_from(file: str) -> None:
    """No number without a source or the word assumption with a reason; nothing rests on unverified figures."""
    for variable in egovsim.read_model(file).inputs:
        assert variable.bounds.low is not None, variable.name
        assert variable.bounds.high is not None, variable.name
        for equation in variable.equations:
            value = plain_number(equation.expression)
            assert value is not None, variable.name
            assert variable.bounds.low <= value <= variable.bounds.high, variable.name
        kind, _, said = variable.note.splitlines()[-1].partition(": ")
        if kind == "source":
            assert KEYS.get(said) in ("A", "B"), f"{variable.name}: {said}"
        else:
            assert kind == "assumption", variable.name
            assert len(said.split()) >= 3, variable.name


@pytest.mark.parametrize("file", ["egov", "capacity"])
def test_constants_are_written_with_a_decimal_point(file: str) -> None:
    """PySD makes integer states of integer starting values."""
    text = library.find("model", file).read_text(encoding="utf-8")
    numbers = re.findall(r"<eqn>\s*([-+0-9.eE]+)\s*</eqn>", text)
    assert len(numbers) > 10
    assert all("." in number for number in numbers)


@pytest.mark.parametrize("file", ["egov", "capacity"])
def test_equations_hold_no_unnamed_numbers(file: str) -> None:
    """A number inside an equation has no unit, range or source: none but 0, 1, and a square that its note names."""
    for variable in egovsim.read_model(file):
        for equation in variable.equations if not variable.is_input else ():
            assert equation.table is None, variable.name
            assert equation.expression is not None, variable.name
            nodes = list(walk(equation.expression))
            assert not any(isinstance(node, TableCall) for node in nodes), variable.name
            squares = sum(isinstance(node, Binary) and (node.operator, node.right) == SQUARE for node in nodes)
            assert not squares or "square (2)" in variable.note, variable.name
            numbers = sorted(abs(node.value) for node in nodes if isinstance(node, Number))
            assert set(numbers[: len(numbers) - squares]) <= {0.0, 1.0}, variable.name


@pytest.mark.parametrize("file", ["egov", "capacity"])
def test_check_has_nothing_to_say(file: str) -> None:
    """A warning about the shipped models would teach their readers to pass over warnings."""
    assert egovsim.check(egovsim.read_model(file)) == []


def test_every_variable_unit_and_sector_has_a_label_in_both_languages() -> None:
    """An Indonesian reader must not meet an English name; a label of nothing is one that was forgotten in a rename."""
    labels = tomllib.loads((FILE.parent / "labels.toml").read_text(encoding="utf-8"))
    for section, entries in labels.items():
        for name, entry in entries.items():
            assert entry["en"].strip(), f"{section}: {name}"
            assert entry["id"].strip(), f"{section}: {name}"
    sectors, units = labels.pop("sectors"), labels.pop("units")
    small = egovsim.read_model("capacity")
    every = [*MODEL, *small]
    own = {canonical(name) for name in labels.pop("capacity")}
    named = [canonical(name) for entries in labels.values() for name in entries]
    assert len(named) == len(set(named))
    assert set(named) == set(MODEL.by_id)
    assert own == set(small.by_id) - set(MODEL.by_id)
    assert set(units) == {one.unit for one in every}
    assert set(sectors) == {*MODEL.groups, small.name}


def test_the_names_that_readers_know_are_there() -> None:
    """Tables, figures and users' files call these outcomes by name."""
    known = (
        *("E-government budget", "HR capacity", "Security maturity", "Internet penetration", "Digital divide"),
        *("Cultural change", "Citizen trust", "Usable capacity", "Records exposed", "SPBE-like index"),
        *("Real use index", "Paper maturity", "Share of transactions online"),
    )
    assert set(known) <= set(OUTCOMES)


def test_pysimlin_finds_nothing_to_say_about_the_files() -> None:
    """Its units check is independent of ours."""
    simlin = pytest.importorskip("simlin")
    for name in ("egov", "capacity"):
        assert simlin.load(library.find("model", name)).check() == ()


# ------------------------------------------------------------------------------------------- feedback loops


def test_all_loops_are_described() -> None:
    """One that is dropped must be said to be dropped, here and in the file."""
    reinforcing = {"skill-use", "peer-culture", "sharing-trust", "word-of-mouth"}
    balancing = {"divide-ceiling", "upkeep-trap"}
    assert {loop["name"] for loop in LOOPS if loop["polarity"] == "R"} == reinforcing
    assert {loop["name"] for loop in LOOPS if loop["polarity"] == "B"} == balancing


@cache
def base_run() -> Mapping[str, np.ndarray]:
    """South Sumatra as usual, yearly, by element: value at each instant."""
    result = egovsim.run(MODEL, profile=SUMATRA, save_every=1.0, outputs=[variable.name for variable in MODEL])
    values = {"time": np.arange(2003.0, 2045.5)}
    for variable in MODEL:
        for elements in MODEL.elements_of(variable.name):
            name = element_name(variable.id, elements)
            values[name] = result.values(element_name(variable.name, elements))[0, 0, 0]
    return values


def links_of(loop: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = [element_name(canonical(base), ids) for base, ids in map(split_element, loop["variables"])]
    return list(zip(names, [*names[1:], names[0]], strict=True))


def equation_of(name: str) -> tuple[Expression, Callable[[Reference], str]]:
    """Return what an element (of a stock, its net flow) is computed from, and how it names what it uses."""
    base, elements = split_element(name)
    variable = MODEL[base]
    single = {element for dimension in MODEL.dimensions for element in dimension.element_ids}
    for equation in variable.equations:
        if set(equation.elements) & single and equation.elements != elements:
            continue
        meaning = dict(zip(map(canonical, variable.dimensions), elements, strict=True))

        def called(reference: Reference, meaning: Mapping[str, str] = meaning) -> str:
            return element_name(
                reference.id, [meaning.get(str(subscript), str(subscript)) for subscript in reference.subscripts]
            )

        expression = equation.rate if variable.kind == "stock" else equation.expression
        assert expression is not None
        return expression, called
    raise AssertionError(name)


ARITHMETIC: Mapping[str, Callable[..., np.ndarray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    ">": np.greater,
    ">=": np.greater_equal,
    "and": np.logical_and,
    "min": np.minimum,
    "max": np.maximum,
    "exp": np.exp,
}


def computed(node: Expression, value_of: Callable[[Reference], np.ndarray], time: np.ndarray) -> np.ndarray:
    """Evaluate an equation at all instants at once, written apart from the compiler on purpose."""
    match node:
        case Number(value=value):
            return np.full(len(time), value)
        case Reference():
            return value_of(node)
        case ClockValue():
            return time
        case Unary(operand=operand):
            return -computed(operand, value_of, time)
        case Binary(operator=name, left=left, right=right):
            return ARITHMETIC[name](computed(left, value_of, time), computed(right, value_of, time))
        case Call(function=name, arguments=arguments):
            return ARITHMETIC[name](*(computed(argument, value_of, time) for argument in arguments))
        case If(condition=condition, then=then, otherwise=otherwise):
            chosen = computed(condition, value_of, time) != 0.0
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(chosen, computed(then, value_of, time), computed(otherwise, value_of, time))
        case _:
            raise AssertionError(node)


def slope(cause: str, effect: str) -> np.ndarray:
    """Return d(effect)/d(cause), all else held, at every instant of the base run."""
    expression, called = equation_of(effect)
    base = base_run()
    step = 1e-5 * np.maximum(np.abs(base[cause]), 1e-3)

    def moved(by: float) -> np.ndarray:
        def value_of(reference: Reference) -> np.ndarray:
            name = called(reference)
            return base[name] + (by * step if name == cause else 0.0)

        return computed(expression, value_of, base["time"])

    found: np.ndarray = (moved(1.0) - moved(-1.0)) / (2.0 * step)
    return found


@pytest.mark.parametrize("loop", LOOPS, ids=lambda one: one["name"])
def test_loop_is_a_circle_of_equations_with_the_claimed_sign(loop: Mapping[str, Any]) -> None:
    """A loop that is only drawn would be decoration; one with the other sign would be a wrong story."""
    sign = 1.0
    for cause, effect in links_of(loop):
        expression, called = equation_of(effect)
        used = {called(node) for node in walk(expression) if isinstance(node, Reference)}
        assert cause in used, f"{effect} is not computed from {cause}"
        found = slope(cause, effect)
        signs = set(np.sign(found[np.abs(found) > 1e-9 * np.abs(found).max()]))
        assert len(signs) == 1, f"{cause} -> {effect} changes sign"
        sign *= signs.pop()
    assert sign == (1.0 if loop["polarity"] == "R" else -1.0)
    held = canonical(loop["hold"])
    assert held in {split_element(cause)[0] for cause, _ in links_of(loop)}, "what is held is not on the loop"


# ------------------------------------------------------------------------------------------- behaviour


def outcome_of(
    names: list[str],
    *,
    year: float = 2035.0,
    levers: Mapping[str, float] | None = None,
    inputs: Mapping[str, float] | None = None,
    constants: Mapping[str, float] | None = None,
    profile: Profile = SUMATRA,
) -> np.ndarray:
    """Return outcomes of one run in which levers and inputs change for good in 2026."""

    def series(values: Mapping[str, float] | None) -> dict[str, Series]:
        return {name: Series.constant(value) for name, value in (values or {}).items()}

    result = egovsim.run(
        MODEL,
        profile=profile,
        policies=[PolicyPath("tried", series(levers), 2026.0)],
        scenarios=[Scenario("tried", series(inputs), 2026.0)],
        constants=constants,
        metrics=[egovsim.value_at(name, year) for name in names],
    )
    return np.array([result.metric_values(egovsim.value_at(name, year).label).item() for name in names])


RELIEF = {
    "human resources": ("HR capacity", {"Extra money for HR": 20.0}, {"Training places": 0.15}),
    "security": ("Security maturity", {"Extra money for security": 20.0}, {}),
    "digital divide": ("Coverage[rural]", {"Extra money for access": 20.0}, {}),
    "culture": ("Dual processes", {"Extra money for culture": 20.0}, {}),
    "budget": ("Core budget", {"Extra money unearmarked": 20.0}, {}),
}


@pytest.mark.parametrize("barrier", list(RELIEF))
def test_relief_of_one_barrier_moves_its_own_stock_and_an_outcome(barrier: str) -> None:
    """A barrier whose relief did nothing would not be one in this model."""
    own, inputs, levers = RELIEF[barrier]
    names = [own, *(outcome for outcome in OUTCOMES if outcome not in (own, "Unspent money"))]
    before, after = outcome_of(names), outcome_of(names, inputs=inputs, levers=levers)
    moved = np.abs(after / before - 1.0)
    assert after[0] > before[0]
    assert moved[0] >= ALIVE
    assert moved[1:].max() >= ALIVE


def test_documents_raise_the_index_and_hardly_any_use() -> None:
    """The two indices are kept apart so that paper cannot pass for use."""
    before, after = (
        outcome_of(["SPBE-like index", "Real use index"], levers={"Document target": target}) for target in (0.5, 1.0)
    )
    gain = after - before
    assert gain[0] >= 0.2
    assert gain[1] <= 0.1 * gain[0]


def test_a_weak_mandate_never_ends_like_a_strong_one() -> None:
    """As a rate a weak mandate would only be slower; it is a ceiling, so it ends lower."""
    ended = [
        outcome_of(["Staff in mandated systems"], year=2045.0, levers={"Mandate scope": scope}).item()
        for scope in (0.3, 0.6, 0.9)
    ]
    assert ended[0] + 0.15 < ended[1] < ended[2] - 0.15


def test_training_money_without_places_goes_back_to_the_treasury() -> None:
    """Unspent money is an outcome, not spending."""
    names = ["Unspent money", "HR capacity"]
    extra = {"Extra money for HR": 60.0}
    narrow, wide = (outcome_of(names, inputs=extra, levers={"Training places": share}) for share in (0.03, 0.3))
    assert narrow[0] > 40.0
    assert wide[0] < narrow[0]
    assert wide[1] > narrow[1]


@pytest.mark.parametrize("switch", ["Skill limits capacity", "Skill limits culture"])
def test_the_rival_structures_can_be_run_and_differ(switch: str) -> None:
    """The headline rests on them, so each must be a real alternative."""
    names = ["HR capacity", "Usable capacity", "Cultural change"]
    people = {"Extra money for HR": 20.0}, {"Training places": 0.15}
    gains = {}
    for value in (0.0, 1.0):
        constants = {switch: value}
        before = outcome_of(names, constants=constants)
        gains[value] = outcome_of(names, constants=constants, inputs=people[0], levers=people[1]) - before
    limited = names.index("Usable capacity" if "capacity" in switch else "Cultural change")
    assert gains[1.0][0] > 0.02
    assert gains[1.0][limited] > 1.5 * gains[0.0][limited]


# ------------------------------------------------------------------------------------------- evidence


def test_boxes_lie_inside_the_declared_ranges_and_hold_the_value_of_the_file() -> None:
    """A member outside its own range is refused when it is run."""
    for drawn in evidence_ranges():
        variable: Variable = MODEL[drawn.name]
        value = plain_number(variable.equations[0].expression)
        assert variable.bounds.low is not None, drawn.name
        assert variable.bounds.high is not None, drawn.name
        assert value is not None, drawn.name
        assert variable.bounds.low <= drawn.low <= value <= drawn.high <= variable.bounds.high, drawn.name


def test_the_constants_of_the_file_pass_every_rejecting_check() -> None:
    """A single run with nothing sampled should be a fair example of the members that are kept."""
    benchmark = read_benchmark()
    found = {}
    for place, profile in benchmark.profiles.items():
        metrics = {m.label: m for check in benchmark.rejecting for where, m in check.needs if where == place}
        if metrics:
            result = egovsim.run(MODEL, profile=profile, metrics=list(metrics.values()), until=2026.0)
            found.update({(place, label): result.metric_values(label)[0, 0] for label in metrics})
    failed = [check.name for check in benchmark.rejecting if not check.passes(check.value(found)).all()]
    assert failed == []
