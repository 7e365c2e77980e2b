"""What an equation stands in: its place in a file, the variable that it belongs to, and what names mean there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lark import Token

from egovsim.errors import ModelError
from egovsim.model.expression import ClockName, ClockValue, Expression, Number, Unsupported, Where
from egovsim.readers.expressions.dialects import BUILT_IN_NAMES, TOLERATED_NAMES, Dialect
from egovsim.readers.source_span import SourceSpan


@dataclass(frozen=True)
class Names:
    """What the names in an equation can mean beside the dialect's own functions; all are canonical ids.

    Parameters
    ----------
    variables : mapping of str to tuple of str
        Each variable of the file with the ids of its dimensions.
    macros : collection of str
        The macros of the file.
    extra_functions : collection of str
        Functions that this place alone allows; a call of one keeps that name, whatever its arguments.
    built_in : mapping of str to str, float or Expression
        Values that stand for a name without being a variable: a value of the clock, a number, or what stands in
        its place.
    date : tuple of int
        Year, month and day at time 0, and the number of the unit of time; empty where the file does not say.
    subscripts : collection of str
        The dimensions and elements of the file.
    element_numbers : mapping of str to int
        The number of each element in its dimension, from 1, by ``dimension.element`` (XMILE 1.0, section 3.7.1).
    repeating : collection of str
        Dimensions that list an element more than once.
    """

    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    macros: Collection[str] = frozenset()
    extra_functions: Collection[str] = frozenset()
    built_in: Mapping[str, ClockName | float | Expression] = field(
        default_factory=dict[str, "ClockName | float | Expression"]
    )
    date: tuple[int, ...] = ()
    subscripts: Collection[str] = frozenset()
    element_numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    repeating: Collection[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """One equation as it is read.

    Parameters
    ----------
    span : SourceSpan
        Its text, with the place of each character.
    dialect : {"xmile", "vensim"}
        Whose notation it is.
    owner : str
        The variable that it belongs to, for messages; empty where there is none.
    names : Names
        What names in it mean.
    """

    span: SourceSpan
    dialect: Dialect
    owner: str
    names: Names

    def where(self, token: Token) -> Where:
        """Return where a token stands.

        Parameters
        ----------
        token : Token
            Of this equation.

        Returns
        -------
        Where
            Its first character's place.
        """
        return self.span.where(token.start_pos or 0)

    def unsupported(self, first: Token, last: Token, reason: str) -> Unsupported:
        """Return the node for a part of the equation that parses and cannot be run.

        Parameters
        ----------
        first, last : Token
            Where the part begins and ends.
        reason : str
            Why it cannot be run.

        Returns
        -------
        Unsupported
            With the text of the part on one line.
        """
        text = self.span.text[first.start_pos : last.end_pos]
        return Unsupported(" ".join(text.split()), reason, self.where(first))

    def error(self, token: Token, message: str) -> ModelError:
        """Return an error that names file, line and variable.

        Parameters
        ----------
        token : Token
            Where the fault is.
        message : str
            What is wrong, and what to do.

        Returns
        -------
        ModelError
            For the caller to raise.
        """
        return ModelError(f"{place(self.where(token), self.owner)}: {message}")

    def built_in(self, token: Token, id: str) -> Expression | None:
        """Return the value that a name stands for without being a variable.

        Parameters
        ----------
        token : Token
            The name as it is written; between quotation marks it is always a variable's.
        id : str
            Its canonical form.

        Returns
        -------
        Expression or None
            A value of the clock or a number; None of any other name.
        """
        if token.startswith('"'):
            return None
        value = self.names.built_in.get(id)
        if value is None:
            value = BUILT_IN_NAMES[self.dialect].get(id)
        if value is None and self.dialect == "xmile" and id not in self.names.variables:
            value = TOLERATED_NAMES.get(id)
        match value:
            case str():
                return ClockValue(value, self.where(token))
            case float() | int():
                return Number(float(value), self.where(token))
            case _:
                return value


def place(where: Where, owner: str) -> str:
    """Return what a message about an equation begins with.

    Parameters
    ----------
    where : Where
        File and line.
    owner : str
        The variable that the equation belongs to; may be empty.

    Returns
    -------
    str
        ``egov.xmile, line 212, "Completion rate"``.
    """
    return f'{where}, "{owner}"' if owner else str(where)


def bare(token: Token) -> str:
    """Return a name without the quotation marks that it may stand between.

    Parameters
    ----------
    token : Token
        The name as it is written.

    Returns
    -------
    str
        The name.
    """
    return token[1:-1] if token.startswith('"') else str(token)


def shown(token: Token) -> str:
    """Return a name as a message shows it.

    Parameters
    ----------
    token : Token
        The name as it is written.

    Returns
    -------
    str
        On one line, without quotation marks.
    """
    return " ".join(bare(token).split())
