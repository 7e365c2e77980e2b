"""Whatever the variables of a model are called, its numbers are the same: no name reaches what the compiler makes.

If one of these fails, a variable with an odd name is reported as something else, or as nothing, in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from small_models import auxiliary, flow, over, read, stock, xmile

import egovsim
from egovsim.compiler.codegen.memory_layout import layout_of
from egovsim.compiler.program import build_program, flatten
from egovsim.errors import ModelError
from egovsim.model.interventions.replacement import Replacement, with_replacements
from egovsim.model.interventions.switch import with_switches
from egovsim.model.isolated_equations import computed_name, isolated_equations, now_name
from egovsim.names import canonical, made_id, scalar_id
from egovsim.readers.instances import Instance
from egovsim.testing.random_models import RandomModel, random_models

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(name=NAMES)
def test_no_canonical_name_has_an_underscore_or_a_capital_of_the_latin_alphabet(name: str) -> None:
    id = canonical(name)
    assert "_" not in id
    assert not set(id) & set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@given(one=st.lists(NAMES, min_size=1, max_size=3), other=st.lists(NAMES, min_size=1, max_size=3), what=NAMES)
def test_ids_of_different_scalars_differ_and_none_is_made(one: list[str], other: list[str], what: str) -> None:
    first, second = ([canonical(name) for name in names] for names in (one, other))
    assert (scalar_id(first[0], first[1:]) == scalar_id(second[0], second[1:])) == (first == second)
    made = made_id(scalar_id(first[0], first[1:]), f"part {canonical(what)}")
    assert made != scalar_id(second[0], second[1:])


RICH = xmile(
    stock("s", 10, inflows=["f"], outflows=["g"]),
    flow("f", "1 + 0.1 * s"),
    flow("g", "DELAY3(f, 2) / 2 + SMTH1(s, 1) * 0"),
    stock("lots", 1, inflows=["h"], inside=over("D")),
    flow("h", "k[D] * MAX(k[*]) * TREND(s, 2)", inside=over("D")),
    auxiliary("k", "TIME + 1", inside=over("D")),
    auxiliary("deep", " + ".join(["s"] * 200)),
    auxiliary("p", "PREVIOUS(deep, 3) + DELAY(s, 1)"),
    auxiliary("share", "SUM(lots[*]) / INIT(s)"),
    dimensions={"D": ("a", "b")},
    method="rk4",
    stop=4,
)


def renamed(model: egovsim.Model, names: Mapping[str, str]) -> egovsim.Model:
    """Return a model whose variables bear other names."""
    instance = Instance(names)
    return replace(model, variables=tuple(map(instance.variable, model.variables)), views=())


def names_of_the_compiler(model: egovsim.Model) -> list[str]:
    """Return all that a compiled model is made of, by id and as a listing shows it."""
    flat = flatten(model)
    outputs = tuple(flat.equations)
    layout = layout_of(build_program(model, outputs, (), model.clock.method))
    made = [*layout.slot, *(made_id(id, "rate") for id in outputs), *flat.inputs]
    shown = [f"{word} {equation.name}" for equation in flat.equations.values() for word in ("rate of", "initial")]
    return [*made, *shown, *(equation.name for equation in flat.equations.values() if "(" in equation.name)]


def assert_same_bits(model: egovsim.Model, other: egovsim.Model, names: Mapping[str, str]) -> None:
    result, same = egovsim.run(model), egovsim.run(other)
    for variable in model.variables:
        if variable.kind != "lookup":
            expected, got = result.values(variable.name), same.values(names[variable.id])
            assert expected.tobytes() == got.tobytes(), (variable.name, names[variable.id])


def draw_names(data: st.DataObject, model: egovsim.Model) -> dict[str, str]:
    """Let about half of the variables take names that the compiler makes of the others, which keep theirs."""
    own = {*model.by_id, *model.subscript_ids}
    made = {canonical(name): name for name in names_of_the_compiler(model)}
    shuffled = data.draw(st.permutations(sorted(name for id, name in made.items() if id not in own)))
    names = {variable.id: variable.name for variable in model.variables}
    for id, name in zip(names, shuffled, strict=False):
        if data.draw(st.booleans()):
            names[id] = name
    return names


@given(data=st.data())
@settings(max_examples=6, deadline=None)
def test_a_model_runs_to_the_same_bits_under_names_of_the_compilers_own(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = read(tmp_path_factory.mktemp("rich"), RICH)
    names = draw_names(data, model)
    assert_same_bits(model, renamed(model, names), names)


@given(drawn=random_models(), data=st.data())
@settings(max_examples=5, deadline=None)
def test_a_random_model_does_so_too(
    drawn: RandomModel, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = read(tmp_path_factory.mktemp("random"), drawn.text())
    names = draw_names(data, model)
    assert_same_bits(model, renamed(model, names), names)


def test_the_rate_of_a_stock_may_be_a_variable(tmp_path: Path) -> None:
    text = xmile(
        stock("x", 1, inflows=["f"]),
        flow("f", "2"),
        auxiliary("Rate of x", "5 * x"),
        auxiliary("x START", "x + 1"),
        auxiliary("initial x", "2 * x"),
        auxiliary("$ time", "7"),
        stop=2,
    )
    result = egovsim.run(read(tmp_path, text))
    names = ("Rate of x", "x START", "initial x", "$ time")
    assert [result.values(name)[0, 0, 0, -1] for name in names] == [25, 6, 10, 7]
    changed = egovsim.run(read(tmp_path, text), constants={"$ time": 8.0, "x": 2.0})
    assert [changed.values(name)[0, 0, 0, -1] for name in ("x", "$ time")] == [6, 8]


def test_a_name_may_look_like_that_of_an_element_but_not_be_one(tmp_path: Path) -> None:
    """Two columns of one name could not be told apart."""
    array, alike = auxiliary("x", "TIME", inside=over("D")), auxiliary("x[c]", "5")
    result = egovsim.run(read(tmp_path, xmile(array, alike, dimensions={"D": ("a", "b")}, stop=2)), outputs=["x[c]"])
    assert result.values("x[c]")[0, 0, 0, -1] == 5
    model = read(tmp_path, xmile(array, alike, dimensions={"D": ("a", "c")}))
    with pytest.raises(ModelError) as caught:
        egovsim.run(model)
    assert str(caught.value).endswith(', "x[c]": this is the name of an element of "x" too; rename one of them.')


def test_interventions_add_names_that_the_model_does_not_bear(tmp_path: Path) -> None:
    """A variable called "x is held" would be taken for the switch."""
    names = ("x is held", "x is replaced", "x itself", "x as computed", "instant of the equations")
    parts = (stock("x", 1, inflows=["f"]), flow("f", "x + TIME"), *(auxiliary(name, 7) for name in names))
    model = read(tmp_path, xmile(*parts, dt=1, stop=3))
    held, switches = with_switches(model, ["x", "f"])
    assert switches == {"x": "x is held 2", "f": "f is held"}
    replaced, switch = with_replacements(model, [Replacement("x", 5.0)])
    assert switch == ("x is replaced 2",)
    alone = isolated_equations(model, [model["x"]])
    assert len(alone.by_id) == len(alone.variables)
    free = egovsim.run(model).values("x")[0, 0, 0].tolist()
    for changed, on, values in ((held, "x is held 2", [1, 1, 1, 1]), (replaced, switch[0], [5, 5, 5, 5])):
        assert egovsim.run(changed).values("x")[0, 0, 0].tolist() == free
        assert egovsim.run(changed, constants={on: 1.0}).values("x")[0, 0, 0].tolist() == values
    now = {now_name(model): 3.0, "x": 2.0, "f": 11.0}
    result = egovsim.run(alone, constants=now)
    assert result.values(computed_name(model, model["x"]))[0, 0, 0].tolist() == [11, 11]


def test_elements_of_one_variable_are_not_called_the_same(tmp_path: Path) -> None:
    """A comma in the name of an element makes two columns of one name."""
    elements = {"D": ("a,b", "a"), "E": ("c", "b,c")}
    model = read(tmp_path, xmile(auxiliary("x", "TIME", inside=over("D", "E")), dimensions=elements))
    with pytest.raises(ModelError) as caught:
        egovsim.run(model)
    text = '"x": two of its elements are called "x[a,b,c]"; take the commas out of the names of elements.'
    assert str(caught.value).endswith(text)
