"""Which of the five barriers of the study matters most in South Sumatra, if each is given the same money?

The study names human resources, security, the digital divide, culture and budget, in this order, and calls budget the
most influential. Here the question is put to the model, under each of its rival structures and for two independent sets
of members. Run it with

    python five_barriers.py [--full] [--chart FILE]

A figure such as 0.19 / 0.18 stands for the two sets. "70 / 68 % best" is the share of members in which extra money for
the barrier helps more than that for any other.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import egovsim


def show(title: str, table: list[list[str]]) -> None:
    """Print a table in columns."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    print(f"\n{title}")
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Equal money for each of the five barriers of the study.")
    parser.add_argument("--full", action="store_true", help="all members, pairs, and the proportional variant")
    parser.add_argument("--chart", type=Path, help="draw the shares of the variation into this file")
    options = parser.parse_args()
    for title, table in egovsim.barrier_findings(
        members=None if options.full else 48, full=options.full, chart=options.chart
    ):
        show(title, table)
    if options.chart is not None:
        print(f"\nwritten: {options.chart}")
