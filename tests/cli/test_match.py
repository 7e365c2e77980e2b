"""`egovsim match`, from evidence of one's own to a comparison on what was kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from egovsim.cli import main

CHECKS = """[[check]]
name = "Skilled in 2020"
outcome = "HR capacity"
place = "south-sumatra"
kind = "band"
at = 2020.5
low = 0.05
high = 0.14
measurement = 0.02
discrepancy = 0.02
evidence = ["Provinsi Sumatera Selatan/household_internet/2022"]

[[check]]
name = "Skilled in Surabaya"
outcome = "HR capacity"
place = "surabaya"
kind = "band"
at = 2020.5
low = 0.0
high = 1.0
action = "report"
"""
RANGES = """[ranges]
"Training cost" = { low = 0.004, high = 0.03, scale = "log" }
"Learning rate" = { low = 0.0, high = 1.5 }
"""


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "checks.toml").write_text(CHECKS, encoding="utf-8")
    (folder / "ranges.toml").write_text(RANGES, encoding="utf-8")
    return folder


def run(evidence: Path, out: Path, *more: str) -> int:
    return main(["match", "--evidence", str(evidence), "--members", "30", "--out", str(out), *more])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_kept_is_printed_written_and_compared(
    tmp_path: Path, evidence: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A researcher with other evidence has to come from two files to a ranking without a line of code."""
    monkeypatch.setenv("COLUMNS", "80")
    out = tmp_path / "kept"
    assert run(evidence, out, "--seed", "2") == 0
    printed = capsys.readouterr()
    assert "The model as it is written, seed 2" in printed.out
    assert "whole members: 30 accepted of" in printed.out
    assert max(map(len, printed.out.splitlines())) <= 80
    assert printed.err == (
        f"Accepted members and tables are in {out}; "
        f"`egovsim compare --evidence {evidence} --match {out} --seed 2` uses them.\n"
    )
    assert {path.name for path in out.iterdir()} == {"model-2.json", "checks.csv", "constants.csv", "bands.csv"}
    checks = {row["check"]: row for row in rows(out / "checks.csv")}
    assert float(checks["Skilled in 2020"]["accepted_p95"]) <= 0.14
    assert checks["Skilled in Surabaya"]["rejected_as_first"] == ""
    assert {row["constant"] for row in rows(out / "constants.csv")} >= {"Training cost", "Learning rate"}
    assert {row["tolerance"] for row in rows(out / "bands.csv")} == {"1", "2"}
    arguments = ["compare", "people-first", "--evidence", str(evidence), "--match", str(out), "--seed", "2"]
    assert main([*arguments, "--until", "2030", "--out", str(tmp_path / "plan")]) == 0
    assert "30 members accepted of" in capsys.readouterr().out


def test_the_same_command_keeps_the_same_members(tmp_path: Path, evidence: Path) -> None:
    """Whoever doubts a finding must be able to make its members again."""
    for name in ("one", "two"):
        assert run(evidence, tmp_path / name, "--no-tolerances-doubled") == 0
    first, second = (json.loads((tmp_path / name / "model-0.json").read_text("utf-8")) for name in ("one", "two"))
    assert first == second


BAD = [
    (["--structure", "skill"], '"skill" is not a structure of this evidence; there are: "model".'),
    (["--model", "egvo"], '"egvo" is not a shipped model; nearest: "egov".'),
]


