"""A region's own published values: what a file may say, which members they leave, and how far the model is from them.

In the small model index and level are ``1 + Speed * Effort * (t - 2003)``. Members bring `Speed`, and the region draws
`Effort` of its own, so the members that are accepted for a value can be counted by hand.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from small_region import HERE, rival_benchmark, small_model

from egovsim.analysis.history_matching.matching import Match, history_match
from egovsim.analysis.history_matching.member_selection import select_members
from egovsim.cli import main
from egovsim.egov.regions.conditioning import RegionMatches, match_region
from egovsim.egov.regions.published_values import (
    DOMAIN_TOLERANCE,
    INDEX_TOLERANCE,
    PublishedValues,
    PublishedYear,
    read_published_values,
)
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import Profile, Range
from egovsim.model.model import Model

BENCHMARK = rival_benchmark()
REGION = Profile("region", ranges=(Range("Effort", 0.0, 3.0),), label={"en": "Region", "id": "Daerah"})
GROWN = 20.375  # the mean of the quarters of 2023 that have passed since 2003
DOMAIN = {"policy": "Real use index"}


def values(*years: PublishedYear, profile: Profile = REGION) -> PublishedValues:
    return PublishedValues(profile, years)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return small_model(tmp_path_factory.mktemp("region"))


@pytest.fixture(scope="module")
def matches(model: Model) -> dict[str, Match]:
    return {
        structure.name: history_match(model, BENCHMARK, members=200, constants=structure.constants)
        for structure in BENCHMARK.structures
    }


def columns(match: Match) -> dict[str, np.ndarray]:
    design = match.design(REGION)
    return dict(zip(design.names, design.rows().T, strict=True))


def conditioned(model: Model, matches: dict[str, Match], *years: PublishedYear, **options: int) -> RegionMatches:
    return match_region(values(*years), model=model, matches=matches, domains=DOMAIN, **options)


def test_accepted_members_give_the_values_and_all_that_give_them_are_accepted(
    model: Model, matches: dict[str, Match]
) -> None:
    """A region told other members than those that agree with it would be told of another region."""
    found = conditioned(model, matches, PublishedYear(2023, 2.5), draws=16, members=10**6).structures[0]
    assert found.match is not None
    effort, speed = columns(found.match)["Effort"], columns(found.match)["Speed"]
    index = 1.0 + speed * effort * GROWN
    assert np.abs(index - 2.5).max() <= INDEX_TOLERANCE
    assert found.runs == 200 * 16
    assert found.passing == len(found.match)
    assert found.passing / found.runs == pytest.approx(2 * INDEX_TOLERANCE / (3 * 0.05 * GROWN), abs=0.02)
    assert set(speed) <= set(matches["helps"].design(HERE).rows()[:, 0])
    assert found.match.distinct == len(set(speed))
    (value,) = found.values
    assert value.after is not None
    assert value.after.p50 == pytest.approx(np.median(index))
    assert value.before.p50 == pytest.approx(1 + 0.05 * 1.5 * GROWN, abs=0.15)
    assert [constant.name for constant in found.moved] == ["Effort"]
    assert found.moved[0].after.p95 < found.moved[0].before.p95


def test_fewer_members_are_the_first_draws_of_all_members(model: Model, matches: dict[str, Match]) -> None:
    """Were they the first members with all their draws, a comparison would stand on very few of them."""
    more, fewer = (
        conditioned(model, matches, PublishedYear(2023, 2.5), members=count).structures[0].match
        for count in (10**6, 40)
    )
    assert more is not None
    assert fewer is not None
    assert fewer.accepted.tolist() == more.accepted[:40].tolist()
    assert fewer.distinct > 30


def test_a_member_is_accepted_in_proportion_to_the_share_of_its_draws_that_pass(
    model: Model, matches: dict[str, Match]
) -> None:
    """The chance that a member gives the value is 0.4 / (3 * speed * time): slower members stand for more."""
    found = conditioned(model, matches, PublishedYear(2023, 2.5), draws=400, members=10**6).structures[0]
    assert found.match is not None
    prior = matches["helps"].design(HERE).rows()[:, 0]
    expected = np.average(prior, weights=1.0 / prior)
    assert columns(found.match)["Speed"].mean() == pytest.approx(expected, abs=2e-4)
    assert expected < prior.mean() - 1e-4


def test_domains_are_held_with_their_own_tolerance(model: Model, matches: dict[str, Match]) -> None:
    index = PublishedYear(2023, 2.5, {"policy": 3.2})
    found = conditioned(model, matches, index, members=10**6).structures[0]
    assert [value.published.outcome for value in found.values] == ["SPBE-like index", "Real use index"]
    assert found.match is not None
    reached = 1.0 + columns(found.match)["Speed"] * columns(found.match)["Effort"] * GROWN
    assert reached.min() >= 3.2 - DOMAIN_TOLERANCE - 1e-9
    assert reached.max() <= 2.5 + INDEX_TOLERANCE + 1e-9
    assert found.passing < conditioned(model, matches, PublishedYear(2023, 2.5)).structures[0].passing


def test_a_value_out_of_reach_is_told_with_how_far(model: Model, matches: dict[str, Match], tmp_path: Path) -> None:
    """A region that the model cannot be must not be told anything of its future."""
    tight = dataclasses.replace(REGION, ranges=(Range("Effort", 1.0, 1.0),))
    region = values(PublishedYear(2023, 4.0), profile=tight)
    found = match_region(region, model=model, matches=matches)
    fastest = matches["helps"].design(HERE).rows()[:, 0].max()
    first = found.structures[0]
    assert (first.match, first.passing, first.moved, found.matches) == (None, 0, (), ())
    assert first.values[0].nearest == pytest.approx(4.0 - 1.0 - fastest * GROWN)
    assert first.together == first.values[0].nearest
    assert not first.values[0].reached
    with pytest.raises(InputError) as caught:
        found.write(tmp_path / "none.json")
    assert str(caught.value) == "no member reaches the region's values, so there is nothing to write."


def test_values_that_no_member_has_together_are_told_though_each_is_reached(
    model: Model, matches: dict[str, Match]
) -> None:
    found = conditioned(model, matches, PublishedYear(2020, 3.5), PublishedYear(2023, 2.0)).structures[0]
    assert [value.reached for value in found.values] == [True, True]
    assert found.match is None
    assert found.together > INDEX_TOLERANCE


def test_members_come_back_from_their_file_for_their_own_profile_alone(
    model: Model, matches: dict[str, Match], tmp_path: Path
) -> None:
    """Members of one region are not those of another."""
    found = conditioned(model, matches, PublishedYear(2023, 2.5), members=50)
    path = tmp_path / "region.members.json"
    found.write(path)
    selection = select_members(model, evidence=BENCHMARK, matches=path, profile=REGION)
    assert list(selection.matches) == ["helps", "harms"]
    for before, after in zip(found.matches, selection.matches.values(), strict=True):
        assert columns(after)["Effort"].tolist() == columns(before)["Effort"].tolist()
    other = dataclasses.replace(REGION, ranges=(Range("Effort", 0.0, 2.0),))
    with pytest.raises(DataError) as caught:
        select_members(model, evidence=BENCHMARK, matches=path, profile=other)
    assert str(caught.value) == (
        f'{path}: these members were conditioned with another profile than "region" as it is now (theirs is "region"); '
        "run `egovsim region` again, or give the profile that they belong to."
    )
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        select_members(model, evidence=BENCHMARK, matches=path)
    assert str(caught.value) == f"{path}: is not a file of conditioned members; `egovsim region` writes one."


def test_a_place_that_members_were_filtered_on_keeps_their_own_constants(
    model: Model, matches: dict[str, Match]
) -> None:
    """Drawn anew they would forget the evidence that they were accepted by."""
    found = match_region(values(PublishedYear(2023, 2.0), profile=HERE), model=model, matches=matches)
    assert found.filtered
    assert found.structures[0].runs == 200
    changed = dataclasses.replace(HERE, constants={"Money": 2.0})
    with pytest.raises(DataError) as caught:
        match_region(values(PublishedYear(2023, 2.0), profile=changed), model=model, matches=matches)
    assert str(caught.value) == (
        'the profile is called "here", like a place of the evidence that has other values; save it under another name.'
    )


HEAD = 'profile = "south-sulawesi"\n'
FOUR = "policy = 2.0\ngovernance = 3.0\nmanagement = 2.0\nservices = 4.0\n"  # 3.16 by the official weights
WRONG = [
    (ValueRangeError, "[[published]]\nyear = 2023\nindex = 5.2\n",
     "published[1].index is 5.2; the scale goes from 1 to 5: give the published value, such as 2.62."),
    (ValueRangeError, "[[published]]\nyear = 2023\nindex = 3\npolicy = 0.5\n",
     "published[1].policy is 0.5; the scale goes from 1 to 5: give the published value, such as 2.62."),
    (DataError, "[[published]]\nyear = 2023\nindex = 3\n[[published]]\nyear = 2023\nindex = 3.1\n",
     "published[2].year: there are two values for 2023; keep one of them."),
    (DataError, "[[published]]\nyear = 2023\nservices = 3\n",
     "published[1]: 2023 has the services domain without its index; add index = the published value of that year."),
    (ValueRangeError, "[[published]]\nyear = 2017\nindex = 2\n",
     "published[1].year is 2017; the index was first published for 2018, so give a whole year from 2018 on, or drop "
     "the entry."),
    (ValueRangeError, "[[published]]\nyear = 2023.5\nindex = 2\n",
     "published[1].year is 2023.5; the index was first published for 2018, so give a whole year from 2018 on, or drop "
     "the entry."),
    (DataError, f"[[published]]\nyear = 2023\nindex = 3.18\n{FOUR}",
     "published[1].index is 3.18, and the four domains of 2023 make 3.16 with their official weights; they contradict "
     "each other by more than rounding (0.015): correct one of them."),
    (UnknownNameError, "[[published]]\nyear = 2023\nindx = 3\n",
     'published[1].indx is not a key of a region\'s published values; nearest: "index".'),
    (DataError, "", "there is no [[published]] in this file; give each year's values one."),
]  # fmt: skip


@pytest.mark.parametrize(("error", "text", "message"), WRONG, ids=[row[2][:50] for row in WRONG])
def test_wrong_values_are_named_with_their_place(
    tmp_path: Path, error: type[InputError], text: str, message: str
) -> None:
    path = tmp_path / "makassar.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(error) as caught:
        read_published_values(path)
    assert str(caught.value) == f"{path}: {message}"


def test_values_within_rounding_are_read_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "makassar.toml"
    path.write_text(
        f"{HEAD}[[published]]\nyear = 2024\nindex = 3.17\n{FOUR}[[published]]\nyear = 2021\nindex = 2\n", "utf-8"
    )
    read = read_published_values(path)
    assert [(row.year, row.index, len(row.domains)) for row in read.years] == [(2021, 2.0, 0), (2024, 3.17, 4)]
    assert (read.profile.name, read.profile_source) == ("south-sulawesi", "south-sulawesi")


def test_a_file_or_year_that_is_not_there_is_named(model: Model, matches: dict[str, Match], tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    with pytest.raises(DataError) as caught:
        read_published_values(path)
    assert str(caught.value) == (
        f'{path}: there is no such file; write one with profile = "NAME or file" and [[published]] entries.'
    )
    with pytest.raises(ValueRangeError) as caught:
        conditioned(model, matches, PublishedYear(2050, 2.5))
    assert str(caught.value) == "a value is given for 2050, and small.xmile is written for years up to 2045; drop it."


def test_the_command_goes_from_values_to_a_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way of an office: its values, what they change, and the paths on the members that agree with them."""
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "mine.toml").write_text(Path("models/profiles/south-sulawesi.toml").read_text("utf-8"), "utf-8")
    file = tmp_path / "values.toml"
    published = "[[published]]\nyear = 2022\nindex = 2.45\n[[published]]\nyear = 2023\nindex = 2.95\n"
    file.write_text(f'profile = "mine.toml"\n{published}', encoding="utf-8")
    assert main(["region", str(file), "--structure", "skill", "--members", "60"]) == 0
    printed = capsys.readouterr()
    out = tmp_path / "values.members.json"
    assert printed.err == (
        f"The accepted members are in {out}; `egovsim compare --profile {tmp_path / 'mine.toml'} --match {out}` uses "
        "them.\n"
    )
    assert "give all the values; 60 are accepted, of " in " ".join(printed.out.split())
    assert max(map(len, printed.out.splitlines())) <= 80
    arguments = ["--match", str(out), "--structure", "skill", "--until", "2030", "--out", str(tmp_path / "plan")]
    assert main(["compare", "people-first", "--profile", str(tmp_path / "mine.toml"), *arguments]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("60 members accepted of")
    assert "Members were accepted by evidence of: " in told
    assert "Then they were conditioned on the published values of mine" in told
    assert main(["compare", "people-first", *arguments]) == 1
    assert 'another profile than "south-sumatra" as it is now (theirs is "mine")' in capsys.readouterr().err


def test_the_command_says_in_indonesian_too_how_far_a_value_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "values.toml"
    file.write_text(f"{HEAD}[[published]]\nyear = 2019\nindex = 4.9\n", encoding="utf-8")
    assert main(["region", str(file), "--structure", "skill", "--lang", "id"]) == 1
    printed = capsys.readouterr()
    assert "Model tidak dapat mencapainya" in " ".join(printed.out.split())
    assert printed.err.startswith("egovsim: tidak ada kombinasi parameter yang mencapai nilai ")
    assert not file.with_suffix(".members.json").exists()
