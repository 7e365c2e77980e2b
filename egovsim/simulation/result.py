"""What runs return: labelled trajectories and metrics, and which runs failed."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from egovsim.errors import DataError, OutputError, unknown_name
from egovsim.model.argument_checks import refuse_other_kinds, text_of
from egovsim.model.inputs import Floats
from egovsim.names import canonical, element_name, split_element
from egovsim.output import write_atomically
from egovsim.public import set_module

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import xarray

_RUN_DIMENSIONS = ("scenario", "policy", "member")


@dataclass(frozen=True)
class OutputVariable:
    """Where a variable's elements stand among the columns of a result.

    Parameters
    ----------
    name : str
        The variable's, or the element's.
    unit : str
        Its own unit.
    dimensions : tuple of pairs
        The name of each dimension, with those of its elements; empty for a scalar.
    first : int
        The column of its first element.
    defined : tuple of int, optional
        The places of the elements that have an equation, and so a column, the last dimension fastest; by default all.
    """

    name: str
    unit: str
    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    first: int
    defined: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many elements each dimension has."""
        return tuple(len(elements) for _, elements in self.dimensions)

    @property
    def columns(self) -> slice:
        """The columns of its elements, the last dimension fastest."""
        count = int(np.prod(self.shape, dtype=int)) if self.defined is None else len(self.defined)
        return slice(self.first, self.first + count)

    @property
    def element_names(self) -> list[str]:
        """Names of all elements, ``Coverage[rural]``, the last dimension fastest."""
        return [element_name(self.name, elements) for elements in product(*(names for _, names in self.dimensions))]

    @property
    def column_names(self) -> list[str]:
        """Names of the elements that have an equation, in the order of the columns."""
        every = self.element_names
        return every if self.defined is None else [every[place] for place in self.defined]


@dataclass(frozen=True)
class Status:
    """Which runs failed.

    Parameters
    ----------
    failed_at : float64, shape (scenario, policy, member)
        The time at which a stock first was not a finite number, and not a number where the run is sound.
    variable : object, shape (scenario, policy, member)
        The first variable that was not finite, in the order of evaluation; empty where the run is sound.
    """

    failed_at: Floats
    variable: np.ndarray[Any, np.dtype[np.object_]]

    @property
    def failures(self) -> int:
        """How many runs failed."""
        return int(np.count_nonzero(~np.isnan(self.failed_at)))

    def __str__(self) -> str:
        runs = self.failed_at.size
        if not self.failures:
            return f"{runs} run{'' if runs == 1 else 's'}, none failed"
        place = tuple(np.argwhere(~np.isnan(self.failed_at))[0])
        first = f'the first at {self.failed_at[place]:g} through "{self.variable[place]}"'
        return f"{runs} run{'' if runs == 1 else 's'}, {self.failures} failed, {first}"


