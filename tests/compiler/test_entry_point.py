"""The table of a kernel's arguments is what both sides are made from.

If one of these tests fails, the caller hands a kernel something else than its code takes, which no type checker sees.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from small_models import auxiliary, flow, read, stock, xmile

from egovsim.compiler import entry_point, kernel
from egovsim.compiler.codegen import blocks, integration, kernel_body, kernel_writer, metrics
from egovsim.compiler.entry_point import ARGUMENTS
from egovsim.compiler.listing import listing

NAMES = [argument.name for argument in ARGUMENTS]
WRITERS = (kernel_writer, kernel_body, integration, metrics, blocks)


def texts_in(module: object) -> set[str]:
    """Return every piece of text in a module."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_every_argument_has_a_name_of_its_own_and_a_meaning() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for argument in ARGUMENTS:
        assert argument.meaning.endswith(".")
        assert argument.unit
        assert bool(argument.shape) == (argument.kind not in ("whole number", "bits", "real"))


def test_the_caller_hands_over_every_argument_and_nothing_else() -> None:
    """By name: a name that the table lacks would be dropped, one that it has and the caller not be an error."""
    tree = ast.parse(inspect.getsource(kernel.Kernel.__call__).replace("\n    ", "\n").strip())
    handed = [
        [ast.literal_eval(key) for key in node.keys if key] for node in ast.walk(tree) if isinstance(node, ast.Dict)
    ]
    assert handed == [NAMES]


def test_the_code_uses_every_argument() -> None:
    """An argument that no part of the writer asks for is dead weight in every call."""
    used = set().union(*map(texts_in, WRITERS))
    assert set(NAMES) <= used


def test_the_function_in_ir_takes_the_arguments_of_the_table_in_their_order(tmp_path: Path) -> None:
    model = read(tmp_path, xmile(auxiliary("r", 1), stock("s", 1, inflows=["f"]), flow("f", "r * s")))
    signature = re.search(rf'define void @"{entry_point.NAME}"\((.*)\)', listing(model, form="ir"))
    assert signature is not None
    assert re.findall(r'%"(\w+)"', signature[1]) == NAMES


def test_a_missing_argument_is_noticed() -> None:
    """Rather than every later one taken for the one before it."""
    with pytest.raises(KeyError, match=NAMES[0]):
        entry_point.callable_at(0)(dict.fromkeys(NAMES[1:], 0))


def test_the_architecture_page_refers_to_the_table() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "architecture.md").read_text("utf-8")
    assert "`compiler/entry_point.py`" in page
