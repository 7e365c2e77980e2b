"""Readers of model files. `read_file` reads any of them; it is loaded when it is first used (PEP 562)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egovsim.readers.reading import read_file

__all__ = ["read_file"]


def __getattr__(name: str) -> object:
    """Load the readers when one is wanted: a model that was kept needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from egovsim.readers import reading

    return getattr(reading, name)
