"""Level and trend of a season: a level that was accepted, and the one before it."""

import numpy as np

from anomaly_stream.baselines.season.level_trend import (
    LEVEL,
    SINCE,
    TREND,
    adopt,
    follow_return,
    has_returned,
)

LEAST = 30


def adopted(time: float = 0.0) -> np.ndarray:
    """A state of level 100 that accepted 1000 at ``time``; the level before is known for 50 s."""
    state = np.zeros(64)
    state[LEVEL], state[TREND], state[SINCE] = 100.0, 0.5, 900.0
    adopt(state, 1000.0, time, 50.0)
    return state


def test_a_level_is_accepted_without_a_trend() -> None:
    state = adopted()
    assert (state[LEVEL], state[TREND], state[SINCE]) == (1000.0, 0.0, 0.0)


def test_the_level_before_is_known_for_the_time_constant() -> None:
    for time in (-1e6, 0.0, 1e9):
        state = adopted(time)
        assert has_returned(state, time + 49.0, 1000.0, 549.0)
        assert not has_returned(state, time + 49.0, 1000.0, 551.0)
        assert not has_returned(state, time + 50.0, 1000.0, 100.0)


def test_no_level_before_is_known_at_first() -> None:
    assert not has_returned(np.zeros(64), -1e6, 1000.0, 0.0)


def test_values_in_a_row_restore_the_level_before() -> None:
    state = adopted()
    for returned in [True] * (LEAST - 1) + [False] + [True] * (LEAST - 1):
        follow_return(state, returned, LEAST)
        assert state[LEVEL] == 1000.0
    follow_return(state, True, LEAST)
    assert (state[LEVEL], state[TREND], state[SINCE]) == (100.0, 0.0, 900.0)
    assert not has_returned(state, 1.0, 100.0, 90.0)


def test_the_first_of_several_levels_is_kept() -> None:
    state = adopted()
    adopt(state, 500.0, 40.0, 50.0)
    assert has_returned(state, 80.0, 500.0, 110.0)
    state[SINCE] = 50.0
    adopt(state, 300.0, 90.0, 50.0)
    assert has_returned(state, 100.0, 300.0, 480.0)
