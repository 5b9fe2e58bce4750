from collections.abc import Sequence

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.formats.lines import records_of
from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model import AnomalyDetectionConfig, Series, SeverityBands
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.ops.process_metrics import PREFIX
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.registry.promised_alerts import alerts_per_week
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.status import StatusReports
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of
from tests.pipeline.test_restarts import CONTEXT


def partition(number: int, configs: Sequence[AnomalyDetectionConfig], values: Sequence[float]) -> Partition:
    """A partition with two series, to which these values came every minute."""
    plan = plan_of(*configs)
    found = Partition(number, plan, compile_groups([], SeverityBands()), SOURCES, "groups")
    for turn, value in enumerate(values):
        feed(found, [message(unit, value, 60.0 * turn) for unit in "ab"], turn * 10)
    return found


def test_promised_and_opened_alerts_are_those_of_configs_with_a_maximum() -> None:
    configs = [
        config("limited", alert_score=60.0, false_alarms_per_week=1.0, false_alarms_step_s=60.0),
        config("own", alert_score=40.0, false_alarms_per_week=1.0),
        config("other"),
    ]
    calm = [10.0 + turn % 3 for turn in range(61)]
    held = [partition(0, configs, calm), partition(1, configs, [*calm, 900.0])]
    metrics = WorkerMetrics(CollectorRegistry())
    gauges = Gauges(metrics, Budget(10, 10**9))

    def sample(name: str, config_id: str = "limited") -> float | None:
        return metrics.registry.get_sample_value(PREFIX + name, {"config": config_id})

    gauges.promises(held)
    assert sample("promised_series") == 4
    assert sample("promised_alerts_per_week") == pytest.approx(
        4 * alerts_per_week(60.0, 60.0, by_model=False)
    )
    assert sample("opened_alerts_per_day") == round(2 * 86_400 / 3_660, 2)
    assert sample("promised_alerts_per_week", "own") == pytest.approx(4.0)
    assert sample("promised_series", "other") is None
    gauges.promises(held[:1])
    assert (sample("promised_series"), sample("opened_alerts_per_day")) == (2, 0)
    young = partition(1, configs, [*calm[:59], 900.0])
    gauges.promises([held[0], young])
    assert (sample("promised_series"), sample("opened_alerts_per_day")) == (4, None)  # less than an hour
    gauges.promises([])
    assert sample("promised_series") is None


def test_a_promise_is_absent_until_a_series_is_judged() -> None:
    """A promise of 0 would say that no alert is possible."""
    metrics = WorkerMetrics(CollectorRegistry())
    gauges = Gauges(metrics, Budget(10, 10**9))
    limited = config("limited", alert_score=60.0, false_alarms_per_week=1.0, false_alarms_step_s=60.0)
    group = group_partition("last", "gc", max_false_alarms="1/week")

    def samples(config_id: str) -> list[float | None]:
        names = "promised_alerts_per_week", "promised_series"
        return [metrics.registry.get_sample_value(PREFIX + name, {"config": config_id}) for name in names]

    for values in ([], [10.0]):  # none yet, and two that learn
        gauges.promises([partition(0, [limited], values), group])
        assert samples("limited") == samples("grp") == [None, 0]
    send_members(group, "abc", range(3))
    gauges.promises([partition(0, [limited], [10.0 + turn % 3 for turn in range(61)]), group])
    assert samples("limited") == [pytest.approx(2 * alerts_per_week(60.0, 60.0, by_model=False)), 2]
    assert samples("grp") == [pytest.approx(1.0), 1]
    gauges.promises([partition(0, [limited], [])])
    assert samples("limited") == [None, 0]


