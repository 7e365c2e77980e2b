"""Numbers as people type them: in either notation, with the words for large ones, asked again where two are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from egovsim.egov.regions.questionnaire import Question, Questionnaire
from egovsim.errors import DataError

_GAP = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(\D|$))")
_ENGLISH = re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3})+|\d+)(\.\d+)?")
_INDONESIAN = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?")
_PARTS = re.compile(r"(?P<rupiah>rp\.?)?\s*(?P<number>[-+\d.,\s\u00a0\u202f]*\d)\s*(?P<words>[^\d]*)", re.IGNORECASE)
_MAGNITUDES: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("triliun", "trilyun", "trillion", "t"), 1e12),
        **dict.fromkeys(("miliar", "milyar", "billion", "bn"), 1e9),
        **dict.fromkeys(("juta", "jt", "million"), 1e6),
        **dict.fromkeys(("ribu", "rb", "thousand"), 1e3),
    }
)
_PEOPLE, _SHARE, _MONEY = ("orang", "jiwa", "pegawai", "persons", "people"), ("%", "persen", "percent"), ("rupiah",)
_UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("persons", "orang"), _PEOPLE),
        **dict.fromkeys(("percent", "persen"), _SHARE),
        **dict.fromkeys(("billion rupiah", "miliar rupiah"), _MONEY),
    }
)
"""What may stand behind a figure, by the unit of the question."""
_BILLION = 1e9


def read_number(questionnaire: Questionnaire, question: Question, text: str) -> float:
    """Read a number as Indonesians or as English speakers write it, if both cannot mean something else.

    ``12500``, ``0.5``, ``0,5``, ``1.234,5``, ``1,234.5``, ``1.234.567`` and ``36,1`` each have one meaning.
    ``1.234`` and ``1,234`` have two. ``9,8 triliun``, ``Rp 9.800 miliar`` and ``1.7 million`` say how large they are.

    Parameters
    ----------
    questionnaire : Questionnaire
        The language of messages.
    question : Question
        What was asked; its unit may stand behind the number.
    text : str
        As it was typed.

    Returns
    -------
    float
        The one meaning, in the question's unit.

    Raises
    ------
    DataError
        When it is no number, or may be two; the message says how to write it.
    """
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        raise DataError(questionnaire.say("error_number", text=text))
    money = _UNITS.get(question.unit) == _MONEY
    rest = parts["words"].strip().lower()
    unit = next((word for word in _UNITS.get(question.unit, ()) if rest.endswith(word)), "")
    word = rest.removesuffix(unit).strip()
    if word == "m" and _counts(question):
        raise DataError(questionnaire.say("error_magnitude", text=text))
    if (word and not (word in _MAGNITUDES and _counts(question))) or (parts["rupiah"] and not money):
        raise DataError(questionnaire.say("error_number", text=text))
    number = _one_meaning(questionnaire, text, parts["number"], word)
    in_rupiah = money and bool(word or unit or parts["rupiah"])
    factor = _MAGNITUDES.get(word, 1.0) / (_BILLION if in_rupiah else 1.0)
    return float(f"{number * factor:.12g}")


def _counts(question: Question) -> bool:
    """Whether large numbers make sense: of people and of money, not of shares, points or years."""
    return _UNITS.get(question.unit) in (_PEOPLE, _MONEY)


def _one_meaning(questionnaire: Questionnaire, text: str, digits: str, word: str) -> float:
    plain = _GAP.sub("", digits.strip())
    found: set[float] = set()
    for pattern, group, point in ((_ENGLISH, ",", "."), (_INDONESIAN, ".", ",")):
        if pattern.fullmatch(plain):
            found.add(float(plain.replace(group, "").replace(point, ".")))
    if not found:
        raise DataError(questionnaire.say("error_number", text=text))
    if len(found) > 1:
        small, large = sorted(found, key=abs)
        both = {"large": large, "small": small, "small_in_full": f"{small:.4f}"}
        written = {key: f"{questionnaire.number(value)} {word}".strip() for key, value in both.items()}
        raise DataError(questionnaire.say("error_two_meanings", text=text, **written))
    return found.pop()
