"""Thousands of random models give the same numbers here as in other engines, at every saved time.

The random models of `egovsim.testing.random_pools` are run here and in pysimlin, a Rust interpreter that shares no line
with this package; a few also in PySD. What pysimlin lacks or has wrong stands in referee_errors.toml, each with an
example; the models write it out for pysimlin by its definition. If one of these tests fails, its message shows the
smallest model in which the two engines part: one of them is wrong.
"""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from referees import apart, disagreements, ours, pysimlin, unknown

import egovsim
from egovsim.testing.pool import Pool
from egovsim.testing.random_pools import random_pools
from egovsim.testing.vensim_text import definition, mdl
from egovsim.testing.vocabulary import Dialect
from egovsim.testing.xmile_text import auxiliary, xmile

pytest.importorskip("simlin", reason="pysimlin is not installed: pip install 'egovsim[peers]'")
TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("referee_errors.toml").read_text(encoding="utf-8")
)
SIZE = 40
"""How many models there are in a file: what is compiled is the file."""
OPTIONS: dict[str, Any] = {
    # a disagreement is made small by `disagreements`, which knows what a model is: in seconds, not in minutes
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
}
DIALECTS: tuple[Dialect, ...] = ("xmile", "vensim")


def assert_agree(pool: Pool, folder: Path) -> None:
    found = unknown(disagreements(pool, folder), TABLE["error"])
    assert not found, "\n\n".join(map(str, found))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("referees")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_thousand_random_models_agree_with_pysimlin(dialect: Dialect, folder: Path) -> None:
    """What is computed of a model must not hang on who computes it; the same of 25 files with 40 models each."""

    @given(pool=random_pools(dialect, SIZE))
    @settings(max_examples=25, **OPTIONS)
    def agree(pool: Pool) -> None:
        assert_agree(pool, folder)

    agree()


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_twenty_five_thousand_random_models_agree_with_pysimlin(dialect: Dialect, folder: Path) -> None:
    """The rare pairings of constructs: 625 files with 40 models each."""

    @given(pool=random_pools(dialect, SIZE))
    @settings(max_examples=625, **OPTIONS)
    def agree(pool: Pool) -> None:
        assert_agree(pool, folder)

    agree()


@settings(max_examples=2, phases=OPTIONS["phases"], suppress_health_check=OPTIONS["suppress_health_check"])
@given(pool=random_pools("vensim", 4, discrete=False))
def test_a_few_random_models_agree_with_pysd(pool: Pool) -> None:
    """The field's reference implementation takes seconds a file, so that there are two.

    It integrates by Euler's method alone, and has pulses off the grid of steps at another instant.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pool.mdl"
        path.write_text(replace(pool, method="euler").text(), encoding="utf-8")
        try:
            found = egovsim.crosscheck(path)
        except egovsim.InputError:  # what PySD cannot run says nothing of the numbers
            reject()
    assert found.agrees, f"{found}\n{pool.text()}"


def written(error: dict[str, Any], folder: Path) -> Path:
    """Write the example of an error as a file."""
    example, clock = error["example"], {"stop": 3.0}
    if error["dialect"] == "vensim":
        path, text = (
            folder / "example.mdl",
            mdl("Two: one, other ~~|\ntwo[Two] = 2, 3 ~~|\n", definition("x", example), step=0.5, **clock),
        )
    else:
        variable = example if example.startswith("<") else auxiliary("x", example)
        areas = (
            '<aux name="areas"><dimensions><dim name="Area"/></dimensions><element subscript="a"><eqn>1</eqn></element>'
            '<element subscript="b"><eqn>2</eqn></element><element subscript="c"><eqn>3</eqn></element></aux>'
        )
        path = folder / "example.xmile"
        text = xmile(variable, areas, dt=0.5, dimensions={"Area": ("a", "b", "c")}, **clock)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("error", [*TABLE["error"], *TABLE["refusal"]], ids=lambda error: error["example"][-40:])
def test_what_pysimlin_has_wrong_is_right_here(error: dict[str, Any], tmp_path: Path) -> None:
    """A row of the table excuses a disagreement, so it must be the other engine that is wrong."""
    np.testing.assert_allclose(ours(written(error, tmp_path))[1]["x"], error["right"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("error", TABLE["error"], ids=lambda error: error["example"][-40:])
def test_pysimlin_still_has_every_error_of_the_table(error: dict[str, Any], tmp_path: Path) -> None:
    """When a newer version has mended one, the models need write it out no more."""
    assert not np.allclose(pysimlin(written(error, tmp_path))["x"], error["right"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("error", TABLE["refusal"], ids=lambda error: error["example"][-40:])
def test_pysimlin_still_refuses_what_the_table_says(error: dict[str, Any], tmp_path: Path) -> None:
    """Likewise of what it does not know."""
    with pytest.raises(Exception, match="failed to compile"):
        pysimlin(written(error, tmp_path))


# Files of others


def runner(conformance: Path) -> ModuleType:
    """Load the program beside the recorded runs, which knows how to read them."""
    spec = importlib.util.spec_from_file_location("conformance_runner", conformance / "conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differs(path: Path) -> bool:
    """Whether a file that both engines run comes to other numbers here than in pysimlin."""
    try:
        values, judged = ours(path)[1], pysimlin(path)
    except Exception:  # a file that one of them cannot read says nothing of its numbers
        return False
    shared = [name for name in values if name in judged]
    if len(shared) < len(values) or any(len(values[name]) != len(judged[name]) for name in shared):
        return True
    return any(apart(values[name], judged[name], relative=1e-6).any() for name in shared)


@pytest.mark.slow
def test_real_files_agree_with_pysimlin_or_with_their_recorded_run(conformance: Path) -> None:
    """Where two engines part on a file, what Vensim or Stella recorded of it decides."""
    program, root = runner(conformance), conformance / "test-models"
    recorded = dict(program.cases(root))
    wrong: list[str] = []
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in program.MODEL):
        name = path.relative_to(root).as_posix()
        if name in TABLE["undecided"][0]["files"] or not differs(path):
            continue
        if path not in recorded:
            wrong.append(f"{name}: nothing is recorded")
            continue
        why = program.close_table(*program.read_table(recorded[path]), *program.run_egovsim(path), 1e-4)
        if why:
            wrong.append(f"{name}: {why}")
    assert wrong == []
