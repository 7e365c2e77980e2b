"""Every function of the language against its definition, in both dialects, NumPy and SciPy as the oracle."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats
from small_models import auxiliary, flow, mdl, over, read, stock, xmile

import egovsim
from egovsim.model.functions import FUNCTIONS

A = np.array([-7.5, -2.5, -1.5, -0.75, -0.5, 0.0, 0.25, 0.5, 0.999, 1.0, 1.5, 2.5, 3.75, 12.0])
B = np.array([-3.0, -1.25, -1e-7, 0.0, 1e-9, 2e-6, 0.5, 1.0, 2.0, 7.5])
A, B = (grid.ravel() for grid in np.meshgrid(A, B))
C = np.full(A.shape, 42.0)
POSITIVE = np.abs(A) + 0.125
UNIT = np.clip(A, -1.0, 1.0)

Oracle = Callable[[], np.ndarray]


def _halves_away_from_zero(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def _quotient(tolerance: float, instead: np.ndarray | float) -> np.ndarray:
    bad = np.abs(B) < tolerance if tolerance else B == 0.0
    with np.errstate(all="ignore"):
        return np.where(bad, instead, A / B)


def _quantized() -> np.ndarray:
    """Vensim's reference: b x the integer part of a / b; a itself where b is not above 0."""
    with np.errstate(all="ignore"):
        return np.where(B > 0.0, B * np.trunc(A / B), A)


RATES = np.resize([0.0, 0.01, -0.03, 1e-9, 0.5, -1.5, 2e-17, -0.9], A.shape)
PERIODS = np.resize([36.0, 1.0, 5.0, 12.0, 240.0, 3.0, 7.0], A.shape)


def _balance(present: np.ndarray | float, payment: np.ndarray | float, future: np.ndarray | float) -> np.ndarray:
    """What is left at the end, period by period and in fractions: what is there bears interest, then comes pay."""
    found = []
    shaped = (np.broadcast_to(amount, A.shape) for amount in (present, payment, future))
    for rate, periods, *amounts in zip(RATES, PERIODS, *shaped, strict=True):
        growth, (left, paid, future_value) = Fraction(1) + Fraction(rate), map(Fraction, amounts)
        for _ in range(int(periods)):
            left = left * growth + paid
        found.append(float(left + future_value))
    return np.array(found)


PURE: dict[str, tuple[str, str, Oracle, float]] = {
    # name: (XMILE, Vensim, oracle, relative tolerance; 0 means the same bits)
    "abs": ("ABS(a)", "ABS(a)", lambda: np.abs(A), 0.0),
    "exp": ("EXP(a)", "EXP(a)", lambda: np.exp(A), 1e-15),
    "ln": ("LN(p)", "LN(p)", lambda: np.log(POSITIVE), 1e-15),
    "log10": ("LOG10(p)", "", lambda: np.log10(POSITIVE), 1e-15),
    "log": ("", "LOG(p, 10)", lambda: np.log(POSITIVE) / np.log(10.0), 1e-15),
    "sqrt": ("SQRT(p)", "SQRT(p)", lambda: np.sqrt(POSITIVE), 0.0),
    "sin": ("SIN(a)", "SIN(a)", lambda: np.sin(A), 1e-15),
    "cos": ("COS(a)", "COS(a)", lambda: np.cos(A), 1e-15),
    "tan": ("TAN(a)", "TAN(a)", lambda: np.tan(A), 2e-15),
    "arcsin": ("ARCSIN(u)", "ARCSIN(u)", lambda: np.arcsin(UNIT), 1e-15),
    "arccos": ("ARCCOS(u)", "ARCCOS(u)", lambda: np.arccos(UNIT), 1e-15),
    "arctan": ("ARCTAN(a)", "ARCTAN(a)", lambda: np.arctan(A), 1e-15),
    "sinh": ("SINH(a)", "SINH(a)", lambda: np.sinh(A), 2e-15),
    "cosh": ("COSH(a)", "COSH(a)", lambda: np.cosh(A), 2e-15),
    "tanh": ("TANH(a)", "TANH(a)", lambda: np.tanh(A), 2e-15),
    "gamma ln": ("GAMMALN(p)", "GAMMA LN(p)", lambda: special.gammaln(POSITIVE), 1e-14),
    "floor": ("INT(a)", "", lambda: np.floor(A), 0.0),
    "integer": ("", "INTEGER(a)", lambda: np.trunc(A), 0.0),
    "round": ("ROUND(a)", "", lambda: _halves_away_from_zero(A), 0.0),
    "min": ("MIN(a, b)", "MIN(a, b)", lambda: np.minimum(A, B), 0.0),
    "max": ("MAX(a, b)", "MAX(a, b)", lambda: np.maximum(A, B), 0.0),
    "modulo": ("", "MODULO(a, d)", lambda: np.fmod(A, B + 10.0), 0.0),
    "quantum": ("", "QUANTUM(a, b)", lambda: _quantized(), 0.0),
    "power": ("", "POWER(p, b)", lambda: POSITIVE**B, 2e-15),
    "zidz": ("", "ZIDZ(a, b)", lambda: _quotient(1e-6, 0.0), 0.0),
    "xidz": ("", "XIDZ(a, b, c)", lambda: _quotient(1e-6, C), 0.0),
    "safediv": ("SAFEDIV(a, b)", "", lambda: _quotient(0.0, 0.0), 0.0),
    "safediv of three": ("SAFEDIV(a, b, c)", "", lambda: _quotient(0.0, C), 0.0),
    "pmt": ("PMT(r, n, p, c)", "", lambda: -_balance(POSITIVE, 0.0, C) / _balance(0.0, 1.0, 0.0), 1e-12),
    "pv": ("PV(r, n, p, c)", "", lambda: -_balance(0.0, POSITIVE, C) / _balance(1.0, 0.0, 0.0), 1e-12),
    "fv": ("FV(r, n, p, c)", "", lambda: -_balance(C, POSITIVE, 0.0), 1e-12),
}

