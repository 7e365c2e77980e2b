"""``<data>`` of XMILE: files that a model imports take the place of what it holds, or are named.

If one of these fails, a Stella model runs with other numbers than Stella gives it, or does not run for a link that
changes nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from openpyxl import Workbook

import egovsim
from egovsim.cli.application import main
from egovsim.model.variable import plain_number
from egovsim.names import element_name

MODEL = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"
 xmlns:isee="http://iseesystems.com/XMILE"><header><vendor>v</vendor></header>
<sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>
<dimensions><dim name="D"><elem name="low"/><elem name="high"/></dim><dim name="N" size="2"/></dimensions>
<data>
{links}
</data>
<model><variables>
<aux name="a"><eqn>1</eqn></aux>
<aux name="rates"><dimensions><dim name="D"/></dimensions><eqn>9</eqn></aux>
<aux name="grid"><dimensions><dim name="D"/><dim name="N"/></dimensions><eqn>0</eqn></aux>
<aux name="effect"><eqn>TIME</eqn><gf><xscale min="0" max="2"/><ypts>1,1,1</ypts></gf></aux>
<aux name="computed"><eqn>a + 1</eqn></aux>
<aux name="each"><dimensions><dim name="D"/></dimensions><eqn>rates[D] * 2</eqn></aux>
<stock name="s"><eqn>100</eqn></stock>
<module name="Part"/>
</variables></model>
<model name="Part"><variables><aux name="k"><eqn>5</eqn></aux></variables></model>
</xmile>"""


def model_with(folder: Path, links: str, **files: str) -> Path:
    """Write a model with these links, and files of data in its folder `Data`."""
    (folder / "Data").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "Data" / name.replace("_csv", ".csv")).write_text(text, encoding="utf-8")
    path = folder / "m.stmx"
    path.write_text(MODEL.format(links=links), encoding="utf-8")
    return path


def values(path: Path, name: str, **options: object) -> list[float]:
    return egovsim.run(egovsim.read_model(path, **options)).values(name).squeeze().tolist()  # type: ignore[arg-type]


def said(path: Path) -> list[str]:
    """What `check` says of data, notes on units left out."""
    found = egovsim.check(egovsim.read_model(path))
    return [str(finding) for finding in found if "import" in finding.text or "export" in finding.text]


def first(path: Path, *names: str) -> list[float]:
    result = egovsim.run(egovsim.read_model(path))
    return [float(result.to_frame()[name].iloc[0]) for name in names]


PARAMETERS = "a,rates,grid,effect,s,Part.k\n3,1,1,10,7,6\n,2,2,20\n,,3,30\n,,4\n"


@pytest.mark.parametrize("form", ["vertical", "horizontal"])
def test_constants_arrays_curves_and_initial_values_are_imported(tmp_path: Path, form: str) -> None:
    rows = [row.split(",") for row in PARAMETERS.splitlines()]
    wide = [[row[i] if i < len(row) else "" for row in rows] for i in range(6)]
    text = PARAMETERS if form == "vertical" else "\n".join(map(",".join, wide))
    link = f'<import type="CSV" orientation="{form}" resource="r../Data/p.csv"/>'
    path = model_with(tmp_path, link, p_csv=text)
    grid = [element_name("grid", (row, column)) for row in ("low", "high") for column in ("1", "2")]
    assert first(path, "a", "computed", "rates[low]", "rates[high]", *grid) == [3, 4, 1, 2, 1, 2, 3, 4]
    assert first(path, "s", "Part.k") == [7, 6]
    assert values(path, "effect") == [10, 20, 30, 30, 30]
    assert said(path) == []


def test_an_element_or_a_slice_may_be_named(tmp_path: Path) -> None:
    text = '"rates[high]","grid[low,*]",Part.K\n4,5,6\n,7\n'
    path = model_with(tmp_path, '<import resource="Data/p.csv"/>', p_csv=text)
    found = first(
        path, "rates[low]", "rates[high]", "each[high]", "grid[low,1]", "grid[low,2]", "grid[high,1]", "Part.k"
    )
    assert found == [9, 4, 8, 5, 7, 0, 6]


