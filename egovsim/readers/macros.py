"""Macros, of Vensim and of XMILE alike: every call becomes variables of its own.

A macro's body knows its own names and its arguments alone.  Each call gets an instance of all its
variables, whose names begin with the variable that calls (Vensim's reference, "Macros"; XMILE 1.0,
section 4.8), so that every call has its own stocks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count

from egovsim.errors import ModelError
from egovsim.model.expression import (
    Call,
    ClockValue,
    Expression,
    LookupCall,
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
from egovsim.model.model import Dimension
from egovsim.model.units.texts import with_units_for
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical

DEEPEST = 50
"""How deep macros, and modules, may be nested."""

LARGEST = 20_000
"""How many instances of macros, and of modules, one model may have; a few that call each other twice make millions."""

MARK = "macro "
"""What the name of a function begins with while it stands for a macro; such a call never leaves the readers."""


@dataclass(frozen=True)
class Macro:
    """A macro: what its calls give it, what they get, and the variables of its body.

    `inputs` and `outputs` are names as the file has them, `result` is the value of a call, and
    `defaults` are the values of the last inputs where a call leaves them out.
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
        """Whether a call may have so many arguments, outputs among them."""
        least = len(self.inputs) + len(self.outputs) - len(self.defaults)
        return least <= number <= len(self.inputs) + len(self.outputs)


@dataclass(frozen=True)
class Instance:
    """How the variables of a body are named and read where an instance of it stands.

    `names` gives the name outside of each variable inside, `values` the expression in the place of an
    argument; both by canonical id.  `dimensions` are names of dimensions that every variable of the
    instance has before its own, and `own` the ids of those it has itself.
    """

    names: Mapping[str, str]
    values: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    dimensions: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    lookups: Collection[str] = frozenset()

    def variable(self, inside: Variable) -> Variable:
        """Return a variable of the body as it stands in the instance."""
        before = () if inside.kind == "lookup" else self.dimensions
        return replace(
            inside,
            name=self.names[inside.id],
            dimensions=(*before, *inside.dimensions),
            equations=tuple(self._equation(equation, before) for equation in inside.equations),
            inflows=tuple(canonical(self.names.get(inflow, inflow)) for inflow in inside.inflows),
            outflows=tuple(canonical(self.names.get(outflow, outflow)) for outflow in inside.outflows),
        )

    def _equation(self, inside: Equation, before: tuple[str, ...]) -> Equation:
        elements = inside.elements and (*(canonical(one) for one in before), *inside.elements)
        return replace(_with_expressions(inside, self.expression), elements=elements)

    def expression(self, inside: Expression) -> Expression:
        """Return an expression of the body as it stands in the instance."""
        return rewrite(inside, self._node)

    def _node(self, node: Expression) -> Expression:
        match node:
            case Reference():
                return self._reference(node)
            case LookupCall(lookup=lookup):
                found = self._reference(lookup)
                return replace(node, lookup=found) if isinstance(found, Reference) else node
            case _:
                return node

    def _reference(self, inside: Reference) -> Expression:
        value = self.values.get(inside.id)
        if value is not None:
            return value
        name = self.names.get(inside.id)
        if name is None:
            return inside
        before = () if inside.id in self.lookups else tuple(canonical(dimension) for dimension in self.dimensions)
        after = inside.subscripts or (self.own.get(inside.id, ()) if before else ())
        return replace(inside, name=name, id=canonical(name), subscripts=(*before, *after))


def with_expressions(variable: Variable, change: Callable[[Expression], Expression]) -> Variable:
    """Return a variable with other expressions; the same one when `change` returns what it is given."""
    equations = tuple(_with_expressions(equation, change) for equation in variable.equations)
    same = all(a is b for a, b in zip(equations, variable.equations, strict=True))
    return variable if same else replace(variable, equations=equations)


