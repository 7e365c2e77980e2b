"""Profiles, policies and scenarios from files: what they mean, and what is said of wrong ones."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from egovsim import library
from egovsim.errors import DataError, InputError, ModelError, UnknownNameError, ValueRangeError
from egovsim.model.expression import Number
from egovsim.model.inputs import PolicyPath, Profile, Scenario, Series
from egovsim.model.model import Clock, Dimension, Model
from egovsim.model.variable import Bounds, Equation, Variable
from egovsim.simulation.files import read_policy, read_profile, read_scenario

AREAS = Dimension("Area", ("urban", "rural"))


def constant(name: str, value: float, group: str, *, bounds: Bounds | None = None, unit: str = "") -> Variable:
    return Variable(
        name,
        "auxiliary",
        (Equation(Number(value)),),
        group=group,
        bounds=bounds or Bounds(0.0, 1.0),
        unit=unit,
    )


@pytest.fixture
def region() -> Model:
    """A model with the groups that the files speak of, and no equations worth running."""
    return Model(
        "region",
        Clock(2003.0, 2045.0, 0.25),
        (AREAS,),
        (
            constant("Mandate scope", 0.1, "Levers"),
            constant("Training places", 0.05, "Levers", unit="1/year"),
            constant("HR share", 0.4, "Budget shares"),
            constant("Culture share", 0.6, "Budget shares"),
            constant("Budget factor", 1.0, "Scenario inputs", bounds=Bounds(0.0, 3.0)),
            constant("Staff at start", 30588.0, "Human resources", bounds=Bounds(0.0, None), unit="persons"),
            Variable("Coverage at start", "auxiliary", (Equation(Number(0.5)),), ("Area",), bounds=Bounds(0.0, 1.0)),
        ),
        file="region.xmile",
    )


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_policy_file_says_what_it_says(tmp_path: Path, region: Model) -> None:
    """Were it broken, a planner's ten lines would run as something else."""
    path = written(
        tmp_path,
        """
        label = { en = "Mine", id = "Punya saya" }
        family = "money"
        note = "a trial"
        start = 2027
        [levers]
        "hr_share" = 0.3
        "Training places" = { points = [[2027, 0.05], [2031, 0.15]], assumption = "guess" }
        "Mandate scope" = { steps = [[2028, 0.5], [2030, 0.9]] }
        """,
    )
    policy = read_policy(path, model=region)
    assert (policy.name, policy.family, policy.start, policy.baseline) == ("mine", "money", 2027.0, False)
    assert policy.label == {"en": "Mine", "id": "Punya saya"}
    assert policy.levers["hr_share"] == Series.constant(0.3)
    at = np.array([2027.0, 2029.0, 2040.0])
    assert policy.levers["Training places"].at(at) == pytest.approx([0.05, 0.10, 0.15])
    assert policy.levers["Mandate scope"].at(np.array([2027.0, 2029.9, 2030.0])).tolist() == [0.5, 0.5, 0.9]


def test_bare_policy_gets_family_own_and_its_file_name_as_label(tmp_path: Path) -> None:
    """A file of levers alone must be enough to try an idea."""
    policy = read_policy(written(tmp_path, '[levers]\n"HR share" = 0.3\n'))
    assert (policy.family, policy.start, policy.label["id"]) == ("own", None, "mine")


@pytest.mark.parametrize(
    ("note", "read"),
    [
        ('"Plain"', {"en": "Plain", "id": "Plain"}),
        ('{ en = "Plain", id = "Biasa" }', {"en": "Plain", "id": "Biasa"}),
        ('{ id = "Biasa" }', {"en": "Biasa", "id": "Biasa"}),
    ],
)
def test_note_is_given_in_one_language_or_in_both(note: str, read: dict[str, str], tmp_path: Path) -> None:
    assert read_policy(written(tmp_path, f"note = {note}\n")).note == read


def test_one_label_serves_both_languages(tmp_path: Path) -> None:
    assert read_policy(written(tmp_path, 'label = "Plan A"\n')).label == {"en": "Plan A", "id": "Plan A"}


