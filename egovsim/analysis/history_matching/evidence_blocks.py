"""The blocks of a model that are matched on their own: read from ``ranges.toml``, and checked against the model."""

from __future__ import annotations

from egovsim.analysis.history_matching.defaults import MOST_BLOCK_TRIES, TRIES
from egovsim.analysis.history_matching.evidence import Benchmark, Block
from egovsim.errors import DataError, UnknownNameError, ValueRangeError
from egovsim.model.dependencies import effects_of, influence_path
from egovsim.model.model import Model
from egovsim.names import canonical, split_element
from egovsim.toml import Table

_KEYS = ("name", "matched", "constants", "held", "tries")


def read_blocks(root: Table) -> tuple[Block | None, Block | None]:
    """Read the ``[[block]]`` entries of a file of ranges.

    Parameters
    ----------
    root : Table
        The root table of the file.

    Returns
    -------
    tuple of Block or None
        The block that is matched first, and the one that is matched last.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    found: dict[str, Block] = {}
    for table in root.tables("block"):
        table.only(_KEYS, what="a block")
        matched = table.one_of("matched", ("first", "last"), "first")
        block = _block(table, matched)
        if matched in found:
            raise DataError(
                f'{table.place()}: "{found[matched].name}" and "{block.name}" are both matched {matched}; '
                "put their constants into one block."
            )
        if block.name in (other.name for other in found.values()):
            raise DataError(f'{table.place("name")}: two blocks are called "{block.name}"; give each its own name.')
        found[matched] = block
    return found.get("first"), found.get("last")


def _block(table: Table, matched: str) -> Block:
    misplaced = "tries" if matched == "first" else "held"
    if misplaced in table.values:
        raise DataError(f"{table.place(misplaced)} is not for a block that is matched {matched}; leave it out.")
    name, constants, held = table.text("name"), table.texts("constants"), table.texts("held")
    if matched == "first":
        return Block(name, constants, held)
    tries = table.number("tries", float(TRIES))
    if not 1 <= tries <= MOST_BLOCK_TRIES or tries != int(tries):
        raise ValueRangeError(
            f"{table.place('tries')} is {tries:g}; it must be a whole number from 1 to {MOST_BLOCK_TRIES}."
        )
    return Block(name, constants, tries=int(tries))


def check_blocks(benchmark: Benchmark, model: Model) -> None:
    """Check that the blocks of a benchmark fit a model, and that the downstream one feeds nothing back.

    Parameters
    ----------
    benchmark : Benchmark
        The evidence.
    model : Model
        The model that it is to speak of.

    Raises
    ------
    UnknownNameError
        When a constant, or a variable that is held, is not in the model.
    DataError
        When a constant stands in both blocks, or one of the downstream block reaches a check that is met before; the
        message gives the path.
    """
    upstream, downstream = benchmark.upstream, benchmark.downstream
    for block in (upstream, downstream):
        if block is None:
            continue
        for key, names in (("constants", block.constants), ("held", block.held)):
            for name in names:
                try:
                    model[name]
                except UnknownNameError as cause:
                    raise UnknownNameError(f'ranges.toml: block "{block.name}": {key}: {cause}') from cause
    if downstream is None:
        return
    where = f'ranges.toml: block "{downstream.name}"'
    shared = {canonical(name) for name in upstream.constants} if upstream is not None else set[str]()
    for name in downstream.constants:
        if upstream is not None and canonical(name) in shared:
            raise DataError(f'{where}: "{name}" stands in block "{upstream.name}" as well; keep it in one of them.')
    if not any(check.block == downstream.name for check in benchmark.rejecting):
        raise DataError(
            f'{where} has no rejecting check; write block = "{downstream.name}" in the checks that it is matched to, '
            "or drop the block."
        )
    _check_feeds_nothing_back(benchmark, downstream, model, where)


def _check_feeds_nothing_back(benchmark: Benchmark, downstream: Block, model: Model, where: str) -> None:
    """Refuse a constant that a member's earlier checks depend on: they would have been met with another value of it."""
    effects = effects_of(model)
    for name in downstream.constants:
        for check in benchmark.rejecting:
            if check.block == downstream.name:
                continue
            outcomes = {canonical(split_element(metric.variable)[0]) for _, metric in check.needs}
            path = influence_path(effects, canonical(name), outcomes)
            if path:
                shown = " -> ".join(f'"{model.by_id[id].name}"' for id in path)
                raise DataError(
                    f'{where}: "{name}" reaches the check "{check.name}", which is met before this block ({shown}); '
                    f'take it out of the block, or write block = "{downstream.name}" in that check.'
                )
