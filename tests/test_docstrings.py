"""Every public function says what goes in, what comes out and what it raises, in NumPy's form.

If this fails, a user of the library has to read code to learn a shape or a unit, and the reference on the web has gaps.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import griffe
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTHING = {"None", "NoReturn"}
COMMANDS = ("cli",)
"""Docstrings of commands are the help that a terminal shows, and say the same of options in another way."""


def functions(source: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the public functions of a module and the public methods of its public classes."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what stands in a function, but not in functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def decorated(function: ast.FunctionDef, names: Sequence[str]) -> bool:
    return any(ast.unparse(one).rpartition(".")[2].partition("(")[0] in names for one in function.decorator_list)


def parameters(function: ast.FunctionDef) -> list[str]:
    """Return the names of what is handed to a function, without the object of a method."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return [one.arg for one in every if one.arg not in ("self", "cls")]


def gaps(function: ast.FunctionDef) -> list[str]:
    """Return what a docstring does not tell."""
    text = ast.get_docstring(function)
    if text is None:
        return ["no docstring"]
    if decorated(function, ("property", "cached_property", "setter")):
        return []
    sections = {
        section.kind: section for section in griffe.parse_numpy(griffe.Docstring(text), warnings=False)
    }  # fmt: skip
    listed = sections.get(griffe.DocstringSectionKind.parameters)
    told = {name.strip(" *") for one in (listed.value if listed else ()) for name in one.name.split(",")}
    found = [f"parameter {name}" for name in parameters(function) if name not in told]
    answers = function.returns is not None and ast.unparse(function.returns) not in NOTHING
    kinds = griffe.DocstringSectionKind
    if answers and not {kinds.returns, kinds.yields} & set(sections):
        found.append("what it returns")
    raising = any(isinstance(node, ast.Raise) and node.exc is not None for node in own_nodes(function))
    if raising and kinds.raises not in sections:
        found.append("what it raises")
    return found


MODULES = sorted(
    path
    for path in (ROOT / "egovsim").rglob("*.py")
    if path.relative_to(ROOT / "egovsim").parts[0] not in COMMANDS and path.name != "__init__.py"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT / "egovsim").as_posix())
def test_public_functions_tell_all(path: Path) -> None:
    """What goes in, what comes out, what it raises."""
    wrong = [
        f"{path.relative_to(ROOT)}:{function.lineno} {name}: {', '.join(found)}"
        for name, function in functions(path.read_text("utf-8"))
        if (found := gaps(function))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_check_sees_gaps() -> None:
    """Otherwise the test above could pass by seeing nothing."""
    text = '''
def first(a, *, b) -> int:
    """Say one thing.

    Parameters
    ----------
    a : int
        Some.
    """
    if a:
        raise ValueError
    return b

def second(a, b) -> None:
    """Say another.

    Parameters
    ----------
    a, b : float
        Both.
    """

class Some:
    def third(self) -> str: ...
'''
    found = {name: gaps(function) for name, function in functions(text)}
    assert found == {
        "first": ["parameter b", "what it returns", "what it raises"],
        "second": [],
        "Some.third": ["no docstring"],
    }
