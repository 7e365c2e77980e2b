"""Fenced blocks of the documentation, run as they stand.

- ```` ```python ```` blocks of a page run in one process, one after the other. A ```` ```text ```` block that follows
  one shows what it printed.
- ```` ```console ```` blocks hold commands after ``$`` and, below each, what it printed.
- A block whose opening line names a file (```` ```toml mine.toml ````) is written to that file.
- Any other block is left alone.

Printed output is compared word by word. Numbers may differ a little, since another processor or library rounds
differently: by 0.02, by a twentieth, or by two units where whole percents are printed. A line ``...`` stands for any
lines.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
_ANY_LINES = "..."
_MARK = "---end of block---"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it names, its text and where that stands, and its first line."""

    language: str
    file: str
    text: str
    span: tuple[int, int]
    line: int


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the lines that it printed."""

    text: str
    printed: tuple[str, ...]


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    found: list[Block] = []
    for match in _FENCE.finditer(page):
        language, _, file = match["info"].strip().partition(" ")
        line = page[: match.start()].count("\n") + 1
        found.append(Block(language, file.strip(), match["body"], match.span("body"), line))
    return found


def commands(block: Block) -> list[Command]:
    """Return the commands of a console block."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"line {block.line}: a console block begins with a command after $")
    return [Command(text, tuple(printed)) for text, printed in found]


def run_command(text: str, folder: Path) -> list[str]:
    """Run a command, and return the lines that a terminal would show: standard output and error as they come.

    ``egovsim`` and ``pytest`` are those of this Python.
    """
    environment = {**_environment(), "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    own = f"{shlex.quote(sys.executable)} -m "
    done = subprocess.run(
        re.sub(r"^(?=(egovsim|pytest)\b)", own, text),
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return done.stdout.strip("\n").splitlines()


def _environment() -> dict[str, str]:
    outer = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return {**outer, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "MPLBACKEND": "Agg"}


class BlockFailed(Exception):
    """A Python block raised; the message is its traceback."""


def run_python(page_blocks: list[Block], folder: Path) -> dict[int, list[str]]:
    """Run the Python blocks of a page in one process, and return the lines that each printed, by the block's line.

    Raises
    ------
    BlockFailed
        When one raises.
    """
    own = [block for block in page_blocks if block.language == "python"]
    script = folder / "_blocks.py"
    parts = [f"{block.text}\nprint({_MARK!r})\n" for block in own]
    script.write_text("\n".join(parts), encoding="utf-8")
    command = [sys.executable, script.name]
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    if done.returncode:
        raise BlockFailed(done.stderr)
    printed = [part.strip("\n").splitlines() for part in done.stdout.split(_MARK)]
    return {block.line: lines for block, lines in zip(own, printed, strict=False)}


def shown_outputs(page_blocks: list[Block]) -> Iterator[tuple[Block, Block]]:
    """Yield each Python block that a ```` ```text ```` block follows, and that block: it shows what was printed."""
    for before, after in pairwise(page_blocks):
        if before.language == "python" and after.language == "text":
            yield before, after


def write_files(page_blocks: list[Block], folder: Path) -> None:
    """Write the blocks that name a file."""
    for block in page_blocks:
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")


def differences(shown: tuple[str, ...], printed: list[str]) -> Iterator[str]:
    """Yield what the page shows and the command does not print; ``...`` stands for any lines."""
    place = 0
    skipping = False
    for line in shown:
        if line.strip() == _ANY_LINES:
            skipping = True
            continue
        if not line.strip():
            continue
        while place < len(printed) and (not printed[place].strip() or (skipping and not same(line, printed[place]))):
            place += 1
        if place == len(printed):
            yield f"not printed: {line}"
            return
        if not same(line, printed[place]):
            yield f"the page shows: {line}\n     printed is: {printed[place]}"
        place, skipping = place + 1, False
    rest = [line for line in printed[place:] if line.strip()]
    if rest and not skipping:
        yield f"also printed: {rest[0]}"


def same(shown: str, printed: str) -> bool:
    """Compare two lines: words exactly, numbers within rounding, blanks and rules not at all."""
    words, numbers = _parts(shown)
    other_words, other_numbers = _parts(printed)
    return words == other_words and all(map(_near, numbers, other_numbers))


def _parts(line: str) -> tuple[list[str], list[float]]:
    numbers = [float(number.replace(",", "").replace("−", "-")) for number in _NUMBER.findall(line)]
    # signs belong to numbers and rules have the width of their column
    words = re.sub(r"[─━—-]{2,}", " ", _NUMBER.sub(" 0 ", line)).split()
    return words, numbers


def _near(a: float, b: float) -> bool:
    whole = a.is_integer() and b.is_integer() and abs(a) <= 100
    return abs(a - b) <= max(0.02, 0.05 * max(abs(a), abs(b)), 2.0 if whole else 0.0)
