"""Graphical functions of every kind and length: exact, bounded, and the same by either way of finding a segment."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings
from small_models import auxiliary, mdl, read, xmile

import egovsim
from egovsim.compiler.codegen import lookups
from egovsim.model.expression import Binary, Number, Reference, Table, TableCall
from egovsim.model.model import Clock
from egovsim.model.variable import Equation, Variable

KINDS = ("continuous", "extrapolate", "discrete")


def _ascending(places: list[float]) -> list[float]:
    """Sort, and leave out what lies too near the point before: a slope must be a finite number."""
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > 1e-9:
            kept.append(place)
    return kept


@st.composite
def tables(draw: st.DrawFn) -> Table:
    places = draw(st.lists(st.floats(-1e6, 1e6) | st.integers(-50, 50).map(float), min_size=1, max_size=40))
    x = _ascending(places)
    y = draw(st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), min_size=len(x), max_size=len(x)))
    return Table(tuple(x), tuple(y), draw(st.sampled_from(KINDS)))


def looked_up(tables: Sequence[Table], x: np.ndarray) -> np.ndarray:
    """Evaluate tables in a kernel, shape (table, argument); the argument is computed, so it may be not a number."""
    finite = np.isfinite(x)
    ratio = Binary("/", Reference("q", "q"), Reference("d", "d"))
    variables = [
        Variable("q", "auxiliary", (Equation(Number(1.0)),)),
        Variable("d", "auxiliary", (Equation(Number(1.0)),)),
        Variable("x", "auxiliary", (Equation(ratio),)),
    ]
    for number, table in enumerate(tables):
        call = TableCall(table, Reference("x", "x"))
        variables.append(Variable(f"y{number}", "auxiliary", (Equation(call),)))
    model = egovsim.Model("tables", Clock(0.0, 1.0, 1.0), (), tuple(variables))
    numerator = np.where(finite, x, np.where(np.isnan(x), 0.0, np.sign(x)))
    design = egovsim.Design.of({"q": numerator, "d": finite * 1.0})
    names = [f"y{number}" for number in range(len(tables))]
    result = egovsim.run(model, design=design, outputs=names, until=0.0)
    return np.stack([result.values(name)[0, 0, :, 0] for name in names])


def searched(tables: Sequence[Table], x: np.ndarray) -> np.ndarray:
    """The same with every table treated as a long one; without the cache, whose key is the program's text."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("EGOVSIM_CACHE", folder)
        patch.setattr(lookups, "SHORT_TABLE", 0)
        return looked_up(tables, x)


