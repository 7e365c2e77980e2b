"""One belt of one member: how it is filled at the start, and how it moves on.

What lies on a belt is kept by the instant at which it comes off, so that nothing is moved while time goes on: at an
instant the belt begins at that instant's place. While a belt stands still its clock does, too. What comes off after the
run is kept in one place behind the last. What a belt does in a step, ``compiler/lowering/conveyors.py`` says.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Value, counted
from egovsim.compiler.codegen.memory_layout import rows_for_each, rows_of_belt
from egovsim.compiler.lowering.conveyors import LONGEST_BELT
from egovsim.compiler.lowering.elements import Belt, BeltLeak


class Slot(IntEnum):
    """Where the table of a belt says that its numbers are; those of the leaks follow, three each."""

    CONTENT = 0
    STOOD = 1
    """How many steps it stood still."""
    LAST = 2
    """The last place that is in use."""
    LENGTH = 3
    """How many steps long it is at the start."""
    ENTERING = 4
    TRANSIT_TIME = 5
    STANDING = 6
    """1 while the belt is arrested, 2 while what comes off cannot go on, else 0."""
    END = 7


_OF_LEAK = 3
"""Slots of each leak: its share, its amount, and what lies at the end in its zone."""

_ROUNDING = 1e-9
"""What leaks take more than there is, as a share of it, without being a fault that must show."""

_REAL, _WHOLE = ir.DoubleType(), ir.IntType(64)


def _number(value: float) -> Value:
    return ir.Constant(_REAL, value)


def _whole(value: int) -> Value:
    return ir.Constant(_WHOLE, value)


class BeltWriter:
    """Writes a function that does something with one belt of one member.

    Parameters
    ----------
    module : ir.Module
        What the function stands in.
    function : ir.Function
        With the addresses of memory block, history and the belt's table; the belt's first row of history; how many
        instants there are, and the one at which the step begins; the time step; the lane.
    belt : Belt
        Its leaks, and how they leak.
    lanes : int
        How many members a vector holds.
    """

    def __init__(self, module: ir.Module, function: ir.Function, belt: Belt, lanes: int) -> None:
        self._belt, self._lanes, self._module = belt, _whole(lanes), module
        self._builder = ir.IRBuilder(function.append_basic_block("entry"))
        self._memory, self._history, self._table, self._row, self._instants, self._instant, self._step, self._lane = (
            function.args
        )
        self._row_length = self._builder.add(self._instants, _whole(1))
        self._places = self._builder.mul(self._row_length, _whole(rows_for_each(belt)))
        self._beyond = self._builder.sub(self._places, _whole(1))
        self._sums = [self._builder.alloca(_REAL) for _ in range(2 + len(belt.leaks))]

    def begin(self) -> None:
        """Spread what is there as a constant inflow would have spread it; what cannot be a belt is not a number."""
        builder, content = self._builder, self._slot(Slot.CONTENT)
        steps, is_valid = self._steps()
        if self._belt.has_zones:
            is_valid = builder.and_(is_valid, builder.icmp_signed("<=", steps, self._instants))
        steps = builder.select(is_valid, steps, _whole(1))
        for row in range(rows_of_belt(self._belt)):
            with counted(builder, self._places, "empty") as place:
                self._put(row, place, _number(0.0))
        self._set(Slot.LENGTH, builder.sitofp(steps, _REAL))
        self._set(Slot.STOOD, _number(0.0))
        if self._belt.portions:
            self._lay_out(steps, is_valid)
        else:
            portions = self._portions(steps)
            places = self._fill(steps, portions)
            self._scale(builder.fdiv(builder.select(is_valid, content, _number(float("nan"))), places), steps, portions)
        last = builder.sub(self._bounded(steps), _whole(1))
        self._set(Slot.LAST, builder.sitofp(last, _REAL))
        self._sum_up(_whole(0), last)
        builder.ret_void()

    def move(self) -> None:
        """Let the leaks take their part, let go what is at the end, move on, and put down what enters."""
        builder, stood = self._builder, self._slot(Slot.STOOD)
        first = builder.sub(self._instant, builder.fptosi(stood, _WHOLE))
        last = builder.fptosi(self._slot(Slot.LAST), _WHOLE)
        standing = self._slot(Slot.STANDING)
        with builder.if_then(builder.fcmp_ordered("==", standing, _number(1.0))):
            self._set(Slot.STOOD, builder.fadd(stood, _number(1.0)))
            builder.ret_void()
        self._leak(first, last)
        following = builder.add(first, _whole(1))
        waiting = builder.select(builder.fcmp_ordered("==", standing, _number(2.0)), self._get(0, first), _number(0.0))
        self._add(0, following, waiting)
        last = builder.select(builder.icmp_signed(">", last, following), last, following)
        last = self._put_down(first, last)
        self._set(Slot.LAST, builder.sitofp(last, _REAL))
        self._sum_up(following, last)
        builder.ret_void()

    # At the start

    def _lay_out(self, steps: Value, is_valid: Value) -> None:
        """Lay out what is given for each unit of time, evenly over the steps of that unit."""
        builder, count = self._builder, len(self._belt.portions)
        each = builder.sdiv(steps, _whole(count))
        is_valid = builder.and_(is_valid, builder.icmp_signed("==", builder.mul(each, _whole(count)), steps))
        each = builder.select(is_valid, each, _whole(1))
        first_slot = len(Slot) + _OF_LEAK * len(self._belt.leaks)
        for number in range(count):
            portion = builder.select(is_valid, self._slot(first_slot + number), _number(float("nan")))
            amount = builder.fdiv(portion, builder.sitofp(each, _REAL))
            with counted(builder, each, "laid_out") as place:
                at = builder.add(builder.mul(each, _whole(number)), place)
                self._add(0, self._bounded(at), amount)

    def _fill(self, steps: Value, portions: list[Value]) -> Value:
        """Lay a unit in at the beginning, and on from place to place what the leaks leave of it; return the sum."""
        builder, total, unit = self._builder, self._sums[0], self._sums[1]
        builder.store(_number(0.0), total)
        builder.store(_number(1.0), unit)
        with counted(builder, steps, "filled") as number:
            place = builder.sub(builder.sub(steps, number), _whole(1))
            here = builder.load(unit)
            self._add(0, self._bounded(place), here)
            builder.store(builder.fadd(builder.load(total), here), total)
            bases = portions or [builder.fmul(here, self._step)] * len(self._belt.leaks)
            rest = here
            for leak, share, base in zip(self._belt.leaks, self._shares(), bases, strict=True):
                rest = builder.fsub(rest, self._in_zone(leak, place, builder.fmul(share, base)))
            builder.store(self._above_zero(rest), unit)
        return builder.load(total)

    def _scale(self, entered: Value, steps: Value, portions: list[Value]) -> None:
        """Make units into what is there, and note what linear leaks take their shares of in each step."""
        builder = self._builder
        with counted(builder, self._places, "scaled") as place:
            self._put(0, place, builder.fmul(self._get(0, place), entered))
        for row, portion in enumerate(portions, 1):
            with counted(builder, steps, "portioned") as place:
                self._add(row, self._bounded(place), builder.fmul(portion, entered))

    # In a step

    def _leak(self, first: Value, last: Value) -> None:
        """Take away what the leaks take."""
        with self._each_place(first, last) as place:
            self._put(0, place, self._after_leaks(place, self._builder.sub(place, first)))
        self._put(0, self._beyond, self._after_leaks(self._beyond, None))

    def _after_leaks(self, place: Value, distance: Value | None) -> Value:
        """Return what the leaks leave of what lies at a place."""
        builder, rest = self._builder, self._get(0, place)
        scale = self._step if self._belt.is_exponential else _number(1.0)
        for share, base in zip(self._shares(), self._bases(place, distance), strict=True):
            rest = builder.fsub(rest, builder.fmul(builder.fmul(share, base), scale))
        is_lost = builder.fcmp_ordered("<", rest, builder.fmul(self._get(0, place), _number(-_ROUNDING)))
        return self._above_zero(builder.select(is_lost, _number(float("nan")), rest))

    def _bases(self, place: Value, distance: Value | None) -> list[Value]:
        """Return what the share of each leak is applied to at a place.

        `distance` is how many steps it is from the end; None of what comes off after the run.
        """
        leaks = enumerate(self._belt.leaks, 1)
        rows = [(leak, 0 if self._belt.is_exponential else row) for row, leak in leaks]
        return [self._in_zone(leak, distance, self._get(row, place)) for leak, row in rows]

    def _put_down(self, first: Value, last: Value) -> Value:
        """Put down what enters; return the last place in use. What cannot be a transit time is not a number."""
        builder = self._builder
        steps, is_valid = self._steps()
        if self._belt.is_fixed:
            same = builder.fcmp_ordered("==", builder.sitofp(steps, _REAL), self._slot(Slot.LENGTH))
            is_valid = builder.and_(is_valid, same)
        entered = builder.fmul(self._slot(Slot.ENTERING), self._step)
        place = self._bounded(builder.add(first, steps))
        self._add(0, place, entered)
        self._add(0, self._beyond, builder.select(is_valid, _number(0.0), _number(float("nan"))))
        for row, portion in enumerate(self._portions(steps), 1):
            self._add(row, place, builder.fmul(portion, entered))
        is_further = builder.and_(builder.icmp_signed("<", place, self._beyond), builder.icmp_signed(">", place, last))
        return builder.select(is_further, place, last)

    def _sum_up(self, first: Value, last: Value) -> None:
        """Say what is on the belt, what comes off its end, and what its leaks read."""
        builder = self._builder
        for sum in self._sums:
            builder.store(_number(0.0), sum)
        with self._each_place(first, last) as place:
            self._count_in(place, builder.sub(place, first))
        self._count_in(self._beyond, None)
        self._set(Slot.CONTENT, builder.load(self._sums[0]))
        self._set(Slot.END, self._get(0, first))
        for number, at_end in enumerate(self._bases(first, _whole(0))):
            slot = len(Slot) + _OF_LEAK * number
            self._set(slot + 1, builder.load(self._sums[1 + number]))
            self._set(slot + 2, at_end)

    def _count_in(self, place: Value, distance: Value | None) -> None:
        values = (self._get(0, place), *self._bases(place, distance))
        for sum, value in zip(self._sums, values, strict=False):
            self._builder.store(self._builder.fadd(self._builder.load(sum), value), sum)

    # Zones and steps

    def _in_zone(self, leak: BeltLeak, distance: Value | None, value: Value) -> Value:
        """Return a value where a place is in the zone of a leak, else 0."""
        if distance is None or _is_everywhere(leak):
            return value
        builder, share = self._builder, self._way_done(distance)
        inside = builder.and_(
            builder.fcmp_ordered(">=", share, _number(leak.start)), builder.fcmp_ordered("<=", share, _number(leak.end))
        )
        return builder.select(inside, value, _number(0.0))

    def _way_done(self, distance: Value) -> Value:
        """Return the share of the belt that lies behind the middle of a place, so many steps from the end."""
        middle = self._builder.fadd(self._builder.sitofp(distance, _REAL), _number(0.5))
        return self._builder.fsub(_number(1.0), self._builder.fdiv(middle, self._slot(Slot.LENGTH)))

    def _portions(self, steps: Value) -> list[Value]:
        """Return what each linear leak takes its share of in a step, for a unit that enters; none for exponential ones.

        It is what comes into the zone, so less what leaks of earlier zones have taken before, over the steps in it.
        """
        builder, leaks = self._builder, self._belt.leaks
        if self._belt.is_exponential:
            return []
        found: dict[int, Value] = {}
        for number in sorted(range(len(leaks)), key=lambda number: leaks[number].start):
            coming = _number(1.0)
            for before, portion in found.items():
                if leaks[before].start < leaks[number].start:
                    count = self._steps_in_zone(leaks[before], steps, before=leaks[number].start)
                    taken = builder.fmul(self._shares()[before], portion)
                    coming = builder.fsub(coming, builder.fmul(taken, count))
            count = self._steps_in_zone(leaks[number], steps)
            none = builder.fcmp_ordered("==", count, _number(0.0))
            found[number] = builder.fdiv(coming, builder.select(none, _number(float("inf")), count))
        return [found[number] for number in range(len(leaks))]

    def _steps_in_zone(self, leak: BeltLeak, steps: Value, before: float = 2.0) -> Value:
        """Return how many of some steps material is in the zone of a leak, before a share of the way is done."""
        builder = self._builder
        if _is_everywhere(leak) and before > 1.0:
            return builder.sitofp(steps, _REAL)
        count = self._sums[0]
        builder.store(_number(0.0), count)
        with counted(builder, steps, "in_zone") as distance:
            one = self._in_zone(leak, distance, _number(1.0))
            early = builder.fcmp_ordered("<", self._way_done(distance), _number(before))
            builder.store(builder.fadd(builder.load(count), builder.select(early, one, _number(0.0))), count)
        return builder.load(count)

    def _steps(self) -> tuple[Value, Value]:
        """Return the transit time in steps, halves up, one at least, and whether it can be one."""
        builder, time = self._builder, self._slot(Slot.TRANSIT_TIME)
        kind = ir.FunctionType(_REAL, [_REAL])
        name = "llvm.floor.f64"
        floor = self._module.globals.get(name) or ir.Function(self._module, kind, name)
        rounded = builder.call(floor, [builder.fadd(builder.fdiv(time, self._step), _number(0.5))])
        is_valid = builder.and_(
            builder.fcmp_ordered(">", time, _number(0.0)), builder.fcmp_ordered("<=", rounded, _number(LONGEST_BELT))
        )
        is_long = builder.and_(is_valid, builder.fcmp_ordered(">", rounded, _number(1.0)))
        return builder.fptosi(builder.select(is_long, rounded, _number(1.0)), _WHOLE), is_valid

    # Numbers

    def _shares(self) -> list[Value]:
        return [self._slot(len(Slot) + _OF_LEAK * number) for number in range(len(self._belt.leaks))]

    def _above_zero(self, value: Value) -> Value:
        """Return 0 for what rounding has brought below."""
        return self._builder.select(self._builder.fcmp_ordered("<", value, _number(0.0)), _number(0.0), value)

    def _bounded(self, place: Value) -> Value:
        """Return the place behind the last for all that comes off after the run."""
        return self._builder.select(self._builder.icmp_signed("<", place, self._beyond), place, self._beyond)

    @contextmanager
    def _each_place(self, first: Value, last: Value) -> Generator[Value, None, None]:
        """Write a loop over the places of the belt."""
        count = self._builder.add(self._builder.sub(last, first), _whole(1))
        with counted(self._builder, count, "place") as number:
            yield self._builder.add(first, number)

    def _slot(self, slot: int) -> Value:
        return self._builder.load(self._slot_address(slot))

    def _set(self, slot: int, value: Value) -> None:
        self._builder.store(value, self._slot_address(slot))

    def _slot_address(self, slot: int) -> Value:
        builder = self._builder
        number = builder.load(builder.gep(self._table, [_whole(slot)]))
        return builder.gep(self._memory, [builder.add(builder.mul(number, self._lanes), self._lane)])

    def _get(self, row: int, place: Value) -> Value:
        return self._builder.load(self._cell(row, place))

    def _put(self, row: int, place: Value, value: Value) -> None:
        self._builder.store(value, self._cell(row, place))

    def _add(self, row: int, place: Value, value: Value) -> None:
        self._put(row, place, self._builder.fadd(self._get(row, place), value))

    def _cell(self, row: int, place: Value) -> Value:
        """Return the address of a place in a row of the belt."""
        builder = self._builder
        first = builder.add(builder.mul(self._row, self._row_length), builder.mul(_whole(row), self._places))
        vector = builder.mul(builder.add(first, place), self._lanes)
        return builder.gep(self._history, [builder.add(vector, self._lane)])


def _is_everywhere(leak: BeltLeak) -> bool:
    return leak.start == 0.0 and leak.end == 1.0
