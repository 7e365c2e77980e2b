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


def declared(file_path: str | Path) -> Path:
    """Return where the declarations of a model file are looked for."""
    return Path(file_path).with_suffix(_DECLARED)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ModelFile | None:
    """Collect a model that has declarations."""
    if file_path.suffix.lower() not in _SUFFIXES or not declared(file_path).is_file():
        return None
    return ModelFile.from_parent(parent, path=file_path)


class ModelFile(pytest.File):
    """A model and its promises."""

    def collect(self) -> Iterable[pytest.Item]:
        from egovsim.errors import EgovsimError
        from egovsim.readers.read_model import read_model
        from egovsim.testing.checks import checks_of
        from egovsim.validation.declaration_files import read_declarations

        try:
            model = read_model(self.path)
            declarations = read_declarations(declared(self.path), model)
        except EgovsimError as error:
            raise self.CollectError(str(error)) from None
        for one in checks_of(model, declarations):
            yield Promise.from_parent(self, name=one.name, check=one.run)


class Promise(pytest.Item):
    """One promise of a model."""

    def __init__(self, *, check: Callable[[], None], **options: object) -> None:
        super().__init__(**options)  # pyright: ignore[reportArgumentType]
        self._check = check

    def runtest(self) -> None:
        self._check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Show what the modeller can use: the message, not the code that found it."""
        from egovsim.errors import EgovsimError

        if isinstance(excinfo.value, AssertionError | EgovsimError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"
