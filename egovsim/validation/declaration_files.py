"""The declarations of a model, ``<model>.declarations.toml`` beside its file, read and checked against it.

What contradicts itself or speaks of what the model does not have is refused before anything runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar, cast

from egovsim import library
from egovsim.errors import DataError, ValueRangeError
from egovsim.model.model import Model
from egovsim.model.net_flows import flows_in_rates
from egovsim.names import canonical, split_element
from egovsim.public import set_module
from egovsim.simulation.named_inputs import check_value
from egovsim.toml import Table, read_table
from egovsim.validation.declarations import (
    MODES,
    Balance,
    Behaviour,
    Conserved,
    Declarations,
    Direction,
    Loop,
    Mode,
    Observed,
    RankingClaim,
    Response,
    Rest,
)
from egovsim.validation.declared_bounds import read_bounds
from egovsim.validation.declared_extremes import read_extreme
from egovsim.validation.declared_names import DeclaredNames
from egovsim.validation.observed_series import points_of_check, points_of_file

_SUFFIX = ".declarations.toml"

_KEYS = (
    *(
        "profile",
        "integration_error",
        "shares",
        "non_negative",
        "never_falling",
        "accumulators",
        "passing_through",
        "loops",
        "hold_from",
        "loop_outcomes",
    ),
    *("bounds", "conserved", "balance", "response", "extreme", "behaviour", "series", "loop", "rest", "ranking"),
)
_FEWEST_POINTS = 3
T = TypeVar("T")


@set_module("egovsim.validation")
def declarations_path(model_file: str | Path) -> Path:
    """Return where the declarations of a model file are looked for.

    Parameters
    ----------
    model_file : str or Path
        Such as ``mine.xmile``.

    Returns
    -------
    Path
        Such as ``mine.declarations.toml``, whether there is such a file or not.
    """
    return Path(model_file).with_suffix(_SUFFIX)


@set_module("egovsim.validation")
def read_declarations(path: str | Path, model: Model) -> Declarations:
    """Read what an author declares about a model.

    Parameters
    ----------
    path : str or Path
        A TOML file, usually `declarations_path` of the model's file.
    model : Model
        Names and values are checked against it.

    Returns
    -------
    Declarations
        With names spelt as in the model.

    Raises
    ------
    DataError
        When the file cannot be read, a flow leaves a conserved group undeclared, or a series cannot be found.
    UnknownNameError
        When a key is unknown or a name is not in the model; the nearest are given.
    ValueRangeError
        When bounds contradict each other, the model's own ranges or its values, or nothing could break a claim.
    """
    root, _ = read_table(Path(path))
    root.only(_KEYS, what="a model's declarations")
    names = DeclaredNames(model)
    folder = Path(path).parent
    loops = _loop_tables(root, folder)
    bounds = read_bounds(root, names)
    return Declarations(
        file=root.file,
        profile=_profile(root, folder),
        integration_error=_error(root),
        bounds=bounds,
        never_falling=names.names_at(root, "never_falling"),
        accumulators=names.stocks_at(root, "accumulators"),
        passing_through=names.stocks_at(root, "passing_through"),
        conserved=_named_tables(root, "conserved", lambda table: _conserved(table, names)),
        balances=_named_tables(root, "balance", lambda table: _balance(table, names)),
        responses=_named_tables(root, "response", lambda table: _response(table, names)),
        extremes=_named_tables(root, "extreme", lambda table: read_extreme(table, names, bounds)),
        behaviours=_named_tables(root, "behaviour", lambda table: _behaviour(table, names)),
        observed=_named_tables(root, "series", lambda table: _observed(table, names, folder)),
        loops=tuple(loop for table in loops for loop in _loops(table, names)),
        hold_from=_hold_from(_last_with(loops, "hold_from"), names),
        loop_outcomes=names.names_at(_last_with(loops, "loop_outcomes"), "loop_outcomes"),
        rest=_rest(root, names),
        ranking=_ranking(root, names, folder),
    )


def default_declarations(model: Model) -> Declarations:
    """Return the declarations of a model that has none.

    Parameters
    ----------
    model : Model
        From `read_model`.

    Returns
    -------
    Declarations
        The ranges in the model's own file as bounds, and nothing else.
    """
    return Declarations(bounds=read_bounds(Table(model.file, (), {}), DeclaredNames(model)))


def _named_tables(root: Table, key: str, read: Callable[[Table], T]) -> tuple[T, ...]:
    """Read an array of tables whose entries have names of their own, where they have names."""
    found = [(read(table), table) for table in root.tables(key)]
    places: dict[str, str] = {}
    for entry, table in found:
        name = getattr(entry, "name", "")
        if name and name in places:
            raise DataError(f'{table.place()}: "{name}" is the name of {places[name]} already; give it another.')
        places[name] = table.keys[-1]
    return tuple(entry for entry, _ in found)


def _profile(root: Table, folder: Path) -> str:
    text = root.text("profile", "")
    return text if not text or library.is_name(text) else str(folder / text)


def _error(root: Table) -> float:
    allowed = root.number("integration_error", 0.05)
    if not allowed > 0.0:
        raise ValueRangeError(f"{root.place('integration_error')} is {allowed:g}; it must be above 0, such as 0.01.")
    return allowed


# ------------------------------------------------------------------------------------------------------ conservation


def _conserved(table: Table, names: DeclaredNames) -> Conserved:
    table.only(("name", "stocks", "inflows", "outflows"), what="a conserved group")
    names.required_names_at(table, "stocks")
    group = Conserved(
        table.text("name"),
        names.stocks_at(table, "stocks"),
        names.names_at(table, "inflows"),
        names.names_at(table, "outflows"),
    )
    into, out_of = _boundary(names, group)
    said = {canonical(split_element(flow)[0]) for flow in (*group.inflows, *group.outflows)}
    for ids, key, verb, side in ((out_of, "outflows", "leaves", "into"), (into, "inflows", "enters", "out of")):
        for id, stock in ids.items():
            if id not in said:
                flow = names.model.by_id[id].name
                raise DataError(
                    f'{table.place()}, "{group.name}": the flow "{flow}" {verb} "{stock}" and goes {side} no other '
                    f"stock of the group; add it to {key}, or the stock at its other end to stocks."
                )
    return group


def _boundary(names: DeclaredNames, group: Conserved) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the flows that cross the boundary of a group, inwards and outwards, each with the stock it meets."""
    derived = flows_in_rates(names.model)
    into: dict[str, str] = {}
    out_of: dict[str, str] = {}
    for name in group.stocks:
        stock = names.variable(name)
        flows = derived.get(stock.id)
        into |= dict.fromkeys(flows.into if flows else stock.inflows, stock.name)
        out_of |= dict.fromkeys(flows.out_of if flows else stock.outflows, stock.name)
    inside = set(into) & set(out_of)
    return (
        {id: stock for id, stock in into.items() if id not in inside},
        {id: stock for id, stock in out_of.items() if id not in inside},
    )


