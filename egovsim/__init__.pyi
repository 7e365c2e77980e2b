from . import analysis as analysis, library as library, testing as testing, validation as validation
from .analysis.history_matching.evidence import Benchmark as Benchmark
from .analysis.history_matching.evidence_files import read_benchmark as read_benchmark
from .analysis.history_matching.matching import Match as Match, history_match as history_match
from .egov.barrier_worth import BarrierWorth as BarrierWorth, barrier_worth as barrier_worth
from .egov.barriers import BARRIERS as BARRIERS, Barrier as Barrier
from .egov.binding import BindingPeriod as BindingPeriod, binding_barriers as binding_barriers
from .egov.compare import compare as compare
from .egov.regions.conditioning import (
    MovedConstant as MovedConstant,
    ReachedValue as ReachedValue,
    RegionMatch as RegionMatch,
    RegionMatches as RegionMatches,
    match_region as match_region,
)
from .egov.regions.published_values import PublishedValues as PublishedValues, PublishedYear as PublishedYear
from .egov.comparison import Comparison as Comparison
from .egov.extra_money import ExtraMoneyEffects as ExtraMoneyEffects, extra_money_effects as extra_money_effects
from .egov.findings.barrier_findings import barrier_findings as barrier_findings
from .egov.why import Why as Why
from .egov.influence import equal_money as equal_money, proportional as proportional
from .egov.scenario_effects import ScenarioEffect as ScenarioEffect
from .errors import (
    DataError as DataError,
    EgovsimError as EgovsimError,
    InputError as InputError,
    ModelError as ModelError,
    OutputError as OutputError,
    SimulationError as SimulationError,
    UnknownNameError as UnknownNameError,
    UnsupportedError as UnsupportedError,
    ValueRangeError as ValueRangeError,
)
from .model.checking import Finding as Finding, check as check
from .model.inputs import (
    Design as Design,
    PolicyPath as PolicyPath,
    Profile as Profile,
    Range as Range,
    Scenario as Scenario,
    Series as Series,
)
from .model.interventions.hold import hold as hold
from .model.metrics import (
    Metric as Metric,
    final as final,
    first_at_or_above as first_at_or_above,
    mean_over as mean_over,
    value_at as value_at,
)
from .model.model import Model as Model
from .readers.read_model import read_model as read_model
from .readers.changes import read_changes as read_changes
from .simulation.files import read_policy as read_policy, read_profile as read_profile, read_scenario as read_scenario
from .simulation.result import Result as Result, load_result as load_result
from .simulation.run import run as run
from .simulation.sampling import sample as sample
from .validation.pysd_comparison import Crosscheck as Crosscheck, crosscheck as crosscheck
from .validation.suite import validate as validate
from .validation.verdicts import Validation as Validation
from .writers.xmile import write_xmile as write_xmile

__version__: str
