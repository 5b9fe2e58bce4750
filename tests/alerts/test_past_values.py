"""The values before an alert event, from columns of observations."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.alerts.past_values import PastValues
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import AlertEvent, ObservationColumns, Series
from anomaly_stream.model.config import MetricType
from anomaly_stream.model.past_values import PastValue
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import message
from tests.engine.inputs import config, plan_of
from tests.formats.columns import decode
from tests.history.messages import NOW, alert_event

WATCHED, OTHER = Series.of("load", {"host": "a"}), Series.of("load", {"host": "b"})
SERIES = [OTHER, WATCHED]


def event(offset: int, value: float, at: float = NOW, **changes: object) -> AlertEvent:
    source = {"topic": "metrics", "partition": 0, "offset": offset}
    given = {"value": value, "source": source, "labels": {"env": "prod", "host": "a"}, **changes}
    return decode_alert(alert_event(alert_id("load", WATCHED, NOW), at=at, **given))


def observations(*rows: tuple[int, float, float]) -> ObservationColumns:
    """Series, time and value of one observation for each record."""
    series, time, value = zip(*rows, strict=True) if rows else ((), (), ())
    count = np.arange(len(rows))
    return ObservationColumns(
        np.array(series, np.int64),
        np.array(time, np.float64),
        np.array(value, np.float64),
        np.zeros(len(rows), np.bool_),
        count,
        count,
    )


def past_values(
    event: AlertEvent, observed: ObservationColumns, series: list[Series], count: int
) -> list[PastValue]:
    return PastValues(observed, series).before(event, count)


def test_the_last_values_of_the_series_up_to_the_event() -> None:
    given = observations(
        (1, NOW - 3, 1.0),
        (0, NOW - 2, 9.0),
        (1, NOW - 2, 2.0),
        (1, NOW - 1, 3.0),
        (1, NOW, 7.0),
        (1, NOW + 1, 8.0),
    )
    assert past_values(event(4, 7.0), given, SERIES, 3) == [
        PastValue(NOW - 2, 2.0),
        PastValue(NOW - 1, 3.0),
        PastValue(NOW, 7.0),
    ]
    assert len(past_values(event(4, 7.0), given, SERIES, 60)) == 4


def test_late_values_are_in_order_of_time_and_of_two_with_one_time_the_first_counts() -> None:
    given = observations((1, NOW - 1, 1.0), (1, NOW - 1, 5.0), (1, NOW - 2, 2.0), (1, NOW, 7.0))
    assert [each.value for each in past_values(event(3, 7.0), given, SERIES, 60)] == [2.0, 1.0, 7.0]


def test_a_counter_has_rates_and_none_where_it_restarted() -> None:
    given = observations(
        (1, NOW - 40, 100.0), (1, NOW - 30, 200.0), (1, NOW - 20, 5.0), (1, NOW - 10, 25.0), (1, NOW, 525.0)
    )
    assert past_values(event(4, 50.0), given, SERIES, 60) == [
        PastValue(NOW - 30, 10.0),
        PastValue(NOW - 10, 2.0),
        PastValue(NOW, 50.0),
    ]


def test_the_series_is_found_if_another_record_caused_the_event() -> None:
    given = observations((1, NOW - 1, 1.0), (0, NOW, 7.0))
    assert past_values(event(1, 1.0), given, SERIES, 60) == [PastValue(NOW - 1, 1.0)]


def test_a_series_that_did_not_occur_and_an_event_without_a_record_have_no_values() -> None:
    given = observations((0, NOW, 7.0))
    assert past_values(event(0, 7.0), given, [OTHER], 60) == []
    assert past_values(event(0, 7.0, source=None), given, SERIES, 60) == []


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(-20, 3), st.integers(0, 5)), min_size=1, max_size=40),
    st.integers(1, 10),
)
def test_it_is_what_a_loop_over_the_records_gives(rows: list[tuple[int, int, int]], count: int) -> None:
    rows = [*rows, (1, 0, 100)]
    own = next((value for number, ago, value in rows if (number, ago) == (1, 0)))
    last = len(rows) - 1
    expected: dict[float, float] = {}
    for number, ago, value in rows:
        if number == 1 and ago <= 0:
            expected.setdefault(NOW + ago, float(value))
    found = past_values(
        event(last, float(own)),
        observations(*((number, NOW + ago, float(value)) for number, ago, value in rows)),
        SERIES,
        count,
    )
    assert [(each.time, each.value) for each in found] == sorted(expected.items())[-count:]


def test_the_event_of_a_counter_ends_its_own_rates() -> None:
    """From the pipeline itself: the last rate is the value of the event, the others are those before."""
    steps = [3.0 + n % 2 for n in range(60)] + [500.0]
    totals = np.cumsum(steps).tolist()
    messages = [(b"", message("a", total, 10.0 * n)) for n, total in enumerate(totals)]
    records = records_of(messages, "input", 0)
    subject = config(metric_type=MetricType.COUNTER)
    (alert,) = Pipeline(plan_of(subject), [("input", 0)]).process(records).alerts
    index = SeriesIndex()
    columns, _ = decode(records, index)
    found = past_values(alert.body, columns, index.series, 4)
    assert [each.value for each in found] == [0.4, 0.3, 0.4, 50.0]
    assert found[-1] == PastValue(alert.body.timestamp, alert.body.value)
