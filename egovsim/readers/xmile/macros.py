"""The macros of an XMILE file (XMILE 1.0, section 4.8)."""

from __future__ import annotations

from collections.abc import Sequence

from egovsim.errors import ModelError
from egovsim.model.expression import Expression, Reference, Unsupported
from egovsim.names import canonical
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.parser import parse
from egovsim.readers.macros import Macro
from egovsim.readers.xmile.equations import expression_in
from egovsim.readers.xmile.scope import Scope, scope_of
from egovsim.readers.xmile.specs import display_name
from egovsim.readers.xmile.structure import XmileFile
from egovsim.readers.xmile.variables import read_variables, required_ids
from egovsim.readers.xmile.xml import Element


def macro_scopes(file: XmileFile) -> list[Scope]:
    """Find the variables of each macro.

    Parameters
    ----------
    file : XmileFile
        The file.

    Returns
    -------
    list of Scope
        In the order of the file; names of arguments are known in them.

    Raises
    ------
    ModelError
        An argument without default comes after one with it, or a name is borne twice.
    """
    return [_scope(file, element) for _, element in file.macros]


def _scope(file: XmileFile, element: Element) -> Scope:
    name, defaults = display_name(element.get("name") or ""), _defaults(file, element)
    given = [default for default in defaults if default is not None]
    if defaults[len(defaults) - len(given) :] != given:
        where = file.document.where(element)
        raise ModelError(f'{where}, "{name}": an argument without default comes after one with it; turn them round.')
    return scope_of(file, element, _inputs(file, element))


def _inputs(file: XmileFile, element: Element) -> tuple[str, ...]:
    return tuple(display_name(file.document.span(parm).text) for parm in file.document.named(element, "parm"))


def _defaults(file: XmileFile, element: Element) -> list[str | None]:
    """Return the default of each argument; None where it has none."""
    return [parm.get("default") for parm in file.document.named(element, "parm")]


def macros_of(scopes: Sequence[Scope]) -> list[Macro]:
    """Read the macros of all files of a model.

    Parameters
    ----------
    scopes : sequence of Scope
        From `macro_scopes`, of each file.

    Returns
    -------
    list of Macro
        What several files say alike stands once.

    Raises
    ------
    ModelError
        One has no equation, one does not parse, or two files say different things of one name.
    """
    found: dict[tuple[str, int], Macro] = {}
    for scope in scopes:
        macro = _read(scope)
        other = found.setdefault((macro.id, len(macro.inputs)), macro)
        if other != macro:
            raise ModelError(
                f'{macro.where}, "{macro.name}": {other.where} has another macro of this name; make them the same, '
                "or rename one."
            )
    return list(found.values())


def _read(scope: Scope) -> Macro:
    document, element = scope.document, scope.place
    name, where = display_name(element.get("name") or ""), document.where(element)
    equations = document.named(element, "eqn")
    if not equations:
        raise ModelError(f'{where}, "{name}": the macro has no <eqn>; add what it stands for.')
    span = document.span(equations[0])
    result: Expression
    if (named := scope.variables.get(canonical(span.text))) is not None:
        # Stella names a variable of the body here without quotation marks, whatever its name is.
        result = Reference(named.name, canonical(named.name), (), span.where(0))
    else:
        result = expression_in(equations[0], name, scope)
    if document.named(element, "sim_specs"):
        result = Unsupported(name, "a macro that runs by a clock of its own cannot be run yet", where)
    defaults = tuple(
        parse(default, dialect="xmile", owner=name, names=Names())
        for default in _defaults(scope.file, element)
        if default is not None
    )
    for id in required_ids(scope):
        place = scope.message_place(scope.variables[id].element, scope.variables[id].name)
        raise ModelError(f'{place}: the macro "{name}" has no argument of this name; add it as a <parm>.')
    variables = tuple(read_variables(scope))
    return Macro(name, _inputs(scope.file, element), result, variables, defaults=defaults, where=where)
