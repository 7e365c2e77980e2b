"""The layer table of docs/architecture.md is true: complete, and obeyed by every import.

If this fails, either the page lies to its reader, or a module reaches up, and the walls between files,
expressions, slots and names no longer hold.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "egovsim"
PAGE = ROOT / "docs" / "architecture.md"


@dataclass(frozen=True)
class Room:
    """A row of the layer table."""

    layer: int
    module: str
    place: int

    @property
    def folder(self) -> str:
        return self.module.rpartition(".")[0]


@dataclass(frozen=True)
class Import:
    """One import statement's target: a module, a package, or a library's name, and the line it stands on."""

    target: str
    line: int


def module_of(path: str) -> str:
    """Turn ``model/inputs.py`` into ``egovsim.model.inputs``, and ``model/__init__.py`` into ``egovsim.model``."""
    return ".".join([PACKAGE, *path.removesuffix(".py").split("/")]).removesuffix(".__init__")


def read_rooms(page: str) -> dict[str, Room]:
    """Read the rows ``| 1 | `model/inputs.py` | ... |``."""
    rows = re.findall(r"^\| (\d+) \| `([\w/]+\.py)` \| .+ \|$", page, flags=re.MULTILINE)
    return {module_of(path): Room(int(layer), module_of(path), place) for place, (layer, path) in enumerate(rows)}


def read_libraries(page: str) -> dict[str, tuple[str, ...]]:
    """Read the rows ``| `lxml` | `readers/` |``: what may be imported where (prefixes of module paths)."""
    rows = re.findall(r"^\| `([\w.]+)` \| ((?:`[\w/.]+`(?:, )?)+) \|$", page, flags=re.MULTILINE)
    return {library: tuple(re.findall(r"`([\w/.]+)`", places)) for library, places in rows}


def sources() -> dict[str, str]:
    """Return the text of every module of the package, by its dotted name."""
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {module_of(one.relative_to(ROOT / PACKAGE).as_posix()): one.read_text("utf-8") for one in files}


def is_package(module: str) -> bool:
    return (ROOT / Path(*module.split("."))).is_dir()


def imports_of(module: str, text: str, known: set[str]) -> list[Import]:
    """Return what a module imports, inside functions and under TYPE_CHECKING too."""
    found: list[Import] = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found += [Import(one.name, node.lineno) for one in names]
            case ast.ImportFrom(module=base, names=names, level=level):
                origin = absolute(module, base, level)
                inside = [f"{origin}.{one.name}" for one in names]
                found += [Import(one if one in known else origin, node.lineno) for one in inside]
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if name.split(".")[0] == PACKAGE:
                function = ast.unparse(node.func).rpartition(".")[2]
                if function in ("import_module", "__import__"):
                    found.append(Import(name, node.lineno))
            case _:
                pass
    return found


def absolute(module: str, base: str | None, level: int) -> str:
    """Resolve ``from .x import y``."""
    if not level:
        return base or ""
    parts = module.split(".")
    above = parts[: len(parts) - level + (1 if is_package(module) else 0)]
    return ".".join([*above, *([base] if base else [])])


def upward_edges(texts: dict[str, str], rooms: dict[str, Room]) -> list[str]:
    """Return every import that the layer table forbids, as sentences."""
    wrong: list[str] = []
    for module in texts:
        room = rooms.get(module)
        if room is None:
            continue
        for one in imports_of(module, texts[module], set(texts)):
            if one.target.split(".")[0] == PACKAGE and not allowed(room, one.target, rooms):
                wrong.append(f"{module}, line {one.line}, imports {one.target}")
    return wrong


def allowed(room: Room, target: str, rooms: dict[str, Room]) -> bool:
    """Say whether a module may import another, or a package as a whole."""
    top = max(one.layer for one in rooms.values())
    if target == PACKAGE:
        return room.layer == top
    if target in rooms:
        other = rooms[target]
        if other.layer == room.layer:
            return other.folder == room.folder and other.place < room.place
        return other.layer < room.layer
    inside = [one for one in rooms.values() if one.folder == target]
    return bool(inside) and all(one.layer < room.layer for one in inside)


def library_trespasses(texts: dict[str, str], places: dict[str, tuple[str, ...]]) -> list[str]:
    """Return every import of a listed library, or part of the package, outside the places listed for it."""
    wrong: list[str] = []
    for module, text in texts.items():
        if is_package(module):
            continue
        path = module.removeprefix(f"{PACKAGE}.").replace(".", "/") + ".py"
        for one in imports_of(module, text, set(texts)):
            for library, wheres in places.items():
                if f"{one.target}.".startswith(f"{library}.") and not any(map(path.startswith, wheres)):
                    wrong.append(f"{path}, line {one.line}, imports {one.target}")
    return wrong


@pytest.fixture(scope="module")
def rooms() -> dict[str, Room]:
    return read_rooms(PAGE.read_text("utf-8"))


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return sources()


def test_every_module_has_one_row_and_every_row_a_module(rooms: dict[str, Room], texts: dict[str, str]) -> None:
    """A reader who looks a module up in the table finds it, and finds no ghosts."""
    modules = {one for one in texts if not is_package(one)}
    assert set(rooms) == modules
    rows = re.findall(r"^\| \d+ \| `", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert len(rows) == len(rooms), "a module stands in the table twice, or a row is malformed"


def test_rows_stand_in_the_order_of_their_layers(rooms: dict[str, Room]) -> None:
    """'Listed above' means 'lower' only while the table is sorted, and a folder lies on one layer."""
    layers = [one.layer for one in rooms.values()]
    assert layers == sorted(layers)
    for folder in {one.folder for one in rooms.values()} - {PACKAGE}:
        assert len({one.layer for one in rooms.values() if one.folder == folder}) == 1, folder


def test_no_module_imports_from_above_or_beside(rooms: dict[str, Room], texts: dict[str, str]) -> None:
    """An upward import would let the engine know of policies, or a reader of the compiler."""
    assert upward_edges(texts, rooms) == []


def test_no_cycle_of_imports(texts: dict[str, str]) -> None:
    """The order of the table aside: no chain of imports comes back to where it began."""
    graph = {
        module: {one.target for one in imports_of(module, text, set(texts)) if one.target in texts} - {PACKAGE}
        for module, text in texts.items()
        if module != PACKAGE
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_libraries_stay_where_the_page_says(texts: dict[str, str]) -> None:
    """The walls: XML in the readers, LLVM in the compiler, PySD in the referee, drawing in presentation."""
    assert library_trespasses(texts, read_libraries(PAGE.read_text("utf-8"))) == []


def test_every_library_in_use_is_on_the_page(texts: dict[str, str]) -> None:
    """A library that the page does not name has slipped in without anybody deciding where it belongs."""
    used = {one.target.split(".")[0] for module, text in texts.items() for one in imports_of(module, text, set(texts))}
    foreign = used - set(sys.stdlib_module_names) - {PACKAGE, ""}
    named = {one for one in read_libraries(PAGE.read_text("utf-8")) if not one.startswith(PACKAGE)}
    assert foreign == named


ROOMS = {
    one.module: one
    for one in (
        Room(0, "egovsim.errors", 0),
        Room(1, "egovsim.model.first", 1),
        Room(1, "egovsim.model.second", 2),
        Room(2, "egovsim.left.one", 3),
        Room(2, "egovsim.right.two", 4),
        Room(7, "egovsim.cli.shell", 5),
    )
}


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("egovsim.model.first", "from egovsim.model.second import x"),
        ("egovsim.errors", "from egovsim.model.first import x"),
        ("egovsim.errors", "def f():\n    from egovsim.model import first"),
        ("egovsim.errors", "if TYPE_CHECKING:\n    import egovsim.model.first"),
        ("egovsim.errors", "from importlib import import_module\nimport_module('egovsim.model.first')"),
        ("egovsim.left.one", "from egovsim.right.two import x"),
        ("egovsim.left.one", "from egovsim.left import x"),
        ("egovsim.left.one", "from egovsim import run"),
        ("egovsim.left.one", "from egovsim.nowhere import x"),
    ],
)
def test_the_check_sees_forbidden_imports(module: str, text: str) -> None:
    """Without this the check above could pass by seeing nothing."""
    texts = dict.fromkeys(ROOMS, "") | {module: text}
    assert len(upward_edges(texts, ROOMS)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("egovsim.model.second", "from egovsim.model.first import x"),
        ("egovsim.left.one", "from egovsim import errors"),
        ("egovsim.left.one", "from egovsim.model import x"),
        ("egovsim.left.one", "import numpy\nfrom pathlib import Path"),
        ("egovsim.cli.shell", "import egovsim"),
    ],
)
def test_the_check_lets_lawful_imports_be(module: str, text: str) -> None:
    """A check that cries at everything would be switched off."""
    texts = dict.fromkeys(ROOMS, "") | {module: text}
    assert upward_edges(texts, ROOMS) == []


def test_the_check_sees_a_library_out_of_place() -> None:
    """The second table would otherwise be decoration."""
    texts = {"egovsim.left.one": "def f():\n    import lxml.etree", "egovsim.right.two": "import lxml"}
    assert library_trespasses(texts, {"lxml": ("right/",)}) == ["left/one.py, line 2, imports lxml.etree"]
