"""Long and deep equations run; functions of arrays that nest too deeply are refused with their place.

If one of these fails, a modeller with a long sum is told to rewrite it, or is shown a traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path

import numpy as np
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
    assert all(finding.severity == "note" for finding in egovsim.check(model))
    back = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "x.xmile"))
    assert egovsim.run(back, until=1).values("x").squeeze()[0] == TERMS


DEPTH = 5_000


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ("0.5 * (3 - ", ")", lambda value: 0.5 * (3 - value)),
        ("MAX(0.1, ABS(", "))", lambda value: max(0.1, abs(value))),
        ("IF TIME > 7 THEN 2 ELSE (", ")", lambda value: value),
        ("NOT ((a > 0) AND (", "))", lambda value: float(value == 0)),
    ],
)
def test_what_nests_thousands_deep_runs(
    before: str, after: str, step: Callable[[float], float], tmp_path: Path
) -> None:
    """To the bit what the same operations give in Python."""
    model = read(tmp_path, xmile(auxiliary("a", "0.3"), auxiliary("x", before * DEPTH + "a" + after * DEPTH), dt=1))
    expected = reduce(lambda value, _: step(value), range(DEPTH), 0.3)
    assert egovsim.run(model, until=0).values("x").squeeze() == expected


def test_a_rate_and_an_initial_value_may_nest_thousands_deep(tmp_path: Path) -> None:
    deep = "1 + (" * DEPTH + "TIME" + ")" * DEPTH
    model = read(tmp_path, xmile(flow("f", deep), stock("s", deep, inflows=["f"]), dt=1))
    assert egovsim.run(model, until=2).values("s").squeeze().tolist() == [DEPTH, 2 * DEPTH, 3 * DEPTH + 1]


def test_members_of_a_deep_model_are_those_that_it_has_alone(tmp_path: Path) -> None:
    """Its kernel is found by what it computes, however deep that is, and takes many members at once."""
    model = read(tmp_path, xmile(auxiliary("a", 1), auxiliary("x", "1 + (" * DEPTH + "a" + ")" * DEPTH)))
    values = np.array([0.0, 2.0, 5.0])
    result = egovsim.run(model, design=egovsim.Design.of({"a": values}), outputs=["x"])
    np.testing.assert_array_equal(result.values("x")[0, 0, :, 0], values + DEPTH)


def test_what_a_delay_and_a_random_function_are_given_may_be_deep(tmp_path: Path) -> None:
    """Their rewriting must not follow an argument by recursion either; a deep order of a delay is still a number."""
    deep = "1 + (" * DEPTH + "a" + ")" * DEPTH
    parts = (
        auxiliary("a", 1),
        auxiliary("late", f"SMTH1({deep}, 2)"),
        auxiliary("order", f"{deep} - {DEPTH - 2}"),
        auxiliary("ordered", "DELAYN(TIME, 2, order)"),
        auxiliary("drawn", f"UNIFORM(0, {deep})"),
    )
    result = egovsim.run(read(tmp_path, xmile(*parts, dt=1)), until=1)
    assert result.values("late").squeeze()[0] == DEPTH + 1
    assert 0 < result.values("drawn").squeeze()[0] < DEPTH + 1


def test_a_deep_supply_is_shared(tmp_path: Path) -> None:
    """What the elements of an array share is found by the supply's expression, which may be as deep as any other."""
    text = f"""{{UTF-8}}
    Who: a, b ~~|
    asked[Who] = 10, 20 ~~|
    priority[Who] = 2, 1 ~~|
    got[Who] = ALLOCATE BY PRIORITY(asked[Who], priority[Who], 2, 0.5, {"(1 + " * DEPTH}-{DEPTH - 15}{")" * DEPTH}) ~~|
    INITIAL TIME = 0 ~~|
    FINAL TIME = 1 ~~|
    TIME STEP = 1 ~~|
    """
    result = egovsim.run(read(tmp_path, text), outputs=["got"])
    np.testing.assert_allclose(result.values("got").squeeze()[0], [10, 5])


def test_functions_of_arrays_inside_each_other_run_up_to_a_depth_and_are_refused_by_name_below_it(
    tmp_path: Path,
) -> None:
    """Each is written out for every element of those around it, so there is an end; it must not be a traceback."""

    def model(depth: int) -> egovsim.Model:
        text = f"Dim: e, f ~~|\nx[Dim] = 1, 2 ~~|\nDeep one = {'SUM(x[Dim!] * ' * depth}x[e]{')' * depth} ~~|\n"
        return read(tmp_path, "{UTF-8}\n" + text + "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\n")

    assert egovsim.run(model(6)).values("Deep one").squeeze()[0] == 3**6
    with pytest.raises(ModelError) as caught:
        egovsim.run(model(DEPTH))
    place = 'model.mdl, line 4, "Deep one"'
    assert str(caught.value) == f"{place}: its functions of arrays are nested too deeply; split it into auxiliaries."
