"""Models that were read before: the same model, at once, and never a stale one."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook
from small_models import auxiliary, flow, stock, xmile

import egovsim
from egovsim import cache
from egovsim.model.expression import children_first
from egovsim.readers import formats as reading
from egovsim.readers import model_cache

CLOCK = "INITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|\n"
SETTINGS = "\\\\\\---/// Sketch information\nV300\n///---\\\\\\\n:L\x7f<%^E!@\n9:run\n13:history.vdf\n15:0,0,0\n"
LONG_AGO = 1_600_000_000.0


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("EGOVSIM_CACHE", str(place))
    return place


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count which files are really read and parsed."""
    done: list[str] = []
    original = reading.read_file

    def counted(path: Path, **options: object) -> egovsim.Model:
        done.append(path.name)
        return original(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "read_file", counted)
    return done


def settled(*paths: Path) -> None:
    """Make files look as if they had been there for long: what has just changed is not cached."""
    for path in paths:
        os.utime(path, (LONG_AGO, LONG_AGO))


def growing(factor: str = "0.3") -> str:
    return xmile(stock("s", "2.0", inflows=["f"]), flow("f", f"s * {factor} * k"), auxiliary("k", "0.5"))


def place_of_everything(model: egovsim.Model) -> list[object]:
    expressions = [
        equation.expression for variable in model for equation in variable.equations if equation.expression is not None
    ]
    nodes = [node for expression in expressions for node in children_first(expression)]
    return [[variable.where for variable in model], [getattr(node, "where", None) for node in nodes]]


def test_a_cached_model_is_the_model(read_files: list[str]) -> None:
    """The second reading of the shipped model parses nothing, and nothing is missing from what it returns."""
    first, second = egovsim.read_model("egov"), egovsim.read_model("egov")
    assert read_files == ["egov.xmile"]
    assert second is not first
    assert second == first
    assert repr(second.variables) == repr(first.variables)
    assert place_of_everything(second) == place_of_everything(first)
    assert (second.sources, second.left_out, second.ignored) == (first.sources, first.left_out, first.ignored)
    assert egovsim.check(second) == egovsim.check(first)
    outputs = ["Real use index", "Citizen trust"]
    np.testing.assert_array_equal(
        egovsim.run(second, outputs=outputs).trajectories, egovsim.run(first, outputs=outputs).trajectories
    )


def test_a_changed_file_is_read_again(tmp_path: Path, read_files: list[str]) -> None:
    """Also when neither its size nor its time tells: results of an older model are the worst of bugs."""
    path = tmp_path / "m.xmile"
    finals = []
    for factor in ("0.3", "0.4", "0.3"):
        path.write_text(growing(factor))
        settled(path)
        finals.append(egovsim.run(egovsim.read_model(path)).values("s")[0, 0, 0, -1])
    assert finals[0] == finals[2] != finals[1]
    assert read_files == ["m.xmile"] * 2


def spreadsheet(path: Path, value: float) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Data"
    sheet["A1"] = value
    book.save(path)


def test_a_changed_spreadsheet_beside_the_model_is_read_again(tmp_path: Path, read_files: list[str]) -> None:
    """The model's own file is the same, its numbers are not; and a spreadsheet that is gone is missed."""
    home = tmp_path / "home"
    home.mkdir()
    path, book = home / "m.mdl", home / "book.xlsx"
    path.write_text(f"x = GET XLS CONSTANTS('book.xlsx', 'Data', 'A1') ~~|\n{CLOCK}")
    found = []
    for value in (1.0, 2.0, 2.0):
        if not found or found[-1] != value:
            spreadsheet(book, value)
        settled(path, book, home)
        found.append(egovsim.run(egovsim.read_model(path)).values("x")[0, 0, 0, 0])
    assert found == [1.0, 2.0, 2.0]
    assert len(read_files) == 2
    book.unlink()
    with pytest.raises(egovsim.DataError, match=r'there is no file "book\.xlsx" beside the model'):
        egovsim.read_model(path)