OPERATORS: dict[str, tuple[str, str, Oracle, float]] = {
    "sum": ("a + b", "a + b", lambda: A + B, 0.0),
    "difference": ("a - b - c", "a - b - c", lambda: A - B - C, 0.0),
    "product": ("a * b", "a * b", lambda: A * B, 0.0),
    "quotient": ("a / d", "a / d", lambda: A / (B + 10.0), 0.0),
    "power is right-associative": ("2.0^3.0^u", "2^3^u", lambda: 2.0 ** (3.0**UNIT), 2e-15),
    "minus is looser than power": ("-a^2.0", "-a^2", lambda: -(A**2), 0.0),
    "cube": ("a^3.0", "a^3", lambda: A * A * A, 0.0),
    "fractional power": ("p^0.25", "p^0.25", lambda: POSITIVE**0.25, 2e-15),
    "power of a variable": ("p^b", "p^b", lambda: POSITIVE**B, 2e-15),
    "floored remainder": ("a MOD d", "", lambda: np.mod(A, B + 10.0), 0.0),
    "floored remainder of a negative": ("a MOD (0.0 - d)", "", lambda: np.mod(A, -(B + 10.0)), 0.0),
    "less": ("a < b", "", lambda: (A < B) * 1.0, 0.0),
    "less or equal": ("a <= b", "", lambda: (A <= B) * 1.0, 0.0),
    "equal": ("a = b", "", lambda: (A == B) * 1.0, 0.0),
    "unequal": ("a <> b", "", lambda: (A != B) * 1.0, 0.0),
    "choice": (
        "IF a > b THEN p ELSE c",
        "IF THEN ELSE(a > b, p, c)",
        lambda: np.where(A > B, POSITIVE, C),
        0.0,
    ),
    "and before or": (
        "IF a > 0 OR b > 0 AND a > 1 THEN 1 ELSE 0",
        "IF THEN ELSE(a > 0 :OR: b > 0 :AND: a > 1, 1, 0)",
        lambda: ((A > 0) | ((B > 0) & (A > 1))) * 1.0,
        0.0,
    ),
    "not": ("IF NOT (a > 0) THEN 1 ELSE 0", "IF THEN ELSE(:NOT: (a > 0), 1, 0)", lambda: (A <= 0) * 1.0, 0.0),
}

