"""Which of the five barriers of the study matters most in South Sumatra, if each is given the same money?

The study names human resources, security, the digital divide, culture and budget, in this order, and calls budget the
most influential. Here the question is put to the model, under both readings of why installed systems lie idle
("skill" and "interest") and for two independent sets of members. Run it with

    python five_barriers.py [--full] [--chart FILE]

A figure such as 0.19 / 0.18 stands for the two sets. "best in" is the share of members in which a barrier's relief
helps more than that of any other.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from egovsim.egov.barriers import AMOUNT
from egovsim.egov.findings.barrier_tables import binding_table, money_tables, pair_table
from egovsim.egov.findings.cells import Table
from egovsim.egov.findings.influence_chart import draw_influence
from egovsim.egov.findings.influence_tables import influence, influence_table
from egovsim.egov.findings.study import YEARS, Study
from egovsim.egov.influence import equal_money, proportional


def show(title: str, table: Table) -> None:
    """Print a table in columns."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    print(f"\n{title}")
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def main(*, full: bool, chart: Path | None) -> None:
    """Print the tables, for a few members or for all."""
    study = Study.shipped(None if full else 48)
    counts = ", ".join(f"{len(match)} ({name}, set {seed})" for (name, seed), match in study.matches.items())
    print(f"members: {counts}; extra money: {AMOUNT:g} billion rupiah a year from 2026")
    for title, table in money_tables(study):
        show(title, table)
    if full:
        show("Change of the real use index by pairs", pair_table(study))
    show("Best relief in each term of four years, real use index", binding_table(study))
    points = 2048 if full else 128
    equal = influence(study, equal_money, points)
    show(f"Share of the variation in {YEARS[0]:.0f}, by equal money", influence_table(equal))
    if full:
        percent = influence(study, proportional, points)
        show(f"Share of the variation in {YEARS[0]:.0f}, by the same percentage", influence_table(percent))
    if chart is not None:
        draw_influence(equal, chart)
        print(f"\nwritten: {chart}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Equal money for each of the five barriers of the study.")
    parser.add_argument("--full", action="store_true", help="all members, pairs, and the proportional variant")
    parser.add_argument("--chart", type=Path, help="draw the shares of the variation into this file")
    options = parser.parse_args()
    main(full=options.full, chart=options.chart)
