"""Why a path does what it does: the rows of the table of channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from egovsim.analysis.channels import Channel, ChannelEffects, summary
from egovsim.egov.comparison_rows import spread_columns
from egovsim.model.inputs import PolicyPath
from egovsim.public import set_module

TOGETHER = "all channels"
"""What tables call the run in which all channels are held."""


@set_module("egovsim")
@dataclass(frozen=True)
class Why:
    """What carries the effects of the paths of a comparison.

    Parameters
    ----------
    against : PolicyPath
        The path that effects are counted from.
    channels : tuple of Channel
        What the effects may go through.
    effects : tuple of ChannelEffects
        One a path, on the ranked outcome at the horizon under the first scenario.
    """

    against: PolicyPath
    channels: tuple[Channel, ...]
    effects: tuple[ChannelEffects, ...]


def why_rows(structure: str, why: Why | None) -> Iterator[dict[str, object]]:
    """Yield what each channel carries of the effect of each path, and last what all carry together.

    Parameters
    ----------
    structure : str
        The one that it holds under.
    why : Why or None
        None gives no rows.

    Yields
    ------
    dict
        A row: structure, policy, against, outcome, year, channel; p05, p50 and p95 of the effect and of what is
        carried, in the outcome's own unit; share, and the members whose runs did not fail.
    """
    for effects in why.effects if why else ():
        for channel, carried in effects.parts.items():
            yield {
                "structure": structure,
                "policy": effects.policy,
                "against": effects.base,
                "outcome": effects.outcome,
                "year": int(effects.at),
                "channel": channel or TOGETHER,
                **spread_columns("effect", summary(effects.effect)),
                **spread_columns("carried", summary(carried)),
                "share": effects.share(carried),
                "members": int(np.isfinite(carried).sum()),
            }
