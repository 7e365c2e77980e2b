"""Values from other files: spreadsheets, delimited text and exported runs, and what is said where they are missing.

If these fail, a model runs with other figures than its files hold, or stops without saying which cell is wrong.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from struct import pack

import numpy as np
import pandas as pd
import pytest
import simlin
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

import egovsim
from egovsim.errors import DataError, UnsupportedError
from egovsim.model.expression import NOT_AVAILABLE, ClockValue, Number, Table, TableCall
from egovsim.model.model import Model
from egovsim.readers.data.cells import area_of, cell_name, column_number

CLOCK = """
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 0.5 ~ Month ~|
SAVEPER = TIME STEP ~~|
"""
DIMENSIONS = "Area: urban, rural ~~|\nSector: a, b, c ~~|\nPart: c, a ~~|\n"


def book(folder: Path, cells: Mapping[str, object], *, names: Mapping[str, str] | None = None) -> None:
    """Write book.xlsx with the sheet "Data"; names with "Data!" are the sheet's own."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Data"
    for cell, value in cells.items():
        sheet[cell] = value
    for name, area in (names or {}).items():
        home = sheet if name.startswith("own") else workbook
        home.defined_names[name] = DefinedName(name, attr_text=area)
    workbook.save(folder / "book.xlsx")


def read(folder: Path, equations: str, *, settings: str = "", **options: object) -> Model:
    path = folder / "m.mdl"
    path.write_text(f"{{UTF-8}}\n{equations}{CLOCK}{settings}", encoding="utf-8")
    return egovsim.read_model(path, **options)  # type: ignore[arg-type]


def columns(model: Model) -> dict[str, np.ndarray]:
    frame = egovsim.run(model).to_frame()
    return {name: frame[name].to_numpy() for name in frame.columns}


def refused(folder: Path, equations: str, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, equations, **options)
    return str(caught.value)


def numbers(model: Model, name: str) -> dict[tuple[str, ...], float]:
    found = {equation.elements: equation.expression for equation in model[name].equations}
    return {ids: number.value for ids, number in found.items() if isinstance(number, Number)}


def table(model: Model, name: str) -> Table:
    (equation,) = model[name].equations
    assert isinstance(equation.expression, TableCall)
    assert equation.expression.argument == ClockValue("step time")
    return equation.expression.table


# Constants


GRID = {f"{column}{row}": 10 * row + place for row in range(2, 6) for place, column in enumerate("BCDE", 1)}


def test_constants_go_across_and_then_down(tmp_path: Path) -> None:
    """The last subscript across, the one before it down (Vensim's reference, "GET DIRECT CONSTANTS")."""
    book(tmp_path, GRID)
    model = read(
        tmp_path,
        DIMENSIONS
        + """x = GET XLS CONSTANTS('book.xlsx', 'Data', 'C3') ~~|
v[Sector] = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'B2') ~~|
turned[Sector] = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'B2*') ~~|
m[Area, Sector] = GET XLS CONSTANTS('book.xlsx','Data','b2') ~~|
n[Area, Sector] = GET XLS CONSTANTS('book.xlsx','data','B2*') ~~|
""",
    )
    assert numbers(model, "x") == {(): 32.0}
    assert numbers(model, "v") == {("a",): 21.0, ("b",): 22.0, ("c",): 23.0}
    assert numbers(model, "turned") == {("a",): 21.0, ("b",): 31.0, ("c",): 41.0}
    assert numbers(model, "m")["rural", "b"] == 32.0
    assert numbers(model, "n")["rural", "b"] == 32.0
    assert numbers(model, "n")["rural", "c"] == 42.0
    assert numbers(model, "m")["urban", "c"] == 23.0


def test_a_part_of_a_dimension_is_read_in_its_own_order(tmp_path: Path) -> None:
    book(tmp_path, GRID)
    model = read(
        tmp_path,
        DIMENSIONS
        + """v[Part] = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'B2') ~~|
v[b] = 5 ~~|
w[rural, Sector] = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'B3') ~~|
w[urban, Sector] = 1, 2, 3 ~~|
""",
    )
    found = columns(model)
    assert [found[f"v[{element}]"][0] for element in "abc"] == [22.0, 5.0, 21.0]
    assert [found[f"w[rural,{element}]"][0] for element in "abc"] == [31.0, 32.0, 33.0]


def test_constants_are_inputs_like_those_written_in_the_model(tmp_path: Path) -> None:
    book(tmp_path, GRID)
    model = read(tmp_path, "x = GET XLS CONSTANTS('book.xlsx', 'Data', 'C3') ~~|\ny = 2 * x ~~|\n")
    assert model["x"] in model.inputs
    assert egovsim.run(model, constants={"x": 7.0}).to_frame()["y"].iloc[0] == 14.0


def test_named_ranges_of_the_book_and_of_the_sheet(tmp_path: Path) -> None:
    book(tmp_path, GRID, names={"down": "Data!$B$2:$B$4", "own_row": "Data!$C$3:$E$3", "ONE": "Data!$E$5"})
    model = read(
        tmp_path,
        DIMENSIONS
        + """v[Sector] = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'down*') ~~|
w[Sector] = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'own_row') ~~|
x = GET DIRECT CONSTANTS('book.xlsx', 'Data', 'one') ~~|
""",
    )
    assert list(numbers(model, "v").values()) == [21.0, 31.0, 41.0]
    assert list(numbers(model, "w").values()) == [32.0, 33.0, 34.0]
    assert numbers(model, "x") == {(): 54.0}


def test_delimited_text_takes_the_place_of_a_sheet(tmp_path: Path) -> None:
    """The second argument is then what divides the columns; commas in .csv and tabs elsewhere by default."""
    (tmp_path / "a.csv").write_text('name,"1,5"\n2,3\n', encoding="utf-8")
    (tmp_path / "b.txt").write_text("name\t15\n2\t3\n", encoding="utf-8")
    (tmp_path / "c.csv").write_bytes("näme;7\n".encode("cp1252"))
    model = read(
        tmp_path,
        """x = GET DIRECT CONSTANTS('a.csv', ',', 'B2') ~~|
y = GET DIRECT CONSTANTS('b.txt', '', 'B1') ~~|
z = GET DIRECT CONSTANTS('c.csv', ';', 'B1') ~~|
""",
    )
    assert [numbers(model, name)[()] for name in "xyz"] == [3.0, 15.0, 7.0]


