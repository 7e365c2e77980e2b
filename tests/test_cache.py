"""Machine code on disk: private, never trusted when damaged, never in the way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import llvmlite
import numpy as np
import pytest
from small_models import auxiliary, flow, read, stock, xmile

import egovsim
from egovsim.cache import user_cache
from egovsim.compiler import build_cache
from egovsim.compiler import kernel as kernels
from egovsim.compiler.codegen import machine_code
from egovsim.output import write_atomically


def text(factor: str = "0.3") -> str:
    return xmile(stock("s", "2.0", inflows=["f"]), flow("f", f"s * {factor} * k"), auxiliary("k", "0.5"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("EGOVSIM_CACHE", str(place))
    return place


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often code is really made."""
    made: list[int] = []
    original = machine_code.make_code

    def counted(program, lanes):
        made.append(lanes)
        return original(program, lanes)

    monkeypatch.setattr(machine_code, "make_code", counted)
    return made


def trajectory(tmp_path: Path, model: str | None = None) -> np.ndarray:
    return egovsim.run(read(tmp_path, model or text())).values("s")[0, 0, 0]


def entries(folder: Path, kind: str = "code") -> list[Path]:
    return sorted(folder.glob(f"*.{kind}"))


def test_the_second_run_finds_the_first_ones_code(tmp_path: Path, folder: Path, compilations: list[int]) -> None:
    """Else every command compiles the model again."""
    first, second = trajectory(tmp_path), trajectory(tmp_path)
    np.testing.assert_array_equal(first, second)
    assert len(compilations) == 1
    assert len(entries(folder)) == 1


def test_another_program_has_another_entry(tmp_path: Path, folder: Path, compilations: list[int]) -> None:
    """A changed equation that runs the old code is the worst of bugs; a constant is data and needs none."""
    first = trajectory(tmp_path)
    changed = trajectory(tmp_path, text("0.4"))
    assert changed[-1] > first[-1]
    assert len(compilations) == len(entries(folder)) == 2
    egovsim.run(read(tmp_path, text()), method="rk4")
    assert len(entries(folder)) == 3
    doubled = trajectory(tmp_path, text().replace("<eqn>0.5</eqn>", "<eqn>0.25</eqn>"))
    assert doubled[-1] < first[-1]
    assert len(entries(folder)) == 3


def test_another_lane_width_or_compiler_has_another_entry(
    tmp_path: Path, folder: Path, compilations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code for another processor or by an older compiler must not be found."""
    trajectory(tmp_path)
    monkeypatch.setattr(kernels, "native_lanes", lambda: 1)
    trajectory(tmp_path)
    monkeypatch.setattr(llvmlite, "__version__", "0.0.0")
    trajectory(tmp_path)
    monkeypatch.setattr(build_cache, "_CODE", "another compiler of ours")
    trajectory(tmp_path)
    assert len(compilations) == len(entries(folder)) == 4


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "foreign"])
def test_a_damaged_entry_is_rebuilt(tmp_path: Path, folder: Path, compilations: list[int], damage: str) -> None:
    """Running damaged machine code ends anywhere."""
    wanted = trajectory(tmp_path)
    (entry,) = entries(folder)
    whole = entry.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x10
    contents = {"truncated": whole[:-7], "flipped": bytes(flipped), "emptied": b"", "foreign": b"x" * 500}
    entry.write_bytes(contents[damage])
    np.testing.assert_array_equal(trajectory(tmp_path), wanted)
    assert len(compilations) == 2
    assert entry.read_bytes() == whole
    trajectory(tmp_path)
    assert len(compilations) == 2


def test_the_folder_is_the_users_alone(folder: Path) -> None:
    """Whoever can write there can have their code run."""
    folder.mkdir(mode=0o755)
    folder.chmod(0o777)
    assert user_cache() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.rmdir()
    assert user_cache() == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="only where files have owners")
def test_a_folder_of_somebody_else_is_not_used(
    tmp_path: Path, folder: Path, compilations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code is never loaded from a shared place."""
    trajectory(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert user_cache() is None
    trajectory(tmp_path)
    assert len(compilations) == 2


def test_without_a_place_to_keep_code_everything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compilations: list[int]
) -> None:
    """A read-only home or a full disk costs time, not the result."""
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("EGOVSIM_CACHE", str(tmp_path / "a file" / "cache"))
    assert user_cache() is None
    wanted = trajectory(tmp_path)
    monkeypatch.setenv("EGOVSIM_CACHE", str(tmp_path / "full"))
    monkeypatch.setattr("egovsim.cache.write_atomically", _full_disk)
    np.testing.assert_array_equal(trajectory(tmp_path), wanted)
    assert len(compilations) == 2
    assert entries(tmp_path / "full") == []


def _full_disk(path: Path, content: bytes) -> None:
    raise egovsim.OutputError(f"{path}: cannot be written (No space left on device); choose another folder.")


def test_processes_at_once_agree_and_leave_one_whole_entry(tmp_path: Path, folder: Path) -> None:
    """Two commands started together must not read each other's half-written code."""
    (tmp_path / "model.xmile").write_text(text())
    script = "import sys, egovsim; print(repr(egovsim.run(egovsim.read_model(sys.argv[1])).values('s')[0, 0, 0, -1]))"
    command = [sys.executable, "-c", script, str(tmp_path / "model.xmile")]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [one.communicate(timeout=120)[0] for one in several]
    assert [one.returncode for one in several] == [0, 0, 0]
    assert len(set(said)) == 1
    assert sorted(path.suffix for path in folder.iterdir()) == [".code", ".inputs", ".model", ".program", ".sources"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is interrupted while it writes leaves the old file, and nothing beside it."""
    place = tmp_path / "table.csv"
    write_atomically(place, "old\n")

    def interrupted(source: object, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(place, "new\n")
    assert place.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [place]
