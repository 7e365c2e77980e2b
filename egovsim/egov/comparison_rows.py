"""Rows of the tables of a comparison that are long and speak of nothing but their own figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from egovsim.analysis.history_matching.diagnostics import CheckDiagnostics
from egovsim.analysis.history_matching.evidence import Structure
from egovsim.analysis.measures import Spread
from egovsim.egov.binding import BindingPeriod


def spread_columns(head: str, values: Spread | None) -> dict[str, object]:
    """Return the three figures of a spread by column.

    Parameters
    ----------
    head : str
        What the names of the columns begin with.
    values : Spread or None
        In any unit.

    Returns
    -------
    dict of str to object
        ``<head>_p05`` and so on, empty cells where there is no spread.
    """
    return {f"{head}_{part.name}": getattr(values, part.name, None) for part in fields(Spread)}


def finite_columns(head: str, values: Spread | None) -> dict[str, object]:
    """Return a spread by column, what is infinite left empty: no table program reads it as a number.

    Parameters
    ----------
    head : str
        What the names of the columns begin with.
    values : Spread or None
        In any unit.

    Returns
    -------
    dict of str to object
        As `spread_columns`.
    """
    columns = spread_columns(head, values)
    return {name: None if value in (np.inf, -np.inf) else value for name, value in columns.items()}


def check_row(structure: Structure, diagnostic: CheckDiagnostics) -> dict[str, object]:
    """Return what a check asked and did as a row.

    Parameters
    ----------
    structure : Structure
        Under which it did.
    diagnostic : CheckDiagnostics
        One check.

    Returns
    -------
    dict of str to object
        By column.
    """
    check, counts, search = diagnostic.check, diagnostic.counts, diagnostic.search
    row: dict[str, object] = {
        "structure": structure.name,
        "check": check.name,
        "place": check.place,
        "outcome": check.outcome,
        "kind": check.kind,
        "action": check.action,
        "low": check.low if np.isfinite(check.low) else None,
        "high": check.high if np.isfinite(check.high) else None,
        "observed": check.observed,
        "measurement": check.measurement,
        "discrepancy": check.discrepancy,
    }
    row |= spread_columns("accepted", diagnostic.values) | {"accepted_share_passing": diagnostic.passing}
    return row | {
        "came_to_it": search.came_to(counts) if counts and search else None,
        "rejected_as_first": counts.failed_first if counts else None,
        "screened": search.screened if search else None,
        "rejected_alone": counts.failed_at_all if counts else None,
        "share_passing_when_left_out": diagnostic.passing_when_left_out,
        "grade": check.grade,
        "evidence": "; ".join(check.evidence),
        "note": check.note,
    }


def binding_rows(structure: Structure, by: str, periods: Sequence[BindingPeriod]) -> Iterator[dict[str, object]]:
    """Yield which barrier binds when, a row a barrier.

    Parameters
    ----------
    structure : Structure
        Under which it does.
    by : str
        The outcome that ranks.
    periods : sequence of BindingPeriod
        All paths' periods.

    Yields
    ------
    dict of str to object
        By column.
    """
    for period in periods:
        for name, share in period.best.items():
            yield {
                "structure": structure.name,
                "policy": period.policy,
                "first": int(period.first),
                "last": int(period.last),
                "barrier": name,
                "outcome": by,
                "share_of_members_in_which_it_helps_most": share,
                "extra_money_that_can_be_spent": period.spendable[name],
                **spread_columns("change", period.changes[name]),
            }
