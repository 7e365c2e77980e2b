"""A scarce supply shared among requests, as expressions of the requests.

Sources: Vensim's reference manual, "Allocation Functions": nobody gets more than asked for, all get what they ask for
where the supply is enough, and together they get the supply where it is not. It says of widths and requests no more
than that they are positive, so a width that is not above 0 gives what is not a number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.compiler.lowering.array_algebra import ArrayParts, Terms, largest, smallest, total
from egovsim.model.expression import Binary, Call, Expression, If, Number


def by_priority(
    requests: Terms, priorities: Terms, width: Expression, supply: Expression, parts: ArrayParts
) -> list[Expression]:
    """Share a supply: of a request the part above a cutting priority is met (ALLOCATE BY PRIORITY).

    A request of priority p is spread evenly from p - width / 2 to p + width / 2, so what all take together falls in
    straight pieces as the cut rises. The cut at which it equals the supply lies between two neighbouring ends of
    pieces: the highest at which the requests take at least the supply, and the lowest at which they take no more.
    Both exist for every supply, since the lowest end takes all of every request, and the highest exactly nothing.

    Parameters
    ----------
    requests, priorities : sequence of Expression
        One a request; a request below 0 counts as 0.
    width : Expression
        How far a request is spread, in the unit of priorities; a name or number.
    supply : Expression
        What there is to share, in the unit of requests; a name or number.
    parts : ArrayParts
        Names what is used more than once.

    Returns
    -------
    list of Expression
        What each request is given; not a number where the width is not above 0, or too small to tell priorities
        apart by it.
    """
    half = parts.named(If(Binary(">", width, Number(0.0)), Binary("/", width, Number(2.0)), Number(math.nan)))
    lows = [parts.named(Binary("-", priority, half)) for priority in priorities]
    highs = [parts.named(Binary("+", priority, half)) for priority in priorities]
    wanted = [parts.named(Call("max", (Number(0.0), request))) for request in requests]
    available = parts.named(Call("max", (Number(0.0), Call("min", (supply, total(wanted))))))

    def taken(cut: Expression) -> list[Expression]:
        ends = zip(wanted, lows, highs, strict=True)
        return [Binary("*", request, _share_above(cut, low, high)) for request, low, high in ends]

    points = [(end, parts.named(total(taken(end)))) for end in (*lows, *highs)]
    enough = [(Binary(">=", sum_, available), end, sum_) for end, sum_ in points]
    short = [(Binary("<=", sum_, available), end, sum_) for end, sum_ in points]
    infinity, minus = Number(math.inf), Number(-math.inf)
    low = parts.named(largest([If(is_so, end, minus) for is_so, end, _ in enough]))
    high = parts.named(smallest([If(is_so, end, infinity) for is_so, end, _ in short]))
    most = parts.named(smallest([If(is_so, sum_, infinity) for is_so, _, sum_ in enough]))
    least = parts.named(largest([If(is_so, sum_, minus) for is_so, _, sum_ in short]))
    part = Binary("/", Binary("-", most, available), Binary("-", most, least))
    between = Binary("+", low, Binary("*", part, Binary("-", high, low)))
    cut = parts.named(If(Binary(">", most, least), between, low))
    return [parts.named(amount) for amount in taken(cut)]


def _share_above(cut: Expression, low: Expression, high: Expression) -> Expression:
    """Return what share of a request lies above the cutting priority: exactly 1 up to its low end, 0 from its high."""
    falling = Binary("/", Binary("-", high, cut), Binary("-", high, low))
    return Call("max", (Number(0.0), Call("min", (Number(1.0), falling))))


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """A request of a supply and its curve of priority: kind, middle and width; and whether it takes whole units."""

    quantity: Expression
    kind: Expression
    priority: Expression
    width: Expression
    whole: bool = False


def by_curves(requests: Sequence[AllocationRequest], supply: Expression, parts: ArrayParts) -> list[Expression]:
    """Share a supply: each request is met by what its curve is worth at the clearing priority (ALLOCATE AVAILABLE).

    That priority is found to the last digit of a number, so all requests together take the supply but for their
    change from one number to the next, some 1e-14 of it; this rest is taken off all in proportion.

    Parameters
    ----------
    requests : sequence of AllocationRequest
        A quantity below 0 counts as 0.
    supply : Expression
        What there is to share, in the unit of requests.
    parts : ArrayParts
        Names what is used more than once.

    Returns
    -------
    list of Expression
        What each request is given.
    """
    wanted = [
        replace(request, quantity=parts.named(Call("max", (Number(0.0), request.quantity)))) for request in requests
    ]
    asked = parts.named(total([request.quantity for request in wanted]))
    available = parts.named(Call("max", (Number(0.0), Call("min", (supply, asked)))))
    curves = [
        value for request in wanted for value in (request.quantity, request.kind, request.priority, request.width)
    ]
    cut = parts.named(Call("clearing priority", (available, *curves)))
    taken = [parts.named(Binary("*", request.quantity, _share_on_curve(cut, request))) for request in wanted]
    all_taken = parts.named(total(taken))
    nothing = Binary("=", all_taken, Number(0.0))
    scale = parts.named(If(nothing, Number(1.0), Binary("/", available, all_taken)))
    enough = parts.named(Binary("=", available, asked))
    pairs = zip(wanted, taken, strict=True)
    shares: list[Expression] = [If(enough, request.quantity, Binary("*", amount, scale)) for request, amount in pairs]
    return _in_whole_units(wanted, shares, parts) if any(request.whole for request in wanted) else shares


_ROUNDING = 1e-6
"""So much less than a whole unit is one: what is left of a division after its last digits."""


def _in_whole_units(requests: Sequence[AllocationRequest], shares: Terms, parts: ArrayParts) -> list[Expression]:
    """Give whole units to those that take them: what is whole of each share, then a unit to the largest rests.

    What the rests make together is given, and nobody gets more than asked for. Vensim's reference says no more than
    that allocations are integers; to which of them the last units go is unverified.
    """
    given = [parts.named(share) for share in shares]
    whole = [parts.named(Call("floor", (Binary("+", share, Number(_ROUNDING)),))) for share in given]
    places = [place for place, request in enumerate(requests) if request.whole]
    left = parts.named(total([Binary("-", given[place], whole[place]) for place in places]))
    rests = {
        place: parts.named(
            If(
                Binary("<=", Binary("+", whole[place], Number(1.0)), requests[place].quantity),
                Binary("-", given[place], whole[place]),
                Number(-1.0),
            )
        )
        for place in places
    }

    def in_whole_units(place: int) -> Expression:
        before = total([_comes_before(rests, other, place) for other in places])
        is_next = Binary("<", before, Call("floor", (Binary("+", left, Number(_ROUNDING)),)))
        more = Binary("and", is_next, Binary(">=", rests[place], Number(0.0)))
        return If(more, Binary("+", whole[place], Number(1.0)), whole[place])

    return [in_whole_units(place) if request.whole else given[place] for place, request in enumerate(requests)]


def _comes_before(rests: Mapping[int, Expression], other: int, place: int) -> Expression:
    """Whether a rest is given its unit before another one; of two equal ones the first."""
    return Binary(">=" if other < place else ">", rests[other], rests[place])


def _share_on_curve(cut: Expression, request: AllocationRequest) -> Expression:
    return Call("priority curve", (request.kind, Binary("-", cut, request.priority), request.width))
