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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import egovsim
from egovsim import (
    BARRIERS,
    Barrier,
    Effects,
    Match,
    binding,
    equal_money,
    library,
    proportional,
    read_benchmark,
    relief,
)
from egovsim.analysis import SobolIndices, read_match

Floats = NDArray[np.float64]

OUTCOMES = {
    "Real use index": "real use index",
    "SPBE-like index": "SPBE-like index",
    "Active share[citizens]": "share of citizens online who use the services",
}
YEARS = (2035.0, 2045.0)
SEEDS = (0, 1)
AMOUNT = 20.0
"""Extra money, in billion rupiah a year at prices of 2024."""
SINGLES = [(barrier,) for barrier in BARRIERS]
PAIRS = list(combinations(BARRIERS, 2))


@dataclass(frozen=True)
class Study:
    """The model, the region, and its accepted members by structure and seed."""

    model: egovsim.Model
    profile: egovsim.Profile
    matches: dict[tuple[str, int], Match]

    @classmethod
    def shipped(cls, members: int | None = None) -> Study:
        """Read what the package ships, of each set the first members only if so wanted."""
        model, benchmark = egovsim.read_model("egov"), read_benchmark()
        matches: dict[tuple[str, int], Match] = {}
        for structure in benchmark.structures:
            for seed in SEEDS:
                path = library.find("match", f"{structure.name}-{seed}")
                match = read_match(path, model, benchmark, structure)
                matches[structure.name, seed] = match if members is None else match.first(members)
        return cls(model, egovsim.read_profile("south-sumatra"), matches)

    @property
    def structures(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _ in self.matches))

    def sets(self, structure: str) -> list[Match]:
        return [self.matches[structure, seed] for seed in SEEDS]


Table = list[list[str]]
"""A row of headings and the rows below it."""


def relief_tables(study: Study) -> Iterator[tuple[str, Table]]:
    """Yield one table an outcome: what the same extra money for each barrier changes."""
    effects = {name: [_relief(study, match, SINGLES) for match in study.sets(name)] for name in study.structures}
    for outcome, label in OUTCOMES.items():
        rows: Table = [["structure", "barrier", *(cell for year in YEARS for cell in (f"by {year:.0f}", "best in"))]]
        for name, both in effects.items():
            columns = [column for year in YEARS for column in _relief_columns(both, outcome, year)]
            rows += [[name, barrier.label["en"], *cells] for barrier, *cells in zip(BARRIERS, *columns, strict=True)]
        yield f"Change of the {label}", rows


def _relief(study: Study, match: Match, sets: Sequence[tuple[Barrier, ...]]) -> Effects:
    return relief(
        study.model, study.profile, match, combinations=sets, outcomes=tuple(OUTCOMES), years=YEARS, amount=AMOUNT
    )


def _relief_columns(effects: Sequence[Effects], outcome: str, year: float) -> Iterator[list[str]]:
    """Yield the medians of both sets with the range of all members, and the shares in which each is best."""
    changes = [np.stack([effect.of(barrier, outcome, year) for barrier in SINGLES]) for effect in effects]
    both = np.concatenate(changes, axis=1)
    yield [
        f"{both_medians([change[number] for change in changes])} ({interval(both[number])})"
        for number in range(len(SINGLES))
    ]
    best = [change.argmax(axis=0) for change in changes]
    yield [shares([np.mean(first == number) for first in best]) for number in range(len(SINGLES))]


def pair_table(study: Study) -> Table:
    """Return what two barriers relieved together give, and how much of it neither gives alone."""
    rows: Table = [["structure", "pair", *(cell for year in YEARS for cell in (f"by {year:.0f}", "beyond the sum"))]]
    labels = [" + ".join(barrier.label["en"] for barrier in pair) for pair in PAIRS]
    for name in study.structures:
        effects = [_relief(study, match, [*SINGLES, *PAIRS]) for match in study.sets(name)]
        columns = [column for year in YEARS for column in _pair_columns(effects, year)]
        rows += [[name, label, *cells] for label, *cells in zip(labels, *columns, strict=True)]
    return rows


def _pair_columns(effects: Sequence[Effects], year: float) -> Iterator[list[str]]:
    whole = [[effect.of(pair, "Real use index", year) for effect in effects] for pair in PAIRS]
    parts = [
        [sum(effect.of((barrier,), "Real use index", year) for barrier in pair) for effect in effects] for pair in PAIRS
    ]
    yield [both_medians(together) for together in whole]
    yield [
        both_medians([change - added for change, added in zip(together, alone, strict=True)], signed="yes")
        for together, alone in zip(whole, parts, strict=True)
    ]


def binding_table(study: Study) -> Table:
    """Return in which share of members each barrier's relief helps most, term by term, under business as usual."""
    usual = [egovsim.read_policy("business-as-usual")]
    rows: Table = [["structure", "term", *(barrier.label["en"] for barrier in BARRIERS)]]
    for name in study.structures:
        found = [
            binding(study.model, study.profile, match, policies=usual, by="Real use index", until=YEARS[-1])
            for match in study.sets(name)
        ]
        for terms in zip(*found, strict=True):
            cells = [shares([term.best[barrier.name] for term in terms]) for barrier in BARRIERS]
            rows.append([name, f"{terms[0].first:.0f}-{terms[0].last:.0f}", *cells])
    return rows


