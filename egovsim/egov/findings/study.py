"""What a finding is told of: the shipped model and region, under every structure, for two independent sets of members.

A finding holds when it holds under every structure and in both sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.member_selection import read_shipped_match
from egovsim.egov.defaults import MODEL, PROFILE
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.readers.read_model import read_model
from egovsim.simulation.files import read_profile

OUTCOMES: Mapping[str, str] = {
    REAL_USE: "real use index",
    INDEX: "SPBE-like index",
    "Active share[citizens]": "share of citizens online who use the services",
}
"""The outcomes that barriers are weighed by, and what tables call them."""
YEARS = (2035.0, 2045.0)
SEEDS = (0, 1)
"""Of the two sets of members that are shipped."""


@dataclass(frozen=True)
class Study:
    """The model, the region, and its accepted members.

    Parameters
    ----------
    model : Model
        The e-government model.
    profile : Profile
        The region.
    matches : mapping of (str, int) to Match
        Its members by structure and seed.
    """

    model: Model
    profile: Profile
    matches: Mapping[tuple[str, int], Match]

    @classmethod
    def shipped(cls, members: int | None = None) -> Study:
        """Read what the package ships.

        Parameters
        ----------
        members : int, optional
            How many of each set, the first ones; by default all.

        Returns
        -------
        Study
            Of South Sumatra, under every structure.
        """
        model, benchmark = read_model(MODEL), read_benchmark()
        matches: dict[tuple[str, int], Match] = {}
        for structure in benchmark.structures:
            for seed in SEEDS:
                match = read_shipped_match(model, benchmark, structure, seed=seed)
                matches[structure.name, seed] = match if members is None else match.first(members)
        return cls(model, read_profile(PROFILE), matches)

    @property
    def structures(self) -> tuple[str, ...]:
        """The names of the structures."""
        return tuple(dict.fromkeys(name for name, _ in self.matches))

    def sets(self, structure: str) -> list[Match]:
        """Return both sets of members under a structure.

        Parameters
        ----------
        structure : str
            One of `structures`.

        Returns
        -------
        list of Match
            In the order of `SEEDS`.
        """
        return [self.matches[structure, seed] for seed in SEEDS]
