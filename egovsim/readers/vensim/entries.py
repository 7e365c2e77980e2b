"""A Vensim file cut into its entries: equation, units, note and group of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from egovsim.errors import ModelError
from egovsim.model.expression import Where
from egovsim.model.model import UnitSynonyms
from egovsim.names import canonical
from egovsim.readers.file_bytes import read_bytes, refuse_other_formats
from egovsim.readers.source_span import Source, SourceSpan

_SKETCH = re.compile(r"^\\{2,}---///.*$", re.MULTILINE)
_MACRO = re.compile(
    r":MACRO:\s*(?P<name>[^(|~]*)\((?P<arguments>[^)|~]*)\)(?P<body>.*?):END OF MACRO:", re.DOTALL | re.IGNORECASE
)
_DATASETS = re.compile(r"^13:(?P<files>.*)$", re.MULTILINE)
"""The data sets a model simulates with, in the settings at the end of a file (seen in files; not documented)."""
_COMMENT = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_EQUATION = re.compile(rf'(?:"(?:[^"\\\n]|\\.|\n)*?"|{_COMMENT}|[^"~|{{])*+')
_COMMENT_OR_NAME = re.compile(rf'"(?:[^"\\]|\\.)*"|{_COMMENT}', re.DOTALL)
_GROUP = re.compile(r"\*{3,}\s*\.?(?P<name>[^\n*]*?)\s*\n?\s*\*{3,}")
_UNIT_SYNONYMS = re.compile(r"^22:(.*)$", re.MULTILINE)
_INTEGRATION = re.compile(r"^15:\d+,\d+,\d+,(\d+)", re.MULTILINE)
"""The number of the integration method, the fourth of its line in the settings; see `sim_specs.METHODS`."""
_DATE = re.compile(r"^(37|38|39|40): *(\d+) *$", re.MULTILINE)
"""Lines of the settings with year, month and day at time 0 and the number of the unit of time. What the numbers mean
is not documented; the units are those that recorded files with such lines give to their FINAL TIME."""
_TAGS = re.compile(r"^30:(\?[^=\n]+)=(.*)$", re.MULTILINE)
"""Names of spreadsheets that the settings give a file (Model > Settings > XLS Files; the number is seen in files)."""
_CONTINUATION = re.compile(r"\\(?=\n)")


@dataclass(frozen=True)
class Entry:
    """One entry.

    Parameters
    ----------
    equation : SourceSpan
        Everything before the first ``~``.
    units : str
        What comes after it, with the range in brackets.
    note : str
        What comes after the second ``~``.
    group : str
        The name on the last banner before the entry; empty where there is none.
    """

    equation: SourceSpan
    units: str
    note: str
    group: str


@dataclass(frozen=True)
class MacroText:
    """A macro as it is written.

    Parameters
    ----------
    name : str
        As the file has it.
    inputs, outputs : tuple of str
        Names of its arguments before and after the colon.
    entries : tuple of Entry
        Its body.
    where : Where
        Where its name stands.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    entries: tuple[Entry, ...]
    where: Where

    @property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)


@dataclass(frozen=True)
class VensimText:
    """A file cut into its parts.

    Parameters
    ----------
    source : Source
        The equations, macros blanked out.
    entries : tuple of Entry
        In the order of the file.
    macros : tuple of MacroText
        In the order of the file.
    datasets : tuple of str
        The data sets that the settings name.
    tags : mapping of str to str
        The files that names such as ``?scenario`` stand for, by those names in lower case.
    unit_synonyms : tuple of UnitSynonyms
        What the settings say about names of units.
    integration : int or None
        The number of the integration method; None where the settings do not say.
    end : str
        The file from its first sketch on: the sketches, then the settings.
    date : tuple of int
        Year, month and day at time 0, and the number of the unit of time; empty where the settings do not say.
    """

    source: Source
    entries: tuple[Entry, ...]
    macros: tuple[MacroText, ...]
    datasets: tuple[str, ...]
    tags: Mapping[str, str]
    unit_synonyms: tuple[UnitSynonyms, ...]
    integration: int | None
    end: str
    date: tuple[int, ...]


def read_vensim_text(path: Path) -> VensimText:
    """Cut a file into entries.

    Parameters
    ----------
    path : Path
        The .mdl file.

    Returns
    -------
    VensimText
        Its entries, macros, sketches and settings; nothing in them is parsed yet.

    Raises
    ------
    ModelError
        It cannot be read, is something else than a Vensim model, or ends inside an equation.
    """
    data = read_bytes(path)
    refuse_other_formats(data, path.name, wanted="a Vensim model")
    text = _decode(data)
    first, last = _sketches(text)
    end, settings = text[first:], text[last:].partition("\n///---")[2]
    named = (name.strip() for line in _DATASETS.findall(text) for name in line.split(","))
    source, macros = _without_macros(Source(path.name, _CONTINUATION.sub(" ", text[:first])))
    entries = tuple(_entries(source))
    if not entries:
        raise ModelError(f"{path.name}: there is no equation in this file; a Vensim model ends each of them with '|'.")
    return VensimText(
        source,
        entries,
        macros,
        datasets=tuple(name for name in named if name),
        tags={tag.strip().lower(): file.strip() for tag, file in _TAGS.findall(text)},
        unit_synonyms=_unit_synonyms(settings),
        integration=_integration(settings),
        end=end,
        date=_date(settings),
    )