def test_profile_file_says_what_it_says(tmp_path: Path, region: Model) -> None:
    path = written(
        tmp_path,
        """
        covers = "access"
        [constants]
        "Staff at start" = { value = 12000, source = "somewhere/staff/2020" }
        "Coverage at start[rural]" = 0.2
        [ranges]
        "Mandate scope" = { low = 0.1, high = 0.4, scale = "log" }
        [levers]
        "Mandate scope" = { steps = [[2003, 0.02], [2017.9, 0.15]] }
        """,
    )
    profile = read_profile(path, model=region)
    assert profile.covers == "access"
    assert profile.constants == {"Staff at start": 12000.0, "Coverage at start[rural]": 0.2}
    assert (profile.ranges[0].name, profile.ranges[0].scale) == ("Mandate scope", "log")
    assert profile.levers["Mandate scope"].at(np.array([2017.0, 2018.0])).tolist() == [0.02, 0.15]


def test_scenario_file_says_what_it_says(tmp_path: Path, region: Model) -> None:
    path = written(tmp_path, '[inputs]\n"Budget factor" = { steps = [[2026, 0.6], [2028, 1.0]] }\n')
    scenario = read_scenario(path, model=region)
    assert (scenario.name, scenario.start) == ("mine", None)
    assert scenario.inputs["Budget factor"].kind == "steps"


WRONG_POLICIES = [
    (UnknownNameError, "leverz = 1", 'leverz is not a key of a policy; nearest: "levers".'),
    (
        UnknownNameError,
        '[levers]\n"Training place" = 0.1',
        'levers."Training place" is not a lever of region.xmile; nearest: "Training places".',
    ),
    (
        UnknownNameError,
        '[levers]\n"Budget factor" = 0.1',
        'levers."Budget factor" is not a lever of region.xmile; it is a variable of the model, but not '
        'one of these; there are: "Mandate scope", "Training places", "HR share", "Culture share".',
    ),
    (UnknownNameError, 'family = "mony"', 'family: "mony" is not a possible value; nearest: "money".'),
    (UnknownNameError, 'label = { de = "x" }', 'label.de is not a key of a label; there are: "en", "id".'),
    (UnknownNameError, 'note = { de = "x" }', 'note.de is not a key of a note; there are: "en", "id".'),
    (
        UnknownNameError,
        '[levers]\n"HR share" = { pionts = [[2026, 0.1]] }',
        'levers."HR share".pionts is not a key of a series; nearest: "points".',
    ),
    (ValueRangeError, '[levers]\n"HR share" = nan', 'levers."HR share" is nan; it must be a finite number.'),
    (
        ValueRangeError,
        '[levers]\n"HR share" = { points = [[2026, inf]] }',
        'levers."HR share".points is inf; it must be a finite number.',
    ),
    (ValueRangeError, "start = nan", "start is nan; it must be a finite number."),
    (
        DataError,
        'start = "2026"',
        "start must be a number, not text; write 2026 without quotation marks.",
    ),
    (
        DataError,
        '[levers]\n"HR share" = "0,3"',
        'levers."HR share" must be a number, not text; write 0.3 without quotation marks.',
    ),
    (
        DataError,
        '[levers]\n"HR share" = { points = [[2026, 0,5]] }',
        'levers."HR share".points: every entry must be a pair [year, value], such as [2026, 0.2]; decimals take a '
        "point, 0.5 and not 0,5.",
    ),
    (
        DataError,
        'start = 2026\n[levers]\n"HR share" = { points = [[26, 0.1], [27, 0.2]] }',
        'levers."HR share".points: 26 lies before the policy\'s start in 2026; write years with four digits, begin at '
        "2026, or write an earlier start.",
    ),
    (DataError, "start = true", "start must be a number, not true or false."),
    (DataError, 'baseline = "yes"', "baseline must be true or false, not text."),
    (DataError, "levers = 3", "levers must be a table, not a number."),
    (DataError, '[levers]\n"HR share" = "much"', 'levers."HR share" must be a number, not text.'),
    (DataError, "note = 5", "note must be text, not a number."),
    (
        DataError,
        'start = 2026\n[levers]\n"HR share" = { points = [[2020, 0.1]] }',
        'levers."HR share".points: 2020 lies before the policy\'s start in 2026; begin at 2026, or write '
        "an earlier start.",
    ),
    (
        DataError,
        '[levers]\n"HR share" = { points = [[2030, 0.1], [2028, 0.2]] }',
        'levers."HR share".points: the years must ascend; 2028 stands after 2030.',
    ),
    (
        DataError,
        '[levers]\n"HR share" = { steps = [] }',
        'levers."HR share".steps: at least one pair [year, value] is needed.',
    ),
    (
        DataError,
        '[levers]\n"HR share" = { steps = [2026, 0.1] }',
        'levers."HR share".steps: every entry must be a pair [year, value], such as [2026, 0.2].',
    ),
    (
        DataError,
        '[levers]\n"HR share" = { points = [[2026, 0.1]], steps = [[2026, 0.1]] }',
        'levers."HR share" needs exactly one of value, points and steps.',
    ),
    (
        DataError,
        '[levers]\n"HR share" = 0.1\n"hr_share" = 0.2',
        'levers.hr_share and "HR share" are the same variable; keep one of them.',
    ),
    (
        ValueRangeError,
        '[levers]\n"HR share" = { points = [[2026, 0.1], [2030, -0.1]] }',
        'levers."HR share" is -0.1 in 2030; a budget share cannot be negative.',
    ),
    (
        ValueRangeError,
        '[levers]\n"HR share" = 0\n"Culture share" = { points = [[2026, 1], [2030, 0]] }',
        'all budget shares are zero in 2030 ("HR share", "Culture share"); at least one must be above zero.',
    ),
    (
        ValueRangeError,
        '[levers]\n"Training places" = 1.5',
        'levers."Training places": 1.5 is outside the range of "Training places", 0 to 1 1/year.',
    ),
]