def test_every_sheet_is_read_or_the_one_that_is_named(tmp_path: Path) -> None:
    book = Workbook()
    one, two = book.active, book.create_sheet("two")
    assert one is not None
    one.append(["a", "s"])
    one.append([3, 8])
    two.append(["rates"])
    two.append([4])
    two.append([5])
    link = '<import type="Excel" resource="r../Data/b.xlsx"/>'
    path = model_with(tmp_path, link)
    book.save(tmp_path / "Data" / "b.xlsx")
    assert first(path, "a", "rates[high]", "s") == [3, 5, 8]
    path = model_with(tmp_path, link.replace("/>", ' worksheet="TWO"/>'))
    assert first(path, "a", "rates[high]", "s") == [1, 5, 100]
    path = model_with(tmp_path, link.replace("/>", ' worksheet="tow"/>'))
    with pytest.raises(
        egovsim.DataError, match=re.escape('m.stmx, line 6: "b.xlsx" has no sheet "tow"; nearest: "two".')
    ):
        egovsim.read_model(path)


OVER_TIME = '<import isee:timevarying="true" isee:overwrite="false" resource="r../Data/t.csv"/>'


def test_series_take_the_place_of_equations(tmp_path: Path) -> None:
    """Missing cells are no points; between points a series is interpolated, beyond them its end value holds."""
    path = model_with(tmp_path, OVER_TIME, t_csv="Year,computed,rates[high],Part.k\n0,0,,1\n1,,2,\n3,6,4,2.5\n")
    assert values(path, "computed") == [0, 2, 4, 6, 6]
    table = egovsim.run(egovsim.read_model(path)).to_frame()
    assert table["each[high]"].tolist() == [4, 4, 6, 8, 8]
    assert table["each[low]"].tolist() == [18] * 5
    assert values(path, "Part.k") == [1, 1.5, 2, 2.5, 2.5]


def test_a_stock_over_time_is_refused_by_name(tmp_path: Path) -> None:
    path = model_with(tmp_path, OVER_TIME, t_csv="Year,s\n0,0\n4,9\n")
    with pytest.raises(egovsim.UnsupportedError, match="a stock whose values over time come from a file"):
        egovsim.run(egovsim.read_model(path))


def test_a_control_takes_the_place_of_an_equation_and_a_parameter_does_not(tmp_path: Path) -> None:
    path = model_with(tmp_path, '<import resource="r../Data/p.csv"/>', p_csv="computed\n50\n")
    assert values(path, "computed") == [2] * 5
    assert said(path) == [
        'warning: m.stmx, line 6, "computed": "p.csv", "computed" is computed in the model, so it keeps its equation; '
        "an import sets constants"
    ]
    path = model_with(tmp_path, '<import isee:overwrite="false" resource="r../Data/p.csv"/>', p_csv="computed\n50\n")
    assert values(path, "computed") == [50] * 5


def test_what_is_off_or_waits_is_named_and_done_when_it_is_asked_for(tmp_path: Path) -> None:
    links = (
        '<import enabled="false" resource="r../Data/off.csv"/><import frequency="on_demand" resource="r../Data/p.csv"/>'
        '<export resource="o.csv"><all/></export><export resource="p.xlsx"/>'
    )
    path = model_with(tmp_path, links, p_csv="a\n3\n", off_csv="a\n4\n")
    assert said(path) == [
        "note: m.stmx: left out, since it cannot change numbers: data exports: 2",
        'note: m.stmx: left out, since it cannot change numbers: import of "off.csv", which is switched off: 1',
        'note: m.stmx: left out, since it cannot change numbers: import of "p.csv", which is done on demand: 1',
    ]
    assert values(path, "a") == [1] * 5
    assert values(path, "a", data=[tmp_path / "Data" / "p.csv"]) == [3] * 5
    assert values(path, "a", data=[tmp_path / "Data" / "off.csv"]) == [4] * 5
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "P.csv").write_text("a\n7\n", encoding="utf-8")
    assert values(path, "a", data=[elsewhere / "P.csv"]) == [7] * 5


@pytest.mark.parametrize("resource", ["r../Data/gone.csv", "Z:\\models\\gone.csv", "https://example.org/gone.csv"])
def test_an_import_without_its_file_keeps_the_equations(
    tmp_path: Path, resource: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever runs the model must hear that its own numbers were used, whether or not it was checked before."""
    path = model_with(tmp_path, f'<import resource="{resource}"/>')
    assert values(path, "a") == [1] * 5
    text = (
        f'm.stmx, line 6: there is no file "{resource}" to import, so the equations stay as they are; '
        'put "gone.csv" beside the model, or name it in `data`'
    )
    assert said(path) == [f"warning: {text}"]
    assert main(["run", str(path), "--output", "a"]) == 0
    assert capsys.readouterr().err == f"egovsim: {text}.\n"


@pytest.mark.parametrize("resource", ["Z:\\models\\p.csv", "r../../outside/p.csv"])
def test_a_file_of_another_place_is_looked_for_beside_the_model(tmp_path: Path, resource: str) -> None:
    """Nothing outside the model's folder is read without being asked."""
    folder, outside = tmp_path / "model", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "p.csv").write_text("a\n99\n", encoding="utf-8")
    path = model_with(folder, f'<import resource="{resource}"/>', p_csv="a\n3\n")
    assert values(path, "a") == [3] * 5
    place = os.path.join("Data", "p.csv")
    assert said(path) == [f'warning: m.stmx, line 6: the import of "{resource}" is read from "{place}"']


