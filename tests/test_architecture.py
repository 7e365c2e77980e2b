"""What docs/architecture.md says of the house is true: the rooms, who may import whom, the words, the sizes.

If this fails, either the page lies to its reader, or a room reaches where it may not, and the walls between files,
expressions, slots and names no longer hold.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "egovsim"
PAGE = ROOT / "docs" / "architecture.md"
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 40


@dataclass(frozen=True)
class Room:
    """A folder: what its docstring says that it is for, and which rooms or modules it may import."""

    purpose: str
    imports: tuple[str, ...]


@dataclass(frozen=True)
class Import:
    """One import statement's target: a module, a package, or a library's name, and the line it stands on."""

    target: str
    line: int


# ------------------------------------------------------------------------------------------- reading the house


def sources() -> dict[str, str]:
    """Return the text of every module of the package, by its dotted name; a folder's is that of its __init__."""
    files = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {dotted(file.relative_to(ROOT).as_posix()): file.read_text("utf-8") for file in files}


def dotted(path: str) -> str:
    """Turn ``egovsim/model/__init__.py`` into ``egovsim.model``."""
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def room_of(docstring: str) -> Room:
    """Read a folder's docstring: its first paragraph, and the paragraph that begins with ``Imports:``."""
    purpose = " ".join(docstring.partition("\n\n")[0].split())
    listed = re.search(r"^Imports: ([\w., \n]+)\.$", docstring, flags=re.MULTILINE)
    return Room(purpose, tuple(re.split(r",\s+", listed.group(1))) if listed else ())


def rooms_in(texts: Mapping[str, str], folders: set[str]) -> dict[str, Room]:
    return {name: room_of(ast.get_docstring(ast.parse(texts[name])) or "") for name in sorted(folders)}


def folder_of(module: str, folders: set[str]) -> str:
    return module if module in folders else module.rpartition(".")[0]


def imports_of(module: str, text: str, known: set[str], folders: set[str]) -> list[Import]:
    """Return what a module imports, inside functions and under TYPE_CHECKING too."""
    found: list[Import] = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found += [Import(name.name, node.lineno) for name in names]
            case ast.ImportFrom(module=base, names=names, level=level):
                origin = absolute(folder_of(module, folders), base, level)
                inside = [f"{origin}.{name.name}" for name in names]
                found += [Import(target if target in known else origin, node.lineno) for target in inside]
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if name.split(".")[0] == PACKAGE:
                function = ast.unparse(node.func).rpartition(".")[2]
                if function in ("import_module", "__import__"):
                    found.append(Import(name, node.lineno))
            case _:
                pass
    return found


def absolute(folder: str, base: str | None, level: int) -> str:
    """Resolve ``from .x import y``, said in a folder."""
    if not level:
        return base or ""
    above = folder.split(".")[: len(folder.split(".")) - level + 1]
    return ".".join([*above, *([base] if base else [])])


def libraries_on(page: str) -> dict[str, tuple[str, ...]]:
    """Read the rows ``| `lxml` | `readers/xmile/xml.py` |``: what may be imported where (prefixes of paths)."""
    rows = re.findall(r"^\| `([\w.]+)` \| ((?:`[\w/.]+`(?:, )?)+) \|$", page, flags=re.MULTILINE)
    return {library: tuple(re.findall(r"`([\w/.]+)`", places)) for library, places in rows}


# ------------------------------------------------------------------------------------------------- what is wrong


def trespasses(texts: Mapping[str, str], folders: set[str], rooms: Mapping[str, Room]) -> list[str]:
    """Return every import that a folder's docstring does not allow, as sentences."""
    return [
        f"{module}, line {found.line}, imports {found.target}"
        for module, text in texts.items()
        if module not in folders or module == f"{PACKAGE}.cli"
        for found in imports_of(module, text, set(texts), folders)
        if found.target.split(".")[0] == PACKAGE
        and not allowed(folder_of(module, folders), found.target, texts, folders, rooms)
    ]


def allowed(folder: str, target: str, texts: Mapping[str, str], folders: set[str], rooms: Mapping[str, Room]) -> bool:
    """Say whether modules of a folder may import a module, or a folder as a whole."""
    if target not in texts or target == PACKAGE:
        return False
    home = folder_of(target, folders)
    if home == folder:
        return True
    named = target if home == PACKAGE else home
    return named.removeprefix(f"{PACKAGE}.") in rooms[folder].imports