def _sketches(text: str) -> tuple[int, int]:
    """Return where the first sketch begins, and where the last one does; the text's end where there is none."""
    starts = [sketch.start() for sketch in _SKETCH.finditer(text)]
    return (starts[0], starts[-1]) if starts else (len(text), len(text))


def _without_macros(source: Source) -> tuple[Source, tuple[MacroText, ...]]:
    """Return the equations of the model itself, blank where macros stand, and the macros."""
    macros = tuple(_macro(source, found) for found in _MACRO.finditer(source.text))
    rest = Source(source.file, _MACRO.sub(lambda found: _blanked(found[0]), source.text))
    opened = re.search(":MACRO:", rest.text, re.IGNORECASE)
    if opened is not None:
        raise ModelError(
            f"{rest.where(opened.start())}: this macro is not written :MACRO: name(arguments) … :END OF MACRO:; "
            "add what is missing."
        )
    return rest, macros


def _blanked(text: str) -> str:
    """Replace everything but line breaks, so that what stands elsewhere keeps its line."""
    return re.sub(r"[^\n]", " ", text)


def _macro(source: Source, found: re.Match[str]) -> MacroText:
    """Read a macro; its body is read as a file of its own that is blank elsewhere."""
    inputs, _, outputs = found["arguments"].partition(":")
    text = source.text
    start, stop = found.span("body")
    body = Source(source.file, _blanked(text[:start]) + text[start:stop])
    return MacroText(
        " ".join(found["name"].split()),
        tuple(" ".join(name.split()) for name in inputs.split(",") if name.strip()),
        tuple(" ".join(name.split()) for name in outputs.split(",") if name.strip()),
        tuple(_entries(body)),
        source.where(found.start("name")),
    )


def _integration(settings: str) -> int | None:
    found = _INTEGRATION.search(settings)
    return None if found is None else int(found[1])


def _date(settings: str) -> tuple[int, ...]:
    found = {name: int(value) for name, value in _DATE.findall(settings)}
    return tuple(found[name] for name in sorted(found)) if len(found) == 4 else ()


def _unit_synonyms(settings: str) -> tuple[UnitSynonyms, ...]:
    """Read the lines ``22:Person,People,Persons`` of the settings, which stand after the last sketch.

    What the number means is not documented; it is so in every recorded file that has such lines.
    """
    found = [tuple(name.strip() for name in line.split(",")) for line in _UNIT_SYNONYMS.findall(settings)]
    return tuple(dict.fromkeys(UnitSynonyms(names) for names in found if all(names)))


def _decode(data: bytes) -> str:
    """Decode UTF-8, which Vensim announces by ``{UTF-8}``; older files are in the Windows code page."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _entries(source: Source) -> Iterator[Entry]:
    text, position, group = source.text, 0, ""
    while (start := _start(text, position)) < len(text):
        stop = _equation_end(source, start)
        end = text.find("|", stop)
        if end < 0:
            raise ModelError(
                f"{source.where(start)}: the file ends inside this equation ('|' is missing); "
                "it may be cut off: restore it from a copy or save the model again."
            )
        position = end + 1
        banner = _GROUP.match(text, start)
        if banner is not None:
            group = banner["name"].strip()
        elif text[start:stop].strip():
            units, note = _rest(text[stop:end])
            yield Entry(_without_comments(source.span(start, stop)), units, note, group)


def _without_comments(span: SourceSpan) -> SourceSpan:
    """Blank comments out: one may stand anywhere, in the list of a subscript range too, and hold any sign."""
    text = _COMMENT_OR_NAME.sub(lambda found: found[0] if found[0][0] == '"' else _blanked(found[0]), span.text)
    return replace(span, text=text)


def _start(text: str, position: int) -> int:
    """Return where the next entry begins: past blanks and comments, such as the one on the encoding."""
    found = re.compile(rf"(?:\s|{_COMMENT})*").match(text, position)
    return found.end() if found else position


def _equation_end(source: Source, start: int) -> int:
    """Return where the equation stops: at a ``~`` or ``|`` that is not inside quotation marks."""
    found = _EQUATION.match(source.text, start)
    stop = found.end() if found else start
    if stop < len(source.text) and source.text[stop] not in "~|":
        raise ModelError(
            f"{source.where(stop)}: '{source.text[stop]}' opens what nothing closes; "
            "add the closing quotation mark or brace."
        )
    return stop


def _rest(text: str) -> tuple[str, str]:
    """Return units and note, without the flags that may follow them."""
    parts = text.split("~")
    units, note = [*parts[1:3], "", ""][:2]
    return " ".join(units.split()), re.sub(r"[ \t]*\n[ \t]*", "\n", note).strip()
