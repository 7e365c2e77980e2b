"""Random functions: their distributions, and that every draw is a function of its key alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats
from small_models import auxiliary, flow, mdl, read, stock, xmile

import egovsim
from egovsim.compiler import kernel as kernels
from egovsim.compiler.lowering.random_calls import call_number
from egovsim.simulation import chunks
from egovsim.validation.pysd_comparison import crosscheck

STEP = 0.125

DRAWS = 2501 * 8
"""Draws of each distribution: instants times members."""

LEAST_CHANCE = 1e-4
"""A correct generator falls below once in ten thousand rows; the seed is fixed, so it does not fall at all."""


# ---------------------------------------------------------------------------------------------------------------
# The generator

MASK = 2**64 - 1
KNOWN = [
    # Published with the generator (Random123, "kat_vectors"): counter, key, result.
    ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
    ((MASK, MASK), (MASK, MASK), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344),
        (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
    ),
]


def _threefry(counter: tuple[int, int], key: tuple[int, int]) -> tuple[int, int]:
    keys = (*key, 0x1BD11BDAA9FC1A22 ^ key[0] ^ key[1])
    x, y = (counter[0] + keys[0]) & MASK, (counter[1] + keys[1]) & MASK
    for number in range(20):
        x, turn = (x + y) & MASK, (16, 42, 12, 31, 16, 32, 24, 21)[number % 8]
        y = (((y << turn) & MASK) | (y >> (64 - turn))) ^ x
        if number % 4 == 3:
            group = number // 4 + 1
            x, y = (x + keys[group % 3]) & MASK, (y + keys[(group + 1) % 3] + group) & MASK
    return x, y


def _uniform(seed: int, member: int, step: int, owner: str, number: int = 0, stream: float = 0.0) -> float:
    key = (seed & MASK) ^ int(np.float64(stream).view(np.uint64))
    bits, _ = _threefry((member, step << 24), (key, call_number(owner, number)))
    return ((bits >> 12) + 0.5) * 2.0**-52


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_the_reference_is_the_published_generator(counter, key, result) -> None:
    """What the other tests compare with must itself be right."""
    assert _threefry(counter, key) == result


def test_every_draw_can_be_made_again_alone(tmp_path: Path) -> None:
    """The key is seed, stream, member, call and step; a generator with a state could not do this."""
    model = read(tmp_path, mdl({"x": "RANDOM 0 1()", "two": "RANDOM 0 1() + 10*RANDOM UNIFORM(0, 1, 7)", "k": "1"}))
    design = egovsim.Design.of({"k": np.zeros(11)})
    for seed in (0, 1, -5, 2**63 + 11):
        result = egovsim.run(model, seed=seed, design=design, outputs=["x", "two"])
        for member, step in ((0, 0), (3, 1), (10, 80)):
            assert result.values("x")[0, 0, member, step] == _uniform(seed, member, step, "x")
            first, second = (_uniform(seed, member, step, "two", n, 7.0 * n) for n in (0, 1))
            assert result.values("two")[0, 0, member, step] == first + 10.0 * second


def test_normal_numbers_are_the_inverse_of_uniform_ones(tmp_path: Path) -> None:
    """The inverse distribution to the last digits, over the middle and both tails."""
    text = xmile(auxiliary("u", "RANDOM(0.0, 1.0)"), auxiliary("n", "NORMAL(0.0, 1.0)"), stop=2500)
    frame = egovsim.run(read(tmp_path, text), seed=3).to_frame()
    uniforms = np.array([_uniform(3, 0, step, "n") for step in range(len(frame))])
    np.testing.assert_allclose(frame["n"], special.ndtri(uniforms), rtol=2e-14, atol=1e-15)
    np.testing.assert_array_equal(frame["u"], [_uniform(3, 0, step, "u") for step in range(len(frame))])


# ---------------------------------------------------------------------------------------------------------------
# Distributions

_WEIBULL_SCALE = 1.0 / special.gamma(1.0 + 1.0 / 1.7)

CONTINUOUS = {
    "RANDOM 0 1()": stats.uniform(),
    "RANDOM UNIFORM(2, 5, 0)": stats.uniform(2, 3),
    "RANDOM NORMAL(-100, 100, 3, 2, 0)": stats.norm(3, 2),
    "RANDOM NORMAL(4, 5, 3, 2, 0)": stats.truncnorm(0.5, 1.0, 3, 2),
    "RANDOM NORMAL(23, 25, 3, 2, 0)": stats.truncnorm(10.0, 11.0, 3, 2),
    "RANDOM NORMAL(-25, -17, 3, 2, 0)": stats.truncnorm(-14.0, -10.0, 3, 2),
    "RANDOM NORMAL(2, 9, 3, -2, 0)": stats.truncnorm(-0.5, 3.0, 3, 2),
    "RANDOM EXPONENTIAL(0, 1000000, 0, 2, 0)": stats.expon(0, 2),
    "RANDOM EXPONENTIAL(1, 3, 0.5, 2, 0)": stats.truncexpon(1.0, 1.0, 2.0),
    "RANDOM EXPONENTIAL(900, 1000000, 0, 1, 0)": stats.expon(900),
    "RANDOM GAMMA(-1, 1000000, 2.5, 1, 3, 0)": stats.gamma(2.5, 1, 3),
    "RANDOM GAMMA(0, 1000000, 0.5, 0, 1, 0)": stats.gamma(1),
    "RANDOM WEIBULL(0, 1000000, 1.7, 0, 2, 0)": stats.weibull_min(1.7, 0, 2 * _WEIBULL_SCALE),
    "RANDOM BETA(0, 1, 2, 0.5, 0, 1, 0)": stats.beta(2, 0.5),
    "RANDOM BETA(0, 20, 0.7, 3, 5, 10, 0)": stats.beta(0.7, 3, 5, 10),
    "RANDOM TRIANGULAR(0, 10, 1, 2, 5, 0)": stats.triang(0.25, 1, 4),
    "RANDOM TRIANGULAR(0, 10, 1, 1, 5, 0)": stats.triang(0, 1, 4),
    "RANDOM TRIANGULAR(0, 10, 1, 5, 5, 0)": stats.triang(1, 1, 4),
}
DISCRETE = {
    "RANDOM POISSON(0, 1000000, 0.2, 0, 1, 0)": stats.poisson(0.2),
    "RANDOM POISSON(0, 1000000, 9.9, 0, 1, 0)": stats.poisson(9.9),
    "RANDOM POISSON(0, 1000000, 10, 0, 1, 0)": stats.poisson(10),
    "RANDOM POISSON(0, 1000000, 12345, 0, 1, 0)": stats.poisson(12345),
    "RANDOM BINOMIAL(0, 1000000, 0.3, 10, 0, 1, 0)": stats.binom(10, 0.3),
    "RANDOM BINOMIAL(0, 1000000, 0.5, 20, 0, 1, 0)": stats.binom(20, 0.5),
    "RANDOM BINOMIAL(0, 1000000, 0.93, 1000, 0, 1, 0)": stats.binom(1000, 0.93),
    "RANDOM NEGATIVE BINOMIAL(0, 1000000, 0.3, 4, 0, 1, 0)": stats.nbinom(4, 0.3, 4),
}
XMILE_CONTINUOUS = {
    "UNIFORM(2.0, 5.0)": stats.uniform(2, 3),
    "RANDOM(2.0, 5.0, 11)": stats.uniform(2, 3),
    "NORMAL(3.0, 2.0)": stats.norm(3, 2),
    "NORMAL(3.0, 2.0, 11)": stats.norm(3, 2),
    "NORMAL(3.0, 2.0, 0, 4.0, 5.0)": stats.truncnorm(0.5, 1.0, 3, 2),
    "LOGNORMAL(0.5, 0.75)": stats.lognorm(0.75, scale=np.exp(0.5)),
    "EXPRND(2.5)": stats.expon(0, 2.5),
    "BETA(2.0, 0.5)": stats.beta(2, 0.5),
    "GAMMA(0.4, 3.0)": stats.gamma(0.4, 0, 3),
}
XMILE_DISCRETE = {
    "POISSON(3.5)": stats.poisson(3.5),
    "POISSON(3.5, 0, 2, 100)": stats.rv_discrete(
        values=(np.arange(2, 101), stats.poisson(3.5).pmf(np.arange(2, 101)) / stats.poisson(3.5).sf(1))
    ),
    "BINOMIAL(40, 0.4)": stats.binom(40, 0.4),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """All draws of every row, in one model a dialect."""
    found: dict[str, np.ndarray] = {}
    design = egovsim.Design.of({"k": np.zeros(8)})
    for dialect, rows in (("vensim", [*CONTINUOUS, *DISCRETE]), ("xmile", [*XMILE_CONTINUOUS, *XMILE_DISCRETE])):
        names = {f"y{number}": row for number, row in enumerate(rows)}
        if dialect == "vensim":
            text = mdl({"k": "1", **names}, stop=2500, step=1)
        else:
            text = xmile(auxiliary("k", "1"), *(auxiliary(*item) for item in names.items()), stop=2500, dt=1.0)
        result = egovsim.run(
            read(tmp_path_factory.mktemp(dialect), text), design=design, outputs=list(names), seed=20240229
        )
        found |= {row: result.values(name).ravel() for name, row in names.items()}
    return found


@pytest.mark.parametrize("row", [*CONTINUOUS, *XMILE_CONTINUOUS])
def test_continuous_draws_have_their_distribution(drawn, row: str) -> None:
    """A wrong parameter, a cut at the wrong place, or a distribution that is only roughly right."""
    values, wanted = drawn[row], {**CONTINUOUS, **XMILE_CONTINUOUS}[row]
    assert len(values) == DRAWS
    low, high = wanted.support()
    assert (values >= low).all()
    assert (values <= high).all()
    assert stats.kstest(values, wanted.cdf).pvalue > LEAST_CHANCE


@pytest.mark.parametrize("row", [*DISCRETE, *XMILE_DISCRETE])
def test_counts_have_their_distribution(drawn, row: str) -> None:
    """Counting up and rejection must meet without a seam at a mean of 10, and so must p and 1 - p."""
    values, wanted = drawn[row], {**DISCRETE, **XMILE_DISCRETE}[row]
    assert (values == np.floor(values)).all()
    edges = np.unique(wanted.ppf(np.linspace(0.002, 0.998, 40))) + 0.5
    expected = np.diff(np.concatenate([[0.0], wanted.cdf(edges), [1.0]])) * len(values)
    counts = np.histogram(values, np.concatenate([[-np.inf], edges, [np.inf]]))[0]
    large = expected > 5.0
    counts = np.append(counts[large], counts[~large].sum())
    expected = np.append(expected[large], expected[~large].sum())
    keep = expected > 0.0
    assert counts[~keep].sum() == 0
    assert stats.chisquare(counts[keep], expected[keep]).pvalue > LEAST_CHANCE


def test_draws_of_different_keys_are_independent(tmp_path: Path) -> None:
    """Neighbours in time, in members, in calls, in streams and in seeds must not resemble each other."""
    text = mdl({"k": "1", "a": "RANDOM 0 1()", "b": "RANDOM 0 1()", "c": "RANDOM UNIFORM(0, 1, k)"}, stop=250)
    model = read(tmp_path, text)
    design = egovsim.Design.of({"k": np.repeat([1.0, 2.0], 8)})
    one, other = (egovsim.run(model, seed=seed, design=design, outputs=["a", "b", "c"]) for seed in (1, 2))
    a, b, c = (one.values(name)[0, 0] for name in ("a", "b", "c"))
    pairs = {
        "steps": (a[:, 1:], a[:, :-1]),
        "members": (a[1:], a[:-1]),
        "calls": (a, b),
        "streams": (c[:8], c[8:]),
        "seeds": (a, other.values("a")[0, 0]),
    }
    for name, (x, y) in pairs.items():
        assert abs(np.corrcoef(x.ravel(), y.ravel())[0, 1]) < 4.0 / np.sqrt(x.size), name
        joint = np.histogram2d(x.ravel(), y.ravel(), bins=8, range=[[0, 1], [0, 1]])[0].ravel()
        assert stats.chisquare(joint).pvalue > LEAST_CHANCE, name


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("RANDOM NORMAL(5, 4, 0, 1, 0)", "bounds that cross"),
        ("RANDOM EXPONENTIAL(-9, -1, 0, 1, 0)", "below all it can be"),
        ("RANDOM POISSON(2.1, 2.9, 3, 0, 1, 0)", "between two counts"),
        ("RANDOM BETA(5, 6, 1, 1, 0, 1, 0)", "above all it can be"),
        ("RANDOM GAMMA(0, 10, 0/zero, 0, 1, 0)", "a parameter that is not a number"),
    ],
)
def test_where_no_draw_is_possible_the_run_fails_and_says_so(tmp_path: Path, text: str, what: str) -> None:
    """A made-up number between impossible bounds would go unnoticed."""
    model = read(tmp_path, mdl({"zero": "0", "x": text, "s": "INTEG(x, 1)"}, stop=1))
    result = egovsim.run(model)
    assert result.status.failed_at[0, 0, 0] == STEP, what
    assert result.status.variable[0, 0, 0] == "x"


# ---------------------------------------------------------------------------------------------------------------
# Nothing else changes a draw

NOISY = {
    "k": "1",
    "a": "RANDOM NORMAL(-6, 6, 0, k, 0)",
    "b": "RANDOM POISSON(0, 100, 3 + a*a, 0, 1, 0)",
    "c": "RANDOM GAMMA(0, 100, 2, 0, k, 3)",
    "p": "RANDOM PINK NOISE(0, 1, 2, 0)",
    "s": "INTEG(a - 0.1*s + c + p, RANDOM UNIFORM(0, 1, 0))",
    "d": "SMOOTH(RANDOM UNIFORM(0, 1, 0), 2)",
}


def test_lanes_chunks_threads_outputs_and_the_order_of_definitions_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any of them would make a study that cannot be repeated."""
    names = ["a", "b", "c", "p", "s", "d"]
    design = egovsim.Design.of({"k": np.linspace(0.5, 2.0, 37)})
    base = egovsim.run(read(tmp_path, mdl(NOISY)), design=design, outputs=names, seed=9)
    again = egovsim.run(read(tmp_path, mdl(NOISY)), design=design, outputs=names, seed=9)
    np.testing.assert_array_equal(base.trajectories, again.trajectories)
    turned = mdl(dict(reversed(NOISY.items())))
    np.testing.assert_array_equal(
        base.trajectories, egovsim.run(read(tmp_path, turned), design=design, outputs=names, seed=9).trajectories
    )
    for name in names:
        single = egovsim.run(read(tmp_path, mdl(NOISY)), design=design, outputs=[name], seed=9)
        np.testing.assert_array_equal(base.values(name), single.values(name))
    for lanes in (1, 2, 4):
        monkeypatch.setattr(kernels, "native_lanes", lambda lanes=lanes: lanes)
        monkeypatch.setattr(chunks, "_CHUNK_MEMBERS", 5 * lanes)
        model = read(tmp_path, mdl(NOISY))
        for workers in (1, 3):
            other = egovsim.run(model, design=design, outputs=names, seed=9, workers=workers)
            np.testing.assert_array_equal(base.trajectories, other.trajectories)
    assert (
        base.trajectories != egovsim.run(read(tmp_path, mdl(NOISY)), design=design, outputs=names, seed=8).trajectories
    ).any()