def xls(cells: Mapping[tuple[int, int], float | str]) -> bytes:
    """Return an .xls file as Excel 2 wrote it, the simplest there is: one sheet, "Sheet 1", of records."""
    records = [(0x0009, pack("<HH", 2, 0x10))]
    for (row, column), value in cells.items():
        place = pack("<HH3x", row, column)
        if isinstance(value, str):
            records.append((0x0004, place + bytes([len(value)]) + value.encode("ascii")))
        else:
            records.append((0x0003, place + pack("<d", value)))
    records.append((0x000A, b""))
    return b"".join(pack("<HH", kind, len(body)) + body for kind, body in records)


def test_old_spreadsheets(tmp_path: Path) -> None:
    """Most models that read spreadsheets were written when these were .xls."""
    (tmp_path / "old.xls").write_bytes(xls({(0, 0): "year", (0, 1): 0.0, (0, 2): 4.0, (1, 1): 7.5, (1, 2): 9.5}))
    model = read(
        tmp_path,
        """x = GET XLS CONSTANTS('old.xls', 'Sheet 1', 'B2') ~~|
y := GET XLS DATA('old.xls', 'Sheet 1', '1', 'B2') ~~|
""",
    )
    assert numbers(model, "x") == {(): 7.5}
    assert table(model, "y") == Table((0.0, 4.0), (7.5, 9.5))
    message = refused(tmp_path, "x = GET XLS CONSTANTS('old.xls', 'Sheet 1', 'A1') ~~|\n")
    assert '"old.xls", sheet "Sheet 1", cell A1 holds \'year\'' in message


# Series


def test_series_down_and_across_with_gaps(tmp_path: Path) -> None:
    """Empty cells are no points, and so are values whose time is no number; `check` warns of those."""
    across = {"B1": 0, "C1": "later", "D1": 2, "E1": 4, "B2": 10, "C2": 99, "E2": 30, "B3": 1, "D3": 2}
    down = {"G11": 4, "G12": 1, "H11": 40, "H12": 10, "I11": 5, "I12": 6}
    book(tmp_path, {**across, **down})
    model = read(
        tmp_path,
        DIMENSIONS
        + """x := GET XLS DATA('book.xlsx', 'Data', '1', 'B2') ~~|
v[Area] := GET XLS DATA('book.xlsx', 'Data', '1', 'B2') ~~|
d[Area] := GET DIRECT DATA('book.xlsx', 'Data', 'G', 'H11') ~~|
""",
    )
    assert table(model, "x") == Table((0.0, 4.0), (10.0, 30.0))
    tables = [
        equation.expression.table for equation in model["v"].equations if isinstance(equation.expression, TableCall)
    ]
    assert tables == [Table((0.0, 4.0), (10.0, 30.0)), Table((0.0, 2.0), (1.0, 2.0))]
    tables = [
        equation.expression.table for equation in model["d"].equations if isinstance(equation.expression, TableCall)
    ]
    assert tables == [Table((1.0, 4.0), (10.0, 40.0)), Table((1.0, 4.0), (6.0, 5.0))]
    warnings = [str(finding) for finding in egovsim.check(model) if finding.severity == "warning"]
    assert warnings == [
        'warning: m.mdl, line 5, "x": "book.xlsx", sheet "Data", cell C1 holds \'later\' where a number places '
        "a value; the value is left out"
    ]


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("", [3.0, 3.0, 3.0, 5.0, 7.0, 6.0, 5.0, 5.0, 5.0]),
        (":INTERPOLATE:", [3.0, 3.0, 3.0, 5.0, 7.0, 6.0, 5.0, 5.0, 5.0]),
        (":HOLD BACKWARD:", [3.0, 3.0, 3.0, 3.0, 7.0, 7.0, 5.0, 5.0, 5.0]),
        (":LOOK FORWARD:", [3.0, 3.0, 3.0, 7.0, 7.0, 5.0, 5.0, 5.0, 5.0]),
        (":RAW:", [NOT_AVAILABLE, NOT_AVAILABLE, 3.0, NOT_AVAILABLE, 7.0, NOT_AVAILABLE, 5.0, *[NOT_AVAILABLE] * 2]),
    ],
)
def test_between_and_beyond_the_points(tmp_path: Path, keyword: str, expected: list[float]) -> None:
    """Vensim's reference, "Data Equations"; beyond the ends the end value holds, as recorded runs show."""
    book(tmp_path, {"A1": 1, "B1": 2, "C1": 3, "A2": 3, "B2": 7, "C2": 5})
    found = columns(read(tmp_path, f"x {keyword}:= GET XLS DATA('book.xlsx', 'Data', '1', 'A2') ~~|\n"))
    np.testing.assert_array_equal(found["x"], expected)


points = st.lists(st.integers(-40, 40), min_size=1, max_size=40, unique=True).map(sorted)


