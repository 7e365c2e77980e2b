"""Fill the pages of the reference: a comment ``<!-- names of egovsim.analysis -->`` becomes all public names.

MkDocs calls it for every page (``hooks`` in mkdocs.yml). The names are those of the package's stub, so that none has to
be written into a page, and none can be missing there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

_MARK = re.compile(r"^<!-- names of ([\w.]+) -->$", flags=re.MULTILINE)
_KINDS = ("Functions", "Classes", "Errors", "Constants")


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put the names of a package where a page asks for them."""
    return _MARK.sub(lambda mark: "\n".join(_entries(mark[1])), markdown)


def _entries(package: str) -> Iterator[str]:
    module = import_module(package)
    names = [name for name in module.__all__ if not name.startswith("_")]
    for kind in _KINDS:
        some = [name for name in names if _kind(getattr(module, name)) == kind]
        if some:
            yield f"## {kind}\n"
            yield from (f"::: {package}.{name}\n" for name in some)


def _kind(value: object) -> str:
    assert not isinstance(value, ModuleType)
    if inspect.isclass(value):
        return "Errors" if issubclass(value, Exception) else "Classes"
    return "Functions" if callable(value) else "Constants"
