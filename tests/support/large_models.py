"""Large Vensim models of the kind that researchers share, and what they come to, worked out in NumPy.

Their sectors are alike and numbered; each reads the index of the one before it.  A sector has arrays over four
dimensions with parts, copies, mappings and exceptions, macros, lookups, delays and data; the files bear what
Vensim 5 to 9 leave in them: groups, notes over several lines, names in quotation marks, sketches, settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from openpyxl import Workbook

FIRST, LAST, STEP = 2000.0, 2010.0, 0.25
REGIONS = ("North", "South", "East", "West Coast", "Centre")
AGES = tuple(f"Age{number}" for number in range(1, 9))
SOURCES = ("Coal", "Oil", "Natural gas", "Solar PV", "Wind")
COASTAL = np.array([True, False, False, True, False])

DIMENSIONS = """
Region:
	North, South, East, West Coast\\
		, Centre
	~
	~	Statistical regions.
	|

Coastal: North, West Coast ~~|
Inland:
	South, East, Centre ~~|
Zone: ZoneA, ZoneB -> (Region: Coastal, Inland) ~~|
Region to <-> Region ~~|
Age:
	(Age1-Age8)
	~
	~		|
Children: Age1, Age2 ~~|
"Working age (15-64)": (Age3-Age6) ~~|
Old: Age7, Age8 ~~|
Source: Coal, Oil, "Natural gas", Solar PV, Wind ~~|
Fossil: Coal, Oil, "Natural gas" ~~|
Renewable:
	Solar PV,
	Wind ~~|
"""

MACROS = """:MACRO: TRACK(input,time to track:gap,speed)
TRACK = INTEG(speed, input*0.5)
	~	input
	~	Follows its input; shows how far behind it is, and how fast it moves.
	|

gap = input - TRACK
	~	input
	~		|

speed = gap/MAX(time to track,TIME STEP$)
	~	input/time to track
	~		|

:END OF MACRO:
:MACRO: SSHAPE(xin, profile )
SSHAPE = IF THEN ELSE( inside>0.5, 1-(1-inside)^profile*0.5/0.5^profile, inside^profile*\\
		0.5/0.5^profile)
	~	dmnl
	~	Between 0 and 1 for whatever comes in.
	|

inside = MIN(1,MAX(0,xin))
	~	xin
	~		|

:END OF MACRO:
"""

SECTOR = """
********************************************************
	.@Sector {k}
********************************************************~
		Population, energy and trade of sector {k}.
	|

{s} Population[Region,Age]= INTEG (
	{s} births[Region,Age]+{s} ageing in[Region,Age]-{s} ageing out[Region,Age]-{s} deaths\\
		[Region,Age],
		{s} initial population[Region,Age])
	~	Person [0,?]
	~	People by region and age. (Source: the census of 2000, whose tables give \\
		ages in groups of ten years.)
	|

{s} births[Region,Age1]=
	{s} fertility*SUM({s} Population[Region,"Working age (15-64)"!]) ~~|
{s} births[Region,Age]:EXCEPT:[Region,Age1]=
	0
	~	Person/Year
	~		|

{s} ageing out[Region,Age]:EXCEPT:[Region,Old]=
	{s} Population[Region,Age]/10 ~~|
{s} ageing out[Region,Age7]=
	{s} Population[Region,Age7]/10 ~~|
{s} ageing out[Region,Age8]=0
	~	Person/Year
	~		|

{s} ageing in[Region,Age1]= 0 ~~|
{younger}
{s} deaths[Region,Age]=
	{s} Population[Region,Age]*{s} death rate[Age]
	~	Person/Year
	~		|

{s} death rate[Children]=
	0.02 ~~|
{s} death rate["Working age (15-64)"]=
	0.01 ~~|
{s} death rate[Old]=
	0.08
	~	1/Year [0,1]
	~		|

{s} initial population[Region,Age]=
	1,2,3,4,5,6,7,8;
	2,3,4,5,6,7,8,9;
	3,4,5,6,7,8,9,10;
	4,5,6,7,8,9,10,11;
	5,6,7,8,9,10,11,12;
	~	Person
	~		|

{s} fertility= 0.05 + {k}*0.001
	~	1/Year
	~		|

"{s} people / region"[Region]=
	SUM({s} Population[Region,Age!])
	~	Person
	~	A name with a sign in it.
	|

{s} Capacity[Renewable]= INTEG (
	{s} orders[Renewable]-{s} Capacity[Renewable]/20,
		2) ~~|
{s} Capacity[Fossil]=
	5
	~	GW
	~	Old plants neither close nor grow.
	|

