"""The shipped models, profiles, policies, scenarios, evidence and accepted members by name, from a wheel or a checkout.

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
class ShippedFiles:
    """Where the shipped files of one kind are, and how messages call them.

    Parameters
    ----------
    folder : str
        Below `root`.
    suffixes : tuple of str
        Those that they have.
    singular, plural : str
        What one of them is called, and several.
    """

    folder: str
    suffixes: tuple[str, ...]
    singular: str
    plural: str


SHIPPED: MappingProxyType[Kind, ShippedFiles] = MappingProxyType(
    {
        "model": ShippedFiles(".", (".xmile",), "model", "models"),
        "profile": ShippedFiles("profiles", (".toml",), "profile", "profiles"),
        "policy": ShippedFiles("policies", (".toml",), "policy", "policies"),
        "scenario": ShippedFiles("scenarios", (".toml",), "scenario", "scenarios"),
        "evidence": ShippedFiles("evidence", (".toml", ".csv"), "evidence file", "evidence"),
        "match": ShippedFiles("benchmark", (".json",), "match", "matches"),
    }
)


_MARKS: MappingProxyType[bytes, str] = MappingProxyType({b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"})
"""The marks that UTF-16 begins with in either order of bytes."""
_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds the shipped files.

    A wheel carries them inside the package, a checkout beside it.

    Returns
    -------
    Path
        An existing folder.

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
    """Return the names of everything shipped of one kind.

    Parameters
    ----------
    kind : {"model", "profile", "policy", "scenario", "evidence", "match"}
        What is looked for.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    shipped = SHIPPED[kind]
    files = (root() / shipped.folder).glob("*")
    return tuple(sorted(file.stem for file in files if file.suffix in shipped.suffixes))


def is_name(text: str | Path) -> bool:
    """Return whether a text is read as the name of something shipped rather than as a path.

    Parameters
    ----------
    text : str or Path
        What the user gave.

    Returns
    -------
    bool
        True for a text without a suffix and without a separator.
    """
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
        When the path is empty or leads to no file.
    """
    if not str(path_or_name).strip():
        raise DataError(f"an empty name was given for a {kind}; `egovsim list` shows what is shipped, or give a file.")
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


def is_shipped(path: Path) -> bool:
    """Return whether a file is one of those that come with the package.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    bool
        True for a file in the folder of shipped files.
    """
    return any(path.resolve().is_relative_to(folder) for folder in _places())


def search(name: str) -> tuple[Kind, Path]:
    """Return the kind and the file of anything shipped, for showing it.

    Parameters
    ----------
    name : str
        A shipped name of any kind.

    Returns
    -------
    str
        The kind; of several things of one name the first in the order of `SHIPPED`.
    Path
        An existing file.

    Raises
    ------
    UnknownNameError
        When nothing shipped bears the name; the nearest of all kinds are named.
    """
    for kind in SHIPPED:
        if name in names(kind):
            return kind, _shipped(kind, name)
    every = [shipped for kind in SHIPPED for shipped in names(kind)]
    raise unknown_name(name, every, what="shipped with egovsim; `egovsim list` shows what is")


def label(path: Path) -> str:
    """Return how messages and manifests call a file.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    str
        The path within the library, or the path as the user typed it.
    """
    for folder in _places():
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return str(path)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    DataError
        When it cannot be read; the message says why.
    """
    if path.is_dir():
        raise DataError(f"{label(path)}: this is a folder; give the file itself.")
    try:
        return path.read_bytes()
    except OSError as cause:
        raise DataError(
            f"{label(path)}: cannot be read ({cause.strerror}); check that it is there and yours."
        ) from cause


def text_of(content: bytes, called: str) -> str:
    """Return the text that a file holds: UTF-8 or, as some editors of Windows save it, UTF-16.

    A mark in front is passed over. Without one, UTF-16 is known by the zero byte beside the first letter.

    Parameters
    ----------
    content : bytes
        All of the file.
    called : str
        How messages call it.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    DataError
        When it is neither, with the line.
    """
    encoding = next((encoding for start, encoding in _MARKS.items() if content.startswith(start)), "utf-8-sig")
    if encoding == "utf-8-sig" and b"\0" in content[:2]:
        encoding = "utf-16-be" if content.startswith(b"\0") else "utf-16-le"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as cause:
        line = content[: cause.start].count(b"\n") + 1
        raise DataError(f"{called}, line {line}: the file is not UTF-8 text; save it as UTF-8.") from cause


def record(path: Path) -> FileRecord:
    """Return a file's label and hash, for the manifest.

    Parameters
    ----------
    path : Path
        Any file.

    Returns
    -------
    FileRecord
        Of its present content.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    return FileRecord(label(path), digest(read_bytes(path)))


def _places() -> tuple[Path, Path]:
    return _PACKAGE / "shipped", _PACKAGE.parent / "models"


def _shipped(kind: Kind, name: str) -> Path:
    shipped = SHIPPED[kind]
    for suffix in shipped.suffixes:
        path = root() / shipped.folder / f"{name}{suffix}"
        if path.is_file():
            return path
    if Path(name).is_dir():
        example = Path(name, f"mine{shipped.suffixes[0]}").as_posix()
        raise DataError(f"{name}: this is a folder; give the {kind} file itself, such as {example}.")
    beside = [str(file) for file in Path().glob(f"{name}.*") if file.suffix in shipped.suffixes]
    hint = f'; the file in this folder is called "{beside[0]}"' if beside else ""
    raise unknown_name(name, names(kind), what=f"a shipped {shipped.singular}{hint}")
