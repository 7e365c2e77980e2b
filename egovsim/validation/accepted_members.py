"""The members that evidence was matched with, where the model has them: plausible constants, not any in range."""

from __future__ import annotations

from egovsim.analysis.history_matching.member_selection import select_members
from egovsim.errors import UnknownNameError
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.validation.subject import Members

_COUNT = 100


def accepted_members(model: Model, profile: Profile) -> tuple[Members, ...]:
    """Return the shipped members that agree with the evidence, one set a structure.

    Parameters
    ----------
    model : Model
        The model of now.
    profile : Profile
        The region that they are for.

    Returns
    -------
    tuple of Members
        Empty where the shipped evidence speaks of another model.

    Raises
    ------
    DataError
        When the members were accepted under an earlier version of this model; it names the command that makes new ones.
    """
    try:
        selection = select_members(model, members=_COUNT)
    except UnknownNameError:  # the evidence speaks of another model
        return ()
    return tuple(
        Members(f'structure "{name}"', match.design(profile), match.constants)
        for name, match in selection.matches.items()
    )
