"""The runs that most tests look at: the base run, the regions of the family, random members and accepted members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from egovsim.validation.ensembles import Ensemble, Measure, random_members, run_ensemble
from egovsim.validation.subject import Subject

BASE, RANDOM, ACCEPTED = "the base run", "random members", "accepted members, "
"""What the members of an ensemble are; of accepted members, the beginning."""

Ensembles = Sequence[tuple[str, Ensemble]]
"""Ensembles, each with what its members are."""


def standard_ensembles(subject: Subject, measures: Mapping[str, Measure]) -> Ensembles:
    """Run the base run, every region of the family, random members and accepted members.

    Parameters
    ----------
    subject : Subject
        The model, and what there is of regions and members.
    measures : mapping of str to callable
        What is measured of each run, by name.

    Returns
    -------
    sequence of (str, Ensemble)
        What the members are, and their runs; `BASE` is the first.
    """
    found = [(BASE, run_ensemble(subject, measures=measures))]
    found += [(profile.name, run_ensemble(subject, profile=profile, measures=measures)) for profile in subject.family]
    design = random_members(subject)
    if design is not None:
        found.append((RANDOM, run_ensemble(subject, design, measures=measures)))
    for members in subject.accepted:
        ensemble = run_ensemble(subject, members.design, constants=members.constants, measures=measures)
        found.append((f"{ACCEPTED}{members.name}", ensemble))
    return found


def member_text(what: str, member: int) -> str:
    """Write which run of an ensemble is meant.

    Parameters
    ----------
    what : str
        What the ensemble's members are.
    member : int
        The number of one of them.

    Returns
    -------
    str
        ``the base run``, ``random member 3``, or the region.
    """
    if what == RANDOM:
        return f"random member {member}"
    return f"member {member} of {what}" if what.startswith(ACCEPTED) else what
