"""The page on the study's findings as text: its tables, and the fingerprint of what they were worked out from."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "findings.md"
_TABLE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)
_FINGERPRINT = re.compile(r"<!-- worked out from: (\w+) -->")


def fingerprint() -> str:
    """Return a hash of the shipped members, of what they were accepted with, and of the paths that are compared."""
    parts: list[object] = []
    for path in sorted((ROOT / "models" / "benchmark").glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        accepted = content["search"]["accepted"], content["block"]["accepted"]
        parts += [path.name, content["model_fingerprint"], content["evidence_fingerprint"], accepted]
    parts += [path.read_text("utf-8") for path in sorted((ROOT / "models" / "policies").glob("*.toml"))]
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def stated_fingerprint(text: str) -> str:
    """Return the fingerprint that the page carries."""
    found = _FINGERPRINT.search(text)
    return found.group(1) if found else ""


def with_fingerprint(text: str, value: str) -> str:
    """Return the page with another fingerprint."""
    return _FINGERPRINT.sub(f"<!-- worked out from: {value} -->", text)


def table_names(text: str) -> list[str]:
    """Return the names of the page's tables, in its order."""
    return [name for _, name, _ in _TABLE.findall(text)]


def table(text: str, name: str) -> list[list[str]]:
    """Return the cells of a table, headings first."""
    body = next(one.group(0) for one in _TABLE.finditer(text) if one.group(2) == name)
    lines = [line for line in body.splitlines() if line.startswith("|") and not set(line) <= set("|- ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def with_table(text: str, name: str, rows: list[list[str]]) -> str:
    """Return the page with other contents in a table, which must be there."""
    if name not in table_names(text):
        raise SystemExit(f'{PAGE.name} has no table "{name}"')
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    lines = "\n".join([head, "|" + " --- |" * len(rows[0]), *body])
    return _TABLE.sub(lambda one: f"{one[1]}\n{lines}\n\n{one[3]}" if one[2] == name else one[0], text)
