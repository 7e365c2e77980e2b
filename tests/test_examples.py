"""Every script of examples/ runs, from another folder, and prints what it promises.

If one fails, somebody who starts from it starts from an error.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"

SCRIPTS = {
    "compare_paths.py": (["16"], r"16 accepted of [\d,]+ tried"),
    "five_barriers.py": (["--chart", "chart.png"], r"(?s)Change of the real use index.*written: chart\.png"),
    "ensemble.py": (["64"], r"people first is better in \d+% of the members"),
    "one_run.py": (["run.png"], r"written: run\.png"),
    "own_model.py": ([], r"30 clerks online within two years in \d+% of 1,024 members"),
}


def run_example(name: str, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error::DeprecationWarning", str(EXAMPLES / name), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_every_example_is_listed() -> None:
    """An example that no test runs rots unseen."""
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script works with nothing but the package, in an empty folder, and says nothing on standard error."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=None)
    arguments, promised = SCRIPTS[name]
    done = run_example(name, arguments, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(promised, done.stdout), done.stdout
    assert done.stderr == ""


def test_the_picture_is_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plot that is empty or no PNG would show nothing of the run."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=None)
    run_example("one_run.py", ["run.png"], tmp_path)
    from matplotlib import image

    pixels = image.imread(tmp_path / "run.png")
    assert pixels.shape[1] > 1000
    inked = (pixels[..., :3] < 0.9).any(axis=2).mean()
    assert inked > 0.01, "the panels are blank"
