"""Large models of the kind that researchers share: read, checked, run, and held against NumPy.

If these fail, somebody who comes with a real model of several hundred variables cannot use it here, or gets other
figures than its equations say.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from large_models import Large, columns_of, expected, write_vensim
from large_xmile import GROUPS, REGIONS, expected_modules, write_modules

import egovsim
from egovsim.errors import UnsupportedError
from egovsim.model.model import Model
from egovsim.readers.formats import read_file


def assert_as_worked_out(model: Model, large: Large) -> None:
    wanted = expected(large)
    names = {name: [columns_of(name, k) for k in range(1, large.sectors + 1)] for name in wanted}
    outputs = dict.fromkeys(column.split("[")[0] for rows in names.values() for row in rows for column in row)
    frame = egovsim.run(model, outputs=list(outputs)).to_frame()
    for name, values in wanted.items():
        for k, row in enumerate(names[name]):
            trajectory = values[:, k].reshape(len(frame), -1)
            np.testing.assert_allclose(frame[row].to_numpy(), trajectory, rtol=1e-11, atol=1e-12, err_msg=row[0])


def test_a_model_of_1500_variables_is_read_and_checked(tmp_path: Path) -> None:
    """Everything in the file is there, and nothing in it is called wrong."""
    model = read_file(write_vensim(tmp_path, sectors=25, constants=10).path)
    assert len(model) >= 1_500
    assert len(model.dimensions) == 12
    assert len(model.stocks) == 100
    assert len(model.views) == 25
    assert len(model.reality_checks) == 50
    assert model.sources == ("inputs.xlsx", "history.dat")
    assert set(model.groups) == {f"@Sector {k}" for k in range(1, 26)}
    assert [finding for finding in egovsim.check(model) if finding.severity == "error"] == []
    assert [finding for finding in egovsim.check(model) if "Reality Check" in finding.text] == []


def test_its_outcomes_are_those_of_its_equations(tmp_path: Path) -> None:
    """Parts, copies, mappings, exceptions, macros with outputs, lookups, delays and data of three kinds of files."""
    large = write_vensim(tmp_path, sectors=3)
    assert_as_worked_out(read_file(large.path), large)


@pytest.mark.slow
def test_the_outcomes_of_1500_variables_are_those_of_its_equations(tmp_path: Path) -> None:
    large = write_vensim(tmp_path, sectors=25, constants=10)
    assert_as_worked_out(read_file(large.path), large)


@pytest.mark.parametrize(
    ("encoding", "newline", "sketch"),
    [("utf-8", "\n", "V300"), ("cp1252", "\r\n", "V301"), ("utf-16", "\r\n", "V300"), ("utf-8-sig", "\r", "V301")],
)
def test_every_way_of_writing_the_file_says_the_same(tmp_path: Path, encoding: str, newline: str, sketch: str) -> None:
    """Encodings and line ends of Windows, macOS and Unix; sketches of old and new versions."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    model = read_file(write_vensim(tmp_path / "a", sectors=2).path)
    other = read_file(write_vensim(tmp_path / "b", sectors=2, encoding=encoding, newline=newline, sketch=sketch).path)
    assert len(other.views) == 2
    assert replace(other, views=(), ignored=()) == replace(model, views=(), ignored=())


def test_it_leaves_for_xmile_and_comes_back(tmp_path: Path) -> None:
    model = read_file(write_vensim(tmp_path, sectors=2).path)
    back = egovsim.read_model(egovsim.write_xmile(model, tmp_path / "back.xmile"))
    assert replace(back, file="", ignored=()) == replace(model, file="", ignored=(), reality_checks=())
    frames = [egovsim.run(variant, outputs=["S02 index"]).to_frame() for variant in (model, back)]
    np.testing.assert_array_equal(frames[0]["S02 index"], frames[1]["S02 index"])


def test_all_that_cannot_be_run_is_listed_at_once(tmp_path: Path) -> None:
    """By variable and line; whoever brings a model in must see the whole of the work that is left."""
    large = write_vensim(tmp_path, sectors=2, newline="\n")
    text = large.path.read_text(encoding="utf-8")
    lines = [
        ("{s} policy on=", "S01 held= DELAYP(S01 pressure,3:S01 under way) ~~|\n"),
        ("\n********************************************************\n\t.Control", "constants file :IS: 'x.vdf' ~~|\n"),
        (
            "\n********************************************************\n\t.Control",
            "n= GET VDF CONSTANTS(f,'n',1) ~~|\n",
        ),
    ]
    for before, added in lines:
        mark = before.replace("{s}", "S01")
        text = text.replace(mark, added + mark, 1)
    large.path.write_text(text, encoding="utf-8")
    numbers = {added.split(" ")[0]: text[: text.index(added)].count("\n") + 1 for _, added in lines}
    with pytest.raises(UnsupportedError) as caught:
        egovsim.run(read_file(large.path))
    assert str(caught.value).splitlines() == [
        "large.mdl uses what this version cannot run:",
        f'  large.mdl, line {numbers["S01"]}, "S01 held": "DELAYP" cannot be run yet',
        f'  large.mdl, line {numbers["constants"]}, "constants file": a text is not a number',
        f'  large.mdl, line {numbers["n="]}, "n": "GET VDF CONSTANTS" is not a function this version can run',
    ]


def test_a_chain_of_modules_is_run_as_its_equations_say(tmp_path: Path) -> None:
    """XMILE: 20 modules with arrays over two dimensions and a graphical function for each element."""
    model = egovsim.read_model(write_modules(tmp_path, modules=20))
    assert len(model) == 201
    assert [finding for finding in egovsim.check(model) if finding.severity == "error"] == []
    outputs = [f"D{n}.{name}" for n in range(20) for name in ("outcome", "People")]
    frame = egovsim.run(model, outputs=[*outputs, "last outcome"]).to_frame()
    wanted = expected_modules(20)
    for n in range(20):
        columns = [f"D{n}.People[{region},{group}]" for region in REGIONS for group in GROUPS]
        people = wanted["People"][:, n].reshape(len(frame), -1)
        np.testing.assert_allclose(frame[columns].to_numpy(), people, rtol=1e-11, err_msg=f"D{n}")
        np.testing.assert_allclose(frame[f"D{n}.outcome"], wanted["outcome"][:, n], rtol=1e-11, err_msg=f"D{n}")
    np.testing.assert_array_equal(frame["last outcome"], frame["D19.outcome"])
