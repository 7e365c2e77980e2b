"""Tests that no program can run: what a person must ask (Forrester and Senge 1980; Sterman 2000, chapter 21)."""

from __future__ import annotations

from collections.abc import Iterator

from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Verdict, counted


def manual_verdicts(subject: Subject) -> Iterator[Verdict]:
    """List the tests that a person must do, with what there is to look at.

    Parameters
    ----------
    subject : Subject
        The model and its declarations.

    Yields
    ------
    Verdict
        None of them passed or failed.
    """
    model = subject.model
    outside = len(model.inputs)
    inside = len(model) - outside
    yield Verdict(
        "boundary adequacy", "structure", "not automatic",
        f"{counted(outside, 'input')} from outside, {counted(inside, 'variable')} inside",
        "go through the inputs: is any of them moved, in reality, by something inside?",
    )  # fmt: skip
    yield Verdict(
        "structure confirmed", "structure", "not automatic",
        f"{counted(len(model.stocks), 'stock')}, {counted(len(subject.declarations.loops), 'declared loop')}",
        "have people who know the system read the diagram and each equation.",
    )  # fmt: skip
    yield Verdict(
        "parameters confirmed", "structure", "not automatic",
        counted(outside, "input"),
        "ask of each constant: does it exist in reality, and where is its value from?",
    )  # fmt: skip
    yield Verdict(
        "surprising behaviour", "behaviour", "not automatic", "",
        "follow up every behaviour nobody expected: a fault of the model, or one of the expectation?",
    )  # fmt: skip
    yield Verdict(
        "system improvement", "policy", "not automatic", "",
        "look, years later, whether what was decided with the model did what the model said.",
    )  # fmt: skip
