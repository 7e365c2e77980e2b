"""Changes files of Vensim (.cin): other values for constants.

Source: Vensim's reference manual, "Constant Input Files".
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from egovsim.errors import DataError
from egovsim.names import canonical
from egovsim.public import set_module
from egovsim.readers.data.delimited_text import decoded
from egovsim.readers.file_bytes import read_bytes

_CHANGE = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"|[^="(:<]+?)\s*(?P<subscripts>\[[^\]]*\])?\s*=\s*(?P<value>[^=<,\s]+)')


@set_module("egovsim")
def read_changes(path: str | Path) -> dict[str, float]:
    """Read a changes file of Vensim.

    Parameters
    ----------
    path : str or Path
        A text with lines of the form ``name = number`` or ``name[element] = number``.

    Returns
    -------
    dict of str to float
        For the argument ``constants`` of `run`. Of a name that stands twice the last value, as Vensim has it.

    Raises
    ------
    DataError
        A line is something else: a lookup, a text, or a list of numbers cannot be set for a run.
    """
    found: dict[str, tuple[str, float]] = {}
    file = Path(path)
    for number, line in enumerate(decoded(read_bytes(file)).splitlines(), start=1):
        text = line.strip()
        if not text:
            continue
        change = _CHANGE.fullmatch(text)
        value = _number(change["value"]) if change is not None else None
        if change is None or value is None:
            raise DataError(
                f"{file.name}, line {number}: '{text[:60]}' does not set a constant to a number; "
                "write name = number, or leave the line out."
            )
        name = " ".join(change["name"].strip('"').split()) + (change["subscripts"] or "")
        found[canonical(name)] = name, value
    return dict(found.values())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
