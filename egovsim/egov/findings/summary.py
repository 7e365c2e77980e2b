"""What an earlier trial of the model said, beside what the tables of the page say now."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from egovsim.egov.findings.cells import Table, by_structure_and_name
from egovsim.egov.findings.people_tables import EQUAL, PATHS, UNPLACED

_SUMMARY: tuple[tuple[str, str, str, str, int], ...] = (
    ("People first beats infrastructure first, real use by 2035, in", "91 %", "people", PATHS, 2),
    ("by so much (median)", "+0.14", "people", PATHS, 4),
    ("the same for equal money, training with its places", "95 %", "people", EQUAL, 2),
    ("the same without more places", "75 %", "people", UNPLACED, 2),
    ("People first is the best path with one emphasis, real use by 2035, in", "59 %", "single", "People first", 2),
    ("Culture first is, in", "39 %", "single", "Culture first", 2),
    ("Services first is the best money path, SPBE-like index in 2030, in", "51 %", "best", "Services first", 4),
    ("Culture first is, in", "28 %", "best", "Culture first", 4),
    ("Money paths lie apart by (real use, 2035)", "0.15", "bands", "Real use index", 2),
    ("while the members lie apart by", "0.75", "bands", "Real use index", 3),
    ("20 billion a year for human resources, real use by 2035", "0.140", "relief-real", "Human resources", 2),
    ("for culture", "0.132", "relief-real", "Culture", 2),
    ("for the budget", "0.047", "relief-real", "Budget", 2),
    ("for security", "0.011", "relief-real", "Security", 2),
    ("for access", "0.001", "relief-real", "Digital divide", 2),
    ("Human resources bind in 2026-2030, in", "67 %", "binding", "2026-2030", 2),
    ("and in 2038-2042, in", "50 %", "binding", "2038-2042", 2),
    ("Influence by equal money, real use 2035: human resources", "0.110", "sobol-equal", "Human resources", 2),
    ("culture", "0.065", "sobol-equal", "Culture", 2),
    ("budget", "0.005 to 0.008", "sobol-equal", "Budget", 2),
    ("Influence by percentage: budget, real use 2035", "0.13", "sobol-percent", "Budget", 2),
    ("budget, SPBE-like 2035", "0.31", "sobol-percent", "Budget", 3),
    ("Documents only change the SPBE-like index by 2035 by", "+0.76", "paths", "Documents only", 4),
    ("and real use by", "+0.03", "paths", "Documents only", 2),
    ("Mandate changes real use by 2035 by", "+0.39", "paths", "Mandate", 2),
    ("Surabaya's sequence, by", "+0.59", "paths", "Surabaya's sequence", 2),
    ("Gap to Surabaya in 2023 closed / lost, SPBE-like: documents", "55 / 59 %", "gap", "Document target", 3),
    ("real use: mandate", "38 / 54 %", "gap", "Mandate scope", 2),
    ("real use: leadership", "20 / 31 %", "gap", "Champion leadership", 2),
    ("As usual, the real use of Surabaya in 2023 is reached by 2045, in", "7 %", "reach", "Business as usual", 2),
    ("its SPBE-like index, in", "0 %", "reach", "Business as usual", 4),
)
"""Question, what an earlier trial of the model found, and where the page says what is found now: table, row, column."""


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
    for question, earlier, name, row, column in _SUMMARY:
        found = [by_structure_and_name(tables[name], structure, row)[column] for structure in structures]
        rows.append([question, earlier, *(re.sub(r" \(.*", "", cell) for cell in found)])
    return rows
