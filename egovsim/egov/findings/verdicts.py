"""What the study says, and whether the tables of the page agree: under which structures, when, in which set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from egovsim.egov.findings.cells import Table, cell, figures
from egovsim.egov.findings.people_tables import EQUAL, PATHS
from egovsim.egov.findings.study import OUTCOMES, YEARS
from egovsim.egov.outcomes import REAL_USE

WON = 200.0 / 3.0
"""Per cent of the members in which one side must win for a sentence to agree."""
_SENTENCES = {
    "Human resources": "Human resources are the first barrier.",
    "Security": "Security is the second.",
    "Digital divide": "The digital divide is the third.",
    "Culture": "Work culture is the fourth.",
    "Budget": "Budget is the fifth.",
}
"""Of the barriers, in the order of the study."""
_TIMES = tuple(f"by {year:.0f}" for year in YEARS)
_Answer = tuple[str, Sequence[bool]]
"""What was found in both sets, and whether each agrees."""
_Row = tuple[str, str, Callable[[str], Sequence[_Answer]]]


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
        A row a sentence and measure. A cell says yes, no, or when, or in which set alone; and what was found.
    """
    rows: Table = [["the study says", "asked of", *structures]]
    rows += [[sentence, asked, *map(_verdict, map(ask, structures))] for sentence, asked, ask in _rows(tables)]
    return rows


def _rows(tables: Mapping[str, Table]) -> Iterator[_Row]:
    """Yield each sentence, what it is asked of, and what answers for a structure, year after year."""

    def people(question: str) -> Callable[[str], Sequence[_Answer]]:
        return lambda structure: [_people_win(tables["people"], structure, time, question) for time in _TIMES]

    def place(name: str, measures: Sequence[str], barrier: str, claimed: int) -> Callable[[str], Sequence[_Answer]]:
        return lambda structure: [_place(tables[name], structure, each, barrier, claimed) for each in measures]

    yield "People come before infrastructure.", "whole paths", people(PATHS)
    yield "People come before infrastructure.", "equal money", people(EQUAL)
    weighed = {"the next 20 billion": "relief-real", "full removal": "removal-real"}
    for barrier, sentence in _SENTENCES.items():
        for asked, name in weighed.items():
            ranked = _ranked(tables[name])
            if barrier in ranked:
                yield sentence, asked, place(name, _TIMES, barrier, 1 + ranked.index(barrier))
    use = (OUTCOMES[REAL_USE],)
    yield "Budget is the most influential.", "equal money", place("sobol-equal", use, "Budget", 1)
    yield "Budget is the most influential.", "equal percentages", place("sobol-percent", use, "Budget", 1)


def _ranked(table: Table) -> list[str]:
    """Return the barriers of a table in the order of the study, without those that raise the outcome by definition."""
    rows = {row[1] for row in table}
    return [barrier for barrier in _SENTENCES if barrier in rows]


def _verdict(answers: Sequence[_Answer]) -> str:
    """Return a word, and what was found year after year."""
    agreed = [sets for _, sets in answers]
    found = f"({'; '.join(text for text, _ in answers)})"
    if all(map(all, agreed)):
        return f"yes {found}"
    if not any(map(any, agreed)):
        return f"no {found}"
    whole = [time for time, sets in zip(_TIMES, agreed, strict=False) if all(sets)]
    return f"{' and '.join(whole) if whole else 'in one set'} {found}"


def _people_win(table: Table, structure: str, time: str, question: str) -> _Answer:
    won = cell(table, structure, time, question)
    return won.split("; ")[0], [share >= WON for share in figures(won)]


def _place(table: Table, structure: str, measure: str, barrier: str, claimed: int) -> _Answer:
    """Return which place a barrier takes in both sets by the figures of a table."""
    found = {each: figures(cell(table, structure, measure, each)) for each in _ranked(table)}
    places = [1 + sum(other[number] > mine for other in found.values()) for number, mine in enumerate(found[barrier])]
    return " / ".join(map(str, places)), [place == claimed for place in places]