def series_of(path: Path, **options: object) -> float:
    return float(egovsim.run(egovsim.read_model(path, **options)).values("x")[0, 0, 0, 0])  # type: ignore[arg-type]


def test_a_new_file_that_comes_before_the_one_that_was_used(tmp_path: Path, read_files: list[str]) -> None:
    """Of the exports of a data set the .dat comes first; so does a file that is given."""
    home = tmp_path / "home"
    home.mkdir()
    path = home / "m.mdl"
    path.write_text(f"x ~~|\n{CLOCK}{SETTINGS}")
    (home / "history.tab").write_text("Time\tx\n0\t1\n")
    settled(path, home / "history.tab", home)
    assert series_of(path) == series_of(path) == 1.0
    assert len(read_files) == 1
    (home / "history.dat").write_text("x\n0\t2\n")
    settled(home / "history.dat", home)
    assert series_of(path) == series_of(path) == 2.0
    given = tmp_path / "given.dat"
    for value in (3, 4):
        given.write_text(f"x\n0\t{value}\n")
        settled(given)
        assert series_of(path, data=[given]) == value
    assert series_of(path) == 2.0
    assert len(read_files) == 4


def test_data_are_found_where_they_were_given(
    tmp_path: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path counts from the folder one works in, a model's own files from the model's; both may hold a run.dat."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "m.mdl").write_text(f"x ~~|\n{CLOCK}")
    (home / "run.dat").write_text("x\n0\t9\n")
    monkeypatch.chdir(tmp_path)
    for value in (1, 1, 2):
        (tmp_path / "run.dat").write_text(f"x\n0\t{value}\n")
        settled(tmp_path / "run.dat", home / "run.dat", home, tmp_path)
        assert series_of(Path("home", "m.mdl"), data=["run.dat"]) == value
    assert len(read_files) == 2


def test_what_changes_while_it_is_read_is_not_cached(tmp_path: Path, read_files: list[str]) -> None:
    """Nobody can tell which of two versions of a fresh spreadsheet was read."""
    home = tmp_path / "home"
    home.mkdir()
    path = home / "m.mdl"
    path.write_text(f"x = GET XLS CONSTANTS('book.xlsx', 'Data', 'A1') ~~|\n{CLOCK}")
    spreadsheet(home / "book.xlsx", 1.0)
    settled(path)
    egovsim.read_model(path)
    egovsim.read_model(path)
    assert len(read_files) == 2


def test_a_model_file_that_is_saved_while_it_is_read_is_not_cached(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the new content would be found under the old one's key, for ever."""
    path = tmp_path / "m.xmile"
    path.write_text(growing("0.3"))
    original = reading.read_file

    def saved_meanwhile(path: Path, **options: object) -> egovsim.Model:
        path.write_text(growing("0.4"))
        return original(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "read_file", saved_meanwhile)
    egovsim.read_model(path)
    assert not list(folder.glob("*.model"))


@pytest.mark.parametrize("changed", ["code", "library"])
def test_another_version_reads_again(
    tmp_path: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """A corrected reader must not be kept from its work by what the old one read."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())
    egovsim.read_model(path)
    if changed == "code":
        monkeypatch.setattr(model_cache, "_CODE", "another")
    else:
        monkeypatch.setattr(model_cache, "_library", lambda name: f"another {name}")
    egovsim.read_model(path)
    assert len(read_files) == 2


def test_the_digest_of_the_code_covers_every_reader_and_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file left out of it would be a reader whose corrections never arrive."""
    package = tmp_path / "package"
    (package / "readers").mkdir(parents=True)
    files = [package / "__init__.py", package / "readers" / "a.py", package / "readers" / "g.lark"]
    for file in files:
        file.write_text("1")
    monkeypatch.setattr(cache, "_PACKAGE", package)
    digests = {cache.code_digest("__init__.py", "readers")}
    for file in files:
        file.write_text("2")
        digests.add(cache.code_digest("__init__.py", "readers"))
    assert len(digests) == 4
    assert (
        'code_digest("__init__.py", "names.py", "errors.py", "model", "readers")'
        in Path(model_cache.__file__).read_text()
    )


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "foreign", "no pickle", "another value"])
def test_a_damaged_entry_is_made_again(tmp_path: Path, folder: Path, read_files: list[str], damage: str) -> None:
    """A disk that filled up, or a stray file, must cost a moment and change nothing."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())
    wanted = egovsim.read_model(path)
    (entry,) = folder.glob("*.model")
    whole = entry.read_bytes()

    def sealed(content: bytes) -> bytes:
        return cache.hashlib.sha256(content).digest() + content

    contents = {
        "truncated": whole[:-7],
        "flipped": whole[:500] + bytes([whole[500] ^ 0x10]) + whole[501:],
        "emptied": b"",
        "foreign": pickle.dumps(wanted),
        "no pickle": sealed(b"no pickle"),
        "another value": sealed(pickle.dumps("another value")),
    }
    entry.write_bytes(contents[damage])
    assert egovsim.read_model(path) == wanted
    assert len(read_files) == 2
    assert entry.read_bytes() == whole


def test_where_nothing_can_be_cached_everything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_files: list[str]
) -> None:
    """A read-only home or a full disk costs time, not the result."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("EGOVSIM_CACHE", str(tmp_path / "a file" / "cache"))
    first = egovsim.run(egovsim.read_model(path)).values("s")
    monkeypatch.setenv("EGOVSIM_CACHE", str(tmp_path / "full"))
    monkeypatch.setattr(cache, "write_atomically", _full_disk)
    np.testing.assert_array_equal(egovsim.run(egovsim.read_model(path)).values("s"), first)
    assert len(read_files) == 2


def _full_disk(path: Path, content: bytes) -> None:
    raise egovsim.OutputError(f"{path}: cannot be written (No space left on device); choose another folder.")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="only where files have owners")
