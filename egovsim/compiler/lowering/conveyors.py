"""Conveyors become discrete states: a belt, and what its flows read of it.

Sources: isee's help, "Traditional Conveyor Computation", "FIFO Conveyor Computation" and "Initializing Discrete
Stocks"; XMILE 1.0, sections 3.7.2 and 4.2.1. A belt has a place for each step of the transit time, which is rounded to
steps, halves up, and is one step at least. In a step every leak takes its part of what lies on the belt, then what is
at the end comes off, then the rest moves on and what enters is put down at the distance that the transit time says.

A linear leak takes, in each step that material spends in its zone, an equal part of its fraction of what came into the
zone, with the fraction of that moment; an exponential one its fraction of what is there, per unit of time. Fractions of
several leaks add up; where they take more than all, each is reduced alike (unverified of Stella, where linear ones must
not exceed 1 in sum). What enters is never negative, and of several
flows the first goes before the others where capacity or an inflow limit binds; what comes off another conveyor is never
kept out (pysimlin; unverified of Stella).

The flows of a conveyor stand still within a step, whatever the method: what leaves one stock arrives in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.compiler.lowering.belt_contents import (
    AgeCount,
    SpreadAtStart,
    constant_of,
    refuse_count,
    refuse_portions,
    with_age_counts,
)
from egovsim.compiler.lowering.belt_expressions import held, is_on, rate_of, steps_of, to
from egovsim.compiler.lowering.constancy import varies
from egovsim.compiler.lowering.elements import Belt, BeltLeak, ScalarEquation, StateReads
from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.conveyors import (
    NO,
    UNLIMITED,
    WHOLE_BELT,
    YES,
    Conveyor,
    Leak,
    conveyor_in,
    is_driven,
    is_only_driven,
    leak_in,
)
from egovsim.model.expression import Binary, Call, ClockValue, Expression, If, Number, Reference
from egovsim.model.model import Model
from egovsim.model.variable import Variable, plain_number
from egovsim.names import made_id, scalar_id

ZERO, ONE, TIME_STEP = Number(0.0), Number(1.0), ClockValue("time step")

LONGEST_BELT = 1_000_000
"""The most steps that a belt may have; a longer one ceases to be a number."""


def with_conveyors(model: Model, equations: Iterable[ScalarEquation]) -> list[ScalarEquation]:
    """Write the conveyors of a model as discrete states, and their flows by what they read of these.

    Parameters
    ----------
    model : Model
        The model.
    equations : iterable of ScalarEquation
        Its scalar equations, flows limited to what non-negative stocks hold.

    Returns
    -------
    list of ScalarEquation
        In the same order, with what was added.

    Raises
    ------
    ModelError
        A transit time is not above 0, or too long.
    UnsupportedError
        A belt is asked for what cannot be run.
    """
    by_id = {equation.id: equation for equation in equations}
    belts = [
        _Belt(model, by_id, stock, ids)
        for stock in model.stocks
        for ids in model.equations_of(stock)
        if conveyor_in(by_id[scalar_id(stock.id, ids)].rate) is not None
    ]
    with_age_counts(by_id, {belt.id: belt.count for belt in belts})
    _refuse_other_outflows(model)
    arrests = {flow.id: belt.arrest for belt in belts for flow in belt.inflows if belt.arrest != NO}
    for belt in belts:
        belt.write(arrests)
    _refuse_left_over(by_id.values())
    return list(by_id.values())


def _refuse_other_outflows(model: Model) -> None:
    """Refuse a flow out of a conveyor that something else drives, or changes: it would not be what leaves the belt."""
    for stock in model.stocks:
        if conveyor_in(stock.equations[0].rate) is None:
            continue
        for flow in map(model.by_id.__getitem__, stock.outflows):
            if not all(is_only_driven(equation.expression) for equation in flow.equations):
                raise UnsupportedError(
                    f'{flow.where}, "{flow.name}": a flow out of the conveyor "{stock.name}" is what the conveyor lets '
                    "out, and cannot be held or changed; change what enters, the transit time or a leak's fraction."
                )


def _refuse_left_over(equations: Iterable[ScalarEquation]) -> None:
    """Refuse a flow that reads a belt which is none: something else stands in the conveyor's place."""
    for equation in equations:
        if conveyor_in(equation.rate) is None and not is_driven(equation.expression):
            continue
        raise UnsupportedError(
            f'{equation.where}, "{equation.name}": a conveyor drives this flow, and its stock is no conveyor here: '
            "give the flow an equation of its own, or replace it too."
        )


