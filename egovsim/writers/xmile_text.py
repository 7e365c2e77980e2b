"""Names and numbers as an XMILE file holds them."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from egovsim.model.expression import Number, Reference
from egovsim.model.notation import show
from egovsim.names import canonical


def name_attribute(name: str) -> str:
    """Return a name as an attribute; what looks like the escape of a line break is none (section 3.2.2.1).

    Parameters
    ----------
    name : str
        Of a variable, a group or a view.

    Returns
    -------
    str
        Between quotation marks.
    """
    return quoteattr(name.replace(r"\n", r"\\n"))


def name_text(name: str) -> str:
    """Return a name as an equation has it.

    Parameters
    ----------
    name : str
        Of a variable.

    Returns
    -------
    str
        With underscores, or between quotation marks.
    """
    return show(Reference(name, canonical(name)))


def number_text(value: float) -> str:
    """Return a number as an equation has it.

    Parameters
    ----------
    value : float
        Any.

    Returns
    -------
    str
        Reading it again gives the same number.
    """
    return show(Number(value))
