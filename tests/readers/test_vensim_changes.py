"""Changes files of Vensim: what a scenario of a published model is sent as.

If one of these tests fails, somebody who runs a published scenario runs another one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import egovsim
from egovsim.cli.application import app
from egovsim.errors import DataError

MODEL = """{UTF-8}
Area: urban, rural ~~|
tax[Area] = 1, 2 ~~|
rate = 3 ~~|
y[Area] = tax[Area] * rate ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 1 ~~|
"""


def test_a_changes_file_sets_constants_of_a_run(tmp_path: Path) -> None:
    """Case and blanks are arbitrary, and of a name that stands twice the last value holds, as in Vensim."""
    (tmp_path / "m.mdl").write_text(MODEL, encoding="utf-8")
    (tmp_path / "s.cin").write_bytes(b"\xef\xbb\xbfTAX[rural] = 20\r\n\r\n rate=7\r\nRate = 1e1 \r\n")
    changes = egovsim.read_changes(tmp_path / "s.cin")
    assert changes == {"TAX[rural]": 20, "Rate": 10}
    frame = egovsim.run(egovsim.read_model(tmp_path / "m.mdl"), constants=changes).to_frame()
    assert frame["y[rural]"].tolist() == [200, 200]
    assert frame["y[urban]"].tolist() == [10, 10]


@pytest.mark.parametrize(
    "line",
    ["tax[Area] = 3,2", "curve((0,0),(1,1))", "name :IS: 'text'", "0 <= rate = 1 <= 2", "rate", "rate = nan", "= 3"],
)
def test_what_sets_no_number_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "s.cin").write_text(f"rate = 1\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        egovsim.read_changes(tmp_path / "s.cin")
    assert str(caught.value) == (
        f"s.cin, line 2: '{line}' does not set a constant to a number; write name = number, or leave the line out."
    )


def test_the_command_takes_a_changes_file(tmp_path: Path) -> None:
    (tmp_path / "m.mdl").write_text(MODEL, encoding="utf-8")
    (tmp_path / "s.cin").write_text("tax[rural] = 20\n", encoding="utf-8")
    command = ["run", str(tmp_path / "m.mdl"), "--changes", str(tmp_path / "s.cin"), "--output", "y", "--set", "rate=2"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "0.0,2.0,40.0" in done.output


RANGED = MODEL.replace("rate = 3 ~~|", "rate = 3 ~ Dmnl [0, 10] ~|")
TOLD = 'constants: "rate" is 12, outside its range 0 to 10 in m.mdl; it is run all the same.'


def test_a_value_outside_a_range_of_vensim_is_run_and_told(tmp_path: Path) -> None:
    """Vensim reports it and takes it; a scenario of the Energy Policy Simulator's authors sets one."""
    (tmp_path / "m.mdl").write_text(RANGED, encoding="utf-8")
    model = egovsim.read_model(tmp_path / "m.mdl")
    with pytest.warns(UserWarning, match="it is run all the same") as told:
        frame = egovsim.run(model, constants={"rate": 12}).to_frame()
    assert [str(warning.message) for warning in told] == [TOLD]
    assert frame["y[rural]"].tolist() == [24, 24]


def test_the_command_tells_a_value_outside_a_range(tmp_path: Path) -> None:
    (tmp_path / "m.mdl").write_text(RANGED, encoding="utf-8")
    (tmp_path / "s.cin").write_text("rate = 12\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["run", str(tmp_path / "m.mdl"), "--changes", str(tmp_path / "s.cin")])
    assert done.exit_code == 0, done.output
    assert f"egovsim: {TOLD}\n" in done.stderr
    assert "24.0" in done.stdout