def _balance(table: Table, names: DeclaredNames) -> Balance:
    table.only(("name", "sum", "equals"), what="a balance")
    equals = table.values.get("equals")
    right: tuple[str, ...] | float
    if isinstance(equals, str):
        right = (names.name_at(table, "equals"),)
    elif isinstance(equals, list):
        right = names.required_names_at(table, "equals")
    else:
        right = table.number("equals")
    return Balance(table.text("name"), names.required_names_at(table, "sum"), right)


# ------------------------------------------------------------------------------------------------------ behaviour


def _response(table: Table, names: DeclaredNames) -> Response:
    table.only(("name", "input", "output", "direction", "low", "high", "from", "at"), what="a response")
    low, high = table.optional_number("low"), table.optional_number("high")
    if low is not None and high is not None and low >= high:
        raise ValueRangeError(f"{table.place()}: low {low:g} must lie below high {high:g}.")
    given, output = names.input(table.text("input"), table.place("input")), names.name_at(table, "output")
    for key, value in (("low", low), ("high", high)):
        if value is not None:
            check_value(names.model, names.variable(given), value, source=table.place(key))
    return Response(
        name=table.text("name", f"{given} on {output}"),
        input=given,
        output=output,
        direction=cast(Direction, table.one_of("direction", ("up", "down"), "up")),
        low=low,
        high=high,
        start=names.instant_at(table, "from"),
        at=names.instant_at(table, "at"),
    )


def _behaviour(table: Table, names: DeclaredNames) -> Behaviour:
    table.only(("variable", "mode"), what="a behaviour")
    return Behaviour(names.name_at(table, "variable"), cast(Mode, table.one_of("mode", MODES)))


