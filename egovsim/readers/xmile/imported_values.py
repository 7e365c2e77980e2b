"""Values of another file put in the place of a model's own: constants, points of graphical functions, and series.

What isee's help ("Creating Import and Export Files", "Setting Up Import Links") says of the form of such files: names
stand at the heads of columns or rows; under the name of a graphical function stand its y values by ascending x; names
that the model has not are passed over with a warning. That the values of an array stand in the order of its elements,
and that a variable of a module in a module is called by its own name and that of the innermost module, is seen in the
public files of the model FRIDA, which hold what Stella imported from them; that the last dimension goes fastest is
unverified, and so is that a series is interpolated between its points, and holds its first and last value outside
them, as a graphical function of time does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from egovsim.errors import DataError, suggestion
from egovsim.model.expression import (
    ClockValue,
    LookupCall,
    Number,
    Reference,
    Table,
    TableCall,
    Unsupported,
    Where,
    walk,
)
from egovsim.model.model import Dimension, LeftOut
from egovsim.model.variable import Equation, Variable, plain_number
from egovsim.names import canonical, element_name, split_element
from egovsim.readers.data.exported_runs import table_of_points
from egovsim.readers.data.named_columns import NamedColumn

_Elements = tuple[str, ...]

_SOUGHT = 5
"""For how many unknown names of an import near ones are looked for."""


class ImportedValues:
    """Takes the values of one import into the variables of a model.

    Parameters
    ----------
    variables : sequence of Variable
        Of the whole model.
    dimensions : sequence of Dimension
        Of the file.
    where : Where
        Where the import stands.
    already : dict of tuple to str
        What was imported before, by variable and element, and from where; what is imported now is added.
    overwrites : bool
        Whether constants and graphical functions are set; otherwise any equation gives way.
    """

    def __init__(
        self,
        variables: Sequence[Variable],
        dimensions: Sequence[Dimension],
        where: Where,
        already: dict[tuple[str, _Elements], str],
        *,
        overwrites: bool,
    ) -> None:
        self._variables = {variable.id: variable for variable in variables}
        self._dimensions = {dimension.id: dimension for dimension in dimensions}
        self._where = where
        self._already = already
        self._overwrites = overwrites
        self._short: dict[str, list[str]] = {}
        for id in self._variables:
            self._short.setdefault(_short_name(id), []).append(id)
        self._unknown = 0
        self.left_out: list[LeftOut] = []

    @property
    def variables(self) -> list[Variable]:
        """The variables with what was imported."""
        return list(self._variables.values())

    def constants(self, columns: Sequence[NamedColumn]) -> None:
        """Import constants, initial values, and points of graphical functions.

        Parameters
        ----------
        columns : sequence of NamedColumn
            Of one sheet.

        Raises
        ------
        DataError
            A cell holds no number, or there are more or fewer values than needed.
        """
        self._refuse_twice(columns)
        for column in columns:
            found = self._target(column)
            if found is None:
                continue
            variable, targets = found
            numbers = self._numbers(column)
            equations = self._equations(variable)
            tables = [_table(equations[ids]) for ids in targets if ids in equations]
            if tables and all(table is not None for table in tables):
                self._note(variable, column, targets)
                self._points(variable, column, targets, numbers, equations)
            elif self._can_be_set(variable, column, targets, equations):
                self._note(variable, column, targets)
                self._refuse_other_count(column, len(numbers), len(targets), "of constants")
                for ids, number in zip(targets, numbers, strict=True):
                    own = equations.get(ids, Equation(None, ids))
                    equations[ids] = replace(own, expression=Number(number, self._where))
                self._put(variable, equations)

    def over_time(self, columns: Sequence[NamedColumn]) -> None:
        """Import series: the first column holds the times.

        Parameters
        ----------
        columns : sequence of NamedColumn
            Of one sheet.

        Raises
        ------
        DataError
            A cell holds no number, a series has no value, or two at one time, or a name stands for several elements.
        """
        if not columns:
            return
        times, *others = columns
        self._refuse_twice(others)
        by_step = {at: time for at in times.cells if (time := self._number(times, at, "time")) is not None}
        steps = {_step(at, times): time for at, time in by_step.items()}
        for column in others:
            found = self._target(column)
            if found is None:
                continue
            variable, targets = found
            if len(targets) > 1:
                raise DataError(
                    f"{self._where}: {column.place} stands for {len(targets)} elements, and a series is one element's; "
                    f'write a column for each, such as "{element_name(variable.name, targets[0])}".'
                )
            self._note(variable, column, targets)
            points = [
                (steps[_step(at, column)], value)
                for at in column.cells
                if _step(at, column) in steps and (value := self._number(column, at, "number")) is not None
            ]
            table = table_of_points(points, "continuous", str(self._where), column.place)
            self._put_series(variable, targets[0], table)

    def _put_series(self, variable: Variable, ids: _Elements, table: Table) -> None:
        equations = self._equations(variable)
        value: TableCall | Unsupported = TableCall(table, ClockValue("time", self._where), self._where)
        if variable.kind in ("stock", "lookup"):
            reason = f"a {variable.kind} whose values over time come from a file cannot be run yet"
            value = Unsupported(element_name(variable.name, ids), reason, self._where)
        own = equations.get(ids, Equation(None, ids))
        equations[ids] = replace(own, expression=value, table=None)
        self._put(variable, equations)

    # What a column is for

    def _target(self, column: NamedColumn) -> tuple[Variable, list[_Elements]] | None:
        """Return the variable that a column names, and the elements that its values are for; None where it has none."""
        if not column.name:
            if any(not isinstance(value, str) for value in column.values):
                self._leave_out("", f"{column.sheet.place} has numbers without a name at their head; they are left out")
            return None
        if not column.values:
            self._leave_out("", f"{column.place} has no values, and is not imported")
            return None
        base, written = split_element(column.name)
        variable = self._named(base)
        if variable is None:
            self._leave_out("", f"{column.place} is no variable of this model, and is not imported{self._near(base)}")
            return None
        axes = [self._dimensions[canonical(name)].element_ids for name in variable.dimensions]
        parts = [canonical(part) for part in written] or ["*"] * len(axes)
        if len(parts) != len(axes) or any(part not in ("*", *axis) for part, axis in zip(parts, axes, strict=False)):
            self._leave_out(variable.name, f'{column.place} is no element of "{variable.name}", and is not imported')
            return None
        choices = (axis if part == "*" else (part,) for part, axis in zip(parts, axes, strict=True))
        return variable, list(product(*choices))

    def _refuse_twice(self, columns: Sequence[NamedColumn]) -> None:
        names: set[str] = set()
        for column in columns:
            if column.name and canonical(column.name) in names:
                raise DataError(f"{self._where}: {column.place} stands twice; leave one.")
            names.add(canonical(column.name))

    def _note(self, variable: Variable, column: NamedColumn, targets: Sequence[_Elements]) -> None:
        """Say where an import takes the place of another; they are done in their order (of Stella, unverified)."""
        before = {self._already.get((variable.id, ids), column.place) for ids in targets} - {column.place}
        if before:
            text = f"{column.place} takes the place of what is imported before from {', '.join(sorted(before))}"
            self._leave_out(variable.name, text)
        self._already.update(((variable.id, ids), column.place) for ids in targets)

    def _named(self, name: str) -> Variable | None:
        """Return the variable that a file names: as the model does, or by its own name and that of its module."""
        found = self._variables.get(canonical(name))
        if found is not None:
            return found
        others = self._short.get(canonical(name), ())
        return self._variables[others[0]] if len(others) == 1 else None

    def _near(self, name: str) -> str:
        """Say what resembles a name; to look for that is slow, and of a whole file that fits another model in vain."""
        others = self._short.get(canonical(name), ())
        if others:
            return "; there are several: " + ", ".join(f'"{self._variables[id].name}"' for id in others)
        self._unknown += 1
        return suggestion(name, [known.name for known in self._variables.values()]) if self._unknown <= _SOUGHT else ""

    def _can_be_set(
        self,
        variable: Variable,
        column: NamedColumn,
        targets: Sequence[_Elements],
        equations: Mapping[_Elements, Equation],
    ) -> bool:
        """Tell whether a constant may take the place of what is there, and say where it may not."""
        own = [equations[ids].expression for ids in targets if ids in equations]
        computed = any(plain_number(expression) is None for expression in own)
        if not computed or (not self._overwrites and variable.kind != "stock"):
            return True
        text = f"{column.place} is computed in the model, so it keeps its equation; an import sets constants"
        self._leave_out(variable.name, text)
        return False

    def _points(
        self,
        variable: Variable,
        column: NamedColumn,
        targets: Sequence[_Elements],
        numbers: Sequence[float],
        equations: dict[_Elements, Equation],
    ) -> None:
        """Set the y values of a graphical function."""
        if len(targets) > 1:
            raise DataError(
                f"{self._where}: {column.place} stands for {len(targets)} graphical functions; write a column for "
                f'each, such as "{element_name(variable.name, targets[0])}".'
            )
        own = equations[targets[0]]
        table = _table(own)
        assert table is not None
        self._refuse_other_count(column, len(numbers), len(table.x), "one for each point of the graphical function")
        changed = replace(table, y=tuple(numbers))
        if isinstance(own.expression, TableCall):
            own = replace(own, expression=replace(own.expression, table=changed))
        else:
            own = replace(own, table=changed)
        self._put(variable, {**equations, targets[0]: own})

    # Equations

    def _equations(self, variable: Variable) -> dict[_Elements, Equation]:
        """Return an equation for each element."""
        axes = [self._dimensions[canonical(name)].element_ids for name in variable.dimensions]
        every: dict[_Elements, Equation] = {}
        for equation in variable.equations:
            parts = equation.elements or tuple(canonical(name) for name in variable.dimensions)
            within = [self._dimensions[part].element_ids if part in self._dimensions else (part,) for part in parts]
            every |= {ids: replace(equation, elements=ids) for ids in product(*within)}
        order = {ids: number for number, ids in enumerate(product(*axes))}
        return dict(sorted(every.items(), key=lambda item: order.get(item[0], len(order))))

    def _put(self, variable: Variable, equations: Mapping[_Elements, Equation]) -> None:
        own = {canonical(name) for name in variable.dimensions}
        if any(own & set(_subscripts(equation)) for equation in equations.values()):
            raise DataError(
                f'{self._where}: the import sets some elements of "{variable.name}", which is computed '
                "for all at once; give every element, or none."
            )
        self._variables[variable.id] = replace(variable, equations=tuple(equations.values()))

    # Cells

    def _numbers(self, column: NamedColumn) -> list[float]:
        found = [self._number(column, at, "number") for at in column.cells]
        if None in found:
            raise DataError(
                f"{self._where}: {column.place} has an empty cell between its values; write a number there."
            )
        return [number for number in found if number is not None]

    def _number(self, column: NamedColumn, at: tuple[int, int], what: str) -> float | None:
        return column.number(at, what=what, place=str(self._where))

    def _refuse_other_count(self, column: NamedColumn, count: int, needed: int, hint: str) -> None:
        if count != needed:
            wanted = f"{needed} {'is' if needed == 1 else 'are'} needed ({hint})"
            raise DataError(f"{self._where}: {column.place} has {count} values, and {wanted}; write as many.")

    def _leave_out(self, variable: str, text: str) -> None:
        self.left_out.append(LeftOut(variable, text, self._where))


def _short_name(id: str) -> str:
    """Return a variable's id with that of the module it stands in, the modules around that left out."""
    return ".".join(id.split(".")[-2:])


def _table(equation: Equation) -> Table | None:
    match equation:
        case Equation(table=Table() as table):
            return table
        case Equation(expression=TableCall(table=table)):
            return table
        case _:
            return None


def _subscripts(equation: Equation) -> Iterator[str]:
    """Yield what stands as a name or a subscript in an equation."""
    for part in (equation.expression, equation.rate):
        for node in () if part is None else walk(part):
            match node:
                case Reference() | LookupCall(lookup=Reference()):
                    reference = node if isinstance(node, Reference) else node.lookup
                    yield reference.id
                    yield from (subscript for subscript in reference.subscripts if isinstance(subscript, str))
                case _:
                    continue


def _step(at: tuple[int, int], column: NamedColumn) -> int:
    """Return how far a cell lies behind its name."""
    return at[0] + at[1] - sum(column.cells[0])
