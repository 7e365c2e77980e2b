"""Variables replaced for whoever reads them, against a model whose answers can be written down.

If these fail, what the removal of a barrier is worth is a wrong number.
"""

from __future__ import annotations

import numpy as np
import pytest

import egovsim
from egovsim.errors import InputError, UnknownNameError
from egovsim.model.inputs import Scenario, Series
from egovsim.model.interventions.replacement import Replacement, with_replacements
from egovsim.model.model import Model

XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>test</vendor><product version="1.0">test</product><name>Skill</name></header>
<sim_specs method="euler" time_units="years"><start>2020</start><stop>2030</stop><dt>0.25</dt></sim_specs>
<dimensions><dim name="Area"><elem name="a"/><elem name="b"/></dim></dimensions>
<model><variables>
<stock name="Skilled"><eqn>20</eqn><outflow>Forgetting</outflow></stock>
<flow name="Forgetting"><eqn>0.1*Skilled</eqn></flow>
<aux name="Staff"><eqn>80+Skilled</eqn></aux>
<aux name="Skill"><eqn>Skilled/Staff</eqn></aux>
<aux name="Bill"><eqn>2*Skilled</eqn></aux>
<stock name="Work"><eqn>Skilled</eqn><inflow>Working</inflow></stock>
<flow name="Working"><eqn>Skill</eqn></flow>
<stock name="Out"><dimensions><dim name="Area"/></dimensions><eqn>8</eqn><outflow>Joining</outflow></stock>
<stock name="In"><dimensions><dim name="Area"/></dimensions><eqn>2</eqn><inflow>Joining</inflow></stock>
<flow name="Joining"><dimensions><dim name="Area"/></dimensions>
<element subscript="a"><eqn>0.1*Out[a]</eqn></element><element subscript="b"><eqn>0</eqn></element></flow>
<aux name="Effort"><eqn>1</eqn></aux>
<aux name="Curve"><eqn>Effort</eqn><gf><xscale min="0" max="1"/><ypts>0,1</ypts></gf></aux>
</variables></model></xmile>
"""
SKILLED = Replacement("Skilled", "Staff", unchanged_readers=("Staff", "Bill"))
JOINED = Replacement("Joining", "Out", within_a_step=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("skill") / "skill.xmile"
    path.write_text(XMILE, "utf-8")
    return egovsim.read_model(path)


def on(*switches: str) -> Scenario:
    return Scenario("on", {switch: Series.constant(1.0) for switch in switches}, 2024.0)


def test_nothing_changes_before_a_switch_is_on(model: Model) -> None:
    changed, _ = with_replacements(model, [SKILLED, JOINED])
    outputs = ["Skilled", "Skill", "Bill", "Work", "Out[a]", "In[b]"]
    before, after = (egovsim.run(each, outputs=outputs) for each in (model, changed))
    for name in outputs:
        assert np.array_equal(before.values(name), after.values(name)), name


def test_readers_get_the_value_while_the_stock_goes_its_own_way(model: Model) -> None:
    """All staff are skilled for who asks; forgetting, the count of staff and the bill go by those who are."""
    changed, (switch,) = with_replacements(model, [SKILLED])
    outputs = ["Skilled", "Skilled itself", "Skill", "Bill", "Staff", "Work"]
    found = egovsim.run(changed, scenarios=[on(switch)], outputs=outputs, save_every=1.0)
    usual = egovsim.run(model, outputs=["Skilled", "Skill", "Work"], save_every=1.0)
    values = {name: found.values(name)[0, 0, 0] for name in outputs}
    since = found.time >= 2024.0
    np.testing.assert_array_equal(values["Skilled itself"], usual.values("Skilled")[0, 0, 0])
    np.testing.assert_array_equal(values["Skill"][since], 1.0)
    np.testing.assert_array_equal(values["Skill"][~since], usual.values("Skill")[0, 0, 0][~since])
    np.testing.assert_array_equal(values["Skilled"][since], values["Staff"][since])
    np.testing.assert_array_equal(values["Staff"], 80.0 + values["Skilled itself"])
    np.testing.assert_array_equal(values["Bill"], 2.0 * values["Skilled itself"])
    np.testing.assert_allclose(values["Work"][-1], usual.values("Work")[0, 0, 0, 4] + 6.0)


def test_a_flow_empties_its_stock_in_one_step_in_every_element(model: Model) -> None:
    """Nobody is lost on the way: who leaves one stock arrives in the other."""
    changed, (switch,) = with_replacements(model, [JOINED])
    outputs = ["Out[a]", "Out[b]", "In[a]", "In[b]"]
    found = egovsim.run(changed, scenarios=[on(switch)], outputs=outputs)
    after = found.time > 2024.0
    for area in "ab":
        out, joined = (found.values(f"{name}[{area}]")[0, 0, 0] for name in ("Out", "In"))
        np.testing.assert_allclose(out + joined, 10.0)
        np.testing.assert_array_equal(out[after], 0.0)
        assert out[~after].min() > 0.0


def test_switches_do_not_touch_each_other(model: Model) -> None:
    changed, (skilled, joined) = with_replacements(model, [SKILLED, JOINED])
    outputs = ["Skill", "Out[b]"]
    one, other = (
        egovsim.run(changed, scenarios=[on(switch)], outputs=outputs, save_every=10.0) for switch in (skilled, joined)
    )
    assert one.values("Skill")[0, 0, 0, -1] == 1.0
    assert one.values("Out[b]")[0, 0, 0, -1] == 8.0
    assert other.values("Skill")[0, 0, 0, -1] < 0.2
    assert other.values("Out[b]")[0, 0, 0, -1] == 0.0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([Replacement("Effort", 1.0)],
         '"Effort" is an input, which a series can set; only a stock, flow or computed auxiliary can be replaced.'),
        ([SKILLED, SKILLED], '"Skilled" is replaced twice; keep one of the replacements.'),
        ([Replacement("Joining", "Staff")], '"Staff" has other dimensions than "Joining", which it shall replace.'),
    ],
)  # fmt: skip
def test_what_cannot_be_replaced_is_refused(model: Model, asked: list[Replacement], message: str) -> None:
    with pytest.raises(InputError) as failure:
        with_replacements(model, asked)
    assert str(failure.value) == message


@pytest.mark.parametrize(
    "wrong",
    [Replacement("Skiled", 1.0), Replacement("Skilled", "Stafff"), Replacement("Skilled", 1.0, ("Bil",))],
    ids=["variable", "value", "reader"],
)
def test_a_misspelt_name_is_refused_with_the_nearest(model: Model, wrong: Replacement) -> None:
    with pytest.raises(UnknownNameError, match=r"is not a variable of skill\.xmile; nearest: "):
        with_replacements(model, [wrong])
