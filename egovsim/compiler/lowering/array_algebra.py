"""Functions of whole arrays as expressions of their elements.

Sources: Vensim's reference manual, "Arrays, Vectors and Subscripts" and "Allocation Functions"; XMILE 1.0,
section 3.7.1.3.  Expressions that are used more than once are given a name by a `Workshop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    BinaryOperator,
    Call,
    Expression,
    If,
    Number,
    Reference,
)

Terms = Sequence[Expression]
Selection = Sequence[tuple[Expression, Expression]]
"""Pairs of what selects an element and the element."""

BLOCK = 64
"""How many terms stand in one row; longer vectors are gone over in blocks, so that nothing nests deeply."""


@dataclass
class Workshop:
    """Gives names to the parts of one variable's array functions, and remembers what it has made.

    `made` are the parts: id, name for messages, and expression. `known` keeps what a function of a whole
    vector comes to, so that the elements of a variable share it. `constants` are the ids of those whose values
    have decided what was made.
    """

    name: str
    id: str
    made: list[tuple[str, str, Expression]] = field(default_factory=list[tuple[str, str, Expression]])
    known: dict[object, list[Expression]] = field(default_factory=dict[object, list[Expression]])
    constants: dict[str, None] = field(default_factory=dict[str, None])

    def named(self, expression: Expression) -> Expression:
        """Return a reference to a part that holds the expression; a name or number stands for itself."""
        if isinstance(expression, Number | Reference):
            return expression
        number = len(self.made) + 1
        id, name = f"{self.id}~array {number}", f"{self.name} (array part {number})"
        self.made.append((id, name, expression))
        return Reference(name, id)

    def once(self, key: object, make: Callable[[], list[Expression]]) -> list[Expression]:
        """Return what `make` makes, made the first time that the key is asked for."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]


def _folded(combine: Callable[[Expression, Expression], Expression], terms: Terms) -> Expression:
    while len(terms) > 1:
        terms = [_row(combine, terms[start : start + BLOCK]) for start in range(0, len(terms), BLOCK)]
    return terms[0]


def _row(combine: Callable[[Expression, Expression], Expression], terms: Terms) -> Expression:
    result = terms[0]
    for term in terms[1:]:
        result = combine(result, term)
    return result


def _binary(operator: BinaryOperator) -> Callable[[Expression, Expression], Expression]:
    return lambda left, right: Binary(operator, left, right)


def _call(function: str) -> Callable[[Expression, Expression], Expression]:
    return lambda left, right: Call(function, (left, right))


def total(terms: Terms) -> Expression:
    """Return the sum; 0 of nothing."""
    return _folded(_binary("+"), terms) if terms else Number(0.0)


def multiplied(terms: Terms) -> Expression:
    """Return the product; 1 of nothing."""
    return _folded(_binary("*"), terms) if terms else Number(1.0)


def smallest(terms: Terms) -> Expression:
    """Return the smallest term."""
    return _folded(_call("min"), terms)


def largest(terms: Terms) -> Expression:
    """Return the largest term."""
    return _folded(_call("max"), terms)


def mean(terms: Terms) -> Expression:
    """Return the sum over the number of terms."""
    return Binary("/", total(terms), Number(float(len(terms))))


def deviation(terms: Terms) -> Expression:
    """Return the standard deviation of a sample, n - 1 below; 0 of one term."""
    if len(terms) < 2:
        return Number(0.0)
    centre = mean(terms)
    squares = [Binary("^", Binary("-", term, centre), Number(2.0)) for term in terms]
    return Call("sqrt", (Binary("/", total(squares), Number(float(len(terms) - 1))),))


FOLDS: dict[str, Callable[[Terms], Expression]] = {
    "sum": total,
    "prod": multiplied,
    "vmin": smallest,
    "vmax": largest,
    "mean": mean,
    "stddev": deviation,
}
"""Functions of one argument that go over the starred dimensions."""


def chosen(index: Expression, terms: Terms, *, offset: int = 0) -> Expression:
    """Return the term at a place, rounded to the nearest; the first or last beyond the ends.

    `offset` is the place of the first term, so that the search by halves can call itself.
    """
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    before = Binary("<", index, Number(offset + half - 0.5))
    left, right = terms[:half], terms[half:]
    return If(before, chosen(index, left, offset=offset), chosen(index, right, offset=offset + half))


