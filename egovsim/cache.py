"""Values that were worked out before, in the user's private cache folder: ``cache.get`` and ``cache.put``."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from egovsim.errors import OutputError
from egovsim.output import write_atomically

Value = TypeVar("Value")

_PACKAGE = Path(__file__).resolve().parent
_DAY = 86_400.0
_LONGEST_UNUSED = 90 * _DAY
_MOST_BYTES = 512 * 2**20
_OWN_NAME = re.compile(r"\.?[0-9a-f]{64}\.[a-z]+(\..*)?")
"""What an entry is called, and the file beside it while it is written. Nothing else is ever deleted."""


def user_cache() -> Path | None:
    """Return the folder of the cache, made for this user alone.

    It is never one that another user could write to: code is loaded from it. It may be moved with the environment
    variable ``EGOVSIM_CACHE``.

    Returns
    -------
    Path or None
        None where there can be no such folder.
    """
    folder = Path(os.environ.get("EGOVSIM_CACHE") or _usual_folder())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            status = folder.stat()
            if status.st_uid != os.getuid():
                return None
            if status.st_mode & 0o077:
                folder.chmod(0o700)
    except OSError:
        return None
    return folder


def _usual_folder() -> str:
    import platformdirs

    return platformdirs.user_cache_dir("egovsim", appauthor=False)


def get_or_make(kind: str, key: Sequence[object], make: Callable[[], Value]) -> Value:
    """Return what `make` returns, from the cache where it was made before.

    Parameters
    ----------
    kind : str
        A word for what it is; entries of it end with this word.
    key : sequence
        Everything that the value depends on, the code that makes it included (`code_digest`); values whose
        ``repr`` tells any two of them apart.
    make : callable
        Makes the value. What it raises goes through, and nothing is put into the cache.

    Returns
    -------
    object
        The value.
    """
    known = get(kind, key)
    if known is None:
        known = make()
        put(kind, key, known)
    return known


def get(kind: str, key: Sequence[object]) -> Any | None:
    """Return what was put into the cache under a key.

    Parameters
    ----------
    kind : str
        A word for what it is.
    key : sequence
        What it was put under.

    Returns
    -------
    object or None
        None where there is nothing, or nothing sound.
    """
    folder = user_cache()
    if folder is None:
        return None
    entry = folder / _entry_name(kind, key)
    try:
        with entry.open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and status.st_uid != os.getuid():
                return None
            data = file.read()
    except OSError:
        return None
    if time.time() - status.st_mtime > _DAY:
        with suppress(OSError):  # a folder that can only be read keeps its times
            os.utime(entry)  # says when it was last used
    digest, content = data[:32], data[32:]
    if hashlib.sha256(content).digest() != digest:
        return None
    try:
        # Unpickling can run any code. It is the user's own file in a folder that nobody else can write to, the
        # same place that machine code is loaded from.
        return pickle.loads(content)
    except Exception:  # whatever it is, it is not an entry of ours: it is made again
        return None


def put(kind: str, key: Sequence[object], value: object) -> None:
    """Put a value into the cache, where that is possible.

    Parameters
    ----------
    kind : str
        A word for what it is; entries of it end with this word.
    key : sequence
        What it is found by; see `get_or_make`.
    value : object
        Anything but None that can be pickled.
    """
    folder = user_cache()
    if folder is None:
        return
    # What is nested too deeply to be pickled is not put there. A full or read-only disk costs the next run its
    # head start, nothing else.
    with suppress(OutputError, RecursionError):
        content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
        write_atomically(folder / _entry_name(kind, key), hashlib.sha256(content).digest() + content)
        _sweep(folder)


def _entry_name(kind: str, key: Sequence[object]) -> str:
    return f"{hashlib.sha256(repr(tuple(key)).encode()).hexdigest()}.{kind}"


def _sweep(folder: Path) -> None:
    """Delete entries that were not used for long, and the longest unused ones of too many."""
    found: list[tuple[float, int, str]] = []
    with suppress(OSError):  # another process may be sweeping
        with os.scandir(folder) as entries:
            for entry in entries:
                if _OWN_NAME.fullmatch(entry.name):
                    status = entry.stat()
                    found.append((status.st_mtime, status.st_size, entry.path))
        oldest, room = time.time() - _LONGEST_UNUSED, _MOST_BYTES
        for used, size, path in sorted(found, reverse=True):
            room -= size
            if used < oldest or room < 0:
                os.unlink(path)


def code_digest(*places: str) -> str:
    """Return a digest of some of this package's own code, so that changed code finds nothing of the old one's.

    Parameters
    ----------
    *places : str
        Files, or folders with all Python and grammar files below them: ``"model"``, ``"names.py"``.

    Returns
    -------
    str
        In hexadecimal.
    """
    whole = hashlib.sha256()
    for place in places:
        path = _PACKAGE / place
        files = sorted(file for file in path.rglob("*") if file.suffix in {".py", ".lark"}) if path.is_dir() else [path]
        for file in files:
            name = file.relative_to(_PACKAGE).as_posix().encode()
            whole.update(name + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()
