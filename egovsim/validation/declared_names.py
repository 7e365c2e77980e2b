"""Names and values in a declarations file, as the model has them."""

from __future__ import annotations

from collections.abc import Mapping

from egovsim.errors import DataError, UnknownNameError, ValueRangeError, unknown_name
from egovsim.model.arrays import display_elements
from egovsim.model.model import Model
from egovsim.model.variable import Variable
from egovsim.names import canonical, element_name, split_element
from egovsim.simulation.named_inputs import check_value
from egovsim.toml import Table


class DeclaredNames:
    """Names in a declarations file, as the model spells them.

    Parameters
    ----------
    model : Model
        What the declarations are about.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    def name(self, text: str, place: str) -> str:
        """Return a name as the model spells it.

        Parameters
        ----------
        text : str
            The name of a variable or of an element.
        place : str
            Where it stands, for messages.

        Returns
        -------
        str
            The same name in the model's spelling.

        Raises
        ------
        UnknownNameError
            When it is not in the model; the nearest are given.
        DataError
            When it is a lookup, which has no value.
        """
        base, elements = split_element(text)
        variable = self.model.by_id.get(canonical(base))
        if variable is None:
            raise self.model.unknown(base, where=place)
        if variable.kind == "lookup":
            raise DataError(f'{place}: "{variable.name}" is a lookup and has no value; name a variable that uses it.')
        if not elements:
            return variable.name
        try:
            (ids,) = self.model.elements_of(text)
        except UnknownNameError as cause:
            raise UnknownNameError(f"{place}: {cause}") from cause
        return element_name(variable.name, display_elements(self.model, variable, ids))

    def input(self, text: str, place: str) -> str:
        """Return the name of an input.

        Parameters
        ----------
        text, place : str
            As in `name`.

        Returns
        -------
        str
            In the model's spelling.

        Raises
        ------
        UnknownNameError
            When it is not in the model.
        DataError
            When the model computes it.
        """
        found = self.name(text, place)
        if not self.variable(found).is_input:
            raise DataError(f'{place}: "{found}" is computed by the model; name a constant or an initial value.')
        return found

    def variable(self, name: str) -> Variable:
        """Return the variable of a name.

        Parameters
        ----------
        name : str
            As the model spells it, of a variable or of an element.

        Returns
        -------
        Variable
            That of the model.
        """
        return self.model.variable_of(name)

    def name_at(self, table: Table, key: str) -> str:
        """Return the name at a key.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Must be there.

        Returns
        -------
        str
            In the model's spelling.
        """
        return self.name(table.text(key), table.place(key))

    def names_at(self, table: Table, key: str) -> tuple[str, ...]:
        """Return the names at a key.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Need not be there.

        Returns
        -------
        tuple of str
            In the model's spelling; empty where the key is not there.
        """
        return tuple(self.name(text, table.place(key)) for text in table.texts(key))

    def required_names_at(self, table: Table, key: str) -> tuple[str, ...]:
        """Return the names at a key, of which there must be some.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Must be there.

        Returns
        -------
        tuple of str
            One or more.

        Raises
        ------
        DataError
            When there is none.
        """
        found = self.names_at(table, key)
        if not found:
            raise DataError(f"{table.place(key)} is missing or empty; name one variable or more.")
        return found

    def stocks_at(self, table: Table, key: str) -> tuple[str, ...]:
        """Return the names of stocks at a key.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Need not be there.

        Returns
        -------
        tuple of str
            Stocks, or elements of them.

        Raises
        ------
        UnknownNameError
            When one is no stock; the nearest stocks are given.
        """
        found = self.names_at(table, key)
        for name in found:
            if self.variable(name).kind != "stock":
                known = [stock.name for stock in self.model.stocks]
                raise unknown_name(name, known, what="a stock of this model", where=table.place(key))
        return found

    def values_at(self, table: Table, key: str) -> Mapping[str, float]:
        """Return the values of inputs that a table at a key gives.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Of a table within it.

        Returns
        -------
        mapping of str to float
            By input, each in its own unit.
        """
        values = table.table(key)
        found = {self.input(name, values.place(name)): values.number(name) for name in values.values}
        for name, value in found.items():
            check_value(self.model, self.variable(name), value, source=values.place())
        return found

    def numbers_at(self, table: Table, key: str) -> Mapping[str, float]:
        """Return the numbers that a table at a key gives for variables, computed ones among them.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Of a table within it, which need not be there.

        Returns
        -------
        mapping of str to float
            By variable or element, each in its own unit.
        """
        values = table.table(key)
        return {self.name(name, values.place(name)): values.number(name) for name in values.values}

    def instant_at(self, table: Table, key: str) -> float | None:
        """Return the instant of a run at a key.

        Parameters
        ----------
        table : Table
            Part of the file.
        key : str
            Need not be there.

        Returns
        -------
        float or None
            In the model's unit of time; None where the key is not there.

        Raises
        ------
        ValueRangeError
            When the model does not run at that instant.
        """
        time, clock = table.optional_number(key), self.model.clock
        if time is not None and not clock.start <= time <= clock.stop:
            text = f"{table.place(key)} is {time:g}; the model runs from {clock.start:g} to {clock.stop:g}."
            raise ValueRangeError(text)
        return time
