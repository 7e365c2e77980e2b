"""Answers about a region as people type them: numbers in either notation, checked for sense."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from egovsim.egov.regions.questionnaire import Question, Questionnaire, number_text
from egovsim.errors import DataError, InputError, ValueRangeError, unknown_name
from egovsim.toml import Table

_GAP = re.compile(r"(?<=\d)[ \u00a0](?=\d{3}(\D|$))")
_ENGLISH = re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3})+|\d+)(\.\d+)?")
_INDONESIAN = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in the question's unit (or a text), and where it is from as far as that was said."""

    value: float | str
    source: str = ""


def read_number(text: str) -> float:
    """Read a number as Indonesians or as English speakers write it, if both cannot mean something else.

    ``12500``, ``0.5``, ``0,5``, ``1.234,5``, ``1,234.5``, ``1.234.567`` and ``36,1`` each have one meaning.
    ``1.234`` and ``1,234`` have two.

    Parameters
    ----------
    text : str
        As it was typed; a sign for per cent at the end is passed over.

    Returns
    -------
    float
        The one meaning.

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


def read_answer(question: Question, text: str) -> Answer:
    """Read what was typed: a value, and after a semicolon where it is from.

    Parameters
    ----------
    question : Question
        What was asked.
    text : str
        As it was typed.

    Returns
    -------
    Answer
        In the question's unit.

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
        span = _span_text(question, question.possible)
        raise ValueRangeError(f"{question.key}: {number_text(number)} is impossible here; it must be {span}.")
    return number


def read_option(questionnaire: Questionnaire, text: str) -> tuple[str, Answer]:
    """Read an answer that names its question: ``staff=12500; BPS 2025, table 3.1``.

    Parameters
    ----------
    questionnaire : Questionnaire
        The questions.
    text : str
        A key, =, and the answer.

    Returns
    -------
    str, Answer
        The key, and what was answered.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When it names no question, or is no answer to it.
    """
    key, sign, value = text.partition("=")
    if not sign:
        raise DataError(f'--set "{text}": write the key, =, and the answer, such as staff=12500.')
    return key.strip(), read_answer(questionnaire.question(key.strip()), value)


def doubt(question: Question, answer: Answer) -> str:
    """Return why an answer needs a second look.

    Parameters
    ----------
    question : Question
        What was asked.
    answer : Answer
        What was answered.

    Returns
    -------
    str
        Empty where it needs none.
    """
    if question.plausible is None or isinstance(answer.value, str):
        return ""
    low, high = question.plausible
    if low <= answer.value <= high:
        return ""
    span = _span_text(question, question.plausible)
    return f"{question.key}: {number_text(answer.value)} is outside what is plausible, {span}"


def _span_text(question: Question, span: tuple[float, float]) -> str:
    """Write a range in the question's unit."""
    return f"{number_text(span[0])} to {number_text(span[1])} {question.unit}".rstrip()


def gather(
    questionnaire: Questionnaire, given: Iterable[tuple[str, Answer]], accepted: Iterable[str] = ()
) -> dict[str, Answer]:
    """Return answers by key, each given once and plausible, or accepted by name.

    Parameters
    ----------
    questionnaire : Questionnaire
        The questions.
    given : iterable of (str, Answer)
        Answers by key, from wherever.
    accepted : iterable of str
        Keys of answers that are taken although they are not plausible.

    Returns
    -------
    dict of str to Answer
        By key.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the key and what to do.
    """
    unusual = {questionnaire.question(key).key for key in accepted}
    found: dict[str, Answer] = {}
    for key, answer in given:
        question = questionnaire.question(key)
        if key in found:
            raise DataError(f"{key} is answered twice; keep one of them.")
        why = doubt(question, answer)
        if why and key not in unusual:
            raise ValueRangeError(f"{why}; if it is right, add --accept {key}.")
        found[key] = answer
    return found


def answers_of(root: Table, questionnaire: Questionnaire) -> tuple[list[tuple[str, Answer]], tuple[str, ...]]:
    """Return the answers of a TOML file and the keys that it accepts as unusual.

    An entry is a value, or a table of ``value`` and ``source``; ``accept`` is a list of keys.

    Parameters
    ----------
    root : Table
        The file.
    questionnaire : Questionnaire
        The questions.

    Returns
    -------
    list of (str, Answer), tuple of str
        For `gather`.

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
        entry = cast("dict[str, object]", value) if isinstance(value, dict) else {"value": value}
        table = Table(root.file, (key,), entry)
        table.only(("value", "source"), what="an answer")
        plain = table.values.get("value")
        if isinstance(plain, bool) or not isinstance(plain, int | float | str):
            raise DataError(f"{table.place('value')} must be a number or text.")
        try:
            found.append((key, _checked(questionnaire.question(key), plain, table.text("source", ""))))
        except InputError as cause:
            raise type(cause)(f"{root.file}: {cause}") from cause
    return found, root.texts("accept")
