"""The public surface: names that resolve, docstrings that say everything, manners of calling, and wrong calls.

If this fails, somebody who reads `help(egovsim.run)` is left guessing, or a mistake passes unseen.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import math
import pickle
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import hypothesis
import pytest
from doc_blocks import PAGES, blocks
from hypothesis import strategies as st

import egovsim
from egovsim.public import public_names, set_module

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("egovsim", "egovsim.analysis", "egovsim.validation", "egovsim.testing")
NAMES = [name for name in egovsim.__all__ if name != "__version__"]
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(egovsim, name))]
CLASSES = [name for name in NAMES if inspect.isclass(getattr(egovsim, name))]
SECTIONS = ("Parameters", "Returns", "Raises", "Attributes", "Examples", "Notes", "Yields")


def sections(doc: str) -> dict[str, str]:
    """Split a NumPy docstring into its sections; the text before them is under ``""``."""
    parts = re.split(rf"^({'|'.join(SECTIONS)})\n-+\n", inspect.cleandoc(doc), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def documented(section: str) -> set[str]:
    """Return the names that a section of parameters describes."""
    heads = re.findall(r"^(\w[\w, ]*?) ?(?::|$)", section, flags=re.MULTILINE)
    return {name.strip() for head in heads for name in head.split(",")}


def public_objects() -> Iterator[tuple[str, str, type | FunctionType]]:
    """Yield every public class and function with the package that lists it."""
    for package in PACKAGES:
        module = import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, type | FunctionType):
                yield package, name, value


def is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


OBJECTS = {f"{package}.{name}": value for package, name, value in public_objects()}
RECORDS = {name: value for name, value in OBJECTS.items() if dataclasses.is_dataclass(value)}


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_resolve(package: str) -> None:
    """A name in `__all__` that is not there breaks `from egovsim import *` and every page that shows it."""
    module = import_module(package)
    missing = [name for name in (*module.__all__, *public_names(package)) if not hasattr(module, name)]
    assert missing == []
    assert len(module.__all__) == len(set(module.__all__))
    assert set(dir(module)) >= {*module.__all__, *public_names(package), "__file__", "__name__"}
    assert not hasattr(module, "no_such_name")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_hides_a_public_name(package: str) -> None:
    """Importing the module `x` of a package puts it where the public function `x` was asked for."""
    module = import_module(package)
    beside = {path.stem for folder in module.__path__ for path in Path(folder).iterdir()}
    functions = {name for name in public_names(package) if not isinstance(getattr(module, name), ModuleType)}
    assert functions & beside == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_stub_names_objects_as_they_are_called(package: str) -> None:
    """`import x as y` in a stub would be another name to a type checker than to Python."""
    stub = ROOT / package.replace(".", "/") / "__init__.pyi"
    listed = [
        alias
        for node in ast.parse(stub.read_text("utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert [alias.name for alias in listed if alias.name != alias.asname] == []
    assert len(listed) == len({alias.name for alias in listed})


def test_everything_can_be_imported_at_once() -> None:
    """`from egovsim import *` at a prompt, and completion after `egovsim.`, before anything was loaded."""
    script = (
        "import egovsim, rlcompleter\n"
        "completer = rlcompleter.Completer({'egovsim': egovsim})\n"
        "found = [completer.complete('egovsim.read_p', number) for number in range(3)]\n"
        "names = [name.rstrip('(') for name in found if name]\n"
        "assert names == ['egovsim.read_policy', 'egovsim.read_profile'], found\n"
        "from egovsim import *\n"
        "assert run is egovsim.run and egovsim.analysis.SobolIndices and egovsim.library.names('model')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", OBJECTS)
def test_public_objects_say_their_public_address(name: str) -> None:
    """What a traceback, `help` or a pickle names must be what a user can import, and stay when a module moves."""
    value = OBJECTS[name]
    assert value.__module__ in PACKAGES
    assert value.__module__ == "egovsim" or value.__name__ not in public_names("egovsim")
    assert getattr(import_module(value.__module__), value.__qualname__) is value
    assert pickle.loads(pickle.dumps(value)) is value
    assert copy.deepcopy(value) is value


@pytest.mark.parametrize("name", [name for name, value in OBJECTS.items() if not is_error(value)])
def test_public_objects_can_be_looked_into(name: str) -> None:
    """Editors and Hypothesis read signatures and types, which are written in terms of the defining module."""
    value = OBJECTS[name]
    assert inspect.signature(value)
    typing.get_type_hints(value)
    if name in RECORDS:
        hints = typing.get_type_hints(value)
        own = typing.get_type_hints(value.__init__)
        assert [hints[field.name] for field in dataclasses.fields(RECORDS[name])]
        assert all(own[field.name] == hints[field.name] for field in dataclasses.fields(RECORDS[name]) if field.init)


def test_public_records_are_built_copied_and_kept() -> None:
    """Hypothesis builds them from their types; pickles and copies are equal, and fields can be replaced."""

    @hypothesis.given(st.builds(egovsim.Metric), st.builds(egovsim.analysis.Spread), st.from_type(egovsim.analysis.Lag))
    def built(metric: egovsim.Metric, spread: egovsim.analysis.Spread, lag: egovsim.analysis.Lag) -> None:
        for record in (metric, spread, lag):
            assert repr(pickle.loads(pickle.dumps(record))) == repr(copy.deepcopy(record)) == repr(record)
        assert dataclasses.replace(metric, name="other").name == "other"

    built()


def test_annotations_are_looked_up_where_they_were_written() -> None:
    """A class that says another address than its module's would look its types up there, and not find them."""
    scope: dict[str, object] = {
        "__name__": "egovsim.errors",
        "set_module": set_module,
        "dataclass": dataclasses.dataclass,
    }
    text = "@set_module('egovsim.testing')\n@dataclass\nclass Sample:\n    error: 'ModelError'\n    count: int = 0\n"
    exec(text, scope)
    sample = typing.cast("type", scope["Sample"])
    assert sample.__module__ == "egovsim.testing"
    assert typing.get_type_hints(sample) == {"error": egovsim.ModelError, "count": int}