@given(points, st.integers(0, 2**32))
def test_modes_by_their_definition(tmp_path_factory: pytest.TempPathFactory, places: list[int], seed: int) -> None:
    """Short and long tables, every mode, at, between and beyond the points."""
    folder = tmp_path_factory.mktemp("modes")
    times = [place / 10 for place in places]
    values = np.random.default_rng(seed).uniform(-5, 5, len(times)).tolist()
    rows = "\n".join(f"{time!r}\t{value!r}" for time, value in zip(times, values, strict=True))
    (folder / "run.dat").write_text("".join(f"{name}\n{rows}\n" for name in ("i", "h", "f", "r")), encoding="utf-8")
    path = folder / "m.mdl"
    clock = CLOCK.replace("INITIAL TIME = 0", "INITIAL TIME = -5").replace("0.5", "0.1")
    path.write_text(
        f"i :INTERPOLATE: ~~|\nh :HOLD BACKWARD: ~~|\nf :LOOK FORWARD: ~~|\nr :RAW: ~~|\n{clock}", encoding="utf-8"
    )
    found = columns(egovsim.read_model(path, data=[folder / "run.dat"]))
    for step in range(91):
        tenth = step - 50
        after = [value for place, value in zip(places, values, strict=True) if place >= tenth]
        known = dict(zip(places, values, strict=True))
        assert found["f"][step] == (after[0] if after else values[-1])
        assert found["r"][step] == known.get(tenth, NOT_AVAILABLE)
        between = np.interp(-5 + step * 0.1, times, values)
        assert found["i"][step] == pytest.approx(between, abs=1e-9)
        held = [value for time, value in zip(times, values, strict=True) if time <= -5 + step * 0.1]
        assert found["h"][step] == (held[-1] if held else values[0])


def test_series_by_named_ranges_and_in_one_row_of_a_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,0,1,2\nx,5,6,7\ny,1,,3\n", encoding="utf-8")
    cells = {"A1": 0, "A2": 4, "B1": 5, "B2": 6, "C1": 7, "C2": 8}
    book(tmp_path, cells, names={"time": "Data!$A$1:$A$2", "both": "Data!$B$1:$C$2"})
    model = read(
        tmp_path,
        DIMENSIONS
        + """x := GET DIRECT DATA('a.csv', ',', '1', 'B2') ~~|
y := GET DIRECT DATA('a.csv', ',', '1', 'B3') ~~|
v[Area] := GET DIRECT DATA('book.xlsx', 'Data', 'time', 'both') ~~|
""",
    )
    assert table(model, "x") == Table((0.0, 1.0, 2.0), (5.0, 6.0, 7.0))
    assert table(model, "y") == Table((0.0, 2.0), (1.0, 3.0))
    tables = [
        equation.expression.table.y for equation in model["v"].equations if isinstance(equation.expression, TableCall)
    ]
    assert tables == [(5.0, 6.0), (7.0, 8.0)]


def test_lookups_and_mixed_arrays(tmp_path: Path) -> None:
    """One variable may be part data, part constant, part equation; a lookup may stand in both notations."""
    book(tmp_path, {"A1": 0, "B1": 4, "A2": 10, "B2": 30, "A3": 0, "B3": 8})
    model = read(
        tmp_path,
        DIMENSIONS
        + """f(GET XLS LOOKUPS('book.xlsx', 'Data', '1', 'A2')) ~~|
g[Area] = GET DIRECT LOOKUPS('book.xlsx', 'Data', '1', 'A2') ~~|
x = f(2) + g[rural](1) ~~|
y[Area] = g[Area](2) ~~|
mixed[a] := GET XLS DATA('book.xlsx', 'Data', '1', 'A3') ~~|
mixed[b] = GET XLS CONSTANTS('book.xlsx', 'Data', 'B2') ~~|
mixed[c] = Time * 100 ~~|
""",
    )
    found, time = columns(model), np.arange(9) * 0.5
    assert model["g"].kind == "lookup"
    assert found["x"][0] == 20.0 + 2.0
    assert (found["y[urban]"][0], found["y[rural]"][0]) == (20.0, 4.0)
    np.testing.assert_array_equal(found["mixed[a]"], 2 * time)
    np.testing.assert_array_equal(found["mixed[b]"], 30.0)
    np.testing.assert_array_equal(found["mixed[c]"], 100 * time)


def test_dimensions_from_a_sheet(tmp_path: Path) -> None:
    book(tmp_path, {"B1": "north", "C1": "south", "B2": 2003, "B4": "west"}, names={"places": "Data!$B$1:$C$1"})
    model = read(
        tmp_path,
        """P: GET XLS SUBSCRIPT('book.xlsx', 'Data', 'B1', 'C1', '') ~~|
Q: GET DIRECT SUBSCRIPT('book.xlsx', 'Data', 'B1', 'B', 'at ') ~~|
R: GET DIRECT SUBSCRIPT('book.xlsx', 'Data', 'places', '', '') ~~|
S: GET DIRECT SUBSCRIPT('book.xlsx', 'Data', 'B1', '2', '') ~~|
x[P] = 1, 2 ~~|
""",
    )
    elements = {dimension.name: dimension.elements for dimension in model.dimensions}
    assert elements["P"] == elements["R"] == ("north", "south")
    assert elements["Q"] == ("at north", "at 2003", "at west")
    assert elements["S"] == ("north", "south", "2003")
    assert columns(model)["x[south]"][0] == 2.0


# Exported runs

RUN = "x\n0\t1\n4\t9\nv[urban]\n0\t5\nv[rural]\n0\t6\n2\t8\n"