@pytest.mark.parametrize(("error", "text", "message"), WRONG_POLICIES, ids=[row[2][:40] for row in WRONG_POLICIES])
def test_wrong_policy_is_named_with_its_key_path(
    tmp_path: Path, region: Model, error: type[InputError], text: str, message: str
) -> None:
    """Were it broken, a typing mistake would run as business as usual, or end in a traceback."""
    path = written(tmp_path, text)
    with pytest.raises(error) as caught:
        read_policy(path, model=region)
    assert str(caught.value) == f"{path}: {message}"


WRONG_PROFILES = [
    (
        UnknownNameError,
        '[constants]\n"Staf at start" = 1',
        'constants."Staf at start" is not an input of region.xmile; nearest: "Staff at start", "Coverage at start".',
    ),
    (
        ValueRangeError,
        '[constants]\n"Staff at start" = -5',
        'constants."Staff at start": -5 is outside the range of "Staff at start", at least 0 persons.',
    ),
    (DataError, '[constants]\n"Staff at start" = { source = "x" }',
     'constants."Staff at start".value is missing; it has no default.'),
    (
        UnknownNameError,
        '[constants]\n"Coverage at start[suburban]" = 0.1',
        'constants."Coverage at start[suburban]": "suburban" is not an element of "Coverage at start"; '
        'nearest: "urban".',
    ),
    (
        ValueRangeError,
        '[ranges]\n"Mandate scope" = { low = 0.5, high = 0.1 }',
        'ranges."Mandate scope": the range of "Mandate scope" has low 0.5 above high 0.1.',
    ),
    (
        ValueRangeError,
        '[ranges]\n"Mandate scope" = { low = 0, high = 0.1, scale = "log" }',
        'ranges."Mandate scope": the range of "Mandate scope" is on a log scale, so low must be above 0.',
    ),
    (
        ValueRangeError,
        '[ranges]\n"Mandate scope" = { low = 0, high = 7 }',
        'ranges."Mandate scope": 7 is outside the range of "Mandate scope", 0 to 1.',
    ),
    (DataError, '[ranges]\n"Mandate scope" = { low = 0 }',
     'ranges."Mandate scope".high is missing; it has no default.'),
    (UnknownNameError, 'covers = "everything"', 'covers: "everything" is not a possible value; there are: '
     '"all", "access".'),
    (
        ValueRangeError,
        '[levers]\n"HR share" = 0\n"Culture share" = 0',
        'all budget shares are zero in 2003 ("HR share", "Culture share"); at least one must be above zero.',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("error", "text", "message"), WRONG_PROFILES, ids=[row[2][:40] for row in WRONG_PROFILES])
def test_wrong_profile_is_named_with_its_key_path(
    tmp_path: Path, region: Model, error: type[InputError], text: str, message: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(error) as caught:
        read_profile(path, model=region)
    assert str(caught.value) == f"{path}: {message}"


def test_scenario_may_not_set_a_lever(tmp_path: Path, region: Model) -> None:
    """What a region decides and what it does not must stay apart, or a scenario is a hidden policy."""
    path = written(tmp_path, '[inputs]\n"Mandate scope" = 0.5\n')
    with pytest.raises(UnknownNameError) as caught:
        read_scenario(path, model=region)
    assert str(caught.value) == (
        f'{path}: inputs."Mandate scope" is not a scenario input of region.xmile; it is a variable of the '
        'model, but not one of these; there are: "Budget factor".'
    )


def test_shares_that_a_policy_leaves_alone_come_from_the_profile(tmp_path: Path, region: Model) -> None:
    """A policy may set one share to zero only while another, of the profile, is above zero."""
    path = written(tmp_path, '[levers]\n"HR share" = 0\n')
    read_policy(path, model=region)
    bare = Profile("bare", levers={"culture_share": Series((2003.0, 2030.0), (0.5, 0.0), "steps")})
    with pytest.raises(ValueRangeError, match="all budget shares are zero in 2030"):
        read_policy(path, model=region, profile=bare)


def test_toml_that_does_not_parse_names_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, 'note = "x"\n[levers]\nHR share = 0.3\n')
    with pytest.raises(DataError) as caught:
        read_policy(path)
    assert str(caught.value).startswith(f"{path}, line 3, column 4: this is not TOML (")
    assert str(caught.value).endswith('names with blanks need quotation marks: "HR share" = 0.3.')


def test_file_that_is_not_text_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'note = "x"\nlabel = "\xff"\n')
    with pytest.raises(DataError) as caught:
        read_policy(path)
    assert str(caught.value) == f"{path}, line 2: the file is not UTF-8 text; save it as UTF-8."


