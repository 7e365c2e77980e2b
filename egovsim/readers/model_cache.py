"""A model that was read before, from the user's private cache, unless anything about its files has changed."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from egovsim import cache
from egovsim.model.model import Model, Origin

_CODE = cache.code_digest("__init__.py", "names.py", "errors.py", "model", "readers")
"""What this process runs: taken when it is loaded, so that a package that is replaced meanwhile is another one."""
_LIBRARIES = ("lark", "lxml", "openpyxl", "xlrd")
_OTHER_FILES = ".mdl"
"""The suffix of models that may take values from other files; XMILE files stand alone."""
_UNSETTLED_SECONDS = 2.0
"""File systems may round the time of a change as far as this."""


def read_cached(path: Path, data: Sequence[Path]) -> Model:
    """Read a model file as `read_file` does, but only once as long as nothing about it changes.

    A model in the cache is found by the bytes of its file, by those of every other file that it took values from, by
    the names of the files beside these (a new one may come before one that was used), and by the code that read it.

    Parameters
    ----------
    path : Path
        The model file.
    data : sequence of Path
        Exported runs with the series of data variables.

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
    key = _key(path, data)
    if key is None:
        return _read(path, data)
    sources = cache.get("sources", key) if _has_others(path) else ()
    whole = None if sources is None else _whole_key(key, path, data, sources)
    model = None if whole is None else cache.get("model", whole)
    if whole is None or not isinstance(model, Model):
        model = _read(path, data)
        whole = _whole_key(key, path, data, model.sources)
        if whole is None or _key(path, data) != key or _others_changed(path, data, model.sources, begun):
            return model
        if _has_others(path):
            cache.put("sources", key, model.sources)
        cache.put("model", whole, model)
    model.read_from(Origin(str(path.resolve()), whole))
    return model


def _read(path: Path, data: Sequence[Path]) -> Model:
    from egovsim.readers.formats import read_file

    return read_file(path, data=data)


def _key(path: Path, data: Sequence[Path]) -> tuple[str, ...] | None:
    """Return all that is known before reading; None where a file cannot be read, which the reader then says."""
    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        places = [str(form) for file in (path, *data) for form in (file, file.resolve())]
    except (OSError, ValueError, RuntimeError):
        return None
    return (content, *places, *_readers())


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


def _has_others(path: Path) -> bool:
    return path.suffix.lower() == _OTHER_FILES


def _whole_key(
    key: tuple[str, ...], path: Path, data: Sequence[Path], sources: Sequence[str]
) -> tuple[str, ...] | None:
    """Add the contents of other files and the names of the files beside them; None where one is gone."""
    if not _has_others(path):
        return key
    files = _files(path, data, sources)
    try:
        contents = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        names = [repr(sorted(file.name for file in folder.iterdir())) for folder in _folders(path, data, files)]
    except (OSError, ValueError):
        return None
    return (*key, *sources, *contents, *names)


def _others_changed(path: Path, data: Sequence[Path], sources: Sequence[str], begun: float) -> bool:
    """Whether other files, or what lies beside them, may have changed while the model was read."""
    if not _has_others(path):
        return False
    files = _files(path, data, sources)
    try:
        changed = [place.stat().st_mtime for place in (*files, *_folders(path, data, files))]
    except OSError:
        return True
    return max(changed) > begun - _UNSETTLED_SECONDS


def _files(path: Path, data: Sequence[Path], sources: Sequence[str]) -> list[Path]:
    """Return the files that a model took values from; those outside its folder are called as they were given."""
    given = {str(file): file for file in data}
    return [given.get(source, path.parent / source) for source in sources]


def _folders(path: Path, data: Sequence[Path], files: Sequence[Path]) -> list[Path]:
    """Return the folders in which files were looked for by their names; given ones are not looked for."""
    return list(dict.fromkeys(file.parent for file in (path, *files) if file not in data))


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