def test_series_of_an_exported_run(tmp_path: Path) -> None:
    (tmp_path / "run.dat").write_text(RUN, encoding="utf-8")
    equations = DIMENSIONS + "X ~~|\nv[Area]:HOLD BACKWARD: ~~|\ny = x + v[rural] ~~|\n"
    found = columns(read(tmp_path, equations, data=[tmp_path / "run.dat"]))
    np.testing.assert_array_equal(found["X"], 1 + 2 * np.arange(9) * 0.5)
    np.testing.assert_array_equal(found["y"], found["X"] + [6, 6, 6, 6, 8, 8, 8, 8, 8])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.tab", "Time\tx\tv[urban]\tv[rural]\n0\t1\t5\t6\n2\t\t\t8\n4\t9\t\t\n"),
        ("run.csv", 'time,X,"v[Urban]","V[ rural ]"\n0,1,5,6\n2,,,8\n4,9,,\n'),
        ("run.csv", 'time,0,2,4\nx,1,,9\n"v[urban]",5,,\n"v[rural]",6,8,\n'),
    ],
)
def test_tables_hold_the_same_series(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "run.dat").write_text(RUN, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    equations = DIMENSIONS + "x ~~|\nv[Area]:HOLD BACKWARD: ~~|\n"
    assert read(tmp_path, equations, data=[tmp_path / name]) == read(tmp_path, equations, data=[tmp_path / "run.dat"])


def test_a_later_file_of_data_comes_before_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("x\n0\t1\ny\n0\t2\n", encoding="utf-8")
    (tmp_path / "b.dat").write_text("x\n0\t7\n", encoding="utf-8")
    model = read(tmp_path, "x ~~|\ny ~~|\n", data=[tmp_path / "a.dat", str(tmp_path / "b.dat")])
    assert (table(model, "x").y, table(model, "y").y) == ((7.0,), (2.0,))


def test_the_data_set_in_a_models_settings_is_taken_in_its_exported_form(tmp_path: Path) -> None:
    """A .vdf cannot be read; its export lies beside the model under the same name. Given data comes first."""
    (tmp_path / "history.tab").write_text("Time\tx\n0\t1\n", encoding="utf-8")
    (tmp_path / "other.tab").write_text("Time\tx\n0\t2\n", encoding="utf-8")
    settings = "\n\\\\\\---/// Sketch information\nV300\n///---\\\\\\\n:L\x7f<%^E!@\n9:run\n13:history.vdf\n15:0,0,0\n"
    assert table(read(tmp_path, "x ~~|\n", settings=settings), "x").y == (1.0,)
    assert table(read(tmp_path, "x ~~|\n", settings=settings, data=[tmp_path / "other.tab"]), "x").y == (2.0,)


def test_a_data_variable_without_a_series_can_be_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "run.dat").write_text("v[urban]\n0\t5\n", encoding="utf-8")
    model = read(tmp_path, DIMENSIONS + "x ~~|\nv[Area]:RAW: ~~|\ny = x ~~|\n", data=[tmp_path / "run.dat"])
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(model)
    assert str(caught.value).splitlines()[1:] == [
        '  m.mdl, line 5, "x": "x" is a data variable, and no series of it is given; read the model with data=[file], '
        'or missing_data="warn"',
        '  m.mdl, line 6, "v": "v[rural]" is a data variable, and no series of it is given; '
        'read the model with data=[file], or missing_data="warn"',
    ]


@pytest.mark.parametrize("row", [3, 4])
def test_a_text_or_a_gap_in_a_series_is_no_point(tmp_path: Path, row: int) -> None:
    """As a run of Vensim has it that SDEverywhere keeps (models/directdata_invalidcell): points at 2000 and 2002."""
    text = "a,b,material,data,,\n2000,2050,,2000,2001,2002\n10,20,Concrete,30,TEXT,50\n110,120,Steel,130,,150"
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    model = read(tmp_path, f"x := GET DIRECT DATA('data.csv', ',', '2', 'D{row}') ~~|\n")
    first = 30 if row == 3 else 130
    assert table(model, "x") == Table((2000.0, 2002.0), (first, first + 20))
    said = [str(finding) for finding in egovsim.check(model) if finding.severity == "warning"]
    named = 'warning: m.mdl, line 2, "x": "data.csv", cell E3 holds \'TEXT\' where a value of a series stands'
    assert said == ([f"{named}; it is left out"] if row == 3 else [])


def test_a_gap_in_a_lookup_is_named_since_vensim_reads_it_otherwise(tmp_path: Path) -> None:
    text = "0,1,2,3,4\n,10,,30,\n"
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    model = read(tmp_path, "x(GET DIRECT LOOKUPS('data.csv', ',', '1', 'A2')) ~~|\ny = x(2) ~~|\n")
    assert egovsim.run(model).values("y").squeeze()[0] == 20
    assert [finding.text for finding in egovsim.check(model) if finding.variable == "x"][:1] == [
        '"data.csv", cell C2 is empty, and the point is left out; Vensim reads the one after it as 0'
    ]


def test_a_model_knows_the_files_it_took_numbers_from(tmp_path: Path) -> None:
    """Without them nobody can tell which figures a result rests on, nor hand the model on."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1\n", encoding="utf-8")
    (tmp_path / "run.dat").write_text(SERIES, encoding="utf-8")
    given = [tmp_path / "run.dat"]
    constant = "x = GET DIRECT CONSTANTS('data\\a.csv', ',', 'A1') ~~|\n"
    assert read(tmp_path, constant + "d ~~|\n", data=given).sources == (str(Path("data", "a.csv")), "run.dat")
    assert read(tmp_path, constant, data=given).sources == (str(Path("data", "a.csv")),)
    assert read(tmp_path, "y = 1 ~~|\n").sources == ()


def test_the_other_engine_is_handed_the_same_data(tmp_path: Path) -> None:
    book(tmp_path, {"A1": 0, "B1": 4, "A2": 10, "B2": 30, "A3": 0, "B3": 8})
    equations = """x := GET XLS DATA('book.xlsx', 'Data', '1', 'A2') ~~|
