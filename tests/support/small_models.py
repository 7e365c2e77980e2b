"""Small models written as files, so that tests go the whole way from text to numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import egovsim
from egovsim.testing.xmile_text import auxiliary, bounds, flow, over, stock, xmile

__all__ = ["auxiliary", "bounds", "flow", "mdl", "over", "read", "stock", "xmile"]


def mdl(equations: Mapping[str, str], *, start: float = 0, stop: float = 10, step: float = 0.125) -> str:
    clock = {"INITIAL TIME": start, "FINAL TIME": stop, "TIME STEP": step, "SAVEPER": "TIME STEP"}
    lines = [f"{name} = {equation}\n\t~\t\n\t~\t\n\t|\n" for name, equation in {**equations, **clock}.items()]
    return "{UTF-8}\n" + "\n".join(lines) + "\n\\\\\\---/// Sketch information - do not modify anything except names\n"


def read(folder: Path, text: str) -> egovsim.Model:
    """Write a model's text into a folder and read it."""
    path = folder / ("model.mdl" if text.startswith("{UTF-8}") else "model.xmile")
    path.write_text(text, encoding="utf-8")
    return egovsim.read_model(path)
