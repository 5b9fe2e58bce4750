"""The values of members are forwarded to their instance."""

import numpy as np

from anomaly_stream.groups.forwarding import Forwarder
from anomaly_stream.groups.messages import MOST_VALUES, decode_values, member_number
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import ObservationColumns, Series, SeverityBands
from anomaly_stream.model.group import GroupConfig, GroupMember

HOST = GroupConfig(
    id="host",
    by=("host",),
    members=(GroupMember(name="cpu", metric="cpu"), GroupMember(name="mem", metric="mem*")),
)
SITE = GroupConfig(
    id="site",
    members=(GroupMember(name="load", metric="cpu"), GroupMember(name="power", metric="power")),
)
SERIES = [
    Series.of("cpu", {"host": "a"}),
    Series.of("memory", {"host": "a", "zone": "z"}),
    Series.of("cpu", {"host": "b"}),
    Series.of("cpu"),
    Series.of("other", {"host": "a"}),
]


def batch(series: list[int]) -> ObservationColumns:
    count = len(series)
    numbers = np.arange(count)
    return ObservationColumns(
        np.array(series, np.int64), numbers * 1.0, numbers * 10.0, numbers % 2 == 1, numbers, numbers
    )


def sent(
    forwarder: Forwarder, series: list[int]
) -> dict[tuple[str, str], list[tuple[int, int, float, float]]]:
    found = {}
    for key, value, _ in forwarder.messages(batch(series)):
        instance = Series.from_key(key)
        found[instance.metric, dict(instance.labels).get("host", "")] = decode_values(value).tolist()
    return found


def test_each_member_goes_to_its_instance_in_order() -> None:
    forwarder = Forwarder(compile_groups([HOST, SITE], SeverityBands()), SERIES)
    cpu, mem, load = (member_number(name) for name in ("cpu", "mem", "load"))
    assert sent(forwarder, [0, 1, 2, 3, 4, 0]) == {
        ("host", "a"): [(cpu, 0, 0.0, 0.0), (mem, 1, 1.0, 10.0), (cpu, 1, 5.0, 50.0)],
        ("host", "b"): [(cpu, 0, 2.0, 20.0)],
        ("site", ""): [(load, 0, 0.0, 0.0), (load, 0, 2.0, 20.0), (load, 1, 3.0, 30.0), (load, 1, 5.0, 50.0)],
    }


def test_a_series_without_the_label_belongs_to_no_instance() -> None:
    forwarder = Forwarder(compile_groups([HOST], SeverityBands()), SERIES)
    assert sent(forwarder, [3, 4]) == {}


def test_a_number_that_is_reused_for_another_series_is_matched_again() -> None:
    series = list(SERIES)
    forwarder = Forwarder(compile_groups([HOST], SeverityBands()), series)
    assert list(sent(forwarder, [0])) == [("host", "a")]
    series[0] = Series.of("cpu", {"host": "c"})
    forwarder.forget(np.array([0, 700]))
    assert list(sent(forwarder, [0])) == [("host", "c")]


def test_other_groups_count_at_once() -> None:
    forwarder = Forwarder(compile_groups([HOST], SeverityBands()), SERIES)
    sent(forwarder, [0])
    forwarder.change_plan(compile_groups([SITE], SeverityBands()))
    assert list(sent(forwarder, [0])) == [("site", "")]
    forwarder.change_plan(compile_groups([], SeverityBands()))
    assert sent(forwarder, [0]) == {}


def test_large_batches_are_cut_into_messages() -> None:
    forwarder = Forwarder(compile_groups([HOST], SeverityBands()), SERIES)
    found = list(forwarder.messages(batch([0] * (MOST_VALUES + 5))))
    assert [len(decode_values(value)) for _, value, _ in found] == [MOST_VALUES, 5]
    assert [record for _, _, record in found] == [MOST_VALUES - 1, MOST_VALUES + 4]
