"""A piece of a file that remembers, for each of its characters, where it stood."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from egovsim.model.expression import Where


@dataclass(frozen=True)
class Source:
    """The text of a file, with line breaks written ``\\n``."""

    file: str
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def where(self, offset: int) -> Where:
        """Return the line and column of a character, both counted from 1."""
        starts = self._line_starts
        line = bisect_right(starts, offset)
        return Where(self.file, line, offset - starts[line - 1] + 1)

    def span(self, start: int, stop: int) -> SourceSpan:
        """Return the characters from `start` up to `stop`."""
        return SourceSpan(self.text[start:stop], self, range(start, stop))


@dataclass(frozen=True)
class SourceSpan:
    """Text taken from a source, decoded; character `i` stood at ``offsets[i]`` of it.

    The offsets are a plain range unless the source wrote some characters in an escaped form
    (``&gt;`` in XML), so that positions stay exact in either case.
    """

    text: str
    source: Source
    offsets: Sequence[int]

    def where(self, position: int) -> Where:
        """Return where the character at `position` stood; past the end, where the last one did."""
        if not self.offsets:
            return Where(self.source.file)
        return self.source.where(self.offsets[min(position, len(self.offsets) - 1)])


def span_of(text: str, *, file: str = "(text)") -> SourceSpan:
    """Make a passage of a text that stands for itself."""
    return Source(file, text).span(0, len(text))
