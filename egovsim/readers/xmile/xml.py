"""An XML file as a tree whose text keeps its place: line and column of every character."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  (lxml brings no type stubs)

from egovsim.errors import ModelError
from egovsim.model.expression import Where
from egovsim.readers.file_bytes import read_bytes, refuse_other_formats
from egovsim.readers.source_span import Source, SourceSpan

Element: TypeAlias = etree._Element
"""An element of lxml's tree."""

_MARKUP = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</[^>]*>"
    r"|(?P<tag><[^!?/](?:[^>\"']|\"[^\"]*\"|'[^']*')*+>)",
    re.DOTALL,
)
_CONTENT = re.compile(
    r"(?P<plain>[^<&]+)|(?P<escape>&[^;<&]+;)|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL
)


def split_name(name: str) -> tuple[str, str]:
    """Split lxml's ``{namespace}local``; a prefix that was never declared stays with the local name."""
    if not name.startswith("{"):
        return "", name
    namespace, _, local = name[1:].partition("}")
    return namespace, local


class Document:
    """A parsed XML file.

    lxml gives a line for an element and none for its text, so the source is scanned once more for
    start tags, which come in the order of the elements.
    """

    def __init__(self, source: Source, root: Element) -> None:
        self.source = source
        self.root = root

    @cached_property
    def _tags(self) -> dict[Element, tuple[int, int]]:
        spans = (one.span() for one in _MARKUP.finditer(self.source.text) if one["tag"])
        return dict(zip(self.root.iter(etree.Element), spans, strict=True))

    def where(self, element: Element) -> Where:
        """Return where the element's start tag stands."""
        return self.source.where(self._tags[element][0])

    def span(self, element: Element) -> SourceSpan:
        """Return the element's text, escapes resolved, comments left out."""
        start = self._tags[element][1]
        text = self.source.text
        if text[start - 2] == "/":
            return self.source.span(start, start)
        stop = text.find("<", start)
        if "&" not in text[start:stop] and text.startswith("</", stop):
            return self.source.span(start, stop)
        return self._decoded(start)

    def _decoded(self, start: int) -> SourceSpan:
        pieces: list[str] = []
        offsets: list[int] = []
        while (found := _CONTENT.match(self.source.text, start)) is not None:
            start = found.end()
            if found["escape"] is not None:
                character = html.unescape(found["escape"])
                pieces.append(character)
                offsets += [found.start()] * len(character)
            elif found["plain"] is not None or found["cdata"] is not None:
                name = "plain" if found["plain"] is not None else "cdata"
                pieces.append(found[name])
                offsets += range(found.start(name), found.end(name))
        return SourceSpan("".join(pieces), self.source, offsets)

    def children(self, element: Element) -> Iterator[tuple[str, Element]]:
        """Yield the children with their names; those of another namespace than the root's as ``prefix:name``."""
        home, _ = split_name(self.root.tag)
        for child in element.iterchildren(etree.Element):
            namespace, name = split_name(child.tag)
            yield (f"{child.prefix or namespace}:{name}" if namespace and namespace != home else name), child

    def named(self, element: Element, name: str) -> list[Element]:
        """Return the children of one name."""
        return [child for one, child in self.children(element) if one == name]


def read_markup(path: Path, *, root: str) -> Document:
    """Read an XML file without entities, document type or network.

    Parameters
    ----------
    path : Path
        The file.
    root : str
        The name its outermost element must have.

    Raises
    ------
    ModelError
        It cannot be read, is not well-formed XML, declares a document type, or is something else.
    """
    data = read_bytes(path)
    refuse_other_formats(data, path.name, wanted="XMILE")
    tree = _parsed(data, path.name)
    source = Source(path.name, _text(data, tree.docinfo.encoding or "utf-8", path.name))
    if tree.docinfo.doctype:
        line = source.where(source.text.find("<!DOCTYPE")).line
        raise ModelError(
            f"{path.name}, line {line}: document types and entities (<!DOCTYPE>) are not read; "
            "remove the declaration and write out what it stands for."
        )
    document = Document(source, tree.getroot())
    found = split_name(document.root.tag)[1]
    if found != root:
        raise ModelError(
            f"{document.where(document.root)}: the outermost element is <{found}>, not <{root}>; "
            "this is another kind of XML file: name a model."
        )
    return document


def _parsed(data: bytes, name: str) -> etree._ElementTree:
    """Parse; a prefix that was never declared (files made by xmutil have some) is kept as part of the name."""
    parser = _parser(recover=False)
    try:
        return etree.fromstring(data, parser).getroottree()
    except etree.XMLSyntaxError as error:
        errors = list(parser.error_log.filter_from_errors())
        faults = [one for one in errors if one.type_name != "NS_ERR_UNDEFINED_NAMESPACE"]
        if errors and not faults:
            return etree.fromstring(data, _parser(recover=True)).getroottree()
        line, message = (faults[0].line, faults[0].message) if faults else (error.lineno, error.msg or "")
        raise ModelError(
            f"{name}, line {line or 1}: the file is not well-formed XML ({_plain(message)}); "
            "it may be cut off: restore it from a copy or correct that line."
        ) from error


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, dtd_validation=False, recover=recover
    )


def _plain(message: str) -> str:
    """Leave out what lxml adds about place, which the error gives already."""
    return re.sub(r", line \d+, column \d+.*$", "", message)


def _text(data: bytes, encoding: str, name: str) -> str:
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise ModelError(f"{name}: the file is not text in {encoding}; save it as UTF-8.") from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
