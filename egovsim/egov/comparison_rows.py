"""Rows of the tables of a comparison that are long and speak of nothing but their own figures."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from egovsim.analysis.history_matching.diagnostics import CheckDiagnostics
from egovsim.analysis.history_matching.evidence import Structure
from egovsim.analysis.measures import Spread


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
