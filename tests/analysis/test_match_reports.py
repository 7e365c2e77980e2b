"""Reports of history matching: one for every structure and seed, with what was asked and what the model has.

If one of these fails, a researcher reads diagnostics of another match than the one that was written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from small_region import HERE, rival_benchmark, small_model

from egovsim.analysis.history_matching.matching import history_match
from egovsim.analysis.history_matching.report import match_reports
from egovsim.analysis.history_matching.tables import report_files
from egovsim.errors import UnknownNameError
from egovsim.model.model import Model
from egovsim.progress import Progress

BENCHMARK = rival_benchmark()


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return small_model(tmp_path)


def test_every_structure_and_seed_is_matched_once(model: Model) -> None:
    """A seed that is given twice must not stand twice in the tables."""
    reports = list(match_reports(model, BENCHMARK, seeds=(3, 5, 3), members=12, tolerances_doubled=False))
    assert [report.name for report in reports] == ["helps-3", "harms-3", "helps-5", "harms-5"]
    alone = history_match(model, BENCHMARK, members=12, seed=5, constants={"Reversed": 1.0})
    assert reports[3].match.search.accepted.tolist() == alone.search.accepted.tolist()
    assert [report.wider for report in reports] == [()] * 4
    assert {name: content.count(b"\n") for name, content in report_files(reports).items()} == {
        "checks.csv": 5, "constants.csv": 5,
    }  # fmt: skip


def test_bands_are_of_the_outcomes_and_years_that_the_model_has(model: Model) -> None:
    """The command asks for the e-government model's latent outcomes of any model, which may lack them."""
    (report,) = match_reports(
        model,
        BENCHMARK,
        structures=["helps"],
        members=12,
        outcomes=("Level", "HR capacity"),
        years=(2003.0, 2013.0, 2050.0),
    )
    assert [(band.place, band.outcome, band.year) for band in report.bands] == [(HERE.name, "Level", 2013.0)]
    speeds = report.match.design(HERE).rows()[:, 0]
    assert report.bands[0].values.p50 == pytest.approx(10.0 * np.median(speeds))
    assert [(band.outcome, band.year) for band in report.wider] == [("Level", 2013.0)]


def test_wider_members_pass_the_doubled_tolerances(model: Model) -> None:
    """Bands beside each other tell something only if the second were accepted with wider bounds."""
    check = dataclasses.replace(BENCHMARK.checks[0], measurement=0.03)
    (report,) = match_reports(
        model,
        dataclasses.replace(BENCHMARK, checks=(check,)),
        structures=["helps"],
        members=200,
        outcomes=("Level",),
        years=(2013.0,),
    )
    (band,), (wide,) = report.bands, report.wider
    assert check.low <= band.values.p05 < band.values.p95 <= check.high
    assert wide.values.p05 < band.values.p05
    assert wide.values.p95 > band.values.p95


def test_progress_is_told_for_each_match_by_name(model: Model) -> None:
    """A search takes minutes; whoever waits must see for what."""
    told: dict[str, list[tuple[int, int]]] = {}

    @contextmanager
    def shown(what: str) -> Iterator[Progress]:
        steps = told.setdefault(what, [])
        yield lambda done, total: steps.append((done, total))

    list(match_reports(model, BENCHMARK, structures=["helps"], members=12, progress=shown))
    assert list(told) == ["egovsim match: helps, seed 0 (1 of 1)", "tolerances doubled: helps, seed 0 (1 of 1)"]
    assert all(steps[-1][0] == steps[-1][1] for steps in told.values())


def test_a_wrong_structure_is_refused_before_anything_is_matched(model: Model) -> None:
    """The command makes its folder only after this."""
    with pytest.raises(UnknownNameError, match='"harm" is not a structure of this evidence'):
        match_reports(model, BENCHMARK, structures=["harm"])