def deep_imports(source: str) -> list[str]:
    """Return what a script imports from the package that is not public."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names if name.name.split(".")[0] == "egovsim"]
                found += [module for module in modules if module not in PACKAGES]
            case ast.ImportFrom(module=str(module), names=names, level=0) if module.split(".")[0] == "egovsim":
                known = public_names(module) if module in PACKAGES else {}
                found += [f"{module}.{name.name}" for name in names if name.name not in known]
            case _:
                pass
    return found


SHOWN = {
    **{
        f"{page.name}": [block.text for block in blocks(page.read_text("utf-8")) if "py" in block.language]
        for page in PAGES
    },
    **{path.name: [path.read_text("utf-8")] for path in sorted((ROOT / "examples").glob("*.py"))},
}


@pytest.mark.parametrize("name", SHOWN)
def test_pages_and_examples_import_public_names_alone(name: str) -> None:
    """A reader copies an import; one that goes deeper breaks when a module is moved."""
    assert [target for source in SHOWN[name] for target in deep_imports(source)] == []


def test_the_check_sees_deep_imports() -> None:
    """Otherwise the test above could pass by seeing nothing."""
    source = "import egovsim.model.model\nfrom egovsim.simulation.run import run\nfrom egovsim import run, terminal"
    assert deep_imports(source) == ["egovsim.model.model", "egovsim.simulation.run.run", "egovsim.terminal"]
    assert deep_imports("import egovsim.analysis\nfrom egovsim.testing import strategies, Bound") == []


def test_architecture_verbs_are_public() -> None:
    """The verbs that the documentation builds on."""
    assert {"read_model", "check", "hold", "run", "sample", "compare", "crosscheck"} <= set(FUNCTIONS)


@pytest.mark.parametrize("name", OBJECTS)
def test_public_names_have_a_summary(name: str) -> None:
    """The first line of a docstring is what an editor shows."""
    doc = inspect.getdoc(OBJECTS[name]) or ""
    first = doc.splitlines()[0] if doc else ""
    assert first.endswith((".", ":")), f"{name}: {first!r}"
    assert len(first) <= 120


METRICS = frozenset({"final", "value_at", "first_at_or_above", "mean_over"})
"""Constructors of a `Metric`; it is `run` that knows whether the model has the variable."""
STUDIED = ["model", "profile", "match"]
"""A model, a region and its accepted members, which are one subject."""
CANNOT_FAIL = METRICS | {"check"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_have_numpy_docstrings(name: str) -> None:
    """Every argument, what comes back, and which errors may come."""
    function = getattr(egovsim, name)
    found = sections(function.__doc__ or "")
    unexplained = set(inspect.signature(function).parameters) - documented(found.get("Parameters", ""))
    assert not unexplained
    assert "Returns" in found or "Yields" in found
    assert name in CANNOT_FAIL or "Raises" in found, f"{name} says nothing of its errors"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_bare_booleans(name: str) -> None:
    """``run(model, True)`` says nothing to a reader; a choice between yes and no is made by keyword."""
    for argument in inspect.signature(getattr(egovsim, name)).parameters.values():
        if isinstance(argument.default, bool) or "bool" in str(argument.annotation):
            assert argument.kind is argument.KEYWORD_ONLY, f"{name}(..., {argument.name}=...)"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_how_is_said_by_keyword(name: str) -> None:
    """What is acted on may come by position, never more than the three that a metric or a study of barriers
    needs."""
    arguments = inspect.signature(getattr(egovsim, name)).parameters.values()
    positional = [argument.name for argument in arguments if argument.kind is not inspect.Parameter.KEYWORD_ONLY]
    optional = [
        argument.name
        for argument in arguments
        if argument.default is not argument.empty and argument.name in positional
    ]
    assert len(positional) <= (3 if name in METRICS or positional == STUDIED else 2), positional
    assert optional in ([], ["model"]), "an option by position"


@pytest.mark.parametrize("name", [name for name in CLASSES if not is_error(getattr(egovsim, name))])
def test_nouns_are_frozen(name: str) -> None:
    """A model or result that changes under somebody's hands gives two answers to one question."""
    assert getattr(egovsim, name).__dataclass_params__.frozen


