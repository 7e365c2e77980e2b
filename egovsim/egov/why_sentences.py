"""Why each path does what it does, in a sentence or two a path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from egovsim.analysis.channels import ChannelEffects, leaves_out_zero, summary
from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
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

    if not comparison.why:
        return
    words = {
        "outcome": labels.outcome(comparison.by),
        "year": f"{comparison.horizon:g}",
        "against": against_label(comparison, labels),
        "scenario": labels.label(comparison.scenarios[0]),
    }
    yield Text()
    yield Text(labels.text("why", **words), style="bold")
    for effects in in_order_of_rank(comparison):
        yield bullet(why_sentence(effects, comparison, labels))
    yield Text(labels.text("why how", **words), style="dim")


def in_order_of_rank(comparison: Comparison) -> list[ChannelEffects]:
    """Return what carries each effect in the order of the rankings under the first scenario.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.

    Returns
    -------
    list of ChannelEffects
        Family after family.
    """
    first = comparison.scenarios[0].name
    order = [row.policy for row in comparison.ranking if row.scenario == first]
    return sorted(comparison.why, key=lambda effects: order.index(effects.policy))


def against_label(comparison: Comparison, labels: Labels) -> str:
    """Return what the path is called that effects are counted from.

    Parameters
    ----------
    comparison : Comparison
        From `compare`, with an answer to why.
    labels : Labels
        The language.

    Returns
    -------
    str
        Its label.
    """
    return labels.label(comparison.against or comparison.policies[0])


def why_sentence(effects: ChannelEffects, comparison: Comparison, labels: Labels) -> str:
    """Write what carries the effect of one path.

    Parameters
    ----------
    effects : ChannelEffects
        Of the path.
    comparison : Comparison
        Which knows the labels of paths and channels.
    labels : Labels
        The language.

    Returns
    -------
    str
        The effect, the largest parts of it, those that work against it, and what all carry together.
    """
    effect, together = summary(effects.effect), summary(effects.together)
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    path, sign = names[effects.policy], 1.0 if effect.p50 >= 0.0 else -1.0
    sure = _sure_parts(effects)
    if not effects.is_sure:
        low, high = labels.signed(effect.p05), labels.signed(effect.p95)
        head = labels.text("why open", path=path, effect=labels.signed(effect.p50), low=low, high=high)
        written = _written(sure[: 2 * _MOST], comparison, labels, None)
        return labels.text("why both ways", head=head, parts=written) if sure else head + "."
    head = labels.text("why raises" if sign > 0.0 else "why lowers", path=path, effect=labels.number(abs(effect.p50)))
    carrying = [(name, value) for name, value in sure if sign * value > 0.0][:_MOST]
    opposed = [(name, value) for name, value in sure if sign * value < 0.0][:_MOST]
    key = "why of it" if carrying else "why nothing"
    sentences = [labels.text(key, head=head, parts=_written(carrying, comparison, labels, sign))]
    if opposed:
        sentences.append(labels.text("why opposed", parts=_written(opposed, comparison, labels, -sign)))
    sentences.append(labels.text("why together", carried=labels.number(sign * together.p50)))
    return " ".join(sentences)


def _sure_parts(effects: ChannelEffects) -> list[tuple[str, float]]:
    """Return the medians of the parts whose interval leaves out 0 and that are worth the words, the largest first."""
    spreads = {name: summary(carried) for name, carried in effects.carried.items()}
    sure = {name: found.p50 for name, found in spreads.items() if leaves_out_zero(found)}
    least = max(_SMALLEST, _SMALLEST_PART * max(map(abs, sure.values()), default=0.0))
    return sorted(
        ((name, value) for name, value in sure.items() if abs(value) >= least), key=lambda part: -abs(part[1])
    )


def _written(parts: Sequence[tuple[str, float]], comparison: Comparison, labels: Labels, sign: float | None) -> str:
    """Write parts one after the other: their size in one direction, or with their signs."""
    names = {channel.name: channel.label.get(labels.language, channel.name) for channel in comparison.channels}
    return ", ".join(
        labels.text(
            "why part",
            carried=labels.signed(value) if sign is None else labels.number(sign * value),
            channel=names[name],
        )
        for name, value in parts
    )
