"""A twin: a model that holds two paths at once, a base and another, with switches that give one the other's values.

What a path changes reaches an outcome through variables. To see how much goes through one of them, everything that
reads it must read the value that the same member has in the base, at every instant. Series are shared by all
members, so that value cannot come from outside: both paths run in one model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from egovsim.errors import InputError, ModelError
from egovsim.model.dependencies import effects_of
from egovsim.model.expression import If, Reference
from egovsim.model.functions import draws_random_numbers
from egovsim.model.interventions.parts import is_on, reading, reading_always, switch
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical, element_name, free_name, split_element

_BASE = "in the base"
_READ = "as read"
_SWITCH = "is that of the base"
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Twin:
    """A model in which whatever certain levers influence is there twice: under its own name, and in the base.

    Parameters
    ----------
    model : Model
        With the copies, and a constant for each channel.
    copies : mapping of str to str
        By canonical name, what each variable that is there twice is called in the base.
    switches : mapping of str to str
        By channel, the constant: at 1 what reads the channel's variables reads their values in the base.
    """

    model: Model
    copies: Mapping[str, str]
    switches: Mapping[str, str]

    def in_base(self, name: str) -> str:
        """Return what a variable, or an element of one, is called in the base.

        Parameters
        ----------
        name : str
            As in the model that the twin was made of.

        Returns
        -------
        str
            The name itself where both paths share the variable.
        """
        variable, elements = split_element(name)
        copy = self.copies.get(canonical(variable))
        return name if copy is None else element_name(copy, elements)

    def doubled(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return values of inputs for both paths: those of inputs that are there twice are given twice.

        Parameters
        ----------
        values : mapping of str to any
            By input of the model that the twin was made of; a stock stands for its start, which both share.

        Returns
        -------
        dict
            Each value, followed by that of its copy.
        """
        found: dict[str, Value] = {}
        for name, value in values.items():
            found[name] = value
            if self.model.variable_of(name).kind != "stock":
                found[self.in_base(name)] = value
        return found


def twin(model: Model, levers: Iterable[str], channels: Mapping[str, Sequence[str]]) -> Twin:
    """Return the twin of a model: what the levers influence is doubled, all else is shared.

    The first copy keeps all names, so a profile, scenario or policy sets it as before; a base is decided by the
    levers' copies. A doubled stock begins where the stock itself begins, whatever sets that. Where a channel's switch
    is 1, the stocks, flows and auxiliaries of the first copy read the channel's variables as they are in the base;
    the variables themselves go on by their own equations, and initial values are left alone.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    levers : iterable of str
        The inputs, or elements of inputs, that the two paths may set differently.
    channels : mapping of str to sequence of str
        By name, the variables that a switch replaces together; one that no lever influences changes nothing.

    Returns
    -------
    Twin
        The model with copies and switches, and what these are called.

    Raises
    ------
    UnknownNameError
        When no variable bears a name.
    InputError
        When a channel names a lookup, which has no value over time.
    ModelError
        When what is doubled draws random numbers: the copy would draw others.
    """
    doubled = _influenced(model, [model.variable_of(lever) for lever in levers])
    taken = set(model.by_id)
    copies = {id: _new_name(f"{model.by_id[id].name} {_BASE}", taken) for id in doubled}
    switches = {channel: _new_name(f"{channel} {_SWITCH}", taken) for channel in channels}
    reads, instead = dict[str, str](), list[Variable]()
    for channel, variables in channels.items():
        for variable in (model[name] for name in variables):
            if variable.kind == "lookup":
                raise InputError(f'"{variable.name}" is a lookup and has no value over time; name what uses it.')
            if variable.id in reads:
                raise InputError(f'"{variable.name}" is in the channel "{channel}" a second time; leave it out of one.')
            if variable.id in copies:
                reads[variable.id] = _new_name(f"{variable.name} {_READ}", taken)
                instead.append(_read_through(variable, reads[variable.id], copies[variable.id], switches[channel]))
    own = [_reading_channels(variable, reads) for variable in model.variables]
    others = [_copy(model.by_id[id], copies) for id in doubled]
    constants = map(switch, switches.values())
    variables = (*own, *others, *instead, *constants)
    return Twin(replace(model, variables=variables, views=(), reality_checks=()), copies, switches)


def _new_name(wished: str, taken: set[str]) -> str:
    """Return a name that nothing bears, and put it with the others."""
    name = free_name(wished, taken)
    taken.add(canonical(name))
    return name


def _influenced(model: Model, levers: Sequence[Variable]) -> tuple[str, ...]:
    """Return the ids of the levers and of all that they influence, in the order of the file."""
    effects = effects_of(model)
    found: set[str] = set()
    waiting = [lever.id for lever in levers]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += effects[id]
    for id in found:
        if draws_random_numbers(model.by_id[id]):
            raise ModelError(f'"{model.by_id[id].name}" draws random numbers; a second copy of it would draw others.')
    return tuple(variable.id for variable in model.variables if variable.id in found)


def _copy(variable: Variable, copies: Mapping[str, str]) -> Variable:
    """Return a variable's copy in the base; a stock whose start is set from outside takes over the other's."""
    equations = reading_always(variable, copies).equations
    if variable.kind == "stock" and variable.is_input:
        equations = tuple(
            replace(equation, expression=Reference(variable.name, variable.id, equation.elements))
            for equation in equations
        )

    def flows(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(canonical(copies.get(id, id)) for id in ids)

    return replace(
        variable,
        name=copies[variable.id],
        equations=equations,
        inflows=flows(variable.inflows),
        outflows=flows(variable.outflows),
    )


def _read_through(variable: Variable, name: str, copy: str, switch_name: str) -> Variable:
    """Return what is read in place of a variable: its value in the base where the switch is on."""
    ids = tuple(map(canonical, variable.dimensions))
    base, own = Reference(copy, canonical(copy), ids), Reference(variable.name, variable.id, ids)
    value = Equation(If(is_on(switch_name), base, own), ids)
    return Variable(name, "auxiliary", (value,), variable.dimensions, unit=variable.unit)


def _reading_channels(user: Variable, reads: Mapping[str, str]) -> Variable:
    """Return a variable that reads others through their channels; what a stock says of itself is left alone."""
    own = user.id if user.kind == "stock" else ""
    return reading(user, {id: name for id, name in reads.items() if id != own})
