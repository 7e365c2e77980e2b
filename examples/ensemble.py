"""How sure is the effect of a policy path when some constants are uncertain?

Members are drawn from ranges that are given here, and both paths run on every member. The effect of the policy is
the difference between two runs of the same member, so what the members have in common cancels. These ranges are for
illustration and are not filtered by evidence; `egovsim.compare` does that. Run it with

    python ensemble.py [members]
"""

from __future__ import annotations

import sys

import numpy as np

import egovsim
from egovsim import Range, final, first_at_or_above

RANGES = (
    Range("Skill fade rate", 0.64, 1.28, scale="log"),
    Range("Training cost", 0.005, 0.02, scale="log"),
    Range("Skill to operate", 0.2, 0.7, scale="log"),
)


def main(members: int) -> None:
    """Run business as usual and "people first" on the same members, keeping metrics only."""
    model = egovsim.read_model("egov")
    result = egovsim.run(
        model,
        profile=egovsim.read_profile("south-sumatra"),
        policies=[egovsim.read_policy("business-as-usual"), egovsim.read_policy("people-first")],
        design=egovsim.sample(RANGES, members=members, seed=7),
        metrics=[
            final("Real use index", name="real use"),
            first_at_or_above("HR capacity", 0.3, name="year of HR capacity 0.3"),
        ],
        save_every=1.0,
    )
    print(result.status)
    as_usual, people_first = result.metric_values("real use")[0]
    low, middle, high = np.quantile(people_first - as_usual, (0.05, 0.5, 0.95))
    print(f"real use index in 2045, people first minus as usual: {middle:.2f} ({low:.2f} to {high:.2f})")
    print(f"people first is better in {np.mean(people_first > as_usual):.0%} of the members")
    years = result.metric_values("year of HR capacity 0.3")[0]
    for name, row in zip(result.policies, years, strict=True):
        reached = np.isfinite(row)
        when = f"median year {np.median(row[reached]):.0f}" if reached.any() else "never"
        print(f"{name}: HR capacity reaches 0.3 in {reached.mean():.0%} of the members, {when}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2048)
