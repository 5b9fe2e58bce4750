"""The sketch of metrics against a slow twin that keeps everything."""

from collections import Counter

import numpy as np
import pytest

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.status import MOST_METRICS
from anomaly_stream.model import Series
from anomaly_stream.pipeline.seen_metrics import EXAMPLES, LABEL_NAMES, LABEL_VALUES, SeenMetrics


def numbers_of(index: SeriesIndex, series: list[Series]) -> np.ndarray:
    return np.array([index.add(one) for one in series], np.int64)


def test_names_series_rates_and_labels() -> None:
    index = SeriesIndex()
    seen = SeenMetrics(index)
    flow = [Series.of("flow", {"env": env, "unit": str(unit)}) for env in ("prod", "dev") for unit in (1, 2)]
    seen.count(numbers_of(index, [*flow, flow[0], Series.of("other")]))
    seen.advance(60.0)
    (first, second), left_out = seen.summary()
    assert left_out == 0
    assert (first.name, first.series, first.per_minute) == ("flow", 4, 5.0)
    assert first.labels == {"env": {"prod": 2, "dev": 2}, "unit": {"1": 2, "2": 2}}
    assert [Series.of("flow", labels) for labels in first.examples] == flow
    assert (second.name, second.series, second.per_minute, second.labels) == ("other", 1, 1.0, {})


def test_it_agrees_with_a_count_of_everything_while_series_come_and_go() -> None:
    rng = np.random.default_rng(7)
    index = SeriesIndex()
    seen = SeenMetrics(index)
    known: set[Series] = set()
    for _ in range(60):
        batch = [
            Series.of(f"m{rng.integers(6)}", {"a": str(rng.integers(5)), "b": str(rng.integers(9))})
            for _ in range(40)
        ]
        known |= set(batch)
        seen.count(numbers_of(index, batch))
        seen.advance(1.0)
        gone = [one for one in sorted(known, key=lambda one: one.key) if rng.random() < 0.3]
        known -= set(gone)
        index.forget(numbers_of(index, gone))
        found = {metric.name: metric for metric in seen.summary()[0]}
        assert {name: metric.series for name, metric in found.items()} == Counter(one.metric for one in known)
        for name, metric in found.items():
            for label in metric.labels:
                values = Counter(dict(one.labels)[label] for one in known if one.metric == name)
                assert metric.labels[label] == values
            assert all(Series.of(name, labels) in known for labels in metric.examples)


def test_rates_follow_a_change() -> None:
    index = SeriesIndex()
    seen = SeenMetrics(index)
    numbers = numbers_of(index, [Series.of("m")] * 10)
    for _ in range(60):
        seen.count(numbers)
        seen.advance(10.0)
    assert seen.summary()[0][0].per_minute == pytest.approx(60.0)
    for _ in range(120):
        seen.advance(10.0)
    assert seen.summary()[0][0].per_minute < 2.0


def test_it_is_bounded() -> None:
    index = SeriesIndex()
    seen = SeenMetrics(index)
    wide = [
        Series.of("wide", {f"name{name}": f"value{number}" for name in range(40)}) for number in range(100)
    ]
    many = [Series.of(f"metric{number}") for number in range(MOST_METRICS + 20)]
    seen.count(numbers_of(index, [*wide, *wide, *many]))
    seen.advance(1.0)
    found, left_out = seen.summary()
    assert len(found) == MOST_METRICS
    assert left_out == 21
    assert found[0].name == "wide"
    assert found[0].series == 100
    assert len(found[0].examples) == EXAMPLES
    assert len(found[0].labels) == LABEL_NAMES
    assert all(len(values) == LABEL_VALUES for values in found[0].labels.values())


def test_a_metric_that_is_gone_leaves_its_place() -> None:
    index = SeriesIndex()
    seen = SeenMetrics(index)
    for number in range(5_000):
        found = numbers_of(index, [Series.of(f"m{number}", {"a": "b"})])
        seen.count(found)
        seen.advance(1.0)
        index.forget(found)
    seen.count(numbers_of(index, [Series.of("last", {"a": "b"})]))
    seen.advance(1.0)
    (metric,), left_out = seen.summary()
    assert (metric.name, metric.labels, left_out) == ("last", {"a": {"b": 1}}, 0)


def test_restored_series_that_are_forgotten_before_they_are_described_are_gone() -> None:
    index = SeriesIndex()
    seen = SeenMetrics(index)
    numbers = numbers_of(index, [Series.of("m", {"a": str(number)}) for number in range(100)])
    index.forget(numbers[:10])
    seen.restore()
    index.forget(numbers[10:20])
    seen.count(numbers_of(index, [Series.of("late")]))
    seen.advance(60.0)
    assert {metric.name: metric.series for metric in seen.summary()[0]} == {"m": 80, "late": 1}
    index.forget(numbers[20:])
    seen.advance(60.0)
    assert [metric.name for metric in seen.summary()[0]] == ["late"]
