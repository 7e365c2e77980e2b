"""A model of any size, of the kind researchers have: stocks, flows, lookups and auxiliaries that use each other."""

from __future__ import annotations

import random

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>egovsim</vendor><product version="1">benchmark</product></header>
<sim_specs method="euler"><start>0</start><stop>10</stop><dt>0.125</dt></sim_specs><model><variables>
"""
POINTS = '<gf><xscale min="0" max="10"/><ypts>1,2,3,2.5,2,1.5,1,0.5,0.4,0.3,0.2</ypts></gf>'
CONSTANTS = 50


def xmile(variables: int) -> str:
    """Return the text of a model of about so many variables; the same text for the same number."""
    draw = random.Random(variables)
    stocks = variables // 5
    made = 3 * stocks
    parts = [f'<aux name="k{one}"><eqn>0.{one + 1:02d}</eqn></aux>' for one in range(CONSTANTS)]
    for one in range(stocks):
        uses = f"(a{4 * one % made} - s{one} * k{one % CONSTANTS}) / (1.0 + a{(4 * one + 1) % made})"
        parts.append(f'<stock name="s{one}"><eqn>{1 + one % 7}.0</eqn><inflow>f{one}</inflow></stock>')
        parts.append(f'<flow name="f{one}"><eqn>{uses}</eqn></flow>')
    for one in range(made):
        s, t = draw.randrange(stocks), draw.randrange(stocks)
        before = f" + a{draw.randrange(one)} * 0.1" if one else ""
        looked_up = one % 4 == 0
        rule = f"s{s} / (s{t} + 3.0)" if looked_up else f"MAX(s{s}, k{one % CONSTANTS}) / (1.0 + s{t} * s{t})"
        parts.append(f'<aux name="a{one}"><eqn>{rule}{before}</eqn>{POINTS if looked_up else ""}</aux>')
    return f"{HEAD}{''.join(parts)}</variables></model></xmile>\n"
