"""The metrics that a partition has seen, after it went to another owner."""

from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import SeverityBands
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of

UNWATCHED = b'{"metric":"unwatched","timestamp":0,"value":1}'


def partition() -> Partition:
    plan = plan_of(config(metric="flow"))
    return Partition(0, plan, compile_groups([], SeverityBands()), SOURCES, "groups")


def test_the_next_owner_knows_the_series_that_a_config_watches_before_they_send_again() -> None:
    first = partition()
    feed(first, [message("a", 1.0, 0.0), message("b", 1.0, 0.0), UNWATCHED])
    first.seen.advance(10.0)
    assert sorted(metric.name for metric in first.seen.summary()[0]) == ["flow", "unwatched"]
    heir = partition()
    heir.load(sorted(first.pipeline.canonical_state().items()))
    heir.seen.advance(10.0)
    ((flow,), left_out) = heir.seen.summary()
    assert (flow.name, flow.series, flow.per_minute, left_out) == ("flow", 2, 0.0, 0)
    assert flow.labels == {"unit": {"a": 1, "b": 1}}
    feed(heir, [message("b", 1.0, 60.0), UNWATCHED], 3)
    heir.seen.advance(10.0)
    found = {metric.name: metric for metric in heir.seen.summary()[0]}
    assert {name: metric.series for name, metric in found.items()} == {"flow": 2, "unwatched": 1}
    assert found["flow"].per_minute == found["unwatched"].per_minute > 0