ROWS = {**PURE, **OPERATORS}
CASES = [
    pytest.param(name, dialect, id=f"{name} in {dialect}")
    for name, row in ROWS.items()
    for dialect, text in (("xmile", row[0]), ("vensim", row[1]))
    if text
]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], np.ndarray]:
    """All rows for all arguments: a model a dialect, an argument a member."""
    arguments = {"a": A, "b": B, "c": C, "d": B + 10.0, "p": POSITIVE, "u": UNIT, "r": RATES, "n": PERIODS}
    design = egovsim.Design.of(arguments)
    found: dict[tuple[str, str], np.ndarray] = {}
    for place, dialect in enumerate(("xmile", "vensim")):
        names = {name: f"y{number}" for number, name in enumerate(ROWS) if ROWS[name][place]}
        if dialect == "xmile":
            constants = [auxiliary(argument, "1.0") for argument in arguments]
            text = xmile(*constants, *(auxiliary(y, ROWS[name][place]) for name, y in names.items()), stop=1)
        else:
            text = mdl({**dict.fromkeys(arguments, "1"), **{y: ROWS[name][place] for name, y in names.items()}}, stop=1)
        model = read(tmp_path_factory.mktemp(dialect), text)
        result = egovsim.run(model, design=design, outputs=list(names.values()), until=0.0)
        found |= {(name, dialect): result.values(y)[0, 0, :, 0] for name, y in names.items()}
    return found


@pytest.mark.parametrize(("name", "dialect"), CASES)
def test_pure_functions_and_operators_have_their_defined_value(evaluated, name: str, dialect: str) -> None:
    """A wrong function gives wrong numbers in every model that uses it."""
    _, _, oracle, tolerance = ROWS[name]
    wanted, got = oracle(), evaluated[name, dialect]
    if tolerance:
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=1e-300)
    else:
        np.testing.assert_array_equal(got, wanted)


def test_every_function_of_the_table_is_tested_in_every_dialect_that_has_it() -> None:
    """A function added to the table without a test here would never have been seen to work."""
    text = "\n".join(page.read_text("utf-8") for page in Path(__file__).parent.glob("test_*.py"))
    names = {name.upper() for function in FUNCTIONS.values() for name in (*function.vensim, *function.xmile)}
    assert {name for name in names if f"{name}(" not in text} == set()
    for name, row in PURE.items():
        function = FUNCTIONS[name.split(" of ")[0]]
        assert bool(row[0]) == bool(function.xmile), name
        assert bool(row[1]) == bool(function.vensim), name


def test_the_payments_of_the_loan_in_isee_s_help_are_those_it_gives(tmp_path: Path) -> None:
    """10,000 received at 1 % a month is paid back by 332.14 in each of 36 months: an expense, and so below 0."""
    frame = egovsim.run(read(tmp_path, xmile(auxiliary("payment", "PMT(0.01, 36, 10000, 0)"), stop=1))).to_frame()
    assert round(frame["payment"].iloc[0], 2) == -332.14


@pytest.mark.parametrize("sign", ["MIN", "MAX"])
def test_min_and_max_do_not_hide_what_is_not_a_number(tmp_path: Path, sign: str) -> None:
    """If MIN or MAX dropped a NaN, a failed run would show sound-looking shares."""
    model = read(
        tmp_path,
        xmile(
            auxiliary("zero", "0.0"),
            auxiliary("nothing", "zero / zero"),
            auxiliary("left", f"{sign}(nothing, zero)"),
            auxiliary("right", f"{sign}(zero, nothing)"),
            auxiliary("with number", f"{sign}(1.0, nothing)"),
            stop=1,
        ),
    )
    frame = egovsim.run(model).to_frame()
    assert frame[["left", "right", "with number"]].isna().all(axis=None)


# ---------------------------------------------------------------------------------------------------------------
# Test inputs: functions of time

TIMES = np.arange(81) * 0.125


def _train(time: np.ndarray, first: float, every: float) -> np.ndarray:
    return (time >= first) & (np.mod(time - first, every) < 0.125)


