"""The command: every option has its effect, every failure its message and exit code, streams stay apart."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from small_region import XMILE

import egovsim
from egovsim import library
from egovsim.cli import main
from egovsim.cli.application import progress_bar, time_left
from egovsim.egov.labels import read_labels

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.xmile"
    path.write_text(XMILE, encoding="utf-8")
    return str(path)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def command(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """Start the command in a process of its own, as a shell does."""
    root = Path(egovsim.__file__).parent.parent
    settings: dict[str, object] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": {**os.environ, "PYTHONPATH": str(root)},
    }
    return subprocess.Popen([sys.executable, "-m", "egovsim", *arguments], **{**settings, **options})  # type: ignore[call-overload]


# compare -----------------------------------------------------------------------------------------------------


def test_every_option_of_compare_has_its_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Rule: a flag that is parsed and does nothing is a lie to the user."""
    monkeypatch.chdir(tmp_path)
    for kind, name in (("model", "egov"), ("profile", "south-sumatra"), ("scenario", "budget-cut")):
        source = library.find(kind, name)  # type: ignore[arg-type]
        (tmp_path / f"own-{name}{source.suffix}").write_bytes(source.read_bytes())
    (tmp_path / "mine.toml").write_text('[levers]\n"HR share" = 0.5\n', encoding="utf-8")
    shutil.copytree(library.find("evidence", "checks").parent, tmp_path / "own-evidence")
    shutil.copytree(library.find("match", "interest-1").parent, tmp_path / "own-matches")
    arguments = [
        "compare", "mine.toml", "mandate", "--model", "own-egov.xmile", "--profile", "own-south-sumatra.toml",
        "--benchmark", "own-south-sumatra.toml", "--scenario", "own-budget-cut.toml", "--scenario", "reference",
        "--members", "3", "--seed", "1", "--match", "own-matches", "--evidence", "own-evidence", "--structure",
        "interest", "--until", "2030", "--by", "Citizen trust", "--discount", "0.1",
        "--outcome", "Digital divide", "--outcome", "HR capacity", "--out", "plan", "--lang", "id",
    ]  # fmt: skip
    assert main(arguments) == 0
    printed = capsys.readouterr()
    words = read_labels("id")
    assert printed.out.startswith("3 kombinasi parameter diterima dari ")
    assert "(benih acak 1). Struktur: Minat membatasi pemakaian." in " ".join(printed.out.split())
    assert f"{words.outcome('Citizen trust')} tahun 2030" in printed.out
    assert "10,0 %" in printed.out
    ranking = table((tmp_path / "plan" / "ranking.csv").read_text("utf-8"))
    assert {row["scenario"] for row in ranking} == {"own-budget-cut", "reference"}
    assert {row["policy"] for row in ranking} == {"business-as-usual", "mine", "mandate"}
    assert {row["ranked_by"] for row in ranking} == {"Citizen trust"}
    usual = next(row for row in ranking if (row["scenario"], row["policy"]) == ("reference", "business-as-usual"))
    assert float(usual["gap"]) == 0.0  # the benchmark is the region itself
    trajectory = table((tmp_path / "plan" / "comparison.csv").read_text("utf-8"))
    assert {row["outcome"] for row in trajectory} == {"Digital divide", "HR capacity"}
    assert (trajectory[0]["year"], trajectory[-1]["year"]) == ("2003", "2030")
    assert (tmp_path / "plan" / "comparison-reference.png").is_file()
    manifest = json.loads((tmp_path / "plan" / "manifest.json").read_text("utf-8"))
    assert {
        "own-egov.xmile", "own-south-sumatra.toml", "own-budget-cut.toml", "mine.toml",
        str(Path("own-evidence", "checks.toml")), str(Path("own-matches", "interest-1.json")),
    } <= {file["file"] for file in manifest["files"]}  # fmt: skip
    assert {name: one["accepted"] for name, one in manifest["results"].items()} == {"interest": 3}
    assert manifest["options"]["discount"] == 0.1
    assert "plan" in printed.err
    assert "%" not in printed.err  # no progress bar where there is no terminal


