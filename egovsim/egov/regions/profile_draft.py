"""A profile as it grows: a template whose entries are turned into assumptions, then replaced by answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

import numpy as np

from egovsim.egov.regions.answers import Answer
from egovsim.egov.regions.questionnaire import Question, Questionnaire, number_text
from egovsim.errors import DataError
from egovsim.model.inputs import Design, Floats, Profile, Series
from egovsim.model.metrics import mean_over
from egovsim.model.model import Model
from egovsim.model.variable import plain_number
from egovsim.simulation.run import run
from egovsim.toml import Table

_BUDGET, _LONG_RUN, _GROWTH_TIME = "Regional budget at start", "Regional budget in the long run", "Budget growth time"
_BUDGET_YEAR = 2024.0
_URBAN, _PRIORITY, _ACCESS, ONLINE = (
    "Urban share of population",
    "Rural priority",
    "Rural access factor",
    "Internet penetration",
)
_ACCESS_SPREAD = (0.88, 1.12)
"""How far the rural access factor may be off where the template does not say."""

Entry = dict[str, Any]


@dataclass
class ProfileDraft:
    """Sections of the file as they grow, from the template's own entries turned into assumptions.

    Parameters
    ----------
    words : Questionnaire
        Texts in the language of the file.
    label : str
        What the template is called.
    template : Profile
        What gives all that is not known.
    model : Model
        The e-government model.
    constants, ranges, levers, published : dict of str to dict
        The sections: TOML entries by the name of a variable.
    """

    words: Questionnaire
    label: str
    template: Profile
    model: Model
    constants: dict[str, Entry] = field(default_factory=dict[str, Entry])
    ranges: dict[str, Entry] = field(default_factory=dict[str, Entry])
    levers: dict[str, Entry] = field(default_factory=dict[str, Entry])
    published: dict[str, Entry] = field(default_factory=dict[str, Entry])

    def value(self, name: str) -> float:
        """Return a constant of the template, or of the model where the template leaves it alone.

        Parameters
        ----------
        name : str
            Of the model.

        Returns
        -------
        float
            In the model's own unit.
        """
        return template_value(self.template, self.model, name)


def template_value(template: Profile, model: Model, name: str) -> float:
    """Return a constant of a template, or of the model where the template leaves it alone.

    Parameters
    ----------
    template : Profile
        The profile.
    model : Model
        The e-government model.
    name : str
        The constant.

    Returns
    -------
    float
        In the model's own unit.
    """
    if name in template.constants:
        return template.constants[name]
    return plain_number(model[name].equations[0].expression) or 0.0


def later_budget(template: Profile, model: Model) -> float:
    """Return a template's budget in the year that is asked for: it approaches its long run exponentially.

    Parameters
    ----------
    template : Profile
        The profile.
    model : Model
        The e-government model.

    Returns
    -------
    float
        In the model's own unit.
    """
    start, end, time = (template_value(template, model, name) for name in (_BUDGET, _LONG_RUN, _GROWTH_TIME))
    return end - (end - start) * math.exp(-(_BUDGET_YEAR - model.clock.start) / time)


def copy_template(root: Table, draft: ProfileDraft) -> None:
    """Take over everything from the template, each reason said to be the template's.

    Parameters
    ----------
    root : Table
        The template's file.
    draft : ProfileDraft
        Its sections are filled.
    """
    for section, into in (("constants", draft.constants), ("ranges", draft.ranges), ("levers", draft.levers)):
        for name, value in root.table(section).values.items():
            entry: Entry = dict(cast("Entry", value)) if isinstance(value, dict) else {"value": value}
            reason = entry.pop("assumption", None) or entry.pop("source", None) or entry.get("note", draft.label)
            entry.pop("note", None)
            entry.pop("source", None)
            into[name] = entry | {"assumption": draft.words.say("as_in", template=draft.label, reason=reason)}


def _source(draft: ProfileDraft, answer: Answer) -> str:
    return answer.source or draft.words.say("stated")


def set_answer(draft: ProfileDraft, question: Question, answer: Answer) -> None:
    """Write the answer to a question after one number.

    Parameters
    ----------
    draft : ProfileDraft
        It gets an entry.
    question : Question
        What was asked.
    answer : Answer
        In the question's unit.
    """
    value = round(float(answer.value) * question.scale, 9)
    entry: Entry = {"value": value, "source": _source(draft, answer)}
    if question.reports:
        draft.published[question.reports] = {"value": value, "year": question.year, "source": entry["source"]}
    elif question.sets:
        is_lever = draft.model[question.sets].group == "Levers"
        into = draft.levers if is_lever else draft.constants
        into[question.sets] = entry
        draft.ranges.pop(question.sets, None)
    else:
        _budget(draft, value, entry["source"])


def _budget(draft: ProfileDraft, value: float, source: str) -> None:
    """Scale the growth of the template's budget so that it leads to the figure given."""
    start, end = draft.value(_BUDGET), draft.value(_LONG_RUN)
    factor = value / later_budget(draft.template, draft.model)
    note = draft.words.say("budget", budget=number_text(value))
    draft.constants[_BUDGET] = {"value": _round(start * factor), "source": source, "note": note}
    draft.constants[_LONG_RUN] = {"value": _round(end * factor), "assumption": draft.words.say("long_run")}


