"""Long equations run; ones that nest too deeply are refused with their place.

If one of these fails, a modeller with a long sum is told to rewrite it, or is not told which equation is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path

import pytest
from small_models import auxiliary, flow, mdl, read, stock, xmile

import egovsim
from egovsim.errors import ModelError

TERMS = 3_000


@pytest.mark.parametrize(("sign", "step"), [(" + ", lambda total: total + 0.1), (" * ", lambda total: total * 1.001)])
def test_a_plain_sum_or_product_of_thousands_of_terms_runs_from_left_to_right(
    sign: str, step: Callable[[float], float], tmp_path: Path
) -> None:
    """To the bit what the same operations give in Python, in the order in which they stand."""
    term = "0.1" if sign == " + " else "1.001"
    model = read(tmp_path, xmile(auxiliary("a", term), auxiliary("x", sign.join(["a"] * TERMS))))
    expected = reduce(lambda total, _: step(total), range(TERMS - 1), float(term))
    assert egovsim.run(model, until=1).values("x").squeeze()[0] == expected


def test_a_long_rate_and_a_long_initial_value_of_a_stock_run(tmp_path: Path) -> None:
    """In Vensim too, and where a long flow is limited by what there is."""
    long = " + ".join(["a"] * TERMS)
    vensim = read(tmp_path, mdl({"a": "1", "Level": f"INTEG({long}, {long} - Time)"}, step=1))
    assert egovsim.run(vensim).values("Level").squeeze()[1] == 2 * TERMS
    limited = (
        auxiliary("a", 1),
        flow("out", long, inside="<non_negative/>"),
        stock("S", 50, outflows=["out"], inside="<non_negative/>"),
    )
    assert egovsim.run(read(tmp_path, xmile(*limited, dt=1))).values("S").squeeze()[1] == 0


def test_long_sums_are_checked_and_written(tmp_path: Path) -> None:
    model = read(tmp_path, xmile(auxiliary("a", 1), auxiliary("x", " + ".join(["a"] * TERMS))))
    assert all(one.severity == "note" for one in egovsim.check(model))
    back = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "x.xmile"))
    assert egovsim.run(back, until=1).values("x").squeeze()[0] == TERMS


def test_what_nests_too_deeply_is_named(tmp_path: Path) -> None:
    model = read(tmp_path, xmile(auxiliary("a", 1), auxiliary("Deep one", "1 + (" * TERMS + "a" + ")" * TERMS)))
    with pytest.raises(ModelError) as caught:
        egovsim.run(model)
    place = 'model.xmile, line 8, "Deep one"'
    assert str(caught.value) == f"{place}: it is nested too deeply; split it into auxiliaries."
