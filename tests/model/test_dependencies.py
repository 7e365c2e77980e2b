"""What a variable can influence: a walk that forgot a way would call something harmless that is not."""

from __future__ import annotations

from pathlib import Path

from small_models import auxiliary, flow, read, stock, xmile

from egovsim.model.dependencies import effects_of, influence_path


def test_a_stock_that_stays_above_zero_influences_what_leaves_it(tmp_path: Path) -> None:
    """The flow's equation does not name the stock, and an empty stock stops the flow all the same."""
    model = read(
        tmp_path,
        xmile(
            auxiliary("first", "1.0"),
            stock("tank", "first", outflows=["drain"], inside="<non_negative/>"),
            flow("drain", "2.0"),
            auxiliary("bill", "drain * 3.0"),
        ),
    )
    assert influence_path(effects_of(model), "first", {"bill"}) == ["first", "tank", "drain", "bill"]


def test_a_stock_that_may_be_negative_does_not(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        xmile(auxiliary("first", "1.0"), stock("tank", "first", outflows=["drain"]), flow("drain", "2.0")),
    )
    assert influence_path(effects_of(model), "first", {"drain"}) == []
