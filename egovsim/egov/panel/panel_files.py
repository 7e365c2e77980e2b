"""What a test on a panel leaves in a folder, written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from egovsim.egov.panel.chart import panel_chart
from egovsim.egov.panel.forecast import LEVELS
from egovsim.egov.panel.panel_test import PanelTest
from egovsim.egov.panel.quantities import CELLS
from egovsim.output import check_writable, place_files
from egovsim.provenance import FileRecord, digest, manifest

_HEAD = ("place", "year", "quantity", "given", "observed", *(f"p{100 * level:02.0f}" for level in LEVELS))


def write_panel_test(
    test: PanelTest,
    folder: str | Path,
    *,
    options: Mapping[str, object] | None = None,
    files: Sequence[FileRecord] = (),
) -> tuple[Path, ...]:
    """Write the predictions, a picture and a manifest.

    Parameters
    ----------
    test : PanelTest
        From `panel_test`.
    folder : str or Path
        Made when it does not exist; files of other names that are in it stay.
    options : mapping, optional
        What was asked for, kept in the manifest.
    files : sequence of FileRecord
        What was read beside the panel, such as the model.

    Returns
    -------
    tuple of Path
        ``panel.csv``, ``panel.png`` and ``manifest.json``.

    Raises
    ------
    OutputError
        When the folder cannot be written to.
    """
    check_writable(folder)
    contents = {"panel.csv": panel_csv(test), "panel.png": panel_chart(test)}
    described = manifest(
        command="validate --panel",
        options=options or {},
        seed=test.seed,
        files=(*files, *test.files),
        outputs=[FileRecord(name, digest(content)) for name, content in contents.items()],
        results={"places": len(test.panel.places), "members": dict(test.members), "accepted": dict(test.accepted)},
    )
    contents["manifest.json"] = (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()
    return place_files(contents, Path(folder))


def panel_csv(test: PanelTest) -> bytes:
    """Return the predictions as a CSV file.

    Parameters
    ----------
    test : PanelTest
        From `panel_test`.

    Returns
    -------
    bytes
        A row for each place, year and quantity: the index that was given, what was published, and five quantiles.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for place, quantiles in zip(test.panel.places, test.forecast.quantiles, strict=True):
        for (year, quantity), row in zip(CELLS, quantiles, strict=True):
            known = (f"{place.given:.10g}", f"{place.scores[year, quantity]:.10g}")
            writer.writerow((place.name, year, quantity, *known, *(f"{value:.4f}" for value in row)))
    return text.getvalue().encode()
