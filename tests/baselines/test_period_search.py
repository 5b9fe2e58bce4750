import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines.period_search import (
    FILL,
    FIRST,
    LENGTH,
    RECORD,
    STEP,
    WORDS,
    correlations,
    find_period,
    push,
    rounded,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(16, 192))
def test_correlations_agree_with_the_twin(seed: int, count: int) -> None:
    record = np.random.default_rng(seed).normal(size=count).cumsum() + 5.0
    rest = record - np.polyval(np.polyfit(np.arange(count), record, 1), np.arange(count))
    power = (rest**2).mean()
    slow = [(rest[: count - k] * rest[k:]).mean() / power for k in range(4 * count // 5)]
    np.testing.assert_allclose(correlations(record), slow, atol=1e-6)


@pytest.mark.parametrize("period", [6.0, 12.0, 23.5, 37.0, 61.3])
@pytest.mark.parametrize("kind", ["sine", "pulse", "saw"])
def test_periods_are_found(period: float, kind: str) -> None:
    random = np.random.default_rng(1)
    phase = np.arange(LENGTH) / period % 1.0
    shape = {"sine": np.sin(2 * np.pi * phase), "pulse": (phase < 0.2) * 2.0, "saw": 2.0 * phase}[kind]
    found = find_period(shape + random.normal(0.0, 0.2, LENGTH))
    assert found == pytest.approx(period, abs=0.6)


def test_nothing_is_found_in_noise_steps_and_lines() -> None:
    random = np.random.default_rng(2)
    spike = np.zeros(LENGTH)
    spike[50] = 9.0
    records = [
        np.arange(LENGTH) * 3.0,
        np.full(LENGTH, 7.0),
        spike,
        np.where(np.arange(LENGTH) < 90, 1.0, 5.0),
        *(random.normal(size=LENGTH) for _ in range(50)),
    ]
    assert [find_period(record) for record in records] == [0.0] * len(records)


def test_the_record_thins_itself_and_keeps_to_the_clock() -> None:
    state = np.zeros(WORDS)
    times = 1.7e9 + 60.0 * np.arange(3000)
    values = np.random.default_rng(3).normal(size=3000)
    for time, value in zip(times, values, strict=True):
        push(state, 0, time, value, 60.0)
    step, fill = state[STEP], int(state[FILL])
    assert step == 60.0 * 2 ** round(np.log2(step / 60.0)) > 60.0
    assert LENGTH // 2 - 1 <= fill < LENGTH
    for i in range(fill):
        start = (state[FIRST] + i) * step
        inside = (times >= start) & (times < start + step)
        assert state[RECORD + i] == pytest.approx(values[inside].mean(), abs=1e-9)


def test_a_gap_of_days_begins_a_new_record() -> None:
    state = np.zeros(WORDS)
    for i in range(100):
        push(state, 0, 60.0 * i, 1.0, 60.0)
    push(state, 0, 1e6, 1.0, 60.0)
    assert (state[FILL], state[STEP]) == (0.0, 60.0)


@pytest.mark.parametrize(
    ("period", "step", "periods", "said"),
    [
        (2224.0, 60.0, 3.0, 2220.0),
        (2260.0, 60.0, 20.0, 2260.0),
        (31.1, 10.0, 4.0, 30.0),
        (3600.3, 1.0, 1.0, 3600.0),
    ],
)
def test_periods_are_rounded_within_their_error(
    period: float, step: float, periods: float, said: float
) -> None:
    assert rounded(period, step, periods) == pytest.approx(said)
