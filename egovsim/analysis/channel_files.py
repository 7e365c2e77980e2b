"""The channels of a model, read from ``channels.toml`` and checked against it."""

from __future__ import annotations

from pathlib import Path

from egovsim import library
from egovsim.analysis.channels import Channel
from egovsim.errors import DataError
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.public import set_module
from egovsim.simulation.files import label_of
from egovsim.toml import Table, read_table

ROLES = ("barrier", "mediator")


@set_module("egovsim.analysis")
def read_channels(model: Model, path: str | Path | None = None) -> tuple[Channel, ...]:
    """Read what effects may go through from a TOML file of ``[[channel]]`` entries.

    Parameters
    ----------
    model : Model
        Whose variables the file names.
    path : str or Path, optional
        By default the shipped ``channels.toml``, which speaks of the e-government model.

    Returns
    -------
    tuple of Channel
        In the order of the file, variables spelt as in the model.

    Raises
    ------
    DataError
        When the file cannot be read, there is none, two have one name, or a variable is in two or is a lookup.
    UnknownNameError
        When a key is unknown or a variable is not in the model; the nearest are given.
    """
    root, _ = read_table(channels_path() if path is None else Path(path))
    root.only(("channel",), what="channels.toml")
    tables = root.tables("channel")
    if not tables:
        raise DataError(f"{root.place('channel')} is missing; give each channel as a [[channel]].")
    channels = tuple(_channel(table, model) for table in tables)
    names, variables = dict[str, str](), dict[str, str]()
    for table, channel in zip(tables, channels, strict=True):
        if channel.name in names:
            raise DataError(f'{table.place("name")}: "{channel.name}" is the name of {names[channel.name]} already.')
        names[channel.name] = table.keys[-1]
        for variable in channel.variables:
            if variable in variables:
                text = f'"{variable}" is in the channel "{variables[variable]}" already; leave it out of one'
                raise DataError(f"{table.place('variables')}: {text}.")
            variables[variable] = channel.name
    return channels


def channels_path() -> Path:
    """Return where the shipped channels stand.

    Returns
    -------
    Path
        In a wheel or a checkout.
    """
    return library.root() / "channels.toml"


def _channel(table: Table, model: Model) -> Channel:
    table.only(("name", "label", "role", "variables", "note"), what="a channel")
    name, place = table.text("name"), table.place("variables")
    wanted = table.texts("variables")
    if not wanted:
        raise DataError(f"{place} is empty; name the variables that stay as they are without the path.")
    for variable in wanted:
        if canonical(variable) not in model.by_id:
            raise model.unknown(variable, where=place)
        if model[variable].kind == "lookup":
            raise DataError(f'{place}: "{variable}" is a lookup and has no value over time; name what uses it.')
    found = tuple(model[variable].name for variable in wanted)
    return Channel(name, found, label_of(table, name), table.one_of("role", ROLES))