k = GET XLS CONSTANTS('book.xlsx', 'Data', 'B3') ~~|
f(GET XLS LOOKUPS('book.xlsx', 'Data', '1', 'A3')) ~~|
s = INTEG(x * k + f(Time), 0) ~~|
"""
    read(tmp_path, equations)
    found = egovsim.crosscheck(tmp_path / "m.mdl")
    assert {row.variable for row in found.rows} >= {"x", "k", "s"}
    assert all(row.agrees for row in found.rows)


# What is missing


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        (
            "x = GET XLS CONSTANTS('boook.xlsx', 'Data', 'A1') ~~|\n",
            'm.mdl, line 2, "x": there is no file "boook.xlsx" beside the model; nearest: "book.xlsx".',
        ),
        (
            "x = GET XLS CONSTANTS('book.xlsx', 'Dat', 'A1') ~~|\n",
            'm.mdl, line 2, "x": "book.xlsx" has no sheet "Dat"; nearest: "Data".',
        ),
        (
            "x = GET XLS CONSTANTS('book.xlsx', 'Data', 'C1') ~~|\n",
            'm.mdl, line 2, "x": "book.xlsx", sheet "Data", cell C1 is empty; write a number there.',
        ),
        (
            "x = GET XLS CONSTANTS('book.xlsx', 'Data', 'B2') ~~|\n",
            'm.mdl, line 2, "x": "book.xlsx", sheet "Data", cell B2 holds \'n/a\', which is not a number; '
            "write one, or leave a cell of a series empty.",
        ),
        (
            "x(GET XLS LOOKUPS('book.xlsx', 'Data', '1', 'A2')) ~~|\n",
            'm.mdl, line 2, "x": "book.xlsx", sheet "Data", cell B2 holds \'n/a\', which is not a number; '
            "write one, or leave a cell of a series empty.",
        ),
        (
            "x := GET XLS DATA('book.xlsx', 'Data', '9', 'A2') ~~|\n",
            'm.mdl, line 2, "x": "book.xlsx", sheet "Data", from cell A2 on holds no value; write numbers there.',
        ),
        (
            "x := GET XLS DATA('book.xlsx', 'Data', '3', 'A2') ~~|\n",
            'm.mdl, line 2, "x": "book.xlsx", sheet "Data", from cell A2 on has two values at 5; leave one.',
        ),
        (
            "x = GET XLS CONSTANTS('book.xlsx', 'Data', 'rang') ~~|\n",
            'm.mdl, line 2, "x": "rang" is neither a cell nor a named range of "book.xlsx", sheet "Data"; '
            'nearest: "range".',
        ),
        (
            "D: a, b ~~|\nx[D] = GET XLS CONSTANTS('book.xlsx', 'Data', 'range') ~~|\n",
            'm.mdl, line 3, "x": the range "range" of "book.xlsx", sheet "Data" has 2 rows and 1 columns, '
            'and 1 and 2 are needed; a "*" after the name turns it.',
        ),
        (
            "x := GET XLS DATA('book.xlsx', 'Data', 'square', 'A2') ~~|\n",
            'm.mdl, line 2, "x": "square" is neither a row, a column nor a named range of one in '
            '"book.xlsx", sheet "Data"; name one row or one column.',
        ),
        (
            "x = GET XLS CONSTANTS('?book', 'Data', 'A1') ~~|\n",
            'm.mdl, line 2, "x": "?book" stands for a file, and none is given for it; '
            'read the model with data=["book=FILE"], or --data book=FILE.',
        ),
        (
            "x = GET XLS CONSTANTS('book.xlsx', 'Data') ~~|\n",
            'm.mdl, line 2, "x": GET CONSTANTS takes 3 texts between quotation marks (file, sheet, …); '
            "it has ''book.xlsx', 'Data''.",
        ),
        (
            "D: GET XLS CONSTANTS('book.xlsx', 'Data', 'A1') ~~|\n",
            'm.mdl, line 2, "D": GET CONSTANTS gives values, not elements; write GET DIRECT SUBSCRIPT.',
        ),
        (
            "x = GET XLS SUBSCRIPT('book.xlsx', 'Data', 'A1', 'A2', '') ~~|\n",
            'm.mdl, line 2, "x": GET SUBSCRIPT gives elements, not values; write it after "name :".',
        ),
        (
            "D: GET XLS SUBSCRIPT('book.xlsx', 'Data', 'F7', 'F9', '') ~~|\n",
            'm.mdl, line 2, "D": "book.xlsx", sheet "Data" names no element from cell F7 to F9; write them there.',
        ),
        (
            "D: a, b ~~|\nE: c, d ~~|\nF: p, q ~~|\nx[D,E,F] = GET XLS CONSTANTS('book.xlsx', 'Data', 'A1') ~~|\n",
            'm.mdl, line 5, "x": GET CONSTANTS reads 2 dimensions at most, and the left side has 3; '
            "write an equation for each element of the others.",
        ),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, equation: str, message: str) -> None:
    """File, line and variable of the model; file, sheet and cell of the spreadsheet; and what to do."""
    cells = {"A1": 1, "B1": 2, "A2": 3, "B2": "n/a", "A3": 5, "B3": 5}
    book(tmp_path, cells, names={"range": "Data!$A$1:$A$2", "square": "Data!$A$1:$B$2"})
    if "'3'" in equation:
        book(tmp_path, {**cells, "B2": 4}, names={})
    assert refused(tmp_path, equation) == message


def test_spreadsheets_that_cannot_be_read(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.xls", "a.ods"):
        (tmp_path / name).write_bytes(b"no spreadsheet")
        message = refused(tmp_path, f"x = GET XLS CONSTANTS('{name}', 'Data', 'A1') ~~|\n")
        assert message.startswith(f'm.mdl, line 2, "x": "{name}" cannot be read (')
        assert message.endswith("); save it as .xlsx or .csv and name that file.")


def test_given_data_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.dat").write_text("x\n0\t1\n1\tone\n", encoding="utf-8")
    (tmp_path / "bad.tab").write_text("Time\tx\n0\t1\nlate\t2\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("nothing\n", encoding="utf-8")
    messages = {
        "none.dat": f"{tmp_path / 'none.dat'}: this file of data cannot be read (No such file or directory); "
        "check its name.",
        "bad.dat": "bad.dat, line 3: '1 one' is not a time and a value under a name; correct it.",
        "bad.tab": "bad.tab, row 3: 'late' is not a time; write a number in the first column.",
        "bad.csv": "bad.csv: this is no table of names and times; export the run with the times down the first column.",
        "run.mat": 'run.mat: a file ending in ".mat" is no data that can be read; '
        "there are: .dat, .tab, .csv, .tsv, .txt, .vdf.",
        "run.vdfx": "run.vdfx: Vensim's .vdfx is a form that is described nowhere; export it in Vensim as a table "
        "(.tab or .csv) or as .dat, and name that file.",
    }
    (tmp_path / "run.mat").write_bytes(b"\x7f\x01")
    (tmp_path / "run.vdfx").write_bytes(b"\x7f\x01")
    for name, message in messages.items():
        assert refused(tmp_path, "x ~~|\n", data=[tmp_path / name]) == message


def test_a_data_set_of_vensim_is_read_by_pysimlin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come in lower case with underscores, and what a sparse block does not cover is no point."""
    frame = pd.DataFrame({"paid_tax": [1.0, np.nan, 9.0], "v[deep_rural]": [7.0, 8.0, 9.0]}, index=[0.0, 2.0, 4.0])
    monkeypatch.setattr(simlin, "load_vdf", lambda path: frame)
    (tmp_path / "run.vdf").write_bytes(b"\x7f")
    equations = "D: urban, deep rural ~~|\nPaid Tax ~~|\nv[D] ~~|\nx = Paid Tax ~~|\ny = v[deep rural] ~~|\n"
    found = columns(read(tmp_path, equations, data=[tmp_path / "run.vdf"], missing_data="warn"))
    np.testing.assert_array_equal(found["x"][[0, 2, 4]], [1, 3, 5])
    np.testing.assert_array_equal(found["y"][[0, 4, 8]], [7, 8, 9])


