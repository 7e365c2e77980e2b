"""Vensim's GET TIME VALUE: what the calendar says at an instant, as an expression of Time.

Source: Vensim's reference, "GET TIME VALUE". There the date at time 0 and the unit of Time are settings; here they
are arguments behind the three of Vensim. No recorded run of these measures is known to us.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from egovsim.model.expression import Binary, BinaryOperator, Call, ClockValue, Expression, Number

_ROUND_YEARS = (360.0, 90.0, 30.0)
_TRUE_YEARS = (7.0, 1.0, 1.0 / 24.0, 1.0 / 1440.0, 1.0 / 86400.0)
"""Days in a unit of time, by its number: year, quarter, month; then week, day, hour, minute, second."""

_SLACK = 1e-8
"""Days, a thousandth of a second: so little before midnight is taken for midnight, since sums of steps are rounded."""


@dataclass(frozen=True, slots=True)
class _Calendar:
    """How time is counted: the date at time 0, the days in a unit of time, and whether every month has 30 days."""

    year: int
    month: int
    day: int
    days: float
    is_round: bool


def date_part(arguments: tuple[Expression, ...]) -> Expression | str:
    """Return what GET TIME VALUE stands for, or why it cannot be run.

    Parameters
    ----------
    arguments : tuple of Expression
        What it is relative to, offset and measure; then, for measures of a calendar, year, month and day at
        time 0 and the number of the unit of time, from 0 for years to 7 for seconds.

    Returns
    -------
    Expression or str
        An expression of the time, or a reason.
    """
    match arguments[:3]:
        case (Number(value=0.0 | 1.0 as begin), offset, Number(value=measure)) if measure in range(10):
            instant = Binary("+", ClockValue("initial time" if begin else "time"), offset)
        case (Number(value=2.0), _, _) | (_, _, Number(value=10.0)):
            return "the computer's clock is not read, since no run could be repeated; give a number"
        case _:
            return "the first argument of GET TIME VALUE must be 0 or 1 and the last a whole number from 0 to 9"
    calendar = _calendar(arguments[3:])
    if measure == 0:
        return instant
    if calendar is None:
        return "the settings of the file name no date for time 0 (37 to 39) and no unit of time (40)"
    if calendar.is_round and measure in (5.0, 6.0):
        return "how Vensim counts days since year 0 by years of 360 days is not documented"
    return _measured(int(measure), instant, calendar)


def _calendar(settings: tuple[Expression, ...]) -> _Calendar | None:
    numbers = [
        int(setting.value)
        for setting in settings
        if isinstance(setting, Number) and setting.value == int(setting.value)
    ]
    units = _ROUND_YEARS + _TRUE_YEARS
    if len(numbers) != 4 or not 0 <= numbers[3] < len(units):
        return None
    year, month, day, unit = numbers
    try:
        date(year, month, day)
    except ValueError:
        return None
    return _Calendar(year, month, day, units[unit], unit < len(_ROUND_YEARS))


def _measured(measure: int, time: Expression, calendar: _Calendar) -> Expression:
    since = _of("+", _of("*", time, calendar.days), _SLACK)
    if measure == 7:
        return _floor(_of("*", _of("mod", since, 1.0), 24.0))
    if measure == 8:
        return _floor(_of("mod", _of("*", since, 1440.0), 60.0))
    if measure == 9:
        seconds = _of("mod", _of("*", since, 86400.0), 60.0)
        return Call("max", (Number(0.0), _of("-", seconds, _SLACK * 86400.0)))
    return (_in_round_years if calendar.is_round else _in_true_years)(measure, _floor(since), calendar)


def _in_round_years(measure: int, days: Expression, calendar: _Calendar) -> Expression:
    at_zero = 360.0 * calendar.year + 30.0 * (calendar.month - 1) + min(calendar.day, 30) - 1
    day = _of("+", days, at_zero)
    in_year = _of("mod", day, 360.0)
    match measure:
        case 1:
            return _floor(_of("/", day, 360.0))
        case 2:
            return _of("+", _floor(_of("/", in_year, 90.0)), 1.0)
        case 3:
            return _of("+", _floor(_of("/", in_year, 30.0)), 1.0)
        case _:
            return _of("+", _of("mod", day, 30.0), 1.0)


def _in_true_years(measure: int, days: Expression, calendar: _Calendar) -> Expression:
    """Count in years that begin in March, so that a leap day is the last of its year.

    Four centuries have 146097 days, four years of a century 1461, and from March on every five months 153.
    """
    at_zero = date(calendar.year, calendar.month, calendar.day).toordinal()  # 1 is the first day of the year 1
    if measure == 5:
        return _of("mod", _of("+", days, at_zero), 7.0)
    if measure == 6:
        return _of("+", days, at_zero + 365.0)
    fourths = _of("+", _of("*", _of("+", days, at_zero + 305.0), 4.0), 3.0)  # of days since March of the year 0
    in_century = _of("+", _of("*", _floor(_of("/", _of("mod", fourths, 146097.0), 4.0)), 4.0), 3.0)
    in_year = _of("+", _of("*", _floor(_of("/", _of("mod", in_century, 1461.0), 4.0)), 5.0), 2.0)
    month = _floor(_of("/", in_year, 153.0))  # 0 is March
    by_number = _of("+", _of("mod", _of("+", month, 2.0), 12.0), 1.0)
    match measure:
        case 1:
            centuries = _of("*", _floor(_of("/", fourths, 146097.0)), 100.0)
            years = Binary("+", centuries, _floor(_of("/", in_century, 1461.0)))
            return Binary("+", years, Binary(">=", month, Number(10.0)))
        case 2:
            return _of("+", _floor(_of("/", _of("-", by_number, 1.0), 3.0)), 1.0)
        case 3:
            return by_number
        case _:
            return _of("+", _floor(_of("/", _of("mod", in_year, 153.0), 5.0)), 1.0)


def _of(operator: BinaryOperator, left: Expression, right: float) -> Expression:
    return Binary(operator, left, Number(float(right)))


def _floor(operand: Expression) -> Expression:
    return Call("floor", (operand,))
