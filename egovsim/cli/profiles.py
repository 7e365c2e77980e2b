"""Commands about profiles: make one of one's own region, and look at one beside published figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from egovsim.cli.application import app, console, guarded
from egovsim.egov import defaults

if TYPE_CHECKING:
    from egovsim.egov.regions.answers import Answer
    from egovsim.egov.regions.questionnaire import Question, Questionnaire

_BACK: Final = "<"
"""What a person types to go back to the question before."""

group = typer.Typer(no_args_is_help=True, help="Make a profile of your own region, or check one.")
app.add_typer(group, name="profile")


@group.command()
@guarded
def new(
    out: Annotated[Path | None, typer.Option(help="The file to write; by default the region's name.")] = None,
    name: Annotated[str | None, typer.Option(help="What the region is called.")] = None,
    template: Annotated[
        str, typer.Option("--from", help="The profile that gives what is not known: a shipped name or a file.")
    ] = defaults.PROFILE,
    answers: Annotated[Path | None, typer.Option(help="A TOML file of answers, such as staff = 12500.")] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--set", help='One answer: staff=12500, or "staff=12500; BPS 2025, table 3.1". May be repeated.'),
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="An answer to take although it is not plausible. May be repeated.")
    ] = None,
    ask: Annotated[bool, typer.Option(help="Ask for what is not given; only in a terminal.")] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = defaults.MODEL,
    lang: Annotated[str, typer.Option(help="Language of questions and of the file: en or id.")] = defaults.LANGUAGE,
) -> None:
    """Make a profile of your own region from the figures you have.

    Asks for some sixteen figures, one after the other. Enter means "I do not know": the value of the template is
    taken and marked as an assumption; < goes back to the question before. Large figures may be written as
    "9,8 triliun".

    \b
    egovsim profile new
    egovsim profile new --lang id --out palembang.toml
    egovsim profile new --name "Palembang" --set staff=12500 --set budget=4800 --no-ask
    """
    from egovsim.egov.regions.answers import answers_of, gather, read_answer, read_option
    from egovsim.egov.regions.new_profile import check_place, make_profile, template_answers, usual_path, write_profile
    from egovsim.egov.regions.questionnaire import read_questionnaire
    from egovsim.readers.read_model import read_model
    from egovsim.simulation.files import read_profile
    from egovsim.toml import read_table

    read = read_model(model)
    questionnaire = read_questionnaire(read, lang)
    base = read_profile(template, model=read)
    if out is not None:
        check_place(out, questionnaire, overwrite=force)
    given: list[tuple[str, Answer]] = []
    unusual = list(accept or [])
    if answers is not None:
        given, also = answers_of(read_table(answers)[0], questionnaire)
        unusual += also
    if name is not None:
        given.append(("name", read_answer(questionnaire, questionnaire.question("name"), name)))
    given += [read_option(questionnaire, text) for text in answer or []]
    found = gather(questionnaire, given, unusual)
    if ask and sys.stdin.isatty():
        taken = template_answers(base, read, questionnaire)
        found |= _asked(questionnaire, found, base.label.get(lang, base.name), taken)
    path = out or usual_path(found)
    check_place(path, questionnaire, overwrite=force)
    made = make_profile(
        found, model=read, questionnaire=questionnaire, language=lang, template=template, name=str(path)
    )
    write_profile(made, path, questionnaire=questionnaire, overwrite=force)
    counts = {"given": len([key for key in made.given if key != "name"]), "assumed": len(made.assumed)}
    typer.echo(questionnaire.say("written", path=path, template=made.template, **counts))
    if made.assumed:
        typer.echo(questionnaire.say("assumed", names=", ".join(made.assumed)))
    typer.echo(questionnaire.say("use", path=path))


def _asked(
    questionnaire: Questionnaire, known: dict[str, Answer], template: str, taken: dict[str, float]
) -> dict[str, Answer]:
    """Ask for everything that is not known yet; nothing is written before the last answer."""
    typer.echo(questionnaire.say("intro", template=template))
    typer.echo(questionnaire.say("back"))
    found: dict[str, Answer] = {}
    missing = [question for question in questionnaire.questions if question.key not in known]
    number = 0
    while number < len(missing):
        question = missing[number]
        typer.echo()
        typer.echo(f"{number + 1}/{len(missing)}  {question.ask}")
        typer.echo(f"      {question.where}")
        for line in questionnaire.without_answer(question, template, taken).splitlines():
            typer.echo(f"      {line}")
        before = found.pop(question.key, None)
        if before is not None:
            value = before.value if isinstance(before.value, str) else questionnaire.number(before.value)
            typer.echo(f"      {questionnaire.say('before', value=value)}")
        reply = _reply(questionnaire, question)
        if reply == _BACK:
            if number == 0:
                typer.echo(f"      {questionnaire.say('first')}")
            number = max(0, number - 1)
            continue
        if reply is not None:
            found[question.key] = reply
        number += 1
    return found


def _reply(questionnaire: Questionnaire, question: Question) -> Answer | Literal["<"] | None:
    """Return an answer, None where it is not known, or the wish to go back."""
    from egovsim.egov.regions.answers import doubt, read_answer
    from egovsim.errors import InputError

    doubted: Answer | None = None
    while True:
        text = _typed().strip()
        if not text:
            return None
        if text == _BACK:
            return _BACK
        try:
            reply = read_answer(questionnaire, question, text)
        except InputError as error:
            typer.echo(f"      {error}")
            continue
        why = doubt(questionnaire, question, reply)
        if not why or (doubted is not None and doubted.value == reply.value):
            return reply
        typer.echo(f"      {why}. {questionnaire.say('again')}")
        doubted = reply


def _typed() -> str:
    """Return one line; the end of input, like an interruption, ends the command with nothing written."""
    try:
        return input("> ")
    except EOFError as ending:
        raise KeyboardInterrupt from ending


@group.command()
@guarded
def check(
    profile: Annotated[str, typer.Argument(help="A profile: a file or a shipped name.")],
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = defaults.MODEL,
    lang: Annotated[str, typer.Option(help="Language of labels and numbers: en or id.")] = defaults.LANGUAGE,
) -> None:
    """Check a profile, and show the figures that it reports beside what the model makes of the region.

    \b
    egovsim profile check my-region.toml
    """
    from egovsim.egov.labels import read_labels
    from egovsim.readers.read_model import read_model
    from egovsim.simulation.files import read_profile

    labels = read_labels(lang)
    read = read_model(model)
    region = read_profile(profile, model=read)
    typer.echo(labels.text("profile fits", profile=labels.label(region), model=read.file or read.name))
    from egovsim.analysis.history_matching.member_selection import shipped_members
    from egovsim.egov.origin import origin_lines
    from egovsim.egov.regions.published_figures import published_rows
    from egovsim.egov.regions.published_table import published_table

    match = shipped_members(read)
    if region.published:
        console().print(published_table(published_rows(region, read, match), labels, members=len(match)))
    else:
        typer.echo(labels.text("nothing published"))
    for line in origin_lines(region, match, labels):
        typer.echo(line)
