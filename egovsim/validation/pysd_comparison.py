"""The same model in PySD, an independent engine; the only module that imports it."""

from __future__ import annotations

import csv
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from egovsim.errors import InputError
from egovsim.model.arrays import display_elements
from egovsim.model.conveyors import conveyor_in
from egovsim.model.functions import draws_random_numbers
from egovsim.model.inputs import Floats
from egovsim.model.model import Model
from egovsim.names import canonical, element_name
from egovsim.public import set_module
from egovsim.readers.data.exported_runs import Points, read_series
from egovsim.readers.data.given import given_data
from egovsim.readers.read_model import locate_model, read_model
from egovsim.simulation.result import Result
from egovsim.simulation.run import run

_RELATIVE = 1e-9
_SHARE = 1e-12
"""Of the largest value that a variable has over time. Engines that add and multiply in another order end apart by some
units in the last place a step, 2e-16 of the value: over a thousand steps that adds up to less than this."""


@set_module("egovsim.validation")
@dataclass(frozen=True, slots=True)
class Difference:
    """How far two engines lie apart in one variable, where they do so most.

    Parameters
    ----------
    variable : str
        Its name, or that of an element.
    absolute, relative : float
        The difference, in the variable's unit and as a share of the larger of both values.
    time : float
        When it is, in the model's unit of time.
    ours, theirs : float
        The two values at that time.
    agrees : bool
        Whether the two agree at every instant, as `Crosscheck.agrees` says.
    within_rounding : bool
        Whether they lie apart by no more than 1e-12 of the variable's largest value at every instant. The other figures
        are then those of rounding, which is another one on another processor.
    """

    variable: str
    absolute: float
    relative: float
    time: float
    ours: float
    theirs: float
    agrees: bool
    within_rounding: bool = False


@set_module("egovsim")
@dataclass(frozen=True)
class Crosscheck:
    """The comparison of one run in two engines.

    Parameters
    ----------
    file, engine : str
        Name of the model file; name and version of the other engine.
    rows : tuple of Difference
        The largest relative difference first; variables within rounding come last, in the order of the model.
    missing : tuple of str
        Variables that the other engine does not return.
    """

    file: str
    engine: str
    rows: tuple[Difference, ...]
    missing: tuple[str, ...]

    @property
    def beyond_rounding(self) -> tuple[Difference, ...]:
        """The variables that differ by more than rounding, the largest relative difference first."""
        return tuple(row for row in self.rows if not row.within_rounding)

    @property
    def worst(self) -> Difference:
        """The variable that differs most, relative to its size."""
        return self.rows[0]

    @property
    def agrees(self) -> bool:
        """Whether every variable agrees: |a - b| <= 1e-9 max(|a|, |b|) + 1e-12 max over time of |a|."""
        return all(row.agrees for row in self.rows)

    def __str__(self) -> str:
        verdict = "agree" if self.agrees else "DIFFER"
        count = f"{sum(not row.agrees for row in self.rows)} of {len(self.rows)} variables beyond tolerance"
        worst = f'largest in "{self.worst.variable}": {self.worst.relative:.2g} relative at {self.worst.time:g}'
        seen = worst if self.beyond_rounding else "all within rounding"
        return f"{self.file}: egovsim and {self.engine} {verdict} ({count}; {seen})"


@set_module("egovsim")
def crosscheck(
    path: str | Path,
    *,
    until: float | None = None,
    constants: Mapping[str, float] | None = None,
    data: Sequence[str | Path] = (),
) -> Crosscheck:
    """Run a model in PySD too, and compare every variable at every instant.

    Parameters
    ----------
    path : str or Path
        A model file, or the name of a shipped model.
    until : float, optional
        End of the run; PySD is slow on models with arrays, so a shorter run may do.
    constants : mapping of str to float, optional
        Values of inputs, handed to both engines.
    data : sequence of str or Path, optional
        Exported runs with the series of a Vensim model's data variables, handed to both engines.

    Returns
    -------
    Crosscheck
        The largest difference by variable. PySD integrates with Euler's method whatever the file says, and
        so does the run it is compared with.

    Raises
    ------
    InputError
        When PySD cannot load or run the model, whose own words are given, when the model draws random
        numbers, which no two engines draw alike, when it has conveyors, which PySD takes for plain stocks, or when
        it is made of modules, which PySD does not know.
    DataError
        When a file of data cannot be read.
    """
    file = locate_model(path)
    model = read_model(file, data=data)  # before PySD, which evaluates literals of the file as Python
    _refuse_random_numbers(model, file.name)
    _refuse_modules(file)
    _refuse_conveyors(model, file.name)
    exported = {key: points for path in given_data(data).files for key, points in read_series(path).items()}
    theirs = _run_pysd(file, model, until, constants or {}, exported)
    every = None if model.clock.uneven else model.clock.time_step  # steps that change are saved as the model says
    ours = run(model, constants=constants, until=until, method="euler", save_every=every)
    rows, missing = _compare(ours, theirs)
    if not rows:
        raise InputError(f"{file.name}: PySD returned none of the model's variables; nothing was compared.")
    rows.sort(key=lambda row: (row.within_rounding, 0.0 if row.within_rounding else -row.relative))
    return Crosscheck(file.name, f"PySD {_pysd().__version__}", tuple(rows), missing)