def unused_permissions(texts: Mapping[str, str], folders: set[str], rooms: Mapping[str, Room]) -> list[str]:
    """Return what docstrings allow and no module of the folder does."""
    used: dict[str, set[str]] = {folder: set() for folder in folders}
    for module, text in texts.items():
        folder = folder_of(module, folders)
        for found in imports_of(module, text, set(texts), folders):
            home = folder_of(found.target, folders)
            used[folder].add((found.target if home == PACKAGE else home).removeprefix(f"{PACKAGE}."))
    return [
        f"{folder}: {name}" for folder in sorted(folders) for name in rooms[folder].imports if name not in used[folder]
    ]


def library_trespasses(texts: Mapping[str, str], folders: set[str], places: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return every import of a listed library, or part of the package, outside the places listed for it."""
    return [
        f"{path}, line {found.line}, imports {found.target}"
        for module, text in texts.items()
        if module not in folders
        for path in [module.removeprefix(f"{PACKAGE}.").replace(".", "/") + ".py"]
        for found in imports_of(module, text, set(texts), folders)
        for library, wheres in places.items()
        if f"{found.target}.".startswith(f"{library}.") and not any(map(path.startswith, wheres))
    ]


def ordered(graph: Mapping[str, set[str]]) -> None:
    """Fail when a graph of imports comes back to where it began."""
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def functions_in(text: str) -> Iterator[tuple[str, int]]:
    """Yield every function with the number of its lines, without signature and docstring."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


# ----------------------------------------------------------------------------------------------------- the tests


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return sources()


@pytest.fixture(scope="module")
def folders() -> set[str]:
    return {dotted(file.relative_to(ROOT).as_posix()) for file in (ROOT / PACKAGE).rglob("__init__.py")}


@pytest.fixture(scope="module")
def rooms(texts: dict[str, str], folders: set[str]) -> dict[str, Room]:
    return rooms_in(texts, folders)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def test_every_folder_with_modules_is_a_package(texts: dict[str, str], folders: set[str]) -> None:
    """A folder without a docstring would have no rule, and a wheel would still carry it."""
    assert {module.rpartition(".")[0] for module in texts} - {""} <= folders


def test_the_page_lists_every_folder_in_its_own_words(page: str, rooms: dict[str, Room]) -> None:
    """A reader who looks a folder up in the table finds what the folder says of itself, and no ghosts."""
    rows = re.findall(r"^\| `([\w/]+)/` \| (.+) \|$", page, flags=re.MULTILINE)
    listed = {f"{PACKAGE}.{path.replace('/', '.')}": purpose for path, purpose in rows}
    assert len(listed) == len(rows)
    assert listed == {name: room.purpose for name, room in rooms.items() if name != PACKAGE}


def test_the_page_lists_every_module_that_stands_in_no_folder(page: str, texts: dict[str, str]) -> None:
    """What everything stands on must be known to everybody."""
    listed = re.findall(r"^\| `(\w+)\.py` \| .+ \|$", page, flags=re.MULTILINE)
    alone = [
        module.split(".")[1] for module, text in texts.items() if module.count(".") == 1 and f"{PACKAGE}." in module
    ]
    assert sorted(listed) == sorted(name for name in alone if (ROOT / PACKAGE / f"{name}.py").is_file())


def test_no_module_imports_what_its_folder_does_not_allow(
    texts: dict[str, str], folders: set[str], rooms: dict[str, Room]
) -> None:
    """Otherwise the engine would soon know of policies, or a reader of the compiler."""
    assert trespasses(texts, folders, rooms) == []


def test_no_folder_allows_what_it_does_not_use(
    texts: dict[str, str], folders: set[str], rooms: dict[str, Room]
) -> None:
    """A docstring that allows everything says nothing."""
    assert unused_permissions(texts, folders, rooms) == []


def test_no_cycle_of_imports(texts: dict[str, str], folders: set[str]) -> None:
    """No chain of imports comes back to where it began, neither of modules nor of rooms."""
    graph = {
        module: {found.target for found in imports_of(module, text, set(texts), folders) if found.target in texts}
        for module, text in texts.items()
        if module not in folders
    }
    ordered(graph)
    rooms: dict[str, set[str]] = {}
    for module, targets in graph.items():
        room = module.split(".")[1]
        rooms.setdefault(room, set()).update(target.split(".")[1] for target in targets)
    ordered({room: others - {room} for room, others in rooms.items()})


def test_libraries_stay_where_the_page_says(texts: dict[str, str], folders: set[str], page: str) -> None:
    """The walls: XML in the readers, LLVM in the compiler, PySD in validation, drawing at the end."""
    assert library_trespasses(texts, folders, libraries_on(page)) == []


def test_every_library_in_use_is_on_the_page(texts: dict[str, str], folders: set[str], page: str) -> None:
    """A library that the page does not name has slipped in without anybody deciding where it belongs."""
    used = {
        found.target.split(".")[0]
        for module, text in texts.items()
        for found in imports_of(module, text, set(texts), folders)
    }
    foreign = used - set(sys.stdlib_module_names) - {PACKAGE, ""}
    assert foreign == {name for name in libraries_on(page) if not name.startswith(PACKAGE)}


def test_the_engine_knows_nothing_of_e_government(texts: dict[str, str]) -> None:
    """Only `egov/` may name the model's variables; the command line may show them as examples in its help."""
    model = (ROOT / "models" / "egov.xmile").read_text("utf-8")
    names = re.findall(r'<(?:stock|flow|aux)[^>]*\bname="([^"]+)"', model)
    assert len(names) > 400
    wrong = [
        f"{module}: {node.value}"
        for module, text in texts.items()
        if module.split(".")[1:2] not in (["egov"], ["cli"], [])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert wrong == []


@pytest.mark.parametrize("module", sorted(sources()))
def test_a_module_and_its_functions_fit_on_a_few_screens(module: str) -> None:
    """What does not fit has two ideas in it; signature and docstring of a function are not counted."""
    text = sources()[module]
    assert len(text.splitlines()) <= MOST_LINES
    long = [f"{name}: {lines}" for name, lines in functions_in(text) if lines > MOST_LINES_OF_A_FUNCTION]
    assert not long, "; ".join(long)


# --------------------------------------------------------------------------------------- the checks are no dummies

SMALL = {
    "egovsim": '"""All.\n\nImports: cli.\n"""',
    "egovsim.errors": "",
    "egovsim.model": '"""Models.\n\nImports: errors.\n"""',
    "egovsim.model.first": "",
    "egovsim.left": '"""Left.\n\nImports: errors, model.\n"""',
    "egovsim.left.one": "",
    "egovsim.right": '"""Right."""',
    "egovsim.right.two": "",
}
SMALL_FOLDERS = {"egovsim", "egovsim.model", "egovsim.left", "egovsim.right"}


def found_in(module: str, text: str) -> list[str]:
    texts = SMALL | {module: text}
    return trespasses(texts, SMALL_FOLDERS, rooms_in(texts, SMALL_FOLDERS))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("egovsim.errors", "from egovsim.model.first import x"),
        ("egovsim.errors", "def f():\n    from egovsim.model import first"),
        ("egovsim.errors", "if TYPE_CHECKING:\n    import egovsim.model.first"),
        ("egovsim.errors", "from importlib import import_module\nimport_module('egovsim.model.first')"),
        ("egovsim.model.first", "from egovsim.left.one import x"),
        ("egovsim.model.first", "from ..left.one import x"),
        ("egovsim.left.one", "from egovsim.right.two import x"),
        ("egovsim.left.one", "from egovsim import run"),
        ("egovsim.left.one", "from egovsim.nowhere import x"),
        ("egovsim.right.two", "from egovsim import errors"),
    ],
)
def test_the_check_sees_forbidden_imports(module: str, text: str) -> None:
    """Without this the check above could pass by seeing nothing."""
    assert len(found_in(module, text)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("egovsim.left.one", "from egovsim import errors"),
        ("egovsim.left.one", "from egovsim.model.first import x"),
        ("egovsim.left.one", "from ..model.first import x"),
        ("egovsim.left.one", "import numpy\nfrom pathlib import Path"),
    ],
)
def test_the_check_lets_lawful_imports_be(module: str, text: str) -> None:
    """A check that cries at everything would be switched off."""
    assert found_in(module, text) == []


def test_the_check_sees_a_permission_that_nobody_uses() -> None:
    """Permissions would otherwise only grow."""
    found = unused_permissions(SMALL, SMALL_FOLDERS, rooms_in(SMALL, SMALL_FOLDERS))
    assert found == ["egovsim: cli", "egovsim.left: errors", "egovsim.left: model", "egovsim.model: errors"]


def test_the_check_sees_a_library_out_of_place() -> None:
    """The second table would otherwise be decoration."""
    texts = SMALL | {"egovsim.left.one": "def f():\n    import lxml.etree", "egovsim.right.two": "import lxml"}
    found = library_trespasses(texts, SMALL_FOLDERS, {"lxml": ("right/",)})
    assert found == ["left/one.py, line 2, imports lxml.etree"]