def test_an_import_that_takes_the_place_of_another_is_named(tmp_path: Path) -> None:
    """Of two files with different values for one constant one must lose, and not in silence."""
    links = '<import resource="Data/p.csv"/>\n<import resource="Data/q.csv"/>'
    path = model_with(tmp_path, links, p_csv="a,rates[low]\n3,4\n", q_csv="rates,A\n5,6\n7\n")
    assert values(path, "a") == [6] * 5
    before = "takes the place of what is imported before from"
    assert said(path) == [
        f'warning: m.stmx, line 7, "rates": "q.csv", "rates" {before} "p.csv", "rates[low]"',
        f'warning: m.stmx, line 7, "a": "q.csv", "A" {before} "p.csv", "a"',
    ]


WRONG = {
    "twice": ("a,rates,A\n1,2,3\n", 'm.stmx, line 6: "p.csv", "A" stands twice; leave one.'),
    "text": ("a\nthree\n", "m.stmx, line 6: \"p.csv\", cell A2 holds 'three', which is no number."),
    "gap": (
        "rates\n1\n\n2\n",
        'm.stmx, line 6: "p.csv", "rates" has an empty cell between its values; write a number there.',
    ),
    "many": (
        "a\n1\n2\n",
        'm.stmx, line 6: "p.csv", "a" has 2 values, and 1 is needed (of constants); write as many.',
    ),
    "points": (
        "effect\n1\n2\n",
        'm.stmx, line 6: "p.csv", "effect" has 2 values, and 3 are needed (one for each point of the graphical '
        "function); write as many.",
    ),
    "part": (
        "each[low]\n1\n",
        'm.stmx, line 6: the import sets some elements of "each", which is computed for all at once; '
        "give every element, or none.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_imported_is_one_message(tmp_path: Path, case: str) -> None:
    text, message = WRONG[case]
    path = model_with(tmp_path, '<import isee:overwrite="false" resource="r../Data/p.csv"/>', p_csv=text)
    with pytest.raises(egovsim.DataError) as error:
        egovsim.read_model(path)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ('orientation="diagonal"', "the orientation of this import is 'diagonal'; there are: vertical, horizontal."),
        ('frequency="often"', "the frequency of this import is 'often'; there are: automatic, on_demand."),
        ('type="ODS"', "the type of this import is 'ODS'; there are: CSV, Excel, XML."),
        ('type="XML"', "an import from XML cannot be read; save its data as .csv or .xlsx, and name that."),
    ],
)
def test_a_word_that_is_not_known_is_refused(tmp_path: Path, attribute: str, message: str) -> None:
    path = model_with(tmp_path, f'<import resource="r../Data/p.csv" {attribute}/>', p_csv="a\n3\n")
    with pytest.raises(egovsim.DataError) as error:
        egovsim.read_model(path)
    assert str(error.value) == f"m.stmx, line 6: {message}"


def test_what_is_passed_over_is_named(tmp_path: Path) -> None:
    path = model_with(tmp_path, '<import isee:new="1" resource="r../Data/p.csv"/>', p_csv="\n")
    assert values(path, "a") == [1] * 5
    assert said(path) == [
        'warning: m.stmx, line 6: "new" of the import of "p.csv" is not known, and is passed over',
        'warning: m.stmx, line 6: "p.csv" is empty, and nothing is imported from it',
    ]


def test_a_column_that_the_model_has_not_is_named(tmp_path: Path) -> None:
    path = model_with(tmp_path, '<import resource="r../Data/p.csv"/>', p_csv="a,rate,rates[mid],b,\n3,4,5,,6\n")
    assert values(path, "a") == [3] * 5
    place = "warning: m.stmx, line 6"
    assert said(path) == [
        f'{place}: "p.csv", "rate" is no variable of this model, and is not imported; nearest: "rates"',
        f'{place}, "rates": "p.csv", "rates[mid]" is no element of "rates", and is not imported',
        f'{place}: "p.csv", "b" has no values, and is not imported',
    ]