def test_a_data_set_that_cannot_be_read_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.vdf").write_bytes(b"\x7f\xf7\x17\x52 cut off")
    message = refused(tmp_path, "x ~~|\n", data=[tmp_path / "run.vdf"])
    way_out = "export it in Vensim as a table (.tab or .csv) or as .dat, and name that file."
    assert message.startswith("run.vdf: this file of data cannot be read (")
    assert message.endswith(f"); {way_out}")
    monkeypatch.setitem(sys.modules, "simlin", None)
    assert refused(tmp_path, "x ~~|\n", data=[tmp_path / "run.vdf"]) == (
        "run.vdf: the package pysimlin, which reads Vensim's .vdf, is not installed; install egovsim[vdf], "
        f"or {way_out}"
    )


def test_data_for_a_model_without_data_variables_is_an_error(tmp_path: Path) -> None:
    """Silence would leave the user in the belief that the data had an effect."""
    message = 'capacity.xmile: "run.dat" is given as data, and no import of this model names it; leave it out.'
    with pytest.raises(DataError, match=re.escape(message)):
        egovsim.read_model("capacity", data=[tmp_path / "run.dat"])


def test_names_of_cells_and_columns() -> None:
    assert [column_number(letters) for letters in ("A", "z", "AA", "XFD")] == [0, 25, 26, 16383]
    assert [cell_name(0, column) for column in (0, 25, 26, 16383)] == ["A1", "Z1", "AA1", "XFD1"]
    assert area_of("A0") is None
    area = area_of("'My sheet'!$B$2:$D$3")
    assert area is not None
    assert (area.rows, area.columns) == (2, 3)


def test_columns_follow_each_other() -> None:
    names = [cell_name(0, column)[:-1] for column in range(1000)]
    assert all(column_number(b) == column_number(a) + 1 for a, b in pairwise(names))


# Functions of data variables

SERIES = "d\n0\t10\n1\t20\n3\t40\n"


def test_functions_of_data_variables(tmp_path: Path) -> None:
    """Vensim's reference, "Data Functions": :NA: outside the data, and where there is no point to be had."""
    (tmp_path / "run.dat").write_text(SERIES, encoding="utf-8")
    model = read(
        tmp_path,
        """d :HOLD BACKWARD: ~~|
at = GET DATA AT TIME(d, Time) ~~|
between = GET DATA BETWEEN TIMES(d, Time + 1, 0) ~~|
later = GET DATA BETWEEN TIMES(d, Time, 1) ~~|
earlier = GET DATA BETWEEN TIMES(d, Time - 0.5, -1) ~~|
ends = GET DATA FIRST TIME(d) + 10 * GET DATA LAST TIME(d) ~~|
shifted := TIME SHIFT(d, 1) ~~|
line :INTERPOLATE: := d ~~|
none = GET DATA AT TIME(ends, 1) ~~|
""",
        data=[tmp_path / "run.dat"],
    )
    found, na = columns(model), NOT_AVAILABLE
    np.testing.assert_array_equal(found["at"], [10, na, 20, na, na, na, 40, na, na])
    np.testing.assert_array_equal(found["between"], [20, 25, 30, 35, 40, *[na] * 4])
    np.testing.assert_array_equal(found["later"], [10, 20, 20, 40, 40, 40, 40, na, na])
    np.testing.assert_array_equal(found["earlier"], [na, 10, 10, 20, 20, 20, 20, 40, na])
    assert found["ends"][0] == 30.0
    np.testing.assert_array_equal(found["shifted"], [20, 20, 20, 20, 40, 40, 40, 40, 40])
    np.testing.assert_array_equal(found["line"], [10, 15, 20, 25, 30, 35, 40, 40, 40])
    assert found["none"][0] == na


def test_data_through_variables_and_macros_that_repeat_it(tmp_path: Path) -> None:
    """Statistics of fit are macros that look at the points of what they are given."""
    (tmp_path / "run.dat").write_text(SERIES, encoding="utf-8")
    model = read(
        tmp_path,
        """:MACRO: POINTS(historical)
POINTS = INTEG(pick / TIME STEP$, 0) ~~|
pick = IF THEN ELSE(raw = :NA:, 0, 1) ~~|
raw :RAW: := historical ~ historical ~|
:END OF MACRO:
d ~~|
history := d ~~|
held :HOLD BACKWARD: := history ~~|
seen = POINTS(held) ~~|
none = POINTS(seen) ~~|
""",
        data=[tmp_path / "run.dat"],
    )
    found = columns(model)
    np.testing.assert_array_equal(found["held"], [10, 10, 20, 20, 20, 20, 40, 40, 40])
    np.testing.assert_array_equal(found["seen"], [0, 1, 1, 2, 2, 2, 2, 3, 3])
    np.testing.assert_array_equal(found["none"], 0.0)


