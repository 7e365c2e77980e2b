"""Arrays: what subscripts mean, and functions of whole arrays, against NumPy and definitions.

If one of these tests fails, an element of an array is computed from other elements than its modeller meant, or a
function of an array gives another number than its definition.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import egovsim
from egovsim.errors import InputError, ModelError

CONTROLS = "\nINITIAL TIME = 0 ~~|\nFINAL TIME = 2 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = TIME STEP ~~|\n"
NOT_AVAILABLE = -(2.0**109)


def model_of(folder: Path, equations: str) -> egovsim.Model:
    path = folder / "m.mdl"
    entries = [line.strip() for line in equations.strip().split("\n")]
    path.write_text("{UTF-8}\n" + "\n".join(f"{entry} ~~|" for entry in entries) + CONTROLS, encoding="utf-8")
    return egovsim.read_model(path)


def trajectory(folder: Path, equations: str, *names: str) -> list[list[float]]:
    """Return the trajectories of some columns."""
    frame = egovsim.run(model_of(folder, equations)).to_frame()
    return [frame[name].tolist() for name in names]


def start(folder: Path, equations: str, *names: str) -> list[float]:
    return [values[0] for values in trajectory(folder, equations, *names)]


# What a subscript means


def test_a_part_of_a_dimension_on_the_left_and_on_the_right(tmp_path: Path) -> None:
    text = """
    Year: (y1-y4)
    Late: y3, y4
    x[Year] = 1, 2, 3, 4
    y[Late] = x[Late] * 10
    z[y1] = -1
    z[y2] = -2
    z[Late] = y[Late] + x[y1]
    """
    assert start(tmp_path, text, "y[y3]", "y[y4]", "z[y1]", "z[y2]", "z[y3]", "z[y4]") == [30, 40, -1, -2, 31, 41]


def test_a_dimension_that_is_made_of_parts(tmp_path: Path) -> None:
    text = "All: a, Some, b\nSome: (s1-s2), Few\nFew: f\nx[All] = 1, 2, 3, 4, 5\ny[Few] = x[Few]"
    model = model_of(tmp_path, text)
    assert model.dimension_by_id["all"].elements == ("a", "s1", "s2", "f", "b")
    assert start(tmp_path, text, "y[f]") == [4]


def test_exceptions_leave_their_elements_to_other_equations(tmp_path: Path) -> None:
    text = """
    Shop: s1, s2
    Item: i1, i2, i3
    x[Shop, Item] :EXCEPT: [s1, i2], [s2, i3] = 1
    x[s1, i2] = 2
    x[s2, i3] = 3
    """
    names = [f"x[{shop},{item}]" for shop, item in product(("s1", "s2"), ("i1", "i2", "i3"))]
    assert start(tmp_path, text, *names) == [1, 2, 1, 1, 1, 3]


def test_elements_may_depend_on_each_other(tmp_path: Path) -> None:
    text = """
    Age: a1, a2, a3
    Older: a2, a3
    Younger: a1, a2 -> Older
    x[a1] = Time
    x[Older] = x[Younger] + 10
    """
    assert trajectory(tmp_path, text, "x[a1]", "x[a2]", "x[a3]") == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]


def test_a_mapping_of_parts(tmp_path: Path) -> None:
    text = """
    Worker: clay, wood -> (Product: Pots, chair)
    Product: cup, jug, chair
    Pots: cup, jug
    skill[Worker] = 7, 9
    quality[Product] = skill[Worker]
    """
    assert start(tmp_path, text, "quality[cup]", "quality[jug]", "quality[chair]") == [7, 7, 9]


def test_a_copy_of_a_dimension_runs_on_its_own(tmp_path: Path) -> None:
    text = "Dim: a, b\nCopy <-> Dim\nx[Dim] = 1, 2\nm[Dim, Copy] = 10 * x[Dim] + x[Copy]"
    assert start(tmp_path, text, "m[a,a]", "m[a,b]", "m[b,a]", "m[b,b]") == [11, 12, 21, 22]


def test_dimensions_and_elements_as_numbers(tmp_path: Path) -> None:
    """An element's number is its place in the whole dimension, also where a part is written."""
    text = """
    Year: (y1-y4)
    Late: y3, y4
    x[Year] = Year * 10
    y[Late] = Late
    z[Year] = IF THEN ELSE(Year = y2, 1, 0)
    w[Year, Late] = IF THEN ELSE(Year = Late, 1, 0)
    n = ELMCOUNT(Late) + ELMCOUNT(Year) * 10
    """
    assert start(tmp_path, text, "x[y1]", "x[y4]", "y[y3]", "y[y4]") == [10, 40, 3, 4]
    assert start(tmp_path, text, "z[y1]", "z[y2]", "w[y3,y3]", "w[y3,y4]", "w[y2,y3]", "n") == [0, 1, 1, 0, 0, 42]
    assert [finding for finding in egovsim.check(model_of(tmp_path, text)) if finding.severity == "error"] == []


