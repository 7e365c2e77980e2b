from ..validation.declarations import (
    Balance as Balance,
    Bound as Bound,
    Conserved as Conserved,
    Extreme as Extreme,
    Loop as Loop,
    Response as Response,
)
from . import strategies as strategies
from .examples import Examples as Examples
from .loops import assert_loop as assert_loop
from .metamorphic import (
    assert_deterministic as assert_deterministic,
    assert_monotone as assert_monotone,
    assert_time_step_converges as assert_time_step_converges,
)
from .rescaling import assert_unit_rescaling as assert_unit_rescaling
from .trajectories import (
    assert_balance as assert_balance,
    assert_conserves as assert_conserves,
    assert_extreme as assert_extreme,
    assert_finite as assert_finite,
    assert_never_falling as assert_never_falling,
    assert_within as assert_within,
)
