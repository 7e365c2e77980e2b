"""One canonical form of a name, near misses, and ids that no name of a model can have.

A canonical form has no underscore and no capital letter of the Latin alphabet. So ids that are joined by an underscore
say without doubt what they were made of, and what ends in capitals is an id that somebody made.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Iterable
from functools import lru_cache
from itertools import chain, count

_BLANKS = re.compile(r"(?:\\n|[\s_\u00a0])+")


@lru_cache(maxsize=2**16)  # a comparison asks for the same few hundred names a hundred times over
def canonical(name: str) -> str:
    """Return the form in which two spellings of one name are equal.

    Vensim and XMILE (section 3.2.2 of the standard) both ignore case and take blanks, line breaks
    (also written ``\\n``) and underscores for the same thing; quotation marks only delimit.

    Parameters
    ----------
    name : str
        A name as a modeller writes it, quoted or not.

    Returns
    -------
    str
        Lower case, single blanks, no enclosing quotation marks.

    Examples
    --------
    >>> canonical('"Mandate_Scope"'), canonical("Mandate  scope")
    ('mandate scope', 'mandate scope')
    """
    text = name.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return _BLANKS.sub(" ", text.replace('\\"', '"')).strip().casefold()


def scalar_id(variable: str, elements: Iterable[str] = ()) -> str:
    """Return the id of one scalar of a model: of an element of an array, or of a variable that has none.

    Parameters
    ----------
    variable : str
        The canonical name of the variable.
    elements : iterable of str
        The canonical name of the element in each dimension; none for a scalar.

    Returns
    -------
    str
        Different for different scalars, whatever their names: ``coverage_rural``.
    """
    return "_".join((variable, *elements))


def made_id(owner: str, what: str) -> str:
    """Return the id of something that is made for a scalar and that the model does not name.

    Parameters
    ----------
    owner : str
        The id of the scalar, from `scalar_id` or from this function.
    what : str
        What is made for it, with letters of the Latin alphabet: ``rate``, ``part 3``.

    Returns
    -------
    str
        The id of no scalar of any model: ``coverage_rural_RATE``.
    """
    return f"{owner}_{what.upper()}"


def free_name(wished: str, taken: Container[str]) -> str:
    """Return a name that nothing bears.

    Parameters
    ----------
    wished : str
        The name that is best.
    taken : container of str
        The canonical names of whatever bears one.

    Returns
    -------
    str
        The name itself, or with the first number behind it that makes it free: ``Staff is held 2``.
    """
    numbered = (f"{wished} {number}" for number in count(2))
    return next(name for name in chain((wished,), numbered) if canonical(name) not in taken)


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Return known names that resemble another one.

    Parameters
    ----------
    name : str
        Any name.
    known : iterable of str
        The names that exist.
    count : int
        The most that are wanted.

    Returns
    -------
    list of str
        As `known` has them, the most similar first.
    """
    by_id = {canonical(spelling): spelling for spelling in known}
    found = difflib.get_close_matches(canonical(name), list(by_id), n=count, cutoff=0.6)
    return [by_id[id] for id in found]


def element_name(name: str, elements: Iterable[str]) -> str:
    """Write the name of one array element the way results show it.

    Parameters
    ----------
    name : str
        The variable.
    elements : iterable of str
        One for each dimension; none for a scalar.

    Returns
    -------
    str
        ``Coverage[rural]``, or the name alone.
    """
    inside = ",".join(elements)
    return f"{name}[{inside}]" if inside else name


def split_element(name: str) -> tuple[str, tuple[str, ...]]:
    """Split the name of an element into that of the variable and its elements.

    Parameters
    ----------
    name : str
        ``"Coverage[rural]"``, or the name of a whole variable.

    Returns
    -------
    str
        ``"Coverage"``.
    tuple of str
        ``("rural",)``; empty for a whole variable.
    """
    match = re.fullmatch(r"(.*?)\s*\[([^\[\]]*)\]\s*", name, flags=re.DOTALL)
    if match is None:
        return name.strip(), ()
    return match.group(1).strip(), tuple(part.strip() for part in match.group(2).split(","))
