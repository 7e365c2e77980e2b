"""Vensim's own data sets (.vdf), read by pysimlin.

Vensim does not document the form. pysimlin's authors found it out from files of Vensim's and describe it
(github.com/bpowers/simlin, docs/design/vdf.md); that a given file is read right is theirs to say, and unverified here,
where no such file is at hand. Numbers in it are of single precision. Of .vdfx, the form of later versions, there is no
public description.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from egovsim.errors import DataError

WAY_OUT = "export it in Vensim as a table (.tab or .csv) or as .dat, and name that file"


def vdf_series(path: Path) -> Iterator[tuple[str, Sequence[tuple[float, float]]]]:
    """Read the series of a data set.

    Parameters
    ----------
    path : Path
        The .vdf file.

    Yields
    ------
    tuple of str and sequence of tuple of float
        The name of a variable, or of an element of one, and its times and values.

    Raises
    ------
    DataError
        pysimlin is not installed, or cannot read the file.
    """
    for name, column in _table(path).items():
        values = zip(column.index.tolist(), column.tolist(), strict=True)
        points = [(float(time), float(value)) for time, value in values if value == value]
        if points:
            yield str(name), points


def _table(path: Path) -> Any:
    try:
        from simlin import load_vdf
    except ImportError as error:
        raise DataError(
            f"{path.name}: the package pysimlin, which reads Vensim's .vdf, is not installed; "
            f"install egovsim[vdf], or {WAY_OUT}."
        ) from error
    try:
        return load_vdf(path)
    except Exception as error:
        # What a damaged file comes to in the depths of the library is no matter of ours.
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise DataError(f"{path.name}: this file of data cannot be read ({reason}); {WAY_OUT}.") from error