def test_lookups_of_their_own_for_each_element(tmp_path: Path) -> None:
    text = """
    Dim: a, b
    f[a]((0,0),(10,100))
    f[b]((0,5),(10,5))
    x[Dim] = f[Dim](Time + 1)
    y = SUM(f[Dim!](2))
    """
    assert trajectory(tmp_path, text, "x[a]", "x[b]", "y") == [[10, 20, 30], [5, 5, 5], [25, 25, 25]]


def test_an_element_without_an_equation_is_left_out_and_not_to_be_used(tmp_path: Path) -> None:
    """As in Vensim (vensim.com/documentation/22215.html): it may be missing, and to refer to it is an error."""
    text = "Dim: a, b, c\nx[a] = 1\nx[c] = 3"
    model = model_of(tmp_path, text)
    result = egovsim.run(model)
    assert list(result.to_frame().columns)[:2] == ["x[a]", "x[c]"]
    np.testing.assert_array_equal(result["x"][0, 0, 0, 0], [1, np.nan, 3])
    findings = [str(finding) for finding in egovsim.check(model) if finding.severity == "warning"]
    assert 'warning: m.mdl, line 3, "x": x[b] has no equation; it is left out of results' in findings
    message = r'^"x\[b\]" has no equation in m.mdl; add one for this element\.$'
    for asked in ({"outputs": ["x[b]"]}, {"metrics": [egovsim.final("x[b]")]}, {"constants": {"x[b]": 2.0}}):
        with pytest.raises(egovsim.UnknownNameError, match=message):
            egovsim.run(model, **asked)
    assert np.isnan(egovsim.run(model, constants={"x": 7.0})["x"][0, 0, 0, 0, 1])
    with pytest.raises(ModelError, match=r'^m.mdl, line 5, "y": "x\[b\]" has no equation; add one for this element\.$'):
        egovsim.run(model_of(tmp_path, text + "\ny = x[b] + 1"))
    errors = [str(finding) for finding in egovsim.check(model_of(tmp_path, text + "\ny = x[b] + 1"))]
    assert errors[0] == 'error: m.mdl, line 5, "y": "x[b]" has no equation; add one for this element'


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("y = x[Dim]", '"x" is an array over "Dim" where a number is needed; name an element.'),
        ("y = x", '"x" is an array over "Dim" where a number is needed; name an element.'),
        ("y = x[c]", '"c" is not an element of "Dim" (a, b).'),
        ("y = x[a, b]", '"x" takes 1 subscript, not 2.'),
        ("y = VECTOR RANK(s, 1)", '"s" is no array; VECTOR RANK needs one.'),
        ("y = VECTOR ELM MAP(1 + s, 1)", "the first argument of VECTOR ELM MAP must be one element of an array."),
        ("y = SUM(long[Big!] * long[Bigger!])", "4000000 elements to go over are too many; 100000 can be run."),
        ("y[Big] = VECTOR RANK(long[Big], 1)", "2000 elements to sort are too many; 400 can be run."),
        ("y[Dim, Side] = INVERT MATRIX(m[Dim, Side], 2)", "the matrix has 2 rows and 3 columns; it must be square."),
    ],
)
def test_errors_name_line_variable_and_array(tmp_path: Path, equation: str, message: str) -> None:
    text = "Dim: a, b\nSide: d, e, f\nx[Dim] = 1, 2\ns = 1\nm[Dim, Side] = 1, 2, 3; 4, 5, 6;\n"
    text += f"Big: (n1-n2000)\nBigger <-> Big\nlong[Big] = 1\n{equation}"
    with pytest.raises(ModelError) as caught:
        egovsim.run(model_of(tmp_path, text))
    assert str(caught.value) == f'm.mdl, line 10, "y": {message}'


# Functions of whole arrays

