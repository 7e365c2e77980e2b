"""The page on the findings as text: its tables, when they were made, and the fingerprint of what they were made from.

Tables stand between ``<!-- table: name -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from egovsim import library
from egovsim.egov.findings.cells import Table
from egovsim.egov.panel.quantities import DISCREPANCIES
from egovsim.errors import InputError

_TABLE = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)
_MADE = re.compile(r"(<!-- made -->\n).*?(<!-- end -->)", flags=re.DOTALL)
_FINGERPRINT = re.compile(r"<!-- worked out from: (\w+) -->")


def refreshed_page(text: str, tables: Mapping[str, Table], made: str) -> str:
    """Return the page with other tables, and the fingerprint of what is shipped now.

    Parameters
    ----------
    text : str
        The page.
    tables : mapping of str to list of list of str
        By name; a table of the page that is not given stays.
    made : str
        The sentence that says when they were worked out, and with what.

    Returns
    -------
    str
        The page.

    Raises
    ------
    InputError
        When the page lacks a table.
    """
    for name, rows in tables.items():
        text = with_table(text, name, rows)
    return with_fingerprint(_MADE.sub(lambda found: f"{found[1]}{made}\n{found[2]}", text), fingerprint())


def fingerprint() -> str:
    """Return a hash of the shipped members, of what they were accepted with, of the paths, and of the panel's test.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    parts: list[object] = []
    for name in library.names("match"):
        path = library.find("match", name)
        content = json.loads(library.read_bytes(path))
        accepted = [content[search]["accepted"] for search in ("upstream", "search", "downstream") if search in content]
        parts += [path.name, content["model_fingerprint"], content["evidence_fingerprint"], accepted]
    parts += [library.read_bytes(library.find("policy", name)).decode("utf-8") for name in library.names("policy")]
    parts += [library.read_bytes(library.find("evidence", "panel")).decode("utf-8"), sorted(DISCREPANCIES.items())]
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def stated_fingerprint(text: str) -> str:
    """Return the fingerprint that the page carries.

    Parameters
    ----------
    text : str
        The page.

    Returns
    -------
    str
        Empty where there is none.
    """
    found = _FINGERPRINT.search(text)
    return found.group(1) if found else ""


def with_fingerprint(text: str, value: str) -> str:
    """Return the page with another fingerprint.

    Parameters
    ----------
    text : str
        The page.
    value : str
        From `fingerprint`.

    Returns
    -------
    str
        The page.
    """
    return _FINGERPRINT.sub(f"<!-- worked out from: {value} -->", text)


def table_names(text: str) -> list[str]:
    """Return the names of the page's tables.

    Parameters
    ----------
    text : str
        The page.

    Returns
    -------
    list of str
        In its order.
    """
    return [name for _, name, _ in _TABLE.findall(text)]


def read_page_table(text: str, name: str) -> Table:
    """Return the cells of a table.

    Parameters
    ----------
    text : str
        The page.
    name : str
        One of `table_names`.

    Returns
    -------
    list of list of str
        Headings first.
    """
    body = next(found.group(0) for found in _TABLE.finditer(text) if found.group(2) == name)
    lines = [line for line in body.splitlines() if line.startswith("|") and not set(line) <= set("|- ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def with_table(text: str, name: str, rows: Table) -> str:
    """Return the page with other contents in a table.

    Parameters
    ----------
    text : str
        The page.
    name : str
        One of `table_names`.
    rows : list of list of str
        Headings first.

    Returns
    -------
    str
        The page.

    Raises
    ------
    InputError
        When the page lacks the table.
    """
    if name not in table_names(text):
        raise InputError(f'the page has no table "{name}".')
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    lines = "\n".join([head, "|" + " --- |" * len(rows[0]), *body])
    return _TABLE.sub(
        lambda found: f"{found[1]}\n{lines}\n\n{found[3]}" if found[2] == name else found[0],
        text,
    )
