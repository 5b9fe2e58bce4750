"""One schedule from start to verdict."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from anomaly_stream.bootstrap import plan_of
from anomaly_stream.demo.watcher import read_metrics, total
from anomaly_stream.engine.plan import Plan
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.settings import Settings, load_settings
from anomaly_stream.stream.configs import read_configs
from anomaly_stream.stream.topics import create_topics, topic_epochs
from tests.brokers.broker import Broker
from tests.chaos.feeder import Feeder
from tests.chaos.group import Group, Member
from tests.chaos.reference import (
    Era,
    State,
    canonical,
    changelog_states,
    expect,
    rocksdb_states,
)
from tests.chaos.schedule import Schedule, Step
from tests.integration.load import make_load
from tests.integration.workers import anomaly_stream, ends, read_all

SERIES, ROUNDS, FEED_S = 120, 110, 14.0
SETTLE_S = 150.0
CONFIG = {
    "id": "load",
    "metric": "load",
    "owner": "platform",
    "baseline_period": "2h",
    "min_observations": 30,
    "window_points": 60,
}
#: Comes, changes and goes while the run lasts; it matches the same series, and must not matter to `load`.
EXTRA = {"id": "extra", "metric": "load", "min_observations": 20}


@dataclass
class Verdict:
    """What a run found; no faults is success."""

    schedule: Schedule
    faults: list[str] = field(default_factory=list)
    alerts: int = 0
    copies: int = 0
    rows: int = 0
    restarts: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        head = (
            f"{self.schedule}\n  {self.alerts} alert events ({self.copies} published twice), "
            f"{self.rows} rows, {self.restarts} restarts, {self.seconds:.0f} s"
        )
        return "\n".join([head, *(f"  FAULT: {fault}" for fault in self.faults)])


class Run:
    """The parts of one run; ``play`` gives the verdict.

    Args:
        broker: Apache Kafka; a schedule with broker faults needs one that may be stopped.
        namespace: prefix of the topics, nobody else's.
        directory: for the workers' data and logs.
    """

    def __init__(self, schedule: Schedule, broker: Broker, namespace: str, directory: Path) -> None:
        self.schedule, self._broker, self._directory = schedule, broker, directory
        self._bootstrap = broker.bootstrap
        self._group = Group(self._bootstrap, namespace, directory)
        self._environment = Member(self._bootstrap, namespace, directory / "shell").environment
        self._settings: Settings = load_settings(None, self._environment)
        self._topic = f"{namespace}-metrics"
        self._names = {name: f"{namespace}-anomaly-{name}" for name in ("alerts", "stream")}
        self._eras: list[Era] = []
        self._configs_written = 0
        load = make_load(SERIES, ROUNDS, seed=schedule.seed, rubbish_share=0.005)
        self._feeder = Feeder(self._bootstrap, self._topic, load, FEED_S)

    def play(self) -> Verdict:
        """Faults, then quiet, then the check."""
        started = time.monotonic()
        verdict = Verdict(self.schedule)
        try:
            create_topics(self._settings)
            self._apply(CONFIG)
            for _ in range(self.schedule.workers):
                self._group.add()
            self._feeder.start()
            self._wait(lambda: self._held() >= self._settings.topics.partitions, "the first assignment")
            for step in self.schedule.steps:
                self._do(step)
                self._pause(step.pause_s)
            self._settle()
            self._group.stop()
            verdict.faults += [*self._group.faults, *self._feeder.failures]
            self._check(verdict)
        except (AssertionError, KafkaException) as error:
            verdict.faults += [*self._group.faults, f"{type(error).__name__}: {error}"]
        finally:
            self._group.kill()
            self._broker.start()
        verdict.restarts, verdict.seconds = self._group.restarts, time.monotonic() - started
        return verdict

    def _do(self, step: Step) -> None:
        member = self._group.pick(step.worker)
        match step.fault:
            case "kill":
                member.kill()
            case "kill-at" | "pause-at" | "refuse" | "fill-disk":
                member.arm(step.point, step.fault.removesuffix("-at"))
                if "claim" in step.point:  # passed when the group re-balances
                    self._group.add()
            case "pause":
                member.pause()
            case "terminate":
                self._replace(member)
            case "add":
                self._group.add()
            case "remove":
                self._remove(member)
            case "wipe":
                self._group.wipe(member)
            case "config":
                self._change_config()
            case "broker-stop" | "broker-kill":
                (self._broker.stop if step.fault == "broker-stop" else self._broker.kill)()
                self._pause(step.pause_s)
                self._broker.start()
            case "recreate":
                self._recreate()

    def _remove(self, member: Member) -> None:
        awake = [each for each in self._group.members if each.wake_at is None and not each.leaving]
        if len(awake) > 1:
            self._replace(member, by_another=False)

    def _replace(self, member: Member, by_another: bool = True) -> None:
        """SIGTERM; in a rolling restart another one comes in its place."""
        if member.exit_code is None and not member.leaving:
            member.leaving = True
            member.terminate()
        if by_another:
            self._group.add()

    def _change_config(self) -> None:
        """The second config comes, changes its shape, goes, comes again."""
        self._configs_written += 1
        if self._configs_written % 3 == 0:
            anomaly_stream(self._environment, "configs", "delete", "extra")
        else:
            self._apply({**EXTRA, "window_points": 40 + self._configs_written})

    def _recreate(self) -> None:
        """Another topic of the same name, once all of the first is processed."""
        self._feeder.pause()
        self._wait(self._drained, "the group to process all of the old topic")
        self._close_era()
        admin = AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 0})
        admin.delete_topics([self._topic], operation_timeout=10)[self._topic].result(timeout=20)
        self._wait(lambda: self._topic not in admin.list_topics(timeout=10).topics, "the topic to go")
        self._wait(lambda: self._topic in create_topics(self._settings), "the topic to be made anew")
        self._wait(lambda: self._topic in admin.list_topics(timeout=10).topics, "the topic to come")
        self._feeder.go_on()

    def _close_era(self) -> None:
        epoch = topic_epochs(self._settings, [self._topic])[self._topic]
        self._eras.append(((self._topic, epoch), read_all(self._bootstrap, self._topic)))

    def _settle(self) -> None:
        """No more faults: everybody awake, all input processed, the second config gone."""
        self._wait(lambda: not self._feeder.is_alive(), "the producer to end")
        self._group.finish()
        if self._configs_written % 3:
            anomaly_stream(self._environment, "configs", "delete", "extra")
        self._wait(self._drained, "the group to process everything")
        self._wait(self._configs_taken, "the workers to take the configs")
        self._close_era()

    def _configs_taken(self) -> bool:
        counts = [self._metric(member, "anomaly_stream_configs") for member in self._staying()]
        return bool(counts) and all(count == 1 for count in counts) and self._held() == 4

    def _held(self) -> float:
        """Partitions held, by what the workers say."""
        return sum(
            self._metric(member, "anomaly_stream_partitions") or 0
            for member in self._staying()
            if not member.stopped
        )

    def _staying(self) -> list[Member]:
        return [member for member in self._group.members if not member.leaving]

    @staticmethod
    def _metric(member: Member, name: str) -> float | None:
        samples = read_metrics("127.0.0.1", member.metrics_port)
        return None if samples is None else total(samples, name)

    def _drained(self) -> bool:
        """Whether the committed offsets are the topic's ends."""
        consumer = Consumer(
            {"bootstrap.servers": self._bootstrap, "group.id": self._names["stream"], "log_level": 0}
        )
        try:
            wanted = ends(self._bootstrap, self._topic)
            asked = [TopicPartition(self._topic, number) for number in wanted]
            found = {entry.partition: max(entry.offset, 0) for entry in consumer.committed(asked, timeout=10)}
        except KafkaException:
            return False
        finally:
            consumer.close()
        return found == wanted

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SETTLE_S
        while not condition():
            if time.monotonic() > deadline:
                tails = "\n".join(f"{each.directory.name}:\n{each.tail(25)}" for each in self._group.members)
                raise AssertionError(f"waited {SETTLE_S:g} s for {what}\n{tails}")
            self._pause(0.25)

    def _pause(self, seconds: float) -> None:
        """Let the faults work, supervising meanwhile."""
        deadline = time.monotonic() + seconds
        while True:
            self._group.tend()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.05))

    def _apply(self, config: dict[str, object]) -> None:
        path = self._directory / f"{config['id']}.yaml"
        path.write_text(json.dumps(config))
        anomaly_stream(self._environment, "configs", "apply", str(path))

    def _check(self, verdict: Verdict) -> None:
        """The claim: events and states are those of one undisturbed pass."""
        plan = plan_of(read_configs(self._settings), self._settings)
        alerts, states = expect(plan, self._eras)
        verdict.alerts, verdict.rows = len(alerts), sum(map(len, states.values()))
        assert verdict.alerts > 20, f"a load of {verdict.alerts} alert events proves little"
        published = [message.value() for message in read_all(self._bootstrap, self._names["alerts"])]
        verdict.faults += _alert_faults(alerts, published, verdict)
        changelog = read_all(self._bootstrap, f"{self._names['stream']}-state-changelog")
        source = self._eras[-1][0]
        found = changelog_states(changelog)
        for number in sorted({*states, *found}):
            verdict.faults += _state_faults(
                plan, source, f"partition {number}", states[number], found[number]
            )
        verdict.faults += self._disk_faults(plan, changelog)

    def _disk_faults(self, plan: Plan, changelog: list[Message]) -> list[str]:
        """Each RocksDB, also of a past owner, must be the changelog up to the offset it ends at."""
        faults = []
        for member in self._group.gone:
            for number, (offset, state) in rocksdb_states(member.directory / "data").items():
                wanted = changelog_states(changelog, {number: offset})[number]
                if state != wanted:
                    differing = _differences(wanted, state)
                    faults.append(f"{member.directory.name}, RocksDB {number} to {offset}: {differing}")
        return faults


