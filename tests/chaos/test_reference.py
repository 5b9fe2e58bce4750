"""The reference raises alerts, and does not depend on the order of partitions."""

from dataclasses import dataclass, replace

import pytest

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.formats.state_keys import INSTANCE_PREFIX
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import load_settings
from tests.chaos.columns import columns_of
from tests.chaos.load import HOSTS, chaos_load
from tests.chaos.reconfiguring import CREW, HOST, Document, Reconfiguration
from tests.chaos.reference import PARTITIONS, Era, Expected, by_partition, expect, partition_of, replay
from tests.chaos.states import config_of
from tests.chaos.verdict import forwarding_faults

CONTEXT = config_context(load_settings(None, {}))
SLICE = 200
ORDERS = [range(PARTITIONS), range(PARTITIONS - 1, -1, -1), (2, 0, 3, 1)]


@dataclass(frozen=True, slots=True)
class Put:
    """A message as a consumer delivers it."""

    at: int
    of_key: bytes
    holds: bytes
    on: str = "metrics"

    def topic(self) -> str:
        return self.on

    def partition(self) -> int:
        return partition_of(self.of_key)

    def offset(self) -> int:
        return self.at

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_800_000_000_000

    def key(self) -> bytes:
        return self.of_key

    def value(self) -> bytes | None:
        return self.holds or None


def eras(seed: int, changes: list[str]) -> list[Era]:
    """The input of a run, divided into equal parts by changes."""
    changing = Reconfiguration(seed)
    documents = {str(document["id"]): document for document in changing.now}
    messages = [Put(at, message.key, message.value) for at, message in enumerate(chaos_load(seed))]
    parts = len(changes) + 1
    found = []
    for number, change in enumerate([None, *changes]):
        if change is not None:
            done = changing.next(change)
            documents.pop(done.id, None)
            documents |= {done.id: done.document} if done.document is not None else {}
        part = messages[number * len(messages) // parts : (number + 1) * len(messages) // parts]
        found.append(_era(list(documents.values()), part))
    return found


def _era(documents: list[Document], messages: list[Put]) -> Era:
    configs = [parse_config(document, CONTEXT) for document in documents]
    single = [config for config in configs if isinstance(config, AnomalyDetectionConfig)]
    groups = [config for config in configs if isinstance(config, GroupConfig)]
    plan, grouped = compile_plan(single, CONTEXT.bands), compile_groups(groups, CONTEXT.bands)
    return Era(("metrics", 7), plan, messages, grouped)  # type: ignore[arg-type]


def sent_on(era: Era) -> list[tuple[bytes, bytes]]:
    """The records that partitions send to the groups topic when slices of each are processed in turn."""
    slices = []
    for number, messages in by_partition(era.messages).items():
        pipeline = Pipeline(era.plan, [era.source], groups=era.groups)
        for turn, first in enumerate(range(0, len(messages), SLICE)):
            output = pipeline.process(columns_of(messages[first : first + SLICE]))
            slices.append((turn, number, [(sent.key, sent.value) for sent in output.members]))
    return [sent for _, _, members in sorted(slices) for sent in members]


def faults_where(era: Era, members: list[tuple[bytes, bytes]]) -> list[str]:
    """The faults found if the groups topic holds these records."""
    forwarded = [Put(at, key, value, "groups") for at, (key, value) in enumerate(members)]
    return forwarding_faults(expect([era]), replay([replace(era, forwarded=forwarded)]))  # type: ignore[arg-type]


def of_group(expected: Expected, group: Document) -> list[str]:
    """The statuses of a group's alert events."""
    events = [decode_alert(value) for value in expected.group_alerts.values()]
    return [event.status for event in events if event.config_id == group["id"]]


def without_place(expected: Expected) -> dict[str, object]:
    """Group alerts without their sources, which depend on the order of partitions."""
    found = {}
    for event_id, value in expected.group_alerts.items():
        event = decode_alert(value)
        found[event_id] = [getattr(event, name) for name in event.__struct_fields__ if name != "source"]
    return found


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_group_alerts_and_none_of_its_values_is_late(seed: int) -> None:
    expected = expect(eras(seed, []))
    assert of_group(expected, HOST).count("firing") >= 2
    assert "resolved" in of_group(expected, HOST)
    assert expected.late == 0
    assert expected.apart >= HOSTS - 1
    keys = [key for state in expected.states.values() for key in state if key.startswith(INSTANCE_PREFIX)]
    instances = [key for key in keys if config_of(key) == HOST["id"]]
    assert len(instances) == HOSTS


@pytest.mark.parametrize("changes", [[], ["group-come", "group-reshape", "group-tune", "group-go", "come"]])
def test_the_order_of_partitions_does_not_matter(changes: list[str]) -> None:
    first, *others = [expect(eras(3, changes), order) for order in ORDERS]
    for other in others:
        assert without_place(other) == without_place(first)
        assert other.alerts == first.alerts
        assert other.states == first.states
    assert first.late == 0


def test_alerts_that_are_withheld_have_an_alert_of_their_own() -> None:
    limited, free = expect(eras(5, []), max_open_alerts=3), expect(eras(5, []))
    events = [decode_alert(value) for value in limited.alerts.values()]
    overflows = [event.status for event in events if event.condition == "overflow"]
    assert (overflows.count("firing") >= 4, "resolved" in overflows) == (True, True)
    assert len(events) - len(overflows) < len(free.alerts) // 2
    assert expect(eras(5, []), ORDERS[1], max_open_alerts=3).alerts == limited.alerts


def test_copies_on_the_groups_topic_are_no_fault_and_missing_records_are() -> None:
    (era,) = eras(4, [])
    members = sent_on(era)
    assert len(members) > 100
    assert not faults_where(era, members)
    again = len(members) // 2
    assert not faults_where(era, members[:again] + members[again - 40 :])
    assert faults_where(era, members[:again] + members[again + 1 :])
    ahead = members[:again] + members[again + 5 :] + members[again:]
    assert faults_where(era, ahead), "what comes after those that went ahead of it is late"


def test_a_deleted_group_leaves_no_state() -> None:
    expected = expect(eras(1, ["group-go"]))
    left = {config_of(key) for state in expected.states.values() for key in state}
    assert CREW["id"] not in left
    assert HOST["id"] in left


def test_a_cut_between_eras_with_the_same_configs_changes_nothing() -> None:
    """The clocks of expiry too: wrong clocks of this seed expire series before the cut."""
    (whole,) = eras(20, [])
    cut = int(len(whole.messages) * 0.17)
    halves = [replace(whole, messages=whole.messages[:cut]), replace(whole, messages=whole.messages[cut:])]
    once, twice = expect([whole]), expect(halves)
    assert once.alerts == twice.alerts
    assert once.positions == twice.positions
