"""A region's own published values of the index and its domains: read from a file, and checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from egovsim import library
from egovsim.egov.outcomes import (
    DOMAIN_WEIGHTS,
    DOMAINS,
    FIRST_SPBE_YEAR,
    INDEX,
    WEIGHT_TOLERANCE,
    contradicts_domains,
    weighted_domains,
)
from egovsim.errors import DataError, ValueRangeError
from egovsim.model.inputs import Profile
from egovsim.model.metrics import Metric, mean_over
from egovsim.public import set_module
from egovsim.simulation.files import read_profile
from egovsim.toml import Table, read_table

INDEX_TOLERANCE = 0.2 + 0.15
"""How far a member's index may lie from a published one: scatter of evaluations, and what a coarse model may miss."""
DOMAIN_TOLERANCE = 0.3 + 0.5
"""The same for a domain: few indicators stand behind it, so that one document moves it far."""


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class PublishedYear:
    """The values of one year.

    Parameters
    ----------
    year : int
        The calendar year that was evaluated.
    index : float
        On the scale from 1 to 5.
    domains : mapping of str to float
        By ``"policy"``, ``"governance"``, ``"management"`` and ``"services"``; those that are known.
    """

    year: int
    index: float
    domains: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class PublishedValue:
    """One published value, and what of the model it is held against.

    Parameters
    ----------
    outcome : str
        The model's variable.
    year : int
        The calendar year whose mean is compared.
    value : float
        What was published.
    tolerance : float
        How far a member may lie from it.
    """

    outcome: str
    year: int
    value: float
    tolerance: float

    @property
    def metric(self) -> Metric:
        """The mean of the calendar year in a run."""
        return mean_over(self.outcome, float(self.year), self.year + 1.0)


@set_module("egovsim")
@dataclass(frozen=True)
class PublishedValues:
    """A region and its own published values.

    Parameters
    ----------
    profile : Profile
        The region.
    years : tuple of PublishedYear
        In order of time.
    profile_source : str
        The shipped name or the file of the profile.
    """

    profile: Profile
    years: tuple[PublishedYear, ...]
    profile_source: str = ""

    def values(self, domains: Mapping[str, str] = DOMAINS) -> tuple[PublishedValue, ...]:
        """Return every value with what of the model it is held against.

        Parameters
        ----------
        domains : mapping of str to str
            The model's outcome of each domain.

        Returns
        -------
        tuple of PublishedValue
            By year, the index first.
        """
        found: list[PublishedValue] = []
        for row in self.years:
            found.append(PublishedValue(INDEX, row.year, row.index, INDEX_TOLERANCE))
            found += [
                PublishedValue(domains[name], row.year, value, DOMAIN_TOLERANCE) for name, value in row.domains.items()
            ]
        return tuple(found)


def read_published_values(path: str | Path) -> PublishedValues:
    """Read a region's published values from a TOML file.

    Parameters
    ----------
    path : str or Path
        A file with ``profile``, a shipped name or a file beside it, and ``[[published]]`` entries of ``year``,
        ``index`` and, where they are known, ``policy``, ``governance``, ``management`` and ``services``.

    Returns
    -------
    PublishedValues
        In order of time.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError(
            f'{file}: there is no such file; write one with profile = "NAME or file" and [[published]] entries.'
        )
    root, _ = read_table(file)
    root.only(("profile", "published"), what="a file of a region's values")
    named = root.text("profile")
    source = named if library.is_name(named) else str(file.parent / named)
    profile = read_profile(source)
    entries = root.tables("published")
    if not entries:
        raise DataError(f"{root.file}: there is no [[published]] in this file; give each year's values one.")
    years: dict[int, PublishedYear] = {}
    for table in entries:
        row = _year(table)
        if row.year in years:
            raise DataError(f"{table.place('year')}: there are two values for {row.year}; keep one of them.")
        years[row.year] = row
    return PublishedValues(profile, tuple(years[year] for year in sorted(years)), source)


def _year(table: Table) -> PublishedYear:
    table.only(("year", "index", *DOMAIN_WEIGHTS, "source", "note"), what="a region's published values")
    number = table.number("year")
    if number != int(number) or number < FIRST_SPBE_YEAR:
        raise ValueRangeError(
            f"{table.place('year')} is {number:g}; the index was first published for {FIRST_SPBE_YEAR}, so give a "
            f"whole year from {FIRST_SPBE_YEAR} on, or drop the entry."
        )
    domains = {name: _score(table, name) for name in DOMAIN_WEIGHTS if name in table.values}
    if "index" not in table.values:
        missing = f"the {' and '.join(domains)} domain without its index" if domains else "no index"
        raise DataError(f"{table.place()}: {number:g} has {missing}; add index = the published value of that year.")
    row = PublishedYear(int(number), _score(table, "index"), domains)
    _check_adds_up(row, table)
    return row


def _score(table: Table, key: str) -> float:
    value = table.number(key)
    if not 1.0 <= value <= 5.0:
        raise ValueRangeError(
            f"{table.place(key)} is {value:g}; the scale goes from 1 to 5: give the published value, such as 2.62."
        )
    return value


def _check_adds_up(row: PublishedYear, table: Table) -> None:
    if len(row.domains) < len(DOMAIN_WEIGHTS):
        return
    if contradicts_domains(row.index, row.domains):
        weighted = weighted_domains(row.domains)
        raise DataError(
            f"{table.place('index')} is {row.index:g}, and the four domains of {row.year} make {weighted:.2f} with "
            f"their official weights; they contradict each other by more than rounding ({WEIGHT_TOLERANCE:g}): "
            "correct one of them."
        )
