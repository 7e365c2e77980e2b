"""What a model is compiled to can be read: its program in the modeller's notation, and the IR with its names.

If one of these tests fails, whoever looks for the cause of a wrong number finds blocks and slots without names.
"""

from __future__ import annotations

from pathlib import Path

import llvmlite.binding as llvm
import pytest
from small_models import auxiliary, flow, mdl, read, stock, xmile

import egovsim
from egovsim.compiler.listing import listing
from egovsim.errors import UnknownNameError

PARTS = (
    auxiliary("Birth rate", "0.04"),
    auxiliary("Doubled rate", "2 * Birth_rate"),
    stock("People", "100", inflows=["Births"]),
    flow("Births", "People * Doubled_rate"),
    auxiliary("Late births", "DELAY(Births, 2, 7)"),
    auxiliary("Lottery", "UNIFORM(0, People)"),
    auxiliary("Unused", "People + 1"),
)

PROGRAM = """\
method: euler

inputs
    Birth_rate = 0.04
    initial_People = 100

invariants
    Doubled_rate = 2 * Birth_rate

initial
    People = initial_People

auxiliaries
    Lottery = UNIFORM(0, People)
    Births = People * Doubled_rate

rates
    d People / dt = Births

outputs
    Births
    Lottery
"""


@pytest.fixture
def model(tmp_path: Path) -> egovsim.Model:
    return read(tmp_path, xmile(*PARTS))


def test_a_program_is_printed_in_the_modellers_notation(model: egovsim.Model) -> None:
    """Block by block, with what the outputs need and no more, and without the numbers that key draws."""
    assert listing(model, ["births", "Lottery"]) == PROGRAM


def test_discrete_states_say_what_they_read(model: egovsim.Model) -> None:
    lines = listing(model, ["Late births"]).splitlines()
    assert '    "Late births (part 1)" = fixed value of Births after "Late births (part 2)"' in lines


def test_without_outputs_all_variables_are_listed(model: egovsim.Model) -> None:
    """Each by the name that it has in the file."""
    for form in ("program", "ir"):
        text = listing(model, form=form)
        for variable in model.variables:
            assert variable.name.replace(" ", "_") in text


def test_the_ir_names_slots_and_what_is_computed_and_is_llvms(model: egovsim.Model) -> None:
    """With a comment before the instructions of each variable; LLVM itself must be able to read it."""
    text = listing(model, ["Births"], form="ir")
    assert "; slot 6: initial_People" in text
    assert "  ; births\n" in text
    assert "run_groups" in text
    llvm.parse_assembly(text)


def test_arrays_and_functions_that_are_made_of_parts_are_printed(tmp_path: Path) -> None:
    """What is in no dialect has a name too, and elements are written as the modeller writes them."""
    text = """{UTF-8}
    Who: a, b ~~|
    Curve: kind, middle, width ~~|
    asked[a] = 10 ~~|
    asked[b] = Time ~~|
    curve[Who, Curve] = 1, 2, 3; 1, 3, 3; ~~|
    got[Who] = ALLOCATE AVAILABLE(asked[Who], curve[Who, kind], 15) ~~|
    INITIAL TIME = 0 ~~|
    FINAL TIME = 1 ~~|
    TIME STEP = 1 ~~|
    """
    text = listing(read(tmp_path, text), ["got[a]"])
    assert "CLEARING_PRIORITY(" in text
    assert "    asked[b] = TIME\n" in text
    assert text.endswith("outputs\n    got[a]\n")


def test_an_output_that_is_no_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="nearest"):
        listing(read(tmp_path, mdl({"Speed": "1"})), ["Sped"])
