"""What the study says, and whether the tables of the page agree: under which structures, in which set of members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from egovsim.egov.findings.cells import Table, cell, figures
from egovsim.egov.findings.people_tables import EQUAL, PATHS
from egovsim.egov.findings.study import OUTCOMES, YEARS
from egovsim.egov.outcomes import REAL_USE

_Row = tuple[str, str, Callable[[Mapping[str, Table], str], list[bool]]]
_PLACES = (
    ("Human resources are the first barrier.", "Human resources"),
    ("Security is the second.", "Security"),
    ("The digital divide is the third.", "Digital divide"),
    ("Work culture is the fourth.", "Culture"),
    ("Budget is the fifth.", "Budget"),
)
_BARRIERS = tuple(barrier for _, barrier in _PLACES)


def verdict_table(tables: Mapping[str, Table], structures: Sequence[str]) -> Table:
    """Return whether what the study says comes out, by the figures of the other tables.

    Parameters
    ----------
    tables : mapping of str to list of list of str
        The tables of the page, by name.
    structures : sequence of str
        Their structures.

    Returns
    -------
    list of list of str
        A row a sentence and measure; a cell says yes or no for each set.
    """
    rows: Table = [["the study says", "asked of", *structures]]
    for sentence, measure, agrees in _rows():
        found = [agrees(tables, structure) for structure in structures]
        rows.append([sentence, measure, *(" / ".join("yes" if each else "no" for each in sets) for sets in found)])
    return rows


def _rows() -> Iterator[_Row]:
    """Yield each sentence with what it is asked of, and what says for each set whether it agrees."""
    for question, measure in ((PATHS, "whole paths"), (EQUAL, "equal money")):
        for year in YEARS:
            yield "People come before infrastructure.", f"{measure}, by {year:.0f}", _people_win(question, year)
    for place, (sentence, barrier) in enumerate(_PLACES):
        for name, measure in (("relief-real", "the next 20 billion"), ("removal-real", "full removal")):
            for year in YEARS:
                yield sentence, f"{measure}, by {year:.0f}", _stands(name, f"by {year:.0f}", barrier, place)
    for name, measure in (("sobol-equal", "equal money"), ("sobol-percent", "equal percentages")):
        yield (
            "Budget is the most influential.",
            f"{measure}, {YEARS[0]:.0f}",
            _stands(name, OUTCOMES[REAL_USE], "Budget", 0),
        )


def _people_win(question: str, year: float) -> Callable[[Mapping[str, Table], str], list[bool]]:
    """Return what says whether people win in more than half of the members."""

    def agrees(tables: Mapping[str, Table], structure: str) -> list[bool]:
        return [share > 50.0 for share in figures(cell(tables["people"], structure, f"by {year:.0f}", question))]

    return agrees


def _stands(name: str, measure: str, barrier: str, place: int) -> Callable[[Mapping[str, Table], str], list[bool]]:
    """Return what says whether a barrier has so many before it, by the figures of a table."""

    def agrees(tables: Mapping[str, Table], structure: str) -> list[bool]:
        found = {each: figures(_barrier_cell(tables[name], structure, measure, each)) for each in _BARRIERS}
        mine = found.pop(barrier)
        return [
            sum(other[number] >= mine[number] for other in found.values()) == place for number in range(len(mine))
        ]

    return agrees


def _barrier_cell(table: Table, structure: str, measure: str, barrier: str) -> str:
    starred = any(row[:2] == [measure, f"{barrier} *"] for row in table)
    return cell(table, structure, measure, f"{barrier} *" if starred else barrier)
