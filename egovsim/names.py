"""One canonical form of a name, and near misses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

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


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Return up to `count` known names that resemble `name`, the most similar first."""
    by_id = {canonical(one): one for one in known}
    found = difflib.get_close_matches(canonical(name), list(by_id), n=count, cutoff=0.6)
    return [by_id[one] for one in found]


def element_name(name: str, elements: Iterable[str]) -> str:
    """Write the name of one array element the way results show it: ``Coverage[rural]``."""
    inside = ",".join(elements)
    return f"{name}[{inside}]" if inside else name


def split_element(name: str) -> tuple[str, tuple[str, ...]]:
    """Split ``"Coverage[rural]"`` into the variable's name and its elements (none for a whole variable)."""
    match = re.fullmatch(r"(.*?)\s*\[([^\[\]]*)\]\s*", name, flags=re.DOTALL)
    if match is None:
        return name.strip(), ()
    return match.group(1).strip(), tuple(part.strip() for part in match.group(2).split(","))
