"""A piece of a file that remembers, for each of its characters, where it stood."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from egovsim.model.expression import Where


@dataclass(frozen=True)
class Source:
    """The text of a file.

    Parameters
    ----------
    file : str
        Its name.
    text : str
        What it holds, line breaks written ``\\n``.
    """

    file: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def where(self, offset: int) -> Where:
        """Return where a character stands.

        Parameters
        ----------
        offset : int
            Its place in the text, from 0.

        Returns
        -------
        Where
            Line and column, both counted from 1.
        """
        starts = self._line_starts
        line = bisect_right(starts, offset)
        return Where(self.file, line, offset - starts[line - 1] + 1)

    def span(self, start: int, stop: int) -> SourceSpan:
        """Return a piece of the text.

        Parameters
        ----------
        start, stop : int
            Its first character, and the one after its last.

        Returns
        -------
        SourceSpan
            The characters between them.
        """
        return SourceSpan(self.text[start:stop], self, range(start, stop))


@dataclass(frozen=True)
class SourceSpan:
    """Text taken from a source, decoded.

    Parameters
    ----------
    text : str
        The text.
    source : Source
        What it was taken from.
    offsets : sequence of int
        Where each character stood in the source: a plain range unless some were written in an escaped form there
        (``&gt;`` in XML), so that positions stay exact in either case.
    """

    text: str
    source: Source
    offsets: Sequence[int]

    def where(self, position: int) -> Where:
        """Return where a character stood.

        Parameters
        ----------
        position : int
            Its place in the text, from 0; past the end, the last one's is taken.

        Returns
        -------
        Where
            Line and column in the source; the file as a whole where there is no text.
        """
        if not self.offsets:
            return Where(self.source.file)
        return self.source.where(self.offsets[min(position, len(self.offsets) - 1)])


def span_of(text: str, *, file: str = "(text)") -> SourceSpan:
    """Make a source span of a text that stands for itself.

    Parameters
    ----------
    text : str
        The text.
    file : str, optional
        What messages call it.

    Returns
    -------
    SourceSpan
        All of it.
    """
    return Source(file, text).span(0, len(text))
