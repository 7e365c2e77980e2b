"""The bytes of a model file, or one clear reason why there are none."""

from __future__ import annotations

import re
from pathlib import Path

from egovsim.errors import ModelError, suggestion


def read_bytes(path: Path) -> bytes:
    """Read a file whole.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bytes
        What it holds, more than blanks.

    Raises
    ------
    ModelError
        There is no such file, it is a folder, it may not be read, or it is empty.
    """
    if path.is_dir():
        raise ModelError(f"{path}: this is a folder; name a model file in it.")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such file{neighbours(path)}.") from error
    except OSError as error:
        raise ModelError(f"{path}: the file cannot be read ({error.strerror}); check its permissions.") from error
    if not data.strip():
        raise ModelError(f"{path.name}: the file is empty; restore it from a copy or save the model again.")
    return data


def neighbours(path: Path) -> str:
    """Name the files beside one that it may have been meant to be.

    Parameters
    ----------
    path : Path
        A file that is not there.

    Returns
    -------
    str
        The end of a message.
    """
    try:
        beside = [neighbour.name for neighbour in path.parent.iterdir() if neighbour.is_file()]
    except OSError:
        return "; check the folder's name"
    return suggestion(path.name, beside) or "; check its name"


def refuse_other_formats(data: bytes, name: str, *, wanted: str) -> None:
    """Say what a file is that is often taken for a model.

    Parameters
    ----------
    data : bytes
        What it holds.
    name : str
        Its name, for messages.
    wanted : str
        What it should be, for messages.

    Raises
    ------
    ModelError
        It is a web page, JSON or no text at all.
    """
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise ModelError(f"{name}, line 1: this is a web page (HTML), not a model; download the model file itself.")
    if re.match(rb'[{\[]\s*["{\[\]}]', start):
        raise ModelError(f"{name}, line 1: this looks like JSON, not {wanted}; name a model file.")
    if b"\x00" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ModelError(f"{name}: this is a binary file, not {wanted}; save the model as text.")