def test_exceptions_form_one_tree() -> None:
    """`except egovsim.EgovsimError` catches whatever the package raises on purpose."""
    errors = [getattr(egovsim, name) for name in CLASSES if is_error(getattr(egovsim, name))]
    assert all(issubclass(error, egovsim.EgovsimError) for error in errors)
    assert len(errors) >= 9


WrongCall = Callable[[egovsim.Model], object]

WRONG_CALLS: dict[str, tuple[WrongCall, type[Exception], str]] = {
    "an unknown model": (
        lambda m: egovsim.read_model("egof"),
        egovsim.UnknownNameError,
        '"egof" is not a shipped model; nearest: "egov"',
    ),
    "a missing file": (
        lambda m: egovsim.read_model("nowhere/egov.xmile"),
        egovsim.ModelError,
        "nowhere/egov.xmile: there is no such file",
    ),
    "an option by position": (
        lambda m: egovsim.run(m, True),  # pyright: ignore[reportCallIssue]
        TypeError,
        "positional argument",
    ),
    "an unknown option": (
        lambda m: egovsim.run(m, horizon=2030),  # pyright: ignore[reportCallIssue]
        TypeError,
        "unexpected keyword argument 'horizon'",
    ),
    "an unknown output": (
        lambda m: egovsim.run(m, outputs=["Citizn trust"]),
        egovsim.UnknownNameError,
        '"Citizn trust" is not a variable of egov.xmile; nearest: "Citizen trust"',
    ),
    "one text for outputs": (
        lambda m: egovsim.run(m, outputs="Citizen trust"),
        egovsim.InputError,
        'outputs must be a list of names, not one text; write ["Citizen trust"]',
    ),
    "a computed variable set": (
        lambda m: egovsim.run(m, constants={"Real use index": 3.0}, outputs=["Real use index"]),
        egovsim.InputError,
        '"Real use index" is computed by the model, so it takes no value; to fix it, use hold(model',
    ),
    "a constant outside its range": (
        lambda m: egovsim.run(m, constants={"Mandate scope": 1.5}, outputs=["Real use index"]),
        egovsim.ValueRangeError,
        'constants: "Mandate scope" is 1.5, outside its range 0 to 1 in egov.xmile',
    ),
    "a constant that is no number": (
        lambda m: egovsim.run(m, constants={"Mandate scope": math.nan}, outputs=["Real use index"]),
        egovsim.ValueRangeError,
        'constants: "Mandate scope" is nan, not a finite number',
    ),
    "a step that does not divide": (
        lambda m: egovsim.run(m, time_step=0.3, until=2005, outputs=["Real use index"]),
        egovsim.InputError,
        "the time step 0.3 does not divide the horizon 2003 to 2005; the nearest that does is 0.285714",
    ),
    "a saving interval that is no multiple": (
        lambda m: egovsim.run(m, save_every=0.1, until=2005, outputs=["Real use index"]),
        egovsim.InputError,
        "save_every 0.1 is not a multiple of the time step 0.0625; the nearest is 0.125",
    ),
    "an end before the start": (
        lambda m: egovsim.run(m, until=1999, outputs=["Real use index"]),
        egovsim.InputError,
        "until 1999 lies before the model's start, 2003",
    ),
    "everything of many runs": (
        lambda m: egovsim.run(m, policies=[egovsim.PolicyPath("a"), egovsim.PolicyPath("b")]),
        egovsim.InputError,
        "2 runs with all variables would fill the memory; name outputs or metrics",
    ),
    "an unknown element": (
        lambda m: egovsim.run(m, outputs=["Coverage[city]"]),
        egovsim.UnknownNameError,
        '"city" is not an element of "Coverage"',
    ),
    "a metric of a whole array": (
        lambda m: egovsim.run(m, metrics=[egovsim.final("Coverage")]),
        egovsim.InputError,
        'a metric needs one element of "Coverage": Coverage[urban], Coverage[rural]',
    ),
    "a metric after the end": (
        lambda m: egovsim.run(m, until=2010, metrics=[egovsim.value_at("Real use index", 2030)]),
        egovsim.InputError,
        "covers 2030 to 2030, the run 2003 to 2010",
    ),
    "an unknown variable held": (
        lambda m: egovsim.hold(m, "Citizens' trust"),
        egovsim.UnknownNameError,
        'nearest: "Citizen trust"',
    ),
    "held at another instant": (
        lambda m: egovsim.hold(m, "Citizen trust", at="end"),  # pyright: ignore[reportArgumentType]
        egovsim.InputError,
        'a variable can be held at its "start" only',
    ),
    "no ranges": (
        lambda m: egovsim.sample([], members=10, seed=0),
        egovsim.InputError,
        "a sample needs at least one range and one member",
    ),
    "a range upside down": (
        lambda m: egovsim.Range("Skill fade rate", 1.0, 0.5),
        egovsim.ValueRangeError,
        'the range of "Skill fade rate" has low 1 above high 0.5',
    ),
    "a log range from zero": (
        lambda m: egovsim.Range("Skill fade rate", 0.0, 0.5, scale="log"),
        egovsim.ValueRangeError,
        "on a log scale, so low must be above 0",
    ),
    "a series that runs back": (
        lambda m: egovsim.Series((2030.0, 2026.0), (0.1, 0.2)),
        egovsim.ValueRangeError,
        "the instants of a series must ascend",
    ),
    "an unknown policy": (
        lambda m: egovsim.read_policy("people-frist"),
        egovsim.UnknownNameError,
        'nearest: "people-first"',
    ),
    "a profile of access alone": (
        lambda m: egovsim.compare(m, profile="indonesia"),
        egovsim.DataError,
        "this profile covers access to the internet only",
    ),
    "one policy alone": (
        lambda m: egovsim.compare(m, policies=["business-as-usual"]),
        egovsim.InputError,
        'there is nothing to compare with "business-as-usual"',
    ),
    "ranked by what is not there": (
        lambda m: egovsim.compare(m, by="Real use indx"),
        egovsim.UnknownNameError,
        'nearest: "Real use index"',
    ),
    "an unknown name of the package": (
        lambda m: egovsim.simulate,  # pyright: ignore[reportAttributeAccessIssue]
        AttributeError,
        "module 'egovsim' has no attribute 'simulate'; nearest: ",
    ),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_wrong_calls_are_refused_with_a_remedy(case: str, egov: egovsim.Model) -> None:
    """Somebody who errs learns from one sentence what to write instead."""
    call, error, message = WRONG_CALLS[case]
    with pytest.raises(error, match=re.escape(message)):
        call(egov)


def test_a_saved_result_is_the_same_result(egov: egovsim.Model, tmp_path: Path) -> None:
    """What is kept on disk for a paper must be what was computed."""
    result = egovsim.run(egov, outputs=["Coverage"], metrics=[egovsim.final("Real use index")], until=2005)
    result.save(tmp_path / "kept.npz")
    loaded = egovsim.load_result(tmp_path / "kept.npz")
    assert (loaded.values("Coverage") == result.values("Coverage")).all()
    assert (loaded.metric_table == result.metric_table).all()
    assert repr(loaded) == repr(result)