MEANT = [
    ('"HR share" = 0,3', "decimals take a point: 0.3, not 0,3"),
    ('"HR share" = { value = 0,25 }', "decimals take a point: 0.25, not 0,25"),
    ('"HR share" = { points = [[2026, 0,05], [2028, 0,15]] }', "decimals take a point: 0.05, not 0,05"),
    ("“HR share” = 0.3", 'write straight quotation marks: "HR share" = 0.3'),
    ('"HR share" = 30%', "write a share of 1 without the sign: 0.3 for 30 %"),
    ("HR share = 0.3", 'names with blanks need quotation marks: "HR share" = 0.3'),
    ('"HR share" = { points = [[2026,1], [2027,2] }', 'names with blanks need quotation marks: "HR share" = 0.3'),
]


@pytest.mark.parametrize(("line", "remedy"), MEANT, ids=[row[0][:25] for row in MEANT])
def test_a_line_that_is_not_toml_is_told_what_was_meant(tmp_path: Path, line: str, remedy: str) -> None:
    """A spreadsheet's habits: decimal commas, per cent, curly quotation marks."""
    path = written(tmp_path, f"[levers]\n{line}\n")
    with pytest.raises(DataError) as caught:
        read_policy(path)
    assert str(caught.value).startswith(f"{path}, line 2, column ")
    assert str(caught.value).endswith(f"; {remedy}.")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_of_windows_editors_are_read(tmp_path: Path, encoding: str) -> None:
    """Notepad writes a mark in front, or UTF-16: the text is the same."""
    for mark in ("", "\ufeff") if encoding.endswith("e") else ("",):
        path = tmp_path / "mine.toml"
        path.write_bytes((mark + 'label = "Émile"\n[levers]\n"HR share" = 0.3\n').encode(encoding))
        policy = read_policy(path)
        assert (policy.label["id"], policy.levers) == ("Émile", {"HR share": Series.constant(0.3)})


def test_a_copy_that_still_has_a_shipped_label_is_called_by_its_file(tmp_path: Path) -> None:
    """Two rows of one label in a table: nobody could tell the plan from what it was copied from."""
    files: tuple[tuple[library.Kind, str, Callable[[Path], PolicyPath | Profile | Scenario]], ...] = (
        ("policy", "people-first", read_policy),
        ("profile", "south-sumatra", read_profile),
        ("scenario", "budget-cut", read_scenario),
    )
    for kind, name, read in files:
        text = library.read_bytes(library.find(kind, name)).decode("utf-8")
        assert read(written(tmp_path, text)).label == {"en": "mine", "id": "mine"}
        own = text.replace(read(name).label["en"], "Plan A").replace(read(name).label["id"], "Rencana A")
        assert read(written(tmp_path, own)).label == {"en": "Plan A", "id": "Rencana A"}
        assert read(name).label["en"] != name