def test_a_variable_of_a_nested_module_is_called_by_the_innermost(tmp_path: Path) -> None:
    """So Stella writes it; where two modules of one name stand in others, none of them is meant."""
    path = model_with(tmp_path, '<import resource="r../Data/p.csv"/>', p_csv="Inner.k,Part.k\n8,9\n")
    text = path.read_text(encoding="utf-8")
    inner = '<model name="Inner"><variables><aux name="k"><eqn>5</eqn></aux></variables></model>'
    nested = text.replace(
        "</variables></model>\n</xmile>", f'<module name="Inner"/></variables></model>{inner}</xmile>'
    )
    path.write_text(nested, encoding="utf-8")
    assert first(path, "Part.Inner.k", "Part.k") == [8, 9]
    twice = nested.replace('<module name="Part"/>', '<module name="Part"/><module name="Other"/>').replace(
        inner, f'{inner}<model name="Other"><variables><module name="Inner"/></variables></model>'
    )
    path.write_text(twice, encoding="utf-8")
    assert first(path, "Part.Inner.k", "Other.Inner.k", "Part.k") == [5, 5, 9]
    assert said(path) == [
        'warning: m.stmx, line 6: "p.csv", "Inner.k" is no variable of this model, and is not imported; there are '
        'several: "Part.Inner.k", "Other.Inner.k"'
    ]


def test_a_file_that_nothing_imports_is_refused(tmp_path: Path) -> None:
    path = model_with(tmp_path, '<import resource="r../Data/p.csv"/>', p_csv="a\n3\n")
    other = tmp_path / "q.csv"
    other.write_text("a\n1\n", encoding="utf-8")
    message = 'm.stmx: "q.csv" is given as data, and no import of this model names it; nearest: "p.csv".'
    with pytest.raises(egovsim.DataError, match=re.escape(message)):
        egovsim.read_model(path, data=[other])
    message = 'm.stmx: a file is given for "?a", and only Vensim models have such names; leave it out.'
    with pytest.raises(egovsim.DataError, match=re.escape(message)):
        egovsim.read_model(path, data=[f"a={other}"])


def test_a_file_that_changes_or_appears_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EGOVSIM_CACHE", str(tmp_path / "cache"))
    path = model_with(tmp_path, '<import resource="r../Data/p.csv"/>')

    def settle() -> None:
        for place in (path, tmp_path, *(tmp_path / "Data").iterdir(), tmp_path / "Data"):
            os.utime(place, (1_600_000_000.0, 1_600_000_000.0))

    for text, expected in ((None, 1), ("a\n3\n", 3), ("a\n4\n", 4)):
        if text is not None:
            (tmp_path / "Data" / "p.csv").write_text(text, encoding="utf-8")
        for _ in range(2):
            settle()
            assert values(path, "a") == [expected] * 5


@pytest.fixture(scope="module")
def place() -> Path:
    """The folder of the practice model FRIDA."""
    folder = Path(os.environ.get("EGOVSIM_CONFORMANCE", "../shared/conformance")).parent / "practice" / "frida"
    if not (folder / "FRIDA.stmx").is_file():
        pytest.skip("no folder of practice models beside EGOVSIM_CONFORMANCE")
    return folder


@pytest.mark.slow
def test_what_stella_imported_is_what_is_imported_here(place: Path) -> None:
    """FRIDA holds, rounded to 15 digits, what Stella put into 41 arrays of 100 elements from this file."""
    whole = place / "FRIDA.stmx"
    own = egovsim.read_model(whole)
    imported = egovsim.read_model(whole, data=[place / "Data" / "FRIDA_climate_inputs_100_members.csv"])
    assert not [one for one in imported.left_out if "members.csv" in one.text]
    changed = [name for name, variable in imported.by_id.items() if variable != own.by_id[name]]
    assert len(changed) > 20
    for name in changed:
        pairs = zip(imported.by_id[name].expressions, own.by_id[name].expressions, strict=True)
        for new, old in pairs:
            assert plain_number(new) == pytest.approx(plain_number(old), rel=1e-14, abs=1e-15)


def test_a_practice_model_keeps_its_links(place: Path, tmp_path: Path) -> None:
    text = (place / "FRIDA.stmx").read_text(encoding="utf-8")
    block = re.search(r"<data>.*?</data>", text, re.DOTALL)
    assert block is not None
    path = model_with(tmp_path, block[0].removeprefix("<data>").removesuffix("</data>"))
    assert len(said(path)) == 3
    assert all(finding.startswith("note: ") for finding in said(path))
