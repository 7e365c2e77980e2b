"""What is tested: a model with what is declared about it, and its plausible constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from egovsim.errors import InputError
from egovsim.model.arrays import display_elements
from egovsim.model.inputs import Design, Profile
from egovsim.model.model import Model
from egovsim.model.variable import Variable
from egovsim.names import element_name
from egovsim.simulation.named_inputs import input_ids
from egovsim.simulation.run import run
from egovsim.validation import defaults
from egovsim.validation.declarations import Bound, Declarations


@dataclass(frozen=True)
class Members:
    """Plausible constants of a model.

    Parameters
    ----------
    name : str
        What they are, for messages; empty where they need no name.
    design : Design
        The values that vary from member to member.
    constants : mapping of str to float
        Values that all members share.
    """

    name: str
    design: Design
    constants: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Subject:
    """A model with what is declared about it, and how it is to be tested.

    Parameters
    ----------
    model, declarations : Model, Declarations
        What is tested, and what is said about it.
    profile : Profile or None
        The region of the base run.
    family : tuple of Profile
        All regions that fit the model.
    accepted : tuple of Members
        Members that agree with evidence, where there are any.
    why_none_accepted : str
        Why there are none although the model has evidence; empty otherwise.
    members : int
        How many random members are drawn from the ranges of the inputs.
    seed, workers : int
        As in `run`.
    """

    model: Model
    declarations: Declarations
    profile: Profile | None = None
    family: tuple[Profile, ...] = ()
    accepted: tuple[Members, ...] = ()
    why_none_accepted: str = ""
    members: int = defaults.MEMBERS
    seed: int = defaults.SEED
    workers: int | None = None

    @property
    def outputs(self) -> list[str]:
        """Names of everything that has a trajectory."""
        return [variable.name for variable in self.model.variables if variable.kind != "lookup"]

    @property
    def inputs(self) -> list[Variable]:
        """The inputs that may be set."""
        return [variable for variable in self.model.inputs if _may_be_set(self.model, variable.name)]

    def range_of(self, variable: Variable) -> Bound:
        """Return the range of an input.

        Parameters
        ----------
        variable : Variable
            An input of the model.

        Returns
        -------
        Bound
            As declared or as in the model's file; open where neither says anything.
        """
        return self.declarations.bounds.get(variable.name, Bound(variable.name))

    @cached_property
    def start_values(self) -> Mapping[str, float]:
        """The value of every input at the start of the base run, by element, in its own unit."""
        names = [variable.name for variable in self.inputs]
        if not names:
            return {}
        result = run(self.model, profile=self.profile, outputs=names, until=self.model.clock.start)
        columns = [name for variable in result.variables.values() for name in variable.column_names]
        return dict(zip(columns, result.trajectories[0, 0, 0, 0].tolist(), strict=True))

    def values_of(self, variable: Variable) -> list[float]:
        """Return the values that an input has at the start of the base run.

        Parameters
        ----------
        variable : Variable
            An input that may be set.

        Returns
        -------
        list of float
            One an element, in its own unit.
        """
        return [self.start_values[element] for element in self.elements(variable.name)]

    def elements(self, name: str) -> list[str]:
        """Return the names of a variable's elements.

        Parameters
        ----------
        name : str
            Of a variable, or of one of its elements.

        Returns
        -------
        list of str
            All elements of the variable, or the one that is named; the variable itself where it is no array.
        """
        variable = self.model.variable_of(name)
        ids = self.model.elements_of(name)
        return [element_name(variable.name, display_elements(self.model, variable, element)) for element in ids]


def _may_be_set(model: Model, name: str) -> bool:
    """Return whether an input takes a value; a compile-time constant, as the order of a delay is, takes none."""
    try:
        input_ids(model, name)
    except InputError:
        return False
    return True
