"""Names and values in a declarations file, as the model has them."""

from __future__ import annotations

from collections.abc import Mapping

from egovsim.errors import DataError, UnknownNameError, ValueRangeError, unknown_name
from egovsim.model.model import Model, display_elements
from egovsim.model.variable import Variable
from egovsim.names import canonical, element_name, split_element
from egovsim.simulation.schedule import check_value
from egovsim.toml import Table


class Names:
    """Names in a declarations file, as the model spells them."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def name(self, text: str, place: str) -> str:
        """Return a variable's or element's name; raise `UnknownNameError` with the nearest."""
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

    def one(self, table: Table, key: str) -> str:
        return self.name(table.text(key), table.place(key))

    def all(self, table: Table, key: str) -> tuple[str, ...]:
        return tuple(self.name(text, table.place(key)) for text in table.texts(key))

    def some(self, table: Table, key: str) -> tuple[str, ...]:
        found = self.all(table, key)
        if not found:
            raise DataError(f"{table.place(key)} is missing or empty; name one variable or more.")
        return found

    def variable(self, name: str) -> Variable:
        return self.model[split_element(name)[0]]

    def stocks(self, table: Table, key: str) -> tuple[str, ...]:
        found = self.all(table, key)
        for one in found:
            if self.variable(one).kind != "stock":
                known = [each.name for each in self.model.stocks]
                raise unknown_name(one, known, what="a stock of this model", where=table.place(key))
        return found

    def input(self, text: str, place: str) -> str:
        found = self.name(text, place)
        if not self.variable(found).is_input:
            raise DataError(f'{place}: "{found}" is computed by the model; name a constant or an initial value.')
        return found

    def setting(self, table: Table, key: str) -> Mapping[str, float]:
        values = table.table(key)
        found = {self.input(one, values.place(one)): values.number(one) for one in values.values}
        for name, value in found.items():
            check_value(self.model, self.variable(name), value, source=values.place())
        return found

    def instant(self, table: Table, key: str) -> float | None:
        """Return an instant of the run, or None where the key is not there."""
        time, clock = table.optional_number(key), self.model.clock
        if time is not None and not clock.start <= time <= clock.stop:
            text = f"{table.place(key)} is {time:g}; the model runs from {clock.start:g} to {clock.stop:g}."
            raise ValueRangeError(text)
        return time