def _refuse_random_numbers(model: Model, place: str) -> None:
    """Raise an error that names the variables of a model that draw random numbers."""
    names = [variable.name for variable in model.variables if draws_random_numbers(variable)]
    if names:
        shown = _shown(names)
        text = f"{shown} draw{'s' if len(names) == 1 else ''} random numbers, and no two engines draw alike"
        raise InputError(f"{place}: {text}; hold what is random, or write a copy without it. Nothing was compared.")


def _refuse_conveyors(model: Model, place: str) -> None:
    """Raise an error that names the conveyors of a model: PySD reads them as plain stocks, and says nothing."""
    names = [stock.name for stock in model.stocks if conveyor_in(stock.equations[0].rate) is not None]
    if names:
        text = f"PySD runs conveyors ({_shown(names)}) as plain stocks"
        raise InputError(f"{place}: {text}, so its numbers mean something else. Nothing was compared.")


def _shown(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names[:5]) + (" and others" if len(names) > 5 else "")


def _refuse_modules(file: Path) -> None:
    """Raise an error for an XMILE model of modules: PySD 3.14 takes all their variables for those of one model."""
    if file.suffix.lower() != ".mdl" and re.search(rb"<module[\s>/]", file.read_bytes()):
        raise InputError(
            f"{file.name}: PySD knows no modules, of which this model is made, and would take the variables of all for "
            "those of one; nothing was compared."
        )


_Exported = Mapping[tuple[str, tuple[str, ...]], Points]
"""Points of exported series, by the ids of a variable and of the elements."""


def _pysd() -> Any:
    """Return PySD, which brings no types."""
    import pysd  # pyright: ignore[reportMissingTypeStubs]

    return pysd


def _run_pysd(
    file: Path, model: Model, until: float | None, constants: Mapping[str, float], exported: _Exported
) -> Mapping[str, Floats]:
    """Run a copy in a folder of its own, beside copies of its data: PySD writes a translation beside the model."""
    pysd = _pysd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # PySD knows the suffix .xmile only
        copy = Path(folder) / (file.stem + (".mdl" if file.suffix.lower() == ".mdl" else ".xmile"))
        copy.write_bytes(file.read_bytes())
        for source in model.sources:
            beside = Path(folder, source).resolve()
            if beside.is_relative_to(Path(folder).resolve()) and (file.parent / source).is_file():
                beside.parent.mkdir(parents=True, exist_ok=True)
                beside.write_bytes((file.parent / source).read_bytes())
        try:
            exports = list(_export(model, exported, Path(folder)))
            vensim = copy.suffix == ".mdl"
            loaded = pysd.read_vensim(str(copy), data_files=exports) if vensim else pysd.read_xmile(str(copy))
            step = None if model.clock.uneven else float(loaded.components.time_step())
            frame = loaded.run(params=dict(constants), final_time=until, saveper=step, flatten_output=True)
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise InputError(f"{file.name}: PySD cannot run this model ({reason}); nothing was compared.") from error
    return {_column(name): frame[name].to_numpy(dtype=float) for name in frame.columns}


def _export(model: Model, exported: _Exported, folder: Path) -> Iterator[str]:
    """Write the series of each data variable as a table that PySD reads, under the names that the model gives them."""
    for variable in model.variables:
        own = {ids: dict(points) for (id, ids), points in exported.items() if id == variable.id}
        names = {ids: element_name(variable.name, display_elements(model, variable, ids)) for ids in own}
        times = sorted({time for points in own.values() for time in points})
        if times:
            path = folder / f"series {len(list(folder.iterdir()))}.csv"
            with path.open("w", newline="", encoding="utf-8") as stream:
                rows = csv.writer(stream)
                rows.writerow(["Time", *names.values()])
                rows.writerows([time, *(points.get(time, "") for points in own.values())] for time in times)
            yield str(path)


def _compare(ours: Result, theirs: Mapping[str, Floats]) -> tuple[list[Difference], tuple[str, ...]]:
    rows: list[Difference] = []
    missing: list[str] = []
    for variable in ours.variables.values():
        for number, name in enumerate(variable.column_names):
            column = theirs.get(_column(name))
            if column is None:
                missing.append(name)
                continue
            values = ours.trajectories[0, 0, 0][:, variable.first + number]
            rows.append(_difference(name, ours.time, values, column))
    return rows, tuple(missing)


def _column(name: str) -> str:
    return canonical(name).replace(", ", ",")


def _difference(name: str, time: Floats, ours: Floats, theirs: Floats) -> Difference:
    length = min(len(ours), len(theirs))
    a, b = ours[:length], theirs[:length]
    with np.errstate(invalid="ignore"):
        gap = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
    gap = np.where(np.isnan(gap), np.inf, gap)
    # of what is infinite any difference would be a small part
    size = np.where(np.isfinite(gap), np.fmax(np.abs(a), np.abs(b)), 0.0)
    rounding = _SHARE * float(np.abs(a[np.isfinite(a)]).max(initial=0.0))
    allowed = np.where(np.isfinite(size), _RELATIVE * size, 0.0) + rounding
    place = int(np.argmax(gap - allowed)) if (gap > allowed).any() else int(np.argmax(gap))
    relative = float(gap[place] / size[place]) if size[place] > 0 else float(gap[place])
    same_length = len(ours) == len(theirs)
    return Difference(
        variable=name,
        absolute=float(gap[place]),
        relative=relative,
        time=float(time[place]),
        ours=float(a[place]),
        theirs=float(b[place]),
        agrees=same_length and bool((gap <= allowed).all()),
        within_rounding=same_length and bool((gap <= rounding).all()),
    )
