"""What validation found: one verdict a test, never a single mark for the whole model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from egovsim.errors import unknown_name
from egovsim.public import set_module

Outcome = Literal["passed", "failed", "not automatic"]
Family = Literal["structure", "structure and behaviour", "behaviour", "policy"]

RESULTS: tuple[Outcome, ...] = ("passed", "failed", "not automatic")
FAMILIES: tuple[Family, ...] = ("structure", "structure and behaviour", "behaviour", "policy")
"""The order of tests that Barlas (1996, "Formal aspects of model validity and validation in system dynamics") asks
for: structure before behaviour; tests of policy implications are of Forrester and Senge (1980)."""


@set_module("egovsim.validation")
@dataclass(frozen=True)
class Verdict:
    """What became of one test.

    Parameters
    ----------
    test : str
        Its name, unique within a validation.
    family : {"structure", "structure and behaviour", "behaviour", "policy"}
        What kind of test it is.
    result : {"passed", "failed", "not automatic"}
        The last where a person must decide, or must declare something first.
    figures : str
        What was seen, in numbers.
    remedy : str
        What to do next; empty where the test passed.
    numbers : mapping of str to float
        The figures for a program.
    """

    test: str
    family: Family
    result: Outcome
    figures: str
    remedy: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict[str, float])


@set_module("egovsim")
@dataclass(frozen=True)
class Validation:
    """All verdicts on one model.

    Parameters
    ----------
    model : str
        Name of its file, or of the model.
    verdicts : tuple of Verdict
        In the order of their families.
    """

    model: str
    verdicts: tuple[Verdict, ...]

    def __getitem__(self, test: str) -> Verdict:
        """Return the verdict of a test; raise `UnknownNameError` with the nearest names when there is none."""
        for verdict in self.verdicts:
            if verdict.test == test:
                return verdict
        raise unknown_name(test, [verdict.test for verdict in self.verdicts], what="a test of this validation")

    def with_result(self, result: Outcome) -> tuple[Verdict, ...]:
        """Return the verdicts of one result.

        Parameters
        ----------
        result : {"passed", "failed", "not automatic"}
            Which.

        Returns
        -------
        tuple of Verdict
            In their order.
        """
        return tuple(verdict for verdict in self.verdicts if verdict.result == result)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The tests that failed."""
        return self.with_result("failed")

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.with_result(result))} {result}" for result in RESULTS)
        return f"{self.model}: {counts}"


def named_few(names: Iterable[str], *, most: int = 3) -> str:
    """Name the first few of some names, and say how many more there are.

    Parameters
    ----------
    names : iterable of str
        Each is named once.
    most : int
        How many are named.

    Returns
    -------
    str
        ``"Staff", "Money" and 3 more``.
    """
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(f'"{name}"' for name in found[:most]) + more


def counted(number: int, what: str) -> str:
    """Write a number with what it counts.

    Parameters
    ----------
    number : int
        How many.
    what : str
        One of them; several are called by it and an s.

    Returns
    -------
    str
        ``1 run``, ``2 runs``.
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