def _rest(root: Table, names: DeclaredNames) -> Rest | None:
    if "rest" not in root.values:
        return None
    table = root.table("rest")
    table.only(("set", "length", "settles"), what="the model left alone")
    length = table.number("length", 200.0)
    if not length > 0.0:
        raise ValueRangeError(f"{table.place('length')} is {length:g}; it must be above 0.")
    return Rest(names.values_at(table, "set"), length, table.flag("settles") if "settles" in table.values else None)


def _ranking(root: Table, names: DeclaredNames, folder: Path) -> RankingClaim | None:
    if "ranking" not in root.values:
        return None
    table = root.table("ranking")
    table.only(("outcome", "at", "better", "policies", "least_agreement"), what="a ranking")
    table.number("at")
    least = table.number("least_agreement", 0.5)
    if not -1.0 <= least <= 1.0:
        raise ValueRangeError(f"{table.place('least_agreement')} is {least:g}; a rank correlation lies in -1 to 1.")
    return RankingClaim(
        outcome=names.name_at(table, "outcome"),
        at=cast(float, names.instant_at(table, "at")),
        better=cast(Literal["more", "less"], table.one_of("better", ("more", "less"), "more")),
        policies=tuple(text if library.is_name(text) else str(folder / text) for text in table.texts("policies")),
        least_agreement=least,
    )


# ------------------------------------------------------------------------------------------------------ loops


def read_loop(table: Table) -> Loop:
    """Read one ``[[loop]]``: name, polarity (R or B), variables, hold, label and note.

    Parameters
    ----------
    table : Table
        The entry.

    Returns
    -------
    Loop
        Its names are not checked.

    Raises
    ------
    DataError, UnknownNameError
        With the full key path.
    """
    return Loop(
        name=table.text("name"),
        polarity=table.one_of("polarity", ("R", "B")),
        variables=table.texts("variables"),
        hold=table.text("hold", ""),
        label=table.table("label").values,
        note=table.text("note", ""),
    )


def _loop_tables(root: Table, folder: Path) -> tuple[Table, ...]:
    """Return what may hold loops: the declarations, and the file of loops that they name."""
    if "loops" not in root.values:
        return (root,)
    beside = read_table(folder / root.text("loops"))[0]
    beside.only(("loop", "hold_from", "loop_outcomes"), what="a file of loops")
    return root, beside


def _last_with(tables: tuple[Table, ...], key: str) -> Table:
    return next((table for table in reversed(tables) if key in table.values), tables[0])


def _loops(root: Table, names: DeclaredNames) -> tuple[Loop, ...]:
    tables = root.tables("loop")
    for table in tables:
        names.required_names_at(table, "variables")
        if "hold" in table.values:
            names.name_at(table, "hold")
    return tuple(map(read_loop, tables))


def _hold_from(table: Table, names: DeclaredNames) -> float | None:
    time, clock = names.instant_at(table, "hold_from"), names.model.clock
    if time is not None and time > clock.stop - clock.time_step:
        raise ValueRangeError(
            f"{table.place('hold_from')} is {time:g}, the end of the runs; choose an earlier instant."
        )
    return time


# ------------------------------------------------------------------------------------------------------ series


def _observed(table: Table, names: DeclaredNames, folder: Path) -> Observed:
    table.only(
        ("name", "variable", "profile", "points", "check", "file", "time", "value", "scale", "largest_error"),
        what="a series",
    )
    given = [key for key in ("points", "check", "file") if key in table.values]
    if len(given) != 1:
        raise DataError(f"{table.place()}: give the series by one of points, check and file, not by {len(given)}.")
    variable, scale = names.name_at(table, "variable"), table.number("scale", 1.0)
    points: tuple[tuple[float, float], ...]
    if given == ["points"]:
        points = table.pairs("points")
    elif given == ["check"]:
        points = points_of_check(table, folder)
    else:
        points = tuple(sorted(points_of_file(table, folder)))
    if len(points) < _FEWEST_POINTS:
        raise DataError(f"{table.place()}: the series has {len(points)} points; a fit needs {_FEWEST_POINTS} or more.")
    clock = names.model.clock
    if not clock.start <= points[0][0] <= points[-1][0] <= clock.stop:
        raise ValueRangeError(
            f"{table.place()}: the series covers {points[0][0]:g} to {points[-1][0]:g}, the model {clock.start:g} to "
            f"{clock.stop:g}; leave out the points outside."
        )
    return Observed(
        name=table.text("name", variable),
        variable=variable,
        times=tuple(time for time, _ in points),
        values=tuple(value * scale for _, value in points),
        profile=_profile(table, folder),
        largest_error=table.optional_number("largest_error"),
    )