VALUES = st.floats(-100, 100, width=32)
SIZE = 4
VECTOR = arrays(np.float64, SIZE, elements=VALUES)
MATRIX = arrays(np.float64, (3, SIZE), elements=VALUES)


def rows_of(matrix: np.ndarray) -> str:
    return "; ".join(", ".join(repr(float(value)) for value in row) for row in np.atleast_2d(matrix)) + ";"


@settings(max_examples=5)
@given(matrix=MATRIX)
def test_folds(tmp_path_factory: pytest.TempPathFactory, matrix: np.ndarray) -> None:
    text = f"""
    Dim: (a1-a3)
    B: (b1-b{SIZE})
    Half: b1, b2
    m[Dim, B] = {rows_of(matrix)}
    k[Dim] = 1, 2, 3
    total = SUM(m[Dim!, B!])
    rows[Dim] = SUM(m[Dim, B!])
    weighted[B] = SUM(m[Dim!, B] * k[Dim!])
    part[Dim] = SUM(m[Dim, Half!])
    product[Dim] = PROD(m[Dim, B!] / 100)
    least[B] = VMIN(m[Dim!, B])
    most = VMAX(m[Dim!, B!])
    """
    names = ["total", "rows[a1]", "rows[a3]", "weighted[b2]", "part[a2]", "product[a1]", "least[b4]", "most"]
    expected = [
        matrix.sum(),
        matrix[0].sum(),
        matrix[2].sum(),
        matrix[:, 1] @ [1, 2, 3],
        matrix[1, :2].sum(),
        (matrix[0] / 100).prod(),
        matrix[:, 3].min(),
        matrix.max(),
    ]
    np.testing.assert_allclose(start(tmp_path_factory.mktemp("m"), text, *names), expected, rtol=1e-12, atol=1e-11)


@settings(max_examples=5)
@given(vector=VECTOR)
def test_sorting(tmp_path_factory: pytest.TempPathFactory, vector: np.ndarray) -> None:
    """Places are counted from 0, ranks from 1; equals keep their order."""
    text = f"""
    B: (b1-b{SIZE}) -> Place
    Place: (p1-p{SIZE}) -> B
    v[B] = {rows_of(vector).rstrip(";")}
    up[Place] = VECTOR SORT ORDER(v[B], 1)
    down[Place] = VECTOR SORT ORDER(v[B], -1)
    rank[B] = VECTOR RANK(v[B], 1)
    turning[B] = VECTOR RANK(v[B], 1 - Time)
    sorted[Place] = VECTOR REORDER(v[B], up[Place])
    """
    found = egovsim.run(model_of(tmp_path_factory.mktemp("m"), text)).to_frame()
    places = range(1, SIZE + 1)
    order = np.argsort(vector, kind="stable")
    down = np.argsort(-vector, kind="stable")
    assert [found[f"up[p{i}]"][0] for i in places] == order.tolist()
    assert [found[f"down[p{i}]"][0] for i in places] == down.tolist()
    assert [found[f"rank[b{i}]"][0] for i in places] == (np.argsort(order) + 1).tolist()
    assert [found[f"turning[b{i}]"][1] for i in places] == (np.argsort(down) + 1).tolist()
    assert [found[f"sorted[p{i}]"][0] for i in places] == np.sort(vector).tolist()


def test_an_element_at_an_offset(tmp_path: Path) -> None:
    text = """
    Dim: a1, a2
    B: b1, b2, b3
    m[Dim, B] = 1, 2, 3; 4, 5, 6;
    fixed = VECTOR ELM MAP(m[a1, b2], 3)
    moving = VECTOR ELM MAP(m[a1, b1], Time * 3)
    numbered[Dim] = VECTOR ELM MAP(m[a1, b1], (Dim - 1) * ELMCOUNT(B))
    outside = VECTOR ELM MAP(m[a2, b3], 1)
    leaving = VECTOR ELM MAP(m[a2, b1], Time + 1)
    """
    names = ("fixed", "moving", "numbered[a1]", "numbered[a2]", "outside", "leaving")
    fixed, moving, first, second, outside, leaving = trajectory(tmp_path, text, *names)
    assert (fixed, first, second, outside) == ([5] * 3, [1] * 3, [4] * 3, [NOT_AVAILABLE] * 3)
    assert moving == [1, 4, NOT_AVAILABLE]
    assert leaving == [5, 6, NOT_AVAILABLE]


