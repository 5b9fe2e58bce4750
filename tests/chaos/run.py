"""One schedule from start to verdict."""

import time
from functools import partial
from pathlib import Path

from confluent_kafka import KafkaException

from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings, load_settings
from tests.brokers.broker import Broker
from tests.chaos.configs import ConfigShell
from tests.chaos.eras import EraBook
from tests.chaos.faults import Faults
from tests.chaos.feeder import Feeder
from tests.chaos.group import Group, Member
from tests.chaos.house import History, House
from tests.chaos.load import chaos_load
from tests.chaos.observer import Observer
from tests.chaos.reconfiguring import STRAY, Reconfiguration
from tests.chaos.reference import PARTITIONS
from tests.chaos.schedule import Schedule
from tests.chaos.turns import judged_before, turns_of
from tests.chaos.verdict import Found, Verdict, judge
from tests.chaos.waiting import Patience
from tests.integration.workers import read_all

FEED_S = 14.0


class Run:
    """The parts of one run; ``play`` gives the verdict.

    Args:
        broker: Apache Kafka; a schedule with broker faults needs one that may be stopped.
        namespace: prefix of the topics, used by this run only.
        directory: for the workers' data and logs.
        disks: whether each worker gets a small disk of its own; without one, ``fill-disk`` raises the error.
        keep: whether data is kept in ``directory``.
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
        self.schedule, self._broker, self._keep = schedule, broker, keep
        self._bootstrap = broker.bootstrap
        limit = schedule.max_open_alerts
        limits = {} if limit is None else {"ANOMALY_STREAM_WORKER__MAX_OPEN_ALERTS": str(limit)}
        self._group = Group(self._bootstrap, namespace, directory, disks, **limits)
        environment = Member(self._bootstrap, namespace, directory / "shell").environment
        self._settings: Settings = load_settings(None, environment)
        self._names = TopicNames.of(self._settings)
        self._shell = ConfigShell(environment, directory)
        self._configs = Reconfiguration(schedule.seed)
        self._eras = EraBook(self._bootstrap, self._settings)
        self._observer = Observer(self._bootstrap, self._names, self._group)
        self._patience = Patience(self._group)
        self._feeder = Feeder(self._bootstrap, self._names.metrics[0], chaos_load(schedule.seed), FEED_S)
        self._house = House(self._bootstrap, namespace, directory) if schedule.house else None

    def play(self) -> Verdict:
        """Play the faults, wait until quiet, then check."""
        started, verdict = time.monotonic(), Verdict(self.schedule)
        try:
            self._begin()
            self._go_through(verdict)
            self._settle()
            self._group.stop()
            verdict.faults += [*self._group.faults, *self._feeder.failures]
            history = self._finish_house(verdict)
            self._check(verdict, history)
        except (AssertionError, KafkaException) as error:
            verdict.faults += [*self._group.faults, f"{type(error).__name__}: {error}"]
        finally:
            verdict.happened += self._group.happened()
            self._group.close(self._keep)
            if self._house is not None:
                self._house.close()
            self._broker.start()
        verdict.restarts, verdict.seconds = self._group.restarts, time.monotonic() - started
        return verdict

    def _begin(self) -> None:
        """Create topics, configs and workers, start the input, and wait until every partition is assigned."""
        create_topics(self._settings)
        for config in self._configs.now:
            self._shell.apply(config)
        for _ in range(self.schedule.workers):
            self._group.add()
        if self._house is not None:
            self._house.start()
        self._feeder.allow(1 / self._parts)
        self._feeder.start()
        self._patience.until(lambda: self._observer.held() >= PARTITIONS, "the first assignment")

    @property
    def _parts(self) -> int:
        """Number of equal parts of the input: one before the first fault, and one for each fault."""
        return len(self.schedule.steps) + 1

    def _go_through(self, verdict: Verdict) -> None:
        """Play one fault after the other."""
        faults = Faults(
            self._broker,
            self._settings,
            self._group,
            self._feeder,
            self._shell,
            self._configs,
            self._eras,
            self._observer,
            self._patience,
            self._house,
            verdict.happened,
        )
        for number, step in enumerate(self.schedule.steps, 2):
            self._feeder.allow(number / self._parts)
            faults.do(step)
            self._patience.pause(step.pause_s)

    def _settle(self) -> None:
        """End the faults: all workers run, all input is processed, the stray config is deleted."""
        until, observer = self._patience.until, self._observer
        until(lambda: not self._feeder.is_alive(), "the producer to end")
        self._group.finish()
        if self._configs.has_stray:
            self._shell.delete(str(STRAY["id"]))
        until(observer.is_processed, "the group to process everything")
        until(
            lambda: observer.configs_are_taken() and observer.is_whole(), "the workers to apply the configs"
        )
        self._eras.close()

    def _finish_house(self, verdict: Verdict) -> History | None:
        """Wait until everything is recorded; end the processes; what the history then holds."""
        if (house := self._house) is None:
            return None
        house.operator.end()
        self._patience.until(lambda: house.is_recorded(self._names), "the recorder to write everything")
        self._patience.until(house.answers, "the API to answer")
        silences = house.operator.silences()
        verdict.faults += house.finish()
        return house.history(silences)

    def _check(self, verdict: Verdict, history: History | None) -> None:
        alerts = read_all(self._bootstrap, self._names.alerts)
        changelog = read_all(self._bootstrap, self._names.changelog)
        found = Found(
            eras=self._eras.eras,
            alerts=[message.value() for message in alerts],
            changelog=changelog,
            turns=turns_of(changelog, self._names.metrics[0], partial(judged_before, self._settings)),
            data=[member.data for member in self._group.gone],
            history=history,
        )
        judge(found, verdict)
