"""What an earlier trial of the model said, beside what the tables of the page say now."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from egovsim.egov.findings.cells import Table, cell
from egovsim.egov.findings.people_tables import EQUAL, PATHS, UNPLACED
from egovsim.egov.findings.study import OUTCOMES
from egovsim.egov.outcomes import REAL_USE

_USE = OUTCOMES[REAL_USE]

_EARLIER: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("People first beats infrastructure first, real use by 2035, in", "91 %", ("people", "by 2035", PATHS), 0),
    ("by so much (median)", "+0.14", ("people", "by 2035", PATHS), 1),
    ("the same for equal money, training with its places", "95 %", ("people", "by 2035", EQUAL), 0),
    ("the same without more places", "75 %", ("people", "by 2035", UNPLACED), 0),
    ("Money paths lie apart by (real use, 2035)", "0.15", ("bands", "best minus worst money path", REAL_USE), 0),
    ("while the members lie apart by", "0.75", ("bands", "band of the members", REAL_USE), 0),
    ("20 billion a year for human resources, by 2035", "0.140", ("relief-real", "by 2035", "Human resources"), 0),
    ("for culture", "0.132", ("relief-real", "by 2035", "Culture"), 0),
    ("for the budget", "0.047", ("relief-real", "by 2035", "Budget"), 0),
    ("for security", "0.011", ("relief-real", "by 2035", "Security"), 0),
    ("for access", "0.001", ("relief-real", "by 2035", "Digital divide"), 0),
    ("Human resources bind in 2026-2030, in", "67 %", ("binding", "Human resources", "2026-2030"), 0),
    ("and in 2038-2042, in", "50 %", ("binding", "Human resources", "2038-2042"), 0),
    ("Influence by equal money: human resources", "0.110", ("sobol-equal", _USE, "Human resources"), 0),
    ("culture", "0.065", ("sobol-equal", _USE, "Culture"), 0),
    ("budget", "0.005 to 0.008", ("sobol-equal", _USE, "Budget"), 0),
    ("Influence by percentage: budget", "0.13", ("sobol-percent", _USE, "Budget"), 0),
    ("Documents only change the SPBE-like index by 2035 by", "+0.76", ("paths-index", "Documents only"), 0),
    ("and real use by", "+0.03", ("paths-real-2035", "Documents only"), 0),
    ("Mandate changes real use by 2035 by", "+0.39", ("paths-real-2035", "Mandate"), 0),
    ("Surabaya's sequence, by", "+0.59", ("paths-real-2035", "Surabaya's sequence"), 0),
    (
        "As usual, Surabaya's real use of 2023 is reached by 2045, in",
        "7 %",
        ("reach", "real use", "Business as usual"),
        0,
    ),
    ("its SPBE-like index, in", "0 %", ("reach", "SPBE-like", "Business as usual"), 0),
)
"""Question, what an earlier trial of the model found, and where the page says what is found now: table, row, part."""


def summary_table(tables: Mapping[str, Table], structures: Sequence[str]) -> Table:
    """Return what an earlier trial of the model said, beside what the tables say now.

    Parameters
    ----------
    tables : mapping of str to list of list of str
        The tables of the page, by name.
    structures : sequence of str
        Their structures.

    Returns
    -------
    list of list of str
        A row a question.
    """
    rows: Table = [["question", "earlier trial", *structures]]
    for question, earlier, (name, *keys), part in _EARLIER:
        found = [cell(tables[name], structure, *keys).split("; ")[part] for structure in structures]
        rows.append([question, earlier, *(re.sub(r" \(.*", "", each) for each in found)])
    return rows
