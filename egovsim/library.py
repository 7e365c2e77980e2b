"""The shipped models, profiles, policies, scenarios, evidence and kept members by name, from a wheel or a checkout.

A text without a suffix and without a separator is the name of something shipped (``"people-first"``);
anything else is a path (``"people-first.toml"``, ``"plans/mine"``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from egovsim.errors import DataError, InputError, ModelError, unknown_name
from egovsim.provenance import FileRecord, digest

Kind = Literal["model", "profile", "policy", "scenario", "evidence", "match"]


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the library keeps one kind of file, and how messages call it."""

    folder: str
    suffixes: tuple[str, ...]
    singular: str
    plural: str


SHELVES: MappingProxyType[Kind, Shelf] = MappingProxyType(
    {
        "model": Shelf(".", (".xmile",), "model", "models"),
        "profile": Shelf("profiles", (".toml",), "profile", "profiles"),
        "policy": Shelf("policies", (".toml",), "policy", "policies"),
        "scenario": Shelf("scenarios", (".toml",), "scenario", "scenarios"),
        "evidence": Shelf("evidence", (".toml", ".csv"), "evidence file", "evidence"),
        "match": Shelf("benchmark", (".json",), "match", "matches"),
    }
)


_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds the shipped files.

    A wheel carries them inside the package, a checkout beside it.

    Raises
    ------
    DataError
        When neither place has them: the installation is damaged.
    """
    for folder in _places():
        if (folder / "egov.xmile").is_file():
            return folder
    raise DataError(f"{_PACKAGE}: the shipped models are missing; install egovsim again.")


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of everything shipped of one kind, in alphabetical order."""
    shelf = SHELVES[kind]
    files = (root() / shelf.folder).glob("*")
    return tuple(sorted(file.stem for file in files if file.suffix in shelf.suffixes))


def is_name(text: str | Path) -> bool:
    """Return whether a text is read as the name of something shipped rather than as a path."""
    return isinstance(text, str) and "/" not in text and "\\" not in text and Path(text).suffix == ""


def find(kind: Kind, path_or_name: str | Path) -> Path:
    """Return the file of a shipped name, or the path that was given.

    Parameters
    ----------
    kind : {"model", "profile", "policy", "scenario", "evidence", "match"}
        What is looked for.
    path_or_name : str or Path
        A shipped name, or a path to an existing file.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    UnknownNameError
        When nothing shipped bears the name; the nearest are named.
    DataError, ModelError
        When the path leads to no file.
    """
    if is_name(path_or_name):
        return _shipped(kind, str(path_or_name))
    path = Path(path_or_name)
    if path.is_file():
        return path
    error: type[InputError] = ModelError if kind == "model" else DataError
    if path.is_dir():
        raise error(f"{path}: this is a folder; give the {kind} file itself.")
    if path.stem in names(kind):
        remedy = f'the shipped {kind} is called by its name alone: "{path.stem}"'
    else:
        remedy = "check the path; `egovsim list` shows what is shipped"
    raise error(f"{path}: there is no such file; {remedy}.")


def search(name: str) -> tuple[Kind, Path]:
    """Return the kind and the file of anything shipped, for showing it.

    Raises
    ------
    UnknownNameError
        When nothing shipped bears the name; the nearest of all kinds are named.
    """
    for kind in SHELVES:
        if name in names(kind):
            return kind, _shipped(kind, name)
    every = [one for kind in SHELVES for one in names(kind)]
    raise unknown_name(name, every, what="shipped with egovsim; `egovsim list` shows what is")


def label(path: Path) -> str:
    """Return how messages and manifests call a file: within the library, or as the user typed it."""
    for folder in _places():
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return str(path)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    DataError
        When it cannot be read; the message says why.
    """
    try:
        return path.read_bytes()
    except OSError as cause:
        raise DataError(
            f"{label(path)}: cannot be read ({cause.strerror}); check that it is there and yours."
        ) from cause


def record(path: Path) -> FileRecord:
    """Return a file's label and hash, for the manifest."""
    return FileRecord(label(path), digest(read_bytes(path)))


def _places() -> tuple[Path, Path]:
    return _PACKAGE / "shipped", _PACKAGE.parent / "models"


def _shipped(kind: Kind, name: str) -> Path:
    shelf = SHELVES[kind]
    for suffix in shelf.suffixes:
        path = root() / shelf.folder / f"{name}{suffix}"
        if path.is_file():
            return path
    beside = [str(one) for one in Path().glob(f"{name}.*") if one.suffix in shelf.suffixes]
    hint = f'; the file in this folder is called "{beside[0]}"' if beside else ""
    raise unknown_name(name, names(kind), what=f"a shipped {SHELVES[kind].singular}{hint}")
