"""Which of these policy paths brings South Sumatra closer to Surabaya, and at what extra cost?

Three paths are compared: two that are shipped, and one that is written here. Run it with

    python compare_paths.py [members]
"""

from __future__ import annotations

import sys

import egovsim
from egovsim import PolicyPath, Series

TRAIN_AND_OBLIGE = PolicyPath(
    "train-and-oblige",
    levers={
        "HR share": Series.constant(0.30),
        "Training places": Series((2026.0, 2030.0), (0.05, 0.15)),
        "Mandate scope": Series((2026.0, 2028.0), (0.45, 0.70), kind="steps"),
    },
    start=2026.0,
)


def main(members: int) -> None:
    """Compare the paths on the same members and print what a planner asks first."""
    comparison = egovsim.compare(
        profile="south-sumatra",
        benchmark="surabaya",
        policies=["people-first", "infrastructure-first", TRAIN_AND_OBLIGE],
        members=members,
        seed=1,
    )
    print(f"{len(comparison.members)} accepted of {comparison.tried:,} tried")
    ranking = comparison.ranking_frame()
    columns = [
        "structure",
        "family",
        "rank",
        "policy",
        "real_use_index_p50",
        "real_use_index_change_p50",
        "extra_cost_p50",
    ]
    print(ranking[columns].round(2).to_string(index=False))

    trajectories = comparison.to_frame()
    wanted = (trajectories["outcome"] == "Real use index") & trajectories["year"].isin([2025, 2035, 2045])
    by_year = trajectories[wanted].pivot(index=["structure", "policy"], columns="year", values="p50")
    print("\nReal use index, median over members, under each structure that fits the evidence")
    print(by_year.round(2).to_string())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 128)
