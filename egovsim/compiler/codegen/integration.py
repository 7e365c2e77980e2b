"""Moving the stocks over a step, by the stages of a method, and noticing where they cease to be numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir

from egovsim.compiler.codegen.kernel_body import EntryPoint, KernelBody
from egovsim.compiler.codegen.lanes import Value
from egovsim.compiler.codegen.methods import METHODS

NO_FAILURE = -1.0
"""The instant of failure of a member that has not failed."""


class Integration(KernelBody):
    """Writes one step of the program's method.

    Parameters
    ----------
    entry : EntryPoint
        Where to write.
    evaluate : sequence of ir.Function
        The functions that compute auxiliaries and rates at an instant.
    """

    def __init__(self, entry: EntryPoint, evaluate: Sequence[ir.Function]) -> None:
        super().__init__(entry)
        self._evaluate, self._stocks = evaluate, len(self._program.stocks)
        self._bits = ir.VectorType(self._integer, self._lanes)
        self._unfit = self._builder.alloca(self._bits, name="unfit")

    def step(self, now: Value, step: Value) -> None:
        """Move the stocks over one step; auxiliaries and rates at its begin are computed.

        Parameters
        ----------
        now : ir.Value
            The time at which the step begins, a double.
        step : ir.Value
            Its length, a double.
        """
        stages, layout = METHODS[self._program.method], self._layout
        if len(stages) == 1:
            self._each_stock(lambda stock: self._moved(stock, layout.stocks, layout.rates, step))
            return
        begun, total = layout.scratch, layout.scratch + self._stocks
        self._each_stock(lambda stock: self._slot(self._plus(stock, layout.stocks)), into=begun)
        for number, stage in enumerate(stages):
            weight = ir.Constant(self._double, stage.weight)
            if number == 0:
                self._each_stock(lambda stock, by=weight: self._weighted(stock, by), into=total)
            else:
                self._each_stock(lambda stock, by=weight: self._moved(stock, total, layout.rates, by), into=total)
            if stage.reach is not None:
                reach = self._builder.fmul(step, ir.Constant(self._double, stage.reach))
                self._each_stock(lambda stock, by=reach: self._moved(stock, begun, layout.rates, by))
                self._set_time(self._builder.fadd(now, reach), ("time",))
                self._call(self._evaluate)
        self._each_stock(lambda stock: self._moved(stock, begun, total, step))

    def _each_stock(self, value: Callable[[Value], Value], into: int | None = None) -> None:
        """For every stock, store a value in its slot or in the row that begins at `into`."""
        place = self._layout.stocks if into is None else into
        with self._counting(self._whole_constant(self._stocks), "stock") as stock:
            self._set_slot(self._plus(stock, place), value(stock))

    def _weighted(self, stock: Value, weight: Value) -> Value:
        return self._builder.fmul(self._slot(self._plus(stock, self._layout.rates)), self._spread(weight))

    def _moved(self, stock: Value, origin: int, rates: int, by: Value) -> Value:
        change = self._builder.fmul(self._slot(self._plus(stock, rates)), self._spread(by))
        return self._builder.fadd(self._slot(self._plus(stock, origin)), change)

    def no_failure(self, group: Value) -> None:
        """Say that no member of a group has failed.

        Parameters
        ----------
        group : ir.Value
            The number of the group.
        """
        self._store(self._arguments["failed"], group, self._constant(NO_FAILURE))

    def notice_failure(self, group: Value, instant: Value) -> None:
        """Write down when a stock or discrete state first is not a finite number; the caller blanks what follows.

        Parameters
        ----------
        group, instant : ir.Value
            Their numbers.
        """
        builder = self._builder
        states = self._stocks + len(self._program.discrete_states)
        if not states:
            return
        none = ir.Constant(self._bits, [0] * self._lanes)
        builder.store(none, self._unfit)
        with self._counting(self._whole_constant(states), "checked") as state:
            value = self._slot(self._plus(state, self._layout.stocks))
            # x - x is 0, all its bits, for a finite number and not a number for any other
            rest = builder.bitcast(builder.fsub(value, value), self._bits)
            builder.store(builder.or_(builder.load(self._unfit), rest), self._unfit)
        unfit = builder.icmp_unsigned("!=", builder.load(self._unfit), none)
        with builder.if_then(self._any(unfit), likely=False):
            known = self._load(self._arguments["failed"], group)
            is_new = builder.and_(unfit, self._compare("==", known, self._constant(NO_FAILURE)))
            when = self._spread(self._real(instant))
            self._store(self._arguments["failed"], group, builder.select(is_new, when, known))

    def healthy(self, group: Value) -> Value:
        """Say which members of a group have not failed so far.

        Parameters
        ----------
        group : ir.Value
            The number of the group.

        Returns
        -------
        ir.Value
            A mask, a lane a member.
        """
        return self._compare("==", self._load(self._arguments["failed"], group), self._constant(NO_FAILURE))
