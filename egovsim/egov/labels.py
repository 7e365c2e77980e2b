"""Labels and numbers the way Indonesian and English readers write them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal

from egovsim import library
from egovsim.analysis.history_matching.evidence import Structure
from egovsim.documentation.sidecar_files import NOT_VARIABLES, Entry
from egovsim.egov.comparison import Comparison
from egovsim.egov.outcomes import INDEX, PREDICATES
from egovsim.egov.ranking import rounded_share, share_step, two_figures
from egovsim.errors import unknown_name
from egovsim.model.inputs import PolicyPath, Profile, Scenario
from egovsim.names import canonical

Language = Literal["en", "id"]
LANGUAGES: tuple[Language, ...] = ("en", "id")
_SEPARATORS = str.maketrans(",.", ".,")
_PERCENTILES = ("p05", "p50", "p95")
_PURE_NUMBERS = ("dmnl", "dimensionless", "1", "")


@dataclass(frozen=True)
class Labels:
    """One language's words and numbers.

    Parameters
    ----------
    language : {"en", "id"}
        Which.
    texts : mapping
        Texts by key, each a table with ``en`` and ``id``.
    caveats : tuple of mapping
        What must be read with every comparison, likewise.
    outcomes : mapping
        By canonical name, a table with ``en``, ``id``, ``unit_en`` and ``unit_id``; what it lacks is
        called by the model's own name and unit.
    units : mapping
        By the model's unit, a table with ``en`` and ``id``.
    columns : mapping
        Heads of columns by their name in the CSV files, each a table with ``en`` and ``id``.
    """

    language: Language
    texts: Mapping[str, Entry]
    caveats: tuple[Entry, ...]
    outcomes: Mapping[str, Entry]
    units: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    columns: Mapping[str, Entry] = field(default_factory=dict[str, Entry])

    def text(self, key: str, **values: object) -> str:
        """Return a text with its gaps filled.

        Parameters
        ----------
        key : str
            As texts.toml calls it.
        **values : object
            What is filled in, by the name of the gap.

        Returns
        -------
        str
            In this language.
        """
        return self.texts[key][self.language].format(**values)

    def column(self, name: str) -> str:
        """Return the head of a column in words.

        Parameters
        ----------
        name : str
            As the CSV files have it, with or without a percentile: ``extra_cost_p95``.

        Returns
        -------
        str
            Its words, or the name's own where it has none.
        """
        base, _, percentile = name.rpartition("_")
        if percentile in _PERCENTILES:
            return f"{self.column(base)}, {self.text(percentile)}"
        entry = self.columns.get(name)
        return entry[self.language] if entry else name.replace("_", " ")

    def either(self, value: str | Mapping[str, str]) -> str:
        """Return a text that a file gives in one language or in both.

        Parameters
        ----------
        value : str or mapping of str to str
            As the file has it.

        Returns
        -------
        str
            In this language where there is one.
        """
        return value if isinstance(value, str) else value.get(self.language, next(iter(value.values()), ""))

    def label(self, item: Profile | PolicyPath | Scenario) -> str:
        """Return what a profile, policy or scenario is called.

        Parameters
        ----------
        item : Profile, PolicyPath or Scenario
            Whichever.

        Returns
        -------
        str
            Its label, or its name where it has none.
        """
        return item.label.get(self.language) or item.name

    def structure(self, structure: Structure) -> str:
        """Return what a structure is called.

        Parameters
        ----------
        structure : Structure
            One of the evidence.

        Returns
        -------
        str
            Its label, or its name where it has none.
        """
        return structure.label.get(self.language) or structure.name

    def family(self, family: str) -> str:
        """Return what a family of paths is called.

        Parameters
        ----------
        family : str
            ``money``, ``political`` or ``own``.

        Returns
        -------
        str
            Two or three words.
        """
        return self.text(f"family {family}").partition(":")[0]

    def members_sentence(self, comparison: Comparison) -> str:
        """Return how many members a comparison stands on, of how many tried, and under which structure.

        Parameters
        ----------
        comparison : Comparison
            Under one structure.

        Returns
        -------
        str
            A line.
        """
        accepted, tried = (self.number(count, 0) for count in (len(comparison.members), comparison.tried))
        structure = self.structure(comparison.structure)
        return self.text("accepted", accepted=accepted, tried=tried, seed=comparison.seed, structure=structure)

    def outcome(self, name: str) -> str:
        """Return what an outcome or input is called.

        Parameters
        ----------
        name : str
            As the model writes it.

        Returns
        -------
        str
            Its label, or the name where it has none.
        """
        return self.outcomes.get(canonical(name), {}).get(self.language, name)

    def unit(self, name: str, unit: str) -> str:
        """Return the unit of an outcome for an axis.

        Parameters
        ----------
        name : str
            As the model writes it.
        unit : str
            The model's own.

        Returns
        -------
        str
            A pure number without a label of its own is a share.
        """
        known = self.outcomes.get(canonical(name), {}).get(f"unit_{self.language}")
        if known is None:
            known = "" if canonical(unit) in _PURE_NUMBERS else self.units.get(unit, {}).get(self.language, unit)
        return known or self.text("share")

    def number(self, value: float, decimals: int = 2) -> str:
        """Write a number.

        Parameters
        ----------
        value : float
            In any unit.
        decimals : int
            How many are written.

        Returns
        -------
        str
            1,234.50 in English, 1.234,50 in Indonesian.
        """
        text = f"{value:,.{decimals}f}"
        if not text.strip("-0.,"):
            text = text.removeprefix("-")
        return text.translate(_SEPARATORS) if self.language == "id" else text

    def signed(self, value: float, decimals: int = 2) -> str:
        """Write a difference with its sign.

        Parameters
        ----------
        value : float
            In any unit.
        decimals : int
            How many are written.

        Returns
        -------
        str
            Zero has no sign.
        """
        text = self.number(value, decimals)
        return text if text.startswith("-") or not text.strip("0.,") else f"+{text}"

    def percent(self, share: float, decimals: int = 0) -> str:
        """Write a share as per cent.

        Parameters
        ----------
        share : float
            1 is all.
        decimals : int
            How many are written.

        Returns
        -------
        str
            With the sign.
        """
        return f"{self.number(100.0 * share, decimals)} %"

    def members_share(self, share: float, members: int) -> str:
        """Write a share of members, no finer than their number allows.

        Parameters
        ----------
        share : float
            1 is all.
        members : int
            How many there are.

        Returns
        -------
        str
            ``75 %``; ``> 95 %`` and ``< 5 %`` where rounding would say all or none and it is not so.
        """
        step, rounded = share_step(members), rounded_share(share, members)
        if rounded >= 1.0 > share:
            return f"> {self.percent(1.0 - step)}"
        if rounded <= 0.0 < share:
            return f"< {self.percent(step)}"
        return self.percent(rounded)

    def two_figures(self, value: float) -> str:
        """Write a sum of money to two figures.

        Parameters
        ----------
        value : float
            In any unit.

        Returns
        -------
        str
            1,200 for 1236, 47 for 46.8; ``-`` for what is infinite.
        """
        return self.number(two_figures(value), 0) if math.isfinite(value) else "-"

    def predicates(self) -> str:
        """Write the official predicates with their lower ends.

        Returns
        -------
        str
            One after the other.
        """
        return " / ".join(self.text(name, limit=self.number(limit, 1)) for name, limit in PREDICATES.items())

    def caveats_of(self, comparison: Comparison) -> list[str]:
        """Return what must be read with a comparison.

        Parameters
        ----------
        comparison : Comparison
            Its benchmark is named.

        Returns
        -------
        list of str
            The scale of the index last.
        """
        benchmark = self.label(comparison.benchmark)
        told = {"benchmark": benchmark, "published": self._published(comparison)}
        found = [caveat[self.language].format(**told) for caveat in self.caveats]
        return [*found, self.text("scale")]

    def _published(self, comparison: Comparison) -> str:
        """Return the published values of the index that members had to agree with, by place."""
        benchmark, values = comparison.members.benchmark, dict[str, list[str]]()
        for check in benchmark.rejecting:
            if check.outcome == INDEX and check.observed is not None and check.mean_over is not None:
                place = self.label(benchmark.profiles[check.place])
                values.setdefault(place, []).append(f"{self.number(check.observed)} ({check.mean_over[0]:g})")
        return "; ".join(f"{place} {', '.join(found)}" for place, found in values.items()) or self.text("none")


def read_labels(language: str) -> Labels:
    """Return the words of a language, with the labels that are shipped beside the model.

    Parameters
    ----------
    language : {"en", "id"}
        Which.

    Returns
    -------
    Labels
        For tables and pictures.

    Raises
    ------
    UnknownNameError
        When there is no such language.
    """
    for known in LANGUAGES:
        if language == known:
            words = tomllib.loads(resources.files("egovsim.egov").joinpath("texts.toml").read_text("utf-8"))
            shipped = tomllib.loads(library.read_bytes(library.root() / "labels.toml").decode("utf-8"))
            sections = [shipped[section] for section in shipped if section not in NOT_VARIABLES]
            outcomes = {canonical(name): entry for section in sections for name, entry in section.items()}
            caveats, units = tuple(words["caveats"]), shipped.get("units", {})
            return Labels(known, words["texts"], caveats, outcomes, units, words["columns"])
    raise unknown_name(language, LANGUAGES, what="a language of egovsim")
