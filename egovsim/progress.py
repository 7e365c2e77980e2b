"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

_WHOLE = 1000


def portion(progress: Progress | None, first: float, last: float) -> Progress | None:
    """Return what a piece of work reports to, as the part of the whole from `first` to `last`.

    Parameters
    ----------
    progress : callable or None
        What the whole reports to.
    first, last : float
        Shares of the whole, from 0 to 1.

    Returns
    -------
    callable or None
        None where nobody asks.
    """
    if progress is None:
        return None

    def report(done: int, total: int) -> None:
        progress(round(_WHOLE * (first + (last - first) * done / max(total, 1))), _WHOLE)

    return report