@pytest.mark.parametrize(("more", "message"), BAD, ids=[" ".join(row[0]) for row in BAD])
def test_bad_options_are_one_message_and_nothing_written(
    tmp_path: Path, evidence: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert run(evidence, tmp_path / "kept", *more) == 1
    assert capsys.readouterr().err == f"egovsim: {message}\n"
    assert not (tmp_path / "kept").exists()


WRONG_EVIDENCE = [
    (
        ('outcome = "HR capacity"', 'outcome = "HR capcity"'),
        'evidence check "Skilled in 2020": "HR capcity" is not a variable of egov.xmile; nearest: "HR capacity", '
        '"HR priority", "Usable capacity".',
    ),
    (
        ('place = "south-sumatra"', 'place = "south-sumatera"'),
        '{checks}: "south-sumatera" is not a shipped profile; nearest: "south-sumatra", "south-sulawesi".',
    ),
    (
        ("household_internet/2022", "household_internt/2022"),
        '{checks}: check "Skilled in 2020": "Provinsi Sumatera Selatan/household_internt/2022" is not a key of '
        "evidence.csv; nearest: {nearest}.",
    ),
]


@pytest.mark.parametrize(("change", "message"), WRONG_EVIDENCE, ids=[row[0][1][:20] for row in WRONG_EVIDENCE])
def test_wrong_evidence_is_named_and_nothing_written(
    tmp_path: Path,
    evidence: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    message: str,
) -> None:
    """An outcome, a place or a figure that is not there must be named before minutes are spent."""
    checks = evidence / "checks.toml"
    checks.write_text(CHECKS.replace(*change, 1), encoding="utf-8")
    assert run(evidence, tmp_path / "kept") == 1
    alike = ("household_internet", "household_internet_urban", "household_internet_rural")
    nearest = ", ".join(f'"Provinsi Sumatera Selatan/{indicator}/2022"' for indicator in alike)
    assert capsys.readouterr().err == f"egovsim: {message.format(checks=checks, nearest=nearest)}\n"
    assert not (tmp_path / "kept").exists()


def test_a_place_may_be_a_profile_of_ones_own(
    tmp_path: Path, evidence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A match may use any region: by a file beside the checks, or by one that stands for a place of its name."""
    checks = evidence / "checks.toml"
    mine = tmp_path / "makassar.toml"
    mine.write_text('[constants]\n"Staff at start" = 9000\n', encoding="utf-8")
    (evidence / "makassar.toml").write_text('[constants]\n"Staff at start" = 21000\n', encoding="utf-8")
    checks.write_text(CHECKS.replace('"south-sumatra"', '"makassar.toml"'), encoding="utf-8")
    members: list[object] = []
    for name, more in (("beside", []), ("given", ["--profile", str(mine)])):
        assert run(evidence, tmp_path / name, "--no-tolerances-doubled", *more) == 0
        capsys.readouterr()
        members.append(json.loads((tmp_path / name / "model-0.json").read_text("utf-8"))["evidence_fingerprint"])
        arguments = ["compare", "people-first", "--evidence", str(evidence), "--match", str(tmp_path / name)]
        assert main([*arguments, "--until", "2030", "--out", str(tmp_path / "plan")]) == 0
        assert "Members were accepted by evidence of: makassar" in " ".join(capsys.readouterr().out.split())
    assert members[0] != members[1]
    assert [file.name for file in (tmp_path / "given" / "profiles").iterdir()] == ["makassar.toml"]


def test_a_profile_of_no_place_is_named(tmp_path: Path, evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that does nothing would be taken for one that does."""
    mine, checks = tmp_path / "makassar.toml", evidence / "checks.toml"
    mine.write_text('[constants]\n"Staff at start" = 9000\n', encoding="utf-8")
    assert run(evidence, tmp_path / "kept", "--profile", str(mine)) == 1
    assert capsys.readouterr().err == (
        f'egovsim: {mine}: no check of {checks} speaks of "makassar"; write one with place = "makassar", or give a '
        "region's own values to `egovsim region`.\n"
    )
    checks.write_text(CHECKS.replace('"south-sumatra"', '"no/makassar.toml"'), encoding="utf-8")
    assert run(evidence, tmp_path / "kept") == 1
    assert capsys.readouterr().err == (
        f'egovsim: {checks}: place = "no/makassar.toml": there is no such file in {evidence}; correct the path, or put '
        "it there.\n"
    )
    (evidence / "surabaya.toml").write_text('[constants]\n"Staff at start" = 9000\n', encoding="utf-8")
    checks.write_text(CHECKS.replace('"south-sumatra"', '"surabaya.toml"'), encoding="utf-8")
    assert run(evidence, tmp_path / "kept") == 1
    assert capsys.readouterr().err == (
        f'egovsim: {checks}: two places are called "surabaya"; give one of the profile files another name.\n'
    )
