"""`import egovsim` is light: what is heavy is loaded by what uses it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    *("pandas", "xarray", "pysd", "matplotlib", "llvmlite", "scipy", "lxml", "lark", "openpyxl", "rich", "typer"),
    "pint",
)


def loaded_after(statement: str) -> set[str]:
    script = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    """Every command and notebook would wait seconds for what it may not need."""
    assert loaded_after("import egovsim") & set(HEAVY) == set()


def test_import_does_not_read_the_list_of_names() -> None:
    """The stubs are parsed when a name is first asked for; a script that only asks for the version pays nothing."""
    added = loaded_after("import egovsim; egovsim.__version__") - loaded_after("pass")
    assert added & {"ast", "typing", "inspect", "dataclasses", "pathlib", "re"} == set()


def test_reading_and_looking_at_a_model_needs_no_compiler_and_no_tables() -> None:
    """`egovsim list` and `show` must answer at once."""
    heavy = set(HEAVY) - {"lxml", "lark"}
    assert loaded_after("import egovsim; egovsim.read_model('egov')") & heavy == set()
    # Units are checked with pint, which loads the outermost, empty part of scipy.
    heavy -= {"pint", "scipy"}
    assert loaded_after("import egovsim; egovsim.check(egovsim.read_model('egov'))") & heavy == set()


def test_running_needs_neither_tables_nor_other_engines() -> None:
    """Only `to_frame`, labels, charts and the referee need more than NumPy and LLVM."""
    heavy = set(HEAVY) - {"lxml", "lark", "llvmlite"}
    script = "import egovsim; egovsim.run(egovsim.read_model('egov'), outputs=['Citizen trust'], until=2004)"
    assert loaded_after(script) & heavy == set()


def test_every_public_name_can_be_had() -> None:
    """A name that is listed and cannot be imported."""
    for package in ("egovsim", "egovsim.analysis", "egovsim.validation", "egovsim.testing"):
        loaded_after(
            f"import {package} as package\nfor name in dir(package): getattr(package, name)\nassert dir(package)"
        )