OVER_TIME: dict[str, list[tuple[str, str, Callable[[np.ndarray], np.ndarray]]]] = {
    "step": [
        ("STEP(3.5, 2.5)", "STEP(3.5, 2.5)", lambda t: np.where(t >= 2.5, 3.5, 0.0)),
        ("STEP(1.0, 2.45)", "STEP(1, 2.45)", lambda t: (t >= 2.5) * 1.0),  # off the grid: the nearest instant
        ("STEP(1.0, 2.53)", "STEP(1, 2.53)", lambda t: (t >= 2.5) * 1.0),
        ("STEP(1.0, -1.0)", "STEP(1, -1)", lambda t: np.ones_like(t)),
    ],
    "ramp": [
        ("RAMP(0.5, 2.0)", "RAMP(0.5, 2, 100)", lambda t: 0.5 * np.maximum(t - 2.0, 0.0)),
        ("RAMP(0.5, 2.0, 6.0)", "RAMP(0.5, 2, 6)", lambda t: 0.5 * np.clip(t - 2.0, 0.0, 4.0)),
    ],
    "pulse": [
        ("", "PULSE(2, 1.5)", lambda t: ((t >= 2.0) & (t < 3.5)) * 1.0),
        ("", "PULSE(2, 0)", lambda t: (t == 2.0) * 1.0),  # no width means one step
        ("", "PULSE(0, 1)", lambda t: (t < 1.0) * 1.0),
        ("", "PULSE(2, -1)", lambda t: (t == 2.0) * 1.0),
        ("", "PULSE(2, 0.05)", lambda t: (t == 2.0) * 1.0),  # shorter than a step: still one
        ("", "PULSE(2, 0.1875)", lambda t: (t == 2.0) * 1.0),  # over exactly between two instants
        ("", "PULSE(2.05, 0.3)", lambda t: ((t >= 2.0) & (t < 2.3)) * 1.0),  # off the grid: the nearest instants
    ],
    "pulse train": [
        (
            "",
            "PULSE TRAIN(1, 0.5, 2, 7)",
            lambda t: ((t >= 1.0) & (np.mod(t - 1.0, 2.0) < 0.5) & (t <= 7.0)) * 1.0,
        ),
        ("", "PULSE TRAIN(1, 0, 2, 7)", lambda t: ((t >= 1.0) & (np.mod(t - 1.0, 2.0) == 0.0) & (t <= 7.0)) * 1.0),
        ("", "PULSE TRAIN(1, 3, 2, 7)", lambda t: ((t >= 1.0) & (t <= 7.0)) * 1.0),  # wider than the gap: always on
    ],
    "get time value": [
        ("", "GET TIME VALUE(0, 2, 0)", lambda t: t + 2.0),
        ("", "GET TIME VALUE(1, 2, 0)", lambda t: np.full_like(t, 2.0)),
    ],
    "xmile pulse": [
        ("PULSE(2.0, 3.0)", "", lambda t: (t == 3.0) * 2.0 / 0.125),
        ("PULSE(2.0, 1.0, 2.5)", "", lambda t: _train(t, 1.0, 2.5) * 2.0 / 0.125),
        ("PULSE(2.0, 1.0, 0.0)", "", lambda t: (t == 1.0) * 2.0 / 0.125),
        ("PULSE(2.0)", "", lambda t: np.full_like(t, 2.0 / 0.125)),
        ("PULSE(2.0, 1.05)", "", lambda t: (t == 1.0) * 2.0 / 0.125),
    ],
}


@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_test_inputs_follow_their_definition(tmp_path: Path, dialect: str) -> None:
    """A policy or shock written as STEP, RAMP or PULSE would begin, end or weigh wrongly."""
    place = ("xmile", "vensim").index(dialect)
    rows = [row for rows in OVER_TIME.values() for row in rows if row[place]]
    if dialect == "xmile":
        text = xmile(*(auxiliary(f"y{number}", row[0]) for number, row in enumerate(rows)))
    else:
        text = mdl({f"y{number}": row[1] for number, row in enumerate(rows)})
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    for number, row in enumerate(rows):
        np.testing.assert_allclose(frame[f"y{number}"], row[2](TIMES), rtol=1e-15, err_msg=row[place])


EDGES = np.array(
    list(product(np.arange(-1.0, 4.0, 0.25), (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0), (0.0, 1.0, 2.5), (3.5, 4.0)))
)
"""Start, width, distance and end of pulses, in quarters of a step of 1."""


def _pulse(since: np.ndarray, width: np.ndarray | float) -> np.ndarray:
    """Vensim's equation of PULSE, of the half step after an instant; no pulse is shorter than a step."""
    return (since > 0) & ((since < width) | (since <= 1))


def _trains(time: float, *, width: np.ndarray | float) -> np.ndarray:
    """Pulse after pulse."""
    start, _, every, _ = EDGES.T
    return np.any([_pulse(time + 0.5 - (start + k * every), width) for k in range(12)], axis=0)


