"""Vensim's .mdl files.

An equation for a part of a dimension, or with exceptions, becomes one for each of its elements; mappings of
dimensions stay with the dimensions.  What cannot be run becomes an `Unsupported` equation with its text and line.
The integration method is the one that the settings at a file's end name, Euler's where they name none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product
from pathlib import Path

from egovsim.errors import ModelError
from egovsim.model.expression import (
    Call,
    Expression,
    LookupCall,
    Number,
    Reference,
    Table,
    Unsupported,
    Where,
    children,
    with_children,
)
from egovsim.model.model import Clock, Dimension, Model, refuse_huge
from egovsim.model.variable import Bounds, Equation, Kind, Variable, plain_number
from egovsim.names import canonical
from egovsim.readers.data.exported_runs import exports_of
from egovsim.readers.data.external_values import MODES, DataFiles, Left, request_in
from egovsim.readers.data.functions import MARK as DATA
from egovsim.readers.data.functions import exogenous, resolve_data_functions
from egovsim.readers.expressions.parser import (
    BUILT_IN_NAMES,
    Constants,
    Integral,
    Names,
    parse_points,
    parse_vensim_equation,
)
from egovsim.readers.macros import Macro, expand_macros
from egovsim.readers.source_span import SourceSpan
from egovsim.readers.vensim.entries import MacroText, VensimText, read_vensim_text
from egovsim.readers.vensim.left_hand_side import LeftSide, read_left_side, units_and_bounds
from egovsim.readers.vensim.reality_checks import is_reality_check, read_reality_checks
from egovsim.readers.vensim.sim_specs import CONTROLS, ClockText, Control, method_of
from egovsim.readers.vensim.sketch import read_sketches
from egovsim.readers.vensim.subscript_ranges import RangeText, read_ranges

_TABBED = re.compile(r"\s*TABBED\s+ARRAY\s*\((?P<numbers>[^()]*)\)\s*$", re.IGNORECASE)


def read_vensim(path: Path, *, data: Sequence[Path] = ()) -> Model:
    """Read a Vensim model.

    Parameters
    ----------
    path : Path
        The .mdl file.
    data : sequence of Path, optional
        Exported runs (.dat, .tab, .csv) with the series of data variables; left out, the exports beside the
        model that bear the names of the data sets in its settings.

    Returns
    -------
    Model
        With what cannot be run as `Unsupported` equations.

    Raises
    ------
    ModelError
        It is not a Vensim model, an equation does not parse, or a name is borne twice.
    DataError
        A file, sheet or cell that the model takes values from is missing, or holds no number.
    UnsupportedError
        A control variable (FINAL TIME and its like) is not a number.
    """
    text = read_vensim_text(path)
    given = data or exports_of(text.datasets, path.parent)
    return _Reader(text, DataFiles(path.parent, given, text.tags)).model()


class _Reader:
    """Reads the entries of one file."""

    def __init__(self, text: VensimText, files: DataFiles) -> None:
        self._text = text
        self._files = files
        self._ignored = text.ignored
        self._lefts = [read_left_side(entry) for entry in text.entries if not is_reality_check(entry)]
        if lists := sum(left.ignores for left in self._lefts):
            self._ignored["lists of causes that are none (:IGNORE:)"] += lists
        self._names = Names(
            variables={id: tuple(ax.id for ax in self._axes(lefts) or ()) for id, lefts in self._defined.items()},
            macros={macro.id for macro in text.macros},
            date=text.date,
        )

    def model(self) -> Model:
        method, left_out = method_of(self._text.integration, self._text.source.file)
        clock = replace(self._clock(), method=method)
        saveper = clock.time_step if clock.save_every is None else clock.save_every
        self._names = replace(self._names, built_in={"saveper": saveper})
        file = self._text.source.file
        variables = tuple(self._flat())
        statements = [entry for entry in self._text.entries if is_reality_check(entry)]
        reality_checks, unread = read_reality_checks(statements, self._names)
        sketches = read_sketches(self._text.end, variables)
        if sketches.skipped:
            self._ignored["objects of sketches"] += sketches.skipped
        return Model(
            name=file.rsplit(".", 1)[0],
            clock=clock,
            dimensions=tuple(self._dimensions.values()),
            variables=variables,
            file=file,
            ignored=tuple(f"{name}: {count}" for name, count in self._ignored.items()),
            unit_synonyms=self._text.unit_synonyms,
            views=sketches.views,
            reality_checks=reality_checks,
            sources=self._files.sources,
            left_out=(*self._files.left_out.values(), *left_out, *unread),
        )

    def _flat(self) -> list[Variable]:
        """Return the variables with macros and data functions made into what they stand for."""
        variables = expand_macros(list(self._variables()), self._macros(), self._dimensions)
        return resolve_data_functions([*variables, *exogenous(variables, self._files)])

    def _macros(self) -> list[Macro]:
        return [self._macro(macro) for macro in self._text.macros]

    def _macro(self, macro: MacroText) -> Macro:
        """Read the body of a macro; ``name$`` in it is what the model calls so."""
        inner = _Reader(replace(self._text, entries=macro.entries), self._files)
        clock = {**BUILT_IN_NAMES["vensim"], **self._names.built_in}
        known = {**inner._names.variables, **{canonical(variable): () for variable in macro.inputs}}
        inner._names = replace(
            self._names, variables=known, built_in={f"{name}$": value for name, value in clock.items()}
        )
        variables = tuple(inner._variables())
        defined = {variable.id for variable in variables}
        missing = [one for one in (macro.name, *macro.outputs) if canonical(one) not in defined]
        if missing:
            raise ModelError(f'{macro.where}, "{macro.name}": the macro has no equation for "{missing[0]}"; add it.')
        result = Reference(macro.name, macro.id, (), macro.where)
        return Macro(macro.name, macro.inputs, result, variables, macro.outputs, where=macro.where)

    # Dimensions

    @cached_property
    def _dimensions(self) -> dict[str, Dimension]:
        """The subscript ranges whose elements are known."""
        texts = [
            RangeText(left.name, left.right.text, left.where, alias=left.sign == "<->")
            for left in self._lefts
            if left.sign in (":", "<->")
        ]
        found = read_ranges(texts, external=self._elements_elsewhere)
        return {id: one for id, one in found.items() if one.elements}

    def _elements_elsewhere(self, text: RangeText, part: str) -> tuple[str, ...]:
        place = f'{text.where}, "{text.name}"'
        request = request_in(part, place=place)
        return () if request is None else self._files.elements(request, place=place)

    # The clock

    def _clock(self) -> Clock:
        lefts = {left.id: left for left in self._lefts if left.id in CONTROLS}
        controls = {
            id: Control(left.name, self._scalar(left) or Number(math.nan), left.where) for id, left in lefts.items()
        }
        unit = units_and_bounds(lefts["time step"].entry.units)[0] if "time step" in lefts else ""
        return ClockText(self._text.source.file, controls, self._equation_of).clock(unit)

    def _equation_of(self, id: str) -> Expression | None:
        """Return the equation of a scalar variable, for a control variable that is made of it."""
        lefts = self._defined.get(id, [])
        return self._scalar(lefts[0]) if len(lefts) == 1 else None

    def _scalar(self, left: LeftSide) -> Expression | None:
        if left.subscripts or left.sign not in ("=", "=="):
            return None
        right = self._parse(left, self._names)
        return None if isinstance(right, Integral | Constants) else right

    # Variables

    def _variables(self) -> Iterator[Variable]:
        for id, lefts in self._defined.items():
            if id not in CONTROLS:
                yield self._variable(lefts)

    @cached_property
    def _defined(self) -> dict[str, list[LeftSide]]:
        """The left sides of each variable, and of each dimension that could not be read."""
        found: dict[str, list[LeftSide]] = {}
        for left in self._lefts:
            if left.sign not in (":", "<->") or left.id not in self._dimensions:
                found.setdefault(left.id, []).append(left)
        return found

    def _variable(self, lefts: list[LeftSide]) -> Variable:
        first = lefts[0]
        if len(lefts) > 1 and not all(left.subscripts for left in lefts):
            raise ModelError(
                f'{lefts[1].where}, "{first.name}": line {first.where.line} has an equation of this name already; '
                "rename one."
            )
        kind, equations, dimensions = self._content(lefts)
        unit, bounds = next((units_and_bounds(left.entry.units) for left in lefts if left.entry.units), ("", Bounds()))
        return Variable(
            name=first.name,
            kind=kind,
            equations=equations,
            dimensions=dimensions,
            unit=unit,
            note=next((left.entry.note for left in lefts if left.entry.note), ""),
            bounds=bounds,
            group=first.entry.group,
            where=first.where,
        )

    def _content(self, lefts: list[LeftSide]) -> tuple[Kind, tuple[Equation, ...], tuple[str, ...]]:
        """Return kind, equations and dimensions of what has these left sides."""
        refusals = [(one, reason) for one in lefts if (reason := _refusal(one)) is not None]
        axes = self._axes(lefts)
        if not refusals and axes is None:
            refusals = [(lefts[0], "its subscripts belong to no dimension that can be read")]
        if refusals or axes is None:
            left, reason = refusals[0]
            text = " ".join(left.entry.equation.text.split())
            return "auxiliary", (Equation(Unsupported(text, reason, left.where)),), ()
        equations = [equation for left in lefts for equation in self._equations(left, axes)]
        if all(equation.table is not None for equation in equations):
            return "lookup", tuple(equations), tuple(ax.name for ax in axes)
        equations = [
            _refused(equation, _MIXED_LOOKUP, lefts[0].where) if equation.table else equation for equation in equations
        ]
        stock = any(equation.rate is not None for equation in equations)
        if stock:
            equations = [
                equation if equation.rate is not None else _standing(equation, lefts[0].where) for equation in equations
            ]
        return "stock" if stock else "auxiliary", tuple(equations), tuple(ax.name for ax in axes)

    def _table(self, left: LeftSide) -> Table:
        text = left.right.text
        stop = text.rfind(")")
        if stop < 0:
            raise ModelError(f'{left.where}, "{left.name}": the lookup is not closed; add ")" after its points.')
        span = SourceSpan(text[:stop], left.right.source, left.right.offsets[:stop])
        return parse_points(span, owner=left.name)

    def _axes(self, lefts: list[LeftSide]) -> tuple[Dimension, ...] | None:
        """Return the smallest dimensions that hold every subscript in its position; None where there is none."""
        if len({len(left.subscripts) for left in lefts}) != 1:
            return None
        found: list[Dimension] = []
        for column in zip(*(left.subscripts for left in lefts), strict=True):
            needed = {element for one in column for element in self._elements(one)}
            fitting = [dimension for dimension in self._dimensions.values() if needed <= set(dimension.element_ids)]
            if not fitting:
                return None
            found.append(min(fitting, key=lambda one: (len(one.elements), one.id not in column)))
        refuse_huge(found, f'{lefts[0].where}, "{lefts[0].name}"')
        return tuple(found)

    def _elements(self, subscript: str) -> tuple[str, ...]:
        dimension = self._dimensions.get(subscript)
        return dimension.element_ids if dimension else (subscript,)

    def _equations(self, left: LeftSide, axes: tuple[Dimension, ...]) -> Iterator[Equation]:
        """Yield the equations of an entry; one for a part of a dimension is written for each element of the part."""
        external = self._external(left)
        if external is not None:
            yield from external
            return
        if left.sign == "(":
            yield Equation(None, table=self._table(left), elements=left.subscripts)
            return
        right = self._parse(left, self._names)
        if isinstance(right, Constants):
            yield from self._constants(left, right)
            return
        if left.sign.lower() in MODES and left.sign != ":=":
            right = _with_keyword(left, right)
        whole = [
            subscript == axis.id and not left.exceptions for subscript, axis in zip(left.subscripts, axes, strict=True)
        ]
        if all(whole):
            yield _equation(right, ())
            return
        for ids in self._combinations(left, whole):
            stand_in = {subscript: id for subscript, id in zip(left.subscripts, ids, strict=True) if subscript != id}
            yield _equation(_placed(right, stand_in), ids)

    def _external(self, left: LeftSide) -> list[Equation] | None:
        """Return the equations of an entry whose values come from another file; None for any other."""
        choices = tuple(self._elements(subscript) for subscript in left.subscripts)
        right = left.right.text
        if left.sign == "(" and ")" in right:
            right = right[: right.rindex(")")]
        return self._files.equations(Left(left.name, left.sign, choices, left.where), right)

    def _combinations(self, left: LeftSide, kept: Iterable[bool]) -> Iterator[tuple[str, ...]]:
        choices = [
            (subscript,) if keep else self._elements(subscript)
            for subscript, keep in zip(left.subscripts, kept, strict=True)
        ]
        for ids in product(*choices):
            if not any(self._excepted(ids, exception) for exception in left.exceptions):
                yield ids

    def _excepted(self, ids: tuple[str, ...], exception: tuple[str, ...]) -> bool:
        pairs = zip(ids, exception, strict=False)
        return len(ids) == len(exception) and all(id in self._elements(one) for id, one in pairs)

    def _constants(self, left: LeftSide, numbers: Constants) -> Iterator[Equation]:
        every = list(product(*(self._elements(subscript) for subscript in left.subscripts)))
        if len(every) != len(numbers.values):
            raise ModelError(
                f'{left.where}, "{left.name}": {len(numbers.values)} numbers are given for {len(every)} elements; '
                "give as many."
            )
        for ids, value in zip(every, numbers.values, strict=True):
            yield Equation(Number(value, left.right.where(0)), elements=ids)

    def _parse(self, left: LeftSide, names: Names) -> Expression | Integral | Constants:
        tabbed = _TABBED.match(left.right.text)
        if tabbed is not None:
            return Constants(tuple(_number(one, left) for one in tabbed["numbers"].split()))
        return parse_vensim_equation(left.right, owner=left.name, names=names)


def _equation(right: Expression | Integral, ids: tuple[str, ...]) -> Equation:
    if isinstance(right, Integral):
        return Equation(right.initial, elements=ids, rate=right.rate)
    return Equation(right, elements=ids)


def _standing(equation: Equation, where: Where) -> Equation:
    """Return an element that is no INTEG of a variable whose others are; a number is a stock that nothing moves."""
    if equation.expression is not None and plain_number(equation.expression) is None:
        equation = _refused(equation, _MIXED_STOCK, equation.expression.where)
    return replace(equation, rate=Number(0.0, where))


_MIXED_LOOKUP = "a lookup for some elements of a variable, where others are none, cannot be run yet"
_MIXED_STOCK = "an element that is computed, of a variable whose other elements are INTEG(…), cannot be run yet"


def _refused(equation: Equation, reason: str, where: Where) -> Equation:
    return replace(equation, expression=Unsupported(",".join(equation.elements), reason, where), table=None)


def _placed(right: Expression | Integral, elements: Mapping[str, str]) -> Expression | Integral:
    """Read a right side for one element of a part of a dimension: the part's name means that element."""
    try:
        if isinstance(right, Integral):
            return Integral(_at(right.rate, elements), _at(right.initial, elements))
        return _at(right, elements)
    except RecursionError:
        where = right.rate.where if isinstance(right, Integral) else right.where
        raise ModelError(f"{where}: an expression is nested too deeply; split it into auxiliaries.") from None


