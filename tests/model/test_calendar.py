"""GET TIME VALUE: what the calendar says at an instant, against Python's own calendar.

If one of these tests fails, a policy that begins in a month, or on a weekday, begins in another.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from small_models import mdl, read

import egovsim
from egovsim.errors import UnsupportedError

YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND = range(8)
SECONDS = {WEEK: 7 * 86400, DAY: 86400, HOUR: 3600, MINUTE: 60, SECOND: 1}


def text_of(equation: str, *, base: tuple[int, int, int] | None = (2000, 1, 1), unit: int = DAY, **clock: float) -> str:
    """Return a model of one variable with a date at time 0 in its settings."""
    text = mdl({"x": equation}, **clock)
    if base is None:
        return text
    lines = (":L\x7f<%^E!@", "1:run.vdf", "15:0,0,0,0,0,0", "35:Date", "36:YYYY-MM-DD")
    numbered = (f"{37 + place}:{value}" for place, value in enumerate((*base, unit)))
    return text + "///---\\\\\\\n" + "\n".join((*lines, *numbered, "41:0", "24:0")) + "\n"


def values(folder: Path, equation: str, **given: object) -> np.ndarray:
    return egovsim.run(read(folder, text_of(equation, **given))).to_frame()["x"].to_numpy()  # type: ignore[arg-type]


MEASURES = {
    1: lambda at: at.year,
    2: lambda at: (at.month + 2) // 3,
    3: lambda at: at.month,
    4: lambda at: at.day,
    5: lambda at: at.isoweekday() % 7,
    6: lambda at: (at - datetime(1, 1, 1)).days + 366,
    7: lambda at: at.hour,
    8: lambda at: at.minute,
    9: lambda at: at.second,
}


@settings(max_examples=40)
@given(
    base=st.datetimes(datetime(1600, 1, 1), datetime(2500, 1, 1)),
    unit=st.sampled_from(sorted(SECONDS)),
    offset=st.integers(-3000, 3000),
    measure=st.sampled_from(sorted(MEASURES)),
    step=st.sampled_from([1.0, 0.5, 0.1, 17.0]),
)
def test_dates_are_those_of_the_true_calendar(
    tmp_path_factory: pytest.TempPathFactory, base: datetime, unit: int, offset: int, measure: int, step: float
) -> None:
    """Leap years, centuries and all; a step of a tenth must not fall a second short of midnight."""
    start = datetime(base.year, base.month, base.day)
    found = values(
        tmp_path_factory.mktemp("m"),
        f"GET TIME VALUE(0, {offset}, {measure})",
        base=(base.year, base.month, base.day),
        unit=unit,
        step=step,
        stop=30 * step,
    )
    times = [offset + step * number for number in range(31)]
    instants = [start + timedelta(milliseconds=round(1000 * time * SECONDS[unit])) for time in times]
    wanted = [MEASURES[measure](instant) + (instant.microsecond / 1e6 if measure == 9 else 0) for instant in instants]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6 if measure == 9 else 0)


@pytest.mark.parametrize("day", ["1900-02-28", "2000-02-29", "2100-02-28", "2024-12-31", "2000-01-01"])
def test_turns_of_years_and_leap_days(tmp_path: Path, day: str) -> None:
    start = datetime.fromisoformat(day)
    for measure, wanted in MEASURES.items():
        found = values(
            tmp_path, f"GET TIME VALUE(0, 0, {measure})", base=(start.year, start.month, start.day), step=1, stop=2
        )
        expected = [wanted(start + timedelta(days=number)) for number in range(3)]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 if measure == 9 else 0)


@pytest.mark.parametrize(("unit", "months"), [(YEAR, 12), (QUARTER, 3), (MONTH, 1)])
def test_long_units_count_in_years_of_360_days(tmp_path: Path, unit: int, months: int) -> None:
    """Vensim's reference says so; every month then has 30 days, and a month and a half ends on the 16th."""
    base, count = (2000, 11, 1), np.arange(49) / 4 * months
    month = 10 + np.floor(count)
    wanted = {
        1: 2000 + month // 12,
        2: month % 12 // 3 + 1,
        3: month % 12 + 1,
        4: np.floor(count * 30) % 30 + 1,
        7: np.floor(count * 30 % 1 * 24),
        8: np.zeros(49),
    }
    for measure, expected in wanted.items():
        found = values(tmp_path, f"GET TIME VALUE(0, 0, {measure})", base=base, unit=unit, step=0.25, stop=12)
        np.testing.assert_array_equal(found, expected, err_msg=str(measure))


def test_relative_to_the_start(tmp_path: Path) -> None:
    """The start does not move with time; the date at time 0 is not that of the start."""
    found = values(tmp_path, "GET TIME VALUE(1, 1, 3) * 100 + GET TIME VALUE(1, 1, 4)", start=40, step=1, stop=42)
    assert found.tolist() == [211, 211, 211]


def test_a_date_has_no_unit_of_time_and_is_written_as_xmile(tmp_path: Path) -> None:
    """Else `check` would warn of every comparison with a month, and a converted model would lose its calendar."""
    text = text_of("IF THEN ELSE(GET TIME VALUE(0, 0, 3) = when, 1, 0)", step=1, stop=60)
    text = text.replace("x = ", "when = 2\n\t~\tMonth\n\t~\t\n\t|\nx = ", 1)
    model = read(tmp_path, text.replace("TIME STEP = 1\n\t~\t", "TIME STEP = 1\n\t~\tDay"))
    assert [one for one in egovsim.check(model) if one.severity == "warning"] == []
    wanted = egovsim.run(model).values("x")
    assert wanted.sum() == 29
    egovsim.write_xmile(model, tmp_path / "m.xmile")
    again = egovsim.run(egovsim.read_model(tmp_path / "m.xmile")).values("x")
    np.testing.assert_array_equal(again, wanted)


NO_DATE = "the settings of the file name no date for time 0 (37 to 39) and no unit of time (40)"
CLOCK = "the computer's clock is not read, since no run could be repeated; give a number"
NUMBERS = "the first argument of GET TIME VALUE must be 0 or 1 and the last a whole number from 0 to 9"
ROUND = "how Vensim counts days since year 0 by years of 360 days is not documented"


@pytest.mark.parametrize(
    ("arguments", "base", "unit", "reason"),
    [
        ("0, 0, 3", None, DAY, NO_DATE),
        ("0, 0, 3", (2001, 2, 29), DAY, NO_DATE),
        ("0, 0, 3", (2001, 2, 2), 8, NO_DATE),
        ("2, 0, 3", (2000, 1, 1), DAY, CLOCK),
        ("0, 0, 10", (2000, 1, 1), DAY, CLOCK),
        ("0, 0, Time", (2000, 1, 1), DAY, NUMBERS),
        ("0, 0, 2.5", (2000, 1, 1), DAY, NUMBERS),
        ("3, 0, 3", (2000, 1, 1), DAY, NUMBERS),
        ("0, 0, 5", (2000, 1, 1), MONTH, ROUND),
        ("0, 0, 6", (2000, 1, 1), YEAR, ROUND),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_reason(
    tmp_path: Path, arguments: str, base: tuple[int, int, int] | None, unit: int, reason: str
) -> None:
    """A guess at a date would shift a whole plan."""
    model = read(tmp_path, text_of(f"GET TIME VALUE({arguments})", base=base, unit=unit))
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(model)
    assert str(caught.value) == f'model.mdl uses what this version cannot run:\n  model.mdl, line 2, "x": {reason}'
