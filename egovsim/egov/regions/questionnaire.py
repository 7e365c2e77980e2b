"""Questions about a region, and answers as people type them: numbers in either notation, checked for sense."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from egovsim.errors import DataError, InputError, ValueRangeError, unknown_name
from egovsim.model.model import Model
from egovsim.toml import Table

Kind = Literal["text", "number", "year", "word"]
YEARS = (2003.0, 2025.0)
"""The years of a profile's history, which ends where policies begin."""

_GAP = re.compile(r"(?<=\d)[ \u00a0](?=\d{3}(\D|$))")
_ENGLISH = re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3})+|\d+)(\.\d+)?")
_INDONESIAN = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?")


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


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in the question's unit (or a text), and where it is from as far as that was said."""

    value: float | str
    source: str = ""


@dataclass(frozen=True)
class Questionnaire:
    """All questions and words in one language."""

    questions: tuple[Question, ...]
    words: Mapping[str, str]

    def question(self, key: str) -> Question:
        """Return a question by its key; `UnknownNameError` where there is none."""
        for question in self.questions:
            if question.key == key:
                return question
        raise unknown_name(key, self.keys, what="a question of `egovsim profile new`")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in the order of the questions."""
        return tuple(question.key for question in self.questions)

    def say(self, key: str, **values: object) -> str:
        """Return a text with its gaps filled."""
        return self.words[key].format(**values)


def read_questionnaire(model: Model, language: str = "en") -> Questionnaire:
    """Return the questions in a language; what is possible comes from the ranges of the model.

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
        tuple(_question(one, language, model) for one in content["question"]), content["words"][language]
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


def read_number(text: str) -> float:
    """Read a number as Indonesians or as English speakers write it, if both cannot mean something else.

    ``12500``, ``0.5``, ``0,5``, ``1.234,5``, ``1,234.5``, ``1.234.567`` and ``36,1`` each have one meaning.
    ``1.234`` and ``1,234`` have two.

    Raises
    ------
    DataError
        When it is no number, or may be two; the message says how to write it.
    """
    plain = _GAP.sub("", text.strip().removesuffix("%").strip())
    found: set[float] = set()
    for pattern, group, point in ((_ENGLISH, ",", "."), (_INDONESIAN, ".", ",")):
        if pattern.fullmatch(plain):
            found.add(float(plain.replace(group, "").replace(point, ".")))
    if not found:
        raise DataError(f'"{text}" is not a number; write digits alone, such as 12500 or 36.1.')
    if len(found) > 1:
        small, large = sorted(found, key=abs)
        raise DataError(
            f'"{text}" can be read as {number_text(large)} or as {number_text(small)}; '
            f"write {number_text(large)} or {small:.4f}."
        )
    return found.pop()


def number_text(value: float) -> str:
    """Write a number with a decimal point and no marks between thousands, so that it can be typed again."""
    return f"{value:.12g}" if abs(value) < 1e12 else repr(value)


def read_answer(question: Question, text: str) -> Answer:
    """Read what was typed: a value, and after a semicolon where it is from.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When it is no answer to the question, or beyond what is possible.
    """
    value, _, source = text.partition(";")
    return _checked(question, value.strip(), source.strip())


def _checked(question: Question, value: float | str, source: str) -> Answer:
    match question.kind:
        case "text":
            if not str(value).strip():
                raise DataError(f"{question.key}: is empty.")
            return Answer(str(value), source)
        case "word":
            if value not in question.words:
                raise unknown_name(str(value), question.words, what="one of the words", where=question.key)
            return Answer(value, source)
        case "number" | "year":
            return Answer(_number(question, value), source)


def _number(question: Question, value: float | str) -> float:
    try:
        number = read_number(value) if isinstance(value, str) else float(value)
    except DataError as cause:
        raise DataError(f"{question.key}: {cause}") from cause
    if question.kind == "year" and number != int(number):
        raise ValueRangeError(f"{question.key}: {number_text(number)} is not a whole year.")
    if question.possible is not None and not question.possible[0] <= number <= question.possible[1]:
        span = span_text(question, question.possible)
        raise ValueRangeError(f"{question.key}: {number_text(number)} is impossible here; it must be {span}.")
    return number


def doubt(question: Question, answer: Answer) -> str:
    """Return why an answer needs a second look, or nothing."""
    if question.plausible is None or isinstance(answer.value, str):
        return ""
    low, high = question.plausible
    if low <= answer.value <= high:
        return ""
    span = span_text(question, question.plausible)
    return f"{question.key}: {number_text(answer.value)} is outside what is plausible, {span}"


def span_text(question: Question, span: tuple[float, float]) -> str:
    """Write a range in the question's unit."""
    return f"{number_text(span[0])} to {number_text(span[1])} {question.unit}".rstrip()


def gather(
    questionnaire: Questionnaire, given: Iterable[tuple[str, Answer]], accepted: Iterable[str] = ()
) -> dict[str, Answer]:
    """Return answers by key, each given once and plausible, or accepted by name.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the key and what to do.
    """
    accepted = {questionnaire.question(key).key for key in accepted}
    found: dict[str, Answer] = {}
    for key, answer in given:
        question = questionnaire.question(key)
        if key in found:
            raise DataError(f"{key} is answered twice; keep one of them.")
        why = doubt(question, answer)
        if why and key not in accepted:
            raise ValueRangeError(f"{why}; if it is right, add --accept {key}.")
        found[key] = answer
    return found


def answers_of(root: Table, questionnaire: Questionnaire) -> tuple[list[tuple[str, Answer]], tuple[str, ...]]:
    """Return the answers of a TOML file and the keys that it accepts as unusual.

    An entry is a value, or a table of ``value`` and ``source``; ``accept`` is a list of keys.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file and the key path in front.
    """
    root.only((*questionnaire.keys, "accept"), what="a file of answers")
    found: list[tuple[str, Answer]] = []
    for key, value in root.values.items():
        if key == "accept":
            continue
        table = Table(root.file, (key,), value if isinstance(value, dict) else {"value": value})
        table.only(("value", "source"), what="an answer")
        plain = table.values.get("value")
        if isinstance(plain, bool) or not isinstance(plain, int | float | str):
            raise DataError(f"{table.place('value')} must be a number or text.")
        try:
            found.append((key, _checked(questionnaire.question(key), plain, table.text("source", ""))))
        except InputError as cause:
            raise type(cause)(f"{root.file}: {cause}") from cause
    return found, root.texts("accept")
