"""A long chain of XMILE modules with arrays, a graphical function for each element, and what they come to in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_models import auxiliary, flow, over, stock, xmile

STOP, STEP = 8.0, 0.25
REGIONS, GROUPS = ("north", "south", "west"), ("young", "old")
STAY = (4.0, 8.0)
GRAPHS = {
    "north": ((0.0, 0.5, 1.0), (1.0, 0.8, 0.2)),
    "south": ((0.0, 0.25, 2.0), (0.9, 0.9, 0.1)),
    "west": ((0.5, 1.0, 1.5), (0.7, 0.6, 0.5)),
}
"""Points of the response of each region: x and y."""


def write_modules(folder: Path, *, modules: int) -> Path:
    """Write large.xmile: each module reads the outcome of the one before it."""
    both = over("Region", "Group")
    start = {f"{r},{g}": 3.0 * i + j for i, r in enumerate(REGIONS) for j, g in enumerate(GROUPS)}
    inside = [
        auxiliary("upstream", 0.5),
        stock("People", "start[Region, Group]", inflows=["arriving"], outflows=["leaving"], inside=both),
        flow("arriving", "10 * response[Region] * (1 + upstream)", inside=both),
        flow("leaving", "People / stay[Group]", inside=both),
        _elements("stay", "Group", dict(zip(GROUPS, STAY, strict=True))),
        _elements("start", "Region,Group", start),
        _elements("response", "Region", {r: f"load[{r}]" for r in REGIONS}, graphs=GRAPHS),
        auxiliary("load", "SUM(People[Region, *]) / 40", inside=over("Region")),
        auxiliary("lagged", "SMTH1(load[Region], 2, 0.1)", inside=over("Region")),
        auxiliary("outcome", "MEAN(lagged)"),
    ]
    chain = ['<module name="D0"/>']
    chain += [
        f'<module name="D{n}"><connect to="upstream" from="D{n - 1}.outcome"/></module>' for n in range(1, modules)
    ]
    last = auxiliary("last outcome", f"D{modules - 1}.outcome")
    root = xmile(*chain, last, stop=STOP, dt=STEP, dimensions={"Region": REGIONS, "Group": GROUPS})
    variables = "\n".join(inside)
    models = "\n".join(f'<model name="D{n}"><variables>\n{variables}\n</variables></model>' for n in range(modules))
    path = folder / "large.xmile"
    path.write_text(root.replace("</xmile>", f"{models}\n</xmile>"), encoding="utf-8")
    return path


def _elements(
    name: str,
    dimensions: str,
    equations: dict[str, object] | dict[str, float] | dict[str, str],
    *,
    graphs: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] | None = None,
) -> str:
    """Write an auxiliary with an equation, and perhaps a graphical function, of its own for each element."""
    parts = [over(*dimensions.split(","))]
    for element, equation in equations.items():
        graph = ""
        if graphs is not None:
            x, y = (",".join(map(str, values)) for values in graphs[element])
            graph = f"<gf><xpts>{x}</xpts><ypts>{y}</ypts></gf>"
        parts.append(f'<element subscript="{element}"><eqn>{equation}</eqn>{graph}</element>')
    return f'<aux name="{name}">{"".join(parts)}</aux>'


def expected_modules(modules: int) -> dict[str, np.ndarray]:
    """Work the chain out by Euler's method.

    Returns
    -------
    dict of str to array
        ``outcome`` of shape (time, module), ``People`` of shape (time, module, region, group).
    """
    people = np.repeat((3.0 * np.arange(3)[:, None] + np.arange(2))[None], modules, axis=0)
    lagged = np.full((modules, 3), 0.1)
    saved: dict[str, list[np.ndarray]] = {"outcome": [], "People": []}
    for _ in range(round(STOP / STEP) + 1):
        load = people.sum(axis=2) / 40.0
        outcome = lagged.mean(axis=1)
        upstream = np.concatenate([[0.5], outcome[:-1]])
        response = np.stack([np.interp(load[:, i], *GRAPHS[region]) for i, region in enumerate(REGIONS)], axis=1)
        saved["outcome"].append(outcome)
        saved["People"].append(people)
        arriving = (10.0 * response * (1.0 + upstream)[:, None])[:, :, None]
        people = people + (arriving - people / np.array(STAY)) * STEP
        lagged = lagged + (load - lagged) / 2.0 * STEP
    return {name: np.array(values) for name, values in saved.items()}