def _alert_faults(expected: dict[str, bytes], published: list[bytes], verdict: Verdict) -> list[str]:
    copies: dict[str, set[bytes]] = {}
    counted = 0
    for value in published:
        event = decode_alert(value)
        if event.config_id == CONFIG["id"]:
            copies.setdefault(event.event_id, set()).add(value)
            counted += 1
    verdict.copies = counted - len(copies)
    faults = []
    if missing := sorted(expected.keys() - copies.keys()):
        faults.append(f"{len(missing)} alert events are missing: {[expected[each] for each in missing[:3]]}")
    if extra := sorted(copies.keys() - expected.keys()):
        faults.append(f"{len(extra)} alert events are extra: {[copies[each] for each in extra[:3]]}")
    if other := [each for each in copies.keys() & expected.keys() if copies[each] != {expected[each]}]:
        faults.append(f"{len(other)} alert events differ: {copies[other[0]]} for {expected[other[0]]!r}")
    return faults


def _state_faults(plan: Plan, source: tuple[str, int], what: str, wanted: State, found: State) -> list[str]:
    wanted, found = canonical(plan, source, wanted), canonical(plan, source, found)
    return [] if wanted == found else [f"{what}: {_differences(wanted, found)}"]


def _differences(wanted: State, found: State) -> str:
    differing = sorted(key for key in wanted.keys() & found.keys() if wanted[key] != found[key])
    return (
        f"{len(wanted.keys() - found.keys())} records missing of {len(wanted)}, "
        f"extra {sorted(found.keys() - wanted.keys())[:3]}, {len(differing)} differ {differing[:3]}"
    )
