"""A profile of one's own region, made of the figures that are known and a shipped profile for all others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from egovsim import library
from egovsim.egov.defaults import LANGUAGE, PROFILE
from egovsim.egov.regions.answers import Answer
from egovsim.egov.regions.profile_draft import (
    ONLINE,
    ProfileDraft,
    bend_history,
    copy_template,
    later_budget,
    set_answer,
    set_consequences,
    template_value,
)
from egovsim.egov.regions.profile_text import profile_text
from egovsim.egov.regions.questionnaire import Questionnaire
from egovsim.errors import DataError, OutputError
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.output import write_atomically
from egovsim.simulation.files import profile_of
from egovsim.simulation.input_checks import check_profile
from egovsim.toml import Table, read_table


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


def template_answers(template: Profile, model: Model, questionnaire: Questionnaire) -> dict[str, float]:
    """Return what a template stands for in the questions that have a number.

    Parameters
    ----------
    template : Profile
        The profile.
    model : Model
        The e-government model.
    questionnaire : Questionnaire
        The questions.

    Returns
    -------
    dict of str to float
        By the question's key, in the question's unit.
    """
    found: dict[str, float] = {}
    for question in questionnaire.questions:
        lever = template.levers.get(question.sets or question.history or question.since)
        if question.since and lever is not None and len(lever.times) > 1:
            found[question.key] = float(int(lever.times[1]))
        elif question.kind == "number" and lever is not None:
            found[question.key] = round(lever.values[-1] / question.scale, 6)
        elif question.sets:
            found[question.key] = round(template_value(template, model, question.sets) / question.scale, 6)
        elif question.key == "budget":
            found[question.key] = float(round(later_budget(template, model)))
        elif question.reports == ONLINE and ONLINE in template.published:
            found[question.key] = round(template.published[ONLINE].value / question.scale, 6)
    return found


def make_profile(
    answers: Mapping[str, Answer],
    *,
    model: Model,
    questionnaire: Questionnaire,
    language: str = LANGUAGE,
    template: str | Path = PROFILE,
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
        raise DataError(f"{root.file}: {questionnaire.say('error_covers')}")
    draft = ProfileDraft(questionnaire, base.label.get(language, base.name), base, model)
    copy_template(root, draft)
    for question in questionnaire.questions:
        answer = answers.get(question.key)
        if answer is not None and question.kind == "number" and not question.history:
            set_answer(draft, question, answer)
    set_consequences(draft, answers)
    for question in questionnaire.questions:
        if question.history:
            begins = next(other.key for other in questionnaire.questions if other.since == question.history)
            bend_history(draft, question, answers.get(question.key), answers.get(begins))
    given = tuple(key for key in questionnaire.keys if key in answers)
    needed = (other.key for other in questionnaire.questions if other.kind != "text" and not other.only_beside)
    assumed = tuple(key for key in needed if key not in answers)
    label = str(answers["name"].value) if "name" in answers else Path(name).stem
    text = profile_text(draft, label, given, assumed)
    made = profile_of(Table(name, (), tomllib.loads(text)))
    check_profile(made, model, where=name)
    return NewProfile(text, draft.label, given, assumed)


def usual_path(answers: Mapping[str, Answer]) -> Path:
    """Return the file that a profile is written to unless told otherwise.

    Parameters
    ----------
    answers : mapping of str to Answer
        By the question's key.

    Returns
    -------
    Path
        The region's name in small letters and hyphens, or ``my-region.toml``.
    """
    name = str(answers["name"].value) if "name" in answers else ""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return Path(f"{plain or 'my-region'}.toml")


def write_profile(profile: NewProfile, path: Path, *, questionnaire: Questionnaire, overwrite: bool = False) -> None:
    """Write a profile whole or not at all.

    Parameters
    ----------
    profile : NewProfile
        From `make_profile`.
    path : Path
        The file.
    questionnaire : Questionnaire
        The language of messages.
    overwrite : bool
        Whether a file that is there is replaced.

    Raises
    ------
    OutputError
        When there is a file already and `overwrite` is not set, or the place cannot be written to.
    """
    check_place(path, questionnaire, overwrite=overwrite)
    write_atomically(path, profile.text)


def check_place(path: Path, questionnaire: Questionnaire, *, overwrite: bool = False) -> None:
    """Refuse a place where a profile cannot be written, before anything is asked.

    Parameters
    ----------
    path : Path
        The file.
    questionnaire : Questionnaire
        The language of messages.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputError
        When it is no place for a profile, or taken.
    """
    say = questionnaire.say
    if not path.name:
        raise OutputError(f"{path}: {say('error_no_name', path=path / 'my-region.toml')}")
    if path.suffix != ".toml":
        raise OutputError(f"{path}: {say('error_suffix', path=path.with_suffix('.toml'))}")
    if path.is_dir() or not path.parent.is_dir():
        raise OutputError(f"{path}: {say('error_folder' if path.is_dir() else 'error_no_folder')}")
    if path.exists() and not overwrite:
        raise OutputError(f"{path}: {say('error_taken')}")
