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


def test_data_for_a_model_that_imports_none_is_refused(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "capacity", *files[1:3]]) == 1
    message = 'egovsim: capacity.xmile: "a.dat" is given as data, and no import of this model names it; leave it out.\n'
    assert capsys.readouterr().err == message


TAGGED = """{UTF-8}
x = GET DIRECT CONSTANTS('?high case', ',', 'A1') ~~|
y = GET DIRECT CONSTANTS('?low', ',', 'A1') ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 1 ~~|
SAVEPER = TIME STEP ~~|
\\\\\\---/// Sketch information
V300
///---\\\\\\
:L\x7f<%^E!@
30:?low=low.csv
"""


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A model of two tags, of which its settings name one."""
    for name, text in {"m.mdl": TAGGED, "low.csv": "1", "high.csv": "2", "other.csv": "3", "a=b.csv": "4"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_tag_is_given_its_file(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is given comes before what the settings say; a file's own name may hold the sign of a tag."""
    model, high, other = str(tagged / "m.mdl"), str(tagged / "high.csv"), str(tagged / "other.csv")
    assert main(["run", model, "--data", f"high case={high}", "--output", "x", "--output", "y"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "0.0,2.0,1.0"
    read = egovsim.read_model(model, data=[f"?High Case={other}", f"low={tagged / 'a=b.csv'}"])
    assert egovsim.run(read).values("x").squeeze()[0] == 3.0
    assert egovsim.run(read).values("y").squeeze()[0] == 4.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            (),
            'm.mdl, line 2, "x": "?high case" stands for a file, and none is given for it; '
            'read the model with data=["high case=FILE"], or --data high case=FILE.',
        ),
        (
            ("high case=high.csv", "lwo=low.csv"),
            'm.mdl: a file is given for "?lwo", which nothing in this model names; nearest: "?low".',
        ),
        (
            ("low=low.csv", "?low=high.csv"),
            'data: the tag "?low" is given twice; leave one of "low.csv" and "high.csv".',
        ),
        (
            ("low=lwo.csv",),
            'data: "?low" is to stand for "lwo.csv", and there is no such file; check its name.',
        ),
    ],
)
def test_a_tag_that_is_not_known_is_one_message(
    tagged: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tagged)
    with pytest.raises(egovsim.DataError) as error:
        egovsim.read_model("m.mdl", data=given)
    assert str(error.value) == message
    assert main(["check", "m.mdl", *(part for item in given for part in ("--data", item))]) == 1


def test_one_file_in_the_place_of_a_list_is_said(files: list[str]) -> None:
    with pytest.raises(egovsim.DataError, match="write a list of files"):
        egovsim.read_model(files[0], data=files[2])
