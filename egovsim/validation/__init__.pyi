from .declaration_files import declarations_path as declarations_path, read_declarations as read_declarations
from .declarations import (
    Balance as Balance,
    Behaviour as Behaviour,
    Bound as Bound,
    Conserved as Conserved,
    Declarations as Declarations,
    Extreme as Extreme,
    Loop as Loop,
    Observed as Observed,
    RankingClaim as RankingClaim,
    Response as Response,
    Rest as Rest,
)
from .pysd_comparison import Crosscheck as Crosscheck, Difference as Difference, crosscheck as crosscheck
from .suite import validate as validate
from .verdicts import Validation as Validation, Verdict as Verdict
