"""The five barriers of the study, and the input of the model through which extra money relieves each.

The study of South Sumatra names five barriers: human resources, security, the digital divide, culture and budget
(Siska Aprilia, 2020, master's thesis "Tantangan Penerapan e-Government Dalam Pelayanan Publik"). Relieving one is
spending more on it and on nothing else; relieving the budget is the same money without purpose bound, which goes to
upkeep and to every item by the shares of the day. Training needs places as well as money, so extra money for human
resources brings the places that it pays for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from egovsim.errors import unknown_name
from egovsim.public import set_module

AMOUNT = 20.0
"""Extra money, in billion rupiah a year at prices of 2024: about a sixth of what South Sumatra spends in the model."""
FIRST_YEAR = 2026.0
"""From when on extra money comes: when the shipped policies start."""
PLACES, STAFF, TRAINING_COST = "Training places", "Staff", "Training cost"


@set_module("egovsim")
@dataclass(frozen=True)
class Barrier:
    """Something that extra money can relieve.

    Parameters
    ----------
    name : str
        Short, for code and tables.
    money : str
        The model's input that takes the extra money.
    label : mapping of str to str
        In English and Indonesian.
    needs_places : bool
        Whether training places come with the money, without which it would return to the treasury.
    """

    name: str
    money: str
    label: Mapping[str, str] = field(compare=False)
    needs_places: bool = False


HR = Barrier("hr", "Extra money for HR", {"en": "Human resources", "id": "Sumber daya manusia"}, needs_places=True)
SECURITY = Barrier("security", "Extra money for security", {"en": "Security", "id": "Keamanan"})
DIVIDE = Barrier("divide", "Extra money for access", {"en": "Digital divide", "id": "Kesenjangan digital"})
CULTURE = Barrier("culture", "Extra money for culture", {"en": "Culture", "id": "Budaya kerja"})
BUDGET = Barrier("budget", "Extra money unearmarked", {"en": "Budget", "id": "Anggaran"})
BARRIERS = (HR, SECURITY, DIVIDE, CULTURE, BUDGET)
"""In the order of the study."""
INFRASTRUCTURE = Barrier(
    "infrastructure", "Extra money for infrastructure", {"en": "Infrastructure", "id": "Infrastruktur"}
)
"""No barrier of the study, which finds the infrastructure in place; what it is weighed against."""


def barrier(name: str) -> Barrier:
    """Return the barrier of a name.

    Parameters
    ----------
    name : str
        The short one.

    Returns
    -------
    Barrier
        One of `BARRIERS`, or `INFRASTRUCTURE`.

    Raises
    ------
    UnknownNameError
        With the nearest names.
    """
    known = {known.name: known for known in (*BARRIERS, INFRASTRUCTURE)}
    if name not in known:
        raise unknown_name(name, known, what="a barrier")
    return known[name]
