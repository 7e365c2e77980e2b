"""Functions of whole arrays as expressions of their elements.

Sources: Vensim's reference manual, "Arrays, Vectors and Subscripts"; XMILE 1.0, section 3.7.1.3.  Expressions that are
used more than once are given a name by `ArrayParts`.
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
from egovsim.model.hidden_variables import HiddenVariables
from egovsim.names import made_id

Terms = Sequence[Expression]
Selection = Sequence[tuple[Expression, Expression]]
"""Pairs of what selects an element and the element."""

BLOCK = 64
"""How many terms stand in one row; longer vectors are gone over in blocks, so that nothing nests deeply."""


@dataclass
class ArrayParts:
    """The parts of one variable's array functions: each becomes a scalar equation with a name of its own.

    Parameters
    ----------
    name, id : str
        Of the variable, as the modeller wrote it and canonical.
    added : HiddenVariables of (Reference, Expression)
        The parts: what reads each, and its expression.
    results : dict
        What a function of a whole vector comes to, by a key, so that the elements of a variable share it.
    compile_time_constants : dict of str to None
        Ids of the constants whose values have decided what was made.
    """

    name: str
    id: str
    added: HiddenVariables[tuple[Reference, Expression]] = field(
        default_factory=HiddenVariables[tuple[Reference, Expression]]
    )
    results: dict[object, list[Expression]] = field(default_factory=dict[object, list[Expression]])
    compile_time_constants: dict[str, None] = field(default_factory=dict[str, None])

    def named(self, expression: Expression) -> Expression:
        """Make a part of an expression, so that it is computed once.

        Parameters
        ----------
        expression : Expression
            Of scalars.

        Returns
        -------
        Expression
            A reference to the part; a name or number stands for itself.
        """
        if isinstance(expression, Number | Reference):
            return expression
        number = len(self.added) + 1
        here = Reference(f"{self.name} (array part {number})", made_id(self.id, f"array part {number}"))
        return self.added.add(here, lambda here: (here, expression))

    def once(self, key: object, make: Callable[[], list[Expression]]) -> list[Expression]:
        """Make something the first time that it is asked for.

        Parameters
        ----------
        key : hashable
            What it depends on.
        make : callable
            Makes it.

        Returns
        -------
        list of Expression
            One for each element of the vector or matrix.
        """
        if key not in self.results:
            self.results[key] = make()
        return self.results[key]


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
    """Add terms up.

    Parameters
    ----------
    terms : sequence of Expression
        Any number of them.

    Returns
    -------
    Expression
        The sum; 0 of nothing.
    """
    return _folded(_binary("+"), terms) if terms else Number(0.0)


def _multiplied(terms: Terms) -> Expression:
    """Return the product; 1 of nothing."""
    return _folded(_binary("*"), terms) if terms else Number(1.0)


def smallest(terms: Terms) -> Expression:
    """Take the smallest term.

    Parameters
    ----------
    terms : sequence of Expression
        One or more.

    Returns
    -------
    Expression
        Not a number where any term is not.
    """
    return _folded(_call("min"), terms)


def largest(terms: Terms) -> Expression:
    """Take the largest term.

    Parameters
    ----------
    terms : sequence of Expression
        One or more.

    Returns
    -------
    Expression
        Not a number where any term is not.
    """
    return _folded(_call("max"), terms)


def _mean(terms: Terms) -> Expression:
    return Binary("/", total(terms), Number(float(len(terms))))


def _deviation(terms: Terms) -> Expression:
    """Return the standard deviation of a sample, n - 1 below; 0 of one term."""
    if len(terms) < 2:
        return Number(0.0)
    centre = _mean(terms)
    squares = [Binary("^", Binary("-", term, centre), Number(2.0)) for term in terms]
    return Call("sqrt", (Binary("/", total(squares), Number(float(len(terms) - 1))),))


FOLDS: dict[str, Callable[[Terms], Expression]] = {
    "sum": total,
    "prod": _multiplied,
    "vmin": smallest,
    "vmax": largest,
    "mean": _mean,
    "stddev": _deviation,
}
"""Functions of one argument that go over the starred dimensions."""


def _nearest_place(index: Expression, terms: Terms, *, offset: int = 0) -> Expression:
    """Return the term at a place, rounded to the nearest; the first or last beyond the ends.

    `offset` is the place of the first term, so that the search by halves can call itself.
    """
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    before = Binary("<", index, Number(offset + half - 0.5))
    left = _nearest_place(index, terms[:half], offset=offset)
    return If(before, left, _nearest_place(index, terms[half:], offset=offset + half))


def element_at(index: Expression, terms: Terms, outside: float = NOT_AVAILABLE) -> Expression:
    """Take the term at a place that may be computed (Vensim's VECTOR ELM MAP).

    Parameters
    ----------
    index : Expression
        The place, counted from 0, rounded to the nearest; a name or number, since it is used more than once.
    terms : sequence of Expression
        The vector.
    outside : float
        What there is outside the vector; by default ``:NA:``.

    Returns
    -------
    Expression
        The term itself where the place is a number.
    """
    if isinstance(index, Number):
        place = round(index.value)
        return terms[place] if 0 <= place < len(terms) else Number(outside)
    low, high = Number(-0.5), Number(len(terms) - 0.5)
    inside = Binary("and", Binary(">=", index, low), Binary("<", index, high))
    return If(inside, _nearest_place(index, terms), Number(outside))


def ranks(terms: Terms, direction: Expression) -> list[Expression]:
    """Rank the terms of a vector (Vensim's VECTOR RANK).

    Parameters
    ----------
    terms : sequence of Expression
        The vector.
    direction : Expression
        Smallest first where it is above 0, else largest first.

    Returns
    -------
    list of Expression
        The rank of each term, from 1; equals in their order.
    """
    places = range(len(terms))
    if isinstance(direction, Number):
        before, or_equal = ("<", "<=") if direction.value > 0 else (">", ">=")
        return [_rank(terms, place, before, or_equal) for place in places]
    upward = Binary(">", direction, Number(0.0))
    return [If(upward, _rank(terms, place, "<", "<="), _rank(terms, place, ">", ">=")) for place in places]


def _rank(terms: Terms, place: int, before: BinaryOperator, or_equal: BinaryOperator) -> Expression:
    earlier = [Binary(or_equal, term, terms[place]) for term in terms[:place]]
    later = [Binary(before, term, terms[place]) for term in terms[place + 1 :]]
    return total([Number(1.0), *earlier, *later])


def sort_order(ranks_of_terms: Terms) -> list[Expression]:
    """Sort a vector (Vensim's VECTOR SORT ORDER).

    Parameters
    ----------
    ranks_of_terms : sequence of Expression
        From `ranks`.

    Returns
    -------
    list of Expression
        For each place in sorted order, which term stands there, counted from 0.
    """
    return [
        total(
            [
                Binary("*", Number(float(number)), Binary("=", rank, Number(place + 1.0)))
                for number, rank in enumerate(ranks_of_terms)
            ]
        )
        for place in range(len(ranks_of_terms))
    ]


def selected(pairs: Selection, missing: Expression, action: Expression, parts: ArrayParts) -> Expression:
    """Combine the elements whose selector is not 0 (Vensim's VECTOR SELECT).

    Actions 0 to 4 take the elements times their selectors, 6 to 10 the elements alone: sum, product, smallest,
    largest, mean. Action 5 is the product of the elements to the power of their selectors, as recorded runs have
    it (the manual has it the other way round).

    Parameters
    ----------
    pairs : sequence of (Expression, Expression)
        Selectors and elements.
    missing : Expression
        The value where nothing is selected.
    action : Expression
        How to combine, rounded to the nearest action there is.
    parts : ArrayParts
        Names what is used more than once.

    Returns
    -------
    Expression
        The combination.
    """
    flags = [parts.named(Binary("<>", selector, Number(0.0))) for selector, _ in pairs]
    count = parts.named(total(flags))
    weighted = [parts.named(Binary("*", selector, element)) for selector, element in pairs]
    powers = [Binary("^", element, selector) for selector, element in pairs]
    combinations = [
        *_combinations(flags, weighted, count, parts),
        _only(flags, powers, _multiplied, 1.0),
        *_combinations(flags, [element for _, element in pairs], count, parts),
    ]
    if isinstance(action, Number):
        wanted = combinations[min(max(round(action.value), 0), len(combinations) - 1)]
    else:
        wanted = _nearest_place(parts.named(action), [parts.named(combination) for combination in combinations])
    return If(Binary(">", count, Number(0.0)), wanted, missing)


def _combinations(flags: Terms, terms: Terms, count: Expression, parts: ArrayParts) -> list[Expression]:
    added = parts.named(_only(flags, terms, total, 0.0))
    return [
        added,
        _only(flags, terms, _multiplied, 1.0),
        _only(flags, terms, smallest, float("inf")),
        _only(flags, terms, largest, float("-inf")),
        Binary("/", added, Call("max", (count, Number(1.0)))),
    ]


def _only(flags: Terms, terms: Terms, fold: Callable[[Terms], Expression], neutral: float) -> Expression:
    """Fold the terms that are selected; the others count as what changes nothing."""
    return fold([If(flag, term, Number(neutral)) for flag, term in zip(flags, terms, strict=True)])


def inverse(matrix: Sequence[Terms], parts: ArrayParts) -> list[Expression]:
    """Invert a square matrix by Gauss and Jordan's elimination.

    Before a column is cleared the row with the largest element there is brought up: it is exchanged with each of the
    rows below that holds a larger one.

    Parameters
    ----------
    matrix : sequence of sequence of Expression
        Row after row.
    parts : ArrayParts
        Names every element on the way.

    Returns
    -------
    list of Expression
        The inverse, row after row; not finite numbers where there is none.
    """
    size = len(matrix)
    identity = [[Number(float(row == column)) for column in range(size)] for row in range(size)]
    rows = [[*map(parts.named, row), *unit] for row, unit in zip(matrix, identity, strict=True)]
    for column in range(size):
        for below in range(column + 1, size):
            _put_larger_first(rows, column, below, parts)
        pivot = rows[column][column]
        rows[column] = [parts.named(Binary("/", element, pivot)) for element in rows[column]]
        for other in range(size):
            if other != column:
                rows[other] = _cleared(rows[other], rows[column], rows[other][column], parts)
    return [element for row in rows for element in row[size:]]


def _cleared(row: Terms, top: Terms, factor: Expression, parts: ArrayParts) -> list[Expression]:
    pairs = zip(row, top, strict=True)
    return [parts.named(Binary("-", element, Binary("*", factor, above))) for element, above in pairs]


def _put_larger_first(rows: list[list[Expression]], column: int, below: int, parts: ArrayParts) -> None:
    upper, lower = rows[column], rows[below]
    is_larger = parts.named(Binary(">", Call("abs", (lower[column],)), Call("abs", (upper[column],))))
    rows[column] = [parts.named(If(is_larger, low, up)) for up, low in zip(upper, lower, strict=True)]
    rows[below] = [parts.named(If(is_larger, up, low)) for up, low in zip(upper, lower, strict=True)]