AT_EDGES: dict[str, tuple[str, str, Callable[[float], np.ndarray]]] = {
    # name: (XMILE, Vensim, oracle); STEP and RAMP are Vensim's own equations of them, word for word
    "step": ("STEP(3, start)", "STEP(3, start)", lambda t: 3.0 * (t + 0.5 > EDGES[:, 0])),
    "ramp": (
        "RAMP(2, start, end)",
        "RAMP(2, start, end)",
        lambda t: np.where(t > EDGES[:, 0], 2.0 * (np.minimum(t, EDGES[:, 3]) - EDGES[:, 0]), 0.0),
    ),
    "pulse": (
        "",
        "PULSE(start, width)",
        lambda t: _pulse(t + 0.5 - EDGES[:, 0], EDGES[:, 1]),
    ),
    "train": (
        "",
        "PULSE TRAIN(start, width, every, end)",
        lambda t: (
            np.where(
                EDGES[:, 2] <= np.maximum(EDGES[:, 1], 1),
                t + 0.5 > EDGES[:, 0],
                _trains(t, width=np.maximum(EDGES[:, 1], 1)),
            )
            & (t <= EDGES[:, 3])
        ),
    ),
    "volume": (
        "PULSE(6, start)",
        "",
        lambda t: 6.0 * ((t + 0.5 > EDGES[:, 0]) & (t + 0.5 <= EDGES[:, 0] + 1)),
    ),
    "volumes": (
        "PULSE(6, start, every)",
        "",
        lambda t: 6.0 * _trains(t, width=np.ones(len(EDGES))),
    ),
}


@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_test_inputs_at_their_edges(tmp_path: Path, dialect: str) -> None:
    """Off the grid, and exactly between two instants, an event must come neither twice nor at another instant."""
    place = ("xmile", "vensim").index(dialect)
    rows = {name: row for name, row in AT_EDGES.items() if row[place]}
    inputs = dict.fromkeys(("start", "width", "every", "end"), "1")
    if dialect == "xmile":
        parts = {**inputs, **{name: row[0] for name, row in rows.items()}}
        text = xmile(*(auxiliary(name, one) for name, one in parts.items()), dt=1.0)
    else:
        text = mdl({**inputs, **{name: row[1] for name, row in rows.items()}}, step=1)
    design = egovsim.Design.of(dict(zip(inputs, EDGES.T, strict=True)))
    result = egovsim.run(read(tmp_path, text), design=design, outputs=list(rows))
    for name, row in rows.items():
        wanted = np.array([row[2](time) for time in range(11)]).T
        found = result.values(name)[0, 0]
        wrong = np.argwhere(found != wanted)
        assert wrong.size == 0, (name, EDGES[wrong[0][0]], found[wrong[0][0]], wanted[wrong[0][0]])


def test_test_inputs_are_not_missed_where_the_step_is_no_binary_fraction(tmp_path: Path) -> None:
    """With a step of 0.1 sums drift; an event at 0.3 that is compared with a drifted time never happens."""
    text = xmile(
        auxiliary("at once", "IF TIME = 3.0 THEN 1 ELSE 0"),
        auxiliary("stepped", "STEP(1.0, 0.3)"),
        auxiliary("pulsed", "PULSE(1.0, 0.7)"),
        dt=0.1,
    )
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    time = frame.index.to_numpy()
    np.testing.assert_array_equal(time, 0.0 + np.arange(101) * 0.1)
    assert frame["at once"].sum() == 1.0
    assert frame["at once"].iloc[30] == 1.0
    np.testing.assert_array_equal(frame["stepped"], np.arange(101) >= 3)
    np.testing.assert_allclose(frame["pulsed"], (np.arange(101) == 7) / 0.1)


# ---------------------------------------------------------------------------------------------------------------
# Memory: delays, smooths, trends, held values


def _chain_response(order: int, time: float, *, dt: float = 0.125) -> np.ndarray:
    """What an n-stage chain has let through of a unit step, by Euler's method, in closed form.

    Each step every stage hands on the fraction p = n dt / T, so after k steps the response is the chance of
    at least n successes in k trials.
    """
    steps = np.arange(81)
    return stats.binom.sf(order - 1, steps, order * dt / time)


XMILE_CHAINS = {
    "SMTH1(x, 2.0, 5.0)": 1,
    "SMTH3(x, 3.0, 5.0)": 3,
    "SMTHN(x, 4.0, 4, 5.0)": 4,
    "DELAY1(x, 2.0, 5.0)": 1,
    "DELAY3(x, 3.0, 5.0)": 3,
    "DELAYN(x, 4.0, 4, 5.0)": 4,
}
VENSIM_CHAINS = {
    "SMOOTHI(x, 2, 5)": 1,
    "SMOOTH3I(x, 3, 5)": 3,
    "SMOOTH N(x, 4, 5, 4)": 4,
    "DELAY1I(x, 2, 5)": 1,
    "DELAY3I(x, 3, 5)": 3,
    "DELAY N(x, 4, 5, 4)": 4,
}
CHAIN_TIMES = {1: 2.0, 3: 3.0, 4: 4.0}


