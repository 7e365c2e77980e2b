"""Reality Checks of a Vensim file (its user guide, "Test Inputs" and "Constraints")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from egovsim.errors import ModelError
from egovsim.model.expression import Binary, Call, Expression, Reference, Unsupported, rewrite
from egovsim.model.model import LeftOut
from egovsim.model.reality_checks import FUNCTIONS, Constraint, RealityCheck, TestInput
from egovsim.names import canonical
from egovsim.readers.data.functions import MARK as DATA
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.parser import parse
from egovsim.readers.source_span import SourceSpan
from egovsim.readers.vensim.entries import Entry

_BEGINNING = re.compile(
    r'\s*(?P<name>"(?:[^"\\]|\\.)*"|[^":\[\]=(]+?)\s*(?P<subscripts>\[[^\]]*\])?'
    r"\s*:\s*(?:(?P<input>TEST\s*INPUT)|THE\s*CONDITION)\s*:",
    re.IGNORECASE,
)
_IMPLIES = re.compile(r'(?P<condition>(?:"(?:[^"\\]|\\.)*"|[^":]|:(?!\s*IMPLIES\s*:))*+):\s*IMPLIES\s*:', re.IGNORECASE)


def is_reality_check(entry: Entry) -> bool:
    """Tell whether an entry is a Reality Check, and no equation.

    Parameters
    ----------
    entry : Entry
        Any.

    Returns
    -------
    bool
        True where it begins with a name and ``:TEST INPUT:`` or ``:THE CONDITION:``.
    """
    return _BEGINNING.match(entry.equation.text) is not None


def read_reality_checks(entries: Sequence[Entry], names: Names) -> tuple[tuple[RealityCheck, ...], tuple[LeftOut, ...]]:
    """Read Reality Checks; one that cannot be read is left out, since no number of a run depends on it.

    Parameters
    ----------
    entries : sequence of Entry
        Entries that are Reality Checks.
    names : Names
        What names of the model mean.

    Returns
    -------
    tuple of RealityCheck
        In the order of the file.
    tuple of LeftOut
        Those that do not parse, each with the reason.
    """
    # Macros may not be called here (page "Test Inputs"); a call of one is then a function that is not known.
    names = replace(names, macros=frozenset(), extra_functions=frozenset(FUNCTIONS))
    found: list[RealityCheck] = []
    left_out: list[LeftOut] = []
    for entry in entries:
        try:
            found.append(_statement(entry, names))
        except ModelError as error:
            text = f"this Reality Check cannot be read and is left out: {error}"
            left_out.append(LeftOut(_name(entry), text, entry.equation.where(0)))
    return tuple(found), tuple(left_out)


def _statement(entry: Entry, names: Names) -> RealityCheck:
    span, name = entry.equation, _name(entry)
    beginning = _beginning(entry)
    subscripts = tuple(canonical(part) for part in (beginning["subscripts"] or "[]")[1:-1].split(",") if part.strip())
    about = (subscripts, entry.units, entry.note, span.where(0))
    if beginning["input"]:
        equation = _parsed(span, beginning.end(), len(span.text), name, names)
        match equation:
            case Binary(operator="=", left=Reference() as variable, right=right):
                return TestInput(name, variable, right, *about)
            case _:
                raise ModelError(
                    f'{equation.where}, "{name}": a test input is an equation of one variable; '
                    "write name :TEST INPUT: variable = expression."
                )
    parted = _IMPLIES.match(span.text, beginning.end())
    if parted is None:
        raise ModelError(
            f'{span.where(0)}, "{name}": it says what is so, and not what follows; add ":IMPLIES: consequence".'
        )
    start, stop = parted.span("condition")
    condition = _parsed(span, start, stop, name, names) if parted["condition"].strip() else None
    return Constraint(name, condition, _parsed(span, parted.end(), len(span.text), name, names), *about)


def _beginning(entry: Entry) -> re.Match[str]:
    found = _BEGINNING.match(entry.equation.text)
    assert found is not None, "only entries that are Reality Checks are read here"
    return found


def _name(entry: Entry) -> str:
    name = _beginning(entry)["name"]
    return " ".join((name[1:-1] if name.startswith('"') else name).split())


def _parsed(span: SourceSpan, start: int, stop: int, owner: str, names: Names) -> Expression:
    part = SourceSpan(span.text[start:stop], span.source, span.offsets[start:stop])
    return rewrite(parse(part, dialect="vensim", owner=owner, names=names), _checked)


def _checked(node: Expression) -> Expression:
    """Return a call that stands right; one of a data variable, which is resolved in equations alone, does not."""
    if not isinstance(node, Call):
        return node
    name, count = node.function.removeprefix(DATA).upper(), len(node.arguments)
    if node.function.startswith(DATA):
        return Unsupported(name, f'"{name}" cannot stand in a Reality Check; give it a variable', node.where)
    wanted = FUNCTIONS.get(node.function)
    if wanted is not None and count not in wanted:
        reason = f'"{name}" takes {wanted.start} to {wanted.stop - 1} arguments, and is given {count}'
        return Unsupported(name, reason, node.where)
    return node
