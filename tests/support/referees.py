"""Two engines on one random file, and where their numbers part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import egovsim
from egovsim.model.dependencies import uses
from egovsim.names import canonical
from egovsim.testing.pool import Pool

RELATIVE = 1e-9
"""How far two values may be apart, as a share of the largest that the variable has in the run."""
NOTHING = 1e-12
"""What may stand for 0 where a clock that adds up its steps, 2000.1 + 0.1 and so on, meets one that does not."""
Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Disagreement:
    """A variable where two engines part though all that it is made of is the same.

    A disagreement of a whole file has no variable: one of the engines refused it.
    """

    what: str
    pool: Pool
    variable: str = ""
    definition: str = ""

    def __str__(self) -> str:
        return f"{self.what}\n{self.pool.text()}"


def pysimlin(path: Path) -> Columns:
    """Run a file in pysimlin: the trajectory of every element by its canonical name."""
    import simlin

    frame = simlin.load(str(path)).run(analyze_loops=False).results
    return {canonical(name).replace("\u00b7", "."): frame[name].to_numpy() for name in frame.columns}


def ours(path: Path) -> tuple[egovsim.Model, Columns]:
    """Run a file here; what was made of macros has no name that a modeller gave."""
    model = egovsim.read_model(path)
    frame = egovsim.run(model).to_frame()
    return model, {canonical(name): frame[name].to_numpy() for name in frame.columns if not name.startswith("#")}


def apart(one: np.ndarray, other: np.ndarray, *, relative: float = RELATIVE) -> np.ndarray:
    """Where two trajectories of a variable differ; not a number is the same as not a number."""
    finite = np.abs(one[np.isfinite(one)])
    allowed = max(relative * (finite.max() if finite.size else 0.0), NOTHING)
    with np.errstate(invalid="ignore"):
        same = (one == other) | (np.abs(one - other) <= allowed) | (np.isnan(one) & np.isnan(other))
    return ~same


def disagreements(pool: Pool, folder: Path) -> list[Disagreement]:
    """Run a pool in both engines and return where they part, each in the smallest model that shows it."""
    found = _parting(pool, folder)
    if not found:
        return []
    # names of variables, and of files' errors, begin with the number of their model
    named = {int(number) for one in found for number in re.findall(r"\bm(\d+)[_ ]", f"{one.variable} {one.what}")}
    alone = [replace(pool, models=(model,)) for number, model in enumerate(pool.models) if number in named]
    single = [_smaller(one, folder) for model in alone for one in _parting(model, folder)]
    return single or found


def _parting(pool: Pool, folder: Path) -> list[Disagreement]:
    suffix = ".xmile" if pool.dialect == "xmile" else ".mdl"
    own, other = folder / f"own{suffix}", folder / f"other{suffix}"
    own.write_text(pool.text(), encoding="utf-8")
    other.write_text(pool.text(written_out=True), encoding="utf-8")
    try:
        model, values = ours(own)
    except egovsim.EgovsimError as error:
        return [Disagreement(f"refused here: {error}", pool)]
    try:
        judged = pysimlin(other)
    except Exception as error:  # the errors of its library have no common kind
        return [Disagreement(f"refused by pysimlin: {error}", pool)]
    missing = [name for name in values if name not in judged]
    if missing:
        return [Disagreement(f"not in the results of pysimlin: {missing}", pool)]
    return list(_roots(pool, model, values, judged))


def _roots(pool: Pool, model: egovsim.Model, values: Columns, judged: Columns) -> Iterator[Disagreement]:
    """Yield the variables that part first: whatever they use is the same until then."""
    rows: dict[str, int] = {}
    shown: dict[str, str] = {}
    for name, column in values.items():
        places = np.flatnonzero(apart(column, judged[name]))
        base = name.split("[")[0]
        if len(places) and places[0] < rows.get(base, len(column)):
            row = rows[base] = int(places[0])
            shown[base] = f"{name} in row {row}: {column[row]!r} here, {judged[name][row]!r} in pysimlin"
    definitions = {canonical(name): text for name, text in pool.definitions().items()}
    for name, row in rows.items():
        causes = _causes(model, name)
        if not any(rows.get(cause, row + 1) <= row for cause in causes if cause != name):
            clock = f"{pool.method}, from {pool.start} by {pool.dt}"
            yield Disagreement(f"{shown[name]} ({clock})", pool, name, definitions.get(name, ""))


def _causes(model: egovsim.Model, name: str) -> set[str]:
    """Return the variables that one is computed from at the same instant, looking through macros."""
    found: set[str] = set()
    open_ = [name]
    while open_:
        variable = model.by_id[open_.pop()]
        if variable.kind == "stock" and variable.id != name:
            found.add(variable.id)
            continue
        for used in uses(model, variable):
            if used.startswith("#") and used not in found:
                open_.append(used)
            found.add(used)
    return found


def _smaller(found: Disagreement, folder: Path) -> Disagreement:
    """Leave out variables one after the other, as long as the same disagreement is left."""
    (drawn,) = found.pool.models
    for variable in reversed(drawn):
        (now,) = found.pool.models
        less = replace(found.pool, models=(tuple(one for one in now if one is not variable),))
        again = [one for one in _parting(less, folder) if _kind(one) == _kind(found)]
        if again:
            found = again[0]
    return found


def _kind(one: Disagreement) -> tuple[str, str]:
    return (one.variable, "" if one.variable else re.split(r"[:(]", one.what)[0])


def unknown(found: Iterable[Disagreement], known: Iterable[Mapping[str, str]]) -> list[Disagreement]:
    """Return the disagreements that no known error of the referee explains."""
    patterns = [(error["dialect"], re.compile(error["pattern"], re.DOTALL)) for error in known if "pattern" in error]
    return [
        one
        for one in found
        if not any(
            dialect == one.pool.dialect and pattern.search(one.definition or one.pool.text())
            for dialect, pattern in patterns
        )
    ]