def influence(study: Study, ask: Callable[..., SobolIndices], points: int) -> dict[str, list[SobolIndices]]:
    """Return the Sobol indices of both sets, by structure."""
    outcomes = [(name, year) for name in OUTCOMES for year in YEARS]
    return {
        name: [
            ask(study.model, study.profile, match, outcomes=outcomes, points=points, seed=seed)
            for seed, match in zip(SEEDS, study.sets(name), strict=True)
        ]
        for name in study.structures
    }


def influence_table(found: dict[str, list[SobolIndices]], year: float) -> Table:
    """Return total indices with their 5-95 % bootstrap intervals over both sets."""
    labels = {barrier.name: barrier.label["en"] for barrier in BARRIERS} | {"member": "all uncertain constants"}
    rows: Table = [["structure", "factor", *OUTCOMES.values()]]
    for name, both in found.items():
        for number, factor in enumerate(both[0].factors):
            cells = [_index(both, f"{outcome} in {year:g}", number) for outcome in OUTCOMES]
            rows.append([name, labels[factor], *cells])
    return rows


def _index(both: Sequence[SobolIndices], outcome: str, factor: int) -> str:
    place = [indices.outcomes.index(outcome) for indices in both]
    middle = " / ".join(f"{indices.total[row, factor]:.3f}" for indices, row in zip(both, place, strict=True))
    low = min(indices.total_interval[0, row, factor] for indices, row in zip(both, place, strict=True))
    high = max(indices.total_interval[1, row, factor] for indices, row in zip(both, place, strict=True))
    return f"{middle} ({low:.3f} to {high:.3f})"


def draw(found: dict[str, list[SobolIndices]], path: Path) -> None:
    """Draw the total indices of the barriers for the year 2035: a panel a structure, bars for both sets together."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True)
    for axes, (name, both) in zip(panels, found.items(), strict=True):
        for shift, (outcome, label) in enumerate(OUTCOMES.items()):
            rows = [indices.outcomes.index(f"{outcome} in {YEARS[0]:g}") for indices in both]
            middle = np.mean([indices.total[row, :-1] for indices, row in zip(both, rows, strict=True)], axis=0)
            low = np.min([indices.total_interval[0, row, :-1] for indices, row in zip(both, rows, strict=True)], axis=0)
            high = np.max(
                [indices.total_interval[1, row, :-1] for indices, row in zip(both, rows, strict=True)], axis=0
            )
            place = np.arange(len(BARRIERS)) + 0.27 * (shift - 1)
            axes.bar(place, middle, 0.25, yerr=[middle - low, high - middle], label=label, color=_COLOURS[shift])
        axes.set_title(f"{name} limits use")
        axes.set_xticks(
            range(len(BARRIERS)), [barrier.label["en"].replace(" ", "\n") for barrier in BARRIERS], fontsize=8
        )
    panels[0].set_ylabel("share of the variation in 2035\n(total Sobol index)")
    panels[0].legend(fontsize=8)
    figure.supxlabel("SPBE scale of PermenPANRB 59/2020, continued past 2025 for comparison", fontsize=8)
    figure.savefig(path, dpi=150)


_COLOURS = ("#332288", "#DDAA33", "#44AA99")


def both_medians(sets: Iterable[Floats], *, signed: str = "no") -> str:
    """Return the median of each set, as ``0.19 / 0.18``."""
    return " / ".join(
        f"{round(float(np.median(values)), 3) + 0.0:{'+' if signed == 'yes' else ''}.3f}" for values in sets
    )


def interval(values: Floats) -> str:
    """Return the range that nine of ten members lie in."""
    low, high = np.quantile(values, (0.05, 0.95)).round(2) + 0.0
    return f"{low:.2f} to {high:.2f}"


def shares(sets: Iterable[float]) -> str:
    """Return the share in each set, as ``71 / 73 %``."""
    return " / ".join(f"{100 * share:.0f}" for share in sets) + " %"


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
    for title, table in relief_tables(study):
        show(title, table)
    if full:
        show("Change of the real use index by pairs", pair_table(study))
    show("Best relief in each term of four years, real use index", binding_table(study))
    points = 2048 if full else 128
    equal = influence(study, equal_money, points)
    show(f"Share of the variation in {YEARS[0]:.0f}, by equal money", influence_table(equal, YEARS[0]))
    if full:
        percent = influence(study, proportional, points)
        show(f"Share of the variation in {YEARS[0]:.0f}, by the same percentage", influence_table(percent, YEARS[0]))
    if chart is not None:
        draw(equal, chart)
        print(f"\nwritten: {chart}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Equal money for each of the five barriers of the study.")
    parser.add_argument("--full", action="store_true", help="all members, pairs, and the proportional variant")
    parser.add_argument("--chart", type=Path, help="draw the shares of the variation into this file")
    options = parser.parse_args()
    main(full=options.full, chart=options.chart)
