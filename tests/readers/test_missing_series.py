"""Data variables without a series: refused, or not a number with all that depends on them, by name.

If one of these fails, a number that stands on absent data is shown as if it were one.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from small_models import mdl

import egovsim
from egovsim.cli import main

EQUATIONS = """{UTF-8}
D: a, b ~~|
rain ~~|
v[D] ~~|
wet = MAX(rain, 3) ~~|
flag = IF THEN ELSE(wet > 1, 1, 2) ~~|
slow = SMOOTH(flag, 2) ~~|
first = GET DATA FIRST TIME(rain) ~~|
copied := rain ~~|
later = TIME SHIFT(copied, 1) ~~|
held :HOLD BACKWARD: := rain ~~|
total = SUM(v[D!]) ~~|
each[a] = v[a] ~~|
each[b] = 7 ~~|
one = v[a] ~~|
k = 2 ~~|
s = INTEG(k, 0) ~~|
double = 2 * s ~~|
"""
CLOCK = "INITIAL TIME = 0 ~~|\nFINAL TIME = 2 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
UNKNOWN = ("rain", "wet", "flag", "slow", "first", "copied", "later", "held", "total")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "m.mdl").write_text(EQUATIONS + CLOCK, encoding="utf-8")
    (tmp_path / "run.dat").write_text("v[a]\n0\t5\n2\t5\n", encoding="utf-8")
    return tmp_path / "m.mdl"


def read(path: Path, **options: object) -> egovsim.Model:
    return egovsim.read_model(path, data=[path.parent / "run.dat"], **options)  # type: ignore[arg-type]


def test_what_depends_on_a_missing_series_is_not_a_number_and_all_else_runs(path: Path) -> None:
    table = egovsim.run(read(path, missing_data="warn")).to_frame()
    assert {name for name in table if np.isnan(table[name].to_numpy()).all()} == {*UNKNOWN, "v[b]"}
    assert table["v[a]"].tolist() == [5, 5, 5]
    assert table["one"].tolist() == [5, 5, 5]
    assert table["each[b]"].tolist() == [7, 7, 7]
    assert table["double"].tolist() == [0, 4, 8]
    assert egovsim.run(read(path, missing_data="warn")).status.failures == 0


def test_check_names_what_is_missing_and_what_depends_on_it(path: Path) -> None:
    found = [str(one) for one in egovsim.check(read(path, missing_data="warn")) if "series" in one.text]
    assert found == [
        'warning: m.mdl, line 3, "rain": no series of "rain" is given, so it is not a number, and neither is what '
        'depends on it: "wet", "first", "copied", "held", "flag" and 2 more',
        'warning: m.mdl, line 4, "v": no series of "v[b]" is given, so it is not a number, and neither is what depends '
        'on it: "total"',
    ]


def test_left_alone_they_are_refused(path: Path) -> None:
    with pytest.raises(egovsim.UnsupportedError) as error:
        egovsim.run(read(path))
    for name in ("rain", "v[b]"):
        assert f'"{name}" is a data variable, and no series of it is given; read the model with data=[file], ' in str(
            error.value
        )


@pytest.mark.parametrize("rate", ["rain", "flag", "SMOOTH(wet, 2)", "k"])
def test_a_stock_that_depends_on_one_cannot_be_run(path: Path, rate: str) -> None:
    path.write_text(path.read_text().replace("INTEG(k, 0)", f"INTEG({rate}, 0)"))
    model = read(path, missing_data="warn")
    if rate == "k":
        assert egovsim.run(model).status.failures == 0
        return
    with pytest.raises(egovsim.UnsupportedError, match='"rain" is a data variable, and no series of it is given'):
        egovsim.run(model)


def test_the_command_says_what_is_not_a_number(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [str(path), "--data", str(path.parent / "run.dat")]
    assert main(["run", *options, "--output", "s"]) == 1
    assert "no series of it is given" in capsys.readouterr().err
    assert main(["run", *options, "--missing-data", "warn", "--output", "s", "--output", "wet"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["time,s,wet", "0.0,0.0,", "1.0,2.0,", "2.0,4.0,"]
    assert err.startswith('egovsim: m.mdl, line 3, "rain": no series of "rain" is given, so it is not a number, and ')
    assert main(["check", *options, "--missing-data", "warn"]) == 0
    assert main(["convert", *options, "--missing-data", "warn", "--out", str(path.parent / "m.xmile")]) == 1
    assert '"rain": a series that is not given' in capsys.readouterr().err


def test_another_word_is_refused(path: Path) -> None:
    with pytest.raises(egovsim.DataError, match=r"missing_data: 'ignore' is none of: refuse, warn"):
        read(path, missing_data="ignore")


@pytest.mark.parametrize("kind", ["minimum", "maximum", "mean", "integral", "at"])
def test_a_metric_of_what_is_not_a_number_is_none(path: Path, tmp_path: Path, kind: str) -> None:
    """An auxiliary may be without a value for a while; the least of what is left would pass for one."""
    metric = egovsim.Metric("wet", kind, name="m")  # type: ignore[arg-type]
    assert math.isnan(egovsim.run(read(path, missing_data="warn"), metrics=[metric]).metrics["m"].item())
    (tmp_path / "gap.mdl").write_text(mdl({"wet": "1 / (Time - 1) * (Time - 1)"}, stop=2, step=1), encoding="utf-8")
    values = egovsim.run(egovsim.read_model(tmp_path / "gap.mdl"), metrics=[metric]).metrics["m"].item()
    assert np.isnan(values) or kind == "at"