def element_at(index: Expression, terms: Terms, outside: float = NOT_AVAILABLE) -> Expression:
    """Return the term at a place counted from 0; outside the vector ``:NA:`` (Vensim's VECTOR ELM MAP) or `outside`."""
    if isinstance(index, Number):
        place = round(index.value)
        return terms[place] if 0 <= place < len(terms) else Number(outside)
    low, high = Number(-0.5), Number(len(terms) - 0.5)
    inside = Binary("and", Binary(">=", index, low), Binary("<", index, high))
    return If(inside, chosen(index, terms), Number(outside))


def ranks(terms: Terms, direction: Expression) -> list[Expression]:
    """Return each term's rank from 1: smallest first when the direction is above 0; equals in their order."""
    places = range(len(terms))
    if isinstance(direction, Number):
        before, or_equal = ("<", "<=") if direction.value > 0 else (">", ">=")
        return [_rank(terms, place, before, or_equal) for place in places]
    upward = Binary(">", direction, Number(0.0))
    return [If(upward, _rank(terms, one, "<", "<="), _rank(terms, one, ">", ">=")) for one in places]


def _rank(terms: Terms, place: int, before: BinaryOperator, or_equal: BinaryOperator) -> Expression:
    earlier = [Binary(or_equal, term, terms[place]) for term in terms[:place]]
    later = [Binary(before, term, terms[place]) for term in terms[place + 1 :]]
    return total([Number(1.0), *earlier, *later])


def sort_order(rank: Terms) -> list[Expression]:
    """Return, for each place in sorted order, which term stands there, counted from 0."""
    return [
        total([Binary("*", Number(float(i)), Binary("=", one, Number(place + 1.0))) for i, one in enumerate(rank)])
        for place in range(len(rank))
    ]


def selected(pairs: Selection, missing: Expression, action: Expression, workshop: Workshop) -> Expression:
    """Combine the elements whose selector is not 0 (Vensim's VECTOR SELECT); `missing` where there is none.

    Actions 0 to 4 take the elements times their selectors, 6 to 10 the elements alone: sum, product, smallest,
    largest, mean. Action 5 is the product of the elements to the power of their selectors, as recorded runs have
    it (the manual has it the other way round).
    """
    flags = [workshop.named(Binary("<>", selector, Number(0.0))) for selector, _ in pairs]
    count = workshop.named(total(flags))
    weighted = [workshop.named(Binary("*", selector, one)) for selector, one in pairs]
    powers = [Binary("^", one, selector) for selector, one in pairs]
    combinations = [
        *_combinations(flags, weighted, count, workshop),
        _only(flags, powers, multiplied, 1.0),
        *_combinations(flags, [one for _, one in pairs], count, workshop),
    ]
    if isinstance(action, Number):
        wanted = combinations[min(max(round(action.value), 0), len(combinations) - 1)]
    else:
        wanted = chosen(workshop.named(action), [workshop.named(combination) for combination in combinations])
    return If(Binary(">", count, Number(0.0)), wanted, missing)


def _combinations(flags: Terms, terms: Terms, count: Expression, workshop: Workshop) -> list[Expression]:
    added = workshop.named(_only(flags, terms, total, 0.0))
    return [
        added,
        _only(flags, terms, multiplied, 1.0),
        _only(flags, terms, smallest, float("inf")),
        _only(flags, terms, largest, float("-inf")),
        Binary("/", added, Call("max", (count, Number(1.0)))),
    ]


def _only(flags: Terms, terms: Terms, fold: Callable[[Terms], Expression], neutral: float) -> Expression:
    """Fold the terms that are selected; the others count as what changes nothing."""
    return fold([If(flag, term, Number(neutral)) for flag, term in zip(flags, terms, strict=True)])


