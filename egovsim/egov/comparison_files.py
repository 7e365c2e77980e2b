"""Everything that a comparison leaves in a folder, written whole or not at all."""

# pandas brings no type stubs.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from egovsim.egov.charts import comparison_chart
from egovsim.egov.comparison import Comparison
from egovsim.egov.defaults import LANGUAGE
from egovsim.egov.labels import read_labels
from egovsim.egov.meeting_chart import meeting_chart
from egovsim.egov.spreadsheet import comparison_workbook
from egovsim.egov.why_chart import why_chart
from egovsim.output import check_writable, place_files
from egovsim.provenance import FileRecord, digest, manifest

_FLOATS = "%.10g"


def write_comparison(
    comparison: Comparison,
    folder: str | Path,
    *,
    language: str = LANGUAGE,
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
        Of pictures and spreadsheet; the CSV files keep the model's names.
    options : mapping, optional
        What was asked for, kept in the manifest.

    Returns
    -------
    tuple of Path
        ``ranking.csv``, ``comparison.csv``, ``binding.csv``, ``barriers.csv``, ``scenarios.csv`` (where a scenario
        moves anything), ``gap.csv``, ``checks.csv``, ``evidence.csv``, ``comparison.xlsx``, ``comparison.png`` (the
        page for a meeting), ``outcomes.png`` (the page with everything; both with ``-NAME`` for each scenario after the
        first) and ``manifest.json``; ``why.csv`` and ``why.png`` where it was asked what carries the effects.

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
        results={
            structure.structure.name: {"accepted": len(structure.members), "tried": structure.tried}
            for structure in comparison.structures
        },
    )
    contents["manifest.json"] = (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()
    return place_files(contents, Path(folder))


def _contents(comparison: Comparison, language: str) -> Iterator[tuple[str, bytes]]:
    labels = read_labels(language)
    for name, frame in (
        ("ranking.csv", comparison.ranking_frame()),
        ("comparison.csv", comparison.to_frame()),
        ("binding.csv", comparison.binding_frame()),
        ("why.csv", comparison.why_frame()),
        ("barriers.csv", comparison.barrier_frame()),
        ("scenarios.csv", comparison.scenario_frame()),
        ("gap.csv", comparison.gap_frame()),
        ("checks.csv", comparison.evidence_frame()),
        ("evidence.csv", comparison.figures_frame()),
    ):
        if not frame.empty:
            yield name, frame.to_csv(index=False, float_format=_FLOATS, lineterminator="\n").encode()
    yield "comparison.xlsx", comparison_workbook(comparison, labels)
    for number, scenario in enumerate(comparison.scenarios):
        ending = ".png" if number == 0 else f"-{scenario.name}.png"
        yield f"comparison{ending}", meeting_chart(comparison, labels, scenario=number)
        yield f"outcomes{ending}", comparison_chart(comparison, labels, scenario=number)
    if comparison.why:
        yield "why.png", why_chart(comparison, comparison.why, labels)
