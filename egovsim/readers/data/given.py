"""What is handed to a reader beside the model file: data, files of tags, folders of modules, what may be missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from egovsim.errors import DataError, suggestion

MissingData = Literal["refuse", "warn"]
"""What becomes of a data variable without a series: it cannot be run, or it is not a number and said."""

_CHOICES: tuple[MissingData, ...] = ("refuse", "warn")
_TAG = re.compile(r"\??(?P<tag>[^\W\d][\w ]*)=(?P<file>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GivenData:
    """What is handed to a reader beside the model file.

    Parameters
    ----------
    files : tuple of Path
        Exported runs with the series of data variables, or files that an XMILE model imports on demand.
    tags : tuple of tuple of str and Path
        The files that names such as ``?a`` stand for, by those names in lower case.
    missing : {"refuse", "warn"}
        What becomes of a data variable without a series.
    modules : tuple of Path
        Folders outside that of an XMILE model in which files of its modules may stand.
    """

    files: tuple[Path, ...] = ()
    tags: tuple[tuple[str, Path], ...] = ()
    missing: MissingData = "refuse"
    modules: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is named."""
        return (*self.files, *(path for _, path in self.tags))


NOTHING_GIVEN = GivenData()


def given_data(
    data: Sequence[str | Path], missing: str = "refuse", modules: str | Path | Sequence[str | Path] = ()
) -> GivenData:
    """Tell files from tags.

    Parameters
    ----------
    data : sequence of str or Path
        Files, and texts such as ``a=FILE``; one that is the whole name of a file is that file.
    missing : {"refuse", "warn"}, optional
        What becomes of a data variable without a series.
    modules : str, Path or sequence of them, optional
        Folders in which the files of modules may stand.

    Returns
    -------
    GivenData
        In the order given.

    Raises
    ------
    DataError
        `missing` is none of the two, a tag is given twice, or there is no such file.
    """
    if missing not in _CHOICES:
        raise DataError(f"missing_data: '{missing}' is none of: {', '.join(_CHOICES)}{suggestion(missing, _CHOICES)}.")
    if isinstance(data, str | Path):
        raise DataError(f"data: '{data}' is one file; write a list of files, [\"{data}\"].")
    files: list[Path] = []
    tags: dict[str, Path] = {}
    for item in data:
        found = None if _is_there(Path(item)) else _TAG.fullmatch(str(item))
        if found is None:
            files.append(Path(item))
            continue
        tag, path = f"?{found['tag'].strip().lower()}", Path(found["file"].strip())
        if tag in tags:
            raise DataError(f'data: the tag "{tag}" is given twice; leave one of "{tags[tag]}" and "{path}".')
        if not _is_there(path):
            raise DataError(f'data: "{tag}" is to stand for "{path}", and there is no such file; check its name.')
        tags[tag] = path
    folders = [modules] if isinstance(modules, str | Path) else modules
    named = "warn" if missing == "warn" else "refuse"
    return GivenData(tuple(files), tuple(tags.items()), named, tuple(map(Path, folders)))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
