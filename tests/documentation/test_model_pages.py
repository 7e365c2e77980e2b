"""The pages about a model are complete, linked, legible and up to date.

If this fails, a reader of docs/model finds an equation that the model no longer has, a dead link, or a picture on
which one name covers another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from small_models import auxiliary, flow, read, stock, xmile

import egovsim
from egovsim import library
from egovsim.analysis.history_matching.evidence import Evidence
from egovsim.cli import main
from egovsim.documentation.diagrams.layout import for_editors, views_of
from egovsim.documentation.diagrams.sectors import sectors_of
from egovsim.documentation.diagrams.svg import diagram
from egovsim.documentation.model_pages import model_pages
from egovsim.documentation.sidecar_files import SidecarFiles, read_sidecar_files
from egovsim.model.dependencies import uses
from egovsim.model.variable import plain_number
from egovsim.model.views import View, ViewItem
from egovsim.names import canonical
from egovsim.testing.random_models import xmile_texts

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("stock", "flow", "auxiliary")
STALE = "run .ci/refresh-model"
WIDE_LETTER = {"": 6.7, "stock": 7.4, "small": 5.5}
"""Pixels of a letter of DejaVu Sans, the widest of the fonts that a picture asks for, at 11 (bold) and 9 pixels."""
LINE = {"": 11, "stock": 11, "small": 9}
Pages = Mapping[str, str]
Corners = tuple[float, float, float, float]


def pages_of(name: str) -> Pages:
    model = egovsim.read_model(name)
    return model_pages(model, read_sidecar_files(model, library.root()))


@pytest.fixture(scope="module")
def pages() -> Pages:
    return pages_of("egov")


# The committed pages and pictures ----------------------------------------------------------------------------


def test_committed_pages_are_those_of_the_model(pages: Pages) -> None:
    """A page of an older model would explain equations that are not run."""
    folder = ROOT / "docs" / "model"
    assert {path.name for path in folder.iterdir()} == {*pages, "validation.md"}, STALE
    for name, text in pages.items():
        assert (folder / name).read_text("utf-8") == text, f"{name}: {STALE}"


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_pictures_in_the_files_are_those_of_the_layout(name: str) -> None:
    """Whoever opens the file in an editor sees the pictures of the pages, with every variable on them."""
    model = egovsim.read_model(name)
    assert model.views == tuple(map(for_editors, views_of(replace(model, views=())))), STALE
    shown = [canonical(item.name) for view in model.views for item in view.items if item.kind in KINDS]
    assert sorted(shown) == sorted(variable.id for variable in model)


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_editors_have_room_for_circles_and_names(name: str) -> None:
    """Simlin and others draw a circle of radius 9 with the name in one line below, whatever the kind of auxiliary."""
    for view in egovsim.read_model(name).views:
        items = [item for item in view.items if item.kind in ("flow", "auxiliary", "alias") and item.height is None]
        boxes = [(item.x - 3 * len(item.name), item.y - 9, item.x + 3 * len(item.name), item.y + 23) for item in items]
        for number, a in enumerate(boxes):
            for other, b in enumerate(boxes[:number]):
                apart = a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
                assert apart, f"{view.name}: {items[number].name}, {items[other].name}"


# Pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_links_lead_to_a_mark(name: str) -> None:
    """A dead link, or one to the wrong variable, in hundreds of pages nobody clicks through."""
    pages = pages_of(name)
    marks = {f"{page}#{mark}" for page, text in pages.items() for mark in re.findall(r'<a id="([^"]+)">', text)}
    targets = {
        target for text in pages.values() for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target
    }
    assert len(marks) == len(egovsim.read_model(name))
    assert {target for target in targets if "#" in target} <= marks
    assert {target.partition("#")[0] for target in targets} <= set(pages)


def test_every_variable_is_told_in_full(pages: Pages, egov: egovsim.Model) -> None:
    """Equation, note, unit and both labels stand below each name, whatever the kind of variable."""
    text = "\n".join(page for name, page in pages.items() if name.endswith(".md"))
    entries = dict(re.findall(r"^### <a id=\"[^\"]+\"></a>([^\n]+)\n(.*?)(?=^#|\Z)", text, flags=re.M | re.S))
    assert set(entries) == {variable.name for variable in egov}
    for variable in egov:
        entry = " ".join(entries[variable.name].replace("\\", "").split())
        assert f"- unit: {variable.unit}" in entry
        assert "- in English: " in entry
        assert "; in Indonesian: " in entry
        assert " ".join(variable.note.splitlines()[0].split()) in entry
        assert "_".join(variable.name.split()) in entry
    death = " ".join(entries["Upkeep payments"].split())
    assert "Upkeep_payments = Upkeep_paid" in death
    assert "made from: [Upkeep paid](budget.md#upkeep-paid)" in death
    assert "used in: [Maintenance backlog](budget.md#maintenance-backlog)" in death


def test_constants_are_listed_with_number_range_basis_and_who_sets_them(pages: Pages, egov: egovsim.Model) -> None:
    """The table of constants is what a reviewer checks against the evidence."""
    rows = {name: row for row in pages["parameters.md"].splitlines() for name in re.findall(r"^\| \[([^\]]+)\]", row)}
    assert set(rows) == {variable.name for variable in egov.inputs}
    value = egov["Commitment adjustment time"].equations[0].expression.value
    row = f"| {value:g} | 0.5 to 8 | years (years; tahun) | assumption: about half a term"
    assert row in rows["Commitment adjustment time"]
    staff = rows["Staff at start"]
    assert "source: Provinsi Sumatera Selatan/asn\\_total/2025 = 30 588" in staff
    assert re.search(r"grade [AB]; \[[^|]+\]\(https?://[^) ]+\)", staff)
    assert "surabaya: 21 000" in staff
    assert "surabaya: 0.03 to 0.12" in rows["Skilled share at start"]
    assert "surabaya: a series over time" in rows["Mandate scope"]


def test_loops_are_shown_as_circles(pages: Pages) -> None:
    """The reader follows each loop from variable to variable back to where it began."""
    text = pages["loops.md"]
    assert len(re.findall(r"^## ", text, flags=re.MULTILINE)) == 6
    sharing = text.partition("`sharing-trust`, reinforcing (R).")[2].partition("##")[0]
    circle = re.findall(r"\[([^\]]+)\]\([^)]+\)", sharing.partition("\n\n")[2].partition("\n")[0])
    assert circle == [
        *("Information sharing", "Agency trust gain", "Trust between agencies"),
        *("Trust for sharing", "Sharing gain", "Information sharing"),
    ]
    assert "Held, [Trust for sharing](" in sharing


# Models of other people --------------------------------------------------------------------------------------

PLAIN = xmile(
    stock("a|b* &lt;c>", 1.0, inflows=["in_flow"], outflows=["out_flow"]),
    flow("in flow", "rate * 2"),
    flow("out flow", '"a|b* <c>" / (life + extra)'),
    auxiliary("rate", 0.5),
    auxiliary("life", 4.0),
    auxiliary("extra", "rate + 1"),
)


def test_a_model_without_groups_notes_or_sidecar_files_is_one_page(tmp_path: Path) -> None:
    """Labels, loops, evidence, profiles and groups are welcome, not needed."""
    path = tmp_path / "plain.xmile"
    path.write_text(PLAIN, "utf-8")
    assert main(["document", str(path), "--out", str(tmp_path / "pages")]) == 0
    written = {file.name: file.read_text("utf-8") for file in (tmp_path / "pages").iterdir()}
    assert set(written) == {"index.md", "parameters.md", "plain-xmile.md", "plain-xmile.svg"}
    assert '### <a id="a-b-c"></a>a\\|b\\* \\<c\\>' in written["plain-xmile.md"]
    assert "- unit: not given" in written["plain-xmile.md"]
    assert "in Indonesian" not in written["plain-xmile.md"]
    assert "a|b* &lt;c&gt;" in written["plain-xmile.svg"]


def test_what_lies_beside_a_file_is_told_with_it(tmp_path: Path) -> None:
    """A user's own labels and loops; a loop of another model is left out."""
    (tmp_path / "labels.toml").write_text('[mine]\nlife = { en = "Life", id = "Umur" }\n', "utf-8")
    loop = '[[loop]]\nname = "{0}"\npolarity = "B"\nvariables = ["{1}", "out flow"]\n'
    (tmp_path / "loops.toml").write_text(loop.format("drain", "a|b* <c>") + loop.format("other", "elsewhere"), "utf-8")
    path = tmp_path / "plain.xmile"
    path.write_text(PLAIN, "utf-8")
    model = egovsim.read_model(path)
    pages = model_pages(model, read_sidecar_files(model, tmp_path))
    assert "in English: Life; in Indonesian: Umur" in pages["plain-xmile.md"]
    assert re.findall(r"^## (.*)", pages["loops.md"], flags=re.MULTILINE) == ["drain"]


