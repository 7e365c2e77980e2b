"""The exceptions of egovsim.

::

    EgovsimError
    ├── InputError                 something the user gave cannot be used (exit code 1)
    │   ├── ModelError             a model file: unreadable, unknown name, algebraic loop
    │   │   └── UnsupportedError   a model uses what this version cannot run
    │   ├── DataError              a profile, policy, scenario, evidence or data file
    │   ├── UnknownNameError       a name that nothing bears
    │   ├── ValueRangeError        a number that is not finite or outside its range
    │   └── OutputError            a folder or file that cannot be written
    └── SimulationError            a run failed and ``on_failure="raise"`` asked to hear of it

A message says where, what and what next.
"""

from __future__ import annotations

from collections.abc import Iterable

from egovsim.names import nearest
from egovsim.public import set_module


@set_module("egovsim")
class EgovsimError(Exception):
    """Base class of every error that egovsim raises on purpose."""


@set_module("egovsim")
class InputError(EgovsimError):
    """Something the user gave cannot be used."""


@set_module("egovsim")
class ModelError(InputError):
    """A model file that cannot be read or simulated."""


@set_module("egovsim")
class UnsupportedError(ModelError):
    """A model uses language that this version cannot run; the message lists all of it."""


@set_module("egovsim")
class DataError(InputError):
    """A profile, policy, scenario, evidence or data file that cannot be used."""


@set_module("egovsim")
class UnknownNameError(InputError):
    """A name that nothing bears; the message gives the nearest ones."""


@set_module("egovsim")
class ValueRangeError(InputError):
    """A number that is not finite, or lies outside its declared range."""


@set_module("egovsim")
class OutputError(InputError):
    """A place that cannot be written to."""


@set_module("egovsim")
class SimulationError(EgovsimError):
    """A run failed (overflow, not a number) and the caller asked for an exception."""


def unknown_name(name: str, known: Iterable[str], *, what: str, where: str = "") -> UnknownNameError:
    """Build the error for a name that nothing bears.

    Parameters
    ----------
    name : str
        The name as the user wrote it.
    known : iterable of str
        The names that would have been right.
    what : str
        What a right name would have been, as the end of a sentence: ``"a variable of this model"``.
    where : str, optional
        The place, put in front: ``"egov.xmile, line 212"``.

    Returns
    -------
    UnknownNameError
        To be raised by the caller.
    """
    place = f"{where}: " if where else ""
    return UnknownNameError(f'{place}"{name}" is not {what}{suggestion(name, known)}.')


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say which known names are nearest, or list them where they are few.

    Parameters
    ----------
    name : str
        The name as the user wrote it.
    known : iterable of str
        The names that would have been right.

    Returns
    -------
    str
        The end of a sentence: ``; nearest: "Backlog"``; empty where nothing is near and there are many.
    """
    names = list(known)
    close = nearest(name, names)
    if close:
        return "; nearest: " + ", ".join(f'"{near}"' for near in close)
    if names and len(names) <= 12:
        return "; there are: " + ", ".join(f'"{right}"' for right in names)
    return ""
