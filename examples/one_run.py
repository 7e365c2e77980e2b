"""What does one run of the e-government model look like?

One region, one policy path, one set of constants; all variables are kept, and six of them are drawn. Run it with

    python one_run.py [picture.png]
"""

from __future__ import annotations

import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

import egovsim

DRAWN = (
    "HR capacity",
    "Usable capacity",
    "Internet penetration",
    "Cultural change",
    "SPBE-like index",
    "Real use index",
)


def main(picture: str) -> None:
    """Run South Sumatra under the path "people first", print a few years and draw the trajectories."""
    model = egovsim.read_model("egov")
    result = egovsim.run(
        model,
        profile=egovsim.read_profile("south-sumatra"),
        policies=[egovsim.read_policy("people-first")],
        save_every=0.25,
    )
    table = result.to_frame()
    print(model)
    print(table.loc[[2010.0, 2020.0, 2026.0, 2035.0, 2045.0], list(DRAWN)].round(2).to_string())

    figure, panels = pyplot.subplots(2, 3, figsize=(11, 6), sharex=True, layout="constrained")
    for panel, name in zip(panels.flat, DRAWN, strict=True):
        panel.plot(table.index, table[name])
        panel.axvline(2026.0, color="grey", linewidth=0.8)
        panel.set_title(name)
        panel.set_ylabel(model[name].unit)
    figure.savefig(picture, dpi=120)
    print(f"written: {picture}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "one_run.png")
