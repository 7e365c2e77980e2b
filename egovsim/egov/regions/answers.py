"""Answers about a region as people type them, checked for sense."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from egovsim.egov.regions.numbers import read_number
from egovsim.egov.regions.questionnaire import Question, Questionnaire
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.toml import Table


@dataclass(frozen=True, slots=True)
class Answer:
    """A value in the question's unit (or a text), and where it is from as far as that was said."""

    value: float | str
    source: str = ""


def read_answer(questionnaire: Questionnaire, question: Question, text: str) -> Answer:
    """Read what was typed: a value, and after a semicolon where it is from.

    Parameters
    ----------
    questionnaire : Questionnaire
        The language of messages.
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
    return _checked(questionnaire, question, value.strip(), source.strip())


def _checked(questionnaire: Questionnaire, question: Question, value: float | str, source: str) -> Answer:
    match question.kind:
        case "text":
            if not str(value).strip():
                raise DataError(f"{question.key}: {questionnaire.say('error_empty')}")
            return Answer(str(value), source)
        case "word":
            if value not in question.words:
                words = ", ".join(question.words)
                raise UnknownNameError(f"{question.key}: {questionnaire.say('error_word', text=value, words=words)}")
            return Answer(value, source)
        case "number" | "year":
            return Answer(_number(questionnaire, question, value), source)


def _number(questionnaire: Questionnaire, question: Question, value: float | str) -> float:
    say = questionnaire.say
    try:
        number = read_number(questionnaire, question, value) if isinstance(value, str) else float(value)
    except DataError as cause:
        raise DataError(f"{question.key}: {cause}") from cause
    written = questionnaire.number(number)
    if question.kind == "year" and number != int(number):
        raise ValueRangeError(f"{question.key}: {say('error_year', value=written)}")
    if question.possible is not None and not question.possible[0] <= number <= question.possible[1]:
        span = questionnaire.span(question, question.possible)
        raise ValueRangeError(f"{question.key}: {say('error_impossible', value=written, span=span)}")
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
        raise DataError(questionnaire.say("error_option", text=text))
    return key.strip(), read_answer(questionnaire, questionnaire.question(key.strip()), value)


def doubt(questionnaire: Questionnaire, question: Question, answer: Answer) -> str:
    """Return why an answer needs a second look.

    Parameters
    ----------
    questionnaire : Questionnaire
        The language.
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
    value, span = questionnaire.number(answer.value), questionnaire.span(question, question.plausible)
    return f"{question.key}: {questionnaire.say('doubt', value=value, span=span)}"


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
            raise DataError(questionnaire.say("error_twice", key=key))
        why = doubt(questionnaire, question, answer)
        if why and key not in unusual:
            raise ValueRangeError(f"{why}; {questionnaire.say('accept', key=key)}")
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
            raise DataError(questionnaire.say("error_value", place=table.place("value")))
        try:
            source = table.text("source", "")
            found.append((key, _checked(questionnaire, questionnaire.question(key), plain, source)))
        except InputError as cause:
            raise type(cause)(f"{root.file}: {cause}") from cause
    return found, root.texts("accept")
