"""Values that a history leaves out: the columns against a slow twin, value by value."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import ObservationColumns, Series
from anomaly_stream.model.time_range import TimeRange
from anomaly_stream.report.value_filter import ValueFilter

SERIES = [Series.of("flow", {"unit": unit}) for unit in "abc"]
times = st.integers(0, 20).map(float)
ranges = st.tuples(times | st.just(-math.inf), times | st.just(math.inf)).map(lambda pair: TimeRange(*pair))


def columns(values: list[tuple[int, float]]) -> ObservationColumns:
    rows = np.arange(len(values))
    return ObservationColumns(
        series=np.array([number for number, _ in values], np.int64),
        timestamp=np.array([time for _, time in values], np.float64),
        value=rows.astype(np.float64),
        learn=np.zeros(len(values), np.bool_),
        record=rows,
        offset=rows,
    )


@given(
    values=st.lists(st.tuples(st.integers(0, 2), times), max_size=30),
    earlier=st.dictionaries(st.sampled_from(SERIES), st.lists(ranges, max_size=2)),
    asked=st.none() | ranges,
    only=st.none() | st.sampled_from(SERIES),
    learned_to=st.dictionaries(st.sampled_from(SERIES), times),
)
def test_it_leaves_out_what_its_slow_twin_leaves_out(
    values: list[tuple[int, float]],
    earlier: dict[Series, list[TimeRange]],
    asked: TimeRange | None,
    only: Series | None,
    learned_to: dict[Series, float],
) -> None:
    index = SeriesIndex()
    for series in SERIES:
        index.add(series)
    subject = ValueFilter(earlier, asked, only)
    for series, time in learned_to.items():
        subject.skip_to(series, time)
    kept, in_asked, in_earlier = [], dict.fromkeys(SERIES, 0), 0
    for row, (number, time) in enumerate(values):
        series = SERIES[number]
        if only not in (None, series):
            continue
        if asked is not None and asked.begin <= time <= asked.end:
            in_asked[series] += 1
        elif time <= learned_to.get(series, -math.inf):
            continue
        elif any(begin <= time <= end for begin, end in earlier.get(series, ())):
            in_earlier += 1
        else:
            kept.append(float(row))
    assert subject.without(columns(values), index).value.tolist() == kept
    assert {series: subject.asked[series] for series in SERIES} == in_asked
    assert subject.earlier == in_earlier
    assert len(list(subject.warnings())) == (in_earlier > 0)