@set_module("egovsim")
@dataclass(frozen=True, repr=False)
class Result:
    """The outcome of `run`.

    Attributes
    ----------
    scenarios, policies : tuple of str
        Names, in the order of the first two dimensions.
    members : int
        Length of the third dimension.
    time : float64, shape (time,)
        Saved instants.
    status : Status
        Which runs failed, when, and through which variable.
    """

    scenarios: tuple[str, ...]
    policies: tuple[str, ...]
    members: int
    time: Floats
    status: Status
    variables: Mapping[str, OutputVariable]
    trajectories: Floats
    metric_table: Floats
    metric_names: tuple[str, ...]
    time_unit: str = ""

    def values(self, name: str) -> Floats:
        """Return the trajectory of a variable, or of an element.

        Parameters
        ----------
        name : str
            ``"Coverage"`` or ``"Coverage[rural]"``.

        Returns
        -------
        float64, shape (scenario, policy, member, time, dimensions of the variable)
            In the variable's own unit; not a number in an element of an array that has no equation.

        Raises
        ------
        UnknownNameError
            When the variable is not among the outputs.
        """
        variable, elements = self._found(name)
        block = self.trajectories[..., variable.columns]
        if variable.defined is not None:
            whole = np.full((*block.shape[:-1], int(np.prod(variable.shape, dtype=int))), np.nan)
            whole[..., list(variable.defined)] = block
            block = whole
        block = block.reshape(*block.shape[:-1], *variable.shape)
        return block[(..., *elements)] if elements else block

    def __getitem__(self, name: str) -> xarray.DataArray:
        """Return a variable as a labelled array, its unit among the attributes.

        A dimension of the model that is called as one of a run's, or that a variable has twice, stands there as
        ``scenario (dimension)``.
        """
        import xarray

        variable, elements = self._found(name)
        coordinates: dict[str, Any] = {**self._run_coordinates(), "time": self.time}
        for dimension, names in () if elements else variable.dimensions:
            coordinates[_free(dimension, "dimension", coordinates)] = list(names)
        return xarray.DataArray(
            self.values(name), coords=coordinates, dims=list(coordinates), name=name, attrs={"unit": variable.unit}
        )

    def _found(self, name: str) -> tuple[OutputVariable, tuple[int, ...]]:
        """Return an output and the places of the element that is meant; none for a whole output."""
        text_of(name, "a result is asked for", remedy="give the name of one of its outputs")
        base, elements = split_element(name)
        ids = tuple(map(canonical, elements))
        whole = self.variables.get(canonical(name)) or self.variables.get(element_name(canonical(base), ids))
        if whole is not None:
            return whole, ()
        array = self.variables.get(canonical(base))
        if array is None:
            known = [variable.name for variable in self.variables.values()]
            raise unknown_name(name, known, what="among the outputs of this result")
        places = [tuple(map(canonical, names)) for _, names in array.dimensions]
        known = {tuple(map(canonical, split_element(shown)[1])) for shown in array.column_names}
        if ids not in known:
            raise unknown_name(name, array.column_names, what="among the outputs of this result")
        return array, tuple(names.index(id) for id, names in zip(ids, places, strict=True))

    def _run_coordinates(self) -> dict[str, Any]:
        labels = (list(self.scenarios), list(self.policies), np.arange(self.members))
        return dict(zip(_RUN_DIMENSIONS, labels, strict=True))

    def metric_values(self, name: str) -> Floats:
        """Return a metric.

        Parameters
        ----------
        name : str
            Its label.

        Returns
        -------
        float64, shape (scenario, policy, member)
            In the metric's own unit; not a number where the run failed.

        Raises
        ------
        UnknownNameError
            When the result has no such metric.
        """
        if name not in self.metric_names:
            raise unknown_name(name, self.metric_names, what="among the metrics of this result")
        return self.metric_table[..., self.metric_names.index(name)]

    @property
    def metrics(self) -> xarray.Dataset:
        """The metrics as labelled arrays over scenario, policy and member."""
        import xarray

        arrays = {
            _free(name, "metric", _RUN_DIMENSIONS): (_RUN_DIMENSIONS, self.metric_values(name))
            for name in self.metric_names
        }
        return xarray.Dataset(arrays, coords=self._run_coordinates())

    def to_xarray(self) -> xarray.Dataset:
        """Return all outputs as one labelled data set.

        Returns
        -------
        xarray.Dataset
            An array for each variable, with its unit among the attributes. One that is called as a dimension is
            there as ``policy (variable)``.
        """
        import xarray

        arrays = {variable.name: self[variable.name] for variable in self.variables.values()}
        taken = {str(dimension) for array in arrays.values() for dimension in array.dims}
        return xarray.Dataset({_free(name, "variable", taken): array for name, array in arrays.items()})

    def to_frame(self) -> pandas.DataFrame:
        """Return a table.

        Returns
        -------
        pandas.DataFrame
            Of one run, the wide table: indexed by time, a column for each variable or element, with the
            file's own names. Of more runs a tidy one: scenario, policy, member, time, variable, value.
        """
        import pandas  # pyright: ignore[reportMissingTypeStubs]

        names = [name for variable in self.variables.values() for name in variable.column_names]
        index = pandas.Index(self.time, name="time")
        if self.trajectories.shape[:3] == (1, 1, 1):
            return pandas.DataFrame(self.trajectories[0, 0, 0], index=index, columns=names)
        labels = [*self._run_coordinates().values(), self.time, names]
        full = pandas.MultiIndex.from_product(labels, names=[*_RUN_DIMENSIONS, "time", "variable"])
        return pandas.Series(self.trajectories.reshape(-1), index=full, name="value").reset_index()

    def save(self, path: str | Path) -> None:
        """Write the result to one file, which `load_result` reads.

        Parameters
        ----------
        path : str or Path
            The file to make or replace.

        Raises
        ------
        OutputError
            When the name ends in anything but ``.npz``, or the file cannot be written.
        """
        refuse_other_kinds(path, (str, Path), "a result is to be saved to", remedy="give a path")
        if Path(path).suffix.lower() != ".npz":
            remedy = "give a name that ends in .npz, or write the table, as in result.to_frame().to_csv(...)"
            raise OutputError(f"{path}: a result is saved as .npz, which load_result reads; {remedy}.")
        head = {
            "scenarios": self.scenarios,
            "policies": self.policies,
            "variables": [
                [variable.name, variable.unit, variable.dimensions, variable.first, variable.defined]
                for variable in self.variables.values()
            ],
            "metrics": self.metric_names,
            "time_unit": self.time_unit,
        }
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            head=np.array(json.dumps(head)),
            time=self.time,
            trajectories=self.trajectories,
            metrics=self.metric_table,
            failed_at=self.status.failed_at,
            failed_through=self.status.variable.astype(str),
        )
        write_atomically(Path(path), buffer.getvalue())

    def __repr__(self) -> str:
        runs = f"{len(self.scenarios)} scenarios x {len(self.policies)} policies x {self.members} members"
        times = f"{len(self.time)} instants" if len(self.time) else "no trajectory"
        what = f"{len(self.variables)} variables, {len(self.metric_names)} metrics"
        return f"<Result: {runs}, {times}, {what}; {self.status}>"


def _free(name: str, what: str, taken: Collection[str]) -> str:
    """Return a name that is not among some: the name itself, or with what bears it behind."""
    while name in taken:
        name = f"{name} ({what})"
    return name


@set_module("egovsim")
def load_result(path: str | Path) -> Result:
    """Read what `Result.save` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Result
        Equal to the one that was saved.

    Raises
    ------
    DataError
        When the file is missing or holds no result.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            head = json.loads(str(saved["head"]))
            parts = {name: saved[name] for name in saved.files if name != "head"}
        return _loaded(head, parts)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, BadZipFile) as error:
        raise DataError(f"{path}: is not a saved result ({error}); give a file that Result.save wrote.") from error


def _loaded(head: Any, parts: Mapping[str, Any]) -> Result:
    variables = [
        OutputVariable(
            name, unit, tuple((d, tuple(e)) for d, e in dimensions), first, None if defined is None else tuple(defined)
        )
        for name, unit, dimensions, first, defined in head["variables"]
    ]
    return Result(
        scenarios=tuple(head["scenarios"]),
        policies=tuple(head["policies"]),
        members=parts["trajectories"].shape[2],
        time=parts["time"],
        status=Status(parts["failed_at"], parts["failed_through"].astype(object)),
        variables={canonical(variable.name): variable for variable in variables},
        trajectories=parts["trajectories"],
        metric_table=parts["metrics"],
        metric_names=tuple(head["metrics"]),
        time_unit=head["time_unit"],
    )
