"""A model that was read before, from the user's private cache, unless anything about its files has changed."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from egovsim import cache
from egovsim.model.model import Model
from egovsim.model.origin import Origin
from egovsim.readers.data.given import GivenData

_CODE = cache.code_digest("__init__.py", "names.py", "errors.py", "model", "readers")
"""What this process runs: taken when it is loaded, so that a package that is replaced meanwhile is another one."""
_LIBRARIES = ("lark", "lxml", "openpyxl", "xlrd", "simlin")
_LOOKS_FOR_FILES = ".mdl"
"""The suffix of models that may look for files that they do not name, so that what lies beside them matters."""
_UNSETTLED_SECONDS = 2.0
"""File systems may round the time of a change as far as this."""


def read_cached(path: Path, given: GivenData) -> Model:
    """Read a model file as `read_file` does, but only once as long as nothing about it changes.

    A model in the cache is found by the bytes of its file, by those of every other file that it took values or modules
    from, by the names of the files beside these (a new one may come before one that was used), and by the code that
    read it.

    Parameters
    ----------
    path : Path
        The model file.
    given : GivenData
        Files of data, folders of modules, and what to do without a series.

    Returns
    -------
    Model
        With its origin, unless its files changed while it was read.

    Raises
    ------
    ModelError
        As `read_file`.
    """
    begun = time.time()
    key = _key(path, given)
    if key is None:
        return _read(path, given)
    sources = cache.get("sources", key)
    whole = None if sources is None else _whole_key(key, path, given, sources)
    model = None if whole is None else cache.get("model", whole)
    if whole is None or not isinstance(model, Model):
        model = _read(path, given)
        whole = _whole_key(key, path, given, model.sources)
        if whole is None or _key(path, given) != key or _others_changed(path, given, model.sources, begun):
            return model
        cache.put("sources", key, model.sources)
        cache.put("model", whole, model)
    model.read_from(Origin(str(path.resolve()), whole))
    return model


def _read(path: Path, given: GivenData) -> Model:
    from egovsim.readers.formats import read_file

    return read_file(path, given=given)


def _key(path: Path, given: GivenData) -> tuple[str, ...] | None:
    """Return all that is known before reading; None where a file cannot be read, which the reader then says."""
    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        places = [str(form) for file in (path, *given.paths, *given.modules) for form in (file, file.resolve())]
    except (OSError, ValueError, RuntimeError):
        return None
    return (content, *places, repr([tag for tag, _ in given.tags]), str(len(given.paths)), given.missing, *_readers())


def _readers() -> tuple[str, ...]:
    """Return what tells this version of the readers from any other."""
    return (_CODE, repr(sys.version_info[:2]), *map(_library, _LIBRARIES))


def _library(name: str) -> str:
    """Return what changes when a library is installed anew, without importing it."""
    found = find_spec(name)
    if found is None or found.origin is None:
        return ""
    status = Path(found.origin).stat()
    return f"{found.origin} {status.st_mtime_ns} {status.st_size}"


def _has_others(path: Path, sources: Sequence[str]) -> bool:
    return bool(sources) or path.suffix.lower() == _LOOKS_FOR_FILES


def _whole_key(key: tuple[str, ...], path: Path, given: GivenData, sources: Sequence[str]) -> tuple[str, ...] | None:
    """Add the contents of other files and the names of the files beside them; None where one cannot be read."""
    if not _has_others(path, sources):
        return key
    files = _files(path, given, sources)
    try:
        contents = [hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "" for file in files]
        names = [
            repr(sorted(file.name for file in folder.iterdir())) if folder.exists() else ""
            for folder in _folders(path, given, files)
        ]
    except (OSError, ValueError):
        return None
    return (*key, *sources, *contents, *names)


def _others_changed(path: Path, given: GivenData, sources: Sequence[str], begun: float) -> bool:
    """Whether other files, or what lies beside them, may have changed while the model was read."""
    if not _has_others(path, sources):
        return False
    files = _files(path, given, sources)
    try:
        places = (*files, *_folders(path, given, files))
        changed = [place.stat().st_mtime for place in places if place.exists()]
    except OSError:
        return True
    return max(changed, default=0.0) > begun - _UNSETTLED_SECONDS


def _files(path: Path, given: GivenData, sources: Sequence[str]) -> list[Path]:
    """Return the files that a model took values from; those outside its folder are called as they were given."""
    named = {str(file): file for file in given.paths}
    return [named.get(source, path.parent / source) for source in sources]


def _folders(path: Path, given: GivenData, files: Sequence[Path]) -> list[Path]:
    """Return the folders in which files were looked for by their names; given ones are not looked for."""
    return list(dict.fromkeys(file.parent for file in (path, *files) if file not in given.paths))


def path_of(model: Model) -> Path | None:
    """Return where a model was read from.

    Parameters
    ----------
    model : Model
        Any.

    Returns
    -------
    Path or None
        The whole path; None where the model was made or changed in memory.
    """
    return None if model.origin is None else Path(model.origin.path)