def test_a_path_file_may_spend_more_for_one_barrier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A donor's money for training, or for anything else, is a decision like another; a region's luck is not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "donor.toml").write_text(
        'start = 2026\n[levers]\n"Extra money for HR" = 20\n"Training places" = 0.15\n', encoding="utf-8"
    )
    arguments = ["--members", "6", "--structure", "skill", "--until", "2032"]
    assert main(["compare", "donor.toml", *arguments]) == 0
    capsys.readouterr()
    ranking = table((tmp_path / "egovsim-comparison" / "ranking.csv").read_text("utf-8"))
    donor = next(row for row in ranking if row["policy"] == "donor")
    assert 40.0 < float(donor["extra_cost_p50"]) < 6 * 20.0
    assert float(donor["real_use_index_change_p50"]) > 0.0
    (tmp_path / "luck.toml").write_text('[levers]\n"Budget factor" = 1.4\n', encoding="utf-8")
    assert main(["compare", "luck.toml", *arguments]) == 1
    assert capsys.readouterr().err.startswith('egovsim: luck.toml: levers."Budget factor" is not a lever of egov.xmile')


def test_compare_alone_does_the_main_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The first thing that a planner types."""
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "--members", "8"]) == 0
    assert sorted(path.name for path in (tmp_path / "egovsim-comparison").iterdir()) == [
        "barriers.csv", "binding.csv", "checks.csv", "comparison.csv", "comparison.png", "comparison.xlsx",
        "evidence.csv", "gap.csv", "manifest.json", "outcomes.png", "ranking.csv",
    ]  # fmt: skip
    printed = capsys.readouterr()
    assert printed.out.startswith("8 members accepted of ")
    assert printed.err == (
        "Written to egovsim-comparison: ranking.csv, comparison.csv, binding.csv, barriers.csv, gap.csv, checks.csv, "
        "evidence.csv, comparison.xlsx, comparison.png, outcomes.png, manifest.json\n"
    )


BAD_COMPARES = [
    (["people-frist"], '"people-frist" is not a shipped policy; nearest: "people-first", "people-first-same-places".'),
    (["none.toml"], "none.toml: there is no such file; check the path; `egovsim list` shows what is shipped."),
    (["--profile", "surabya"], '"surabya" is not a shipped profile; nearest: "surabaya".'),
    (
        ["--profile", "indonesia"],
        "profiles/indonesia.toml: this profile covers access to the internet only "
        '(covers = "access"); choose one that covers all.',
    ),
    ([""], "an empty name was given for a policy; `egovsim list` shows what is shipped, or give a file."),
    (["folder"], "folder: this is a folder; give the policy file itself, such as folder/mine.toml."),
    (["same.toml"], "same.toml: sets no lever, so that it is business as usual; add some under [levers]."),
    (["--scenario", "budget"], '"budget" is not a shipped scenario; nearest: "budget-cut".'),
    (
        ["--by", "Real use indx"],
        '"Real use indx" is no outcome of egov.xmile; nearest: "Real use index"; rank by one of: '
        f"{', '.join(egovsim.read_model('egov').groups['Outcomes'])}.",
    ),
    (
        ["--outcome", "Citizen thrust"],
        '"Citizen thrust" is not a variable of egov.xmile; nearest: "Citizen trust", "Citizen trust at start", '
        '"Assurance in citizen trust".',
    ),
    (["--until", "2020"], "until is 2020; it must be a whole year after the policies' start in 2026."),
    (["--discount", "-1"], "discount is -1; it must be at least 0 and below 1: 0.05 is 5 % a year."),
    (["--lang", "fr"], '"fr" is not a language of egovsim; there are: "en", "id".'),
    (["--model", "egvo"], '"egvo" is not a shipped model; nearest: "egov".'),
    (
        ["--seed", "7"],
        "seed is 7, and members are shipped for the seeds 0 and 1; run `egovsim match --seed 7 --out FOLDER` and give "
        "--match FOLDER.",
    ),
    (
        ["--members", "2000000"],
        "2,000,000 members of 18 paths would take 272 GB of memory under each structure; ask for fewer members, paths, "
        "scenarios or outcomes.",
    ),
    (["--structure", "skil"], '"skil" is not a structure of this evidence; nearest: "skill".'),
    (
        ["--evidence", "nowhere"],
        'nowhere/checks.toml: there is no such file; the shipped evidence is called by its name alone: "checks".',
    ),
    (["--out", "taken"], "taken: this is a file, not a folder; choose another name for the output."),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_COMPARES, ids=[" ".join(row[0]) for row in BAD_COMPARES])
def test_bad_input_ends_in_one_message_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "same.toml").write_text("start = 2026\n", encoding="utf-8")
    assert main(["compare", *arguments]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"egovsim: {message}\n")
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "same.toml", "taken"}


WRONG_CHECKS = [
    ('outcome = "SPBE-like index"', 'outcome = "SPBE-like indx"',
     'evidence check "{name}": "SPBE-like indx" is not a variable of egov.xmile; nearest: "SPBE-like index".'),
    ('place = "south-sumatra"', 'place = "south-sumatera"',
     'mine/checks.toml: "south-sumatera" is not a shipped profile; nearest: "south-sumatra"'),
    ("spbe_index/2023", "spbe_index/2033",
     'mine/checks.toml: check "{name}": "Provinsi Sumatera Selatan/spbe_index/2033" is not a key of '
     'evidence.csv; nearest: "Provinsi Sumatera Selatan/spbe_index/2023"'),
]  # fmt: skip


@pytest.mark.parametrize(("written", "slip", "message"), WRONG_CHECKS, ids=[row[1] for row in WRONG_CHECKS])
def test_wrong_check_of_ones_own_is_named_and_old_results_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, written: str, slip: str, message: str
) -> None:
    """A planner's own evidence with a slip must cost neither minutes of searching nor the results of yesterday."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(library.find("evidence", "checks").parent, tmp_path / "mine")
    checks, name = tmp_path / "mine" / "checks.toml", "SPBE of South Sumatra, 2023"
    before, head, after = checks.read_text("utf-8").partition(f'name = "{name}"')
    checks.write_text(before + head + after.replace(written, slip, 1), encoding="utf-8")
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "ranking.csv").write_text("yesterday", encoding="utf-8")
    assert main(["compare", "--evidence", "mine", "--out", "plan"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"egovsim: {message.format(name=name)}")
    assert [path.name for path in (tmp_path / "plan").iterdir()] == ["ranking.csv"]
    assert (tmp_path / "plan" / "ranking.csv").read_text("utf-8") == "yesterday"


def test_same_seed_gives_the_same_tables(tmp_path: Path, capsys: Capture) -> None:
    for name in ("a", "b"):
        assert main(["compare", "mandate", "--members", "4", "--until", "2030", "--out", str(tmp_path / name)]) == 0
    for name in ("ranking.csv", "comparison.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert capsys.readouterr().out


# run ---------------------------------------------------------------------------------------------------------


def trajectory(capsys: Capture, *arguments: str) -> list[dict[str, str]]:
    assert main(["run", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return table(printed.out)


def test_run_prints_the_course_of_all_variables(small: str, capsys: Capture) -> None:
    rows = trajectory(capsys, small)
    assert (rows[0]["time"], rows[-1]["time"], len(rows)) == ("2003.0", "2045.0", 169)
    assert float(rows[-1]["Level"]) == pytest.approx(2.1)
    assert {"Effort", "Gain", "SPBE-like index"} <= set(rows[0])


def test_options_of_run_have_their_effects(small: str, tmp_path: Path, capsys: Capture) -> None:
    def last(*arguments: str) -> float:
        return float(trajectory(capsys, small, *arguments)[-1]["Level"])

    files = {
        "profile": '[constants]\n"Speed" = 0.1\n',
        "policy": 'start = 2035\n[levers]\n"Effort" = 3\n',
        "scenario": 'start = 2035\n[inputs]\n"Effort" = 4\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    assert last("--profile", str(tmp_path / "profile.toml")) == pytest.approx(4.2)
    assert last("--policy", str(tmp_path / "policy.toml")) == pytest.approx(0.05 * (32 + 3 * 10))
    assert last("--scenario", str(tmp_path / "scenario.toml")) == pytest.approx(0.05 * (32 + 4 * 10))
    assert last("--set", "speed=0.2", "--set", "Effort = 0.5") == pytest.approx(4.2)
    assert last("--until", "2013") == pytest.approx(0.5)
    assert len(trajectory(capsys, small, "--time-step", "0.5")) == 85
    assert len(trajectory(capsys, small, "--save-every", "1")) == 43
    assert list(trajectory(capsys, small, "--output", "Level", "--output", "Gain")[0]) == ["time", "Level", "Gain"]


def test_run_writes_a_file_and_says_so(small: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "course.csv"
    assert main(["run", small, "--output", "Level", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"Written to {out}\n")
    assert table(out.read_text("utf-8"))[0] == {"time": "2003.0", "Level": "0.0"}


BAD_RUNS = [
    (["--set", "Sped=1"], '"Sped" is not a variable of small.xmile; nearest: "Speed", "Spending".'),
    (["--set", "Speed=nan"], '"Speed" is nan, not a finite number; give a number.'),
    (["--set", "Speed=7"], '"Speed" is 7, outside its range 0 to 1 in small.xmile'),
    (["--set", "Level=nan"], '"Level" is nan, not a finite number; give a number.'),
    (["--set", "Gain=1"], '"Gain" is computed by the model, so it takes no value'),
    (["--time-step", "0.32"], "the time step 0.32 does not divide the horizon 2003 to 2045"),
    (["--save-every", "0.3"], "save_every 0.3 is not a multiple of the time step 0.25"),
    (["--output", "Levle"], '"Levle" is not a variable of small.xmile; nearest: "Level"'),
    (["--out", "no/such/folder/course.csv"], "no/such/folder/course.csv: cannot be written"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_RUNS, ids=[" ".join(row[0]) for row in BAD_RUNS])
def test_bad_run_ends_in_one_message(small: str, capsys: Capture, arguments: list[str], message: str) -> None:
    assert main(["run", small, *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("egovsim: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_run_that_overflows_says_so_and_prints_what_there_is(tmp_path: Path, capsys: Capture) -> None:
    """A failure is data: the rows stand, and nobody takes not-a-number for a result."""
    path = tmp_path / "wild.xmile"
    path.write_text(XMILE.replace("Speed*Effort", "(1+Level)*1e9").replace(' max="1"', ""), encoding="utf-8")
    assert main(["run", str(path), "--save-every", "1"]) == 0
    printed = capsys.readouterr()
    assert "1 failed, the first at " in printed.err or "failed" in printed.err
    assert len(table(printed.out)) == 43


# list, show, check, crosscheck -------------------------------------------------------------------------------


def test_list_shows_what_is_shipped(capsys: Capture) -> None:
    assert main(["list"]) == 0
    everything = capsys.readouterr().out
    for name in ("egov", "capacity", "south-sumatra", "people-first", "budget-cut", "checks"):
        assert name in everything, name
    assert main(["list", "policies", "--lang", "id"]) == 0
    policies = capsys.readouterr().out
    assert "people-first" in policies
    assert "Dahulukan SDM" in policies
    assert "south-sumatra" not in policies
    assert max(map(len, everything.splitlines())) <= 80


def test_list_of_an_unknown_kind_names_the_kinds(capsys: Capture) -> None:
    assert main(["list", "polices"]) == 1
    assert (
        capsys.readouterr().err
        == 'egovsim: "polices" is not a kind of shipped file; nearest: "policies", "profiles".\n'
    )


@pytest.mark.parametrize("name", ["people-first", "south-sumatra", "budget-cut", "egov", "checks"])
def test_show_prints_the_file_as_it_is(name: str, capsys: Capture) -> None:
    """What is printed must be a file that can be edited and given back."""
    assert main(["show", name]) == 0
    _, path = library.search(name)
    assert capsys.readouterr().out == path.read_text(encoding="utf-8")


def test_names_of_shipped_files_are_unique() -> None:
    """`show NAME` has no kind: two files of one name would hide each other."""
    every = [name for kind in library.SHIPPED for name in library.names(kind)]
    assert len(set(every)) == len(every)


def test_show_of_an_unknown_name_names_the_nearest(capsys: Capture) -> None:
    assert main(["show", "people-fist"]) == 1
    assert capsys.readouterr().err.startswith('egovsim: "people-fist" is not shipped with egovsim; `egovsim list`')


def test_check_finds_errors_and_says_so_by_its_exit_code(small: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["check", small]) == 0
    sound = capsys.readouterr()
    assert "small.xmile: 2 stocks, 11 variables; 0 errors" in sound.err
    broken = tmp_path / "broken.xmile"
    broken.write_text(XMILE.replace("Speed*Effort", "Sped*Effort"), encoding="utf-8")
    assert main(["check", str(broken)]) == 1
    found = capsys.readouterr()
    assert "1 error," in found.err
    assert "Sped" in found.out
    assert "error" in found.out


def test_check_of_what_is_no_model_is_bad_input(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "page.xmile"
    path.write_text("<html><body>not here</body></html>", encoding="utf-8")
    assert main(["check", str(path)]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "page.xmile" in printed.err


def test_crosscheck_compares_with_pysd(small: str, capsys: Capture) -> None:
    assert main(["crosscheck", small, "--until", "2010", "--rows", "3"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "No variable differs by more than rounding.\n"
    assert re.fullmatch(
        r"small\.xmile: egovsim and PySD [\d.]+ agree "
        r"\(0 of \d+ variables beyond tolerance; all within rounding\)\n",
        printed.err,
    )


def test_crosscheck_that_disagrees_ends_with_one(small: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    from egovsim.validation import pysd_comparison as module

    worst = module.Difference("Level", 1.0, 0.5, 2004.0, 2.0, 1.0, agrees=False)
    second = replace(worst, variable="Gap", relative=1e-10, agrees=True)
    third = replace(second, variable="Target", relative=1e-11)
    noise = replace(second, variable="Noise", relative=3e-16, within_rounding=True)
    made = module.Crosscheck("small.xmile", "PySD 0", (worst, second, third, noise), ())
    asked: dict[str, object] = {}
    monkeypatch.setattr(module, "crosscheck", lambda path, **options: asked.update(options) or made)
    assert main(["crosscheck", small, "--until", "2010"]) == 1
    assert asked["until"] == 2010.0
    printed = capsys.readouterr()
    assert [line.split()[0] for line in printed.out.splitlines()[2:]] == ["Level", "Gap", "Target"]
    assert printed.err == (
        "small.xmile: egovsim and PySD 0 DIFFER "
        '(1 of 4 variables beyond tolerance; largest in "Level": 0.5 relative at 2004)\n'
    )
    assert main(["crosscheck", small, "--rows", "2"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 4  # head, rule, two rows


# debug -------------------------------------------------------------------------------------------------------


def test_debug_prints_the_program_of_what_is_asked(capsys: Capture) -> None:
    """Whoever looks for a fault of the compiler sees what it runs, and only what the output depends on."""
    assert main(["debug", "capacity", "--program", "--output", "Internet penetration"]) == 0
    part = capsys.readouterr().out
    assert main(["debug", "capacity", "--program"]) == 0
    whole = capsys.readouterr().out
    assert "Internet_penetration" in part
    assert "Security_maturity" not in part
    assert "Security_maturity" in whole


def test_debug_prints_the_intermediate_representation(capsys: Capture) -> None:
    """What is printed is what LLVM reads: its own parser takes it."""
    import llvmlite.binding as llvm

    assert main(["debug", "capacity", "--ir", "--output", "Use"]) == 0
    names = {function.name for function in llvm.parse_assembly(capsys.readouterr().out).functions}
    assert "run_groups" in names


@pytest.mark.parametrize("choice", [[], ["--program", "--ir"]])
def test_debug_asks_what_to_print(choice: list[str], capsys: Capture) -> None:
    """Neither or both is a slip, and no reason to print nothing or anything."""
    assert main(["debug", "capacity", *choice]) == 2
    assert "--program or --ir" in " ".join(capsys.readouterr().err.split())


def test_debug_names_the_nearest_variable(capsys: Capture) -> None:
    """An unknown output is answered as everywhere."""
    assert main(["debug", "capacity", "--program", "--output", "Us"]) == 1
    assert 'nearest: "Use"' in capsys.readouterr().err


# Manners -----------------------------------------------------------------------------------------------------


def test_version_and_help(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"egovsim {egovsim.__version__}\n"
    assert main(["compare", "--help"]) == 0
    page = capsys.readouterr().out
    for option in (
        "--profile", "--benchmark", "--scenario", "--members", "--seed", "--until", "--by", "--discount", "--outcome",
        "--out", "--lang",
    ):  # fmt: skip
        assert option in page, option
    assert "egovsim compare all mine.toml" in page


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    """Were numpy loaded for --help, a first look would take a second instead of a blink."""
    code = (
        "import sys; from egovsim.cli import main; main(['--help']); "
        "heavy = {'numpy', 'pandas', 'matplotlib', 'llvmlite', 'lxml', 'pysd', 'xarray', 'scipy'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    root = Path(egovsim.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["compare", "--members", "0"], ["compare", "--colour"], ["fly"], ["run"], ["run", "egov", "--set", "Speed"]],
)
def test_wrong_usage_is_two(arguments: list[str], capsys: Capture) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Usage: egovsim" in printed.err


def test_assignment_without_a_number_is_explained(capsys: Capture) -> None:
    assert main(["run", "egov", "--set", "Speed=fast"]) == 2
    assert 'is not of the form "Name=value"' in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_interruption_is_130(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("egovsim.egov.compare.compare", interrupted)
    assert main(["compare", "--out", str(tmp_path / "plan")]) == 130
    assert capsys.readouterr().err == "egovsim: interrupted; nothing was half written.\n"
    assert not (tmp_path / "plan").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_interrupted_process_ends_quickly_and_writes_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a long search: threads stop, nothing is left behind."""
    evidence = library.find("evidence", "checks").parent  # given, members are searched
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests started in the background ignore it
    process = command("compare", "--members", "5000", "--evidence", str(evidence), cwd=tmp_path, preexec_fn=heeding)
    try:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert errors.decode() == "egovsim: interrupted; nothing was half written.\n"
    assert list(tmp_path.iterdir()) == []


def fault(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a fault for the test")


def test_own_fault_is_70_and_says_what_to_report(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("egovsim.egov.compare.compare", fault)
    monkeypatch.setattr(sys, "argv", ["egovsim", "compare", "--seed", "1"])
    monkeypatch.delenv("EGOVSIM_DEBUG", raising=False)
    assert main(["compare", "--seed", "1"]) == 70
    lines = capsys.readouterr().err.splitlines()
    assert lines[-4] == (
        f"egovsim {egovsim.__version__} stopped through a fault of its own, not yours "
        "(ZeroDivisionError: a fault for the test)."
    )
    assert lines[-2].strip() == "egovsim compare --seed 1"
    report = Path(lines[-1].strip()).read_text(encoding="utf-8")
    assert "Traceback" in report
    assert "egovsim compare --seed 1" in report


def test_own_fault_shows_its_traceback_when_asked(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("egovsim.egov.compare.compare", fault)
    monkeypatch.setenv("EGOVSIM_DEBUG", "1")
    assert main(["compare"]) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a pipe that closes early is another error on Windows")
@pytest.mark.parametrize("arguments", [("show", "egov"), ("run", "egov"), ("list",)])
def test_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    """``egovsim run egov | head -1`` must not end in a traceback."""
    process = command(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""


def test_progress_is_drawn_on_a_terminal_only_and_only_when_it_takes_time(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def drawn() -> str:
        with progress_bar("working") as report:
            for done in range(3):
                report(done, 2)
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err

    assert drawn() == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "working" not in drawn()
    monkeypatch.setattr("egovsim.cli.application._PATIENCE_SECONDS", 0.0)
    assert "working" in drawn()


@pytest.mark.parametrize(
    ("done", "seconds", "told"),
    [
        (0, 60.0, "nothing yet"),
        (250, 60.0, "250 a minute, about 3 min left"),
        (999, 30.0, "1,998 a minute, about 0 s left"),
    ],
)
def test_the_time_that_is_left_follows_from_the_rate(done: int, seconds: float, told: str) -> None:
    assert time_left(done, 1000, seconds) == told


def test_what_is_counted_is_shown_with_what_is_left(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A match takes minutes; whoever waits must see how much is done of how much."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setattr("egovsim.cli.application._PATIENCE_SECONDS", 0.0)
    with progress_bar("matching", counted="accepted") as report:
        report(0, 1000)
        report(250, 1000)
    printed = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "250 of 1,000 accepted, " in printed
    assert " a minute, about " in printed
