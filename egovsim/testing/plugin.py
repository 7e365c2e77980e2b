"""The pytest plug-in: a model file with declarations beside it is a file of tests.

``pytest models/`` makes one test of each promise of every such model. A model without declarations is left alone, and
nothing of the package is loaded before there is a model with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

_DECLARED = ".declarations.toml"
_SUFFIXES = (".xmile", ".stmx", ".itmx", ".mdl")


def declarations_of(file_path: str | Path) -> Path:
    """Return where the declarations of a model file are looked for.

    Parameters
    ----------
    file_path : str or Path
        Of the model.

    Returns
    -------
    Path
        As `declarations_path` says; named here too, so that nothing of the package is loaded.
    """
    return Path(file_path).with_suffix(_DECLARED)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ModelFile | None:
    """Collect a model that has declarations; pytest calls it for every file.

    Parameters
    ----------
    file_path : Path
        A file that pytest has come to.
    parent : pytest.Collector
        The folder that it is in.

    Returns
    -------
    ModelFile or None
        None where the file is no model, or has no declarations.
    """
    if file_path.suffix.lower() not in _SUFFIXES or not declarations_of(file_path).is_file():
        return None
    return ModelFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]


class ModelFile(pytest.File):
    """A model and its promises."""

    def collect(self) -> Iterable[pytest.Item]:
        """Make a test of each promise.

        Yields
        ------
        Promise
            In the order of `checks_of`.

        Raises
        ------
        CollectError
            When the model or its declarations cannot be read.
        """
        from egovsim.errors import EgovsimError
        from egovsim.readers.read_model import read_model
        from egovsim.testing.checks import checks_of
        from egovsim.validation.declaration_files import read_declarations

        try:
            model = read_model(self.path)
            declarations = read_declarations(declarations_of(self.path), model)
        except EgovsimError as error:
            raise self.CollectError(str(error)) from None
        for check in checks_of(model, declarations):
            yield Promise.from_parent(self, name=check.name, check=check.run)  # pyright: ignore[reportUnknownMemberType]


class Promise(pytest.Item):
    """One promise of a model.

    Parameters
    ----------
    check : callable
        Raises an AssertionError where the promise is broken.
    **options
        What pytest gives every test.
    """

    def __init__(self, *, check: Callable[[], None], **options: object) -> None:
        super().__init__(**options)  # pyright: ignore[reportArgumentType, reportUnknownMemberType]
        self._check = check

    def runtest(self) -> None:
        """Judge the promise."""
        self._check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Show what the modeller can use: the message, not the code that found it.

        Parameters
        ----------
        excinfo : pytest.ExceptionInfo
            What was raised.

        Returns
        -------
        str
            The message of a broken promise or of an input error; a traceback of anything else.
        """
        from egovsim.errors import EgovsimError

        if isinstance(excinfo.value, AssertionError | EgovsimError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say what pytest calls the test.

        Returns
        -------
        tuple of Path, None and str
            The model's file, no line in it, and its name with that of the promise.
        """
        return self.path, None, f"{self.path.name}: {self.name}"
