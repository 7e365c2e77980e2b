"""A model as data: named equations with units, notes and positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Literal, TypeVar

from egovsim.errors import UnknownNameError, unknown_name
from egovsim.model.element_equations import Elements, equation_by_element, every_element
from egovsim.model.expression import Where
from egovsim.model.origin import Origin
from egovsim.model.reality_checks import RealityCheck
from egovsim.model.uneven_steps import UnevenSteps
from egovsim.model.variable import Equation, Variable
from egovsim.model.views import View
from egovsim.names import canonical, element_name, split_element
from egovsim.public import set_module

Method = Literal["euler", "rk2", "midpoint", "rk4"]
"""How a model is integrated. ``rk2`` is Heun's method, which Stella calls second-order Runge-Kutta and XMILE
``rk2``; ``midpoint`` is the method of Vensim that bears the same name (see `METHODS` of the compiler)."""

Mapped = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""The id of a dimension, and which of its elements each element of another one serves."""


@dataclass(frozen=True)
class Dimension:
    """A dimension, or a part of one.

    Parameters
    ----------
    name : str
        As the file has it.
    elements : tuple of str
        In order, named as the file names them.
    mappings : tuple
        What it stands for in an equation over another dimension (Vensim's ``->``): for each such dimension, by its
        id, pairs of an own element's id and the ids of the elements there that it serves.
    has_repeats : bool
        Whether its file lists an element more than once, so that it is not known how many it counts.
    """

    name: str
    elements: tuple[str, ...]
    mappings: tuple[Mapped, ...] = ()
    has_repeats: bool = field(default=False, compare=False, repr=False)

    @property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)

    @cached_property
    def element_ids(self) -> tuple[str, ...]:
        """The canonical forms of the elements' names."""
        return tuple(canonical(element) for element in self.elements)

    @cached_property
    def element_names(self) -> Mapping[str, str]:
        """The elements' names by their ids."""
        return dict(zip(self.element_ids, self.elements, strict=True))