{s} orders[Renewable]=
	{s} Capacity[Renewable]*0.1*{s} effect of pressure
	~	GW/Year
	~		|

{s} total capacity=
	SUM({s} Capacity[Source!])
	~	GW
	~		|

{s} share of renewables=
	ZIDZ(SUM({s} Capacity[Renewable!]),{s} total capacity)
	~	Dmnl
	~		|

{s} pressure=
	SUM("{s} people / region"[Region!])/300 + {coupling}
	~	Dmnl
	~		|

{s} effect of pressure={s} table of pressure(
	{s} pressure)
	~	Dmnl
	~		|

{s} table of pressure(
	[(0,0)-(3,2)],(0,0.5),(0.5,0.7),(1,1\\
		),(2,1.4),(3,1.5))
	~	Dmnl
	~		|

{s} old table(
	0,1,2,4,
	1,2,2.5,3)
	~	Dmnl
	~	Points as they were written before version 3.
	|

{s} answer=
	{s} old table({s} share of renewables*4)
	~	Dmnl
	~	Threshold 'high development'; written by Müller & Søn.
	|

{s} demand series[Region]
	~	GWh
	~		|

{s} demand[Region]=
	{s} demand series[Region]*{s} weights[Region]+{s} price series
	~	GWh
	~		|

{s} price series ~~|

{s} weights[Region]=
	GET DIRECT CONSTANTS('?Inputs', 'Data', 'B{row}')
	~	Dmnl
	~		|

{s} profile[Region]:HOLD BACKWARD::=
	GET DIRECT DATA('?Inputs' , 'Series' , 'A' , 'B2')
	~	Dmnl
	~		|

{s} zone tax[Zone]=
	0.1,0.3
	~	Dmnl
	~		|

{s} tax[Region]=
	{s} zone tax[Zone]*{s} profile[Region]
	~	Dmnl
	~		|

{s} trade[Region,Region to]=
	{s} weights[Region]*{s} weights[Region to]*(1-{s} tax[Region])
	~	GWh
	~		|

{s} imports[Region to]=
	SUM({s} trade[Region!,Region to])
	~	GWh
	~		|

{s} tracked=
	TRACK(SUM({s} demand[Region!]),3:{s} track gap,{s} track speed)
	~	GWh
	~	Names after the colon are variables as well.
	|

{s} tracked region[Region]=
	TRACK({s} demand[Region],2:{s} region gap,{s} region speed)
	~	GWh
	~		|

{s} readiness= SSHAPE({s} share of renewables, 2)
	~	Dmnl
	~		|

{s} smoothed[Region]=
	SMOOTHI({s} demand[Region],4,{s} weights[Region])
	~	GWh
	~		|

{s} arriving= DELAY FIXED (
	{s} track gap, 1, 0)
	~	GWh
	~		|

{s} policy on=
	IF THEN ELSE(Time >= 2003 :AND: (Time < 2006 :OR: :NOT: {s} pressure < 1.05) ,\\
		STEP(1,2004), 0.25)
	~	Dmnl
	~		|

{s} dimmer[Age]=
	IF THEN ELSE(Age > 4,1,0)
	~	Dmnl
	~	The place of an element in its range.
	|

{s} elderly=
	SUM({s} dimmer[Age!]*{s} death rate[Age!])
	~	Dmnl
	~		|

{s} first answer= INITIAL(
	{s} answer)
	~	Dmnl
	~		|

{s} index=
	{s} answer/{s} first answer+{s} readiness+{s} policy on*0.1+{s} tracked/1000
	~	Dmnl
	~	What the next sector reads.
	~	:SUPPLEMENTARY
	|

{constants}
RC {s} nobody nothing:THE CONDITION:
	{s} no people:IMPLIES:{s} pressure <= RC STEP CHECK(0.5, {s} pressure, 0.1)
	~
	~		|

{s} no people:TEST INPUT:
	{s} Population[Region,Age] = RC STEP({s} Population[Region,Age], 0)
	~
	~		|
"""

CONTROL = """
********************************************************
	.Control
********************************************************~
		Simulation Control Parameters
	|

FINAL TIME  = 2010
	~	Year
	~	The final time for the simulation.
	|

INITIAL TIME  = 2000
	~	Year
	~	The initial time for the simulation.
	|

SAVEPER  =
        TIME STEP
	~	Year [0,?]
	~	The frequency with which output is stored.
	|

TIME STEP  = 0.25
	~	Year [0,?]
	~	The time step for the simulation.
	|

