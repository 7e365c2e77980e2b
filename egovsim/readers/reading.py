"""Any model file, by its suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from egovsim.errors import ModelError
from egovsim.model.model import Model
from egovsim.readers.opening import read_bytes
from egovsim.readers.vensim import read_vensim
from egovsim.readers.xmile import read_xmile

_READERS: Mapping[str, Callable[[Path], Model]] = {
    ".xmile": read_xmile,
    ".stmx": read_xmile,
    ".itmx": read_xmile,
    ".xml": read_xmile,
    ".mdl": read_vensim,
}


def read_file(path: Path) -> Model:
    """Read a model file: XMILE (.xmile, .stmx, .itmx, .xml) or Vensim (.mdl).

    Parameters
    ----------
    path : Path
        The file; its suffix, in any case, says what it is.

    Returns
    -------
    Model
        Everything in it that can change a number; what this version cannot run is an `Unsupported`
        equation, what only concerns the display is counted in `Model.ignored`.

    Raises
    ------
    ModelError
        It cannot be read, is not what its suffix says, or an equation does not parse.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        read_bytes(path)
        raise ModelError(
            f"{path.name}: a file ending in '{path.suffix}' is no model that can be read; "
            f"there are: {', '.join(_READERS)}."
        )
    return reader(path)
