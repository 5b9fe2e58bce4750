"""The expected result for the records on the topics: one pass of the pipeline, without Kafka.

Members of groups bypass the groups topic here: one partition's pipeline passes them directly to another's,
one partition after the other. So records that the topic lost, or has in excess, become visible.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka.partitioner import murmur2
from confluent_kafka import Message

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.outcomes import Output, Publication, decode_alert
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.partitions.position import Position
from tests.chaos.columns import Record, columns, columns_of
from tests.chaos.states import State, keep
from tests.chaos.turns import NOTHING, Judged, Turn, taken

PARTITIONS = 4
"""Number of partitions of each source topic."""


@dataclass(frozen=True, slots=True)
class Era:
    """A part of the input over which neither the topic nor the groups change."""

    source: tuple[str, int]
    """The topic with its generation."""
    plan: Plan
    """The configs of single metrics, where ``expect`` gets no turns."""
    messages: list[Message]
    groups: GroupPlan = field(default_factory=GroupPlan)
    forwarded: list[Message] = field(default_factory=list)
    """The records of the groups topic in this era."""


@dataclass(slots=True)
class Expected:
    """The result of one undisturbed pass."""

    alerts: dict[str, bytes] = field(default_factory=dict)
    """Alerts of single metrics, by event id."""
    group_alerts: dict[str, bytes] = field(default_factory=dict)
    """Alerts of groups, by event id. Their sources are meaningful only in `replay`."""
    states: dict[int, State] = field(default_factory=lambda: defaultdict(dict))
    """State records, by partition."""
    group_ids: set[str] = field(default_factory=set)
    """The groups of all eras."""
    positions: dict[int, Position] = field(default_factory=dict)
    """By partition, the position, for the clocks of expiry that a worker keeps in it."""
    judged: dict[int, Judged] = field(default_factory=dict)
    """By partition, the configs in force, where turns change them."""
    late: int = 0
    """Values that arrived after their vector: their effect depends on the order of partitions."""
    apart: int = 0
    """Instances of groups, in any era, whose members arrived through several partitions."""


def expect(
    eras: Iterable[Era],
    order: Sequence[int] = range(PARTITIONS),
    turns: Mapping[int, list[Turn]] | None = None,
    max_open_alerts: int | None = None,
) -> Expected:
    """One pass over the input, its partitions in ``order``, which must not matter.

    ``turns`` are the heartbeats and changes of configs of each partition. Those at the end of an era come
    before the next begins. ``max_open_alerts`` is that of the workers.
    """
    expected = Expected()
    if turns is not None:
        expected.judged = dict.fromkeys(range(PARTITIONS), NOTHING)
    left = {number: deque(found) for number, found in (turns or {}).items()}
    ends: dict[tuple[str, int, int], int] = defaultdict(int)
    for era in eras:
        pipelines = _pipelines(era, expected, max_open_alerts)
        sent: dict[int, list[Publication]] = defaultdict(list)
        passed: dict[bytes, set[int]] = defaultdict(set)
        for number in order:
            messages = by_partition(era.messages)[number]
            end = max([ends[*era.source, number], *(each.offset() + 1 for each in messages)])
            ends[*era.source, number] = end
            due = taken(left.get(number, deque()), era.source, end)
            for output in _outputs(expected, number, pipelines[number], messages, due):
                expected.alerts |= by_event_id(output.alerts)
                for member in output.members:
                    sent[partition_of(member.key)].append(member)
                    passed[member.key].add(number)
        for number, members in sent.items():
            records = [Record(offset, -1, each.key, each.value) for offset, each in enumerate(members)]
            _take_members(expected, pipelines[number].process_groups(columns("", number, records)))
        expected.apart += sum(len(numbers) > 1 for numbers in passed.values())
        _keep_all(expected, pipelines)
    return expected


def _outputs(
    expected: Expected, number: int, pipeline: Pipeline, messages: list[Message], turns: list[Turn]
) -> Iterator[Output]:
    """The output of one partition in one era, with the turns between its records."""
    messages = sorted(messages, key=lambda each: each.offset())
    for turn in turns:
        at = sum(each.offset() < turn.offset for each in messages)
        if messages[:at]:
            yield pipeline.process(columns_of(messages[:at]))
        messages = messages[at:]
        if turn.configs is None:
            yield pipeline.heartbeat(0, turn.until)
        else:
            expected.judged[number] = turn.configs
            pipeline.change_plan(turn.configs.plan, pipeline.instances.plan)
            pipeline.commands.put(turn.configs.commands)
            _keep_and_publish(expected, number, pipeline)
    if messages:
        yield pipeline.process(columns_of(messages))


def replay(eras: Iterable[Era]) -> Expected:
    """One pass over the records of the groups topic, in their order; groups only."""
    expected = Expected()
    for era in eras:
        pipelines = _pipelines(era, expected)
        for number, messages in by_partition(era.forwarded).items():
            _take_members(expected, pipelines[number].process_groups(columns_of(messages)))
        _keep_all(expected, pipelines)
    return expected


def partition_of(key: bytes) -> int:
    """The partition that Kafka's clients choose for a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % PARTITIONS)


def by_partition(messages: Iterable[Message]) -> dict[int, list[Message]]:
    """The messages of each partition."""
    found: dict[int, list[Message]] = defaultdict(list)
    for message in messages:
        found[message.partition()].append(message)
    return found


def by_event_id(alerts: Iterable[Publication]) -> dict[str, bytes]:
    """The alert events by event id, which is equal for copies."""
    return {decode_alert(alert.value).event_id: alert.value for alert in alerts}


def _pipelines(era: Era, expected: Expected, max_open_alerts: int | None = None) -> dict[int, Pipeline]:
    """One for each partition, with its state loaded under the configs of the era."""
    expected.group_ids |= {config.id for config in era.groups.configs}
    judged = {number: expected.judged.get(number, Judged(era.plan)) for number in range(PARTITIONS)}
    pipelines = {
        number: Pipeline(found.plan, [era.source], groups=era.groups, max_open_alerts=max_open_alerts)
        for number, found in judged.items()
    }
    for number, pipeline in pipelines.items():
        pipeline.load(sorted(expected.states[number].items()))
        pipeline.commands.put(judged[number].commands)
        if number in expected.positions:
            pipeline.expiry.clocks = expected.positions[number].clocks(pipeline.sources)
            pipeline.no_data.clocks = expected.positions[number].clocks_of_sources(pipeline.sources)
    return pipelines


def _take_members(expected: Expected, output: Output) -> None:
    expected.group_alerts |= by_event_id(output.alerts)
    expected.late += output.group_counts.late


def _keep_all(expected: Expected, pipelines: Mapping[int, Pipeline]) -> None:
    for number, pipeline in pipelines.items():
        expected.positions[number] = Position.of(
            [], {}, pipeline.sources, pipeline.expiry.clocks, pipeline.no_data.clocks
        )
        _keep_and_publish(expected, number, pipeline)


def _keep_and_publish(expected: Expected, number: int, pipeline: Pipeline) -> None:
    """Two checkpoints, and between them the events of withdrawn alerts."""
    _keep(expected, number, pipeline)
    pipeline.withdrawals.saved()
    for event_id, event in by_event_id(pipeline.withdrawals.take_due()).items():
        of_group = decode_alert(event).config_id in expected.group_ids
        (expected.group_alerts if of_group else expected.alerts)[event_id] = event
    _keep(expected, number, pipeline)


def _keep(expected: Expected, number: int, pipeline: Pipeline) -> None:
    stages = (*pipeline.take_dirty(), *pipeline.take_expired())
    keep(expected.states[number], (record for stage in stages for record in stage))
