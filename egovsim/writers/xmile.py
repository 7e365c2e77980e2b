"""A model as an XMILE file (OASIS XMILE 1.0), whatever format it was read from.

Four things that a `Model` can hold have no notation of their own there, and are written in one that any
program reads, with a mark by which `readers/xmile/round_trip.py` finds them again: a stock that was given one
rate (Vensim's INTEG) names what its rate adds up as its flows, or gets a flow of its own, points in the middle of
an equation become a graphical function of their own, the mapping of a dimension stands beside its elements, and
data that stands still within a step of Runge and Kutta is a function of TIME.
Functions that Vensim alone has are named in its namespace (section 3.2.2.3), as in ``vensim.ZIDZ(a, b)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from egovsim.model.conveyors import conveyor_in
from egovsim.model.expression import Call, walk
from egovsim.model.functions import FUNCTIONS
from egovsim.model.model import Clock, Dimension, Model, UnitSynonyms
from egovsim.output import write_atomically
from egovsim.provenance import own_version
from egovsim.public import set_module
from egovsim.writers.xmile_limits import refuse_unsayable
from egovsim.writers.xmile_text import name_attribute, number_text
from egovsim.writers.xmile_variables import flows_of_file, variable_lines, written_variables
from egovsim.writers.xmile_views import view_lines

_NAMESPACES: Final = (
    'xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0" '
    'xmlns:isee="http://iseesystems.com/XMILE" xmlns:egovsim="urn:egovsim:xmile"'
)


@set_module("egovsim")
def write_xmile(model: Model, path: str | Path) -> Path:
    """Write a model as an XMILE file that reads back to the same model.

    Parameters
    ----------
    model : Model
        From `read_model`, of either format.
    path : str or Path
        The file to make or replace; it is written whole or not at all.  `Model.reality_checks` are not in it:
        XMILE has no place for them.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UnsupportedError
        When the model holds what XMILE cannot say; all of it is listed.
    OutputError
        When the file cannot be written.
    """
    target = Path(path)
    write_atomically(target, xmile_text(model))
    return target


def xmile_text(model: Model) -> str:
    """Return the text of the file that `write_xmile` writes.

    Parameters
    ----------
    model : Model
        From `read_model`, of either format.

    Returns
    -------
    str
        The whole file.

    Raises
    ------
    UnsupportedError
        When the model holds what XMILE cannot say; all of it is listed.
    """
    refuse_unsayable(model)
    return "\n".join(_lines(model)) + "\n"


def _lines(model: Model) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield f'<xmile version="1.0" {_NAMESPACES}>'
    yield from _header(model)
    yield _specs(model.clock)
    if model.unit_synonyms:
        yield from ("<model_units>", *map(_unit, model.unit_synonyms), "</model_units>")
    if model.dimensions:
        yield from (
            "<dimensions>",
            *(line for dimension in model.dimensions for line in _dimension(dimension)),
            "</dimensions>",
        )
    yield from ("<model>", "<variables>")
    for written in written_variables(model):
        yield from variable_lines(written)
    yield from _groups(model)
    yield "</variables>"
    yield from view_lines(model.views, flows_of_file(model))
    yield from ("</model>", "</xmile>")


def _header(model: Model) -> Iterator[str]:
    yield "<header>"
    yield f"<name>{escape(model.name)}</name>"
    yield "<vendor>egovsim</vendor>"
    yield f'<product version={quoteattr(own_version())} lang="en">egovsim</product>'
    expressions = (expression for variable in model.variables for expression in variable.expressions)
    calls = (node for expression in expressions for node in walk(expression) if isinstance(node, Call))
    foreign = any(FUNCTIONS[node.function].vensim and not FUNCTIONS[node.function].xmile for node in calls)
    deepest = max((len(variable.dimensions) for variable in model.variables), default=0)
    yield f'<options namespace="{"std, vensim" if foreign else "std"}">'
    if deepest:
        yield f'<uses_arrays maximum_dimensions="{deepest}"/>'
    if any(conveyor_in(stock.equations[0].rate) for stock in model.stocks):
        yield "<uses_conveyor/>"
    yield "</options>"
    yield "</header>"


def _specs(clock: Clock) -> str:
    save = "" if clock.save_every is None else f' isee:save_interval="{number_text(clock.save_every)}"'
    units = f" time_units={quoteattr(clock.unit)}" if clock.unit else ""
    times = {"start": clock.start, "stop": clock.stop, "dt": clock.time_step}
    inside = "".join(f"<{name}>{number_text(value)}</{name}>" for name, value in times.items())
    return f'<sim_specs method="{clock.method}"{units}{save}>{inside}</sim_specs>'


def _dimension(dimension: Dimension) -> Iterator[str]:
    yield f"<dim name={quoteattr(dimension.name)}>"
    yield from (f"<elem name={quoteattr(element)}/>" for element in dimension.elements)
    for other, pairs in dimension.mappings:
        for own, served in pairs:
            yield f"<egovsim:map to={quoteattr(other)} elem={quoteattr(own)} serves={quoteattr(','.join(served))}/>"
    yield "</dim>"


def _unit(unit: UnitSynonyms) -> str:
    inside = f"<eqn>{escape(unit.definition)}</eqn>" if unit.definition else ""
    inside += "".join(f"<alias>{escape(name)}</alias>" for name in unit.names[1:])
    return f"<unit name={quoteattr(unit.names[0])}>{inside}</unit>"


def _groups(model: Model) -> Iterator[str]:
    for name, members in model.groups.items():
        yield f"<group name={quoteattr(name)}>"
        yield from (f"<entity name={name_attribute(member)}/>" for member in members)
        yield "</group>"