def test_a_damaged_sidecar_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The user must learn which of his files is wrong and where."""
    (tmp_path / "loops.toml").write_text('[[loop]]\nname = "x"\npolarity = "b"\n', "utf-8")
    (tmp_path / "plain.xmile").write_text(PLAIN, "utf-8")
    assert main(["document", str(tmp_path / "plain.xmile"), "--out", str(tmp_path / "pages")]) == 1
    assert 'loops.toml: loop[1].polarity: "b" is not a possible value; nearest: "B".' in capsys.readouterr().err


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said before anything is read, and nothing is overwritten."""
    (tmp_path / "out").write_text("mine", "utf-8")
    assert main(["document", "capacity", "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == (
        f"egovsim: {tmp_path / 'out'}: this is a file, not a folder; choose another name for the output.\n"
    )
    assert (tmp_path / "out").read_text("utf-8") == "mine"


def test_a_source_that_is_no_evidence_is_shown_as_written() -> None:
    """Without the table of figures the key itself is all that is known."""
    model = egovsim.read_model("capacity")
    assert "source: Indonesia/internet\\_users\\_wdi/2003" in model_pages(model)["parameters.md"]
    figure = Evidence("Indonesia", "internet_users_wdi", "percent", "2003", 2.39, "B", "A | title", "https://x.org/a b")
    known = model_pages(model, SidecarFiles(evidence={figure.key: figure}))["parameters.md"]
    assert "2003 = 2.39 percent, grade B; [A \\| title](https://x.org/a)" in known


# Pictures ----------------------------------------------------------------------------------------------------


def texts_of(picture: str) -> Iterator[tuple[str, Corners]]:
    """Yield each line of text of a picture and the rectangle that it covers in the widest font."""
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        style = (element.get("class") or "").partition(" ")[0]
        text = element.text or ""
        half = len(text) * WIDE_LETTER[style] / 2
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        yield text, (x - half, y - 0.75 * LINE[style], x + half, y + 0.2 * LINE[style])


def overlapping(picture: str) -> list[tuple[str, str]]:
    found = list(texts_of(picture))
    return [
        (one, other)
        for number, (one, a) in enumerate(found)
        for other, b in found[:number]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]


@pytest.mark.parametrize("name", ["egov", "capacity"])
def test_no_name_covers_another_and_all_are_there(name: str) -> None:
    """A picture that cannot be read explains nothing."""
    model = egovsim.read_model(name)
    for sector, view in zip(sectors_of(model), views_of(model), strict=True):
        picture = diagram(model, view)
        assert overlapping(picture) == [], sector.name
        written = "".join(text for text, _ in texts_of(picture)).replace(" ", "")
        assert all(variable.name.replace(" ", "") in written for variable in sector.variables), sector.name


def test_the_test_of_overlaps_sees_one() -> None:
    """An oracle that finds nothing would pass everything."""
    model = egovsim.read_model("capacity")
    items = (ViewItem("auxiliary", "Use", 50, 50), ViewItem("auxiliary", "Fading", 60, 55))
    assert overlapping(diagram(model, View("x", items))) == [("Fading", "Use")]


def test_pipes_end_in_the_stocks_that_the_model_joins(egov: egovsim.Model) -> None:
    """A pipe that is drawn to another stock, or the other way round, would tell another model."""
    ends = 0
    for view in egov.views:
        boxes = {canonical(box.name): box for box in view.items if box.height and box.kind in ("stock", "alias")}
        for item in (item for item in view.items if item.kind == "flow"):
            id = canonical(item.name)
            source = next((stock.id for stock in egov.stocks if id in stock.outflows), None)
            target = next((stock.id for stock in egov.stocks if id in stock.inflows), None)
            assert [holder(boxes, point) for point in (item.points[0], item.points[-1])] == [source, target], item.name
            ends += (source is not None) + (target is not None)
    assert ends > 70


def holder(boxes: Mapping[str, ViewItem], point: tuple[float, float]) -> str | None:
    """Return the stock whose box a point lies on, but for a pixel of rounding."""
    for id, box in boxes.items():
        assert box.width is not None
        assert box.height is not None
        if abs(point[0] - box.x) <= box.width / 2 + 1 and abs(point[1] - box.y) <= box.height / 2 + 1:
            return id
    return None


def test_arrows_are_the_links_of_the_equations(egov: egovsim.Model) -> None:
    """An arrow too many is a cause that the model does not have."""
    drawn: set[tuple[str, str]] = set()
    for view in egov.views:
        numbered = {item.number: item.name for item in view.items if item.kind == "alias"}
        for item in view.items:
            if item.kind == "connector":
                begin = numbered[item.begin] if isinstance(item.begin, int) else item.begin
                drawn.add((canonical(str(begin)), canonical(str(item.end))))
    computed = {
        (cause, effect.id)
        for effect in egov
        for cause in uses(egov, effect) - {effect.id, *effect.inflows, *effect.outflows}
    }
    starts = {(a, b) for a, b in drawn - computed if egov[b].kind == "stock"}
    assert drawn - starts == computed
    assert all(plain_number(egov[b].equations[0].expression) is None for _, b in starts)


@settings(max_examples=25, deadline=None)
@given(text=xmile_texts())
def test_any_model_has_a_picture_on_which_no_name_covers_another(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Stocks in chains, alone or in rings, arrays, loops and constants: what users bring is not like our model."""
    path = tmp_path_factory.mktemp("random") / "model.xmile"
    path.write_text(text, "utf-8")
    model = egovsim.read_model(path)
    views = views_of(model)
    shown = [canonical(item.name) for view in views for item in view.items if item.kind in KINDS]
    assert sorted(shown) == sorted(variable.id for variable in model)
    assert all(overlapping(diagram(model, view)) == [] for view in views)
    assert views == views_of(model)


def test_flows_that_skip_stocks_or_run_back_keep_clear_of_them(tmp_path: Path) -> None:
    """A pipe through the box of a third stock would read as a flow into it."""
    joins = {"f1": "ab", "f2": "bc", "f3": "cd", "f4": "ac", "f5": "da", "f6": "bd", "f7": "ba"}

    def flows(stock: str, place: int) -> list[str]:
        return [name for name, ends in joins.items() if ends[place] == stock]

    stocks = [stock(name, 1.0, inflows=flows(name, 1), outflows=flows(name, 0)) for name in "abcd"]
    model = read(tmp_path, xmile(*stocks, *(flow(join, 0.1) for join in joins)))
    items = views_of(model)[0].items
    boxes = {box.name: box for box in items if box.kind == "stock"}
    for item in (item for item in items if item.kind == "flow"):
        (first, y), (last, _) = item.points
        left, right = sorted((first, last))
        for name, box in boxes.items():
            across = left < box.x + (box.width or 0) / 2 and box.x - (box.width or 0) / 2 < right
            if name not in joins[item.name] and across:
                assert abs(y - box.y) > (box.height or 0) / 2, f"{item.name} runs through {name}"
