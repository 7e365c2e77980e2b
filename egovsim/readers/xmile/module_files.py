"""Modules that stand in files of their own: where such a file is, and whether it may be read."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from egovsim.errors import ModelError
from egovsim.model.model import LeftOut
from egovsim.names import canonical
from egovsim.readers.file_bytes import neighbours
from egovsim.readers.xmile.scope import Scope
from egovsim.readers.xmile.structure import XmileFile, structure_of
from egovsim.readers.xmile.xml import Element, read_markup

_ADDRESS = ("url", "resource")
"""Attributes of a ``<module>`` that name its file: isee's Stella writes ``url``, as the public files of the model
FRIDA show (its version 3.7.2); ``resource`` is what XMILE calls an address in section 2.7.1."""

_FROM_THE_FILE = re.compile(r"r(?=\.{1,2}/)")
"""What a path begins with that starts at the model file as if it were a folder, so that ``r../X.itmx`` lies beside it.

No help page of isee's says so (unverified): ``r../FRIDA_Modules/X.itmx`` and ``r../Data/X.csv`` in FRIDA.stmx name
files in folders that stand beside that file."""

_ELSEWHERE = re.compile(r"[A-Za-z]:/|/|~|file:", re.IGNORECASE)
"""What the address of a file on the machine that the model was saved on begins with."""

_WEB = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class ModuleFiles:
    """The files of one model: that of the whole model, and those of its modules, each read once.

    Parameters
    ----------
    whole : XmileFile
        The file of the whole model.
    folders : sequence of Path, optional
        Folders beside that of the model in which files of modules may stand.

    Attributes
    ----------
    files : list of XmileFile
        All that was read, that of the whole model first.
    notes : list of LeftOut
        Files that were found by their name alone.
    """

    def __init__(self, whole: XmileFile, folders: Sequence[Path] = ()) -> None:
        self.files = [whole]
        self.notes: list[LeftOut] = []
        self._folders = [folder.resolve() for folder in (whole.path.parent, *folders)]
        self._read: dict[Path, XmileFile] = {whole.path.resolve(): whole}
        self._missing: list[str] = []

    @property
    def paths(self) -> list[Path]:
        """The files of modules, in the order of reading."""
        return [file.path for file in self.files[1:]]

    def model_of(self, scope: Scope, name: str, module: Element) -> tuple[XmileFile, Element] | None:
        """Return the model that a module is made of, and the file that it stands in.

        Parameters
        ----------
        scope : Scope
            The model that the module is a part of.
        name : str
            The module's.
        module : Element
            The ``<module>``.

        Returns
        -------
        tuple of XmileFile and Element, or None
            None where there is none.

        Raises
        ------
        ModelError
            Its file may not be read, or is no XMILE file.
        """
        address = next((text.strip() for key in _ADDRESS if (text := module.get(key) or "").strip()), "")
        if not address:
            model = scope.file.modules.get(canonical(name))
            return None if model is None else (scope.file, model)
        address = address.replace("\\", "/")
        path = self._path(scope.file.path, address, scope.message_place(module, name))
        if path is None:
            return None
        if _ELSEWHERE.match(address):
            text = f"its file is named by an address of another machine, {address}, and {path.name} beside the model is"
            self.notes.append(LeftOut(name, f"{text} read", scope.document.where(module)))
        file = self._file(path)
        return file, file.modules.get(canonical(name), file.root)

    def refuse_missing(self) -> None:
        """Raise one error for all files that were not found.

        Raises
        ------
        ModelError
            Some were not.
        """
        if self._missing:
            raise ModelError("\n".join(self._missing))

    def _path(self, base: Path, address: str, place: str) -> Path | None:
        """Return where a file is; None where it is missing, which is kept."""
        if _ELSEWHERE.match(address):
            path = base.parent / PurePosixPath(address).name
        elif _WEB.match(address):
            raise ModelError(f"{place}: the module's file {address} is on the web; save it beside {base.name}.")
        else:
            path = (base / address[1:]) if _FROM_THE_FILE.match(address) else (base.parent / address)
        path = Path(os.path.normpath(path))
        found = self._allowed(path, address, place)
        if found is None:
            self._missing.append(
                f"{place}: the module's file {address} is not there{neighbours(path)}; put it beside {base.name}."
            )
        return found

    def _allowed(self, path: Path, address: str, place: str) -> Path | None:
        """Return the path of a file that is there, in a folder that may be read."""
        given = [folder / path.name for folder in self._folders[1:]]
        found = next((file for file in (path, *given) if self._is_inside(file) and _is_file(file)), None)
        if found is None and not self._is_inside(path):
            raise ModelError(
                f"{place}: the module's file {address} lies outside the folder of the model; put it there, or name "
                "its folder: read_model(..., modules=FOLDER), --modules FOLDER."
            )
        return found

    def _is_inside(self, path: Path) -> bool:
        try:
            resolved = path.resolve()
        except (OSError, RuntimeError):  # links in a circle
            return False
        return any(resolved.is_relative_to(folder) for folder in self._folders)

    def _file(self, path: Path) -> XmileFile:
        key = path.resolve()
        if key not in self._read:
            self._read[key] = structure_of(path, read_markup(path, root="xmile"), self.files)
            self.files.append(self._read[key])
        return self._read[key]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can bear
        return False