def set_consequences(draft: ProfileDraft, answers: Mapping[str, Answer]) -> None:
    """Set what follows from the answers: for whom public access is, and how far villages are reached.

    Parameters
    ----------
    draft : ProfileDraft
        Answers after one number are in it already.
    answers : mapping of str to Answer
        By the question's key.
    """
    urban = draft.constants.get(_URBAN, {}).get("value", draft.value(_URBAN))
    if "urban" in answers:
        rural = 0.0 if urban >= 1.0 else 1.0
        draft.constants[_PRIORITY] = {"value": rural, "assumption": draft.words.say("villages")}
    if "online" not in answers:
        return
    if urban >= 1.0:
        draft.constants.pop(_ACCESS, None)
        draft.ranges.pop(_ACCESS, None)
        return
    _access(draft, urban, float(answers["online"].value) / 100.0)


def _access(draft: ProfileDraft, urban: float, share: float) -> None:
    """Find the rural access factor at which the model has as many people online as were counted.

    What the model's usual values are off for the template, by the template's own figure, they are taken to be off here.
    """
    old = draft.value(_ACCESS)
    bounds = draft.model[_ACCESS].bounds
    assert bounds.low is not None
    assert bounds.high is not None
    low, high = bounds.low, bounds.high
    grid = np.geomspace(low, high, 61)
    off = 0.0
    published = draft.template.published.get(ONLINE)
    if published is not None:
        own = _online(draft, np.array([old]), draft.value(_URBAN), published.year)
        off = float(own[0]) - published.value
    found = _online(draft, grid, urban, 2023.0) - off
    factor = float(np.interp(share, found, grid))
    percent = number_text(round(100.0 * share, 6))
    reached = "online" if found[0] <= share <= found[-1] else "online_end"
    why = draft.words.say(reached, percent=percent, template=draft.label)
    spreads = [(drawn.low / old, drawn.high / old) for drawn in draft.template.ranges if drawn.name == _ACCESS]
    least, most = spreads[0] if spreads else _ACCESS_SPREAD
    draft.constants[_ACCESS] = {"value": _round(factor), "assumption": why}
    ends = {"low": _round(max(low, factor * least)), "high": _round(min(high, factor * most))}
    draft.ranges[_ACCESS] = ends | {"assumption": why}


def _online(draft: ProfileDraft, factors: Floats, urban: float, year: float) -> Floats:
    """Return the share of residents online in a year, for several rural access factors, shape as `factors`."""
    metric = mean_over(ONLINE, year, year + 1.0)
    design = Design.of({_ACCESS: factors, _URBAN: np.full(len(factors), urban)})
    result = run(draft.model, profile=draft.template, design=design, metrics=[metric], until=year + 1.0)
    return result.metric_values(metric.label)[0, 0]


def bend_history(draft: ProfileDraft, question: Question, level: Answer | None, begins: Answer | None) -> None:
    """Bend the template's history of a lever to the level and the beginning that were stated.

    Parameters
    ----------
    draft : ProfileDraft
        It gets the lever.
    question : Question
        That after the level.
    level, begins : Answer or None
        What was stated of the last level and of the beginning.

    Raises
    ------
    DataError
        When the template has no history that could be bent.
    """
    if level is None and begins is None:
        return
    name = question.history
    shape = draft.template.levers.get(name)
    if shape is None or shape.kind != "steps" or shape.values[-1] <= 0.0 or len(shape.times) < 2:
        raise DataError(draft.words.say("error_history", template=draft.template.name, lever=name, key=question.key))
    top = shape.values[-1]
    if level is not None:
        top = question.words[str(level.value)] if question.kind == "word" else float(level.value) * question.scale
    steps = _bent(shape, top, None if begins is None else float(begins.value))
    reasons: list[str] = []
    if level is not None:
        value = f"{level.value}" if question.kind == "word" else f"{number_text(float(level.value))} %"
        reasons.append(draft.words.say("level", level=value, source=_source(draft, level), template=draft.label))
        _multiplier(draft, question, top)
    if begins is not None:
        year = number_text(float(begins.value))
        reasons.append(draft.words.say("since", year=year, source=_source(draft, begins)))
    entry: Entry = {"steps": steps, "assumption": "; ".join(reasons)}
    if top > 0.0:
        entry = {"steps": steps, "multiplier": question.multiplier, "assumption": entry["assumption"]}
    draft.levers[name] = entry


def _bent(shape: Series, top: float, since: float | None) -> list[list[float]]:
    """Scale steps so that the last is `top`, and begin in `since` at the level that was reached by then."""
    factor = top / shape.values[-1]
    times, values = shape.times, [min(1.0, value * factor) for value in shape.values]
    steps = list(zip(times, values, strict=True))
    if since is not None:
        reached = max(number for number, time in enumerate(times) if time <= max(since, times[1]))
        before = steps[:1] if since > times[0] else []
        later = [step for step in steps[reached + 1 :] if step[0] > since]
        steps = [*before, (since, values[reached]), *later]
    changing = [steps[0], *(after for before, after in pairwise(steps) if after[1] != before[1])]
    return [[time, _round(value)] for time, value in changing]


def _multiplier(draft: ProfileDraft, question: Question, top: float) -> None:
    """Say how far a stated level may be off; never above all, and nothing where it is none at all."""
    draft.ranges.pop(question.multiplier, None)
    if top > 0.0:
        low, high = question.spread
        ends = {"low": low, "high": _round(min(high, 1.0 / top))}
        draft.ranges[question.multiplier] = ends | {"assumption": draft.words.say("spread")}


def _round(value: float) -> float:
    return float(f"{value:.6g}")
