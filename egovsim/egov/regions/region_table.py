"""Members conditioned on a region's values, as sentences and tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from egovsim.analysis.measures import Spread
from egovsim.egov.labels import Labels
from egovsim.egov.regions.conditioning import RegionMatch, RegionMatches

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

FEW = 30
"""Below so many distinct members, quantiles are said to be rough."""


def region_report(found: RegionMatches, labels: Labels) -> Iterator[RenderableType]:
    """Yield what a region's values changed, structure by structure.

    Parameters
    ----------
    found : RegionMatches
        From `match_region`.
    labels : Labels
        The language.

    Yields
    ------
    RenderableType
        Lines and tables, for 80 columns.
    """
    from rich.text import Text

    profile = labels.label(found.region.profile)
    for of_structure in found.structures:
        named = {"structure": labels.structure(of_structure.structure), "seed": of_structure.prior.seed}
        yield Text(labels.text("region heading", profile=profile, **named), style="bold")
        if found.filtered:
            yield Text(labels.text("region filtered", profile=profile))
        yield from map(Text, _sentences(of_structure, labels))
        yield _values_table(of_structure, labels)
        yield from _moved(of_structure, labels)
        yield Text()


def _sentences(found: RegionMatch, labels: Labels) -> Iterator[str]:
    counts = {"runs": labels.number(found.runs, 0), "members": labels.number(len(found.prior), 0)}
    if found.match is None:
        yield labels.text("region none", together=labels.number(found.together, 2), **counts)
    else:
        accepted = {"accepted": labels.number(len(found.match), 0), "distinct": labels.number(found.match.distinct, 0)}
        yield labels.text("region passing", passing=labels.number(found.passing, 0), **accepted, **counts)
        if found.match.distinct < FEW:
            yield labels.text("region few")
    for value in found.values:
        if not value.reached:
            published = value.published
            yield labels.text(
                "region unreached",
                outcome=labels.outcome(published.outcome),
                year=published.year,
                value=labels.number(published.value, 2),
                nearest=labels.number(value.nearest, 2),
                tolerance=labels.number(published.tolerance, 2),
            )


def _values_table(found: RegionMatch, labels: Labels) -> Table:
    table = _table(
        *(labels.text(key) for key in ("published outcome", "published year", "published published")),
        *(labels.text(key) for key in ("region before", "region after")),
    )
    for value in found.values:
        published = value.published
        table.add_row(
            labels.outcome(published.outcome),
            str(published.year),
            labels.number(published.value, 2),
            _spread(value.before, labels, 2),
            _spread(value.after, labels, 2) if value.after is not None else "",
        )
    return table


def _moved(found: RegionMatch, labels: Labels) -> Iterator[RenderableType]:
    from rich.text import Text

    if found.match is None:
        return
    if not found.moved:
        yield Text(labels.text("region unmoved"))
        return
    yield Text(labels.text("region moved"))
    heads = ("region constant", "region before", "region after", "region distance")
    table = _table(*map(labels.text, heads))
    for constant in found.moved:
        cells = (_spread(spread, labels, 3) for spread in (constant.before, constant.after))
        table.add_row(labels.outcome(constant.name), *cells, labels.number(constant.distance, 2))
    yield table


def _table(*heads: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    return table


def _spread(values: Spread, labels: Labels, decimals: int) -> str:
    middle, low, high = (labels.number(value, decimals) for value in (values.p50, values.p05, values.p95))
    return f"{middle} ({low}\u2013{high})"
