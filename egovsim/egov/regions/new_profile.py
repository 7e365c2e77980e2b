"""A profile of one's own region, made of the figures that are known and a shipped profile for all others."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from egovsim import library
from egovsim.egov.regions.questionnaire import Answer, Question, Questionnaire, number_text
from egovsim.errors import DataError, OutputError
from egovsim.model.inputs import Design, Floats, Profile, Series
from egovsim.model.metrics import mean_over
from egovsim.model.model import Model
from egovsim.model.variable import plain_number
from egovsim.output import write_atomically
from egovsim.simulation.files import profile_of
from egovsim.simulation.input_checks import check_profile
from egovsim.simulation.run import run
from egovsim.toml import Table, read_table

_BUDGET, _LONG_RUN, _GROWTH_TIME = "Regional budget at start", "Regional budget in the long run", "Budget growth time"
_BUDGET_YEAR = 2024.0
_URBAN, _PRIORITY, _ACCESS, _ONLINE = (
    "Urban share of population",
    "Rural priority",
    "Rural access factor",
    "Internet penetration",
)
_ACCESS_SPREAD = (0.88, 1.12)
"""How far the rural access factor may be off where the template does not say."""

Entry = dict[str, Any]


@dataclass(frozen=True)
class NewProfile:
    """A profile as text, and which of the questions it rests on answers to.

    Parameters
    ----------
    text : str
        The TOML file.
    template : str
        What the template is called.
    given, assumed : tuple of str
        Keys of the questions.
    """

    text: str
    template: str
    given: tuple[str, ...]
    assumed: tuple[str, ...]


@dataclass
class _Draft:
    """Sections of the file as they grow, from the template's own entries turned into assumptions."""

    words: Questionnaire
    label: str
    template: Profile
    model: Model
    constants: dict[str, Entry] = field(default_factory=dict[str, Entry])
    ranges: dict[str, Entry] = field(default_factory=dict[str, Entry])
    levers: dict[str, Entry] = field(default_factory=dict[str, Entry])
    published: dict[str, Entry] = field(default_factory=dict[str, Entry])

    def value(self, name: str) -> float:
        """Return a constant of the template, or of the model where the template leaves it alone."""
        return _value(self.template, self.model, name)


def defaults(template: Profile, model: Model, questionnaire: Questionnaire) -> dict[str, float]:
    """Return what a template stands for in the questions that have a number, by key, in their units."""
    found: dict[str, float] = {}
    for question in questionnaire.questions:
        lever = template.levers.get(question.sets or question.history or question.since)
        if question.since and lever is not None and len(lever.times) > 1:
            found[question.key] = float(int(lever.times[1]))
        elif question.kind == "number" and lever is not None:
            found[question.key] = round(lever.values[-1] / question.scale, 6)
        elif question.sets:
            found[question.key] = round(_value(template, model, question.sets) / question.scale, 6)
        elif question.key == "budget":
            found[question.key] = float(round(_later_budget(template, model)))
        elif question.reports == _ONLINE and _ONLINE in template.published:
            found[question.key] = round(template.published[_ONLINE].value / question.scale, 6)
    return found


def _value(template: Profile, model: Model, name: str) -> float:
    if name in template.constants:
        return template.constants[name]
    return plain_number(model[name].equations[0].expression) or 0.0


def _later_budget(template: Profile, model: Model) -> float:
    """Return a template's budget in the year that is asked for: it approaches its long run exponentially."""
    start, end, time = (_value(template, model, one) for one in (_BUDGET, _LONG_RUN, _GROWTH_TIME))
    return end - (end - start) * math.exp(-(_BUDGET_YEAR - model.clock.start) / time)


