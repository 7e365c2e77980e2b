"""A small office that trains its staff, whole or with a fault on purpose, and what is declared about it."""

from __future__ import annotations

from typing import Literal

from egovsim.testing.xmile_text import auxiliary, bounds, flow, stock, units, xmile

Fault = Literal["", "leak", "share", "hidden money", "unit", "step", "sign"]

DECLARATIONS = """
shares = ["Coverage"]
non_negative = ["Novices", "Experts"]

[[conserved]]
name = "staff"
stocks = ["Novices", "Experts"]
inflows = ["Hiring"]
outflows = ["Quitting"]

[[response]]
name = "money trains"
input = "Training budget"
output = "Experts"
at = 1.0

[[extreme]]
name = "nobody pays"
set = { "Training budget" = 0.0 }
zero = ["Training"]
never_rising = ["Experts"]

[[loop]]
name = "places are filled"
polarity = "B"
variables = ["Novices", "Vacancies", "Hiring"]
"""


def office(fault: Fault = "") -> str:
    """Return the file of the office.

    Each fault is one that the values in the file do not show: the leak and the share need more money, the step a
    quicker office.
    """
    coverage = "Experts / Needed_experts" if fault == "share" else "MIN(1.0, Experts / Needed_experts)"
    money = "(Training_budget + 5.0)" if fault == "hidden money" else "Training_budget"
    cost = "million rupiah" if fault == "unit" else "million rupiah/persons"
    vacancies = "Novices - Places + Experts" if fault == "sign" else "Places - Novices - Experts"
    ready = "Graduates" if fault == "leak" else "Training"
    return xmile(
        stock("Novices", 60.0, inflows=["Hiring"], outflows=["Training"], inside=units("persons")),
        stock("Experts", 20.0, inflows=[ready], outflows=["Quitting"], inside=units("persons")),
        flow("Hiring", "Vacancies / Time_to_hire", inside=units("persons/year")),
        flow("Training", f"MIN(Novices / Shortest_course, {money} / Cost_of_a_course)", inside=units("persons/year")),
        flow("Graduates", "MIN(Training, Largest_class)", inside=units("persons/year")) if fault == "leak" else "",
        flow("Quitting", "Experts * Quit_rate", inside=units("persons/year")),
        auxiliary("Vacancies", vacancies, inside=units("persons")),
        auxiliary("Coverage", coverage, inside=units("dmnl")),
        auxiliary("Places", 100.0, inside=units("persons") + bounds(80.0, 150.0)),
        auxiliary("Needed experts", 60.0, inside=units("persons") + bounds(30.0, 90.0)),
        auxiliary("Training budget", 40.0, inside=units("million rupiah/year") + bounds(0.0, 400.0)),
        auxiliary("Cost of a course", 8.0, inside=units(cost) + bounds(4.0, 16.0)),
        auxiliary("Quit rate", 0.1, inside=units("1/year") + bounds(0.02, 0.3)),
        auxiliary("Shortest course", 1.0, inside=units("years") + bounds(1.0, 3.0)),
        auxiliary("Time to hire", 1.0, inside=units("years") + bounds(0.01 if fault == "step" else 1.0, 2.0)),
        auxiliary("Largest class", 20.0, inside=units("persons/year") + bounds(20.0, 20.0)) if fault == "leak" else "",
        dt=0.03125,
    )
