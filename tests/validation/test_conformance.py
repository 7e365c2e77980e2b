"""Recorded runs of Vensim and Stella are reproduced.

The cases and their comparison live outside this project, in the folder that EGOVSIM_CONFORMANCE names. If one of these
tests fails, a model that runs in Vensim or Stella gives other numbers here, or an exclusion is out of date.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXCLUSIONS = ROOT / "tests" / "validation" / "conformance_exclusions.toml"
SECONDS = 300
"""The limit for one case: kernels are compiled afresh here, on machines of any speed."""


def exclusions() -> dict[str, tuple[str, str]]:
    """Return kind and reason of every excluded case."""
    found: dict[str, tuple[str, str]] = {}
    for load in tomllib.loads(EXCLUSIONS.read_text(encoding="utf-8"))["exclusion"]:
        for case in load["cases"]:
            assert case not in found, f"{case} is excluded twice"
            found[case] = (load["kind"], load["reason"])
    return found


def run(folder: Path, tree: str, table: Path) -> dict[str, str]:
    """Run all cases of a tree; return why each failed, an empty text where it passed."""
    command = [sys.executable, "conformance.py", tree, "--quiet", "--csv", str(table), "--seconds", str(SECONDS)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert table.exists(), done.stderr
    with table.open(newline="") as lines:
        return {row["case"]: row["why"] for row in csv.DictReader(lines)}


@pytest.fixture(scope="module")
def reasons(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    found = run(conformance, "test-models", tmp_path_factory.mktemp("conformance") / "cases.csv")
    assert len(found) > 200, "the folder holds too few cases to say anything"
    return found


def test_every_case_passes_or_is_excluded_with_a_reason(reasons: dict[str, str]) -> None:
    failures = {case: why for case, why in reasons.items() if why}
    assert {case: why for case, why in failures.items() if case not in exclusions()} == {}


def test_no_excluded_case_passes(reasons: dict[str, str]) -> None:
    assert [case for case in exclusions() if reasons.get(case) == ""] == []


def test_every_exclusion_is_of_a_case_that_there_is(reasons: dict[str, str]) -> None:
    assert [case for case in exclusions() if case not in reasons] == []


def test_every_exclusion_says_why() -> None:
    for case, (kind, reason) in exclusions().items():
        assert kind in ("fixture", "not supported yet"), case
        assert len(reason) > 10 or kind == "not supported yet", case


def test_world3_as_vensim_recorded_it(conformance: Path, tmp_path: Path) -> None:
    assert run(conformance, "large", tmp_path / "large.csv") == {"wrld3-03.mdl": ""}
