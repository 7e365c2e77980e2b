"""Any model file, by its suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from egovsim.errors import ModelError
from egovsim.model.model import Model
from egovsim.readers.data.given import NOTHING_GIVEN, GivenData
from egovsim.readers.file_bytes import read_bytes

# A reader, with the libraries that it needs, is loaded when a file asks for it.


def _xmile(path: Path, given: GivenData) -> Model:
    from egovsim.readers.xmile.reader import read_xmile

    for folder in given.modules:
        if not folder.is_dir():
            raise ModelError(f"{folder}: `modules` names the folders that files of modules stand in; this is none.")
    return read_xmile(path, given=given)


def _vensim(path: Path, given: GivenData) -> Model:
    from egovsim.readers.vensim.reader import read_vensim

    if given.modules:
        raise ModelError(f"{path.name}: only XMILE models have modules in files; leave `modules` out.")
    return read_vensim(path, given=given)


_READERS: Mapping[str, Callable[[Path, GivenData], Model]] = {
    ".xmile": _xmile,
    ".stmx": _xmile,
    ".itmx": _xmile,
    ".xml": _xmile,
    ".mdl": _vensim,
}


def read_file(path: Path, *, given: GivenData = NOTHING_GIVEN) -> Model:
    """Read a model file: XMILE (.xmile, .stmx, .itmx, .xml) or Vensim (.mdl).

    Parameters
    ----------
    path : Path
        The file; its suffix, in any case, says what it is.
    given : GivenData, optional
        Files of data, folders of modules, and what to do without a series.

    Returns
    -------
    Model
        Everything in it that can change a number; what this version cannot run is an `Unsupported`
        equation, what only concerns the display is counted in `Model.ignored`.

    Raises
    ------
    ModelError
        It cannot be read, is not what its suffix says, or an equation does not parse.
    DataError
        A file that the model takes values from cannot be read, or lacks a sheet, a cell or a number; or a
        file is given that the model has no place for.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        read_bytes(path)
        raise ModelError(
            f"{path.name}: a file ending in '{path.suffix}' is no model that can be read; "
            f"there are: {', '.join(_READERS)}."
        )
    return reader(path, given)
