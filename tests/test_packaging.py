"""What a user gets by installing: the wheel holds everything, and works away from the checkout and the network.

If this fails, `pip install` gives a package that runs only where it was written.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import hypothesis
import pytest

import egovsim

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without the network and without a path to the checkout."""
    outer = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "COLUMNS": "100"}
    return subprocess.run(
        command, cwd=folder, env=outer | offline | environment, capture_output=True, text=True, timeout=600, check=False
    )


def built(kind: str, folder: Path) -> Path:
    """Build a distribution with the build back end of this environment."""
    done = run([sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)], ROOT)
    assert done.returncode == 0, done.stderr
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def clean_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; other libraries are seen through a path file, so none is downloaded.

    A path file adds its folder behind the environment's own and runs no path files of that folder, so an egovsim
    installed there, for editing or otherwise, stays out of sight.
    """
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / SCRIPTS / "python"
    done = run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)], folder)
    assert done.returncode == 0, done.stderr
    asked = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder)
    own = Path(asked.stdout.strip())
    here = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (own / "libraries.pth").write_text("\n".join(here), encoding="utf-8")
    return folder


def test_wheel_holds_models_grammar_and_types(wheel: Path) -> None:
    """The shipped models, the grammar, the stubs and the type marker are files that a build forgets easily."""
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = [path for path in (ROOT / "egovsim").rglob("*") if path.suffix in (".py", ".pyi")]
    code = {path.relative_to(ROOT).as_posix() for path in sources}
    assert {"egovsim/__init__.pyi", "egovsim/testing/__init__.pyi"} <= code
    data = {
        "egovsim/shipped/" + path.relative_to(ROOT / "models").as_posix()
        for path in (ROOT / "models").rglob("*")
        if path.is_file()
    }
    assert code | data | {"egovsim/py.typed", "egovsim/readers/expressions/grammar.lark"} <= names


def test_wheel_holds_nothing_else(wheel: Path) -> None:
    """Tests and documentation do not belong into everybody's site-packages, caches into nobody's."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"egovsim", f"egovsim-{egovsim.__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_sdist_holds_what_the_tests_need(tmp_path: Path) -> None:
    """Whoever packages from the source archive can build from it and test it."""
    with tarfile.open(built("sdist", tmp_path)) as archive:
        names = {getname.partition("/")[2] for getname in archive.getnames()}
    wanted = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/run"}
    wanted |= {"mkdocs.yml", "CITATION.cff", ".pre-commit-config.yaml", ".github/workflows/tests.yml"}
    for folder in ("egovsim", "models", "examples", "docs", "tests", "typings"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "_cache" not in str(path)]
        wanted |= {file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts}
    assert wanted <= names


def test_installed_wheel_compares_from_another_folder(clean_environment: Path, tmp_path: Path) -> None:
    """The main job, as a planner meets it: installed, in a folder of his own, without the network."""
    where = run(
        [str(clean_environment / SCRIPTS / "python"), "-c", "import egovsim; print(egovsim.__file__)"], tmp_path
    )
    assert Path(where.stdout.strip()).is_relative_to(clean_environment), where.stderr
    command = [str(clean_environment / SCRIPTS / "egovsim"), "compare", "--members", "16", "--out", "result"]
    done = run(command, tmp_path, HOME=str(tmp_path), EGOVSIM_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert re.search(r"16 members accepted of [\d,]+ tried", done.stdout)
    written = {path.name for path in (tmp_path / "result").iterdir()}
    tables = {"ranking.csv", "comparison.csv", "binding.csv", "barriers.csv", "gap.csv", "checks.csv", "evidence.csv"}
    assert written == {*tables, "comparison.xlsx", "comparison.png", "outcomes.png", "manifest.json"}


def test_installed_command_knows_its_version(clean_environment: Path, tmp_path: Path) -> None:
    """A report of a fault without the right version sends its reader to the wrong code."""
    done = run([str(clean_environment / SCRIPTS / "egovsim"), "--version"], tmp_path)
    assert egovsim.__version__ in done.stdout


def test_version_is_said_once() -> None:
    """Two versions in one release make one of them false."""
    assert PROJECT["project"]["version"] == egovsim.__version__
    newest = re.search(r"^## \[([\d.]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == egovsim.__version__
    cited = re.search(r"^version: ([\d.]+)$", (ROOT / "CITATION.cff").read_text("utf-8"), flags=re.MULTILINE)
    assert cited is not None
    assert cited.group(1) == egovsim.__version__


def test_dependencies_are_those_that_are_imported() -> None:
    """A library that is imported and not declared breaks the installed package; one declared in vain burdens it."""
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *extras["xls"], *extras["vdf"]]
    wanted += [*extras["validation"], *extras["testing"]]
    declared = {re.split(r"[<>=!~\[ ;]", requirement)[0].lower() for requirement in wanted}
    imported: set[str] = set()
    for file in (ROOT / "egovsim").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Import(names=names):
                    imported |= {name.name.split(".")[0] for name in names}
                case ast.ImportFrom(module=str(module), level=0):
                    imported.add(module.split(".")[0])
                case _:
                    pass
    distributions = {"pysimlin" if name == "simlin" else name for name in imported}
    assert distributions - set(sys.stdlib_module_names) - {"egovsim"} == declared


def test_continuous_integration_can_start() -> None:
    """A script that is not executable or does not parse checks nothing; it must not repeat the README's command."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert run(["bash", "-n", str(script)], ROOT).returncode == 0
    assert "pip install '.[test]'" not in script.read_text("utf-8")


def test_continuous_integration_draws_freely_and_names_the_seed() -> None:
    """Draws that are the same in every run find nothing new, and a failure that cannot be repeated helps nobody."""
    settings = hypothesis.settings()
    assert not settings.derandomize
    assert settings.print_blob
    text = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "--hypothesis-seed=$seed" in text
    assert "HYPOTHESIS_SEED=$seed" in text


def test_hooks_run_the_tools_that_continuous_integration_runs() -> None:
    """What a commit passes should not be refused an hour later."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    for tool in ("ruff check", "ruff format", "pyright", "codespell_lib"):
        assert f"python -m {tool}" in hooks
        assert f'"{tool}' in script


def test_the_workflow_runs_the_script_on_every_version_of_python() -> None:
    """A second list of commands would drift from the first."""
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    assert "run: .ci/run" in workflow
    assert re.search(r'python: \["3\.11", "3\.12", "3\.13"\]', workflow)
    assert PROJECT["project"]["requires-python"] == ">=3.11"