def test_an_empty_name_and_a_folder_are_told_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    for given in ("", "  "):
        with pytest.raises(DataError) as empty:
            read_policy(given)
        assert str(empty.value) == (
            "an empty name was given for a policy; `egovsim list` shows what is shipped, or give a file."
        )
    with pytest.raises(DataError) as folder:
        read_profile("plans")
    assert str(folder.value) == ("plans: this is a folder; give the profile file itself, such as plans/mine.toml.")


def test_truncated_file_is_an_error_and_an_empty_policy_is_business_as_usual(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is not TOML"):
        read_policy(written(tmp_path, '[levers]\n"HR share" = { points = [[2026'))
    assert read_policy(written(tmp_path, "")).levers == {}


def test_missing_file_folder_and_shipped_name_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError) as missing:
        read_policy(tmp_path / "none.toml")
    assert (
        str(missing.value)
        == f"{tmp_path / 'none.toml'}: there is no such file; check the path; `egovsim list` shows what is shipped."
    )
    with pytest.raises(DataError) as folder:
        read_policy(tmp_path)
    assert str(folder.value) == f"{tmp_path}: this is a folder; give the policy file itself."
    with pytest.raises(UnknownNameError, match='"people-frist" is not a shipped policy; nearest: "people-first"'):
        read_policy("people-frist")
    with pytest.raises(UnknownNameError, match='"surabya" is not a shipped profile; nearest: "surabaya"'):
        read_profile("surabya")
    with pytest.raises(ModelError, match="there is no such file; the shipped model is called by its name alone"):
        library.find("model", "egov.xmile")


def test_name_of_a_file_without_its_suffix_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The likeliest slip on a first own policy."""
    written(tmp_path, "", "my-plan.toml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match=r'the file in this folder is called "my-plan\.toml"'):
        read_policy("my-plan")


def shipped(kind: library.Kind) -> list[Path]:
    return [library.find(kind, name) for name in library.names(kind)]


def test_every_shipped_file_fits_the_shipped_model() -> None:
    """Were it broken, a bundled path would fail on the user's machine."""
    from egovsim.readers.formats import read_file

    model = read_file(library.find("model", "egov"))
    profiles = [read_profile(name, model=model) for name in library.names("profile")]
    assert {"south-sumatra", "surabaya"} <= {one.name for one in profiles}
    for profile in (one for one in profiles if one.covers == "all"):
        for name in library.names("policy"):
            read_policy(name, model=model, profile=profile)
    for name in library.names("scenario"):
        read_scenario(name, model=model)


def test_shipped_policies_are_two_families_and_one_baseline() -> None:
    policies = [read_policy(name) for name in library.names("policy")]
    assert [policy.name for policy in policies if policy.baseline] == ["business-as-usual"]
    assert {policy.family for policy in policies if not policy.baseline} == {"money", "political"}
    for policy in policies:
        assert all((policy.label["en"], policy.label["id"], policy.note)), policy.name


def cited(value: object, keys: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield (key path, evidence key) of every ``source`` below a TOML value."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "source":
                yield ".".join(keys), str(below)
            yield from cited(below, (*keys, key))


def test_every_source_of_a_shipped_file_is_evidence_of_grade_a_or_b() -> None:
    """Were it broken, a default would rest on a figure that nobody has seen."""
    with library.find("evidence", "evidence").open(encoding="utf-8", newline="") as file:
        grades: dict[str, set[str]] = {}
        for row in csv.DictReader(file):
            grades.setdefault(f"{row['place']}/{row['indicator']}/{row['year']}", set()).add(row["grade"])
    found = 0
    for kind in ("profile", "policy", "scenario"):
        for path in shipped(kind):
            for place, key in cited(tomllib.loads(path.read_text(encoding="utf-8"))):
                assert grades.get(key, set()) & {"A", "B"}, f"{path.name}: {place}: {key}"
                found += 1
    assert found > 0


def test_every_shipped_series_says_where_it_comes_from() -> None:
    """A profile's and a scenario's figures are sourced or called assumptions, never neither."""
    for kind, table in (
        ("profile", "constants"),
        ("profile", "levers"),
        ("profile", "ranges"),
        ("scenario", "inputs"),
    ):
        for path in shipped(kind):
            for name, value in tomllib.loads(path.read_text(encoding="utf-8")).get(table, {}).items():
                assert isinstance(value, dict), f"{path.name}: {table}.{name} has neither source nor assumption"
                assert {"source", "assumption"} & set(value), f"{path.name}: {table}.{name}"
