"""``<data>``: which files a model imports, and where they are.

XMILE 1.0, section 2, "Data section", has the attributes, isee's help, "Setting Up Import Links", what they do.
An import that is switched on and not on demand is done when its file is there. Without the file the equations stay
what they are, as they do in Stella, and the import is named. Exports change no number.
"""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from egovsim.errors import DataError, suggestion
from egovsim.model.expression import Where
from egovsim.model.model import Dimension, LeftOut
from egovsim.model.variable import Variable
from egovsim.readers.data.cells import Sheet
from egovsim.readers.data.delimited_text import delimiter_of
from egovsim.readers.data.given import GivenData
from egovsim.readers.data.named_columns import named_columns
from egovsim.readers.data.spreadsheets import is_file, sheets_in
from egovsim.readers.xmile.imported_values import ImportedValues
from egovsim.readers.xmile.structure import XmileFile
from egovsim.readers.xmile.xml import Document, Element, split_name

_KNOWN = frozenset(
    {"type", "enabled", "frequency", "orientation", "resource", "worksheet", "overwrite", "timevarying", "label"}
)
"""Attributes of ``<import>``: the standard's, and the two that Stella adds."""

_WORDS = {
    "type": ("CSV", "Excel", "XML"),
    "frequency": ("automatic", "on_demand"),
    "orientation": ("vertical", "horizontal"),
}
"""What some of them may be, the first where they are left out."""

_DATA_FOLDERS = (".", "Data", "data")
"""Where isee's help ("Creating Import and Export Files") says that files of imports should be."""


@dataclass(frozen=True)
class DataLink:
    """One ``<import>``.

    Parameters
    ----------
    resource : str
        The file as the model names it.
    worksheet : str
        The sheet of a spreadsheet; empty for every sheet.
    enabled, on_demand : bool
        Whether it is switched on, and whether it waits until it is asked for.
    across : bool
        Whether the names stand in the first column.
    over_time : bool
        Whether the first column (or row) holds times.
    overwrites : bool
        Whether it sets constants and graphical functions; otherwise it takes the place of any equation for a run.
    unknown : tuple of str
        Its attributes that are not known.
    where : Where
        Where it stands.
    """

    resource: str
    worksheet: str
    enabled: bool
    on_demand: bool
    across: bool
    over_time: bool
    overwrites: bool
    unknown: tuple[str, ...]
    where: Where

    @property
    def is_automatic(self) -> bool:
        """Whether it is done without being asked for."""
        return self.enabled and not self.on_demand

    @property
    def file(self) -> str:
        """The file's own name."""
        return re.split(r"[\\/]", self.resource)[-1]


@dataclass
class Imports:
    """What the imports of a file came to.

    Parameters
    ----------
    variables : list of Variable
        With the values that were imported.
    changed : frozenset of str
        Ids of those that have such values.
    sources : list of str
        The files that were looked for, by their paths from the model's folder.
    left_out : list of LeftOut
        What could not be imported.
    ignored : Counter of str
        Exports, and imports that are not done, by what they are.
    already : dict of tuple to str
        Where the value of each element that was imported comes from.
    """

    variables: list[Variable]
    changed: frozenset[str] = frozenset()
    sources: list[str] = field(default_factory=list[str])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    ignored: Counter[str] = field(default_factory=Counter[str])
    already: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict[tuple[str, tuple[str, ...]], str])


def import_data(
    files: Sequence[XmileFile],
    variables: Sequence[Variable],
    dimensions: Sequence[Dimension],
    given: GivenData,
) -> Imports:
    """Import what ``<data>`` says.

    Parameters
    ----------
    files : sequence of XmileFile
        The file of the whole model, then those of its modules, whose links are named and not followed: their names
        are those of a model that stands alone.
    variables : sequence of Variable
        Of the whole model.
    dimensions : sequence of Dimension
        Of the file.
    given : GivenData
        Files of imports that are asked for, or lie elsewhere than the model says.

    Returns
    -------
    Imports
        The variables, and what was not imported.

    Raises
    ------
    DataError
        A file cannot be read, or holds what cannot be imported; a file is given that no import names.
    """
    whole, *modules = files
    links = list(_links(whole.document))
    _refuse_other_files(links, whole.path.name, given)
    found = Imports(list(variables))
    found.ignored["data exports"] = sum(len(list(_parts(file.document, "export"))) for file in files)
    for link in links:
        _import(link, whole.path, dimensions, given, found)
    for link in (link for file in modules for link in _links(file.document) if link.is_automatic):
        text = (
            f'the import of "{link.file}" in the file of a module is not done; write it in the file of the whole model'
        )
        found.left_out.append(LeftOut("", text, link.where))
    found.ignored = +found.ignored
    found.changed = frozenset(new.id for new, old in zip(found.variables, variables, strict=True) if new is not old)
    return found


def _parts(document: Document, name: str) -> Iterator[Element]:
    for block in document.named(document.root, "data"):
        yield from document.named(block, name)


