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
    parts = [f'<aux name="k{number}"><eqn>0.{number + 1:02d}</eqn></aux>' for number in range(CONSTANTS)]
    for number in range(stocks):
        uses = f"(a{4 * number % made} - s{number} * k{number % CONSTANTS}) / (1.0 + a{(4 * number + 1) % made})"
        parts.append(f'<stock name="s{number}"><eqn>{1 + number % 7}.0</eqn><inflow>f{number}</inflow></stock>')
        parts.append(f'<flow name="f{number}"><eqn>{uses}</eqn></flow>')
    for number in range(made):
        s, t = draw.randrange(stocks), draw.randrange(stocks)
        before = f" + a{draw.randrange(number)} * 0.1" if number else ""
        looked_up = number % 4 == 0
        rule = f"s{s} / (s{t} + 3.0)" if looked_up else f"MAX(s{s}, k{number % CONSTANTS}) / (1.0 + s{t} * s{t})"
        parts.append(f'<aux name="a{number}"><eqn>{rule}{before}</eqn>{POINTS if looked_up else ""}</aux>')
    return f"{HEAD}{''.join(parts)}</variables></model></xmile>\n"
