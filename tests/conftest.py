"""What all tests share: options, a cache of their own, the shipped model, free draws for Hypothesis."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

import egovsim

# Draws are free on every machine. Hypothesis would fix them where CI is set, and then a property is only ever tried on
# the same few examples; `.ci/run` names a seed instead, and a failure prints what repeats it.
hypothesis.settings.register_profile("free", deadline=None, max_examples=25, derandomize=False, print_blob=True)
hypothesis.settings.load_profile("free")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes")
    parser.addoption(
        "--mutations", type=int, default=120, help="how many damaged XMILE files to try, and a tenth of Vensim's"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give the session a cache of its own: kernels stay from test to test, the user's cache is left alone.

    The workers of a session share it: they have its name from the environment.
    """
    if _is_worker(config):
        return
    config.stash[_CACHE_BEFORE] = os.environ.get("EGOVSIM_CACHE")
    config.stash[_FOLDER] = tempfile.mkdtemp(prefix="egovsim-tests-")
    os.environ["EGOVSIM_CACHE"] = config.stash[_FOLDER]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_worker(config):
        return
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)
    if config.stash[_CACHE_BEFORE] is None:
        os.environ.pop("EGOVSIM_CACHE", None)
    else:
        os.environ["EGOVSIM_CACHE"] = config.stash[_CACHE_BEFORE]


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # The longest first: begun last, they would keep one worker busy for a minute while the others are done.
    items.sort(key=lambda item: item.path.name != "test_docs.py")
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="takes minutes; run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


_CACHE_BEFORE = pytest.StashKey[str | None]()
_FOLDER = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of recorded runs of other tools."""
    named = os.environ.get("EGOVSIM_CONFORMANCE")
    if not named:
        pytest.skip("EGOVSIM_CONFORMANCE is unset: it names the folder with the recorded runs of other tools")
    folder = Path(named)
    if not folder.is_dir():
        pytest.skip(f"EGOVSIM_CONFORMANCE names no folder: {folder}")
    return folder


@pytest.fixture(scope="session")
def practice(conformance: Path) -> Path:
    """The folder of large open models, beside that of recorded runs."""
    folder = conformance.parent / "practice"
    if not folder.is_dir():
        pytest.skip(f"there is no folder of large open models at {folder}")
    return folder


@pytest.fixture(scope="session")
def egov() -> egovsim.Model:
    """The shipped model; one object, so that its kernels are compiled once a session."""
    return egovsim.read_model("egov")
