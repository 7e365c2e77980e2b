"""Names are the field's words or Python's: those that the word list of docs/architecture.md retires do not come back.

If this fails, a newcomer meets a word that only this project uses, and has to ask what it means.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
ROW = re.compile(r"^\| ([^|`]+) \| ([^|]+) \| ((?:`\w+`(?:, )?)*) \|$", flags=re.MULTILINE)
FILES = sorted((ROOT / "egovsim").rglob("*.py"))


def word_list() -> dict[str, tuple[str, ...]]:
    """Return the terms of the word list, each with the words that it replaces."""
    section = PAGE.read_text("utf-8").partition("\n## Words\n")[2].partition("\n## ")[0]
    return {term: tuple(re.findall(r"`(\w+)`", retired)) for term, _, retired in ROW.findall(section)}


def words_of(name: str) -> set[str]:
    """Return the words of a name: of ``_CheckCounts`` check and counts, of ``check_counts`` the same."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


def names_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield every name that a module gives to something: functions, classes, parameters, variables, attributes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case _:
                pass


def loop_variables(source: str) -> Iterator[tuple[int, str]]:
    """Yield the variables of loops, comprehensions and short functions."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.For(target=target) | ast.comprehension(target=target):
                yield from ((part.lineno, part.id) for part in ast.walk(target) if isinstance(part, ast.Name))
            case ast.Lambda(args=given):
                yield from ((argument.lineno, argument.arg) for argument in given.args)
            case _:
                pass


def test_the_word_list_has_twenty_terms_or_more_and_says_what_they_replace() -> None:
    """A list that the test cannot read would retire nothing."""
    terms = word_list()
    assert len(terms) >= 20
    assert sum(map(len, terms.values())) >= 20


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "egovsim").as_posix())
def test_no_name_uses_a_retired_word(file: Path) -> None:
    """The word list says what to write instead."""
    instead = {word: term for term, retired in word_list().items() for word in retired}
    names = [*names_in(file.read_text("utf-8")), (1, file.stem), (1, file.parent.name)]
    wrong = [
        f"{file.relative_to(ROOT)}:{line} {name}: write {instead[word]}"
        for line, name in names
        for word in words_of(name) & set(instead)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "egovsim").as_posix())
def test_loop_variables_say_what_they_hold(file: Path) -> None:
    """``one`` says nothing: of what?"""
    wrong = [
        f"{file.relative_to(ROOT)}:{line}" for line, name in loop_variables(file.read_text("utf-8")) if name == "one"
    ]
    assert not wrong, "\n".join(wrong)


def test_the_checks_see_what_they_refuse() -> None:
    """Otherwise the tests above could pass by seeing nothing."""
    text = "class CourseOf:\n    kept_members: int\ndef f(hurdle):\n    self.lesson = [one for one in hurdle]"
    assert {name for _, name in names_in(text)} == {"CourseOf", "f", "kept_members", "hurdle", "lesson", "one"}
    assert words_of("CourseOf") == {"course", "of"}
    assert list(loop_variables(text)) == [(4, "one")]
