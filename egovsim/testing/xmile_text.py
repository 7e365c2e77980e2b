"""Small models written as XMILE, piece by piece: for tests that go the whole way from text to numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>tests</vendor><product version="1.0">tests</product></header>
<sim_specs method="{method}" time_units="years"><start>{start}</start><stop>{stop}</stop><dt>{dt}</dt></sim_specs>
{dimensions}{macros}
<model><variables>
{variables}
</variables></model>{modules}
</xmile>
"""


def equation(text: str) -> str:
    """Write an equation.

    Parameters
    ----------
    text : str
        As XMILE writes it.

    Returns
    -------
    str
        As XML.
    """
    return f"<eqn>{escape(text)}</eqn>"


def auxiliary(name: str, equation: object, *, inside: str = "") -> str:
    """Write an auxiliary.

    Parameters
    ----------
    name : str
        Of the variable.
    equation : object
        Its equation, as XMILE writes it.
    inside : str
        More XML: units, a graphical function, dimensions.

    Returns
    -------
    str
        The variable as XML.
    """
    return f'<aux name="{name}"><eqn>{escape(str(equation))}</eqn>{inside}</aux>'


def flow(name: str, equation: object, *, inside: str = "") -> str:
    """Write a flow.

    Parameters
    ----------
    name : str
        Of the variable.
    equation : object
        Its equation, as XMILE writes it.
    inside : str
        More XML: units, a graphical function, dimensions.

    Returns
    -------
    str
        The variable as XML.
    """
    return f'<flow name="{name}"><eqn>{escape(str(equation))}</eqn>{inside}</flow>'


def stock(
    name: str, initial: object, *, inflows: Sequence[str] = (), outflows: Sequence[str] = (), inside: str = ""
) -> str:
    """Write a stock.

    Parameters
    ----------
    name : str
        Of the stock.
    initial : object
        The equation of its initial value.
    inflows, outflows : sequence of str
        Names of the flows that move it.
    inside : str
        More XML, as of an auxiliary.

    Returns
    -------
    str
        The stock as XML.
    """
    flows = "".join(f"<inflow>{inflow}</inflow>" for inflow in inflows)
    flows += "".join(f"<outflow>{outflow}</outflow>" for outflow in outflows)
    return f'<stock name="{name}"><eqn>{escape(str(initial))}</eqn>{flows}{inside}</stock>'


def units(text: str) -> str:
    """Write a unit, to go inside a variable.

    Parameters
    ----------
    text : str
        The unit.

    Returns
    -------
    str
        As XML.
    """
    return f"<units>{escape(text)}</units>"


def bounds(low: float, high: float) -> str:
    """Write a range, to go inside a variable.

    Parameters
    ----------
    low, high : float
        Its ends, in the variable's unit.

    Returns
    -------
    str
        As XML.
    """
    return f'<range min="{low}" max="{high}"/>'


def over(*dimensions: str) -> str:
    """Write dimensions, to go inside a variable.

    Parameters
    ----------
    *dimensions : str
        Their names.

    Returns
    -------
    str
        As XML.
    """
    return "<dimensions>" + "".join(f'<dim name="{dimension}"/>' for dimension in dimensions) + "</dimensions>"


def xmile(
    *variables: str,
    start: float = 0,
    stop: float = 10,
    dt: float = 0.125,
    method: str = "euler",
    dimensions: Mapping[str, Sequence[str]] | None = None,
    macros: str = "",
    modules: str = "",
) -> str:
    """Write a whole file, its time in years.

    Parameters
    ----------
    *variables : str
        The variables as XML.
    start, stop, dt : float
        Begin, end and time step of a run, in years.
    method : str
        The integration method.
    dimensions : mapping of str to sequence of str, optional
        The elements of each dimension.
    macros, modules : str
        The macros, and the models that modules are made of, as XML.

    Returns
    -------
    str
        The file.
    """
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
        macros=macros,
        modules=modules,
        dimensions=f"<dimensions>{dims}</dimensions>" if dims else "",
    )
