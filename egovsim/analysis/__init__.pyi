from .channel_files import read_channels as read_channels
from .channels import (
    Channel as Channel,
    ChannelEffects as ChannelEffects,
    channel_effects as channel_effects,
)
from .comparison.gap import GapItem as GapItem, gap_table as gap_table
from .comparison.ranking import (
    PathResult as PathResult,
    RankingCriteria as RankingCriteria,
    rank_paths as rank_paths,
)
from .history_matching.diagnostics import (
    Band as Band,
    CheckDiagnostics as CheckDiagnostics,
    ConstantDiagnostics as ConstantDiagnostics,
    check_diagnostics as check_diagnostics,
    constant_diagnostics as constant_diagnostics,
    outcome_bands as outcome_bands,
)
from .history_matching.evidence import (
    Benchmark as Benchmark,
    Block as Block,
    Evidence as Evidence,
    EvidenceCheck as EvidenceCheck,
    Structure as Structure,
)
from .history_matching.evidence_files import (
    read_benchmark as read_benchmark,
    read_checks as read_checks,
    read_evidence as read_evidence,
    read_structures as read_structures,
)
from .history_matching.match_files import read_match as read_match, write_match as write_match
from .history_matching.matching import (
    Match as Match,
    check_values as check_values,
    history_match as history_match,
    match_upstream as match_upstream,
)
from .history_matching.rejection import CheckCounts as CheckCounts, Search as Search
from .measures import (
    Lag as Lag,
    Spread as Spread,
    cost_per_point as cost_per_point,
    discounted as discounted,
    lag as lag,
    regret as regret,
    spread as spread,
)
from .sobol import SobolIndices as SobolIndices, sobol_indices as sobol_indices
