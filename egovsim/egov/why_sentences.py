"""Why each path does what it does, in a sentence or two a path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from egovsim.analysis.channels import ChannelEffects, leaves_out_zero, summary
from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
from egovsim.egov.why import Why
from egovsim.terminal import bullet

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST = 3
"""How many parts a sentence names."""
_SMALLEST, _SMALLEST_PART = 0.005, 0.1
"""What is nearer to 0 is printed as 0.00; and what is a smaller part of the largest is not worth the words."""


def why_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield what carries the effect of each path, those of the ranking's first place first.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Yields
    ------
    RenderableType
        Lines; nothing where nobody asked.
    """
    from rich.text import Text

    why = comparison.why
    if why is None:
        return
    words = {
        "outcome": labels.outcome(comparison.by),
        "year": f"{comparison.horizon:g}",
        "against": labels.label(why.against),
        "scenario": labels.label(comparison.scenarios[0]),
    }
    yield Text()
    yield Text(labels.text("why", **words), style="bold")
    paths = {policy.name: labels.label(policy) for policy in comparison.policies}
    channels = channel_labels(why, labels)
    for effects in in_order_of_rank(comparison, why):
        yield bullet(why_sentence(effects, paths[effects.policy], channels, labels))
    yield Text(labels.text("why how", **words), style="dim")


def in_order_of_rank(comparison: Comparison, why: Why) -> list[ChannelEffects]:
    """Return what carries each effect in the order of the rankings under the first scenario.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    why : Why
        Its answer to why.

    Returns
    -------
    list of ChannelEffects
        Family after family.
    """
    first = comparison.scenarios[0].name
    order = [row.policy for row in comparison.ranking if row.scenario == first]
    return sorted(why.effects, key=lambda effects: order.index(effects.policy))


def channel_labels(why: Why, labels: Labels) -> dict[str, str]:
    """Return what the channels are called.

    Parameters
    ----------
    why : Why
        With its channels.
    labels : Labels
        The language.

    Returns
    -------
    dict of str to str
        By the channel's name.
    """
    return {channel.name: channel.label.get(labels.language, channel.name) for channel in why.channels}


def why_sentence(effects: ChannelEffects, path: str, channels: Mapping[str, str], labels: Labels) -> str:
    """Write what carries the effect of one path.

    Parameters
    ----------
    effects : ChannelEffects
        Of the path.
    path : str
        What the path is called.
    channels : mapping of str to str
        What the channels are called, by name.
    labels : Labels
        The language.

    Returns
    -------
    str
        The effect, the largest parts of it, those that work against it, and what all carry together. Where the
        interval of the effect reaches 0, the effect with its interval, and parts in both directions.
    """
    effect, parts = summary(effects.effect), _parts_of_one_sign(effects)
    if not effects.has_one_sign:
        low, high = labels.signed(effect.p05), labels.signed(effect.p95)
        head = labels.text("why open", path=path, effect=labels.signed(effect.p50), low=low, high=high)
        signed = [(labels.signed(value), channels[name]) for name, value in parts[: 2 * _MOST]]
        return labels.text("why both ways", head=head, parts=_written(signed, labels)) if signed else f"{head}."
    sign = 1.0 if effect.p50 > 0.0 else -1.0
    with_it, against_it = (
        [(labels.number(abs(value)), channels[name]) for name, value in parts if way * value > 0.0][:_MOST]
        for way in (sign, -sign)
    )
    head = labels.text("why raises" if sign > 0.0 else "why lowers", path=path, effect=labels.number(abs(effect.p50)))
    key = "why of it" if with_it else "why nothing"
    sentences = [labels.text(key, head=head, parts=_written(with_it, labels))]
    if against_it:
        sentences.append(labels.text("why opposed", parts=_written(against_it, labels)))
    together = labels.number(sign * summary(effects.together).p50)
    return " ".join([*sentences, labels.text("why together", carried=together)])


def _parts_of_one_sign(effects: ChannelEffects) -> list[tuple[str, float]]:
    """Return the medians of the parts whose interval leaves out 0 and that are worth the words, the largest first."""
    spreads = {name: summary(carried) for name, carried in effects.carried.items()}
    signed = {name: found.p50 for name, found in spreads.items() if leaves_out_zero(found)}
    least = max(_SMALLEST, _SMALLEST_PART * max(map(abs, signed.values()), default=0.0))
    return sorted(
        ((name, value) for name, value in signed.items() if abs(value) >= least), key=lambda part: -abs(part[1])
    )


def _written(parts: Sequence[tuple[str, str]], labels: Labels) -> str:
    return ", ".join(labels.text("why part", carried=carried, channel=channel) for carried, channel in parts)
