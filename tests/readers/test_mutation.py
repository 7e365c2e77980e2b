"""Damaged, hostile and absurd model files: only the project's own errors, soon and in little memory.

Every case is made from its number alone, so that a failure can be made again: ``mutated("xmile", 17)``.
``--mutations 10000`` makes that many XMILE files and a tenth as many Vensim files; a few hundred by default.
"""

from __future__ import annotations

import contextlib
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from small_models import auxiliary, bounds, flow, mdl, over, read, stock, xmile
from small_region import XMILE as SMALL_REGION

import egovsim
from egovsim.errors import EgovsimError, UnsupportedError
from egovsim.model.functions import FUNCTIONS

resource = pytest.importorskip("resource", reason="limits of memory and time can be set on POSIX systems alone")

SECONDS, BYTES = 10, 1 << 30
ROOT = Path(__file__).parents[2]
Mutation = Callable[[random.Random, str], str]

GF = '<gf type="extrapolate"><xpts>0,1,2</xpts><ypts>1,3,2</ypts></gf>'
XMILE_SEED = xmile(
    auxiliary("rate", "0.1", inside=bounds(0, 1) + "<units>1/years</units><doc>a note</doc>"),
    auxiliary("effect", "TIME / 2", inside=GF),
    '<gf name="curve"><xscale min="0" max="3"/><ypts>1,2,3</ypts></gf>',
    auxiliary("mix", "IF effect > 1 AND NOT (rate = 2) THEN curve(TIME) ELSE MAX(rate, -2) ^ 2 MOD 3"),
    auxiliary("late", "DELAY3(mix, 2, 1) + SMTHN(mix, 3, 2) + STEP(1, 2) + PULSE(1, 2, 3)"),
    auxiliary("weights", "1, 2, 3, 4", inside=over("Area", "Sex")),
    auxiliary("total", "SUM(weights[*, *]) + weights[urban, f]"),
    flow("gain", "level[Area] * rate + weights[Area, m]", inside=over("Area") + "<non_negative/>"),
    flow("loss", "level[Area] / 4", inside=over("Area")),
    stock("level", "10", inflows=["gain"], outflows=["loss"], inside=over("Area") + "<non_negative/>"),
    '<group name="All"><entity name="rate"/><entity name="level"/></group>',
    dimensions={"Area": ["urban", "rural"], "Sex": ["f", "m"]},
)
MDL_SEED = mdl(
    {
        "Area[Region]": "1, -2, 3",
        "Level[Region]": "INTEG(Area[Region] - Level[Region] / life, 3)",
        "life": "4 ~ Year [0,10,1] ~ how long \\\n\t\tit lasts | curve((0,0),(1,2),(3,4))",
        "total": "SUM(Level[Region!]) + curve(Time)",
        "mix": "IF THEN ELSE(Time > 3 :AND: total > 2, ZIDZ(total, life), :NA:)",
        "late": "DELAY3I(mix, 2, 1) + SMOOTH N(mix, 3, 1, 2) + PULSE TRAIN(1, 2, 3, 9)",
        "seen": "WITH LOOKUP(Time, ([(0,0)-(9,9)],(0,1),(5,2))) + ACTIVE INITIAL(late, 2)",
        '"odd (name)"[north]': "XIDZ(1, 0, 2)",
        '"odd (name)"[south]': "LOG(8, 2) * MODULO(7, 3)",
        '"odd (name)"[west]': "Time ^ 2 - TIME STEP",
    }
).replace("{UTF-8}\n", "{UTF-8}\nRegion: north, south, west ~~|\npart: north, west -> other ~~|\nother: (o1-o2) ~~|\n")


@cache
def seeds(kind: str) -> tuple[str, ...]:
    """Return texts to damage; the small ones often, the shipped models now and then."""
    if kind == "mdl":
        return (MDL_SEED,)
    files = (ROOT / "models" / "capacity.xmile", ROOT / "examples" / "permit_office.xmile")
    texts = [path.read_text("utf-8") for path in files]
    large = (ROOT / "models" / "egov.xmile").read_text("utf-8")
    return (*(XMILE_SEED,) * 20, *(SMALL_REGION,) * 8, *texts * 5, large)


# What is done to a text


def _flipped(dice: random.Random, text: str) -> str:
    data = bytearray(text.encode("utf-8"))
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return data.decode("latin-1")


def _cut(dice: random.Random, text: str) -> str:
    return text[: dice.randrange(len(text))]


