"""Stella's functions of constant payments, as vector instructions.

Source: isee's help, "Financial builtins" (https://www.iseesystems.com/resources/help/v1-9/Content/08-Reference/
07-Builtins/Financial_builtins.htm). Each solves, for one of its amounts,

    pv (1 + rate)^nper + pmt ((1 + rate)^nper - 1) / rate + fv = 0,

or pv + pmt nper + fv = 0 where the rate is 0. Money received is positive, and payments come at the ends of periods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from egovsim.compiler.codegen.lanes import Lanes, Value


class Annuities(Lanes):
    """Emits them."""

    def value(self, function: str, *arguments: Value) -> Value:
        """Emit a function of the language.

        Parameters
        ----------
        function : str
            A key of `ROWS`.
        *arguments : ir.Value
            Vectors, in the language's own order.

        Returns
        -------
        ir.Value
            Its values, a vector.
        """
        return self.ROWS[function](self, *arguments)

    def _payment(self, rate: Value, periods: Value, present: Value, future: Value) -> Value:
        growth, payments = self._worth_at_end(rate, periods)
        rest = self._builder.fadd(self._builder.fmul(present, growth), future)
        return self._builder.fneg(self._builder.fdiv(rest, payments))

    def _present_value(self, rate: Value, periods: Value, payment: Value, future: Value) -> Value:
        growth, payments = self._worth_at_end(rate, periods)
        rest = self._builder.fadd(self._builder.fmul(payment, payments), future)
        return self._builder.fneg(self._builder.fdiv(rest, growth))

    def _future_value(self, rate: Value, periods: Value, payment: Value, present: Value) -> Value:
        growth, payments = self._worth_at_end(rate, periods)
        paid, grown = self._builder.fmul(payment, payments), self._builder.fmul(present, growth)
        return self._builder.fneg(self._builder.fadd(paid, grown))

    def _worth_at_end(self, rate: Value, periods: Value) -> tuple[Value, Value]:
        """What 1 at the start, and 1 at the end of each period, come to at the end of the last.

        The gain of the first is computed as such: as a difference of 1 and a power near 1 it would lose its digits
        at a small rate. Below a rate of -1 there is no logarithm, and the difference is taken.
        """
        builder, one = self._builder, self._constant(1.0)
        growth = self._by_lane("pow", [builder.fadd(one, rate), periods])
        gain = self._by_lane("expm1", [builder.fmul(periods, self._by_lane("log1p", [rate]))])
        gain = self._choose(self._compare("<", rate, self._constant(-1.0)), builder.fsub(growth, one), gain)
        none = self._compare("==", rate, self._constant(0.0))
        return growth, self._choose(none, periods, builder.fdiv(gain, rate))

    ROWS: ClassVar[dict[str, Callable[..., Value]]] = {
        "pmt": _payment,
        "pv": _present_value,
        "fv": _future_value,
    }