def _defined(table: Table, x: np.ndarray) -> np.ndarray:
    """What the XMILE standard, section 3.1.4, makes of a table, by NumPy."""
    xs, ys = np.array(table.x), np.array(table.y)
    if table.kind == "discrete":
        return ys[np.clip(np.searchsorted(xs, x, side="right") - 1, 0, None)]
    inside = np.interp(x, xs, ys)
    if table.kind == "continuous" or len(xs) == 1:
        return inside
    below = ys[0] + (x - xs[0]) * (ys[1] - ys[0]) / (xs[1] - xs[0])
    above = ys[-1] + (x - xs[-1]) * (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    return np.where(x < xs[0], below, np.where(x > xs[-1], above, inside))


bundles = st.lists(tables(), min_size=1, max_size=8)
arguments = st.lists(st.floats(-2e6, 2e6), max_size=20)


def _arguments(bundle: Sequence[Table], drawn: Sequence[float]) -> np.ndarray:
    """Random arguments, every point of every table, its neighbours in the last bit, and what is between."""
    points = np.concatenate([table.x for table in bundle])
    between = (points[1:] + points[:-1]) / 2
    return np.concatenate([drawn, points, np.nextafter(points, -np.inf), np.nextafter(points, np.inf), between])


@given(bundle=bundles, drawn=arguments)
@settings(max_examples=15)
@example(bundle=[Table(tuple(map(float, range(17))), (0.0, 1.0) * 8 + (0.0,))], drawn=[3.25])
def test_a_lookup_is_what_it_is_defined_to_be(bundle: list[Table], drawn: list[float]) -> None:
    """Every effect of one variable on another that is drawn as a curve would be off."""
    x = _arguments(bundle, drawn)
    for table, got in zip(bundle, looked_up(bundle, x), strict=True):
        wanted = _defined(table, x)
        size = np.abs(np.diff(table.y)).max(initial=0.0) + np.abs(table.y).max() + np.abs(wanted)
        if table.kind == "discrete":
            np.testing.assert_array_equal(got, wanted)
        else:
            assert (np.abs(got - wanted) <= 1e-11 * size).all()
        np.testing.assert_array_equal(got[_places(table, x)], table.y)


def _places(table: Table, x: np.ndarray) -> list[int]:
    return [int(np.flatnonzero(x == point)[0]) for point in table.x]


OVERSHOOTING = Table((0.6, 1.9, 2.5), (0.3, 0.9, 0.5))
"""By the formula alone it is 0.9000000000000001 just below 1.9."""


@given(bundle=bundles, drawn=arguments)
@settings(max_examples=15)
@example(bundle=[OVERSHOOTING], drawn=[1.8999999999999997])
@example(bundle=[Table((*OVERSHOOTING.x, *range(3, 20)), (*OVERSHOOTING.y, *[0.5] * 17))], drawn=[1.8999999999999997])
def test_a_lookup_never_leaves_the_range_of_its_points_and_passes_on_what_is_not_a_number(
    bundle: list[Table], drawn: list[float]
) -> None:
    """A rounding above 1 breaks a share; a number made from NaN hides a failure."""
    x = np.concatenate([_arguments(bundle, drawn), [np.inf, -np.inf, np.nan]])
    for table, got in zip(bundle, looked_up(bundle, x), strict=True):
        assert np.isnan(got[-1])
        if table.kind != "extrapolate":
            assert got[:-1].min() >= min(table.y)
            assert got[:-1].max() <= max(table.y)
            assert (got[-3], got[-2]) == (table.y[-1], table.y[0])


@given(bundle=bundles, drawn=arguments)
@settings(max_examples=15)
def test_a_table_gives_the_same_bits_searched_as_by_selections(bundle: list[Table], drawn: list[float]) -> None:
    """Else one more point in a table, which changes how it is compiled, would change runs that never reach it."""
    x = np.concatenate([_arguments(bundle, drawn), [np.inf, -np.inf, np.nan]])
    short, long = looked_up(bundle, x), searched(bundle, x)
    np.testing.assert_array_equal(short.view(np.int64)[:, :-1], long.view(np.int64)[:, :-1])
    assert np.isnan(short[:, -1]).all()
    assert np.isnan(long[:, -1]).all()


@pytest.mark.parametrize("evaluate", [looked_up, searched])
def test_at_a_vertical_jump_the_later_point_holds(evaluate) -> None:
    """A tariff or rule that changes at a threshold is in force at the threshold."""
    jump = Table((0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 5.0, 6.0))
    got = evaluate([jump], np.array([0.5, np.nextafter(1.0, 0.0), 1.0, 1.5, 3.0]))[0]
    np.testing.assert_allclose(got, [0.5, 1.0, 5.0, 5.5, 6.0], rtol=1e-15)


def test_lookups_are_read_alike_from_both_formats(tmp_path: Path) -> None:
    """In place, by name and WITH LOOKUP are one function."""
    x, y = (0.0, 1.0, 2.5, 4.0), (1.0, 3.0, 2.0, 2.5)
    points = f"<gf><xpts>{','.join(map(str, x))}</xpts><ypts>{','.join(map(str, y))}</ypts></gf>"
    pairs = ",".join(f"({a},{b})" for a, b in zip(x, y, strict=True))
    (tmp_path / "xmile").mkdir()
    (tmp_path / "vensim").mkdir()
    files = {
        "xmile": xmile(
            f'<gf name="curve"><xpts>{",".join(map(str, x))}</xpts><ypts>{",".join(map(str, y))}</ypts></gf>',
            auxiliary("in place", "TIME / 2.0", inside=points),
            auxiliary("named", "curve(TIME / 2.0)"),
        ),
        "vensim": mdl({"in place": f"WITH LOOKUP(Time / 2, ({pairs}))", "named": "curve(Time / 2)"}).replace(
            "{UTF-8}\n", f"{{UTF-8}}\ncurve([(0,0)-(9,9)],{pairs})\n\t~\t\n\t~\t\n\t|\n", 1
        ),
    }
    for folder, text in files.items():
        frame = egovsim.run(read(tmp_path / folder, text)).to_frame()
        wanted = np.interp(frame.index.to_numpy() / 2.0, x, y)
        np.testing.assert_allclose(frame["in place"], wanted, rtol=1e-15, err_msg=folder)
        np.testing.assert_allclose(frame["named"], wanted, rtol=1e-15, err_msg=folder)