def make_profile(
    answers: Mapping[str, Answer],
    *,
    model: Model,
    questionnaire: Questionnaire,
    language: str = "en",
    template: str | Path = "south-sumatra",
    name: str = "mine.toml",
) -> NewProfile:
    """Make the text of a profile.

    Parameters
    ----------
    answers : mapping of str to Answer
        By the question's key, checked as `gather` does; what is missing is assumed as in the template.
    model : Model
        The e-government model.
    questionnaire : Questionnaire
        The questions, in the language that the file shall be commented in.
    language : {"en", "id"}
        Of the template's label.
    template : str or Path
        A profile that covers all, with a history in steps for every lever that is asked for.
    name : str
        What messages call the file.

    Returns
    -------
    NewProfile
        A file that `read_profile` takes.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When the template cannot serve, or answers do not go together.
    """
    root, _ = read_table(library.find("profile", template))
    base = profile_of(root)
    check_profile(base, model, where=root.file)
    if base.covers != "all":
        raise DataError(f"{root.file}: this profile covers access to the internet only; choose one that covers all.")
    draft = _Draft(questionnaire, base.label.get(language, base.name), base, model)
    _copy(root, draft)
    for question in questionnaire.questions:
        answer = answers.get(question.key)
        if answer is not None and question.kind == "number" and not question.history:
            _set(draft, question, answer)
    _follow(draft, answers)
    for question in questionnaire.questions:
        if question.history:
            begins = next(one.key for one in questionnaire.questions if one.since == question.history)
            _history(draft, question, answers.get(question.key), answers.get(begins))
    given = tuple(key for key in questionnaire.keys if key in answers)
    needed = (one.key for one in questionnaire.questions if one.kind != "text" and not one.only_beside)
    assumed = tuple(key for key in needed if key not in answers)
    label = str(answers["name"].value) if "name" in answers else Path(name).stem
    text = _written(draft, label, given, assumed)
    made = profile_of(Table(name, (), tomllib.loads(text)))
    check_profile(made, model, where=name)
    return NewProfile(text, draft.label, given, assumed)


def write_profile(profile: NewProfile, path: Path, *, overwrite: Literal["yes", "no"] = "no") -> None:
    """Write a profile whole or not at all.

    Raises
    ------
    OutputError
        When there is a file already and `overwrite` is not ``"yes"``, or the place cannot be written to.
    """
    check_place(path, overwrite=overwrite)
    write_atomically(path, profile.text)


def check_place(path: Path, *, overwrite: Literal["yes", "no"] = "no") -> None:
    """Refuse a place where a profile cannot be written, before anything is asked; errors as `write_profile`."""
    if path.suffix != ".toml":
        raise OutputError(f"{path}: a profile's name ends in .toml; write {path.with_suffix('.toml')}.")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
        raise OutputError(f"{path}: {what}; choose another place.")
    if path.exists() and overwrite != "yes":
        raise OutputError(f"{path}: is there already; choose another name, or add --force to replace it.")


def _copy(root: Table, draft: _Draft) -> None:
    """Take over everything from the template, each reason said to be the template's."""
    for section, into in (("constants", draft.constants), ("ranges", draft.ranges), ("levers", draft.levers)):
        for name, value in root.table(section).values.items():
            entry = dict(value) if isinstance(value, dict) else {"value": value}
            reason = entry.pop("assumption", None) or entry.pop("source", None) or entry.get("note", draft.label)
            entry.pop("note", None)
            entry.pop("source", None)
            into[name] = entry | {"assumption": draft.words.say("as_in", template=draft.label, reason=reason)}


def _source(draft: _Draft, answer: Answer) -> str:
    return answer.source or draft.words.say("stated")


def _set(draft: _Draft, question: Question, answer: Answer) -> None:
    """Write the answer to a question after one number."""
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


def _budget(draft: _Draft, value: float, source: str) -> None:
    """Scale the growth of the template's budget so that it leads to the figure given."""
    start, end = draft.value(_BUDGET), draft.value(_LONG_RUN)
    factor = value / _later_budget(draft.template, draft.model)
    note = draft.words.say("budget", budget=number_text(value))
    draft.constants[_BUDGET] = {"value": _round(start * factor), "source": source, "note": note}
    draft.constants[_LONG_RUN] = {"value": _round(end * factor), "assumption": draft.words.say("long_run")}