def test_functions_of_data_arrays(tmp_path: Path) -> None:
    (tmp_path / "run.dat").write_text("v[urban]\n0\t1\n2\t3\nv[rural]\n1\t7\n4\t9\n", encoding="utf-8")
    model = read(
        tmp_path,
        DIMENSIONS
        + """v[Area]:RAW: ~~|
first[Area] = GET DATA FIRST TIME(v[Area]) ~~|
x[Area] = GET DATA BETWEEN TIMES(v[Area], 1.5, 0) ~~|
y = GET DATA LAST TIME(v[rural]) ~~|
""",
        data=[tmp_path / "run.dat"],
    )
    found = columns(model)
    assert [found[name][0] for name in ("first[urban]", "first[rural]", "y")] == [0.0, 1.0, 4.0]
    assert found["x[urban]"][0] == 2.5
    assert found["x[rural]"][0] == pytest.approx(7 + 2 / 6, rel=1e-14)


def test_a_name_without_an_equation_is_data_when_there_is_a_series_of_it(tmp_path: Path) -> None:
    (tmp_path / "run.dat").write_text(SERIES, encoding="utf-8")
    found = columns(read(tmp_path, "x = 2 * d ~~|\n", data=[tmp_path / "run.dat"]))
    np.testing.assert_array_equal(found["x"], [20, 30, 40, 50, 60, 70, 80, 80, 80])


@pytest.mark.parametrize(
    ("equation", "reason"),
    [
        ("x = GET DATA BETWEEN TIMES(d, 1, 2)", "the mode of GET DATA BETWEEN TIMES must be -1, 0 or 1"),
        ("x = GET DATA AT TIME(1 + 2, 1)", "GET DATA AT TIME takes the name of a data variable"),
        ("x :RAW: := SIN(d)", "data that is computed with this function, or without a finite value at a time"),
    ],
)
def test_what_of_data_functions_cannot_be_run(tmp_path: Path, equation: str, reason: str) -> None:
    (tmp_path / "run.dat").write_text(SERIES, encoding="utf-8")
    model = read(tmp_path, f"{equation} ~~|\nd ~~|\n", data=[tmp_path / "run.dat"])
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(model)
    assert f'm.mdl, line 2, "x": {reason}' in str(caught.value)


# Data within a step


HELD = "d := GET XLS DATA('book.xlsx', 'Data', 'A', 'B1') ~~|\ncurve((0,0),(4,4)) ~~|\n"


@pytest.mark.parametrize("method", ["euler", "rk2", "midpoint", "rk4"])
def test_data_stands_still_within_a_step(tmp_path: Path, method: str) -> None:
    """Vensim holds exogenous inputs over a step of Runge and Kutta (its reference, "Runge-Kutta Integration").

    With d = t the stock is then h * sum of t_i, whatever the method; a lookup of Time moves on with the stages, and
    a method of second order or more gives t^2 / 2 for it.
    """
    book(tmp_path, {"A1": 0, "B1": 0, "A2": 4, "B2": 4})
    model = read(tmp_path, HELD + "x = INTEG(d, 0) ~~|\ny = INTEG(curve(Time), 0) ~~|\n")
    frame = egovsim.run(model, method=method).to_frame()  # type: ignore[arg-type]
    times = np.arange(0.0, 4.5, 0.5)
    held = 0.5 * np.concatenate([[0.0], np.cumsum(times[:-1])])
    np.testing.assert_allclose(frame["x"], held, rtol=1e-14)
    np.testing.assert_allclose(frame["y"], held if method == "euler" else times**2 / 2.0, rtol=1e-14)


def test_what_is_made_of_data_stands_still_as_well(tmp_path: Path) -> None:
    """A shifted series and one with a keyword are data too."""
    book(tmp_path, {"A1": 0, "B1": 0, "A2": 8, "B2": 8})
    text = HELD + "s := TIME SHIFT(d, 1) ~~|\nk :INTERPOLATE: := d ~~|\nx = INTEG(s, 0) ~~|\ny = INTEG(k, 0) ~~|\n"
    frame = egovsim.run(read(tmp_path, text), method="rk4").to_frame()
    times = np.arange(0.0, 4.5, 0.5)
    held = 0.5 * np.concatenate([[0.0], np.cumsum(times[:-1])])
    np.testing.assert_allclose(frame["x"], held + times, rtol=1e-14)
    np.testing.assert_allclose(frame["y"], held, rtol=1e-14)


def test_data_still_stands_still_after_a_way_through_xmile(tmp_path: Path) -> None:
    """Else a converted model would give other figures with no word said."""
    book(tmp_path, {"A1": 0, "B1": 0, "A2": 4, "B2": 4})
    model = read(
        tmp_path, HELD + "s = TIME SHIFT(d, 1) ~~|\nx = INTEG(d + s, 0) ~~|\ny = INTEG(TIME SHIFT(d, 1), 0) ~~|\n"
    )
    again = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "m.xmile"))
    assert again.variables == model.variables
    frames = [egovsim.run(variant, method="rk4").to_frame() for variant in (model, again)]
    np.testing.assert_array_equal(frames[0][["x", "y"]], frames[1][["x", "y"]])


def test_an_equation_of_time_and_of_data_is_not_written(tmp_path: Path) -> None:
    """XMILE has one word for both; which of them holds must not be lost silently."""
    book(tmp_path, {"A1": 0, "B1": 0, "A2": 4, "B2": 4})
    model = read(tmp_path, HELD + "s = TIME SHIFT(d, 1) + curve(Time) ~~|\n")
    with pytest.raises(UnsupportedError) as caught:
        egovsim.write_xmile(model, tmp_path / "m.xmile")
    assert str(caught.value).splitlines()[1] == (
        '  m.mdl, line 4, "s": it takes both Time and data that stands still within a step; give each a variable'
    )


# Files that the settings name


SETTINGS = "\\\\\\---/// Sketch information - do not modify anything except names\n///---\\\\\\\n:L<%^E!@\n"