def test_the_gauge_and_the_status_say_the_same_alerts_per_day() -> None:
    configs = [config("limited", alert_score=60.0, false_alarms_per_week=1.0)]
    calm = [10.0 + turn % 3 for turn in range(120)]
    held = [partition(0, configs, [*calm[:60], 900.0]), partition(1, configs, [*calm, 900.0])]
    metrics = WorkerMetrics(CollectorRegistry())
    Gauges(metrics, Budget(10, 10**9)).promises(held)
    gauge = metrics.registry.get_sample_value(f"{PREFIX}opened_alerts_per_day", {"config": "limited"})
    reports = StatusReports(dict, send, 5.0)
    found = WorkerStatus().with_reports(reports._status(each, 1e9) for each in held).config("limited")
    assert found.activity.alerts == 4
    assert gauge == found.alerts_per_day == 2 * 24 + 2 * 12


async def send(_: bytes, __: bytes) -> None:
    """Nothing is sent."""


def test_a_rate_that_no_threshold_promises_is_logged_once_for_each_version(
    caplog: pytest.LogCaptureFixture,
) -> None:
    configs = [
        config("rare", alert_score=40.0, false_alarms_per_week=1e-7),
        config("fast", alert_score=30.0, false_alarms_per_week=1.0, false_alarms_step_s=600.0),
    ]
    kept = config("kept", alert_score=40.0, false_alarms_per_week=1.0)
    calm = [10.0 + turn % 3 for turn in range(40)]
    gauges = Gauges(WorkerMetrics(CollectorRegistry()), Budget(10, 10**9))
    held = [partition(number, [*configs, kept], calm) for number in range(2)]
    gauges.promises(held)
    gauges.promises(held)
    first = [
        "config fast allows at most 1/week for a series, but at one value every 1 min its threshold "
        "promises 10/week: remove step of max_false_alarms, or set it to that time",
        "config rare allows at most 1e-07/week for a series, but at one value every 1 min its threshold "
        "promises 1e-06/week: allow more",
    ]
    assert [one.getMessage() for one in caplog.records] == first
    changed = config("rare", alert_score=40.0, false_alarms_per_week=2e-7, version=2)
    gauges.promises([partition(0, [changed, kept], calm)])
    assert [one.getMessage()[:33] for one in caplog.records[2:]] == ["config rare allows at most 2e-07/"]