@pytest.mark.parametrize(
    ("action", "expected"),
    [(0, 11.0), (1, 24.0), (2, 3.0), (3, 8.0), (4, 5.5), (5, 48.0), (6, 5.0), (7, 6.0), (8, 2.0), (9, 3.0), (10, 2.5)],
)
def test_selected_elements(tmp_path: Path, action: int, expected: float) -> None:
    """The selectors are 4, 0 and 1, the elements 2, 7 and 3; powers: 2 ^ 4 * 3 ^ 1 is 48."""
    text = """
    Dim: a, b, c
    s[Dim] = 4, 0, 1
    x[Dim] = 2, 7, 3
    known = VECTOR SELECT(s[Dim!], x[Dim!], -1, ACTION, 0)
    chosen = ACTION
    named = VECTOR SELECT(s[Dim!], x[Dim!], -1, chosen, 0)
    moving = VECTOR SELECT(s[Dim!], x[Dim!], -1, ACTION + Time * 0, 0)
    none = VECTOR SELECT(0 * s[Dim!], x[Dim!], -1, ACTION, 0)
    """.replace("ACTION", str(action))
    assert start(tmp_path, text, "known", "named", "moving", "none") == [expected, expected, expected, -1]


def test_a_constant_that_chooses_is_part_of_the_compiled_model(tmp_path: Path) -> None:
    """One action is compiled, not eleven; a new value for a run would be taken and ignored, so it is refused."""
    text = """
    Dim: a, b, c
    s[Dim] = 4, 0, 1
    x[Dim] = 2, 7, 3
    action[Dim] = 0, 1, 2
    y[Dim] = VECTOR SELECT(s[Dim!], x[Dim!], -1, action[c], 0)
    down = -1
    ranked[Dim] = VECTOR RANK(x[Dim], down)
    """
    model = model_of(tmp_path, text)
    for name, variable in (("action[c]", "y[a]"), ("down", "ranked[a]")):
        shown = name.partition("[")[0]
        message = (
            f'"{shown}" is what a function of arrays does in "{variable}", which is fixed when the model is compiled'
        )
        with pytest.raises(InputError) as caught:
            egovsim.run(model, constants={name: 1.0})
        assert str(caught.value) == f"constants: {message}; change it in the file."
    egovsim.run(model, constants={"action[a]": 5.0})
    assert start(tmp_path, text, "y[b]", "ranked[a]", "ranked[b]") == [3, 3, 1]


@settings(max_examples=5)
@given(matrix=arrays(np.float64, (3, 3), elements=st.integers(-9, 9).map(float)))
def test_the_inverse_of_a_matrix(tmp_path_factory: pytest.TempPathFactory, matrix: np.ndarray) -> None:
    """Dim zero on the diagonal is no hindrance: the largest pivot is chosen."""
    if abs(np.linalg.det(matrix)) < 0.5:
        matrix = matrix + np.array([[0.0, 20, 0], [0, 0, 20], [20, 0, 0]])
    if abs(np.linalg.det(matrix)) < 0.5:
        return
    text = f"R: r1, r2, r3\nC: c1, c2, c3\nm[R, C] = {rows_of(matrix)}\ni[R, C] = INVERT MATRIX(m[R, C], 3)"
    names = [f"i[r{row},c{column}]" for row, column in product((1, 2, 3), repeat=2)]
    found = start(tmp_path_factory.mktemp("m"), text, *names)
    np.testing.assert_allclose(found, np.linalg.inv(matrix).ravel(), rtol=1e-9, atol=1e-9)


def test_the_inverse_where_the_diagonal_is_zero(tmp_path: Path) -> None:
    text = "R: r1, r2\nC: c1, c2\nm[R, C] = 0, 2; 4, 0;\ni[R, C] = INVERT MATRIX(m[R, C], 2)"
    assert start(tmp_path, text, "i[r1,c1]", "i[r1,c2]", "i[r2,c1]", "i[r2,c2]") == [0, 0.25, 0.5, 0]