@pytest.mark.parametrize("named", ["book.xlsx", "Z:\\\\models\\\\Book.xlsx", "../elsewhere/book.xlsx"])
def test_a_tag_is_the_file_of_the_settings(tmp_path: Path, named: str) -> None:
    """Large models name every spreadsheet so; the settings hold the path on the author's machine."""
    book(tmp_path, {"A1": 3})
    model = read(
        tmp_path, "x = GET DIRECT CONSTANTS('?Inputs', 'Data', 'A1') ~~|\n", settings=f"{SETTINGS}30:?inputs={named}\n"
    )
    assert numbers(model, "x") == {(): 3.0}
    assert model.sources == ("book.xlsx",)


def test_a_tag_may_be_the_name_of_a_file(tmp_path: Path) -> None:
    book(tmp_path, {"A1": 3})
    model = read(tmp_path, "x = GET DIRECT CONSTANTS('?book.xlsx', 'Data', 'A1') ~~|\n")
    assert numbers(model, "x") == {(): 3.0}


def test_a_tag_whose_file_is_not_there(tmp_path: Path) -> None:
    text = "x = GET DIRECT CONSTANTS('?in', 'Data', 'A1') ~~|\n"
    book(tmp_path, {"A1": 3})
    message = refused(tmp_path, text, settings=f"{SETTINGS}30:?in=C:\\data\\bok.xlsx\n")
    assert message == (
        'm.mdl, line 2, "x": "?in" stands for "C:\\data\\bok.xlsx", and there is no file "bok.xlsx" beside the model; '
        'nearest: "book.xlsx".'
    )


# What a range of a series comes to


POINTS = {"A1": 0, "B1": 5, "C1": 1, "A2": 1, "B2": 3, "A3": 2.5, "B3": 8, "C3": 7, "A4": 4, "B4": 4, "C4": 2}
FOUR = "d := GET XLS DATA('book.xlsx', 'Data', 'A', 'B1') ~~|\n"


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("GET DATA MIN(d, INITIAL TIME, FINAL TIME)", 3.0),
        ("GET DATA MAX(d, INITIAL TIME, FINAL TIME)", 8.0),
        ("GET DATA MEAN(d, INITIAL TIME, FINAL TIME)", 5.0),
        ("GET DATA MIN(d, 2, 4)", 4.0),
        ("GET DATA MAX(d, 0, 1)", 5.0),
        ("GET DATA MEAN(d, 1, 2.5)", 5.5),
        ("GET DATA MEAN(d, 1 + 0, 2.5)", 5.5),
        ("GET DATA MIN(d, 1 + 0, 2.5)", 3.0),
        ("GET DATA MAX(d, 1.5 + 0, 2)", NOT_AVAILABLE),
        ("GET DATA MIN(d, 1.5 + 0, 2)", NOT_AVAILABLE),
        ("GET DATA MEAN(d, 1.5 + 0, 2)", NOT_AVAILABLE),
        ("GET DATA MIN(d, 1.5, 2)", NOT_AVAILABLE),
        ("GET DATA MAX(d, 1.5, 2)", NOT_AVAILABLE),
        ("GET DATA MEAN(d, 1.5, 2)", NOT_AVAILABLE),
        ("GET DATA MIN(c, 0, 4)", NOT_AVAILABLE),
    ],
)
def test_a_range_of_a_series_is_summed_up(tmp_path: Path, call: str, wanted: float) -> None:
    """The points themselves count, not what is between them; of no point, and of no data, there is nothing.

    Source: Vensim's reference, "GET DATA MIN".
    """
    book(tmp_path, POINTS)
    found = columns(read(tmp_path, f"{FOUR}c = 1 ~~|\nx = INITIAL({call}) ~~|\n"))["x"]
    np.testing.assert_array_equal(found, wanted)


def test_each_element_is_summed_up_over_its_own_points(tmp_path: Path) -> None:
    book(tmp_path, POINTS)
    found = columns(
        read(
            tmp_path,
            "Area: urban, rural ~~|\nd[Area] := GET XLS DATA('book.xlsx', 'Data', 'A', 'B1') ~~|\n"
            "low[Area] = GET DATA MIN(d[Area], 0, Time) ~~|\nmean[Area] = GET DATA MEAN(d[Area], 1, 4) ~~|\n"
            "same[Area] = GET DATA MEAN(d[Area], 1 + 0, 4) ~~|\n",
        )
    )
    times = np.arange(0.0, 4.5, 0.5)
    np.testing.assert_array_equal(found["low[urban]"], np.where(times < 1.0, 5.0, 3.0))
    np.testing.assert_array_equal(found["low[rural]"], 1.0)
    np.testing.assert_array_equal(found["mean[urban]"], 5.0)
    np.testing.assert_array_equal(found["mean[rural]"], 4.5)
    for area in ("urban", "rural"):  # written out and worked out beforehand
        np.testing.assert_array_equal(found[f"same[{area}]"], found[f"mean[{area}]"])


def test_long_series_are_refused_by_name(tmp_path: Path) -> None:
    book(tmp_path, {f"{column}{row}": row for row in range(1, 1002) for column in "AB"})
    assert columns(read(tmp_path, f"{FOUR}x = GET DATA MIN(d, 3, 2000) ~~|\n"))["x"][0] == 3.0
    message = 'm.mdl, line 3, "x": "d" has 1001 points, and 1000 can be summed up; write times as numbers'
    with pytest.raises(UnsupportedError, match=message):
        egovsim.run(read(tmp_path, f"{FOUR}x = GET DATA MIN(d, 0, Time) ~~|\n"))


def test_other_functions_of_data_are_refused_by_name(tmp_path: Path) -> None:
    book(tmp_path, POINTS)
    with pytest.raises(UnsupportedError, match=r'm\.mdl, line 3, "x": "GET DATA STDV" is not a function'):
        egovsim.run(read(tmp_path, f"{FOUR}x = GET DATA STDV(d, 0, 4) ~~|\n"))
