"""The questions about a region, in the language of whoever answers them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from egovsim.egov.defaults import LANGUAGE
from egovsim.errors import UnknownNameError, unknown_name
from egovsim.model.model import Model
from egovsim.names import nearest

Kind = Literal["text", "number", "year", "word"]
YEARS = (2003.0, 2025.0)
"""The years of a profile's history, which ends where policies begin."""


@dataclass(frozen=True)
class Question:
    """One question of `egovsim profile new`.

    Parameters
    ----------
    key : str
        How options and files of answers call it.
    kind : {"text", "number", "year", "word"}
        What an answer is.
    ask, unit, where : str
        What is meant, in which unit, and where such a figure is found.
    scale : float
        An answer times this is in the model's unit.
    possible : tuple of float or None
        What can be taken at all, in the question's unit.
    plausible : tuple of float or None
        What needs no second look, in the question's unit.
    sets, reports, history, since : str
        The variable that the answer sets, is looked at beside, is the last level of, or begins.
    used : bool
        Whether an answer that is looked at beside a result also sets something.
    year : float
        Of a reported figure.
    multiplier : str
        The constant that multiplies the history.
    spread : tuple of float
        How far a stated level may be off, as multiples of it.
    words : mapping of str to float
        What the words stand for.
    """

    key: str
    kind: Kind
    ask: str
    where: str
    unit: str = ""
    scale: float = 1.0
    possible: tuple[float, float] | None = None
    plausible: tuple[float, float] | None = None
    sets: str = ""
    reports: str = ""
    used: bool = False
    history: str = ""
    since: str = ""
    year: float = 0.0
    multiplier: str = ""
    spread: tuple[float, float] = (1.0, 1.0)
    words: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def only_beside(self) -> bool:
        """Whether the answer only stands beside the result: without it nothing is assumed."""
        return bool(self.reports) and not self.used


@dataclass(frozen=True)
class Questionnaire:
    """All questions and words in one language."""

    questions: tuple[Question, ...]
    words: Mapping[str, str]

    def question(self, key: str) -> Question:
        """Return a question by its key.

        Parameters
        ----------
        key : str
            As options and files of answers call it.

        Returns
        -------
        Question
            One of `questions`.

        Raises
        ------
        UnknownNameError
            Where there is none.
        """
        for question in self.questions:
            if question.key == key:
                return question
        keys = nearest(key, self.keys) or self.keys
        raise UnknownNameError(self.say("error_question", text=key, keys=", ".join(f'"{other}"' for other in keys)))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in the order of the questions."""
        return tuple(question.key for question in self.questions)

    def say(self, key: str, /, **values: object) -> str:
        """Return a text with its gaps filled.

        Parameters
        ----------
        key : str
            As questions.toml calls it.
        **values : object
            What is filled in, by the name of the gap.

        Returns
        -------
        str
            In the language of the questions.
        """
        return self.words[key].format(**values)

    def number(self, value: float | str) -> str:
        """Write a number as readers of this language do, so that it can be typed again.

        Parameters
        ----------
        value : float or str
            A number, or one that was written with a decimal point.

        Returns
        -------
        str
            Without marks between thousands.
        """
        text = value if isinstance(value, str) else number_text(value)
        return text.replace(".", self.words["point"])

    def span(self, question: Question, ends: tuple[float, float]) -> str:
        """Write a range in a question's unit.

        Parameters
        ----------
        question : Question
            One of `questions`.
        ends : tuple of float
            The lowest value and the highest.

        Returns
        -------
        str
            In the language of the questions.
        """
        low, high = map(self.number, ends)
        return self.say("span", low=low, high=high, unit=question.unit).rstrip()

    def without_answer(self, question: Question, template: str, taken: Mapping[str, float]) -> str:
        """Return what is plausible as an answer, and what is taken where none is given.

        Parameters
        ----------
        question : Question
            One of `questions`.
        template : str
            What the template is called.
        taken : mapping of str to float
            By the question's key, what the template stands for, in the question's unit.

        Returns
        -------
        str
            One line or two.
        """
        plausible = ""
        if question.plausible is not None:
            plausible = self.say("plausible", span=self.span(question, question.plausible)) + "\n"
        if question.kind == "text" or question.only_beside:
            return plausible + self.say("default_none")
        if question.key in taken:
            value = self.number(taken[question.key])
            return plausible + self.say("default_value", value=value, template=template)
        return plausible + self.say("default", template=template)


def read_questionnaire(model: Model, language: str = LANGUAGE) -> Questionnaire:
    """Return the questions in a language; what is possible comes from the ranges of the model.

    Parameters
    ----------
    model : Model
        The e-government model.
    language : {"en", "id"}
        Of questions and texts.

    Returns
    -------
    Questionnaire
        In the order in which they are asked.

    Raises
    ------
    UnknownNameError
        When the language is neither ``"en"`` nor ``"id"``.
    """
    text = resources.files("egovsim.egov.regions").joinpath("questions.toml").read_text("utf-8")
    content = tomllib.loads(text)
    if language not in content["words"]:
        raise unknown_name(language, content["words"], what="a language of egovsim")
    return Questionnaire(
        tuple(_question(entry, language, model) for entry in content["question"]), content["words"][language]
    )


def _question(entry: Mapping[str, Any], language: str, model: Model) -> Question:
    own = {key: value for key, value in entry.items() if key not in ("en", "id")}
    own |= {key: tuple(own[key]) for key in ("possible", "plausible", "spread") if key in own}
    if entry["kind"] == "year":
        own |= {"possible": YEARS, "plausible": YEARS}
    variable = entry.get("sets") or (entry.get("history") if entry["kind"] == "number" else None)
    if variable:
        bounds = model[variable].bounds
        scale = float(entry.get("scale", 1.0))
        if bounds.low is not None and bounds.high is not None:
            own["possible"] = (round(bounds.low / scale, 9), round(bounds.high / scale, 9))
    return Question(**own, **entry[language])


def number_text(value: float) -> str:
    """Write a number with a decimal point and no marks between thousands, so that it can be typed again.

    Parameters
    ----------
    value : float
        In any unit.

    Returns
    -------
    str
        As short as twelve digits allow.
    """
    return f"{value:.12g}" if abs(value) < 1e12 else repr(value)
