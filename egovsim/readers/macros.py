"""Macros, of Vensim and of XMILE alike: every call becomes variables of its own.

A macro's body knows its own names and its arguments alone.  Each call gets an instance of all its
variables, whose names begin with the variable that calls (Vensim's reference, "Macros"; XMILE 1.0,
section 4.8), so that every call has its own stocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from egovsim.errors import ModelError
from egovsim.model.expression import (
    Call,
    ClockValue,
    Expression,
    Number,
    Reference,
    Star,
    Unsupported,
    Where,
    children,
    rewrite,
    walk,
)
from egovsim.model.functions import FUNCTIONS
from egovsim.model.hidden_variables import HiddenVariables
from egovsim.model.model import Dimension
from egovsim.model.units.texts import with_units_for
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.instances import Instance
from egovsim.readers.variable_expressions import equation_with_expressions, names_in

DEEPEST = 50
"""How deep macros, and modules, may be nested."""

LARGEST = 20_000
"""How many instances of macros, and of modules, one model may have; a few that call each other twice make millions."""

MARK = "macro "
"""What the name of a function begins with while it stands for a macro; such a call never leaves the readers."""


@dataclass(frozen=True)
class Macro:
    """A macro: what its calls give it, what they get, and the variables of its body.

    Parameters
    ----------
    name : str
        As the file has it.
    inputs : tuple of str
        Names of the arguments.
    result : Expression
        The value of a call, in the names of the body.
    variables : tuple of Variable
        The body.
    outputs : tuple of str
        Names of the variables of the body that a call can have beside the result.
    defaults : tuple of Expression
        Values of the last inputs where a call leaves them out.
    where : Where
        Where the macro stands.
    """

    name: str
    inputs: tuple[str, ...]
    result: Expression
    variables: tuple[Variable, ...] = ()
    outputs: tuple[str, ...] = ()
    defaults: tuple[Expression, ...] = ()
    where: Where = field(default=Where(""), compare=False)

    @cached_property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)

    def takes(self, number: int) -> bool:
        """Whether a call may have so many arguments, outputs among them.

        Parameters
        ----------
        number : int
            Of arguments.

        Returns
        -------
        bool
            False where there are too few or too many.
        """
        least = len(self.inputs) + len(self.outputs) - len(self.defaults)
        return least <= number <= len(self.inputs) + len(self.outputs)


def expand_macros(
    variables: Sequence[Variable], macros: Sequence[Macro], dimensions: Mapping[str, Dimension]
) -> list[Variable]:
    """Replace every call of a macro by the variables of an instance of it.

    Parameters
    ----------
    variables : sequence of Variable
        Of the model; their expressions may hold calls whose function begins with `MARK`.
    macros : sequence of Macro
        Those of the file; two may bear one name when they take different numbers of arguments.
    dimensions : mapping of str to Dimension
        The model's dimensions by canonical id.

    Returns
    -------
    list of Variable
        Each variable, followed by those of the instances that it calls.

    Raises
    ------
    ModelError
        A call has too few or too many arguments, or a name that it needs is borne by another variable.
    """
    if not macros:
        return list(variables)
    return _Expander(macros, dimensions, variables).expanded(variables)


@dataclass(frozen=True)
class _MacroInstance(Instance):
    """An instance of a macro; `prefix` is what the names of its variables begin with."""

    prefix: str = ""


class _Expander:
    """Expands the calls of one model."""

    def __init__(
        self, macros: Sequence[Macro], dimensions: Mapping[str, Dimension], variables: Sequence[Variable]
    ) -> None:
        self._macros = macros
        self._dimensions = dimensions
        self._hidden = HiddenVariables[Variable]((variable.id for variable in variables), names_in(variables))
        self._units = {variable.id: variable.unit for variable in variables}
        self._outputs: dict[str, Variable] = {}
        self._calls = 0

    def expanded(self, variables: Sequence[Variable]) -> list[Variable]:
        """Return the variables without calls, each followed by those of its instances, and the outputs of calls."""
        found = [part for variable in variables for part in self._variable(variable, ())]
        return [*found, *self._outputs.values()]

    def _variable(self, variable: Variable, callers: tuple[str, ...]) -> list[Variable]:
        """Return a variable without calls, and the variables of the instances that it called."""
        added: list[Variable] = []

        def without_calls(equation: Equation) -> Equation:
            def change(node: Expression) -> Expression:
                if isinstance(node, Call) and node.function.startswith(MARK):
                    value, parts = self._call(node, variable, equation, callers)
                    added.extend(parts)
                    return value
                return node

            return equation_with_expressions(equation, lambda expression: rewrite(expression, change))

        equations = tuple(map(without_calls, variable.equations))
        same = all(new is old for new, old in zip(equations, variable.equations, strict=True))
        return [variable if same else replace(variable, equations=equations), *added]

    def _call(
        self, call: Call, variable: Variable, equation: Equation, callers: tuple[str, ...]
    ) -> tuple[Expression, list[Variable]]:
        """Return the value of a call, and the variables of the instance that it gets."""
        macro = self._macro(call, variable)
        self._calls += 1
        if len(callers) >= DEEPEST or self._calls > LARGEST:
            raise ModelError(
                f'{call.where}, "{macro.name}": macros are called more than {DEEPEST} deep or {LARGEST:,} times; '
                "write the equation without them."
            )
        if macro.id in callers:
            reason = f'"{macro.name}" is a macro that calls itself, which cannot be run'
            return Unsupported(macro.name, reason, call.where), []
        if any(map(_is_whole, call.arguments)):
            return Unsupported(macro.name, "a macro of a whole dimension cannot be run", call.where), []
        inputs, outputs = _arguments(macro, call)
        inputs = tuple(rewrite(given, lambda node: self._at_element(node, equation)) for given in inputs)
        instance = self._instance(macro, inputs, variable, equation)
        result = self._result(macro, instance, call)
        parts = [replace(part, group=variable.group) for part in self._hidden.take()]
        self._units |= {part.id: part.unit for part in parts}
        added = [found for part in parts for found in self._variable(part, (*callers, macro.id))]
        for name, given in zip(macro.outputs, outputs, strict=True):
            self._output(given, instance.expression(Reference(name, canonical(name))), variable, equation)
        return result, added

    def _at_element(self, node: Expression, equation: Equation) -> Expression:
        """Read an argument for the elements of an equation, which its instance is for alone and does not know."""
        if not isinstance(node, Reference):
            return node
        subscripts = (
            self._mapped(subscript, equation.elements) if isinstance(subscript, str) else subscript
            for subscript in node.subscripts
        )
        return replace(node, subscripts=tuple(subscripts))

    def _mapped(self, subscript: str, elements: tuple[str, ...]) -> str:
        """Return the one element that a mapping gives a range for some elements; the range where there is none."""
        dimension = self._dimensions.get(subscript)
        found = {
            own
            for _, pairs in (() if dimension is None else dimension.mappings)
            for own, served in pairs
            if set(elements).intersection(served)
        }
        return found.pop() if len(found) == 1 else subscript

    def _macro(self, call: Call, variable: Variable) -> Macro:
        id = call.function.removeprefix(MARK)
        named = [macro for macro in self._macros if macro.id == id]
        for macro in named:
            if macro.takes(len(call.arguments)):
                return macro
        wanted = ", or ".join(map(_signature, named))
        raise ModelError(
            f'{call.where}, "{variable.name}": the macro is {wanted}, and is given {len(call.arguments)} arguments; '
            "give as many as it names."
        )

    def _instance(
        self, macro: Macro, inputs: Sequence[Expression], variable: Variable, equation: Equation
    ) -> _MacroInstance:
        """Make the variables of an instance: its arguments where they are computed, and those of the body."""
        dimensions = tuple(
            self._dimensions[element].name
            for element in (equation.elements or tuple(canonical(name) for name in variable.dimensions))
            if element in self._dimensions
        )
        prefix = self._prefix(macro, variable, equation)
        values = {
            canonical(name): self._argument(f"{prefix}>{name}#", given, dimensions, variable)
            for name, given in zip(macro.inputs, inputs, strict=True)
        }
        names = {
            inside.id: f"{prefix}#" if inside.id == macro.id else f"{prefix}>{inside.name}#"
            for inside in macro.variables
        }
        for inside in macro.variables:
            if inside.id in values:
                raise ModelError(
                    f'{inside.where}, "{inside.name}": this is an argument of the macro "{macro.name}", which its '
                    "calls give; remove the equation."
                )
        instance = _MacroInstance(
            names,
            {**_outside(macro, names), **values},
            dimensions,
            {inside.id: tuple(canonical(name) for name in inside.dimensions) for inside in macro.variables},
            frozenset(inside.id for inside in macro.variables if inside.kind == "lookup"),
            prefix=prefix,
        )
        for inside in macro.variables:
            here = Reference(names[inside.id], canonical(names[inside.id]), (), inside.where)
            self._hidden.add(
                here, lambda _here, inside=inside: self._with_unit(instance.variable(inside), macro, inputs)
            )
        return instance

    def _prefix(self, macro: Macro, variable: Variable, equation: Equation) -> str:
        """Return what the names of an instance begin with, and no name of the model."""
        single = ",".join(element for element in equation.elements if element not in self._dimensions)
        owner = variable.name.strip("#") + (f"({single})" if single else "")
        return self._hidden.free_prefix(
            lambda number: f"#{owner}>{f'{number:03d} ' if number else ''}{macro.name}", followed_by="#>"
        )

    def _argument(self, name: str, given: Expression, dimensions: tuple[str, ...], variable: Variable) -> Expression:
        """Return what stands for an argument: the value itself when it is simple, else a variable of its own."""
        if isinstance(given, (Reference, Number, ClockValue)):
            return given
        subscripts = tuple(canonical(dimension) for dimension in dimensions)
        equations = (Equation(given),)
        return self._hidden.add(
            Reference(name, canonical(name), subscripts, given.where),
            lambda here: Variable(here.name, "auxiliary", equations, dimensions, where=variable.where),
        )

    def _result(self, macro: Macro, instance: _MacroInstance, call: Call) -> Reference:
        """Return the reference that stands in the place of a call."""
        result = instance.expression(macro.result)
        if isinstance(result, Reference):
            # What is said of the value there is not about the macro's own line.
            return replace(result, where=call.where)
        whole = f"{instance.prefix}#" if macro.id not in instance.names else f"{instance.prefix}>value#"
        subscripts = tuple(canonical(dimension) for dimension in instance.dimensions)
        return self._hidden.add(
            Reference(whole, canonical(whole), subscripts, call.where),
            lambda here: Variable(here.name, "auxiliary", (Equation(result),), instance.dimensions, where=call.where),
        )

    def _with_unit(self, variable: Variable, macro: Macro, inputs: Sequence[Expression]) -> Variable:
        """Put the units of what is given in the place of arguments that a unit names; leave out what is unknown."""
        given = zip(macro.inputs, inputs, strict=True)
        units = {
            canonical(name): self._units.get(value.id, "") if isinstance(value, Reference) else ""
            for name, value in given
        }
        if "$" in variable.unit:
            # ``name$`` is the unit of a variable of the model; that of the clock's is not known here.
            units |= {f"{id}$": unit for id, unit in self._units.items()}
            units |= {f"{id}$": "" for id in ("time", "time step", "initial time", "final time", "saveper")}
        return replace(variable, unit=with_units_for(variable.unit, units))

    def _output(self, given: Expression, value: Expression, variable: Variable, equation: Equation) -> None:
        """Define the variable that a call names for one of the macro's outputs."""
        if not isinstance(given, Reference):
            raise ModelError(
                f'{given.where}, "{variable.name}": what a macro puts out goes to a variable; write its name there.'
            )
        part = Equation(value, elements=equation.elements)
        known = self._outputs.get(given.id)
        elements = () if known is None else tuple(other.elements for other in known.equations)
        if known is not None and equation.elements and part.elements not in elements:
            self._outputs[given.id] = replace(known, equations=(*known.equations, part))
        elif known is not None or given.id in self._hidden:
            raise ModelError(
                f'{given.where}, "{given.name}": this name has an equation already; name another variable for '
                "the macro's output."
            )
        else:
            self._outputs[given.id] = Variable(
                given.name, "auxiliary", (part,), variable.dimensions, group=variable.group, where=given.where
            )