def test_more_series_than_share_a_rate_are_logged_once_for_each_version(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared = {"false_alarms_per_week": 0.5, "alert_score": 40.0}
    configs = [
        config("crowded", false_alarms_series=3, **shared),
        config("enough", false_alarms_series=4, **shared),
        config("calm", false_alarms_series=1, **{**shared, "alert_score": 90.0}),
        config("each", **shared),
    ]
    values = [10.0 + turn % 3 for turn in range(40)]
    gauges = Gauges(WorkerMetrics(CollectorRegistry()), Budget(10, 10**9))
    held = [partition(number, configs, values) for number in range(2)]
    gauges.promises(held[:1])  # two series
    assert not caplog.records
    gauges.promises(held)
    gauges.promises(held)
    assert [one.getMessage() for one in caplog.records] == [
        "config crowded allows at most 1.5/week for 3 series together, but it judges 4, and their thresholds "
        "promise 2/week: set series of max_false_alarms to the number of all its series"
    ]
    gauges.promises(
        [
            partition(n, [config("crowded", false_alarms_series=2, version=2, **shared)], values)
            for n in range(2)
        ]
    )
    assert [one.getMessage()[:51] for one in caplog.records[1:]] == [
        "config crowded allows at most 1/week for 2 series t"
    ]


def group_partition(missing: str, metric_of_c: str, **settings: object) -> Partition:
    """A partition with a group by host, of members a, b and c."""
    members = {"a": {"metric": "ga"}, "b": {"metric": "gb"}, "c": {"metric": metric_of_c}}
    document = {"id": "grp", "members": members, "by": ["host"], "interval": "1m", "missing": missing}
    document |= settings
    groups = compile_groups([parse_config(document, CONTEXT)], SeverityBands())  # type: ignore[list-item]
    return Partition(0, plan_of(), groups, SOURCES, "groups")


def send_members(found: Partition, names: str, turns: range, step_s: float = 60.0) -> None:
    key = Series.of("grp", {"host": "x"}).key
    for turn in turns:
        rows = np.zeros(len(names), VALUE)
        rows["member"] = [member_number(name) for name in names]
        rows["time"], rows["value"] = step_s * turn, 10.0 + turn % 3
        found.pipeline.process_groups(records_of([(key, encode_values(rows))], "groups", turn))
    found.take_dirty()


@pytest.mark.parametrize("missing", ["last", "omit", "wait"])
def test_a_member_that_never_comes_is_counted_and_logged_once(
    missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = WorkerMetrics(CollectorRegistry())
    gauges = Gauges(metrics, Budget(10, 10**9))

    def count() -> float | None:
        return metrics.registry.get_sample_value(f"{PREFIX}group_members_missing", {"config": "grp"})

    found = group_partition(missing, "gc_typo")
    send_members(found, "ab", range(20))
    gauges.hold([found])
    assert count() is None  # it may be slow
    send_members(found, "ab", range(20, 99))
    gauges.hold([found])
    gauges.hold([found])
    assert count() == 1
    (line,) = [one.getMessage() for one in caplog.records if "never came" in one.getMessage()]
    assert line == (
        "Group 'grp': member c never came to instance grp{host=x} in 30 intervals: check that series of "
        "'gc_typo' are sent that have the labels of its `match`, and the labels of `by` (host)"
    )
    send_members(found, "abc", range(99, 100))
    gauges.hold([found])
    assert count() is None


def test_a_member_that_never_came_is_known_after_a_load_and_forgotten_with_its_group() -> None:
    found = group_partition("last", "gc_typo")
    send_members(found, "ab", range(99))
    heir = group_partition("last", "gc_typo")
    heir.pipeline.load(sorted(found.pipeline.canonical_state().items()))
    send_members(heir, "ab", range(99, 100))
    assert [(one.member.name, one.instance.key) for one in heir.pipeline.instances.missing] == [
        ("c", Series.of("grp", {"host": "x"}).key)
    ]
    heir.pipeline.change_plan(heir.pipeline.plan, None)
    assert not [*heir.pipeline.instances.missing]


def short_intervals(found: Partition) -> float | None:
    metrics = WorkerMetrics(CollectorRegistry())
    Gauges(metrics, Budget(10, 10**9)).hold([found])
    return metrics.registry.get_sample_value(f"{PREFIX}group_intervals_short", {"config": "grp"})


def test_an_interval_that_chooses_detectors_for_faster_members_is_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = group_partition("last", "gc", interval="10s")
    for first in range(0, 120, 10):
        send_members(found, "abc", range(first, first + 10), 300.0)
        assert (short_intervals(found) == 1) == (first >= 60)  # two stretches of 30
    caplog.clear()
    gauges = Gauges(WorkerMetrics(CollectorRegistry()), Budget(10, 10**9))
    gauges.hold([found])
    gauges.hold([found])
    (line,) = [one.getMessage() for one in caplog.records if "interval" in one.getMessage()]
    assert line == (
        "Group 'grp': values come to instance grp{host=x} every 5 min, and the interval of 10 s chooses "
        "detectors for faster members: set `interval` to the time between the values of its slowest member"
    )
    found.pipeline.change_plan(found.pipeline.plan, None)
    assert short_intervals(found) is None


@pytest.mark.parametrize(
    ("step_s", "settings"),
    [
        (10.0, {"interval": "10s"}),
        (50.0, {"interval": "10s"}),
        (300.0, {"interval": "10s", "detectors": ["t2q"]}),
        (300.0, {"interval": "1m"}),
    ],
)
def test_other_intervals_are_not_counted(step_s: float, settings: dict[str, object]) -> None:
    found = group_partition("last", "gc", **settings)
    for first in range(0, 200, 10):
        send_members(found, "abc", range(first, first + 10), step_s)
    assert short_intervals(found) is None


def test_a_gap_does_not_make_an_interval_short() -> None:
    found = group_partition("last", "gc", interval="10s")
    for first in (*range(0, 100, 10), *range(9_000, 9_200, 10)):
        send_members(found, "abc", range(first, first + 10), 10.0)
        assert short_intervals(found) is None