@settings(max_examples=8)
@given(
    requests=arrays(np.float64, 3, elements=st.floats(0.5, 10)),
    priorities=arrays(np.float64, 3, elements=st.floats(0, 10)),
    width=st.floats(0.5, 8),
    share=st.floats(0, 1.5),
)
def test_a_supply_shared_by_priority(
    tmp_path_factory: pytest.TempPathFactory, requests: np.ndarray, priorities: np.ndarray, width: float, share: float
) -> None:
    """All of the supply is used, nobody gets more than asked for, and what anybody gets lies above one cut."""
    supply = float(share * requests.sum())
    text = f"""
    Dim: a, b, c
    request[Dim] = {rows_of(requests).rstrip(";")}
    priority[Dim] = {rows_of(priorities).rstrip(";")}
    got[Dim] = ALLOCATE BY PRIORITY(request[Dim], priority[Dim], ELMCOUNT(Dim), {width!r}, {supply!r})
    """
    got = np.array(start(tmp_path_factory.mktemp("m"), text, "got[a]", "got[b]", "got[c]"))
    assert got.sum() == pytest.approx(min(supply, requests.sum()), abs=1e-9)
    assert np.all(got >= 0)
    assert np.all(got <= requests + 1e-9)
    partly = (got > 1e-9) & (got < requests - 1e-9)
    cuts = priorities + width / 2 - width * got / requests
    assert np.ptp(cuts[partly]) < 1e-6 if partly.sum() > 1 else True
    assert np.all(cuts[got <= 1e-9] <= cuts[partly].min(initial=np.inf) + 1e-6)


SHARING = """
    Dim: a, b, c
    request[Dim] = 1, 1, 1
    priority[Dim] = 4, 0, 0
    width = 1
    supply = 0
    got[Dim] = ALLOCATE BY PRIORITY(request[Dim], priority[Dim], ELMCOUNT(Dim), width, supply)
"""


def shared(folder: Path, **columns: np.ndarray) -> np.ndarray:
    """Share for many members at once, shape (member, request)."""
    arrays_of = [(name, columns[name].T) for name in ("request", "priority")]
    values = {f"{name}[{id}]": row for name, rows in arrays_of for id, row in zip("abc", rows, strict=True)}
    design = egovsim.Design.of({**values, "width": columns["width"], "supply": columns["supply"]})
    return egovsim.run(model_of(folder, SHARING), design=design, outputs=["got"]).values("got")[0, 0, :, 0]


def test_no_supply_is_shared_as_nothing_whatever_the_priorities(tmp_path: Path) -> None:
    """The upper end of a request is where it takes exactly nothing, however priority and width are rounded.

    The first row was found by random draws to be shared as what is not a number.
    """
    draw = np.random.default_rng(8)
    priority = draw.uniform(-10, 10, (4000, 3))
    priority[:2000, 1:] = priority[:2000, :1]  # equals
    width, request = draw.uniform(0.01, 8, 4000), draw.uniform(0, 10, (4000, 3))
    request[1000:3000, 0] = 0.0
    request[2500:2600] = 0.0
    priority[0], width[0], request[0] = (4.0, 0.0, 0.0), 0.8024229696839427, 1.0
    for supply in (0.0, -1.0):
        got = shared(tmp_path, request=request, priority=priority, width=width, supply=np.full(4000, supply))
        np.testing.assert_array_equal(got, 0.0)


def test_a_supply_of_any_size_is_shared_whole(tmp_path: Path) -> None:
    """From a trace, smaller than what rounding leaves of a request at its end, to more than is asked for."""
    draw = np.random.default_rng(9)
    priority, request = draw.uniform(-10, 10, (6000, 3)), draw.uniform(0, 10, (6000, 3))
    priority[:2000, 1:] = priority[:2000, :1]
    request[1000:4000, 0] = 0.0
    asked = request.sum(axis=1)
    supply = asked * draw.choice([1e-300, 1e-18, 1e-15, 1e-9, 0.3, 0.9, 1.0, 1.5], 6000)
    got = shared(tmp_path, request=request, priority=priority, width=draw.uniform(0.01, 8, 6000), supply=supply)
    np.testing.assert_allclose(got.sum(axis=1), np.minimum(supply, asked), rtol=1e-12, atol=1e-11)
    assert np.all((got >= 0) & (got <= request * (1 + 1e-15)))
    enough = supply >= asked
    np.testing.assert_allclose(got[enough], request[enough], rtol=1e-12)


@pytest.mark.parametrize("width", [0.0, -1.0])
def test_a_width_that_is_not_above_0_fails_the_member(tmp_path: Path, width: float) -> None:
    """Vensim's reference gives it no meaning; another rule of sharing must not be made up in silence."""
    request, priority = np.ones((3, 3)), np.array([[4.0, 0.0, 0.0], [1.0, 1.0, 1.0], [3.0, 2.0, 1.0]])
    supply = np.array([0.0, 1.0, 9.0])
    assert np.isnan(shared(tmp_path, request=request, priority=priority, width=np.full(3, width), supply=supply)).all()