def _arguments(macro: Macro, call: Call) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """Return the inputs of a call, defaults in the place of those left out, and its outputs."""
    given = len(call.arguments) - len(macro.outputs)
    missing = len(macro.inputs) - given
    defaults = macro.defaults[len(macro.defaults) - missing :] if missing else ()
    return (*call.arguments[:given], *defaults), call.arguments[given:]


def _outside(macro: Macro, names: Mapping[str, str]) -> dict[str, Expression]:
    """Return what Vensim's ``name$`` means in a body: the variable of the whole model (its reference, "Macros")."""
    expressions = (macro.result, *(part for variable in macro.variables for part in variable.expressions))
    references = (node for expression in expressions for node in walk(expression) if isinstance(node, Reference))
    return {
        reference.id: Reference(
            reference.name.rstrip("$"), reference.id.rstrip("$").strip(), reference.subscripts, reference.where
        )
        for reference in references
        if reference.id.endswith("$") and reference.id not in names
    }


def _is_whole(given: Expression) -> bool:
    """Whether an argument stands for a whole dimension, and not for one number made of it, such as its sum."""
    waiting = [given]
    while waiting:
        match waiting.pop():
            case Reference(subscripts=subscripts) if any(isinstance(subscript, Star) for subscript in subscripts):
                return True
            case Call(function=function) if function in FUNCTIONS and FUNCTIONS[function].role == "array":
                pass
            case node:
                waiting.extend(children(node))
    return False


def _signature(macro: Macro) -> str:
    outputs = f" : {', '.join(macro.outputs)}" if macro.outputs else ""
    return f"{macro.name}({', '.join(macro.inputs)}{outputs})"