def inverse(matrix: Sequence[Terms], workshop: Workshop) -> list[Expression]:
    """Return the inverse of a square matrix, row after row, by Gauss and Jordan's elimination.

    Before a column is cleared the row with the largest element there is brought up, by a swap with each of the
    rows below that holds a larger one.
    """
    size = len(matrix)
    rows = [[*map(workshop.named, row), *(Number(float(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        for below in range(column + 1, size):
            _put_larger_first(rows, column, below, workshop)
        pivot = rows[column][column]
        rows[column] = [workshop.named(Binary("/", one, pivot)) for one in rows[column]]
        for other in range(size):
            if other != column:
                rows[other] = _cleared(rows[other], rows[column], rows[other][column], workshop)
    return [one for row in rows for one in row[size:]]


def _cleared(row: Terms, top: Terms, factor: Expression, workshop: Workshop) -> list[Expression]:
    pairs = zip(row, top, strict=True)
    return [workshop.named(Binary("-", one, Binary("*", factor, above))) for one, above in pairs]


def _put_larger_first(rows: list[list[Expression]], column: int, below: int, workshop: Workshop) -> None:
    upper, lower = rows[column], rows[below]
    swap = workshop.named(Binary(">", Call("abs", (lower[column],)), Call("abs", (upper[column],))))
    rows[column] = [workshop.named(If(swap, b, a)) for a, b in zip(upper, lower, strict=True)]
    rows[below] = [workshop.named(If(swap, a, b)) for a, b in zip(upper, lower, strict=True)]


def by_priority(
    requests: Terms, priorities: Terms, width: Expression, supply: Expression, workshop: Workshop
) -> list[Expression]:
    """Share a supply: of a request of priority p the part above a cutting priority is met (ALLOCATE BY PRIORITY).

    A request is spread evenly from p - width / 2 to p + width / 2, so what all take together falls in straight
    pieces as the cut rises. The cut at which it equals the supply lies between two neighbouring ends of pieces:
    the highest at which the requests take at least the supply, and the lowest at which they take no more.
    """
    half = workshop.named(Binary("/", width, Number(2.0)))
    lows = [workshop.named(Binary("-", priority, half)) for priority in priorities]
    ends = [*lows, *(workshop.named(Binary("+", priority, half)) for priority in priorities)]
    wanted = [workshop.named(Call("max", (Number(0.0), request))) for request in requests]
    available = workshop.named(Call("max", (Number(0.0), Call("min", (supply, total(wanted))))))

    def taken(cut: Expression) -> list[Expression]:
        return [Binary("*", one, _share_above(cut, low, width)) for one, low in zip(wanted, lows, strict=True)]

    points = [(end, workshop.named(total(taken(end)))) for end in ends]
    enough = [(Binary(">=", sum_, available), end, sum_) for end, sum_ in points]
    short = [(Binary("<=", sum_, available), end, sum_) for end, sum_ in points]
    infinity, minus = Number(float("inf")), Number(float("-inf"))
    low = workshop.named(largest([If(is_so, end, minus) for is_so, end, _ in enough]))
    high = workshop.named(smallest([If(is_so, end, infinity) for is_so, end, _ in short]))
    most = workshop.named(smallest([If(is_so, sum_, infinity) for is_so, _, sum_ in enough]))
    least = workshop.named(largest([If(is_so, sum_, minus) for is_so, _, sum_ in short]))
    part = Binary("/", Binary("-", most, available), Binary("-", most, least))
    between = Binary("+", low, Binary("*", part, Binary("-", high, low)))
    cut = workshop.named(If(Binary(">", most, least), between, low))
    return [workshop.named(one) for one in taken(cut)]


def _share_above(cut: Expression, low: Expression, width: Expression) -> Expression:
    """Return what share of a request lies above the cutting priority: 1 up to its low end, then falling to 0."""
    falling = Binary("-", Number(1.0), Binary("/", Binary("-", cut, low), width))
    return Call("max", (Number(0.0), Call("min", (Number(1.0), falling))))


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a supply and its curve of priority: kind, middle and width."""

    quantity: Expression
    kind: Expression
    priority: Expression
    width: Expression


def by_curves(requests: Sequence[Request], supply: Expression, workshop: Workshop) -> list[Expression]:
    """Share a supply: of each request as much is met as its curve is worth at the clearing priority.

    That priority is found to the last digit of a number, so all requests together take the supply but for their
    change from one number to the next, some 1e-14 of it; this rest is taken off all in proportion.
    """
    wanted = [
        Request(
            workshop.named(Call("max", (Number(0.0), request.quantity))), request.kind, request.priority, request.width
        )
        for request in requests
    ]
    asked = workshop.named(total([one.quantity for one in wanted]))
    available = workshop.named(Call("max", (Number(0.0), Call("min", (supply, asked)))))
    curves = [part for one in wanted for part in (one.quantity, one.kind, one.priority, one.width)]
    cut = workshop.named(Call("clearing priority", (available, *curves)))
    taken = [
        workshop.named(
            Binary("*", one.quantity, Call("priority curve", (one.kind, Binary("-", cut, one.priority), one.width)))
        )
        for one in wanted
    ]
    all_taken = workshop.named(total(taken))
    kept = workshop.named(If(Binary("=", all_taken, Number(0.0)), Number(1.0), Binary("/", available, all_taken)))
    enough = workshop.named(Binary("=", available, asked))
    pairs = zip(wanted, taken, strict=True)
    return [If(enough, one.quantity, Binary("*", some, kept)) for one, some in pairs]