# XMILE's arrays


def xmile(folder: Path, variables: str) -> egovsim.Model:
    path = folder / "m.xmile"
    path.write_text(
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><header/>'
        "<sim_specs><start>0</start><stop>1</stop><dt>1</dt></sim_specs>"
        '<dimensions><dim name="N" size="4"/><dim name="Dim"><elem name="a"/><elem name="b"/></dim></dimensions>'
        f"<model><variables>{variables}</variables></model></xmile>",
        encoding="utf-8",
    )
    return egovsim.read_model(path)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("SUM(x[*])", 100.0),
        ("SUM(x)", 100.0),
        ("MEAN(x[2:4])", 30.0),
        ("SIZE(x[1:3]) + SIZE(m)", 11.0),
        ("MIN(x[*]) + MAX(x)", 50.0),
        ("MAX(x[N])", 40.0),
        ("PROD(x[1:2])", 200.0),
        ("STDDEV(x)", 12.909944487358056),
        ("SUM(m[*, b])", 24.0),
        ("SUM(m[2, *] * 10)", 70.0),
        ("x[3] - x[1]", 20.0),
    ],
)
def test_slices_and_functions_of_arrays(tmp_path: Path, equation: str, expected: float) -> None:
    model = xmile(
        tmp_path,
        '<aux name="x"><dimensions><dim name="N"/></dimensions><eqn>N * 10</eqn></aux>'
        '<aux name="m"><dimensions><dim name="N"/><dim name="Dim"/></dimensions>'
        '<element subscript="1,a"><eqn>1</eqn></element><element subscript="1,b"><eqn>3</eqn></element>'
        '<element subscript="2,a"><eqn>2</eqn></element><element subscript="2,b"><eqn>5</eqn></element>'
        '<element subscript="3,a"><eqn>3</eqn></element><element subscript="3,b"><eqn>7</eqn></element>'
        '<element subscript="4,a"><eqn>4</eqn></element><element subscript="4,b"><eqn>9</eqn></element></aux>'
        f'<aux name="y"><eqn>{equation}</eqn></aux>',
    )
    assert egovsim.run(model).to_frame()["y"][0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ("2:9", '"9" is not an element of "n" (1, 2, 3, 4), so no end of a slice of it.'),
        ("0:2", '"0" is not an element of "n" (1, 2, 3, 4), so no end of a slice of it.'),
        ("first:2", '"first" is not an element of "n" (1, 2, 3, 4), so no end of a slice of it.'),
        ("1:zz", '"zz" is not an element of "n" (1, 2, 3, 4), so no end of a slice of it.'),
        ("*:zz", '"zz" is no part of "N" (1, 2, 3, 4), so nothing runs over it there; name a part of it.'),
        ("3:2", "the slice 3:2 begins behind its end; exchange the two."),
    ],
)
def test_a_slice_that_leaves_its_dimension_is_refused(tmp_path: Path, ends: str, message: str) -> None:
    """What is beyond the end was left out of the sum, and a slice the wrong way round was nothing."""
    array = '<aux name="x"><dimensions><dim name="N"/></dimensions><eqn>N * 10</eqn></aux>'
    with pytest.raises(ModelError) as caught:
        egovsim.run(xmile(tmp_path, f'{array}<aux name="y"><eqn>SUM(x[{ends}])</eqn></aux>'))
    assert str(caught.value) == f'm.xmile, line 1, "y": {message}'


@pytest.mark.parametrize("ends", ["low:3", "1:high", "low:high", "low + 1:3", "1:1e400"])
def test_a_slice_whose_ends_are_computed_is_named_by_check(tmp_path: Path, ends: str) -> None:
    array = '<aux name="x"><dimensions><dim name="N"/></dimensions><eqn>N * 10</eqn></aux>'
    bounds = '<aux name="low"><eqn>1</eqn></aux><aux name="high"><eqn>TIME + 2</eqn></aux>'
    model = xmile(tmp_path, f'{array}{bounds}<aux name="y"><eqn>SUM(x[{ends}])</eqn></aux>')
    (error,) = [str(finding) for finding in egovsim.check(model) if finding.severity == "error"]
    assert error == f'error: m.xmile, line 1, "y": a computed subscript cannot be run here: x[{ends}]'
    with pytest.raises(egovsim.UnsupportedError):
        egovsim.run(model)