@dataclass(frozen=True)
class _Part:
    """What the flows of a belt read: hidden variables of it, by their short names."""

    owner: ScalarEquation

    def __call__(self, name: str) -> Reference:
        return Reference(f"{self.owner.name} ({name})", made_id(self.owner.id, name), (), self.owner.where)


class _Belt:
    """Writes one belt into the scalar equations of a model."""

    def __init__(self, model: Model, by_id: dict[str, ScalarEquation], stock: Variable, ids: tuple[str, ...]) -> None:
        self._by_id = by_id
        self._own = by_id[scalar_id(stock.id, ids)]
        found = conveyor_in(self._own.rate)
        assert found is not None
        self._belt: Conveyor = found
        self.arrest = found.arrest
        self._inflows = [by_id[self._element(model, flow, ids)] for flow in stock.inflows]
        outflows = [by_id[self._element(model, flow, ids)] for flow in stock.outflows]
        leaks = [(flow, leak_in(flow.expression)) for flow in outflows]
        self._leaks: list[tuple[ScalarEquation, Leak]] = [(flow, leak) for flow, leak in leaks if leak is not None]
        self._ends = [flow for flow, leak in leaks if leak is None and is_driven(flow.expression)]
        self._part = _Part(self._own)
        self._counts: dict[AgeCount, Reference] = {}

    @property
    def id(self) -> str:
        """The id of the conveyor."""
        return self._own.id

    def count(self, asked: AgeCount) -> Reference:
        """Return what is of an age: as the amount of a leak from that part of the belt that takes nothing."""
        keeps = not self._leaks or (self._is_exponential and not self._has_zones)
        refuse_count(asked, self._own, constant_of(self._belt.transit_time, self._by_id), keeps_content=keeps)
        number = len(self._leaks) + len(self._counts) + 1
        return self._counts.setdefault(asked, self._part(f"amount {number}"))

    @property
    def inflows(self) -> list[ScalarEquation]:
        """The flows that enter."""
        return self._inflows

    def write(self, arrests: Mapping[str, Expression]) -> None:
        """Put the belt, its parts and its flows in the place of the stock and its flows.

        Parameters
        ----------
        arrests : mapping of str to Expression
            By flows into conveyors that may be arrested, when these are.
        """
        self._refuse(arrests)
        self._add_controls(arrests)
        self._add_state()
        for number, (flow, _) in enumerate(self._leaks, 1):
            self._drive(flow, self._leak_rate(number))
        for flow in self._ends:
            self._drive(flow, self._end_rate())
        self._admit()

    # What cannot be

    def _refuse(self, arrests: Mapping[str, Expression]) -> None:
        place = f'{self._own.rate.where if isinstance(self._own.rate, Call) else self._own.where}, "{self._own.name}"'
        given = plain_number(self._belt.transit_time)
        if given is None and isinstance(self._belt.transit_time, Reference):
            given = plain_number(self._by_id[self._belt.transit_time.id].expression)
        if given is not None and not given > 0.0:
            raise ModelError(
                f"{place}: the transit time of this conveyor is {given:g}, and must be above 0; give <len> how long "
                "what enters stays."
            )
        if self._is_fixed and varies(self._belt.transit_time, self._by_id):
            what = "that is first in, first out" if self._belt.first_in_first_out == YES else "with a leak zone"
            raise UnsupportedError(
                f"{place}: a conveyor {what} cannot be run yet while its transit time changes; make it a constant."
            )
        for flow, leak in self._leaks:
            if self._has_zones and not self._is_exponential and varies(leak.fraction, self._by_id):
                raise UnsupportedError(
                    f'{place}: the fraction of "{flow.name}", a linear leak of a conveyor with leak zones, cannot be '
                    "run yet while it changes; make it a constant."
                )
            if flow.id in arrests:
                raise UnsupportedError(
                    f'{place}: "{flow.name}" leaks into a conveyor that may be arrested, which cannot be run yet.'
                )

    @property
    def _is_fixed(self) -> bool:
        return self._belt.first_in_first_out == YES or self._has_zones or bool(self._counts)

    @property
    def _has_zones(self) -> bool:
        return any((leak.start, leak.end) != WHOLE_BELT for _, leak in self._leaks)

    @property
    def _is_exponential(self) -> bool:
        return self._belt.exponential_leak == YES

    # The belt

    def _add_controls(self, arrests: Mapping[str, Expression]) -> None:
        """Add what the belt goes by in a step: what enters, the transit time, whether it moves, the leaks' shares."""
        belt = self._belt
        inflow: Expression = ZERO
        for flow in self._inflows:
            inflow = Binary("+", inflow, to(flow))
        transit = belt.transit_time
        if belt.sample != YES:
            transit = Call("sample if true", (belt.sample, transit, transit), self._own.where)
        ahead = next((arrests[flow.id] for flow in self._ends if flow.id in arrests), NO)
        waits: Expression = ZERO if ahead == NO else If(is_on(ahead), Number(2.0), ZERO)
        self._add("entering", inflow)
        self._add("transit time", held(transit))
        self._add("standing", held(waits if belt.arrest == NO else If(is_on(belt.arrest), ONE, waits)))
        for number, (_, leak) in enumerate(self._leaks, 1):
            self._add(f"fraction {number}", held(Call("max", (ZERO, leak.fraction), self._own.where)))
        self._share_out()

    def _share_out(self) -> None:
        """Add what each leak takes: of all that is there no more than all."""
        total: Expression = ZERO
        for number in range(1, len(self._leaks) + 1):
            total = Binary("+", total, self._part(f"fraction {number}"))
        if self._is_exponential:
            total = Binary("*", total, TIME_STEP)
        self._add("reduction", Call("max", (ONE, total)))
        for number in range(1, len(self._leaks) + 1):
            self._add(f"leak {number}", Binary("/", self._part(f"fraction {number}"), self._part("reduction")))
        for number in self._numbers_of_counts:
            self._add(f"leak {number}", ZERO)

    @property
    def _numbers_of_counts(self) -> range:
        return range(len(self._leaks) + 1, len(self._leaks) + len(self._counts) + 1)

    @property
    def _time(self) -> float:
        """The transit time, where it is known before the run."""
        found = constant_of(self._belt.transit_time, self._by_id)
        return float("nan") if found is None else found[0]

    def _zones(self) -> list[tuple[float, float]]:
        """Return the part of the belt of every leak, and of what is counted."""
        ages = [(asked.first / self._time, asked.last / self._time) for asked in self._counts]
        return [*((leak.start, leak.end) for _, leak in self._leaks), *ages]

    def _add_state(self) -> None:
        leaks = tuple(
            BeltLeak(
                self._part(f"leak {number}").id,
                self._part(f"amount {number}").id,
                self._part(f"end {number}").id,
                *zone,
            )
            for number, zone in enumerate(self._zones(), 1)
        )
        is_exponential = self._is_exponential or not self._leaks
        belt = Belt(self._part("end").id, leaks, is_exponential, self._is_fixed, self._portions())
        reads = StateReads("conveyor", *(self._part(n).id for n in ("entering", "transit time", "standing")), belt=belt)
        known = constant_of(self._belt.transit_time, self._by_id)
        fixed = [id for asked in self._counts for id in asked.constants]
        fixed += known[1] if known is not None and self._counts else ()
        self._by_id[self._own.id] = replace(
            self._own, rate=None, reads=reads, compile_time_constants=(*self._own.compile_time_constants, *fixed)
        )
        start_end, start_amounts = self._start()
        for name, start in (("end", start_end), *start_amounts):
            part = self._part(name)
            read = StateReads("conveyor part", self._own.id)
            self._by_id[part.id] = ScalarEquation(part.id, part.name, start, None, self._own.where, read)

    def _portions(self) -> tuple[str, ...]:
        """Name what lies on the belt at the start, for each unit of time."""
        portions = self._belt.portions
        is_linear = bool(self._leaks) and not self._is_exponential
        refuse_portions(self._own, portions, constant_of(self._belt.transit_time, self._by_id), is_linear=is_linear)
        for number, portion in enumerate(portions, 1):
            self._add(f"portion {number}", portion)
        return tuple(self._part(f"portion {number}").id for number in range(1, len(portions) + 1))

    def _start(self) -> tuple[Expression, Sequence[tuple[str, Expression]]]:
        """Return what the parts are at the start, where the content is spread as a constant inflow would spread it.

        Of a belt with zones it is not known before the belt is filled.
        """
        content, count = to(self._own), len(self._leaks)
        leak = [self._part(f"leak {number}") for number in range(1, count + 1)]
        total: Expression = ZERO
        for each in leak:
            total = Binary("+", total, each)
        if self._has_zones:
            unknown = Number(float("nan"))
            return unknown, [
                (f"{kind} {number}", unknown) for number in range(1, count + 1) for kind in ("amount", "end")
            ]
        self._add("steps", steps_of(self._part("transit time")))
        belt = SpreadAtStart(content, total, self._part("steps"), self._belt.portions, self._is_exponential)
        end, amount, at_end = belt.parts()
        numbers = range(1, count + 1)
        found = [(f"amount {n}", amount) for n in numbers] + [(f"end {n}", at_end) for n in numbers]
        for number, asked in zip(self._numbers_of_counts, self._counts, strict=True):
            start = belt.count(asked, self._time)
            found += [(f"amount {number}", start), (f"end {number}", end if asked.last >= self._time else ZERO)]
        return end, found

    # Its flows

    def _leak_rate(self, number: int) -> Expression:
        taken = self._taken(number, self._part(f"amount {number}"))
        return If(Binary("=", self._part("standing"), ONE), ZERO, taken)

    def _end_rate(self) -> Expression:
        """What comes off the end: what lies there when the leaks have taken their part."""
        rate = rate_of(self._part("end"))
        for number in range(1, len(self._leaks) + 1):
            rate = Binary("-", rate, self._taken(number, self._part(f"end {number}")))
        return If(Binary("=", self._part("standing"), ZERO), Call("max", (ZERO, rate)), ZERO)

    def _taken(self, number: int, amount: Expression) -> Expression:
        """What a leak takes per unit of time of what it is applied to."""
        share = self._part(f"leak {number}")
        return Binary("*", share, amount if self._is_exponential else rate_of(amount))

    def _admit(self) -> None:
        """Let in what capacity and inflow limit allow, in the order of the flows."""
        own = [flow for flow in self._inflows if not is_driven(flow.expression)]
        room = self._room()
        for number, flow in enumerate(own):
            wanted: Expression = Call("max", (ZERO, flow.expression), flow.where)
            if room is not None:
                left = room
                for earlier in own[:number]:
                    left = Binary("-", left, to(earlier))
                wanted = Call("min", (wanted, Call("max", (ZERO, left))), flow.where)
            if self._belt.arrest != NO:
                wanted = If(Binary("=", self._part("standing"), ONE), ZERO, wanted)
            self._by_id[flow.id] = replace(self._by_id[flow.id], expression=held(wanted))

    def _room(self) -> Expression | None:
        """What may enter by flows with an equation of their own, per unit of time; None where there is no limit."""
        limits: list[Expression] = []
        if self._belt.capacity != UNLIMITED:
            room = rate_of(Binary("-", self._belt.capacity, to(self._own)))
            for flow in (*self._ends, *(flow for flow, _ in self._leaks)):
                room = Binary("+", room, to(flow))
            for flow in self._inflows:
                if is_driven(flow.expression):
                    room = Binary("-", room, to(flow))
            limits.append(room)
        if self._belt.inflow_limit != UNLIMITED:
            limits.append(self._belt.inflow_limit)
        if not limits:
            return None
        return limits[0] if len(limits) == 1 else Call("min", (limits[0], limits[1]))

    # Scalar equations

    def _element(self, model: Model, flow: str, ids: tuple[str, ...]) -> str:
        return scalar_id(flow, ids if model.by_id[flow].dimensions else ())

    def _drive(self, flow: ScalarEquation, rate: Expression) -> None:
        self._by_id[flow.id] = replace(self._by_id[flow.id], expression=held(rate))

    def _add(self, name: str, expression: Expression) -> None:
        part = self._part(name)
        self._by_id[part.id] = ScalarEquation(part.id, part.name, expression, None, self._own.where)
