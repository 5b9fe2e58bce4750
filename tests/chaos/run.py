"""One schedule from start to verdict."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from anomaly_stream.demo.watcher import read_metrics, total
from anomaly_stream.settings import Settings, load_settings
from anomaly_stream.stream.epochs import TopicEpochs
from anomaly_stream.stream.topics import TopicNames, create_topics
from tests.brokers.broker import Broker
from tests.chaos.feeder import Feeder
from tests.chaos.group import Group, Member
from tests.chaos.reconfiguring import SECOND, STRAY, Document, Reconfiguration, plan_in_force
from tests.chaos.reference import Era, changelog_states
from tests.chaos.refusal import refusing
from tests.chaos.schedule import Schedule, Step
from tests.chaos.verdict import Found, Verdict, judge
from tests.integration.load import make_load
from tests.integration.workers import anomaly_stream, ends, read_all

SERIES, ROUNDS, FEED_S = 120, 110, 14.0
SETTLE_S = 150.0
#: How long a fault that was armed may take to go off before the next one comes.
FUSE_S = 4.0


class Run:
    """The parts of one run; ``play`` gives the verdict.

    Args:
        broker: Apache Kafka; a schedule with broker faults needs one that may be stopped.
        namespace: prefix of the topics, nobody else's.
        directory: for the workers' data and logs.
        disks: whether each worker gets a small disk of its own, so that ``fill-disk`` is what it says.
        keep: whether data shall be left in ``directory``.
    """

    def __init__(
        self,
        schedule: Schedule,
        broker: Broker,
        namespace: str,
        directory: Path,
        disks: bool = False,
        keep: bool = False,
    ) -> None:
        self.schedule, self._broker, self._directory, self._keep = schedule, broker, directory, keep
        self._bootstrap = broker.bootstrap
        self._group = Group(self._bootstrap, namespace, directory, disks)
        self._environment = Member(self._bootstrap, namespace, directory / "shell").environment
        self._settings: Settings = load_settings(None, self._environment)
        self._names = TopicNames.of(self._settings)
        self._topic = self._names.metrics[0]
        self._epochs = TopicEpochs(self._settings)
        self._eras: list[Era] = []
        self._read: dict[int, int] = {}  # by partition, up to where the eras have the topic that is now
        self._configs = Reconfiguration(both=schedule.seed % 2 == 1)
        self._verdict = Verdict(schedule)
        load = make_load(SERIES, ROUNDS, seed=schedule.seed, rubbish_share=0.005)
        self._feeder = Feeder(self._bootstrap, self._topic, load, FEED_S)

    def play(self) -> Verdict:
        """Faults, then quiet, then the check."""
        started, verdict = time.monotonic(), self._verdict
        try:
            create_topics(self._settings)
            for config in self._configs.now:
                self._apply(config)
            for _ in range(self.schedule.workers):
                self._group.add()
            parts = len(self.schedule.steps) + 1  # so that each fault has its share of the input
            self._feeder.allow(1 / parts)
            self._feeder.start()
            self._wait(lambda: self._held() >= self._settings.topics.partitions, "the first assignment")
            for number, step in enumerate(self.schedule.steps, 2):
                self._feeder.allow(number / parts)
                self._do(step)
                self._pause(step.pause_s)
            self._settle()
            self._group.stop()
            verdict.faults += [*self._group.faults, *self._feeder.failures]
            self._check()
        except (AssertionError, KafkaException) as error:
            verdict.faults += [*self._group.faults, f"{type(error).__name__}: {error}"]
        finally:
            verdict.happened += self._group.happened()
            self._group.close(self._keep)
            self._broker.start()
        verdict.restarts, verdict.seconds = self._group.restarts, time.monotonic() - started
        return verdict

    def _do(self, step: Step) -> None:
        if step.fault in ("kill-at", "pause-at", "refuse", "fill-disk"):  # for who takes checkpoints
            member = self._group.pick(step.worker, self._is_busy)
        else:
            member = self._group.pick(step.worker)
        match step.fault:
            case "kill":
                member.kill()
            case "kill-at" | "pause-at" | "refuse":
                self._arm(member, step.point, step.fault.removesuffix("-at"))
            case "fill-disk":
                self._fill_disk(member)
            case "refuse-broker":
                self._refuse(step.point)
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
                stray = self._configs.next_stray()
                self._apply(stray) if stray is not None else self._delete(STRAY)
            case "reconfigure":
                self._reconfigure(step.point)
            case "broker-stop" | "broker-kill":
                (self._broker.stop if step.fault == "broker-stop" else self._broker.kill)()
                self._pause(step.pause_s)
                self._broker.start()
            case "recreate":
                self._recreate()
        self._verdict.happened[step.fault] += 1

    def _arm(self, member: Member, point: str, action: str) -> None:
        member.arm(point, action)
        if "claim" in point:  # passed when the group re-balances
            self._group.add()
        self._pause(FUSE_S, unless=lambda: not member.armed)

    def _fill_disk(self, member: Member) -> None:
        """The next write fails, and ends the worker; the supervisor gives the space back."""
        if member.disk is None:
            self._arm(member, "before-rocksdb", "fill-disk")
            return
        disk = member.disk
        disk.fill()
        self._pause(FUSE_S, unless=lambda: not disk.full)

    def _refuse(self, what: str) -> None:
        """For as long as it takes a worker to end by it, the broker takes nothing on a topic."""
        before = self._group.restarts
        self._group.refusing = what
        with refusing(self._bootstrap, getattr(self._names, what)):
            self._pause(FUSE_S, unless=lambda: self._group.restarts > before)
        self._group.refusing = None

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

    def _reconfigure(self, change: str) -> None:
        """Change the configs between two records of the input."""
        self._feeder.pause()
        self._wait(self._drained, "the group to process all that came before a config changed")
        self._close_era()
        document, done = self._configs.next(change)
        self._apply(document) if document is not None else self._delete(SECOND)
        self._wait(self._configs_taken, "the workers to take the configs")
        if document is None:  # else it could come back before anybody has deleted its rows
            self._wait(lambda: not self._rows_of(SECOND), "the rows of a deleted config to go")
        self._verdict.happened[f"reconfigure {done}"] += 1
        self._feeder.go_on()

    def _recreate(self) -> None:
        """Another topic of the same name, once all of the first is processed."""
        self._feeder.pause()
        self._wait(self._drained, "the group to process all of the old topic")
        self._close_era()
        self._read = {}
        admin = AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 0})
        admin.delete_topics([self._topic], operation_timeout=10)[self._topic].result(timeout=20)
        self._wait(lambda: self._topic not in admin.list_topics(timeout=10).topics, "the topic to go")
        self._wait(lambda: self._topic in create_topics(self._settings), "the topic to be made anew")
        self._wait(lambda: self._topic in admin.list_topics(timeout=10).topics, "the topic to come")
        self._feeder.go_on()

    def _close_era(self) -> None:
        """What the topic holds beyond the last era becomes one, under the configs of now."""
        source = self._topic, self._epochs.of([self._topic])[self._topic]
        messages = [
            message
            for message in read_all(self._bootstrap, self._topic)
            if message.offset() >= self._read.get(message.partition(), 0)
        ]
        self._eras.append(Era(source, plan_in_force(self._settings), messages))
        self._read = ends(self._bootstrap, self._topic)

    def _settle(self) -> None:
        """No more faults: everybody awake, all input processed, the stray config gone."""
        self._wait(lambda: not self._feeder.is_alive(), "the producer to end")
        self._group.finish()
        if self._configs.has_stray:
            self._delete(STRAY)
        self._wait(self._drained, "the group to process everything")
        self._wait(lambda: self._configs_taken() and self._held() == 4, "the workers to take the configs")
        self._close_era()

    def _configs_taken(self) -> bool:
        """Whether every worker there is has the configs of now, and nobody is about to leave."""
        end = sum(ends(self._bootstrap, self._names.configs).values())
        taken = [self._metric(member, "anomaly_stream_config_offset") for member in self._group.members]
        leaving = any(member.leaving for member in self._group.members)
        return not leaving and all(offset is not None and offset >= end for offset in taken)

    def _rows_of(self, document: Document) -> bool:
        """Whether the changelog holds rows of a config."""
        prefix = f"{document['id']}\0".encode()
        states = changelog_states(read_all(self._bootstrap, self._names.changelog))
        return any(key.startswith(prefix) for state in states.values() for key in state)

    def _is_busy(self, member: Member) -> bool:
        """Whether it holds partitions."""
        return bool(self._metric(member, "anomaly_stream_partitions"))

    def _held(self) -> float:
        """Partitions held, by what the workers say."""
        return sum(
            self._metric(member, "anomaly_stream_partitions") or 0
            for member in self._group.members
            if not member.leaving and not member.stopped
        )

    @staticmethod
    def _metric(member: Member, name: str) -> float | None:
        if member.stopped:
            return None
        samples = read_metrics("127.0.0.1", member.metrics_port)
        return None if samples is None else total(samples, name)

    def _drained(self) -> bool:
        """Whether the committed offsets are the topic's ends."""
        consumer = Consumer(
            {"bootstrap.servers": self._bootstrap, "group.id": self._names.app_id, "log_level": 0}
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

    def _pause(self, seconds: float, unless: Callable[[], bool] = lambda: False) -> None:
        """Let the faults work, supervising meanwhile; no longer than until ``unless``."""
        deadline = time.monotonic() + seconds
        while True:
            self._group.tend()
            left = deadline - time.monotonic()
            if left <= 0 or unless():
                return
            time.sleep(min(left, 0.05))

    def _apply(self, config: Document) -> None:
        path = self._directory / f"{config['id']}.yaml"
        path.write_text(json.dumps(config))
        anomaly_stream(self._environment, "configs", "apply", str(path))

    def _delete(self, config: Document) -> None:
        anomaly_stream(self._environment, "configs", "delete", str(config["id"]))

    def _check(self) -> None:
        alerts = read_all(self._bootstrap, self._names.alerts)
        found = Found(
            eras=self._eras,
            alerts=[message.value() for message in alerts],
            changelog=read_all(self._bootstrap, self._names.changelog),
            data=[member.data for member in self._group.gone],
        )
        judge(found, self._verdict)
