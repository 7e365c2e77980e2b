"""Any model file, by its suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from egovsim.errors import DataError, ModelError
from egovsim.model.model import Model
from egovsim.readers.file_bytes import read_bytes

# A reader, with the libraries that it needs, is loaded when a file asks for it.


def _xmile(path: Path, data: Sequence[Path], modules: Sequence[Path]) -> Model:
    from egovsim.readers.xmile.reader import read_xmile

    if data:
        raise DataError(f"{path.name}: only Vensim models have data variables; leave `data` out.")
    for folder in modules:
        if not folder.is_dir():
            raise ModelError(f"{folder}: `modules` names the folders that files of modules stand in; this is none.")
    return read_xmile(path, modules=modules)


def _vensim(path: Path, data: Sequence[Path], modules: Sequence[Path]) -> Model:
    from egovsim.readers.vensim.reader import read_vensim

    if modules:
        raise ModelError(f"{path.name}: only XMILE models have modules in files; leave `modules` out.")

    return read_vensim(path, data=data)


_READERS: Mapping[str, Callable[[Path, Sequence[Path], Sequence[Path]], Model]] = {
    ".xmile": _xmile,
    ".stmx": _xmile,
    ".itmx": _xmile,
    ".xml": _xmile,
    ".mdl": _vensim,
}


def read_file(path: Path, *, data: Sequence[Path] = (), modules: Sequence[Path] = ()) -> Model:
    """Read a model file: XMILE (.xmile, .stmx, .itmx, .xml) or Vensim (.mdl).

    Parameters
    ----------
    path : Path
        The file; its suffix, in any case, says what it is.
    data : sequence of Path, optional
        Exported runs with the series of a Vensim model's data variables.
    modules : sequence of Path, optional
        Folders outside that of an XMILE model in which files of its modules may stand.

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
        A file that the model takes values from cannot be read, or lacks a sheet, a cell or a number; or `data`
        is given for a model that has no data variables.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        read_bytes(path)
        raise ModelError(
            f"{path.name}: a file ending in '{path.suffix}' is no model that can be read; "
            f"there are: {', '.join(_READERS)}."
        )
    return reader(path, data, modules)
