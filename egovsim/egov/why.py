"""Why a path does what it does: the rows of the table of channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np

from egovsim.analysis.channels import ChannelEffects, summary
from egovsim.analysis.measures import Spread

TOGETHER = "all channels"
"""What tables call the run in which all channels are held."""


def why_rows(structure: str, why: Sequence[ChannelEffects]) -> Iterator[dict[str, object]]:
    """Yield what each channel carries of the effect of each path, and last what all carry together.

    Parameters
    ----------
    structure : str
        The one that it holds under.
    why : sequence of ChannelEffects
        One a path.

    Yields
    ------
    dict
        A row: structure, policy, against, outcome, year, channel; p05, p50 and p95 of the effect and of what is
        carried, in the outcome's own unit; share, and the members whose runs did not fail.
    """
    for effects in why:
        for channel, carried in effects.parts.items():
            yield {
                "structure": structure,
                "policy": effects.policy,
                "against": effects.base,
                "outcome": effects.outcome,
                "year": int(effects.at),
                "channel": channel or TOGETHER,
                **_parts("effect", summary(effects.effect)),
                **_parts("carried", summary(carried)),
                "share": effects.share(carried),
                "members": int(np.isfinite(carried).sum()),
            }


def _parts(head: str, values: Spread) -> dict[str, float]:
    return {f"{head}_{name}": value for name, value in asdict(values).items()}
