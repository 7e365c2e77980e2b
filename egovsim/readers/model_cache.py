"""A model that was read before, from the user's private cache, unless anything about its files has changed."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from egovsim import cache
from egovsim.model.model import Model, Origin

_CODE = cache.code_digest("__init__.py", "names.py", "errors.py", "model", "readers")
"""What this process runs: taken when it is loaded, so that a package that is replaced meanwhile is another one."""
_LIBRARIES = ("lark", "lxml", "openpyxl", "xlrd")
_UNSETTLED_SECONDS = 2.0
"""File systems may round the time of a change as far as this."""


def read_cached(path: Path, data: Sequence[Path], modules: Sequence[Path] = ()) -> Model:
    """Read a model file as `read_file` does, but only once as long as nothing about it changes.

    A model in the cache is found by the bytes of its file, by those of every other file that it took values or modules
    from, by the names of the files beside these (a new one may come before one that was used), and by the code that
    read it.

    Parameters
    ----------
    path : Path
        The model file.
    data : sequence of Path
        Exported runs with the series of data variables.
    modules : sequence of Path, optional
        Folders outside that of the model in which files of its modules may stand.

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
    given = _Given(path, data, modules)
    key = _key(given)
    if key is None:
        return _read(given)
    sources = cache.get("sources", key)
    whole = None if sources is None else _whole_key(key, given, sources)
    model = None if whole is None else cache.get("model", whole)
    if whole is None or not isinstance(model, Model):
        model = _read(given)
        whole = _whole_key(key, given, model.sources)
        if whole is None or _key(given) != key or _others_changed(given, model.sources, begun):
            return model
        cache.put("sources", key, model.sources)
        cache.put("model", whole, model)
    model.read_from(Origin(str(path.resolve()), whole))
    return model


class _Given(NamedTuple):
    """What is to be read."""

    path: Path
    data: Sequence[Path]
    modules: Sequence[Path]


def _read(given: _Given) -> Model:
    from egovsim.readers.formats import read_file

    return read_file(given.path, data=given.data, modules=given.modules)


def _key(given: _Given) -> tuple[str, ...] | None:
    """Return all that is known before reading; None where a file cannot be read, which the reader then says."""
    try:
        content = hashlib.sha256(given.path.read_bytes()).hexdigest()
        named = (given.path, *given.data, *given.modules)
        places = [str(form) for file in named for form in (file, file.resolve())]
    except (OSError, ValueError, RuntimeError):
        return None
    return (content, *places, str(len(given.data)), *_readers())


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


def _whole_key(key: tuple[str, ...], given: _Given, sources: Sequence[str]) -> tuple[str, ...] | None:
    """Add the contents of other files and the names of the files beside them; None where one is gone."""
    if not _may_have_others(given, sources):
        return key
    files = _files(given, sources)
    try:
        contents = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        names = [repr(sorted(file.name for file in folder.iterdir())) for folder in _folders(given, files)]
    except (OSError, ValueError):
        return None
    return (*key, *sources, *contents, *names)


def _others_changed(given: _Given, sources: Sequence[str], begun: float) -> bool:
    """Whether other files, or what lies beside them, may have changed while the model was read."""
    if not _may_have_others(given, sources):
        return False
    files = _files(given, sources)
    try:
        changed = [place.stat().st_mtime for place in (*files, *_folders(given, files))]
    except OSError:
        return True
    return max(changed) > begun - _UNSETTLED_SECONDS


def _may_have_others(given: _Given, sources: Sequence[str]) -> bool:
    """Whether a model depends on other files: one of Vensim may find new ones, one of XMILE is not read without one."""
    return bool(sources) or given.path.suffix.lower() == ".mdl"


def _files(given: _Given, sources: Sequence[str]) -> list[Path]:
    """Return the files that a model took from; those outside its folder are called as they were given."""
    named = {str(file): file for file in given.data}
    return [named.get(source, given.path.parent / source) for source in sources]


def _folders(given: _Given, files: Sequence[Path]) -> list[Path]:
    """Return the folders in which files were looked for by their names; given ones are not looked for."""
    return list(dict.fromkeys(file.parent for file in (given.path, *files) if file not in given.data))


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
