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
from egovsim.model.interventions.replacement import Replacement
from egovsim.public import set_module

AMOUNT = 20.0
"""Extra money, in billion rupiah a year at prices of 2024: about a sixth of what South Sumatra spends in the model."""
FIRST_YEAR = 2026.0
"""From when on extra money comes: when the shipped policies start."""
PLACES, STAFF, TRAINING_COST = "Training places", "Staff", "Cost of a trainee"


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
    state : str
        The model's variable that tells how far the barrier is overcome.
    removal : Replacement or None
        What others read when the barrier is gone; None where that is its money at the top of its range.
    """

    name: str
    money: str
    label: Mapping[str, str] = field(compare=False)
    needs_places: bool = False
    state: str = ""
    removal: Replacement | None = None


HR = Barrier(
    "hr",
    "Extra money for HR",
    {"en": "Human resources", "id": "Sumber daya manusia"},
    needs_places=True,
    state="HR capacity",
    removal=Replacement("Digitally skilled staff", STAFF, unchanged_readers=(STAFF,)),
)
"""Removed, all staff are skilled for whoever needs skill; who is trained, leaves and forgets is counted as ever."""
SECURITY = Barrier(
    "security",
    "Extra money for security",
    {"en": "Security", "id": "Keamanan"},
    state="Security maturity",
    removal=Replacement("Security maturity", 1.0, unchanged_readers=("Security upkeep need",)),
)
"""Removed, maturity is full; upkeep is paid for the maturity that was built, since nobody pays for the other."""
DIVIDE = Barrier(
    "divide",
    "Extra money for access",
    {"en": "Digital divide", "id": "Kesenjangan digital"},
    state="Internet penetration",
    removal=Replacement("Joining the internet", "People offline", within_a_step=True),
)
"""Removed, all who are offline join at once, so that clients of the services are those online here as ever."""
CULTURE = Barrier(
    "culture",
    "Extra money for culture",
    {"en": "Culture", "id": "Budaya kerja"},
    state="Cultural change",
    removal=Replacement("Cultural change", 1.0),
)
"""Removed, all work is digital for whoever reads it."""
BUDGET = Barrier("budget", "Extra money unearmarked", {"en": "Budget", "id": "Anggaran"}, state="Core budget")
"""Removed, money without purpose bound is at the top of its range."""
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
