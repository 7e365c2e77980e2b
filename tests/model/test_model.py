"""A model knows where it was read from and what was derived from it, and a changed one knows neither."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field, replace

import egovsim
from egovsim import library
from egovsim.readers.model_cache import path_of
from egovsim.simulation.kernels import Kernels


@dataclass
class _Notes:
    """What a part of the package may derive."""

    lines: list[str] = field(default_factory=list)


def test_what_is_derived_lives_with_the_model_and_is_of_its_class() -> None:
    """Two parts that share a key would take each other's values."""
    model = egovsim.read_model("capacity")
    model.derived(_Notes).lines.append("said")
    assert model.derived(_Notes).lines == ["said"]
    egovsim.run(model)
    assert len(model.derived(Kernels).by_request) == 1
    assert egovsim.read_model("capacity").derived(_Notes).lines == []


def test_a_changed_model_is_no_longer_the_file_s() -> None:
    """Else a held variable would run as the code that was compiled for the file."""
    model = egovsim.read_model("capacity")
    model.derived(_Notes).lines.append("said")
    assert path_of(model) == library.find("model", "capacity").resolve()
    for changed in (replace(model, name="other"), egovsim.hold(model, model.stocks[0].name)):
        assert changed.origin is None
        assert path_of(changed) is None
        assert changed.derived(_Notes).lines == []


def test_a_copy_is_the_same_model_and_derives_anew() -> None:
    """It is handed to other processes, where its kernels are no addresses."""
    model = egovsim.read_model("capacity")
    result = egovsim.run(model, outputs=[model.stocks[0].name])
    for twin in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin == model
        assert twin.origin == model.origin
        assert twin.derived(Kernels).by_request == {}
        again = egovsim.run(twin, outputs=[model.stocks[0].name])
        assert again.trajectories.tobytes() == result.trajectories.tobytes()


def test_where_it_was_read_from_takes_no_part_in_comparison() -> None:
    model = egovsim.read_model("capacity")
    assert replace(model) == model
    assert replace(model).origin is None