@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_smooths_and_delays_answer_a_step_in_closed_form(tmp_path: Path, dialect: str) -> None:
    """The order, the delay time and the start of each chain; and in balance it must stand still."""
    chains = XMILE_CHAINS if dialect == "xmile" else VENSIM_CHAINS
    equations = {f"y{number}": text for number, text in enumerate(chains)}
    still = {f"z{number}": text.replace("(x", "(still").replace(", 5.0", "") for number, text in enumerate(chains)}
    if dialect == "xmile":
        both = {"x": "9.0", "still": "7.0", **equations, **still}
        text = xmile(*(auxiliary(name, one) for name, one in both.items()))
    else:
        text = mdl({"x": "9", "still": "5", **equations, **{n: t.replace("(x", "(still") for n, t in still.items()}})
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    for number, order in enumerate(chains.values()):
        wanted = 5.0 + 4.0 * _chain_response(order, CHAIN_TIMES[order])
        np.testing.assert_allclose(frame[f"y{number}"], wanted, rtol=1e-13, err_msg=list(chains)[number])
        np.testing.assert_allclose(frame[f"z{number}"], frame["still"], rtol=1e-14)


def test_chains_without_an_initial_value_start_at_their_input(tmp_path: Path) -> None:
    """Vensim's short forms are the long ones with the input as initial value; else they would start at 0."""
    pairs = {
        "SMOOTH(x, 2)": "SMOOTHI(x, 2, x)",
        "SMOOTH3(x, 2)": "SMOOTH3I(x, 2, x)",
        "DELAY1(x, 2)": "DELAY1I(x, 2, x)",
        "DELAY3(x, 2)": "DELAY3I(x, 2, x)",
    }
    short = {f"s{number}": text for number, text in enumerate(pairs)}
    long = {f"l{number}": text for number, text in enumerate(pairs.values())}
    frame = egovsim.run(read(tmp_path, mdl({"x": "3 + SIN(Time)", **short, **long}))).to_frame()
    for number in range(len(pairs)):
        np.testing.assert_array_equal(frame[f"s{number}"], frame[f"l{number}"])
        assert frame[f"s{number}"].iloc[0] == 3.0


@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_trend_of_exponential_growth_is_its_rate_and_the_forecast_goes_on_along_it(
    tmp_path: Path, dialect: str
) -> None:
    """x grows by g a year; started on it, TREND is g at every instant and x (1 + g H) the forecast."""
    if dialect == "xmile":
        text = xmile(
            stock("x", "3.0", inflows=["growth"]),
            flow("growth", "0.04 * x"),
            auxiliary("t", "TREND(x, 5.0, 0.04)"),
            auxiliary("cold", "TREND(x, 5.0)"),
            auxiliary("f", "FORCST(x, 5.0, 10.0)"),
            stop=10,
        )
    else:
        text = mdl(
            {
                "x": "INTEG(0.04*x, 3)",
                "t": "TREND(x, 5, 0.04)",
                "cold": "TREND(x, 5, 0)",
                "f": "FORECAST(x, 5, 10)",
            }
        )
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    np.testing.assert_allclose(frame["t"], 0.04, rtol=1e-12)
    assert frame["cold"].iloc[0] == 0.0
    assert 0.02 < frame["cold"].iloc[-1] < 0.04
    np.testing.assert_allclose(frame["f"], frame["x"] * (1.0 + frame["cold"] * 10.0), rtol=1e-13)


def test_a_delay_loses_nothing(tmp_path: Path) -> None:
    """What goes into a material delay comes out of it or is still inside, whatever the delay time does."""
    text = xmile(
        auxiliary("inlet", "1.0 + SIN(TIME)"),
        auxiliary("hold time", "2.0 + STEP(2.0, 4.0)"),
        flow("in", "inlet"),
        flow("out", "DELAY1(inlet, hold_time)"),
        stock("inside", "inlet * 2.0", inflows=["in"], outflows=["out"]),
        auxiliary("expected", "out * hold_time"),
    )
    frame = egovsim.run(read(tmp_path, text)).to_frame()
    np.testing.assert_allclose(frame["inside"], frame["expected"], rtol=1e-13)


