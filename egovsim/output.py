"""Writing files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from egovsim.errors import OutputError


def check_writable(folder: str | Path) -> None:
    """Make sure that a folder can be made or written to, and leave nothing behind.

    Parameters
    ----------
    folder : str or Path
        Where output shall go; it need not exist.

    Raises
    ------
    OutputError
        When it cannot be; said before anything is computed.
    """
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise OutputError(f"{place}: this is a file, not a folder; choose another name for the output.")
    nearest = place
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    try:
        os.rmdir(tempfile.mkdtemp(dir=nearest, prefix=".egovsim-"))
    except OSError as cause:
        raise OutputError(_refused(place, cause)) from cause


def place_files(contents: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Write files into a folder, each whole or not at all: all to a folder of their own, then each into place.

    Parameters
    ----------
    contents : mapping of str to bytes
        What each file shall hold, by its name.
    folder : Path
        Made where it does not exist.

    Returns
    -------
    tuple of Path
        The files, in the order of `contents`.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=folder, prefix=".egovsim-"))  # inside: moving is then never copying
        try:
            for name, content in contents.items():
                (beside / name).write_bytes(content)
            for name in contents:
                os.replace(beside / name, folder / name)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as cause:
        raise OutputError(_refused(folder, cause)) from cause
    return tuple(folder / name for name in contents)


def _refused(folder: Path, cause: OSError) -> str:
    return f"{folder}: cannot be written to ({cause.strerror or cause}); choose another folder with --out."


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file beside its place and move it there, so that no reader ever meets half of it.

    Parameters
    ----------
    path : Path
        The file to make or replace; its folder must exist.
    content : bytes or str
        What it shall hold; text is written as UTF-8.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(beside, 0o644 & ~_umask())
            os.replace(beside, path)
        except BaseException:
            os.unlink(beside)
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}); choose another folder.") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
