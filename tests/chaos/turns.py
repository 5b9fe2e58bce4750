"""What happens between two records of a partition, as the positions in the changelog say: heartbeats and
changes of the configs."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from confluent_kafka import Message

from anomaly_stream.engine.plan.plan import Plan, compile_plan
from anomaly_stream.formats.state_keys import POSITION_KEY
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.model import SeverityBands
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.settings import Settings
from anomaly_stream.stream.partitions.position import Position
from tests.chaos.reconfiguring import judged


@dataclass(frozen=True, slots=True)
class Judged:
    """The configs of single metrics that are checked, and the series commands."""

    plan: Plan
    commands: tuple[SeriesCommand, ...] = ()


NOTHING = Judged(compile_plan([], SeverityBands()))


@dataclass(frozen=True, slots=True)
class Turn:
    """A heartbeat (``until`` an event time), or ``configs`` that take effect."""

    source: tuple[str, int]
    """The metrics topic with its generation."""
    offset: int
    """Of the next record of the topic."""
    until: float = 0.0
    configs: Judged | None = None


Turns = dict[int, list[Turn]]
"""By partition, in order."""


def turns_of(changelog: Iterable[Message], topic: str, past: Callable[[int], Judged]) -> Turns:
    """The turns of all partitions. ``past`` gives what was in force before an offset of the configs topic."""
    found: Turns = defaultdict(list)
    known: dict[int, Judged] = {}
    for message in sorted(changelog, key=lambda each: (each.partition(), each.offset())):
        if message.key() == POSITION_KEY and message.value():
            found[message.partition()] += _turns(Position.decode(message.value()), topic, past, known)
    return {number: list(_without_repetitions(turns)) for number, turns in found.items()}


def _turns(
    position: Position, topic: str, past: Callable[[int], Judged], known: dict[int, Judged]
) -> Iterator[Turn]:
    source = topic, dict(position.topics)[topic]
    generation, offset = position.offsets.get(topic, (source[1], 0))
    assert generation == source[1]
    if position.configs is not None:
        up_to = position.configs[1]
        if up_to not in known:
            known[up_to] = past(up_to)
        yield Turn(source, offset, configs=known[up_to])
    for until in position.silent_until.values():
        yield Turn(source, offset, until)


def _without_repetitions(turns: Iterable[Turn]) -> Iterator[Turn]:
    """The turns without configs that are in force already."""
    now: Judged | None = None
    for turn in turns:
        if turn.configs is not None and now is not None and _equal(turn.configs, now):
            continue
        now = turn.configs or now
        yield turn


def _equal(one: Judged, other: Judged) -> bool:
    return one.plan.configs == other.plan.configs and set(one.commands) == set(other.commands)


def taken(turns: deque[Turn], source: tuple[str, int], end: int) -> list[Turn]:
    """Take the turns of a topic up to this offset."""
    found = []
    while turns and turns[0].source == source and turns[0].offset <= end:
        found.append(turns.popleft())
    return found


def judged_before(settings: Settings, offset: int) -> Judged:
    """What was in force before an offset of the configs topic."""
    registry = read_configs(settings, offset)
    commands = tuple(each for each in registry.commands.values() if each.is_for_rows)
    return Judged(compile_plan(judged(registry), settings.severity.bands()), commands)
