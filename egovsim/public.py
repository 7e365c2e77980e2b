"""The public names of a package: listed once, in its stub, loaded when first asked for, and called by that address.

The ``__init__.pyi`` beside a package's ``__init__.py`` is the list, in the form that type checkers read::

    from .simulation.run import run as run

The package takes the same list at run time (PEP 562; the idea is that of lazy_loader, scientific Python's SPEC 1)::

    __getattr__, __dir__ = lazy_names(__name__)

It is read when a name is first asked for, so that importing the package costs no more than importing this module.
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; importing it from typing would take longer than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    T = TypeVar("T")


def lazy_names(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make what a package needs to load the names of its stub when they are first used.

    Parameters
    ----------
    package : str
        Its dotted name, as in ``__name__``.

    Returns
    -------
    tuple of two callables
        The package's ``__getattr__``, which answers for ``__all__`` and for the package's modules too, and its
        ``__dir__``.
    """
    listed: dict[str, str] = {}  # read at first use

    def names() -> Mapping[str, str]:
        if not listed:
            listed.update(public_names(package))
        return listed

    def load(name: str) -> object:
        if name == "__all__":
            return [public for public, place in names().items() if f"{package}.{public}" != place]
        if _is_submodule(package, name):
            return import_module(f"{package}.{name}")
        if name.startswith("__") or name not in names():
            hint = "" if name.startswith("__") else _suggestion(name, names())
            raise AttributeError(f"module {package!r} has no attribute {name!r}{hint}")
        value = getattr(import_module(names()[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def directory() -> list[str]:
        return sorted({*names(), *(name for name in vars(sys.modules[package]) if name.startswith("__"))})

    return load, directory


def public_names(package: str) -> dict[str, str]:
    """Read the stub of a package.

    Parameters
    ----------
    package : str
        Its dotted name; it must have been imported.

    Returns
    -------
    dict of str to str
        The module that each public name is defined in, in the order of the stub. A module that is public as a whole
        (``from . import library as library``) is itself, and a variable (``__version__: str``) is the package's own.
    """
    import ast
    from importlib.util import resolve_name
    from pathlib import Path

    stub = Path(str(sys.modules[package].__file__)).with_suffix(".pyi")
    names: dict[str, str] = {}
    for node in ast.parse(stub.read_text("utf-8")).body:
        match node:
            case ast.ImportFrom(module=None, level=level, names=modules):
                origin = resolve_name("." * level, package)
                names |= {module.name: f"{origin}.{module.name}" for module in modules}
            case ast.ImportFrom(module=str(module), level=level, names=objects):
                origin = resolve_name("." * level + module, package)
                names |= {item.name: origin for item in objects}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names[name] = package
            case _:
                pass
    return names


def set_module(package: str) -> Callable[[T], T]:
    """Let a class or function say where it is public, as NumPy's ``set_module`` does.

    Tracebacks, ``help`` and ``repr`` then show the address that a user imports it from, and a pickle holds that
    address, which stays when the module that defines it is moved. As a decorator it stands outermost.

    Parameters
    ----------
    package : str
        The public package: ``"egovsim"``.

    Returns
    -------
    callable
        Returns the class or function it is given.
    """

    def told(thing: T) -> T:
        if isinstance(thing, type):
            _keep_annotations(thing)
        thing.__module__ = package
        return thing

    return told


def _keep_annotations(cls: type) -> None:
    """Let the annotations of a class, which are texts, be looked up where they were written.

    ``typing.get_type_hints`` takes ``__module__`` for that place; a forward reference can name its own.
    """
    from typing import ForwardRef

    cls.__annotations__ = {
        name: ForwardRef(text, is_argument=False, module=cls.__module__, is_class=True)
        if isinstance(text, str)
        else text
        for name, text in cls.__annotations__.items()
    }


def _is_submodule(package: str, name: str) -> bool:
    import os

    places = [os.path.join(folder, name) for folder in sys.modules[package].__path__]
    return any(os.path.isfile(place) for stem in places for place in (f"{stem}.py", os.path.join(stem, "__init__.py")))


def _suggestion(name: str, known: Mapping[str, str]) -> str:
    from egovsim.names import nearest

    close = nearest(name, known)
    return "; nearest: " + ", ".join(f'"{public}"' for public in close) if close else ""
