"""The units of a model: its own names, what they are made of, and the algebra of them.

Every name is a unit of its own unless something says otherwise: an alias, synonym or definition in the
file, the short table below, or being the plural of another name in the file. Case, blanks and
underscores do not matter. A pint registry holds these units and no others.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Literal, cast

from egovsim.model.model import UnitSynonyms
from egovsim.model.units.texts import DIMENSIONLESS, Product, UnitTextError, read_unit
from egovsim.names import canonical

if TYPE_CHECKING:
    from pint import UnitRegistry
    from pint._typing import Scalar
    from pint.util import UnitsContainer

_COMMON = (
    DIMENSIONLESS,
    ("person", "persons", "people"),
    ("$", "$s", "dollar", "dollars"),
    ("year", "years", "yr", "yrs"),
    ("week", "weeks", "wk", "wks"),
    ("hour", "hours", "hr", "hrs"),
    ("minute", "minutes", "min"),
    ("second", "seconds", "sec"),
)
"""Names of one unit in every model: of no unit, persons and dollars as Vensim sets them in new models, and
abbreviations of time. Plurals of three letters and more need no entry."""

_SHORTEST_SINGULAR = 3
"""Letters; shorter names are symbols, and m is not the singular of ms."""

_MOST_COMPARISONS = 20_000
"""Of names with names; a file with that many units that are used once has no slip or two, but a style."""

_NEGLIGIBLE_SIZE = 1e-9

_LARGEST_SIZE = 700.0
"""Where exp stops; a number of that size is shown and means nothing."""

_NEGLIGIBLE_POWER = 1e-6
"""What is left of a power when fractions such as 1/3 have been added up to nothing."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A number times powers of the base units of a model; made by `Units.of` and from each other.

    Parameters
    ----------
    size : float
        The natural logarithm of the number, which no product or power can make overflow.
    powers : UnitsContainer
        Of base units.
    """

    size: float
    powers: UnitsContainer

    def __mul__(self, other: Unit) -> Unit:
        return Unit(self.size + other.size, self.powers * other.powers)

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(self.size - other.size, self.powers / other.powers)

    def __pow__(self, exponent: float) -> Unit:
        return Unit(self.size * exponent, self.powers**exponent)

    @property
    def is_dimensionless(self) -> bool:
        """Whether no power of any unit is left."""
        return self.largest_power < _NEGLIGIBLE_POWER

    @property
    def largest_power(self) -> float:
        """The largest power of any unit in it, without its sign."""
        return max((abs(_float(power)) for power in self.powers.values()), default=0.0)

    def equals(self, other: Unit) -> bool:
        """Return whether both are the same to rounding, their numbers too.

        Parameters
        ----------
        other : Unit
            Of the same model.

        Returns
        -------
        bool
            False for a person and a thousand persons.
        """
        return abs(self.size - other.size) < _NEGLIGIBLE_SIZE and (self / other).is_dimensionless


class Units:
    """The units of one model.

    Parameters
    ----------
    texts : iterable of str
        Every unit text of the model; a unit is shown as it is first written here.
    synonyms : iterable of UnitSynonyms
        What the file declares.
    """

    def __init__(self, texts: Iterable[str], synonyms: Iterable[UnitSynonyms] = ()) -> None:
        self._read = {text: _read(text) for text in texts}
        self._products = [product for product in self._read.values() if isinstance(product, Product)]
        self._declared = [
            (tuple(canonical(name) for name in group.names), _read(group.definition) if group.definition else None)
            for group in synonyms
            if group.names
        ]

    def of(self, text: str) -> Unit:
        """Return the unit that a text names.

        Parameters
        ----------
        text : str
            One of the model's.

        Returns
        -------
        Unit
            In the model's base units.

        Raises
        ------
        UnitTextError
            It is not a unit.
        """
        product = self._read[text]
        if isinstance(product, UnitTextError):
            raise product
        return self._unit(product)

    def names_in(self, text: str) -> set[str]:
        """Return the names in a text.

        Parameters
        ----------
        text : str
            One of the model's.

        Returns
        -------
        set of str
            Canonical; none where the text is no unit.
        """
        product = self._read.get(text)
        return set(product.spellings) if isinstance(product, Product) else set()

    @cached_property
    def dimensionless(self) -> Unit:
        """The unit of a share."""
        return self._unit(Product(1.0, {}, {}))

    def show(self, unit: Unit) -> str:
        """Write a unit.

        Parameters
        ----------
        unit : Unit
            Of this model.

        Returns
        -------
        str
            ``persons/(year*person)``; ``dmnl`` where nothing is left.
        """
        parts: dict[Literal["above", "below"], list[str]] = {"above": [], "below": []}
        for leader, symbol in self._symbols.items():
            power = _float(unit.powers.get(symbol, 0.0))
            if abs(power) >= _NEGLIGIBLE_POWER:
                name = self._spellings.get(leader, leader)
                size = "" if math.isclose(abs(power), 1.0) else f"^{abs(power):.7g}"
                parts["above" if power > 0 else "below"].append(f"{name}{size}")
        if abs(unit.size) >= _NEGLIGIBLE_SIZE:
            number = math.exp(min(abs(unit.size), _LARGEST_SIZE))
            parts["above" if unit.size > 0 else "below"].insert(0, f"{number:.10g}")
        above, below = "*".join(parts["above"]), "*".join(parts["below"])
        if not below:
            return above or "dmnl"
        return f"{above or '1'}/({below})" if len(parts["below"]) > 1 else f"{above or '1'}/{below}"

    def misspelt(self) -> list[tuple[str, str]]:
        """Return names that are used once, declared nowhere and nearly another name.

        Returns
        -------
        list of pairs of str
            Each canonical name, and how the other one is written.
        """
        uses = Counter(name for product in self._products for name in product.spellings)
        declared = {name for names, _ in self._declared for name in names}.union(*_COMMON)
        once = [name for name, count in uses.items() if count == 1 and name not in declared]
        known = [*declared, *(name for name, count in uses.items() if count > 1 and name not in declared)]
        if len(once) * len(known) > _MOST_COMPARISONS:
            return []
        found: list[tuple[str, str]] = []
        for name in once:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if near and self._leaders[near[0]] != self._leaders[name]:
                found.append((name, self._spellings.get(self._leaders[near[0]], near[0])))
        return found

    def undefined(self) -> list[str]:
        """Return declared units whose definition cannot be read or leads back to the unit; each is one of its own.

        Returns
        -------
        list of str
            Their canonical names.
        """
        unreadable = [names[0] for names, product in self._declared if isinstance(product, UnitTextError)]
        return [*unreadable, *(name for name in self._definitions if name not in self._sizes)]

    @cached_property
    def _leaders(self) -> dict[str, str]:
        """Each name's unit: the same name for every name of one unit."""
        groups = [*_COMMON, *(names for names, _ in self._declared)]
        products = [*self._products, *(product for _, product in self._declared if isinstance(product, Product))]
        names = dict.fromkeys([name for product in products for name in product.spellings])
        return _leaders([*names, *(name for group in groups for name in group)], groups)

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Each unit as the model first writes it."""
        found: dict[str, str] = {}
        for product in self._products:
            for name, spelling in product.spellings.items():
                found.setdefault(self._leaders[name], spelling)
        return found

    @cached_property
    def _definitions(self) -> dict[str, Product]:
        """What units are made of; of two definitions the first holds."""
        found = {self._leaders[DIMENSIONLESS[0]]: Product(1.0, {}, {})}
        for names, product in self._declared:
            if isinstance(product, Product):
                leader = self._leaders[names[0]]
                # Stella's "Dollars" are defined as "$", which they are already.
                if product.factor != 1.0 or [self._leaders[power] for power in product.powers] != [leader]:
                    found.setdefault(leader, product)
        return found

    @cached_property
    def _order(self) -> tuple[str, ...]:
        """The defined units, each after those it is made of, without those that lead back to themselves."""
        depends = {
            leader: {self._leaders[name] for name in product.powers} & self._definitions.keys()
            for leader, product in self._definitions.items()
        }
        while True:
            try:
                return tuple(TopologicalSorter(depends).static_order())
            except CycleError as error:
                for name in error.args[1]:
                    depends.pop(name, None)
                depends = {name: used & depends.keys() for name, used in depends.items()}

    @cached_property
    def _symbols(self) -> dict[str, str]:
        """What the registry calls each unit: it takes Python's identifiers, and files have ``$`` and blanks."""
        return {leader: f"unit_{number}" for number, leader in enumerate(dict.fromkeys(self._leaders.values()))}

    @cached_property
    def _registry(self) -> UnitRegistry[Any]:
        """A registry of these units alone; a defined one is spelt out in those that are not."""
        import pint

        # No file of units: pint's own names would be taken for the model's.
        registry = cast("Any", pint.UnitRegistry(None))  # pyright: ignore[reportArgumentType]
        for leader, symbol in self._symbols.items():
            if leader not in self._sizes:
                registry.define(f"{symbol} = [{symbol}]")
        for leader in self._order:
            powers = _root(registry, self._definitions[leader], self._symbol).items()
            registry.define(f"{self._symbols[leader]} = 1 {''.join(f'* {base} ** {power}' for base, power in powers)}")
        return registry

    @cached_property
    def _sizes(self) -> dict[str, float]:
        """The logarithm of how many of its base units each defined unit is."""
        found: dict[str, float] = {}
        for leader in self._order:
            found[leader] = self._size(self._definitions[leader], found)
        return found

    def _size(self, product: Product, sizes: Mapping[str, float]) -> float:
        parts = (power * sizes.get(self._leaders[name], 0.0) for name, power in product.powers.items())
        return math.log(product.factor) + sum(parts)

    def _symbol(self, name: str) -> str:
        return self._symbols[self._leaders[name]]

    def _unit(self, product: Product) -> Unit:
        return Unit(self._size(product, self._sizes), _root(self._registry, product, self._symbol))


