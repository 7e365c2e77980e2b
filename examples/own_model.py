"""How does a model of one's own run? A permit office that moves from paper to an online system.

The model is permit_office.xmile beside this script, in the open format XMILE; a Vensim file (.mdl) is read by the
same function. The script looks the model over, runs it, cuts one of its feedback loops, and tries 1,024 sets of
constants. Run it with

    python own_model.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import egovsim
from egovsim import Range, first_at_or_above

MODEL = Path(__file__).with_name("permit_office.xmile")


def main() -> None:
    """Check, run, cut a loop, and run an ensemble."""
    model = egovsim.read_model(MODEL)
    findings = egovsim.check(model)
    print(model)
    print("findings:", "none" if not findings else "")
    for finding in findings:
        print(" ", finding)

    table = egovsim.run(model).to_frame()
    print(table.loc[[0.0, 26.0, 52.0, 104.0], ["Backlog", "Clerks online", "Waiting time"]].round(1).to_string())

    steady_pressure = egovsim.hold(model, "Effect of waiting on learning")
    held = egovsim.run(steady_pressure, outputs=["Clerks online"]).to_frame()
    print(f"clerks online after a year: {table.loc[52.0, 'Clerks online']:.1f}")
    print(f"the same when the pressure to learn stays what it was at the start: {held.loc[52.0, 'Clerks online']:.1f}")

    ranges = [Range("Contact rate", 0.05, 0.25), Range("Permits a clerk online", 12.0, 25.0)]
    result = egovsim.run(
        model,
        design=egovsim.sample(ranges, members=1024, seed=3),
        metrics=[first_at_or_above("Clerks online", 30.0, name="week")],
    )
    weeks = result.metric_values("week")[0, 0]
    reached = np.isfinite(weeks)
    middle = np.median(weeks[reached])
    print(f"30 clerks online within two years in {reached.mean():.0%} of 1,024 members, median week {middle:.0f}")


if __name__ == "__main__":
    main()