def test_policies_meet_the_same_chances(tmp_path: Path) -> None:
    """Two policies are compared on the same luck, member by member; else noise passes for an effect."""
    model = read(tmp_path, mdl({"lever": "1", "x": "RANDOM 0 1()", "y": "x*lever"}))
    levers = {"one": 1.0, "two": 2.0}
    policies = [
        egovsim.PolicyPath(name, {"lever": egovsim.Series.constant(value)}, start=0.0) for name, value in levers.items()
    ]
    result = egovsim.run(model, policies=policies, outputs=["y"], seed=4)
    np.testing.assert_array_equal(2.0 * result.values("y")[0, 0], result.values("y")[0, 1])


def test_an_initial_value_is_drawn_as_the_first_instant_shows_it(tmp_path: Path) -> None:
    """A stock that starts at a random auxiliary starts at what that auxiliary is."""
    model = read(tmp_path, mdl({"x": "RANDOM NORMAL(-6, 6, 0, 1, 0)", "s": "INTEG(0, x)", "k": "INITIAL(x)"}))
    frame = egovsim.run(model, seed=12).to_frame()
    assert (frame["s"] == frame["x"].iloc[0]).all()
    assert (frame["k"] == frame["x"].iloc[0]).all()


@pytest.mark.parametrize("method", ["rk2", "midpoint", "rk4"])
def test_a_draw_stands_still_within_a_step(tmp_path: Path, method: str) -> None:
    """Fresh draws in every stage would average the noise away."""
    model = read(tmp_path, mdl({"x": "RANDOM NORMAL(-6, 6, 0, 1, 0)", "s": "INTEG(x, 0)"}))
    frame = egovsim.run(model, method=method).to_frame()
    np.testing.assert_allclose(np.diff(frame["s"]), STEP * frame["x"].to_numpy()[:-1], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("method", ["euler", "rk4"])
@pytest.mark.parametrize("correlation", [0.25, 2.0, 8.0])
def test_pink_noise_has_its_mean_deviation_and_memory(tmp_path: Path, method: str, correlation: float) -> None:
    """Both must not depend on step or correlation time, from the first instant on."""
    text = mdl({"k": "1", "x": f"RANDOM PINK NOISE(3, 2, {correlation}, 0)"}, stop=20)
    design = egovsim.Design.of({"k": np.zeros(4000)})
    values = egovsim.run(read(tmp_path, text), design=design, outputs=["x"], method=method, seed=6).values("x")[0, 0]
    for step in (0, 1, 17, 160):
        assert stats.kstest(values[:, step], stats.norm(3, 2).cdf).pvalue > LEAST_CHANCE
    for lag in (1, 8):
        wanted = (1.0 - STEP / correlation) ** lag
        got = np.corrcoef(values[:, 100], values[:, 100 + lag])[0, 1]
        assert got == pytest.approx(wanted, abs=4.0 / np.sqrt(4000))


def test_random_numbers_in_arrays_differ_by_element(tmp_path: Path) -> None:
    """One draw for all elements would make regions that all have the same luck."""
    dims = {"Area": ("urban", "rural")}
    inside = '<dimensions><dim name="Area"/></dimensions><eqn>UNIFORM(0.0, 1.0)</eqn>'
    model = read(tmp_path, xmile(f'<aux name="x">{inside}</aux>', dimensions=dims))
    values = egovsim.run(model).values("x")[0, 0, 0]
    assert (values[:, 0] != values[:, 1]).all()


def test_the_noise_seed_of_a_vensim_file_is_the_stream_of_stream_0(tmp_path: Path) -> None:
    """The constant of that name makes other noise of all calls with stream 0, and of no other."""
    calls = {"a": "RANDOM UNIFORM(0, 1, 0)", "b": "RANDOM UNIFORM(0, 1, 5)"}
    model = read(tmp_path, mdl({"NOISE SEED": "1", **calls}))
    one, two = (egovsim.run(model, constants={"NOISE SEED": seed}).to_frame() for seed in (1.0, 2.0))
    assert (one["a"] != two["a"]).all()
    assert (one["b"] == two["b"]).all()
    assert one["a"].iloc[3] == _uniform(0, 0, 3, "a", stream=1.0)


def test_a_seed_must_be_a_whole_number(tmp_path: Path) -> None:
    """Half a seed would be cut to another one in silence."""
    with pytest.raises(egovsim.InputError, match=r"seed is 1\.5; give a whole number\."):
        egovsim.run(read(tmp_path, mdl({"x": "1"})), seed=1.5)


def test_crosscheck_refuses_what_no_two_engines_draw_alike(tmp_path: Path) -> None:
    """It would report a difference that means nothing."""
    path = tmp_path / "model.xmile"
    path.write_text(
        xmile(auxiliary("x", "NORMAL(0.0, 1.0)"), stock("s", "0.0", inflows=["f"]), flow("f", "x")), "utf-8"
    )
    with pytest.raises(
        egovsim.InputError, match=r'model\.xmile: "x" draws random numbers, and no two engines draw alike'
    ):
        crosscheck(path)
