"""Everything that a comparison leaves in a folder, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from egovsim.cache import write_atomically
from egovsim.errors import OutputError
from egovsim.policy.comparison import Comparison
from egovsim.presentation.charts import comparison_chart
from egovsim.presentation.labels import read_labels
from egovsim.presentation.spreadsheet import comparison_workbook
from egovsim.provenance import FileRecord, digest, manifest

_FLOATS = "%.10g"


def check_writable(folder: str | Path) -> None:
    """Make sure that a folder can be made or written to, and leave nothing behind.

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


def write_comparison(
    comparison: Comparison,
    folder: str | Path,
    *,
    language: str = "en",
    options: Mapping[str, object] | None = None,
) -> tuple[Path, ...]:
    """Write tables, spreadsheet, pictures and manifest of a comparison.

    All are made in a temporary folder beside and moved into place at the end; files of other names
    that are already in the folder stay.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    folder : str or Path
        Made when it does not exist.
    language : {"en", "id"}
        Of pictures and of the spreadsheet's sheet about the comparison; the tables keep the model's names.
    options : mapping, optional
        What was asked for, kept in the manifest.

    Returns
    -------
    tuple of Path
        ``ranking.csv``, ``comparison.csv``, ``binding.csv``, ``swaps.csv``, ``checks.csv``, ``evidence.csv``,
        ``comparison.xlsx``, ``comparison.png`` (and ``comparison-NAME.png`` for each scenario after the first) and
        ``manifest.json``.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    UnknownNameError
        When there is no such language.
    """
    check_writable(folder)
    contents = dict(_contents(comparison, language))
    written = [FileRecord(name, digest(content)) for name, content in contents.items()]
    described = manifest(
        command="compare",
        options=options or {},
        seed=comparison.seed,
        files=comparison.files,
        outputs=written,
        results={one.structure.name: {"kept": len(one.members), "tried": one.tried} for one in comparison.structures},
    )
    contents["manifest.json"] = (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()
    return place_files(contents, Path(folder))


def write_text(text: str, path: str | Path) -> None:
    """Write a text file whole or not at all.

    Raises
    ------
    OutputError
        When its folder is missing or cannot be written to.
    """
    write_atomically(Path(path), text)


def _contents(comparison: Comparison, language: str) -> Iterator[tuple[str, bytes]]:
    labels = read_labels(language)
    for name, frame in (
        ("ranking.csv", comparison.ranking_frame()),
        ("comparison.csv", comparison.to_frame()),
        ("binding.csv", comparison.binding_frame()),
        ("swaps.csv", comparison.swap_frame()),
        ("checks.csv", comparison.evidence_frame()),
        ("evidence.csv", comparison.figures_frame()),
    ):
        if not frame.empty:
            yield name, frame.to_csv(index=False, float_format=_FLOATS, lineterminator="\n").encode()
    yield "comparison.xlsx", comparison_workbook(comparison, labels)
    for number, scenario in enumerate(comparison.scenarios):
        name = "comparison.png" if number == 0 else f"comparison-{scenario.name}.png"
        yield name, comparison_chart(comparison, labels, scenario=number)


def place_files(contents: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Write files into a folder, each whole or not at all: all to a folder of their own, then each into place.

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