def _with_expressions(equation: Equation, change: Callable[[Expression], Expression]) -> Equation:
    expression = None if equation.expression is None else change(equation.expression)
    rate = None if equation.rate is None else change(equation.rate)
    same = expression is equation.expression and rate is equation.rate
    return equation if same else replace(equation, expression=expression, rate=rate)


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
        A call has too few or too many arguments, or an output of it is borne by another variable.
    """
    if not macros:
        return list(variables)
    return _Expander(macros, dimensions, {variable.id for variable in variables}).expanded(variables)


class _Expander:
    """Expands the calls of one model; knows the names that are taken."""

    def __init__(self, macros: Sequence[Macro], dimensions: Mapping[str, Dimension], taken: set[str]) -> None:
        self._macros = macros
        self._dimensions = dimensions
        self._taken = taken
        self._units: dict[str, str] = {}
        self._outputs: dict[str, Variable] = {}
        self._calls = 0

    def expanded(self, variables: Sequence[Variable]) -> list[Variable]:
        self._units = {variable.id: variable.unit for variable in variables}
        found = [part for variable in variables for part in self._variable(variable, ())]
        return [*found, *self._outputs.values()]

    def _variable(self, variable: Variable, callers: tuple[str, ...]) -> list[Variable]:
        """Return a variable without calls, and the variables of the instances that it called."""
        added: list[Variable] = []
        equations = tuple(self._equation(variable, equation, callers, added) for equation in variable.equations)
        same = all(a is b for a, b in zip(equations, variable.equations, strict=True))
        return [variable if same else replace(variable, equations=equations), *added]

    def _equation(
        self, variable: Variable, equation: Equation, callers: tuple[str, ...], added: list[Variable]
    ) -> Equation:
        def change(node: Expression) -> Expression:
            if isinstance(node, Call) and node.function.startswith(MARK):
                return self._call(node, variable, equation, callers, added)
            return node

        return _with_expressions(equation, lambda one: rewrite(one, change))

    def _call(
        self,
        call: Call,
        variable: Variable,
        equation: Equation,
        callers: tuple[str, ...],
        added: list[Variable],
    ) -> Expression:
        macro = self._macro(call, variable)
        self._calls += 1
        if len(callers) >= DEEPEST or self._calls > LARGEST:
            raise ModelError(
                f'{call.where}, "{macro.name}": macros are called more than {DEEPEST} deep or {LARGEST:,} times; '
                "write the equation without them."
            )
        if macro.id in callers:
            return Unsupported(
                macro.name, f'"{macro.name}" is a macro that calls itself, which cannot be run', call.where
            )
        if any(map(_is_whole, call.arguments)):
            return Unsupported(macro.name, "a macro of a whole dimension cannot be run", call.where)
        dimensions = tuple(
            self._dimensions[element].name
            for element in (equation.elements or tuple(canonical(name) for name in variable.dimensions))
            if element in self._dimensions
        )
        inputs, outputs = self._arguments(macro, call)
        prefix = self._prefix(macro, variable, equation)
        values, bound = self._bound(macro, inputs, prefix, dimensions, variable)
        instance = self._instance(macro, prefix, values, dimensions)
        parts = [self._with_unit(instance.variable(one), macro, inputs) for one in macro.variables]
        result = instance.expression(macro.result)
        if not isinstance(result, Reference):
            whole = f"{prefix}#" if macro.id not in instance.names else f"{prefix}>value#"
            parts.append(
                Variable(whole, "auxiliary", (Equation(result),), dimensions, where=call.where, group=variable.group)
            )
            result = Reference(whole, canonical(whole), tuple(canonical(dimension) for dimension in dimensions))
        # The value stands where the macro is called; what is said of it there is not about the macro's own line.
        result = replace(result, where=call.where)
        self._taken |= {one.id for one in (*bound, *parts)}
        self._units |= {one.id: one.unit for one in (*bound, *parts)}
        for one in (*bound, *parts):
            added += self._variable(replace(one, group=variable.group), (*callers, macro.id))
        for name, given in zip(macro.outputs, outputs, strict=True):
            self._output(given, instance.expression(Reference(name, canonical(name))), variable, equation)
        return result

    def _macro(self, call: Call, variable: Variable) -> Macro:
        id = call.function.removeprefix(MARK)
        named = [macro for macro in self._macros if macro.id == id]
        for one in named:
            if one.takes(len(call.arguments)):
                return one
        wanted = ", or ".join(_signature(one) for one in named)
        raise ModelError(
            f'{call.where}, "{variable.name}": the macro is {wanted}, and is given {len(call.arguments)} arguments; '
            "give as many as it names."
        )

    @staticmethod
    def _arguments(macro: Macro, call: Call) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
        """Return the inputs of a call, defaults in the place of those left out, and its outputs."""
        given = len(call.arguments) - len(macro.outputs)
        missing = len(macro.inputs) - given
        defaults = macro.defaults[len(macro.defaults) - missing :] if missing else ()
        return (*call.arguments[:given], *defaults), call.arguments[given:]

    def _prefix(self, macro: Macro, variable: Variable, equation: Equation) -> str:
        """Return what the names of an instance begin with; the first that is free."""
        single = ",".join(element for element in equation.elements if element not in self._dimensions)
        owner = variable.name.strip("#") + (f"({single})" if single else "")
        names = (f"#{owner}>{f'{n:03d} ' if n else ''}{macro.name}" for n in count())
        prefix = next(name for name in names if canonical(f"{name}#") not in self._taken)
        self._taken.add(canonical(f"{prefix}#"))
        return prefix

    def _bound(
        self,
        macro: Macro,
        inputs: Sequence[Expression],
        prefix: str,
        dimensions: tuple[str, ...],
        variable: Variable,
    ) -> tuple[dict[str, Expression], list[Variable]]:
        """Return what stands for each argument: the value itself when it is simple, else a variable of its own."""
        values: dict[str, Expression] = {}
        bound: list[Variable] = []
        for name, given in zip(macro.inputs, inputs, strict=True):
            if not isinstance(given, (Reference, Number, ClockValue)):
                full = f"{prefix}>{name}#"
                bound.append(Variable(full, "auxiliary", (Equation(given),), dimensions, where=variable.where))
                given = Reference(
                    full, canonical(full), tuple(canonical(dimension) for dimension in dimensions), given.where
                )
            values[canonical(name)] = given
        return values, bound

    @staticmethod
    def _instance(macro: Macro, prefix: str, values: dict[str, Expression], dimensions: tuple[str, ...]) -> Instance:
        names = {
            variable.id: f"{prefix}#" if variable.id == macro.id else f"{prefix}>{variable.name}#"
            for variable in macro.variables
        }
        return Instance(
            names,
            {**_outside(macro, names), **values},
            dimensions,
            {variable.id: tuple(canonical(name) for name in variable.dimensions) for variable in macro.variables},
            frozenset(variable.id for variable in macro.variables if variable.kind == "lookup"),
        )

    def _with_unit(self, variable: Variable, macro: Macro, inputs: Sequence[Expression]) -> Variable:
        """Put the units of what is given in the place of arguments that a unit names; leave out what is unknown."""
        given = zip(macro.inputs, inputs, strict=True)
        units = {
            canonical(name): self._units.get(one.id, "") if isinstance(one, Reference) else "" for name, one in given
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
        if known is not None and equation.elements and part.elements not in [one.elements for one in known.equations]:
            self._outputs[given.id] = replace(known, equations=(*known.equations, part))
        elif known is not None or given.id in self._taken:
            raise ModelError(
                f'{given.where}, "{given.name}": this name has an equation already; name another variable for '
                "the macro's output."
            )
        else:
            self._outputs[given.id] = Variable(
                given.name, "auxiliary", (part,), variable.dimensions, group=variable.group, where=given.where
            )


def _outside(macro: Macro, names: Mapping[str, str]) -> dict[str, Expression]:
    """Return what Vensim's ``name$`` means in a body: the variable of the whole model (its reference, "Macros")."""
    expressions = (macro.result, *(part for variable in macro.variables for part in _expressions(variable)))
    references = (node for expression in expressions for node in walk(expression) if isinstance(node, Reference))
    return {
        reference.id: Reference(
            reference.name.rstrip("$"), reference.id.rstrip("$").strip(), reference.subscripts, reference.where
        )
        for reference in references
        if reference.id.endswith("$") and reference.id not in names
    }


def _expressions(variable: Variable) -> Iterator[Expression]:
    return (
        part for equation in variable.equations for part in (equation.expression, equation.rate) if part is not None
    )


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
