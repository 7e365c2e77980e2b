"""Blocks of a model that are matched on their own: what a file may say of them, and that the last one changes no share.

Level grows by Speed a year and Index is Weight times Level, so with both drawn evenly a member whose level lies between
0.1 and 1 passes 0.05 <= Index <= 0.1 with the chance 0.05 / level: accepted levels have the density 1 / (level ln 10).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from egovsim.analysis.history_matching import check_evaluation, rejection
from egovsim.analysis.history_matching.evidence import Benchmark, Block, EvidenceCheck, Structure
from egovsim.analysis.history_matching.evidence_blocks import check_blocks
from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.match_files import read_match, write_match
from egovsim.analysis.history_matching.matching import Match, check_values, history_match
from egovsim.analysis.history_matching.stages import staged_checks
from egovsim.errors import DataError, InputError, ValueRangeError
from egovsim.model.inputs import Profile, Range
from egovsim.model.model import Model
from egovsim.readers.read_model import read_model

XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>test</vendor><product version="1.0">test</product><name>Index</name></header>
<sim_specs method="euler" time_units="years"><start>2003</start><stop>2023</stop><dt>0.25</dt></sim_specs>
<model><variables>
<aux name="Speed"><eqn>0.05</eqn></aux>
<aux name="Weight"><eqn>0.5</eqn></aux>
<aux name="Bonus"><eqn>0</eqn></aux>
<stock name="Level"><eqn>0</eqn><inflow>Gain</inflow></stock>
<flow name="Gain"><eqn>Speed</eqn></flow>
<aux name="Index"><eqn>Weight*Level+Bonus</eqn></aux>
<stock name="Fame"><eqn>Index</eqn><inflow>Spread</inflow></stock>
<flow name="Spread"><eqn>0.1*Index</eqn></flow>
</variables></model></xmile>
"""
PLACE = Profile("place", ranges=(Range("Bonus", 0.0, 0.0),))
LEVEL = EvidenceCheck("level", "Level", "place", "band", at=2013.0, low=0.1, high=1.0)
INDEX = EvidenceCheck("index", "Index", "place", "band", at=2013.0, low=0.05, high=0.1, block="index")
RANGES = (Range("Speed", 0.0, 0.2), Range("Weight", 0.0, 1.0))
TRIED = Benchmark((LEVEL, INDEX), {"place": PLACE}, RANGES, downstream=Block("index", ("Weight", "Bonus"), tries=8))
PLAIN = dataclasses.replace(TRIED, checks=(LEVEL, dataclasses.replace(INDEX, block="")), downstream=None)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    (tmp_path / "index.xmile").write_text(XMILE, encoding="utf-8")
    return read_model(tmp_path / "index.xmile")


def columns(match: Match) -> dict[str, np.ndarray]:
    design = match.design(PLACE)
    return dict(zip(design.names, design.rows().T, strict=True))


def test_tries_accept_levels_and_weights_as_plain_rejection_does(model: Model) -> None:
    """One accepted try a member at most would give every level the same weight: a mean of 0.55, not 0.39."""
    tried, plain = (history_match(model, benchmark, members=4000, seed=5) for benchmark in (TRIED, PLAIN))
    assert tried.downstream is not None
    assert tried.search.tried < plain.search.tried / 4, "the tries are there to save members"
    assert 2000 < tried.distinct < len(tried) == 4000
    for found in (tried, plain):
        level = np.sort(10.0 * columns(found)["Speed"])
        expected = np.log(level / 0.1) / np.log(10.0)
        assert np.abs(expected - np.linspace(0, 1, len(level))).max() < 0.035
        assert columns(found)["Weight"].mean() == pytest.approx(0.075 * 9 / np.log(10.0), abs=0.01)


