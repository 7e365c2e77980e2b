"""Small models written as XMILE, piece by piece: for tests that go the whole way from text to numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>tests</vendor><product version="1.0">tests</product></header>
<sim_specs method="{method}" time_units="years"><start>{start}</start><stop>{stop}</stop><dt>{dt}</dt></sim_specs>
{dimensions}
<model><variables>
{variables}
</variables></model>
</xmile>
"""


def auxiliary(name: str, equation: object, *, inside: str = "") -> str:
    """Return an auxiliary; `inside` is more XML: units, a graphical function, dimensions."""
    return f'<aux name="{name}"><eqn>{escape(str(equation))}</eqn>{inside}</aux>'


def flow(name: str, equation: object, *, inside: str = "") -> str:
    """Return a flow."""
    return f'<flow name="{name}"><eqn>{escape(str(equation))}</eqn>{inside}</flow>'


def stock(
    name: str, initial: object, *, inflows: Sequence[str] = (), outflows: Sequence[str] = (), inside: str = ""
) -> str:
    """Return a stock and the flows that move it."""
    flows = "".join(f"<inflow>{inflow}</inflow>" for inflow in inflows)
    flows += "".join(f"<outflow>{outflow}</outflow>" for outflow in outflows)
    return f'<stock name="{name}"><eqn>{escape(str(initial))}</eqn>{flows}{inside}</stock>'


def units(text: str) -> str:
    """Return a unit, to go inside a variable."""
    return f"<units>{escape(text)}</units>"


def bounds(low: float, high: float) -> str:
    """Return a range, to go inside a variable."""
    return f'<range min="{low}" max="{high}"/>'


def over(*dimensions: str) -> str:
    """Return dimensions, to go inside a variable."""
    return "<dimensions>" + "".join(f'<dim name="{dimension}"/>' for dimension in dimensions) + "</dimensions>"


def xmile(
    *variables: str,
    start: float = 0,
    stop: float = 10,
    dt: float = 0.125,
    method: str = "euler",
    dimensions: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Return a whole file, its time in years."""
    dims = "".join(
        f'<dim name="{name}">' + "".join(f'<elem name="{element}"/>' for element in elements) + "</dim>"
        for name, elements in (dimensions or {}).items()
    )
    return _XMILE.format(
        variables="\n".join(variables),
        start=start,
        stop=stop,
        dt=dt,
        method=method,
        dimensions=f"<dimensions>{dims}</dimensions>" if dims else "",
    )