"""

SKETCHES = {
    "V300": """\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*View {k}
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0
10,1,{s} Population,379,175,40,20,3,3,0,0,-1,0,0,0
10,2,{s} pressure,436,275,28,11,8,3,0,0,0,0,0,0
1,3,1,2,1,0,0,0,0,64,0,-1--1--1,,1|(410,231)|
12,4,48,197,179,10,8,0,3,0,0,-1,0,0,0
11,5,48,267,179,6,8,34,3,0,0,1,0,0,0
12,6,0,395,511,106,31,8,4,0,0,-1,0,0,0
A comment | with what equations use ~ in it
""",
    "V301": """\\\\\\---/// Sketch information - do not modify anything except names
V301  Do not put anything below this section - it will be ignored
*View {k}
$-1--1--1,0,Verdana|10||0-0-0|0-0-0|0-0-0|-1--1--1|-1--1--1|96,96,65,0
10,1,{s} Population,379,175,40,20,3,3,0,0,-1,0,0,0,0,0,0,0,0,0,0,0,0,0
10,2,{s} pressure,436,275,28,11,8,3,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
1,3,1,2,1,0,0,0,0,64,0,-1--1--1,,1|(410,231)|
""",
}

SETTINGS = """///---\\\\\\
:GRAPH Share
:TITLE Share
:VAR share of renewables
:L<%^E!@
1:base.vdf
9:base
13:history.vdf
30:?Inputs=Z:\\models\\large\\inputs.xlsx
22:$,Dollar,Dollars,$s
22:Year,Years
15:0,0,0,0,0,0
19:75,0
24:2000
25:2010
26:2010
"""


@dataclass(frozen=True)
class Large:
    """A model's file and how it is worked out: `sectors` of it, `constants` more in each."""

    path: Path
    sectors: int
    constants: int


def write_vensim(
    folder: Path,
    *,
    sectors: int,
    constants: int = 4,
    encoding: str = "utf-8",
    newline: str = "\r\n",
    sketch: str = "V300",
) -> Large:
    """Write large.mdl, and beside it the spreadsheet and the exported run that it takes data from."""
    names = [f"S{k:02d}" for k in range(1, sectors + 1)]
    parts = ["{UTF-8}\n" if encoding == "utf-8" else "", MACROS, DIMENSIONS]
    for k, s in enumerate(names, 1):
        younger = "\n".join(
            f"{s} ageing in[Region,{old}]={s} ageing out[Region,{young}] ~~|" for young, old in pairwise(AGES)
        )
        coupling = f"{names[k - 2]} index*0.01" if k > 1 else "0"
        more = "\n".join(f"{s} constant {n}= {n} + {k}/8\n\t~\tDmnl\n\t~\t\t|\n" for n in range(constants))
        parts.append(SECTOR.format(k=k, s=s, younger=younger, coupling=coupling, constants=more, row=k + 1))
    parts.append(CONTROL)
    parts += [SKETCHES[sketch].format(k=k, s=s) for k, s in enumerate(names, 1)]
    parts.append(SETTINGS)
    path = folder / "large.mdl"
    path.write_bytes("".join(parts).replace("\n", newline).encode(encoding))
    _write_spreadsheet(folder / "inputs.xlsx", sectors)
    _write_export(folder / "history.dat", names)
    return Large(path, sectors, constants)


def _write_spreadsheet(path: Path, sectors: int) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Data"
    sheet.append(["Sector", *REGIONS])
    for k in range(1, sectors + 1):
        sheet.append([k, *_weights(k)])
    series = workbook.create_sheet("Series")
    series.append(["Year", *REGIONS])
    for year, *values in PROFILE:
        series.append([year, *values])
    workbook.save(path)


PROFILE = ((2000, 1.0, 0.9, 0.8, 0.7, 0.6), (2004, 0.5, 0.6, 0.7, 0.8, 0.9), (2008, 0.25, 0.25, 0.25, 0.25, 0.25))
"""Year, and a value for each region, which holds until the next year."""


def _weights(k: int) -> list[float]:
    return [0.5 + k / 100.0 + place / 10.0 for place in range(len(REGIONS))]


def _write_export(path: Path, names: list[str]) -> None:
    lines: list[str] = []
    for s in names:
        for place, region in enumerate(REGIONS):
            lines += [f"{s} demand series[{region}]", f"2000\t{10 + place}", f"2005\t{12 + place}", "2010\t20"]
        lines += [f"{s} price series", "2000\t1", "2010\t3"]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")


