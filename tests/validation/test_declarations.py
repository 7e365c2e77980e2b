"""Declarations of a model are read as written, and refused with a remedy when they contradict themselves or the model.

If these fail, an author's slip in a declaration passes for a promise that is kept, or the message does not say what to
write instead.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from small_models import auxiliary, bounds, flow, over, stock, xmile

import egovsim
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.validation.declaration_files import declarations_path, default_declarations, read_declarations
from egovsim.validation.declarations import Bound, Conserved, Declarations, Extreme, Observed, Response

MODEL = xmile(
    stock("Tank", 10.0, inflows=["Filling"], outflows=["Draining"]),
    stock("Pool", 0.0, inflows=["Draining"], outflows=["Leaking"], inside=bounds(0.0, 100.0)),
    flow("Filling", "Tap"),
    flow("Draining", "Tank * Drain_rate"),
    flow("Leaking", "Pool * Leak_rate"),
    auxiliary("Tap", 2.0, inside=bounds(0.0, 5.0)),
    auxiliary("Drain rate", 0.5, inside=bounds(0.0, 1.0)),
    auxiliary("Leak rate", 0.1),
    auxiliary("Wetness", "Draining * 1", inside=over("Place")),
    auxiliary("Curve", "", inside=""),
    dimensions={"Place": ("indoors", "outdoors")},
).replace('<aux name="Curve"><eqn></eqn></aux>', '<gf name="Curve"><xscale min="0" max="1"/><ypts>0,1</ypts></gf>')


@pytest.fixture
def model(tmp_path: Path) -> egovsim.Model:
    path = tmp_path / "tank.xmile"
    path.write_text(MODEL, encoding="utf-8")
    return egovsim.read_model(path)


def declared(folder: Path, model: egovsim.Model, text: str) -> Declarations:
    path = folder / "tank.declarations.toml"
    path.write_text(text, encoding="utf-8")
    return read_declarations(path, model)


def test_they_lie_beside_the_model() -> None:
    """Under another name they would never be looked at."""
    assert declarations_path("there/mine.mdl") == Path("there/mine.declarations.toml")


def test_a_model_without_declarations_has_the_ranges_of_its_file(model: egovsim.Model) -> None:
    """An author who declared ranges in the model would have to say them twice."""
    assert default_declarations(model).bounds == {
        "Pool": Bound("Pool", 0.0, 100.0),
        "Tap": Bound("Tap", 0.0, 5.0),
        "Drain rate": Bound("Drain rate", 0.0, 1.0),
    }


def test_ranges_hold_together_and_names_are_spelt_as_in_the_model(tmp_path: Path, model: egovsim.Model) -> None:
    """What is said twice must hold twice: the narrower end counts."""
    found = declared(
        tmp_path,
        model,
        'shares = ["wetness[INDOORS]"]\nnon_negative = ["tank"]\n'
        '[[bounds]]\nvariables = ["TANK", "tap"]\nhigh = 50.0\n'
        '[[conserved]]\nname = "water"\nstocks = ["tank", "pool"]\ninflows = ["filling"]\noutflows = ["leaking"]\n'
        '[[response]]\ninput = "tap"\noutput = "pool"\nfrom = 2\n',
    )
    assert found.bounds["Tank"] == Bound("Tank", 0.0, 50.0)
    assert found.bounds["Tap"] == Bound("Tap", 0.0, 5.0)
    assert found.bounds["Wetness[indoors]"] == Bound("Wetness[indoors]", 0.0, 1.0)
    assert found.conserved == (Conserved("water", ("Tank", "Pool"), ("Filling",), ("Leaking",)),)
    assert found.responses == (Response("Tap on Pool", "Tap", "Pool", start=2.0),)


def test_an_extreme_is_read_with_its_instants_and_numbers(tmp_path: Path, model: egovsim.Model) -> None:
    """What is read otherwise than it was written is another promise."""
    found = declared(
        tmp_path,
        model,
        '[[extreme]]\nname = "dry"\nset = { tap = 0 }\nfrom = 2\nat = 7\nnever_rising = ["tank"]\n'
        'at_most = { POOL = 5, "wetness[INDOORS]" = 1 }\nat_least = { pool = 1 }\nmoves = { pool = -2 }\n'
        '[[extreme]]\nname = "still"\nhold = ["tank", "draining"]\nzero = ["leaking"]\n',
    )
    assert found.extremes == (
        Extreme(
            "dry",
            {"Tap": 0.0},
            never_rising=("Tank",),
            at_most={"Pool": 5.0, "Wetness[indoors]": 1.0},
            at_least={"Pool": 1.0},
            moves={"Pool": -2.0},
            start=2.0,
            at=7.0,
        ),
        Extreme("still", zero=("Leaking",), hold=("Tank", "Draining")),
    )


def test_a_constant_of_the_start_alone_is_refused_from_a_later_instant_on(tmp_path: Path) -> None:
    """It would change nothing, and whatever is claimed would be claimed of the base run."""
    path = tmp_path / "tank.xmile"
    path.write_text(
        MODEL.replace("<eqn>10.0</eqn>", "<eqn>Leak_rate * 0 + Tank_at_start</eqn>").replace(
            "</variables>", auxiliary("Tank at start", 10.0) + "</variables>"
        ),
        encoding="utf-8",
    )
    text = 'set = { "Tank at start" = 0.0, "Leak rate" = 0.0 }\nfrom = 3\nzero = ["Leaking"]\n'
    with pytest.raises(
        DataError, match='"Tank at start" only says how the model starts, so from 3 on it changes nothing'
    ):
        declared(tmp_path, egovsim.read_model(path), f'[[extreme]]\nname = "dry"\n{text}')


@pytest.mark.parametrize("given", ["points", "file"])
def test_a_series_is_read_from_points_and_from_a_file(tmp_path: Path, model: egovsim.Model, given: str) -> None:
    """Rows with an empty cell are left out, rows may be in any order, and the scale is applied."""
    (tmp_path / "seen.csv").write_text("Year,Share,By\n2,30,a\n1,20,b\n3,,c\n4,40,d\n", encoding="utf-8")
    source = {
        "points": "points = [[1, 20], [2, 30], [4, 40]]",
        "file": 'file = "seen.csv"\ntime = "Year"\nvalue = "Share"',
    }[given]
    found = declared(tmp_path, model, f'[[series]]\nvariable = "Pool"\nscale = 0.01\n{source}\n')
    assert found.observed == (Observed("Pool", "Pool", (1.0, 2.0, 4.0), (0.2, 0.3, 0.4)),)


DRY = '[[extreme]]\nname = "dry"\nset = { Tap = 0.0 }\n'
WATER = '[[conserved]]\nname = "water"\n'


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            'shares = ["Tanc"]\n',
            UnknownNameError,
            'tank.declarations.toml: shares: "Tanc" is not a variable of tank.xmile; nearest: "Tank".',
        ),
        (
            'shares = ["Wetness[indoor]"]\n',
            UnknownNameError,
            'tank.declarations.toml: shares: "indoor" is not an element of "Wetness"; nearest: "indoors".',
        ),
        (
            'shars = ["Tank"]\n',
            UnknownNameError,
            'tank.declarations.toml: shars is not a key of a model\'s declarations; nearest: "shares".',
        ),
        (
            'shares = ["Curve"]\n',
            DataError,
            'tank.declarations.toml: shares: "Curve" is a lookup and has no value; name a variable that uses it.',
        ),
        (
            'accumulators = ["Filling"]\n',
            UnknownNameError,
            'tank.declarations.toml: accumulators: "Filling" is not a stock of this model; there are: "Tank", "Pool".',
        ),
        (
            'shares = ["Tank"]\n[[bounds]]\nvariables = ["Tank"]\nlow = 5\n',
            ValueRangeError,
            'tank.declarations.toml: "Tank" cannot be at least 5 (bounds[1]) and at most 1 (shares); '
            "correct one of the two.",
        ),
        (
            '[[bounds]]\nvariables = ["Pool"]\nlow = 200\n',
            ValueRangeError,
            'tank.declarations.toml: "Pool" cannot be at least 200 (bounds[1]) and at most 100 (the range in '
            "tank.xmile); correct one of the two.",
        ),
        (
            '[[bounds]]\nvariables = ["Tank"]\nlow = 3\nhigh = 2\n',
            ValueRangeError,
            'tank.declarations.toml: "Tank" cannot be at least 3 (bounds[1].low) and at most 2 (bounds[1].high); '
            "correct one of the two.",
        ),
        (
            '[[bounds]]\nvariables = ["Leak rate"]\nlow = 0.2\nhigh = 0.3\n',
            ValueRangeError,
            'tank.declarations.toml: "Leak rate" is declared to be 0.2 to 0.3 (bounds[1]), but is 0.1 in tank.xmile; '
            "correct one of the two.",
        ),
        (
            '[[bounds]]\nvariables = ["Tank"]\n',
            DataError,
            "tank.declarations.toml: bounds[1]: low and high are both missing; give one of them or both.",
        ),
        (
            WATER + 'stocks = ["Tank"]\ninflows = ["Filling"]\n',
            DataError,
            'tank.declarations.toml: conserved[1], "water": the flow "Draining" leaves "Tank" and goes into no other '
            "stock of the group; add it to outflows, or the stock at its other end to stocks.",
        ),
        (
            WATER + 'stocks = ["Pool"]\noutflows = ["Leaking"]\n',
            DataError,
            'tank.declarations.toml: conserved[1], "water": the flow "Draining" enters "Pool" and goes out of no other '
            "stock of the group; add it to inflows, or the stock at its other end to stocks.",
        ),
        (
            WATER + 'stocks = ["Tap"]\n',
            UnknownNameError,
            'tank.declarations.toml: conserved[1].stocks: "Tap" is not a stock of this model; there are: "Tank", '
            '"Pool".',
        ),
        (
            (WATER + 'stocks = ["Tank", "Pool"]\ninflows = ["Filling"]\noutflows = ["Leaking"]\n') * 2,
            DataError,
            'tank.declarations.toml: conserved[2]: "water" is the name of conserved[1] already; give it another.',
        ),
        (
            '[[response]]\ninput = "Draining"\noutput = "Pool"\n',
            DataError,
            'tank.declarations.toml: response[1].input: "Draining" is computed by the model; name a constant or an '
            "initial value.",
        ),
        (
            '[[response]]\ninput = "Tap"\noutput = "Pool"\nlow = 3\nhigh = 2\n',
            ValueRangeError,
            "tank.declarations.toml: response[1]: low 3 must lie below high 2.",
        ),
        (
            '[[response]]\ninput = "Tap"\noutput = "Pool"\nhigh = 9\n',
            ValueRangeError,
            'tank.declarations.toml: response[1].high: "Tap" is 9, outside its range 0 to 5 in tank.xmile; choose a '
            "value inside.",
        ),
        (
            '[[response]]\ninput = "Tap"\noutput = "Pool"\nat = 2030\n',
            ValueRangeError,
            "tank.declarations.toml: response[1].at is 2030; the model runs from 0 to 10.",
        ),
        (
            '[[extreme]]\nname = "dry"\nset = { Tap = 0.0 }\n',
            DataError,
            "tank.declarations.toml: extreme[1]: nothing follows; add zero, never_rising, never_falling, at_most, "
            "at_least or moves.",
        ),
        (
            DRY + "at_most = { Tanc = 1 }\n",
            UnknownNameError,
            'tank.declarations.toml: extreme[1].at_most.Tanc: "Tanc" is not a variable of tank.xmile; nearest: "Tank".',
        ),
        (
            DRY + 'moves = { "Wetness[indoor]" = 1 }\n',
            UnknownNameError,
            'tank.declarations.toml: extreme[1].moves."Wetness[indoor]": "indoor" is not an element of "Wetness"; '
            'nearest: "indoors".',
        ),
        (
            DRY + 'at_most = { Pool = "few" }\n',
            DataError,
            "tank.declarations.toml: extreme[1].at_most.Pool must be a number, not text.",
        ),
        (
            DRY + "at_least = { Pool = nan }\n",
            ValueRangeError,
            "tank.declarations.toml: extreme[1].at_least.Pool is nan; it must be a finite number.",
        ),
        (
            DRY + "at_most = 3\n",
            DataError,
            "tank.declarations.toml: extreme[1].at_most must be a table, not a number.",
        ),
        (
            DRY + "at_most = { Pool = -1 }\n",
            ValueRangeError,
            'tank.declarations.toml: extreme[1].at_most: "Pool" is -1, and is declared to be 0 to 100; give a value '
            "inside.",
        ),
        (
            DRY + "at_least = { Pool = 101 }\n",
            ValueRangeError,
            'tank.declarations.toml: extreme[1].at_least: "Pool" is 101, and is declared to be 0 to 100; give a '
            "value inside.",
        ),
        (
            DRY + "at_most = { Pool = 100 }\n",
            ValueRangeError,
            'tank.declarations.toml: extreme[1].at_most: "Pool" is 100, and is declared to be 0 to 100 anyway, so '
            "nothing could break the claim; give a value inside.",
        ),
        (
            DRY + "at_least = { Pool = 0 }\n",
            ValueRangeError,
            'tank.declarations.toml: extreme[1].at_least: "Pool" is 0, and is declared to be 0 to 100 anyway, so '
            "nothing could break the claim; give a value inside.",
        ),
        (
            DRY + "at_most = { Tank = 5 }\nat_least = { Tank = 6 }\n",
            ValueRangeError,
            'tank.declarations.toml: extreme[1]: "Tank" cannot be at least 6 (at_least) and at most 5 (at_most); '
            "correct one of the two.",
        ),
        (
            DRY + "moves = { Tank = 0.0 }\n",
            ValueRangeError,
            'tank.declarations.toml: extreme[1].moves: "Tank" is 0, which every run keeps; give how far it rises at '
            "the least, or, with a minus, falls.",
        ),
        (
            DRY + "at_most = { Pool = 1 }\nfrom = 12\n",
            ValueRangeError,
            "tank.declarations.toml: extreme[1].from: its start, 12, lies outside the run, 0 to 10 years; choose one "
            "from 0 on and before 10, or leave it out to begin with the run.",
        ),
        (
            DRY + "at_most = { Pool = 1 }\nfrom = 10\n",
            ValueRangeError,
            "tank.declarations.toml: extreme[1].from: its start, 10, lies outside the run, 0 to 10 years; choose one "
            "from 0 on and before 10, or leave it out to begin with the run.",
        ),
        (
            DRY + "at_most = { Pool = 1 }\nat = 12\n",
            ValueRangeError,
            "tank.declarations.toml: extreme[1].at is 12; the model runs from 0 to 10.",
        ),
        (
            DRY + "at_most = { Pool = 1 }\nfrom = 5\nat = 3\n",
            ValueRangeError,
            "tank.declarations.toml: extreme[1].at is 3, before from, 5; nothing is set by then, choose a later "
            "instant.",
        ),
        (
            DRY + 'zero = ["Filling"]\nat = 3\n',
            DataError,
            "tank.declarations.toml: extreme[1].at is the instant of at_most, at_least and moves alone; add one of "
            "them or leave it out.",
        ),
        (
            '[[extreme]]\nname = "still"\nzero = ["Filling"]\nhold = ["Tank"]\nfrom = 10\n',
            ValueRangeError,
            "tank.declarations.toml: extreme[1].from: its start, 10, lies outside the run, 0 to 10 years; choose one "
            "from 0 on and before 10, or leave it out to begin with the run.",
        ),
        (
            DRY + 'zero = ["Filling"]\nhold = ["Wetness[indoors]"]\n',
            DataError,
            'tank.declarations.toml: extreme[1].hold: "Wetness[indoors]" is one element, and all are held; name '
            '"Wetness".',
        ),
        (
            DRY + 'zero = ["Filling"]\nhold = ["Leak rate"]\n',
            DataError,
            'tank.declarations.toml: extreme[1].hold: "Leak rate" is an input; give its value in set.',
        ),
        (
            DRY + 'zero = ["Filling"]\nhold = ["Curve"]\n',
            DataError,
            'tank.declarations.toml: extreme[1].hold: "Curve" is a lookup and has no value; name a variable that '
            "uses it.",
        ),
        (
            '[[extreme]]\nname = "dry"\nset = { Tank = 0.0 }\nzero = ["Filling"]\nfrom = 3\n',
            DataError,
            'tank.declarations.toml: extreme[1].from: "Tank" only says how the model starts, so from 3 on it changes '
            "nothing; leave it out of set, or leave out from.",
        ),
        (
            '[[extreme]]\nname = "dry"\nzero = ["Filling"]\n',
            DataError,
            "tank.declarations.toml: extreme[1]: set and hold are both missing; say which inputs stand at an extreme, "
            "and where, or which variables stand still.",
        ),
        (
            '[[behaviour]]\nvariable = "Pool"\nmode = "s-shape"\n',
            UnknownNameError,
            'tank.declarations.toml: behaviour[1].mode: "s-shape" is not a possible value; nearest: "S-shape".',
        ),
        (
            '[[series]]\nvariable = "Pool"\n',
            DataError,
            "tank.declarations.toml: series[1]: give the series by one of points, check and file, not by 0.",
        ),
        (
            '[[series]]\nvariable = "Pool"\npoints = [[1, 2], [2, 2], [2030, 3]]\n',
            ValueRangeError,
            "tank.declarations.toml: series[1]: the series covers 1 to 2030, the model 0 to 10; leave out the points "
            "outside.",
        ),
        (
            '[[series]]\nvariable = "Pool"\npoints = [[1, 2], [2, 2]]\n',
            DataError,
            "tank.declarations.toml: series[1]: the series has 2 points; a fit needs 3 or more.",
        ),
        (
            '[[loop]]\nname = "x"\npolarity = "+"\nvariables = ["Tank", "Draining"]\n',
            UnknownNameError,
            'tank.declarations.toml: loop[1].polarity: "+" is not a possible value; there are: "R", "B".',
        ),
        (
            "[rest]\nlength = 0\n",
            ValueRangeError,
            "tank.declarations.toml: rest.length is 0; it must be above 0.",
        ),
        (
            '[ranking]\noutcome = "Pool"\nat = 10\nleast_agreement = 2\n',
            ValueRangeError,
            "tank.declarations.toml: ranking.least_agreement is 2; a rank correlation lies in -1 to 1.",
        ),
        (
            '[ranking]\noutcome = "Pool"\n',
            DataError,
            "tank.declarations.toml: ranking.at is missing; it has no default.",
        ),
        (
            "integration_error = 0\n",
            ValueRangeError,
            "tank.declarations.toml: integration_error is 0; it must be above 0, such as 0.01.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_remedy(
    tmp_path: Path, model: egovsim.Model, text: str, error: type[InputError], message: str
) -> None:
    """The author must find the line and know what to write; a wrong promise that is read is worse than none."""
    with pytest.raises(error) as raised:
        declared(tmp_path, model, text)
    assert str(raised.value).removeprefix(f"{tmp_path}/") == message


def test_a_series_of_a_file_names_the_column_and_the_line(tmp_path: Path, model: egovsim.Model) -> None:
    """A spreadsheet has many rows; without the line the cell is not found."""
    (tmp_path / "seen.csv").write_text("Year,Share\n1,2\n2,two\n", encoding="utf-8")
    series = '[[series]]\nvariable = "Pool"\nfile = "seen.csv"\ntime = "Year"\nvalue = '
    with pytest.raises(UnknownNameError, match=r'series\[1\]: "Part" is not a column of seen.csv; there are: "Year"'):
        declared(tmp_path, model, f'{series}"Part"\n')
    with pytest.raises(DataError, match=r'^seen\.csv, line 3: "two" is not a number\.$'):
        declared(tmp_path, model, f'{series}"Share"\n')
    (tmp_path / "seen.csv").write_bytes("Year,Share\n1,2\n2,³\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"^seen\.csv, line 3: the file is not UTF-8 text; save it as UTF-8\.$"):
        declared(tmp_path, model, f'{series}"Share"\n')