def test_every_accepted_try_passes_and_every_try_before_the_last_that_passes_is_accepted(model: Model) -> None:
    found = history_match(model, TRIED, members=300, seed=0)
    assert found.downstream is not None
    survivors = found.search.accepted
    everyone = (survivors[:, np.newaxis] * 8 + np.arange(8)).ravel()
    design = found.draws.rows(PLACE, everyone)
    values = dict(zip(design.names, design.rows().T, strict=True))
    index = 10.0 * values["Speed"] * values["Weight"]
    passing = everyone[(index >= 0.05) & (index <= 0.1)]
    assert found.accepted.tolist() == passing[:300].tolist()
    assert found.downstream.tried == int(np.flatnonzero(everyone == found.accepted[-1])[0]) + 1
    assert survivors[-1] == found.accepted[-1] // 8
    checks = check_values(model, found, (LEVEL, INDEX))
    assert LEVEL.passes(checks["level"]).all()
    assert INDEX.passes(checks["index"]).all()


def test_tries_do_not_depend_on_chunks_or_threads_and_come_back_from_their_file(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same numbers must give the same members to whoever reads the file."""

    def summary(match: Match) -> tuple[object, ...]:
        assert match.downstream is not None
        searches = (match.search, match.downstream)
        return match.accepted.tolist(), [(search.tried, search.check_counts) for search in searches]

    found = history_match(model, TRIED, members=90, seed=1, workers=1)
    monkeypatch.setattr(rejection, "_SMALLEST_CHUNK", 7)
    monkeypatch.setattr(rejection, "_LARGEST_CHUNK", 50)
    monkeypatch.setattr(rejection, "_TRIES_AT_ONCE", 24)
    assert summary(history_match(model, TRIED, members=90, seed=1, workers=2)) == summary(found)
    write_match(found, model, Structure("a"), tmp_path / "a-1.json")
    again = read_match(tmp_path / "a-1.json", model, TRIED, Structure("a"))
    assert summary(again) == summary(found)
    assert {name: values.tolist() for name, values in columns(again).items()} == {
        name: values.tolist() for name, values in columns(found).items()
    }
    assert again.first(20).accepted.tolist() == found.accepted[:20].tolist()


def test_too_few_tries_name_the_check_that_rejects_most(model: Model) -> None:
    hopeless = dataclasses.replace(INDEX, low=3.0, high=3.1)
    with pytest.raises(InputError) as caught:
        history_match(model, dataclasses.replace(TRIED, checks=(LEVEL, hopeless)), members=5, limit=2000)
    assert " tries of the " in str(caught.value)
    assert (
        " members that pass all other checks, of 2,000 tried, pass the checks of the last block, and 5 were asked for; "
        'the check that rejects most is "index" (100% on its own). ' in str(caught.value)
    )


def test_a_constant_that_reaches_an_earlier_check_is_refused_with_its_path(model: Model) -> None:
    """Such a check would have been passed with another value of the constant than the member is accepted with."""
    fame = dataclasses.replace(LEVEL, name="fame", outcome="Fame")
    with pytest.raises(DataError) as caught:
        check_blocks(dataclasses.replace(TRIED, checks=(LEVEL, fame, INDEX)), model)
    assert str(caught.value) == (
        'ranges.toml: block "index": "Weight" reaches the check "fame", which is met before this block '
        '("Weight" -> "Index" -> "Fame"); take it out of the block, or write block = "index" in that check.'
    )
    with pytest.raises(DataError) as caught:
        check_blocks(dataclasses.replace(TRIED, checks=(LEVEL,)), model)
    assert str(caught.value) == (
        'ranges.toml: block "index" has no rejecting check; write block = "index" in the checks that it is matched to, '
        "or drop the block."
    )
    with pytest.raises(DataError) as caught:
        check_blocks(dataclasses.replace(TRIED, upstream=Block("first", ("Weight",))), model)
    assert str(caught.value) == (
        'ranges.toml: block "index": "Weight" stands in block "first" as well; keep it in one of them.'
    )


WRONG = [
    ('[block]\nname = "a"', "block must be a list, not a table."),
    ('[[block]]\nname = "a"\ntries = 3\nconstants = []',
     "block[1].tries is not for a block that is matched first; leave it out."),
    ('[[block]]\nname = "a"\nmatched = "last"\nheld = ["x"]\nconstants = []',
     "block[1].held is not for a block that is matched last; leave it out."),
    ('[[block]]\nname = "a"\nmatched = "last"\ntries = 2.5\nconstants = []',
     "block[1].tries is 2.5; it must be a whole number from 1 to 4096."),
    ('[[block]]\nname = "a"\nconstants = []\n[[block]]\nname = "b"\nconstants = []',
     'block[2]: "a" and "b" are both matched first; put their constants into one block.'),
    ('[[block]]\nname = "a"\nconstants = []\n[[block]]\nname = "a"\nmatched = "last"\nconstants = []',
     'block[2].name: two blocks are called "a"; give each its own name.'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[row[1][:40] for row in WRONG])
def test_wrong_blocks_are_named_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    check = '[[check]]\nname = "n"\noutcome = "Staff"\nplace = "surabaya"\nkind = "band"\nat = 2013\nhigh = 1\n'
    (tmp_path / "checks.toml").write_text(check, encoding="utf-8")
    (tmp_path / "ranges.toml").write_text(text, encoding="utf-8")
    with pytest.raises((DataError, ValueRangeError)) as caught:
        read_benchmark(folder=tmp_path)
    assert str(caught.value) == f"{tmp_path / 'ranges.toml'}: {message}"


def test_a_block_is_read_with_the_usual_number_of_tries(tmp_path: Path) -> None:
    check = '[[check]]\nname = "n"\noutcome = "Staff"\nplace = "surabaya"\nkind = "band"\nat = 2013\nhigh = 1\n'
    (tmp_path / "checks.toml").write_text(check + 'block = "i"\n', encoding="utf-8")
    block = '[[block]]\nname = "i"\nmatched = "last"\nconstants = ["Document weight"]\n'
    (tmp_path / "ranges.toml").write_text(block, encoding="utf-8")
    read = read_benchmark(folder=tmp_path)
    assert (read.upstream, read.downstream) == (None, Block("i", ("Document weight",), tries=64))


def test_no_run_is_longer_than_its_checks_need(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of 2008 that ran to 2023 would cost four times as much, for every member that is tried."""
    early = dataclasses.replace(LEVEL, name="early", at=2008.0, low=0.45, high=0.5)
    late = dataclasses.replace(LEVEL, name="late", at=2022.0, low=0.0, high=4.0)
    runs: list[tuple[float, int]] = []
    real = check_evaluation.run

    def recorded(model: Model, **options: object) -> object:
        runs.append((options["until"], len(options["design"])))
        return real(model, **options)

    monkeypatch.setattr(check_evaluation, "run", recorded)
    monkeypatch.setattr(rejection, "FOLLOWED", 0)
    history_match(model, dataclasses.replace(PLAIN, checks=(late, early)), members=20)
    searched = runs[1:]  # the first run evaluates every check on the same members, to find their order
    assert searched[0][0] == 2008.0
    assert {until for until, _ in searched} == {2008.0, 2022.0}
    assert sum(count for until, count in searched if until == 2022.0) < 0.2 * searched[0][1]


def test_what_rejects_most_for_its_price_comes_first() -> None:
    """The order is the price of a match: a long run of a check that rejects nobody must not be made of everybody."""
    at = {"long": 2023.0, "short": 2005.0, "idle": 2004.0}
    checks = [dataclasses.replace(LEVEL, name=name, at=year) for name, year in at.items()]
    elsewhere = dataclasses.replace(LEVEL, name="elsewhere", place="other", at=2023.0)
    fails = np.array([[1, 0, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0], [0] * 6, [1, 1, 1, 1, 1, 0]], dtype=np.bool_)
    groups = staged_checks([*checks, elsewhere], fails, begin=2003.0)
    assert [[check.name for check in group.checks] for group in groups] == [["short", "idle"], ["elsewhere"], ["long"]]
