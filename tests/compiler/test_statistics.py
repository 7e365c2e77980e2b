"""Stella's statistical functions are what SciPy says they are.

If one of these fails, a chance or a count in somebody's model is another number here than in Stella.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats
from small_models import auxiliary, read, xmile

import egovsim
from egovsim.compiler import kernel as kernels

N = np.concatenate([np.arange(0.0, 60.0), [100.0, 169.0, 170.0, 171.0, 500.0, 1000.0]])
R = np.minimum(np.floor(N / 3.0), 12.0)
Z = np.linspace(-9.0, 9.0, len(N))
PROBABILITY = stats.norm.cdf(np.linspace(-8.0, 6.0, len(N)))

ROWS: dict[str, tuple[Callable[[], np.ndarray], float]] = {
    "FACTORIAL(n)": (lambda: special.factorial(N), 1e-14),
    "COMBINATIONS(n, r)": (lambda: special.comb(N, R), 1e-12),
    "COMBINATIONS(n, n)": (lambda: np.ones_like(N), 0.0),
    "COMBINATIONS(n, n + 1)": (lambda: np.zeros_like(N), 0.0),
    "COMBINATIONS(n, -1)": (lambda: np.zeros_like(N), 0.0),
    "PERMUTATIONS(n, r)": (lambda: special.perm(N, R), 1e-12),
    "PERMUTATIONS(n, n + 2)": (lambda: np.zeros_like(N), 0.0),
    "NORMALCDF(z, z + 0.5)": (lambda: _between(Z, Z + 0.5), 1e-12),
    "NORMALCDF(z, 4, 1.5, 2.5)": (lambda: stats.norm(1.5, 2.5).cdf(4.0) - stats.norm(1.5, 2.5).cdf(Z), 1e-12),
    "INVNORM(p)": (lambda: special.ndtri(PROBABILITY), 1e-13),
    "INVNORM(p, 3, 2)": (lambda: 3.0 + 2.0 * special.ndtri(PROBABILITY), 1e-12),
    "PERCENT(p)": (lambda: PROBABILITY * 100.0, 0.0),
}


def _between(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The chance of a normal value between two, from the tail that is nearer."""
    return np.where(
        left > 0.0, stats.norm.sf(left) - stats.norm.sf(right), stats.norm.cdf(right) - stats.norm.cdf(left)
    )


def values_of(folder: Path) -> dict[str, np.ndarray]:
    given = {"n": N, "r": R, "z": Z, "p": PROBABILITY}
    names = {f"y{number}": row for number, row in enumerate(ROWS)}
    text = xmile(*(auxiliary(name, 1) for name in given), *(auxiliary(*item) for item in names.items()))
    result = egovsim.run(read(folder, text), design=egovsim.Design.of(given), outputs=list(names), until=0.0)
    return {row: result.values(name)[0, 0, :, 0] for name, row in names.items()}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return values_of(tmp_path_factory.mktemp("statistics"))


@pytest.mark.parametrize("row", ROWS)
def test_functions_are_scipys(evaluated: dict[str, np.ndarray], row: str) -> None:
    wanted, tolerance = ROWS[row][0](), ROWS[row][1]
    np.testing.assert_allclose(evaluated[row], wanted, rtol=tolerance, atol=1e-16 if tolerance else 0)


def test_small_counts_are_whole(evaluated: dict[str, np.ndarray]) -> None:
    """120.00000000000003 would be no factorial: what is counted is exact as long as a double can hold it."""
    assert list(evaluated["FACTORIAL(n)"][:6]) == [1, 1, 2, 6, 24, 120]
    exact = [float(special.comb(int(n), int(r), exact=True)) for n, r in zip(N[:50], R[:50], strict=True)]
    assert list(evaluated["COMBINATIONS(n, r)"][:50]) == exact


def test_lanes_change_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bytes] = []
    for lanes in (1, 2, 4):
        monkeypatch.setattr(kernels, "native_lanes", lambda lanes=lanes: lanes)
        (tmp_path / str(lanes)).mkdir()
        found.append(b"".join(values.tobytes() for values in values_of(tmp_path / str(lanes)).values()))
    assert found[0] == found[1] == found[2]


DRAWN = {
    "TRIANGULAR(1, 2, 5)": stats.triang(0.25, 1, 4),
    "TRIANGULAR(1, 5, 5, 11)": stats.triang(1, 1, 4),
    "WEIBULL(1.7, 3)": stats.weibull_min(1.7, 0, 3),
    "WEIBULL(0.6, 3, 11)": stats.weibull_min(0.6, 0, 3),
    "LOGISTIC(4, 2)": stats.logistic(4, 2),
    "LOGISTIC(-4, 0.5, 11)": stats.logistic(-4, 0.5),
}


def test_draws_have_their_distribution(tmp_path: Path) -> None:
    """Shape before scale, the peak between the ends: arguments in another order draw something else."""
    names = {f"y{number}": row for number, row in enumerate(DRAWN)}
    model = read(tmp_path, xmile(*(auxiliary(*item) for item in names.items()), stop=20_000, dt=1))
    result = egovsim.run(model, seed=20240229)
    for name, row in names.items():
        assert stats.kstest(result.values(name).ravel(), DRAWN[row].cdf).pvalue > 1e-4, row


def test_montecarlo_has_its_chance_per_unit_of_time(tmp_path: Path) -> None:
    """40 percent a year is 10 percent in a quarter; a seed changes the draws and not the chance."""
    text = xmile(auxiliary("one", "MONTECARLO(40)"), auxiliary("two", "MONTECARLO(40, 7)"), stop=10_000, dt=0.25)
    result = egovsim.run(read(tmp_path, text), seed=3)
    one, two = (result.values(name).ravel() for name in ("one", "two"))
    assert set(one) == {0.0, 1.0}
    for values in (one, two):
        assert stats.binomtest(int(values.sum()), len(values), 0.1).pvalue > 1e-4
    assert (one != two).any()


def test_what_is_short_for_others_is_written_and_read_again(tmp_path: Path) -> None:
    model = read(tmp_path, xmile(auxiliary("a", "MONTECARLO(40, 7) + PERCENT(0.5)"), auxiliary("b", "INVNORM(0.5)")))
    back = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "x.xmile"))
    assert back.variables == model.variables


@pytest.mark.parametrize("name", ["PARETO", "GEOMETRIC", "NEGBINOMIAL", "ENDVAL"])
def test_other_functions_are_refused_by_name(name: str, tmp_path: Path) -> None:
    """What they draw or remember is not known well enough to be run."""
    findings = egovsim.check(read(tmp_path, xmile(auxiliary("a", 1), auxiliary("x", f"{name}(a, 2)"))))
    errors = [finding for finding in findings if finding.severity == "error"]
    assert [(error.variable, error.where.line) for error in errors] == [("x", 8)]
    assert f'"{name}" is not a function this version can run' in errors[0].text
