"""A pool: many small random models in one file, in the notation of XMILE or Vensim.

Each of its *models* is a set of variables of its own that uses no variable of another; what the models of a pool share
is the clock, the method, the subscripts and the macros. So a thousand models cost the compiling of a few dozen files.

Every pool has two texts: as this package reads it, and with what another engine lacks written out by its definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from egovsim.testing import vensim_text, xmile_text
from egovsim.testing.notation import AREAS
from egovsim.testing.vocabulary import Dialect, Spelling

OWN = "@"
"""Stands in the names of a model for its number in the pool."""
Method = Literal["euler", "rk4", "rk2"]
_MACROS = {
    "xmile": '<macro name="blend"><eqn>p * 0.25 + q</eqn><parm>p</parm><parm>q</parm></macro>\n'
    '<macro name="twist"><eqn>inner - p</eqn><parm>p</parm><parm>q</parm><variables>'
    '<aux name="inner"><eqn>BLEND(q - 1.0, ARCTAN(p))</eqn></aux></variables></macro>\n'
    # Stella writes a stand-in for each argument, whose value is that of no call
    '<macro name="stella"><eqn>p * 2.0 - inner</eqn><parm>p</parm><variables>'
    '<aux name="inner"><eqn>ARCTAN(p) / 9.0</eqn></aux>'
    '<aux name="p" access="input"><eqn>100</eqn></aux></variables></macro>\n'
    '<macro name="pile"><eqn>s + 0.5</eqn><parm>p</parm><variables>'
    '<stock name="s"><eqn>p</eqn><inflow>f</inflow></stock>'
    '<flow name="f"><eqn>ARCTAN(p) - s / 3.0</eqn></flow></variables></macro>',
    "vensim": ":MACRO: BLEND(p, q)\nBLEND = p * 0.25 + q\n\t~~|\n:END OF MACRO:\n"
    ":MACRO: TWIST(p, q)\nTWIST = inner - p\n\t~~|\ninner = q / 4 - ARCTAN(p)\n\t~~|\n:END OF MACRO:\n",
}
_SUBSCRIPTS = "Area: north, south, west ~~|\nPart: north, south ~~|\nShadow: s1, s2, s3 -> Area ~~|\nKind: k1, k2 ~~|\n"


class Drawn(NamedTuple):
    """A variable as it was drawn: its name, and its definition in both texts."""

    name: str
    text: Spelling


@dataclass(frozen=True)
class Pool:
    """Random models in one file.

    Parameters
    ----------
    dialect : {"xmile", "vensim"}
        The notation.
    method : {"euler", "rk4", "rk2"}
        The integration method; Vensim's files have the first two.
    start, dt : float
        When a run begins, and its step; it ends 6 years later.
    models : tuple
        The variables of each model.
    """

    dialect: Dialect
    method: Method
    start: float
    dt: float
    models: tuple[tuple[Drawn, ...], ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Let Hypothesis print a line: forty models say nothing."""
        printer.text(f"<{len(self.models)} models in {self.dialect}, {self.method}, from {self.start} by {self.dt}>")

    def text(self, *, written_out: bool = False) -> str:
        """Return the file.

        Parameters
        ----------
        written_out : bool
            For another engine: with what it lacks written out.

        Returns
        -------
        str
            The whole file; its suffix is that of the dialect.
        """
        parts = [part for number in range(len(self.models)) for part in self._parts(number, written_out)]
        stop = self.start + 6.0
        if self.dialect == "vensim":
            method = "rk4" if self.method == "rk4" else "euler"
            clock = {"start": self.start, "stop": stop, "step": self.dt}
            return vensim_text.mdl(_MACROS["vensim"], _SUBSCRIPTS, *parts, method=method, **clock)
        return xmile_text.xmile(
            *(part for part in parts if not part.startswith("<model")),
            start=self.start,
            stop=stop,
            dt=self.dt,
            method=self.method,
            dimensions={"Area": AREAS, "Kind": ("k1", "k2")},
            macros=_MACROS["xmile"],
            modules="\n".join(part for part in parts if part.startswith("<model")),
        )

    def definitions(self) -> dict[str, str]:
        """Return what was drawn by name.

        Returns
        -------
        dict of str to str
            The definition of each variable, as this package reads it.
        """
        return {
            _named(drawn.name, number): _named(drawn.text.text, number)
            for number, model in enumerate(self.models)
            for drawn in model
        }

    def _parts(self, number: int, written_out: bool) -> list[str]:
        return [_named(drawn.text[int(written_out)], number) for drawn in self.models[number]]


def _named(text: str, number: int) -> str:
    return text.replace(OWN, f"m{number}")
