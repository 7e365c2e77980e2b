"""Test of policy sensitivity: does the ranking of policies change with the constants? (Forrester and Senge 1980.)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from egovsim import library
from egovsim.errors import InputError
from egovsim.model.inputs import Floats, PolicyPath
from egovsim.model.metrics import value_at
from egovsim.simulation.files import read_policy
from egovsim.simulation.run import run
from egovsim.validation.declarations import RankingClaim
from egovsim.validation.ensembles import random_members
from egovsim.validation.subject import Members, Subject
from egovsim.validation.verdicts import Family, Verdict, counted

_FAMILY: Family = "policy"
_TEST = "ranking of policies"


def ranking_verdicts(subject: Subject) -> Iterator[Verdict]:
    """Judge how far members agree about the order of policies.

    Parameters
    ----------
    subject : Subject
        The model, its declared ranking, and its accepted members or else its random ones.

    Yields
    ------
    Verdict
        One for each set of members.
    """
    claim = subject.declarations.ranking
    policies = _policies(subject, claim) if claim is not None else ()
    if claim is None or not _families(policies):
        remedy = "say by which outcome which policies are ranked ([ranking])."
        yield Verdict(_TEST, _FAMILY, "not automatic", "nothing is declared, or no two policies of a family", remedy)
        return
    if subject.why_none_accepted:
        yield Verdict(_TEST, _FAMILY, "not automatic", "there are no members to rank with", subject.why_none_accepted)
        return
    members = subject.accepted or _random(subject)
    if not members:
        remedy = "declare the ranges of inputs ([[bounds]])."
        yield Verdict(_TEST, _FAMILY, "not automatic", "no input has a range", remedy)
    for some in members:
        yield _judged(subject, claim, policies, some)


def _random(subject: Subject) -> tuple[Members, ...]:
    design = random_members(subject)
    return () if design is None else (Members("", design),)


def _policies(subject: Subject, claim: RankingClaim) -> tuple[PolicyPath, ...]:
    """Return the declared policies, or all shipped ones that fit the model."""
    if claim.policies:
        return tuple(read_policy(policy, model=subject.model, profile=subject.profile) for policy in claim.policies)
    found: list[PolicyPath] = []
    for name in library.names("policy"):
        try:
            found.append(read_policy(name, model=subject.model, profile=subject.profile))
        except InputError:
            continue  # it is for another model
    return tuple(found)


def _judged(
    subject: Subject,
    claim: RankingClaim,
    policies: Sequence[PolicyPath],
    members: Members,
) -> Verdict:
    metric = value_at(claim.outcome, claim.at)
    result = run(
        subject.model,
        profile=subject.profile,
        policies=policies,
        constants=members.constants,
        design=members.design,
        metrics=[metric],
        until=claim.at,
        seed=subject.seed,
        workers=subject.workers,
    )
    values = result.metric_values(metric.label)[0] * (1.0 if claim.better == "more" else -1.0)
    test = f"{_TEST}, {members.name}" if members.name else _TEST
    shown: list[str] = []
    numbers = {"members": float(len(members.design))}
    agreements: list[float] = []
    for family in _families(policies):
        rows = [number for number, policy in enumerate(policies) if policy in family]
        agreement, best, share = agreement_of(values[rows])
        agreements.append(agreement)
        shown.append(f'{family[0].family} {agreement:.2f}, "{family[best].name}" best in {share:.0%} of members')
        numbers |= {f"{family[0].family}: agreement": agreement, f"{family[0].family}: share of the best": share}
    figures = (
        f"{counted(len(members.design), 'member')}, correlation of their rankings with that of medians by family: "
        f"{'; '.join(shown)}"
    )
    if min(agreements) >= claim.least_agreement:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = (
        f"under {claim.least_agreement:g}: the order is one of the constants; report it with the share of members in "
        "which it holds."
    )
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)


def _families(policies: Sequence[PolicyPath]) -> list[list[PolicyPath]]:
    """Return the paths that are ranked together: those of one family, of which there are two or more."""
    found: dict[str, list[PolicyPath]] = {}
    for policy in policies:
        if not policy.baseline:
            found.setdefault(policy.family or "own", []).append(policy)
    return [paths for paths in found.values() if len(paths) > 1]


def agreement_of(values: Floats) -> tuple[float, int, float]:
    """Return how far members agree with the ranking of medians.

    Parameters
    ----------
    values : float64, shape (policy, member)
        Larger is better.

    Returns
    -------
    float
        Kendall's rank correlation (tau-a) of a member's order with that of the medians, averaged over members.
    int
        The policy that is best by median.
    float
        The share of members in which it is best.
    """
    values = values[:, np.isfinite(values).all(axis=0)]
    medians = np.median(values, axis=1)
    first, second = np.triu_indices(len(values), k=1)
    same = np.sign(values[first] - values[second]) * np.sign(medians[first] - medians[second])[:, np.newaxis]
    best = int(np.argmax(medians))
    is_best: Floats = (np.argmax(values, axis=0) == best).astype(np.float64)
    return float(same.mean()), best, float(is_best.mean())