def _span_removed(dice: random.Random, text: str) -> str:
    start = dice.randrange(len(text))
    return text[:start] + text[start + dice.choice((1, 3, 20, 200)) :]


def _line_moved(dice: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    one = lines[dice.randrange(len(lines))]
    lines.insert(dice.randrange(len(lines)), one * dice.choice((1, 1, 50)))
    if dice.random() < 0.5:
        del lines[dice.randrange(len(lines))]
    return "".join(lines)


def _one(dice: random.Random, text: str, pattern: str, new: Callable[[str], str]) -> str:
    """Replace one of the places that match a pattern."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    place = dice.choice(found)
    return text[: place.start()] + new(place[0]) + text[place.end() :]


def _tag_dropped(dice: random.Random, text: str) -> str:
    return _one(dice, text, r"<[^>]+>|[~|]", lambda _: "")


def _tag_renamed(dice: random.Random, text: str) -> str:
    names = ("aux", "stock", "flow", "gf", "eqn", "module", "macro", "conveyor", "queue", "dim", "group", "a:b", "x")
    return _one(dice, text, r"(?<=<)/?[a-z_]+", lambda _: dice.choice(names))


NUMBERS = (
    *("0", "-1", "1e308", "-1e308", "1e400", "nan", "inf", "1e-320", "99999999999", "4294967296", "-0", "", "1e3.5"),
    *("0x10", "1_0", "٣", "1,2", "1;2", "0.1", "3.3333333333333333", "-2.5", "1e15", "(2)", "TIME", "+-+-1", "2 3"),
)


def _content(dice: random.Random, text: str, pattern: str, new: Callable[[str], str]) -> str:
    """Replace one match of a pattern inside texts and attributes, so that XML stays XML."""
    inside = r'(?<=[>"])[^<>"]*(?=[<"])' if text.lstrip().startswith("<") else r"(?s).+"
    places = [
        (found.start() + part.start(), found.start() + part.end())
        for found in re.finditer(inside, text)
        for part in re.finditer(pattern, found[0])
    ]
    if not places:
        return text
    start, stop = dice.choice(places)
    return text[:start] + new(text[start:stop]) + text[stop:]


def _number(dice: random.Random, text: str) -> str:
    return _content(dice, text, r"\d+(?:\.\d+)?", lambda _: dice.choice(NUMBERS))


def _name(dice: random.Random, text: str) -> str:
    """Put one name of the file in the place of another: circles, wrong kinds, wrong shapes."""
    names = re.findall(r"[A-Za-z_]{3,}", text)
    return _content(dice, text, r"[A-Za-z_]{3,}", lambda name: dice.choice(names or [name]))


def _function(dice: random.Random, text: str) -> str:
    names = [name for row in FUNCTIONS.values() for name in (*row.vensim, *row.xmile)]
    return _content(dice, text, r"[A-Za-z_0-9 ]+(?=\()", lambda _: dice.choice(names).upper())


SYMBOLS = (*"()[]*/^-=!,:{}\\'\0~", "&lt;", "&gt;", "&lt;&gt;", "&quot;", "&#10;", "&#0;", ":NA:", "TIME", " ")


def _symbol(dice: random.Random, text: str) -> str:
    return _content(dice, text, r"[-+*/()\[\],=: ]", lambda _: dice.choice(SYMBOLS))


def _attribute_dropped(dice: random.Random, text: str) -> str:
    return _one(dice, text, r'\s[a-z_:]+="[^"]*"', lambda _: "")


SMALL_ELEMENT = r"<([a-z_]+)[^<>]*>[^<>]*</\1>|<[a-z_]+[^<>]*/>"


def _element_dropped(dice: random.Random, text: str) -> str:
    return _one(dice, text, SMALL_ELEMENT, lambda _: "")


def _element_doubled(dice: random.Random, text: str) -> str:
    return _one(dice, text, SMALL_ELEMENT, lambda element: element * 2)


def _deep(dice: random.Random, text: str) -> str:
    """Nest an equation in itself, as deep as no modeller would."""
    depth = dice.choice((30, 300, 3_000, 60_000))
    shapes: tuple[Callable[[str], str], ...] = (
        lambda x: "(" * depth + x + ")" * depth,
        lambda x: "ABS(" * depth + x + ")" * depth,
        lambda x: "-" * depth + x,
        lambda x: x + f"+{x}" * depth,
        lambda x: f"{x}^" * depth + x,
        lambda x: "NOT " * depth + x,
        lambda x: f"IF {x} THEN {x} ELSE " * min(depth, 3000) + x,
        lambda x: "SMTH1(" * depth + x + ", 2)" * depth,
        lambda x: "MAX(1, " * depth + x + ")" * depth,
        lambda x: "[" * depth + x,
        lambda x: "{" * depth + x,
    )
    shape = dice.choice(shapes)
    return _one(dice, text, r"(?<=<eqn>)[^<]+|(?<== )[^~|]+", shape)


def _deep_tags(dice: random.Random, text: str) -> str:
    depth = dice.choice((100, 300, 5_000))
    return _one(dice, text, r"<doc>|<variables>|\n", lambda x: "<group>" * depth + x + "</group>" * depth)


def _huge_array(dice: random.Random, text: str) -> str:
    """Arrays of more elements than memory, alone or by several dimensions."""
    size = dice.choice((0, 1, 200, 2_000, 10**6, 10**9, 10**18, -3))
    several = dice.choice((1, 1, 3, 5))
    dims = "".join(f'<dim name="D{n}" size="{size}"/>' for n in range(several))
    use = "".join(f'<dim name="D{n}"/>' for n in range(several))
    huge = f'<aux name="huge"><dimensions>{use}</dimensions><eqn>1 + TIME</eqn></aux>'
    text = text.replace("<dimensions>", f"<dimensions>{dims}", 1) if "<dimensions>" in text else text
    text = text.replace("</variables>", f'{huge}<aux name="sum of it"><eqn>SUM(huge)</eqn></aux></variables>')
    ranges = ", ".join(f"D{n}" for n in range(several))
    listed = "".join(f"D{n}: (d{n}e1-d{n}e{abs(size)}) ~~|\n" for n in range(several))
    return text.replace("{UTF-8}\n", f"{{UTF-8}}\n{listed}huge[{ranges}] = 1 + Time ~~|\n", 1)


def _entities(dice: random.Random, text: str) -> str:
    """A bomb of entities, or one that would fetch another file."""
    bomb = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    inside = dice.choice((f'<!ENTITY e0 "ha">{bomb}', '<!ENTITY e9 SYSTEM "file:///etc/hostname">', ""))
    declared = text.replace("?>", f"?><!DOCTYPE xmile [{inside}]>", 1)
    return _one(dice, declared, r"(?<=<eqn>)|(?<=<doc>)|(?<== )", lambda _: "&e9;")


TEXT: tuple[Mutation, ...] = (_flipped, _cut, _span_removed, _line_moved, _tag_dropped)
MEANING: tuple[Mutation, ...] = (_number, _name, _function, _symbol, _deep, _huge_array)
MARKUP: tuple[Mutation, ...] = (_attribute_dropped, _element_dropped, _element_doubled)
MUTATIONS: dict[str, tuple[Mutation, ...]] = {
    "xmile": (*TEXT, *MEANING * 4, *MARKUP * 2, _tag_renamed, _deep_tags, _entities),
    "mdl": (*TEXT, *MEANING * 2),
}


def mutated(kind: str, number: int) -> bytes:
    """Return the damaged file of a number."""
    dice = random.Random(f"{kind} {number}")
    text = dice.choice(seeds(kind))
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        text = dice.choice(MUTATIONS[kind])(dice, text) or " "
    return text.encode(dice.choice((*("utf-8",) * 12, "latin-1", "utf-16")), errors="replace")


# What must come of it


@contextlib.contextmanager
def limits() -> Iterator[None]:
    """Stop what takes more processor time than allowed, and refuse memory above the limit."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    used = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10  # type: ignore[index]
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, before[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGPROF, handler)


def survive(path: Path) -> str:
    """Read, check, write and run a file; return how far it came."""
    try:
        model = egovsim.read_model(path)
    except EgovsimError:
        return "not read"
    egovsim.check(model)
    _write(model, path.with_name("written.xmile"))
    clock = model.clock
    names = [variable.name for variable in model.variables if variable.kind != "lookup"]
    try:
        egovsim.run(model, outputs=names[-3:], until=clock.start + 4 * clock.time_step, workers=1)
    except EgovsimError:
        return "not run"
    return "run"


def _write(model: egovsim.Model, path: Path) -> None:
    """What is written of a strange model is that model."""
    try:
        egovsim.write_xmile(model, path)
    except UnsupportedError:
        return
    back = egovsim.read_model(path)
    with contextlib.suppress(RecursionError):  # comparing goes as deep as the deepest equation
        _assert_equal(back, model)


def _assert_equal(back: egovsim.Model, model: egovsim.Model) -> None:
    assert replace(back, file="", ignored=()) == replace(model, file="", ignored=())


def went_wrong(kind: str, number: int, folder: Path) -> str:
    """Return what a case did that it must not do, or nothing."""
    path = folder / f"case.{kind}"
    path.write_bytes(mutated(kind, number))
    begun = time.process_time()
    try:
        with limits():
            reached = survive(path)
    except Exception as error:
        return f'mutated("{kind}", {number}): {type(error).__name__}: {str(error)[:200]}'
    took = time.process_time() - begun
    REACHED.setdefault(kind, []).append(reached)
    return f'mutated("{kind}", {number}): {took:.1f} s' if took > SECONDS else ""


REACHED: dict[str, list[str]] = {}
"""How far the cases of this session came."""


@pytest.mark.parametrize("kind", ["xmile", "mdl"])
def test_a_damaged_file_gets_an_answer(kind: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """A traceback, a hang or a full memory is what this keeps away from whoever opens an odd file."""
    count = pytestconfig.getoption("--mutations")
    numbers = range(count if kind == "xmile" else max(count // 10, min(count, 100)))
    wrong = [text for number in numbers if (text := went_wrong(kind, number, tmp_path))]
    assert wrong == []
    reached = REACHED[kind]
    for stage in ("not read", "run"):
        assert reached.count(stage) > len(reached) // 20, f"too few cases came as far as '{stage}' to say anything"


def test_damaged_world3_gets_an_answer(conformance: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The same of a real file, with all that Vensim writes into one."""
    text = (conformance / "large" / "wrld3-03.mdl").read_text("utf-8")
    wrong: list[str] = []
    for number in range(max(5, pytestconfig.getoption("--mutations") // 100)):
        dice = random.Random(f"world3 {number}")
        damaged = dice.choice(MUTATIONS["mdl"])(dice, text)
        path = tmp_path / "world3.mdl"
        path.write_text(damaged, "utf-8")
        try:
            with limits():
                survive(path)
        except Exception as error:
            wrong.append(f"world3 {number}: {type(error).__name__}: {str(error)[:200]}")
    assert wrong == []


# The limits, said in words

HUGE = '<dimensions><dim name="D" size="{size}"/></dimensions>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            xmile(auxiliary("a", 1)).replace("<model>", HUGE.format(size=10**9) + "<model>"),
            'model.xmile, line 6: "D" has 1e+09 elements; 100000 can be run.',
        ),
        (
            xmile(auxiliary("a", 1, inside=over("D", "D", "D"))).replace("<model>", HUGE.format(size=1000) + "<model>"),
            'model.xmile, line 7, "a": an array of 1000000000 elements is too large; 100000 can be run.',
        ),
        (
            mdl({"a[D, E]": "1"}).replace("{UTF-8}\n", "{UTF-8}\nD: (d1-d900) ~~|\nE: (e1-e900) ~~|\n"),
            'model.mdl, line 4, "a": an array of 810000 elements is too large; 100000 can be run.',
        ),
        (
            xmile(auxiliary("a", "1" + "+1" * 150_000)),
            'model.xmile, line 7, "a": the equation has 300001 characters, and 200000 can be read; '
            "split it into auxiliaries.",
        ),
        (
            xmile(*(auxiliary(f"a{n}", 1, inside=over("D")) for n in range(3))).replace(
                "<model>", HUGE.format(size=90_000) + "<model>"
            ),
            "model.xmile: its arrays have 270000 elements in all, and 250000 can be run.",
        ),
        (
            xmile(auxiliary("a", "TIME"), stop=1e6, dt=1e-9),
            "model.xmile: 0 to 1e+06 by 1e-09 is more than 1e+09 steps; choose a longer step or an earlier end.",
        ),
    ],
    ids=["size", "product", "Vensim", "equation", "all arrays", "steps"],
)
def test_what_is_too_large_is_refused_by_name(text: str, message: str, tmp_path: Path) -> None:
    """Without these limits a slip of one digit fills the memory or runs for days."""
    with limits(), pytest.raises(EgovsimError) as caught:
        egovsim.run(read(tmp_path, text))
    assert str(caught.value) == message
