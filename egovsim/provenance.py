"""Versions, hashes and options: the manifest of anything that is written."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_LIBRARIES = ("numpy", "llvmlite", "scipy", "pandas", "xarray", "lark", "lxml", "matplotlib", "openpyxl", "xlsxwriter")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that took part in a result.

    Parameters
    ----------
    label : str
        How the user or the library calls it.
    sha256 : str
        Of its content, in hexadecimal.
    """

    label: str
    sha256: str


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes.

    Parameters
    ----------
    content : bytes
        Anything.

    Returns
    -------
    str
        In hexadecimal.
    """
    return hashlib.sha256(content).hexdigest()


def own_version() -> str:
    """Return the version of egovsim, from the installed package or from the checkout it runs in.

    Returns
    -------
    str
        ``"unknown"`` where neither says it.
    """
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if project.is_file():
        stated = re.search(r'^version\s*=\s*"([^"]+)"', project.read_text(encoding="utf-8"), re.MULTILINE)
        if stated and re.search(r'^name\s*=\s*"egovsim"', project.read_text(encoding="utf-8"), re.MULTILINE):
            return stated.group(1)
    from importlib import metadata  # not light: it reads e-mail heads

    try:
        return metadata.version("egovsim")
    except metadata.PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Return the versions of egovsim, Python and the libraries that a result depends on.

    Returns
    -------
    dict of str to str
        By name; ``"not installed"`` for a library that is not there.
    """
    from importlib import metadata

    found = {"egovsim": own_version(), "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, str]:
    """Return what of the machine can change the last bit of a number.

    Returns
    -------
    dict of str to str
        ``platform``, the system, and ``cpu``, the processor.
    """
    from llvmlite import binding  # pyright: ignore[reportMissingTypeStubs]

    return {"platform": f"{platform.system()} {platform.machine()}", "cpu": binding.get_host_cpu_name()}


def manifest(
    *,
    command: str,
    options: Mapping[str, object],
    seed: int,
    files: Iterable[FileRecord],
    outputs: Iterable[FileRecord] = (),
    results: Mapping[str, object] | None = None,
    written: datetime | None = None,
) -> dict[str, object]:
    """Describe how a result came about.

    Parameters
    ----------
    command : str
        What was asked for: ``"compare"``.
    options : mapping
        Every option with its value, also those left at their default; values that JSON can hold.
    seed : int
        The seed that every draw follows from.
    files, outputs : iterable of FileRecord
        Every file that was read and every table that was written.
    results : mapping, optional
        Counts worth telling, such as members accepted and tried.
    written : datetime, optional
        The time stamp, now by default; it is the only entry that differs between two equal runs on
        one machine.

    Returns
    -------
    dict
        Ready for JSON. It names no user and no folder beyond what the user typed.
    """
    stamp = written if written is not None else datetime.now(UTC)
    return {
        "command": command,
        "options": dict(options),
        "seed": seed,
        "results": dict(results or {}),
        "versions": versions(),
        "machine": machine(),
        "files": _listed(files),
        "outputs": _listed(outputs),
        "written": stamp.isoformat(timespec="seconds"),
    }


def _listed(records: Iterable[FileRecord]) -> list[dict[str, str]]:
    unique = {(record.label, record.sha256) for record in records}
    return [{"file": label, "sha256": sha256} for label, sha256 in sorted(unique)]
