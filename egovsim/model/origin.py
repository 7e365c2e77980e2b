"""Where a model was read from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """What tells a model that was read from a file from any other.

    Parameters
    ----------
    path : str
        The whole path of the file.
    key : tuple of str
        All that the model is a function of: contents of files, names of files beside them, and code.
    """

    path: str
    key: tuple[str, ...]
