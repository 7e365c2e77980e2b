"""`--data` hands exported runs to every command about a model, and to the referee.

If one of these fails, a model whose series come from an export can be read in Python and not at the terminal, or
cannot be compared with another engine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import egovsim
from egovsim.cli import main

MODEL = """{UTF-8}
Area: urban, deep rural ~~|
Paid Tax :INTERPOLATE: ~~|
"held, as it was" :HOLD BACKWARD: ~~|
v[Area] :INTERPOLATE: ~~|
y = Paid Tax * 2 + "held, as it was" ~~|
s = INTEG(SUM(v[Area!]), 0) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 0.5 ~~|
SAVEPER = TIME STEP ~~|
"""
EARLIER = "Paid Tax\n0\t100\n4\t100\nv[urban]\n0\t1\n4\t3\nv[deep rural]\n0\t7\n4\t9\n"
LATER = "Paid Tax\n0\t1\n2\t3\n4\t9\nheld, as it was\n0\t5\n3\t7\n4\t7\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A model of data variables, then the options with its two exports; the later one comes first."""
    for name, text in {"m.mdl": MODEL, "a.dat": EARLIER, "b.dat": LATER}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [str(tmp_path / "m.mdl"), "--data", str(tmp_path / "a.dat"), "--data", str(tmp_path / "b.dat")]


def test_run_takes_the_series(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *files, "--output", "y", "--save-every", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == ["time,y", "0.0,7.0", "2.0,11.0", "4.0,25.0"]


def test_check_takes_the_series(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *files]) == 0
    assert "0 errors" in capsys.readouterr().err
    assert main(["check", files[0]]) == 1
    assert "4 errors" in capsys.readouterr().err


def test_convert_writes_the_series(files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "m.xmile"
    assert main(["convert", *files, "--out", str(out)]) == 0
    assert egovsim.run(egovsim.read_model(out)).values("y").squeeze()[-1] == 25.0


def test_the_referee_takes_the_series_too(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """PySD reads no .dat, and the first file that has a series; it is given what this project reads."""
    assert main(["crosscheck", *files]) == 0
    assert "0 of 6 variables beyond tolerance" in capsys.readouterr().err
    path, _, earlier, _, later = files
    found = egovsim.crosscheck(path, data=[earlier, later])
    assert found.agrees
    assert found.missing == ()
    assert {row.variable for row in found.rows if row.ours == 0.0} == {"s"}


@pytest.mark.parametrize("command", ["run", "check", "crosscheck"])
def test_a_missing_file_is_one_clear_message(
    command: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, files[0], "--data", "nowhere.dat"]) == 1
    message = "egovsim: nowhere.dat: this file of data cannot be read (No such file or directory); check its name.\n"
    assert capsys.readouterr().err == message


def test_data_for_a_model_without_data_variables_is_refused(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "capacity", *files[1:3]]) == 1
    message = "egovsim: capacity.xmile: only Vensim models have data variables; leave `data` out.\n"
    assert capsys.readouterr().err == message