def _follow(draft: _Draft, answers: Mapping[str, Answer]) -> None:
    """Set what follows from the answers: for whom public access is, and how far villages are reached."""
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


def _access(draft: _Draft, urban: float, share: float) -> None:
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
    published = draft.template.published.get(_ONLINE)
    if published is not None:
        own = _online(draft, np.array([old]), draft.value(_URBAN), published.year)
        off = float(own[0]) - published.value
    found = _online(draft, grid, urban, 2023.0) - off
    factor = float(np.interp(share, found, grid))
    percent = number_text(round(100.0 * share, 6))
    reached = "online" if found[0] <= share <= found[-1] else "online_end"
    why = draft.words.say(reached, percent=percent, template=draft.label)
    spreads = [(one.low / old, one.high / old) for one in draft.template.ranges if one.name == _ACCESS]
    least, most = spreads[0] if spreads else _ACCESS_SPREAD
    draft.constants[_ACCESS] = {"value": _round(factor), "assumption": why}
    ends = {"low": _round(max(low, factor * least)), "high": _round(min(high, factor * most))}
    draft.ranges[_ACCESS] = ends | {"assumption": why}


def _online(draft: _Draft, factors: Floats, urban: float, year: float) -> Floats:
    """Return the share of residents online in a year, for several rural access factors, shape as `factors`."""
    metric = mean_over(_ONLINE, year, year + 1.0)
    design = Design.of({_ACCESS: factors, _URBAN: np.full(len(factors), urban)})
    result = run(draft.model, profile=draft.template, design=design, metrics=[metric], until=year + 1.0)
    return result.metric_values(metric.label)[0, 0]


def _history(draft: _Draft, question: Question, level: Answer | None, begins: Answer | None) -> None:
    """Bend the template's history of a lever to the level and the beginning that were stated."""
    if level is None and begins is None:
        return
    name = question.history
    shape = draft.template.levers.get(name)
    if shape is None or shape.kind != "steps" or shape.values[-1] <= 0.0 or len(shape.times) < 2:
        raise DataError(
            f'{draft.template.name}: levers."{name}" is no history in two steps or more that ends above zero, '
            f"so {question.key} cannot be bent to an answer; choose another template."
        )
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
    accepted = [steps[0], *(after for before, after in pairwise(steps) if after[1] != before[1])]
    return [[time, _round(value)] for time, value in accepted]


def _multiplier(draft: _Draft, question: Question, top: float) -> None:
    """Say how far a stated level may be off; never above all, and nothing where it is none at all."""
    draft.ranges.pop(question.multiplier, None)
    if top > 0.0:
        low, high = question.spread
        ends = {"low": low, "high": _round(min(high, 1.0 / top))}
        draft.ranges[question.multiplier] = ends | {"assumption": draft.words.say("spread")}


def _written(draft: _Draft, label: str, given: tuple[str, ...], assumed: tuple[str, ...]) -> str:
    say = draft.words.say
    shown = tuple(one for one in given if one != "name")
    notes = [
        say("note_given", names=", ".join(shown) or say("nothing")),
        say("note_assumed", template=draft.label, names=", ".join(assumed) or say("nothing")),
    ]
    lines = [
        *(f"# {one}" for one in (say("made", name=_one_line(label), template=draft.label), *notes)),
        f"label = {{ en = {_text(label)}, id = {_text(label)} }}",
        f"note = {_text(' '.join(notes))}",
        'covers = "all"',
    ]
    for section in ("constants", "ranges", "levers", "published"):
        entries: dict[str, Entry] = getattr(draft, section)
        if entries:
            lines += ["", f"[{section}]", *(f"{_text(name)} = {_toml(entry)}" for name, entry in entries.items())]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    """Write a text as part of a comment, where a line break or a control character would end or break the file."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _toml(value: object) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return _text(value)
        case _:
            return number_text(float(str(value)))


def _text(text: str) -> str:
    """Write a text in quotation marks; JSON's escapes are TOML's, and DEL is the one that JSON lets through."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _round(value: float) -> float:
    return float(f"{value:.6g}")