@dataclass(frozen=True, slots=True)
class Clock:
    """When a model runs, and how.

    Parameters
    ----------
    start, stop : float
        The first and the last instant.
    time_step : float
        How far it moves at once.
    save_every : float, optional
        How far saved instants are apart; by default every step is saved.
    method : {"euler", "rk2", "midpoint", "rk4"}
        How to integrate.
    unit : str
        The unit of all these times.
    uneven : UnevenSteps, optional
        The instants, where steps or saving interval change while the model runs; `time_step` is then the shortest.
    """

    start: float
    stop: float
    time_step: float
    save_every: float | None = None
    method: Method = "euler"
    unit: str = ""
    uneven: UnevenSteps | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UnitSynonyms:
    """Names of one unit.

    Parameters
    ----------
    names : tuple of str
        The main one first.
    definition : str
        What the unit is made of, in other units (``1000*kg``, ``kg*m/s^2``); empty where the unit is one of its own.
    """

    names: tuple[str, ...]
    definition: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a reader left out of a model.

    Parameters
    ----------
    variable : str
        The name of the variable, or of the module.
    text : str
        What was left out, and why.
    where : Where
        Where its equation stands.
    """

    variable: str
    text: str
    where: Where

    def __str__(self) -> str:
        name = f', "{self.variable}"' if self.variable else ""
        return f"{self.where}{name}: {self.text}"


Derived = TypeVar("Derived")


@dataclass(slots=True)
class _EquationsByElement:
    """The equations of one model by element, by the ids of its variables; see `Model.derived`."""

    by_variable: dict[str, Mapping[tuple[str, ...], Equation]] = field(
        default_factory=dict[str, Mapping[tuple[str, ...], Equation]]
    )


@set_module("egovsim")
@dataclass(frozen=True)
class Model:
    """A model: its clock, dimensions and variables, in the order of the file.

    Parameters
    ----------
    name : str
        The model's name, or the file's.
    clock : Clock
        When it runs.
    dimensions : tuple of Dimension
        Dimensions of arrays.
    variables : tuple of Variable
        Stocks, flows, auxiliaries and lookups.
    file : str
        The file's name, for messages.
    ignored : tuple of str
        Display features that were left out, each with its count, for `check` to list.
    unit_synonyms : tuple of UnitSynonyms
        What the file says about names of units.
    views : tuple of View
        Its diagrams; ``dataclasses.replace(model, views=...)`` gives it others.
    reality_checks : tuple of RealityCheck
        What the file says must follow from what; they change no number.
    sources : tuple of str
        The other files that numbers or modules were taken from, or looked for in, by paths from the model's folder.
    left_out : tuple of LeftOut
        What of those files was no number and is no point of a series, and what of the model leads nowhere, for `check`
        to warn of.
    required : frozenset of str
        Ids of the inputs that have no equation, so that a run must be given their values.

    Attributes
    ----------
    origin : Origin or None
        Where it was read from. A model that was made or changed in memory has none: ``dataclasses.replace`` leaves it
        out, as it does what was derived from the model.
    """

    name: str
    clock: Clock
    dimensions: tuple[Dimension, ...]
    variables: tuple[Variable, ...]
    file: str = ""
    ignored: tuple[str, ...] = ()
    unit_synonyms: tuple[UnitSynonyms, ...] = ()
    views: tuple[View, ...] = ()
    reality_checks: tuple[RealityCheck, ...] = ()
    sources: tuple[str, ...] = field(default=(), compare=False)
    left_out: tuple[LeftOut, ...] = field(default=(), compare=False)
    required: frozenset[str] = frozenset()
    origin: Origin | None = field(default=None, init=False, compare=False)

    @cached_property
    def by_id(self) -> Mapping[str, Variable]:
        """Variables by canonical id."""
        return {variable.id: variable for variable in self.variables}

    @cached_property
    def dimension_by_id(self) -> Mapping[str, Dimension]:
        """Dimensions by canonical id."""
        return {dimension.id: dimension for dimension in self.dimensions}

    @cached_property
    def element_ids(self) -> Elements:
        """The ids of the elements of each dimension, by its id."""
        return {dimension.id: dimension.element_ids for dimension in self.dimensions}

    @cached_property
    def subscript_ids(self) -> frozenset[str]:
        """Ids of all dimensions and of all their elements."""
        return frozenset(id for dimension in self.dimensions for id in (dimension.id, *dimension.element_ids))

    def read_from(self, origin: Origin) -> None:
        """Say where the model was read from; for its reader alone.

        Parameters
        ----------
        origin : Origin
            What tells it from any other model.
        """
        object.__setattr__(self, "origin", origin)

    def derived(self, kind: type[Derived]) -> Derived:
        """Return what one part of the package has derived from this model; it lives and dies with the model.

        Parameters
        ----------
        kind : type
            A class of that part, which is made without arguments when it is first asked for.

        Returns
        -------
        object
            The one object of that class that belongs to this model.
        """
        found = self._derived.get(kind)
        if not isinstance(found, kind):
            found = self._derived[kind] = kind()
        return found

    @cached_property
    def _derived(self) -> dict[type, object]:
        return {}

    def __getstate__(self) -> dict[str, object]:
        """Return the fields alone: what was derived from them is derived again."""
        return {own.name: getattr(self, own.name) for own in fields(self)}

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """Variables whose equation or initial value is a plain number: those a caller may set."""
        return tuple(variable for variable in self.variables if variable.is_input)

    @property
    def stocks(self) -> tuple[Variable, ...]:
        """The stocks, in the order of the file."""
        return tuple(variable for variable in self.variables if variable.kind == "stock")

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the variables by group, in the order of the file."""
        found: dict[str, list[str]] = {}
        for variable in self.variables:
            found.setdefault(variable.group, []).append(variable.name)
        return {name: tuple(members) for name, members in found.items() if name}

    def __getitem__(self, name: str) -> Variable:
        """Return the variable of that name, in any case, blanks or underscores.

        Raises
        ------
        UnknownNameError
            When no variable bears it; the message gives the nearest names.
        """
        found = self.by_id.get(canonical(name))
        if found is None:
            raise self.unknown(name)
        return found

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def __repr__(self) -> str:
        return f"<Model {self.name!r}: {len(self.stocks)} stocks, {len(self)} variables>"

    def unknown(self, name: str, *, where: str = "") -> UnknownNameError:
        """Build the error for a name that no variable bears.

        Parameters
        ----------
        name : str
            As the user wrote it.
        where : str
            The place, put in front.

        Returns
        -------
        UnknownNameError
            To be raised by the caller.
        """
        names = [variable.name for variable in self.variables]
        return unknown_name(name, names, what=f"a variable of {self.file or self.name}", where=where)

    def variable_of(self, name: str) -> Variable:
        """Return the variable that a name belongs to.

        Parameters
        ----------
        name : str
            A variable, or an element of one, there or not.

        Returns
        -------
        Variable
            The whole variable.

        Raises
        ------
        UnknownNameError
            When no variable bears the name.
        """
        return self._named(name)[0]

    def _named(self, name: str) -> tuple[Variable, tuple[str, ...]]:
        """Return a variable and the element of it that is meant; a variable's own name may have brackets."""
        whole = self.by_id.get(canonical(name))
        if whole is not None:
            return whole, ()
        base, elements = split_element(name)
        return self[base], elements

    def elements_of(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Return the elements that a name stands for.

        Parameters
        ----------
        name : str
            A variable, or an element of one.

        Returns
        -------
        tuple of tuple of str
            Ids: of all elements of an array that have an equation, of the one element of ``x[rural]``, ``((),)`` of a
            scalar.

        Raises
        ------
        UnknownNameError
            When no variable bears the name, or no element with an equation.
        """
        variable, wanted = self._named(name)
        every = tuple(self.equations_of(variable))
        if not wanted:
            return every
        ids = tuple(map(canonical, wanted))
        if ids in every:
            return (ids,)
        if not variable.dimensions:
            raise UnknownNameError(f'"{variable.name}" is no array; write its name alone.')
        if ids in every_element(variable, self.element_ids):
            shown = element_name(variable.name, wanted)
            raise UnknownNameError(f'"{shown}" has no equation in {self.file or self.name}; add one for this element.')
        raise unknown_name(",".join(wanted), map(",".join, every), what=f'an element of "{variable.name}"')

    def equations_of(self, variable: Variable) -> Mapping[tuple[str, ...], Equation]:
        """Return the equation of each element of a variable that has one; worked out once for each variable.

        Parameters
        ----------
        variable : Variable
            One of the model.

        Returns
        -------
        mapping of tuple of str to Equation
            By the ids of the element, the last dimension fastest; of a scalar by ``()``.
        """
        known = self.derived(_EquationsByElement).by_variable
        if variable.id not in known:
            known[variable.id] = equation_by_element(variable, self.element_ids)
        return known[variable.id]