def _links(document: Document) -> Iterator[DataLink]:
    for element in _parts(document, "import"):
        said = {split_name(str(name))[1].lower(): str(text).strip() for name, text in element.attrib.items()}
        _refuse_other_words(said, document.where(element))
        yield DataLink(
            resource=said.get("resource", ""),
            worksheet=said.get("worksheet", ""),
            enabled=_is_on(said.get("enabled", "true")),
            on_demand=said.get("frequency", "automatic").lower() == "on_demand",
            across=said.get("orientation", "vertical").lower() == "horizontal",
            over_time=_is_on(said.get("timevarying", "")),
            overwrites=_is_on(said.get("overwrite", "true")),
            unknown=tuple(name for name in said if name not in _KNOWN),
            where=document.where(element),
        )


def _refuse_other_words(said: Mapping[str, str], where: Where) -> None:
    for name, words in _WORDS.items():
        text = said.get(name, words[0])
        if text.lower() not in [word.lower() for word in words]:
            raise DataError(f"{where}: the {name} of this import is '{text}'; there are: {', '.join(words)}.")
    if said.get("type", "").lower() == "xml":
        raise DataError(f"{where}: an import from XML cannot be read; save its data as .csv or .xlsx, and name that.")


def _is_on(text: str) -> bool:
    return text.lower() in ("true", "1")


def _refuse_other_files(links: Sequence[DataLink], file: str, given: GivenData) -> None:
    for tag, _ in given.tags:
        raise DataError(f'{file}: a file is given for "{tag}", and only Vensim models have such names; leave it out.')
    known = {link.file.lower(): link.file for link in links}
    for other in given.files:
        if other.name.lower() not in known:
            near = suggestion(other.name, known.values()) or "; leave it out"
            raise DataError(f'{file}: "{other.name}" is given as data, and no import of this model names it{near}.')


def _import(link: DataLink, path: Path, dimensions: Sequence[Dimension], given: GivenData, found: Imports) -> None:
    """Do one import where it is to be done and its file is there."""
    asked = next((file for file in reversed(given.files) if file.name.lower() == link.file.lower()), None)
    if asked is None and not link.is_automatic:
        how = "done on demand" if link.enabled else "switched off"
        found.ignored[f'import of "{link.file}", which is {how}'] += 1
        return
    place = asked or _located(link.resource, path)
    found.sources.append(_from_folder(place, path.parent))
    if not is_file(place):
        if asked is not None:
            raise DataError(f"{asked}: there is no such file to import; check its name.")
        text = (
            f'there is no file "{link.resource}" to import, so the equations stay as they are; '
            f'put "{link.file}" beside the model, or name it in `data`'
        )
        found.left_out.append(LeftOut("", text, link.where))
        return
    if asked is None and place != _as_said(link.resource, path):
        text = f'the import of "{link.resource}" is read from "{_from_folder(place, path.parent)}"'
        found.left_out.append(LeftOut("", text, link.where))
    found.left_out += [
        LeftOut("", f'"{name}" of the import of "{link.file}" is not known, and is passed over', link.where)
        for name in link.unknown
    ]
    values = ImportedValues(found.variables, dimensions, link.where, found.already, overwrites=link.overwrites)
    for sheet in _sheets(link, place):
        columns = named_columns(sheet, across=link.across)
        if not columns:
            found.left_out.append(LeftOut("", f"{sheet.place} is empty, and nothing is imported from it", link.where))
        if link.over_time:
            values.over_time(columns)
        else:
            values.constants(columns)
    found.variables = values.variables
    found.left_out += values.left_out


def _sheets(link: DataLink, path: Path) -> list[Sheet]:
    sheets = sheets_in(path, delimiter_of(path, ""), f'{link.where}: "{link.file}"')
    if not link.worksheet or not any(sheet.name for sheet in sheets):
        return sheets
    named = [sheet for sheet in sheets if sheet.name.lower() == link.worksheet.lower()]
    if not named:
        near = suggestion(link.worksheet, [sheet.name for sheet in sheets])
        raise DataError(f'{link.where}: "{link.file}" has no sheet "{link.worksheet}"{near}.')
    return named


def _as_said(resource: str, path: Path) -> Path:
    """Return the file that a resource names; Stella writes ``r../Data/x.csv``, counted from the model's own file."""
    text = resource.replace("\\", "/")
    counted = path.joinpath(text[1:]) if text.startswith(("r../", "r./")) else path.parent.joinpath(text)
    return Path(os.path.normpath(counted))


def _located(resource: str, path: Path) -> Path:
    """Return the file of an import within the model's folder, else one of its name beside the model."""
    said = _as_said(resource, path)
    if not re.match(r"[a-z]+:", resource, re.IGNORECASE) and _is_within(said, path.parent) and is_file(said):
        return said
    name = re.split(r"[\\/]", resource)[-1]
    others = [path.parent / folder / name for folder in _DATA_FOLDERS]
    beside = next((other for other in others if name and is_file(other)), None)
    return beside or (said if _is_within(said, path.parent) else others[0])


def _is_within(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        return False


def _from_folder(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
