"""What the documentation shows is what happens.

If this fails, a reader who copies from README.md or docs/ gets an error, or another table than the page shows.
After a change that is meant, `.ci/refresh-docs` writes the printed output of all console blocks anew.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from doc_blocks import (
    PAGES,
    ROOT,
    Block,
    blocks,
    commands,
    differences,
    run_command,
    run_python,
    same,
    shown_outputs,
    write_files,
)

import egovsim
from egovsim.egov.outcomes import INDEX
from egovsim.model.variable import plain_number
from egovsim.names import canonical

README = ROOT / "README.md"
REFERENCE = sorted((ROOT / "docs" / "api").glob("*.md"))
NAMES = [page.name for page in PAGES]


def page_blocks(page: Path) -> list[Block]:
    return blocks(page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_console_blocks_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """A reader compares his screen with the page; a difference makes him doubt both."""
    parts = page_blocks(page)
    write_files(parts, tmp_path)
    wrong = [
        f"{page.name}, line {block.line}, $ {command.text}\n  {text}"
        for block in parts
        if block.language == "console"
        for command in commands(block)
        for text in differences(command.printed, run_command(command.text, tmp_path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_blocks_run_and_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """Code that a page offers for copying works, block after block, in a folder with the page's files."""
    parts = page_blocks(page)
    write_files(parts, tmp_path)
    printed = run_python(parts, tmp_path)
    wrong = [
        f"{page.name}, line {shown.line}\n  {text}"
        for block, shown in shown_outputs(parts)
        for text in differences(tuple(shown.text.splitlines()), printed[block.line])
    ]
    assert not wrong, "\n".join(wrong)


def test_pages_have_blocks_to_run() -> None:
    """Without blocks the two tests above would pass by running nothing."""
    counts = {page.name: sum(block.language in ("python", "console") for block in page_blocks(page)) for page in PAGES}
    assert counts["README.md"] >= 2
    assert counts["planner.md"] >= 4
    assert counts["researcher.md"] >= 6
    assert counts["testing-your-model.md"] >= 4


def test_the_site_has_a_reference_page_of_every_public_package() -> None:
    """A function that the reference leaves out is found by reading code."""
    marks = {
        name
        for page in (ROOT / "docs" / "api").glob("*.md")
        for name in re.findall(r"^<!-- names of ([\w.]+) -->$", page.read_text("utf-8"), flags=re.MULTILINE)
    }
    assert marks == {"egovsim", "egovsim.analysis", "egovsim.validation", "egovsim.testing"}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_blocks_are_of_known_languages(page: Path) -> None:
    """A block marked ``bash`` or ``py`` by mistake would silently not be run."""
    known = {"", "python", "text", "console", "toml", "xml", "sh", "powershell"}
    assert {block.language for block in page_blocks(page)} <= known


