"""An XML file as a tree whose text keeps its place: line and column of every character."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from lxml import etree  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType]

from egovsim.errors import ModelError
from egovsim.model.expression import Where
from egovsim.readers.file_bytes import read_bytes, refuse_other_formats
from egovsim.readers.source_span import Source, SourceSpan

_LXML: Any = etree  # pyright: ignore[reportUnknownVariableType]
"""The library, which brings no type stubs; what it returns is an `Element` from here on."""


class Element(Protocol):
    """An element of lxml's tree: what of it is used here."""

    @property
    def tag(self) -> str:
        """Its name, ``{namespace}local``."""
        ...

    @property
    def prefix(self) -> str | None:
        """The prefix of its name in the file."""
        ...

    @property
    def attrib(self) -> Mapping[str, str]:
        """Its attributes by name."""
        ...

    def get(self, name: str, /) -> str | None:
        """Return an attribute.

        Parameters
        ----------
        name : str
            Of the attribute.

        Returns
        -------
        str or None
            None where there is none of that name.
        """
        ...

    def iter(self, tag: object, /) -> Iterator[Element]:
        """Yield the element and all below it.

        Parameters
        ----------
        tag : object
            A name; the library's function that makes elements stands for any.

        Yields
        ------
        Element
            In the order of the file.
        """
        ...

    def iterchildren(self, tag: object, /) -> Iterator[Element]:
        """Yield the children.

        Parameters
        ----------
        tag : object
            A name; the library's function that makes elements stands for any.

        Yields
        ------
        Element
            In the order of the file.
        """
        ...

    def itertext(self) -> Iterator[str]:
        """Yield the texts in the element.

        Yields
        ------
        str
            In the order of the file, those of its children among them.
        """
        ...


_MARKUP = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</[^>]*>"
    r"|(?P<tag><[^!?/](?:[^>\"']|\"[^\"]*\"|'[^']*')*+>)",
    re.DOTALL,
)
_CONTENT = re.compile(
    r"(?P<plain>[^<&]+)|(?P<escape>&[^;<&]+;)|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL
)


def split_name(name: str) -> tuple[str, str]:
    """Split lxml's ``{namespace}local``.

    Parameters
    ----------
    name : str
        Of an element.

    Returns
    -------
    tuple of str
        Namespace and local name; a prefix that was never declared stays with the local name.
    """
    if not name.startswith("{"):
        return "", name
    namespace, _, local = name[1:].partition("}")
    return namespace, local


class Document:
    """A parsed XML file.

    lxml gives a line for an element and none for its text, so the source is scanned once more for
    start tags, which come in the order of the elements.

    Parameters
    ----------
    source : Source
        The text of the file.
    root : Element
        Its outermost element.
    """

    def __init__(self, source: Source, root: Element) -> None:
        self.source = source
        self.root = root

    @cached_property
    def _tags(self) -> dict[Element, tuple[int, int]]:
        spans = [markup.span() for markup in _MARKUP.finditer(self.source.text) if markup["tag"]]
        elements = list(self.root.iter(_LXML.Element))
        if len(spans) > len(elements):
            # lxml says nothing of it where it has had to recover from a prefix that was never declared.
            where = self.source.where(spans[len(elements)][0])
            raise _malformed(where.file, where.line, "Extra content at the end of the document")
        return dict(zip(elements, spans, strict=True))

    def where(self, element: Element) -> Where:
        """Return where an element stands.

        Parameters
        ----------
        element : Element
            Of this document.

        Returns
        -------
        Where
            The first character of its start tag.
        """
        return self.source.where(self._tags[element][0])

    def span(self, element: Element) -> SourceSpan:
        """Return the text of an element up to its first child.

        Parameters
        ----------
        element : Element
            Of this document.

        Returns
        -------
        SourceSpan
            Escapes are resolved, comments left out.
        """
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
        """Yield the children of an element with their names.

        Parameters
        ----------
        element : Element
            Of this document.

        Yields
        ------
        tuple of str and Element
            The name of one of another namespace than the root's is ``prefix:name``.
        """
        home, _ = split_name(self.root.tag)
        for child in element.iterchildren(_LXML.Element):
            namespace, name = split_name(child.tag)
            yield (f"{child.prefix or namespace}:{name}" if namespace and namespace != home else name), child

    def named(self, element: Element, name: str) -> list[Element]:
        """Return the children of an element that bear a name.

        Parameters
        ----------
        element : Element
            Of this document.
        name : str
            As `children` gives it.

        Returns
        -------
        list of Element
            In the order of the file.
        """
        return [child for found, child in self.children(element) if found == name]


def read_markup(path: Path, *, root: str) -> Document:
    """Read an XML file without entities, document type or network.

    Parameters
    ----------
    path : Path
        The file.
    root : str
        The name its outermost element must have.

    Returns
    -------
    Document
        The file, parsed.

    Raises
    ------
    ModelError
        It cannot be read, is not well-formed XML, declares a document type, or is something else.
    """
    data = read_bytes(path)
    refuse_other_formats(data, path.name, wanted="XMILE")
    tree = _parsed(data, path.name)
    info = tree.docinfo
    source = Source(path.name, _text(data, info.encoding or "utf-8", path.name))
    if info.doctype:
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


def _parsed(data: bytes, name: str) -> Any:
    """Parse; a prefix that was never declared (files made by xmutil have some) is kept as part of the name."""
    parser = _parser(recover=False)
    try:
        return _LXML.fromstring(data, parser).getroottree()
    except _LXML.XMLSyntaxError as error:
        errors = list(parser.error_log.filter_from_errors())
        faults = [fault for fault in errors if fault.type_name != "NS_ERR_UNDEFINED_NAMESPACE"]
        if errors and not faults:
            return _LXML.fromstring(data, _parser(recover=True)).getroottree()
        if faults and faults[0].type_name == "ERR_RESOURCE_LIMIT":
            # Measured: 256 elements in each other are read, and 10,000,000 characters in one. The limits guard against
            # files that are made to fill the memory, and no model comes near them.
            raise ModelError(
                f"{name}, line {faults[0].line}: elements that stand more than 256 deep in each other, or hold more "
                "than 10,000,000 characters, are not read; take this one apart."
            ) from error
        line, message = (faults[0].line, faults[0].message) if faults else (error.lineno, error.msg or "")
        raise _malformed(name, line or 1, _plain(message)) from error


def _malformed(name: str, line: int, what: str) -> ModelError:
    return ModelError(
        f"{name}, line {line}: the file is not well-formed XML ({what}); "
        "it may be cut off: restore it from a copy or correct that line."
    )


def _parser(*, recover: bool) -> Any:
    return _LXML.XMLParser(
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
