"""A profile as text: a TOML file that says of every figure where it is from."""

from __future__ import annotations

import json
from typing import cast

from egovsim.egov.regions.profile_draft import Entry, ProfileDraft
from egovsim.egov.regions.questionnaire import number_text


def profile_text(draft: ProfileDraft, label: str, given: tuple[str, ...], assumed: tuple[str, ...]) -> str:
    """Return a profile as a TOML file.

    Parameters
    ----------
    draft : ProfileDraft
        Its sections.
    label : str
        What the region is called.
    given, assumed : tuple of str
        Keys of the questions that were answered, and of those that were not.

    Returns
    -------
    str
        With comments that say what was given and what is assumed.
    """
    say = draft.words.say
    shown = tuple(key for key in given if key != "name")
    notes = [
        say("note_given", names=", ".join(shown) or say("nothing")),
        say("note_assumed", template=draft.label, names=", ".join(assumed) or say("nothing")),
    ]
    lines = [
        *(f"# {line}" for line in (say("made", name=_one_line(label), template=draft.label), *notes)),
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
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _toml(value: object) -> str:
    match value:
        case dict():
            entries = cast("dict[str, object]", value)
            return "{ " + ", ".join(f"{key} = {_toml(entry)}" for key, entry in entries.items()) + " }"
        case list():
            return "[" + ", ".join(map(_toml, cast("list[object]", value))) + "]"
        case str():
            return _text(value)
        case _:
            return number_text(float(str(value)))


def _text(text: str) -> str:
    """Write a text in quotation marks; JSON's escapes are TOML's, and DEL is the one that JSON lets through."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