@pytest.mark.parametrize(
    "page", [*PAGES, *REFERENCE, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A dead link in the documentation."""
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text("utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_readme_gives_two_commands() -> None:
    """One command makes the environment, installs and runs the main job, one installs the test extra and passes the
    tests; `.ci/run` takes the latter from here."""
    lines = [block.text.strip() for block in page_blocks(README) if block.language == "sh"]
    assert "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/egovsim compare" in lines
    assert [line for line in lines if "-m pytest" in line] == [
        ".venv/bin/pip install '.[test]' && .venv/bin/python -m pytest -n auto"
    ]


def test_windows_lines_are_marked_untested() -> None:
    """Nobody has run them; saying nothing would be claiming that somebody has."""
    text = README.read_text("utf-8")
    for match in re.finditer(r"^```powershell$", text, flags=re.MULTILINE):
        assert "untested" in text[max(0, match.start() - 200) : match.start()]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (("a 1.00",), ["a 1.01"]),
        (("a", "...", "c 7"), ["a", "b", "b", "c 7"]),
        (("────", "people 88 %"), ["──────", "", "people 89 %"]),
        (("...", "last"), ["x", "last"]),
        (("first", "..."), ["first", "y"]),
    ],
)
def test_rounding_is_forgiven(shown: tuple[str, ...], printed: list[str]) -> None:
    """Another processor rounds the last digit otherwise; the page is not wrong for that."""
    assert list(differences(shown, printed)) == []


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (("a 1.00",), ["a 1.20"]),
        (("a 1",), ["b 1"]),
        (("a", "b"), ["a"]),
        (("a",), ["a", "b"]),
        (("a", "...", "c"), ["a", "b"]),
        (("rank 1 people",), ["rank 1 culture"]),
    ],
)
def test_changes_are_seen(shown: tuple[str, ...], printed: list[str]) -> None:
    """A comparison that forgives everything would keep a false page."""
    assert list(differences(shown, printed)) != []


def test_a_number_is_not_a_word() -> None:
    """The same words with other numbers are another result."""
    assert same("cost 120 billion", "cost 118 billion")
    assert not same("cost 120 billion", "cost 180 billion")


def model_page() -> str:
    return (ROOT / "docs" / "model.md").read_text("utf-8")


def test_model_page_names_what_the_model_has(egov: egovsim.Model) -> None:
    """A variable that was renamed in the file and not on the page cannot be found by its reader."""
    text = re.sub(r"```.*?```", "", model_page(), flags=re.DOTALL)
    named = {name for name in re.findall(r"`([^`\n]+)`", text) if re.fullmatch(r"[A-Z][A-Za-z -]+", name)}
    assert len(named) > 50
    assert [name for name in sorted(named) if canonical(name) not in egov.by_id] == []


def test_model_page_lists_every_stock_by_sector(egov: egovsim.Model) -> None:
    """The table of what accumulates is complete."""
    rows = re.findall(r"^\| ([\w ]+) \| ((?:`[^`]+`(?:, )?)+) \|", model_page(), flags=re.MULTILINE)
    listed = {name for _, names in rows for name in re.findall(r"`([^`]+)`", names)}
    assert {stock.name for stock in egov.stocks} <= listed


def test_model_page_lists_every_loop_with_its_sign() -> None:
    """The loops on the page are the loops that tests cut."""
    loops = tomllib.loads((ROOT / "models" / "loops.toml").read_text("utf-8"))["loop"]
    rows = re.findall(r"^\| ([a-z-]+) \| ([RB]) \|", model_page(), flags=re.MULTILINE)
    assert rows == [(loop["name"], loop["polarity"]) for loop in loops]


def test_model_page_gives_the_official_weights_of_the_model(egov: egovsim.Model) -> None:
    """The table of the mapping shows the numbers that the file uses."""
    rows = re.findall(r"^\| `(Weight of [\w ]+)` \| ([\d.]+) \|", model_page(), flags=re.MULTILINE)
    assert len(rows) == 5
    assert {name: float(weight) for name, weight in rows} == {
        name: plain_number(egov[name].equations[0].expression) for name, _ in rows
    }


PLANNERS = {"en": ROOT / "docs" / "planner.md", "id": ROOT / "docs" / "planner.id.md"}


def test_planner_page_says_the_same_in_both_languages() -> None:
    """What is missing in one language is missing for an office that reads only that one."""
    english, indonesian = (path.read_text("utf-8") for path in PLANNERS.values())
    prose = [re.sub(r"^(```.*\n)(?:(?!```).*\n)*", r"\1", text, flags=re.MULTILINE) for text in (english, indonesian)]
    for mark in (r"^#+ ", r"^```.*$", r"^\|", r"^\s*- ", r"!\["):
        one, other = (re.findall(mark, text, flags=re.MULTILINE) for text in prose)
        assert one == other, mark
    typed = [
        [command.text for block in blocks(text) if block.language == "console" for command in commands(block)]
        for text in (english, indonesian)
    ]
    assert len(typed[0]) > 5
    assert [text.removesuffix(" --lang id") for text in typed[0]] == [
        text.removesuffix(" --lang id") for text in typed[1]
    ]
    speaking = [text for text in typed[1] if text.split()[1] in ("compare", "list", "profile")]
    assert all(text.endswith(" --lang id") for text in speaking)


SAID = {"en": "**The benchmark is simulated.**", "id": "**Acuannya hasil simulasi.**"}


@pytest.mark.parametrize("language", PLANNERS)
def test_planner_page_gives_the_published_values_that_members_agree_with(language: str) -> None:
    """A page that says what is published must not say it from memory: the evidence changes."""
    _, _, rest = PLANNERS[language].read_text("utf-8").partition(SAID[language])
    assert rest
    written = re.findall(r"\b[1-5][.,]\d\d\b", rest.partition("\n- ")[0])
    checks = [check for check in egovsim.read_benchmark().rejecting if check.outcome == INDEX]
    assert sorted(float(number.replace(",", ".")) for number in written) == sorted(
        check.observed for check in checks if check.observed is not None
    )


def test_no_page_says_that_a_value_is_not_published() -> None:
    """The first edition knew one value of Surabaya and none of South Sumatra."""
    for page in PAGES:
        text = " ".join(page.read_text("utf-8").split())
        for claim in (
            "none of South Sumatra",
            "No value of the province",
            "One SPBE value",
            "One published SPBE value",
        ):
            assert claim not in text, f"{page.name}: {claim}"


@pytest.mark.parametrize("language", PLANNERS)
def test_planner_page_lists_every_lever_with_its_range(language: str, egov: egovsim.Model) -> None:
    """A lever that is not on the page is one that no planner pulls; a wrong range sends him into an error."""
    page = PLANNERS[language].read_text("utf-8")
    end = r"([\d.,]+) (?:to|sampai) ([\d.,]+)"
    rows = re.findall(rf"^\| ((?:`[^`]+`(?:, )?)+) \| .* \| {end} \|$", page, flags=re.MULTILINE)
    listed = {
        name: (float(low.replace(",", ".")), float(high.replace(",", ".")))
        for names, low, high in rows
        for name in re.findall(r"`([^`]+)`", names)
    }
    levers = [*egov.groups["Levers"], *egov.groups["Budget shares"], *egov.groups["Extra money"]]
    assert listed == {name: (egov[name].bounds.low, egov[name].bounds.high) for name in levers}
