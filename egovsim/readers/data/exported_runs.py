"""Series of a run: exported as text (Vensim's .dat, and tables as .tab or .csv), or as Vensim keeps it (.vdf)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from egovsim.errors import DataError
from egovsim.model.expression import LookupKind, Table
from egovsim.names import canonical, split_element
from egovsim.readers.data.cells import cell_of
from egovsim.readers.data.delimited_text import decoded, delimited_rows
from egovsim.readers.data.spreadsheets import is_file
from egovsim.readers.data.vensim_datasets import WAY_OUT, vdf_series

_EXPORTS = (".dat", ".tab", ".csv", ".tsv", ".txt")
"""Suffixes of the text forms of a run, in the order in which they are looked for."""

Points = Sequence[tuple[float, float]]
"""Times and values."""


def table_of_points(points: Points, kind: LookupKind, place: str, source: str) -> Table:
    """Make a table of a series in any order.

    Parameters
    ----------
    points : sequence of tuple of float
        Times and values.
    kind : {"continuous", "extrapolate", "discrete", "forward", "raw"}
        How the series goes on between its points.
    place, source : str
        Where the model asks for it, and where it stands, for messages.

    Returns
    -------
    Table
        By ascending time.

    Raises
    ------
    DataError
        There is no point, or there are two at one time; the message begins with `place`, then names `source`.
    """
    ordered = sorted(points)
    if not ordered:
        raise DataError(f"{place}: {source} holds no value; write numbers there.")
    for (left, _), (right, _) in pairwise(ordered):
        if left == right:
            raise DataError(f"{place}: {source} has two values at {left:g}; leave one.")
    return Table(tuple(x for x, _ in ordered), tuple(y for _, y in ordered), kind)


def exports_of(datasets: Sequence[str], folder: Path) -> list[Path]:
    """Return the text exports, beside a model, of the data sets that its settings name.

    Vensim's own .vdf is a binary form that is not documented, and is read where it is named; an export has its name and
    another suffix.

    Parameters
    ----------
    datasets : sequence of str
        Their files as the settings name them.
    folder : Path
        Where the model is.

    Returns
    -------
    list of Path
        One for each data set that has an export.
    """
    found: list[Path] = []
    for dataset in datasets:
        stem = Path(dataset.replace("\\", "/")).stem
        candidates = [folder / f"{stem}{suffix}" for suffix in _EXPORTS]
        found += [path for path in candidates if is_file(path)][:1]
    return found


def read_series(path: Path) -> dict[tuple[str, tuple[str, ...]], Points]:
    """Read an exported run: points by canonical name and elements.

    Parameters
    ----------
    path : Path
        Vensim's ``.dat`` (a name in a line, then lines of time and value), or a table as ``.tab`` or ``.csv``,
        with the times down or across, or Vensim's own ``.vdf``.

    Returns
    -------
    dict of tuple of str and tuple of str to sequence of tuple of float
        Times and values by canonical name and ids of elements.

    Raises
    ------
    DataError
        There is no such file, or it is no such table; the line is named.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: this file of data cannot be read ({error.strerror}); check its name.") from error
    if path.suffix.lower() == ".vdf":
        return {_key(name): points for name, points in vdf_series(path)}
    if path.suffix.lower() == ".vdfx":
        raise DataError(f"{path.name}: Vensim's .vdfx is a form that is described nowhere; {WAY_OUT}.")
    text = decoded(data)
    if path.suffix.lower() == ".dat":
        return {_key(name): points for name, points in _dat_series(path.name, text).items()}
    if path.suffix.lower() not in _EXPORTS:
        raise DataError(
            f'{path.name}: a file ending in "{path.suffix}" is no data that can be read; '
            f"there are: {', '.join((*_EXPORTS, '.vdf'))}."
        )
    try:
        rows = [row for row in delimited_rows(text, "," if path.suffix.lower() == ".csv" else "\t") if any(row)]
    except DataError as error:
        raise DataError(f"{path.name}: {error}; export the run again.") from error
    return {_key(name): points for name, points in _table_series(path.name, rows)}


def _key(name: str) -> tuple[str, tuple[str, ...]]:
    base, elements = split_element(name)
    return canonical(base), tuple(canonical(element) for element in elements)


def _dat_series(file: str, text: str) -> dict[str, Points]:
    found: dict[str, list[tuple[float, float]]] = {}
    current: list[tuple[float, float]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) == 1 and parts[0]:
            current = found.setdefault(parts[0], [])
        elif len(parts) > 1:
            pair = [cell_of(part) for part in parts[:2]]
            if current is None or not all(isinstance(cell, float) for cell in pair):
                raise DataError(
                    f"{file}, line {number}: '{' '.join(line.split())}' is not a time and a value under a name; "
                    "correct it."
                )
            current.append((float(parts[0]), float(parts[1])))
    return dict(found)


def _table_series(file: str, rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, Points]]:
    width = max((len(row) for row in rows), default=0)
    if len(rows) < 2 or width < 2:
        raise DataError(
            f"{file}: this is no table of names and times; export the run with the times down the first column."
        )
    table = [[*row, *[""] * (width - len(row))] for row in rows]
    if all(cell_of(raw) is None or isinstance(cell_of(raw), float) for raw in table[0][1:]):
        table = [list(column) for column in zip(*table, strict=True)]
    times = [cell_of(row[0]) for row in table[1:]]
    for number, (time, row) in enumerate(zip(times, table[1:], strict=True), 2):
        if not isinstance(time, float):
            raise DataError(f"{file}, row {number}: '{row[0]}' is not a time; write a number in the first column.")
    for column, name in enumerate(table[0][1:], 1):
        values = [cell_of(row[column]) for row in table[1:]]
        points = [
            (time, value)
            for time, value in zip(times, values, strict=True)
            if isinstance(time, float) and isinstance(value, float)
        ]
        if name.strip() and points:
            yield name, points