def _at(node: Expression, elements: Mapping[str, str]) -> Expression:
    match node:
        case Reference():
            return _reference_at(node, elements)
        case LookupCall(lookup=lookup, argument=argument):
            return replace(node, lookup=_reference_at(lookup, elements), argument=_at(argument, elements))
        case Call(function="size"):
            return node
        case _:
            operands = children(node)
            return with_children(node, tuple(_at(operand, elements) for operand in operands)) if operands else node


def _reference_at(node: Reference, elements: Mapping[str, str]) -> Reference:
    if not node.subscripts:
        return Reference(elements[node.id], elements[node.id], (), node.where) if node.id in elements else node
    subscripts = (
        elements.get(subscript, subscript) if isinstance(subscript, str) else subscript for subscript in node.subscripts
    )
    return replace(node, subscripts=tuple(subscripts))


def _refusal(left: LeftSide) -> str | None:
    """Say why an entry cannot be run, by its sign."""
    match left.sign.lower():
        case ":" | "<->":
            return "a dimension whose elements are not listed cannot be read yet"
        case ":is:":
            return "a text is not a number"
        case _:
            return None


def _with_keyword(left: LeftSide, right: Expression | Integral | Constants) -> Expression:
    """Return what ``x :LOOK FORWARD: := y`` stands for: the points of y, used in another way."""
    if isinstance(right, Reference):
        return Call(f"{DATA}{left.sign.lower()}", (right,), left.where)
    reason = "a data variable with a keyword that is computed from others cannot be run yet"
    return Unsupported(" ".join(left.entry.equation.text.split()), reason, left.where)


def _number(text: str, left: LeftSide) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ModelError(f"{left.where}, \"{left.name}\": '{text}' is not a number; write one.") from error