def test_an_entry_of_somebody_else_is_not_read(
    tmp_path: Path, folder: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading one runs what is in it: a file that lay there before the folder was private is not trusted."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())
    egovsim.read_model(path)
    honest = os.fstat

    def somebody_elses(handle: int) -> os.stat_result:
        fields = list(honest(handle))
        fields[4] += 1
        return os.stat_result(fields)

    monkeypatch.setattr(cache.os, "fstat", somebody_elses)
    egovsim.read_model(path)
    assert len(read_files) == 2


def test_errors_are_said_every_time(tmp_path: Path, folder: Path) -> None:
    """A model that cannot be read is not cached; one that cannot be run is refused from the cache in the same words."""
    broken = tmp_path / "broken.xmile"
    broken.write_text(growing("(0.3"))
    unsupported = tmp_path / "unsupported.xmile"
    unsupported.write_text(xmile(auxiliary("x", "1"), auxiliary("y", "nosuchfunction(x)")))
    said: list[list[str]] = []
    for _ in range(2):
        with pytest.raises(egovsim.ModelError) as unread:
            egovsim.read_model(broken)
        with pytest.raises(egovsim.UnsupportedError) as refused:
            egovsim.run(egovsim.read_model(unsupported))
        with pytest.raises(egovsim.ModelError) as missing:
            egovsim.read_model(tmp_path / "missing.xmile")
        findings = [str(one) for one in egovsim.check(egovsim.read_model(unsupported))]
        said.append([str(unread.value), str(refused.value), str(missing.value), *findings])
    assert said[0] == said[1]
    assert sorted(path.suffix for path in folder.iterdir()) == [".model", ".sources"]


def test_a_changed_copy_of_a_cached_model_has_a_kernel_of_its_own(tmp_path: Path) -> None:
    """A held variable must be held, whatever is cached of the model it was made from."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())
    for _ in range(2):
        model = egovsim.read_model(path)
        grown = egovsim.run(model, outputs=["s"]).values("s")[0, 0, 0, -1]
        still = egovsim.run(egovsim.hold(model, "f"), outputs=["s"]).values("s")[0, 0, 0, -1]
        assert (grown > 8, still) == (True, pytest.approx(2 + 10 * 0.3))


def test_a_model_that_was_run_can_be_pickled() -> None:
    """It is handed to other processes; its kernels, which are addresses in this one, must stay here."""
    model = egovsim.read_model("capacity")
    egovsim.run(model)
    assert pickle.loads(pickle.dumps(model)) == model


def test_other_outputs_metrics_and_methods_are_other_code(tmp_path: Path, folder: Path) -> None:
    """What is found by the model alone would answer another question."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())

    def answers() -> list[float]:
        model = egovsim.read_model(path)
        return [
            egovsim.run(model, outputs=["s"]).values("s")[0, 0, 0, -1],
            egovsim.run(model, outputs=["f"]).values("f")[0, 0, 0, -1],
            egovsim.run(model, outputs=["s"], method="rk4").values("s")[0, 0, 0, -1],
            egovsim.run(model, metrics=[egovsim.final("s")]).metric_table[0, 0, 0, 0],
            egovsim.run(model, metrics=[egovsim.Metric("s", "minimum")]).metric_table[0, 0, 0, 0],
        ]

    first = answers()
    assert first == answers()
    assert first[0] == first[3] != first[2]
    assert (first[1], first[4]) == (pytest.approx(first[0] * 0.15), 2.0)
    assert len(list(folder.glob("*.program"))) == 5


WARM = """
import sys, egovsim
result = egovsim.run(egovsim.read_model(sys.argv[1]), constants={"k": float(sys.argv[2])}, outputs=["s"])
heavy = {"lark", "lxml", "openpyxl", "egovsim.compiler.codegen.kernel_writer", "egovsim.compiler.program"}
print(result.status, heavy & set(sys.modules))
"""


def test_a_warm_start_loads_neither_readers_nor_the_compiler(tmp_path: Path) -> None:
    """They are half of the time to the first result. A run that fails still names the variable."""
    path = tmp_path / "m.xmile"
    path.write_text(growing())
    command = [sys.executable, "-c", WARM, str(path)]
    said = [
        subprocess.run([*command, constant], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
        for constant in ("0.5", "0.5", "1e300")
    ]
    assert said[1] == "1 run, none failed set()"
    assert said[2].startswith('1 run, 1 failed, the first at 0.25 through "f"')


def test_what_is_not_used_is_thrown_away_and_nothing_else(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that grows for ever fills the disk; one that deletes a user's own file is worse."""
    for number in range(6):
        cache.put("test", [number], bytes(1000))
    entries = [folder / cache._entry_name("test", [number]) for number in range(6)]
    assert sorted(folder.iterdir()) == sorted(entries)
    own, unfinished = folder / "thesis.test", folder / f".{entries[0].name}.abc123"
    own.write_bytes(bytes(1000))
    unfinished.write_bytes(b"")
    now = time.time()
    for age, entry in zip((100, 80, 50, 40, 30), entries, strict=False):
        os.utime(entry, (now - age * 86_400, now - age * 86_400))
    settled(own, unfinished)
    with monkeypatch.context() as read_only:
        read_only.setattr(os, "utime", _refuse)
        assert cache.get("test", [1]) == bytes(1000)
    assert cache.get("test", [1]) == bytes(1000)  # so it was used today
    cache.put("test", [6], bytes(1000))
    assert set(folder.iterdir()) == {*entries[1:], own, folder / cache._entry_name("test", [6])}
    monkeypatch.setattr(cache, "_MOST_BYTES", 4200)
    cache.put("test", [7], bytes(1000))
    newest = [entries[1], entries[5], *(folder / cache._entry_name("test", [number]) for number in (6, 7))]
    assert set(folder.iterdir()) == {own, *newest}


def _refuse(path: Path) -> None:
    raise PermissionError(path)


def test_a_model_nested_too_deeply_to_be_cached_is_read_all_the_same(tmp_path: Path) -> None:
    """Keeping is a favour; it must never be the reason why a file does not open."""
    cache.put("test", ["deep"], _nested(100_000))
    assert cache.get("test", ["deep"]) is None


def _nested(depth: int) -> list[object]:
    found: list[object] = []
    for _ in range(depth):
        found = [found]
    return found