def expected(large: Large) -> dict[str, np.ndarray]:
    """Work the Vensim model out by Euler's method, all sectors at once where they do not depend on each other.

    Returns
    -------
    dict of str to array
        Courses of outcomes by name without the sector's, float64, shape (time, sector, …).
    """
    k = np.arange(1, large.sectors + 1)
    weights = np.array([_weights(number) for number in range(1, large.sectors + 1)])
    people = np.repeat((np.arange(5)[:, None] + np.arange(8) + 1.0)[None], large.sectors, axis=0)
    renewable = np.full((large.sectors, 2), 2.0)
    death = np.array([0.02, 0.02, 0.01, 0.01, 0.01, 0.01, 0.08, 0.08])
    tax = np.where(COASTAL, 0.1, 0.3)
    saved: dict[str, list[np.ndarray]] = {}
    tracked = region_tracked = smoothed = first = None
    gaps: list[np.ndarray] = []
    for number in range(round((LAST - FIRST) / STEP) + 1):
        time = FIRST + number * STEP
        base = np.array([np.interp(time, [2000, 2005, 2010], [10.0 + p, 12.0 + p, 20.0]) for p in range(5)])
        demand = base * weights + np.interp(time, [2000, 2010], [1.0, 3.0])
        profile = np.array([row[1:] for row in PROFILE if row[0] <= time][-1])
        if tracked is None or region_tracked is None or smoothed is None:
            tracked, region_tracked, smoothed = demand.sum(axis=1) * 0.5, demand * 0.5, weights.copy()
        gap = demand.sum(axis=1) - tracked
        share = renewable.sum(axis=1) / (renewable.sum(axis=1) + 15.0)
        answer = np.interp(share * 4.0, [0, 1, 2, 4], [1, 2, 2.5, 3])
        first = answer if first is None else first
        ready = np.where(share > 0.5, 1 - (1 - share) ** 2 * 2, share**2 * 2)
        pressure, index, policy = np.zeros((3, large.sectors))
        for one in range(large.sectors):
            pressure[one] = people[one].sum() / 300.0 + (index[one - 1] * 0.01 if one else 0.0)
            allowed = time >= 2003 and (time < 2006 or not pressure[one] < 1.05)
            policy[one] = (1.0 if time >= 2004 else 0.0) if allowed else 0.25
            index[one] = answer[one] / first[one] + ready[one] + policy[one] * 0.1 + tracked[one] / 1000.0
        effect = np.interp(pressure, [0, 0.5, 1, 2, 3], [0.5, 0.7, 1, 1.4, 1.5])
        gaps.append(gap)
        found = {
            "people / region": people.sum(axis=2),
            "share of renewables": share,
            "pressure": pressure,
            "effect of pressure": effect,
            "total capacity": renewable.sum(axis=1) + 15.0,
            "policy on": policy,
            "readiness": ready,
            "elderly": np.full(large.sectors, death[4:].sum()),
            "demand": demand,
            "tax": np.broadcast_to(tax * profile, weights.shape),
            "track speed": gap / 3.0,
            "index": index,
            "tracked": tracked,
            "track gap": gap,
            "tracked region": region_tracked,
            "smoothed": smoothed,
            "arriving": gaps[number - 4] if number >= 4 else np.zeros(large.sectors),
            "imports": (weights * (1.0 - tax * profile)).sum(axis=1)[:, None] * weights,
        }
        for name, value in found.items():
            saved.setdefault(name, []).append(value)
        out = people / 10.0
        out[:, :, 7] = 0.0
        rate = -out - people * death
        rate[:, :, 1:] += out[:, :, :7]
        rate[:, :, 0] += (0.05 + k * 0.001)[:, None] * people[:, :, 2:6].sum(axis=2)
        people = people + rate * STEP
        renewable = renewable + (renewable * 0.1 * effect[:, None] - renewable / 20.0) * STEP
        tracked = tracked + gap / 3.0 * STEP
        region_tracked = region_tracked + (demand - region_tracked) / 2.0 * STEP
        smoothed = smoothed + (demand - smoothed) / 4.0 * STEP
    return {name: np.array(values) for name, values in saved.items()}


OVER_REGIONS = ("people / region", "demand", "tax", "tracked region", "smoothed", "imports")


def columns_of(name: str, sector: int) -> list[str]:
    """Return the columns of a run that an outcome of a sector is in."""
    full = f"S{sector:02d} {name}"
    return [f"{full}[{region}]" for region in REGIONS] if name in OVER_REGIONS else [full]