def test_init_keeps_the_first_value_and_active_initial_gives_another_at_the_start(tmp_path: Path) -> None:
    """INIT must not move; ACTIVE INITIAL must serve the start alone and break the circle there."""
    kept = xmile(stock("s", "2.0", inflows=["f"]), flow("f", "s"), auxiliary("k", "INIT(s * 3.0)"))
    frame = egovsim.run(read(tmp_path, kept)).to_frame()
    assert (frame["k"] == 6.0).all()
    circle = mdl({"s": "INTEG(1, a)", "a": "ACTIVE INITIAL(s * 2, 10)", "k": "INITIAL(s)"})
    frame = egovsim.run(read(tmp_path, circle)).to_frame()
    assert frame["s"].iloc[0] == 10.0
    assert frame["a"].iloc[0] == 20.0
    np.testing.assert_allclose(frame["a"], 2.0 * frame["s"])
    assert (frame["k"] == 10.0).all()


# ---------------------------------------------------------------------------------------------------------------
# Arrays

AREAS = {"Area": ("urban", "rural"), "Clientele": ("citizens", "businesses", "agencies")}


def test_arrays_are_element_by_element_equations(tmp_path: Path) -> None:
    """Apply-to-all, element equations, an element that reads another, sums, two dimensions."""
    numbers = "".join(f'<element subscript="{a}"><eqn>{v}</eqn></element>' for a, v in (("urban", 2.5), ("rural", 4.0)))
    chain = (
        '<element subscript="urban"><eqn>k[urban] + 1.0</eqn></element>'
        '<element subscript="rural"><eqn>chain[urban] * 10.0</eqn></element>'
    )
    weights = "".join(
        f'<element subscript="{a},{c}"><eqn>{10 * i + j + 1}.0</eqn></element>'
        for i, a in enumerate(AREAS["Area"])
        for j, c in enumerate(AREAS["Clientele"])
    )
    text = xmile(
        f'<aux name="k">{over("Area")}{numbers}</aux>',
        f'<aux name="twice">{over("Area")}<eqn>2.0 * k[Area]</eqn></aux>',
        f'<aux name="implied">{over("Area")}<eqn>2.0 * k</eqn></aux>',
        f'<aux name="chain">{over("Area")}{chain}</aux>',
        f'<aux name="w">{over("Area", "Clientele")}{weights}</aux>',
        f'<aux name="scaled">{over("Area", "Clientele")}<eqn>w[Area, Clientele] * k[Area]</eqn></aux>',
        auxiliary("all", "SUM(w[*, *])"),
        auxiliary("citizens only", "SUM(w[*, citizens])"),
        auxiliary("weighted", "SUM(k[*] * twice[*])"),
        f'<stock name="s">{over("Area")}<eqn>k[Area]</eqn><inflow>f</inflow></stock>',
        f'<flow name="f">{over("Area")}<eqn>0.1 * s[Area] + k[rural]</eqn></flow>',
        dimensions=AREAS,
    )
    result = egovsim.run(read(tmp_path, text))
    at = {variable.name: result.values(variable.name)[0, 0, 0, -1] for variable in result.variables.values()}
    k, w = np.array([2.5, 4.0]), np.array([[1.0, 2.0, 3.0], [11.0, 12.0, 13.0]])
    np.testing.assert_array_equal(at["k"], k)
    np.testing.assert_array_equal(at["twice"], 2 * k)
    np.testing.assert_array_equal(at["implied"], 2 * k)
    np.testing.assert_array_equal(at["chain"], [3.5, 35.0])
    np.testing.assert_array_equal(at["w"], w)
    np.testing.assert_array_equal(at["scaled"], w * k[:, None])
    assert at["all"] == w.sum()
    assert at["citizens only"] == w[:, 0].sum()
    assert at["weighted"] == (k * 2 * k).sum()
    growth = (1 + 0.1 * 0.125) ** 80
    np.testing.assert_allclose(at["s"], k * growth + 4.0 * (growth - 1) / 0.1, rtol=1e-13)
    assert result["scaled"].dims == ("scenario", "policy", "member", "time", "Area", "Clientele")
    assert result["scaled"].sel(Area="rural", Clientele="agencies").values.ravel()[0] == 52.0
    assert result.values("w[rural,agencies]")[0, 0, 0, 0] == 13.0
