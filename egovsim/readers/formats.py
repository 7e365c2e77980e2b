"""Any model file, by its suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from egovsim.errors import DataError, ModelError
from egovsim.model.model import Model
from egovsim.readers.file_bytes import read_bytes
from egovsim.readers.vensim.reader import read_vensim
from egovsim.readers.xmile.reader import read_xmile

_READERS: Mapping[str, Callable[..., Model]] = {
    ".xmile": read_xmile,
    ".stmx": read_xmile,
    ".itmx": read_xmile,
    ".xml": read_xmile,
    ".mdl": read_vensim,
}


def read_file(path: Path, *, data: Sequence[Path] = ()) -> Model:
    """Read a model file: XMILE (.xmile, .stmx, .itmx, .xml) or Vensim (.mdl).

    Parameters
    ----------
    path : Path
        The file; its suffix, in any case, says what it is.
    data : sequence of Path, optional
        Exported runs with the series of a Vensim model's data variables.

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
    if not data:
        return reader(path)
    if reader is not read_vensim:
        raise DataError(f"{path.name}: only Vensim models have data variables; leave `data` out.")
    return read_vensim(path, data=data)
