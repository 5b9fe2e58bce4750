"""Limits on series: which series are admitted, which are refused, and that refused ones have no state."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.engine.bank.admission import ROW_BYTES
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.formats.json.decoder import JsonDecoder
from anomaly_stream.model import AnomalyDetectionConfig, Limit, LimitReached
from anomaly_stream.pipeline import tidying
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message, published
from tests.engine.inputs import config, plan_of


def pipeline_of(*configs: AnomalyDetectionConfig, budget: Budget | None = None) -> Pipeline:
    made = Pipeline(plan_of(*configs), SOURCES, budget)
    if budget is not None:
        budget.banks = [made.bank]
    return made


def explosion(count: int, first: int = 0) -> list[bytes]:
    return [message(f"u{number}", float(number % 7), 1.0 * number) for number in range(first, first + count)]


def test_above_the_limit_new_series_are_counted_and_known_ones_continue() -> None:
    pipeline = pipeline_of(config(max_series=3, min_observations=3))
    outputs = [feed(pipeline, [message(f"u{i}", 1.0, t) for i in range(5)], 5 * t) for t in range(6)]
    assert pipeline.bank.series_held == 3
    assert [output.outcome.counts.refused for output in outputs] == [(2, 0, 0)] * 6
    assert [output.outcome.counts.unmatched for output in outputs] == [0] * 6
    assert outputs[-1].outcome.counts.scored == 3
    assert [output.limits for output in outputs] == [[LimitReached(Limit.CONFIG, "a", 3)]] + [[]] * 5


def test_the_text_of_a_limit() -> None:
    assert str(LimitReached(Limit.CONFIG, "a", 3000)) == (
        "Config a: max_series is reached (3,000 per partition);"
        " new series are not watched, known series continue"
    )
    assert "worker.max_state_bytes is reached (70)" in str(LimitReached(Limit.MEMORY, "a", 70))


def test_one_full_config_keeps_no_series_from_another() -> None:
    pipeline = pipeline_of(config("a", max_series=1), config("b"))
    counts = feed(pipeline, explosion(4)).outcome.counts
    assert pipeline.bank.rows_per_config.tolist() == [1, 4]
    assert (counts.refused, counts.unmatched) == ((3, 0, 0), 0)


def test_the_process_has_limits_of_its_own() -> None:
    budget = Budget(max_series=5, max_bytes=2**40)
    first, second = pipeline_of(config()), pipeline_of(config())
    first, second = (Pipeline(plan_of(config()), SOURCES, budget) for _ in range(2))
    budget.banks = [first.bank, second.bank]
    feed(first, explosion(3))
    output = feed(second, explosion(3, 100))
    assert (first.bank.series_held, second.bank.series_held) == (3, 2)
    assert output.outcome.counts.refused == (0, 1, 0)
    budget.banks = [second.bank]
    second.take_dirty()
    assert feed(second, explosion(3, 100), 10).outcome.counts.refused == (0, 0, 0)


def test_memory_is_a_limit() -> None:
    budget = Budget(max_series=1000, max_bytes=0)
    pipeline = pipeline_of(config(), budget=budget)
    budget.max_bytes = pipeline.bank.bytes_held + 2 * ROW_BYTES
    counts = feed(pipeline, explosion(4)).outcome.counts
    assert (pipeline.bank.series_held, counts.refused) == (2, (0, 0, 2))


def test_a_higher_limit_admits_series_that_were_refused() -> None:
    pipeline = pipeline_of(config(max_series=1))
    feed(pipeline, explosion(3))
    pipeline.change_plan(plan_of(config(max_series=2)))
    assert feed(pipeline, explosion(3), 10).outcome.counts.refused == (1, 0, 0)
    pipeline.change_plan(plan_of(config(max_series=1)))
    assert pipeline.bank.series_held == 2


def test_saved_rows_are_loaded_whatever_the_limit() -> None:
    before = pipeline_of(config("a", max_series=3), config("b"))
    feed(before, explosion(5))
    stages = before.take_dirty()
    records = sorted((key, value) for stage in stages for key, value in stage if value is not None)
    after = pipeline_of(config("a", max_series=2), config("b"))
    after.load(records)
    assert after.bank.rows_per_config.tolist() == [3, 5]
    assert sorted(after.canonical_state()) == sorted(before.canonical_state())
    assert feed(after, explosion(5), 10).outcome.counts.refused == (2, 0, 0)


@pytest.mark.parametrize("watched", [True, False])
def test_a_label_with_a_new_value_in_each_message_takes_no_memory(
    watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "_MAX_SERIES_WITHOUT_ROWS", 500)
    pipeline = pipeline_of(config(max_series=10, metric="*" if watched else "none"))
    (decoder,) = pipeline.decoders
    assert isinstance(decoder, JsonDecoder)
    most: list[tuple[int, int, int]] = []
    for round_ in range(120):
        feed(pipeline, explosion(1000, 1000 * round_), 1000 * round_)
        table, bank = decoder.spellings.table, pipeline.bank
        most.append((len(pipeline.index.series), len(table.start), bank.bytes_held))
    assert bank.series_held == (10 if watched else 0)
    assert max(series for series, _, _ in most) < 3000
    assert most[-1][1] <= 65_536
    assert most[-1][2] == most[10][2]
    again = feed(pipeline, [message(f"u{i}", 1.0, 1e6) for i in range(10)], 10**6)
    assert again.outcome.counts.refused == ((0, 0, 0))
    assert again.outcome.counts.unmatched == (0 if watched else 10)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=60),
    st.lists(st.integers(1, 59), max_size=8),
    st.integers(1, 6),
    st.integers(1, 6),
)
def test_admission_depends_on_the_input_alone(
    said: list[tuple[int, bool]], cuts: list[int], most_a: int, most_b: int
) -> None:
    """The result does not depend on batches, nor on whether the kernel or the full parser reads a message."""
    messages = [
        message(f"u{number}", float(value % 5), value, odd) for value, (number, odd) in enumerate(said)
    ]
    configs = (
        config("a", max_series=most_a, min_observations=3),
        config("b", metric="f*", max_series=most_b),
    )
    whole, pieces = pipeline_of(*configs), pipeline_of(*configs)
    expected = feed(whole, messages)
    bounds = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
    found = [feed(pieces, messages[begin:end], begin) for begin, end in itertools.pairwise(bounds)]
    assert published([expected]) == published(found)
    refused = np.sum([output.outcome.counts.refused for output in found], axis=0)
    assert tuple(refused) == expected.outcome.counts.refused
    assert pieces.canonical_state() == whole.canonical_state()