def _read(text: str) -> Product | UnitTextError:
    try:
        return read_unit(text)
    except UnitTextError as error:
        return error


def _root(registry: UnitRegistry[Any], product: Product, symbol: Callable[[str], str]) -> UnitsContainer:
    """Return a product's powers of the registry's base units."""
    from pint.util import UnitsContainer

    whole = UnitsContainer({})
    for name, power in product.powers.items():
        whole *= UnitsContainer({symbol(name): power})
    # A base unit and its dimension have one name, the latter in brackets.
    dimensions = registry.get_dimensionality(whole)  # pyright: ignore[reportUnknownMemberType]
    return UnitsContainer({name.strip("[]"): power for name, power in dimensions.items()})


def _float(number: Scalar) -> float:
    """Take a number of pint's, which may be complex by its type, for what it is here."""
    return cast("float", number)


def _leaders(names: Iterable[str], groups: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Give all names of one unit, plurals among them, the same leader."""
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in groups:
        for other in group[1:]:
            leader[find(other)] = find(group[0])
    for name in list(leader):
        for plural in _plurals(name):
            if plural in leader:
                leader[find(plural)] = find(name)
    return {name: find(name) for name in leader}


def _plurals(name: str) -> tuple[str, ...]:
    if len(name) < _SHORTEST_SINGULAR:
        return ()
    return (f"{name}s", f"{name}es", f"{name[:-1]}ies") if name.endswith("y") else (f"{name}s", f"{name}es")
