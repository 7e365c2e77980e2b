"""What a test on a panel printed: coverage and errors beside those of simple predictors, and notes to read them by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from egovsim.egov.headed_table import headed_table
from egovsim.egov.panel.forecast import FEWEST
from egovsim.egov.panel.panel_test import PanelScore, PanelTest
from egovsim.egov.panel.predictors import PREDICTORS
from egovsim.egov.panel.quantities import GIVEN_YEAR
from egovsim.terminal import escaped

if TYPE_CHECKING:
    from rich.table import Table

_READING = (
    "Coverage is the share of published scores inside the model's intervals. Bias is the mean of predicted median less "
    "published score, error the mean absolute error of the median; both, and the errors of the simple predictors, in "
    "points of the scale from 1 to 5."
)
_NOTHING = "–"


def panel_report(test: PanelTest) -> Iterator[str | Table]:
    """Return what is printed of a test, part by part.

    Parameters
    ----------
    test : PanelTest
        From `panel_test`.

    Yields
    ------
    str or rich.table.Table
        In the order in which they are read.
    """
    yield from map(escaped, test.panel.notices)
    counts = ", ".join(f"{number:,} members of {level}" for level, number in test.members.items())
    structures = ", ".join(test.accepted)
    yield (
        f"{len(test.panel.places)} places, predicted from the index of {GIVEN_YEAR} alone ({counts}; "
        f"structures: {structures})"
    )
    yield ""
    scores = test.scores()
    yield panel_table(scores)
    yield ""
    yield _verdict(scores)
    yield _READING
    yield _reach(test)
    yield from _sample_notes(test)


def panel_table(scores: Sequence[PanelScore]) -> Table:
    """Return scores as a table.

    Parameters
    ----------
    scores : sequence of PanelScore
        From `PanelTest.scores`.

    Returns
    -------
    rich.table.Table
        A row for each year and quantity.
    """
    heads = ("50 %\ncovers", "90 %\ncovers", "bias", "error", *(f"error:\n{name}" for name in PREDICTORS))
    table = headed_table(("year", "quantity"), heads)
    for score in scores:
        year, quantity = score.cell
        simple = [
            f"{score.simple_errors[name]:.2f}" if name in score.simple_errors else _NOTHING for name in PREDICTORS
        ]
        covered = [f"{100 * share:.0f} %" for share in (score.coverage_50, score.coverage_90)]
        table.add_row(str(year), quantity, *covered, f"{score.bias:+.2f}", f"{score.error:.2f}", *simple)
    return table


def _verdict(scores: Sequence[PanelScore]) -> str:
    """Say where the model does better than every simple predictor, and by how much it does not elsewhere."""
    better = [score for score in scores if score.error < score.best_simple]
    others = [score for score in scores if score not in better]
    text = f"The model's error is below that of every simple predictor in {len(better)} of {len(scores)} rows"
    if not others:
        return f"{text}."
    behind = ", ".join(f"{score.cell[1]} {score.cell[0]} by {score.error - score.best_simple:.2f}" for score in others)
    return f"{text}; elsewhere the best of them is better: {behind}."


def _reach(test: PanelTest) -> str:
    far = [place.name for place, far in zip(test.panel.places, test.forecast.far, strict=True) if far]
    if not far:
        return f"At least {FEWEST} effective members come near the given index of every place."
    shown = f"{', '.join(far[:5])}{f' and {len(far) - 5} more' if len(far) > 5 else ''}"
    return (
        f"Out of the members' reach: {len(far)} of {len(test.panel.places)} places ({escaped(shown)}); "
        f"the {FEWEST} members nearest to the given index stand for each."
    )


def _sample_notes(test: PanelTest) -> Iterator[str | Table]:
    """Say which places the simple predictors and the discrepancies have seen, and what the others show."""
    places, known, calibrated = len(test.panel.places), int(test.in_sample.sum()), int(test.calibrated.sum())
    if not known:
        yield "No place is one of the shipped panel, which line, offsets and discrepancies come from."
        return
    yield (
        f"{known} of {places} places are in the shipped panel, in sample for line and offsets: each is left out of the "
        f"line and the offsets that predict it. The model's discrepancies were calibrated on {calibrated} of them."
    )
    if calibrated < places:
        yield ""
        yield f"The {places - calibrated} places that nothing was calibrated on:"
        yield ""
        yield panel_table(test.scores(held_out=True))
