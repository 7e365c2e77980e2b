"""The user's private cache folder, and writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from egovsim.errors import OutputError


def user_cache() -> Path | None:
    """Return the folder for machine code, made for this user alone, or None where there can be none.

    The folder is never one that another user could write to: code is loaded from it. It may be moved
    with the environment variable ``EGOVSIM_CACHE``.
    """
    import platformdirs

    asked = os.environ.get("EGOVSIM_CACHE")
    folder = Path(asked) if asked else Path(platformdirs.user_cache_dir("egovsim", appauthor=False))
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
