"""Executes the faults of a schedule."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka.admin import AdminClient

from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings
from tests.brokers.broker import Broker
from tests.chaos.configs import ConfigShell
from tests.chaos.eras import EraBook
from tests.chaos.feeder import Feeder
from tests.chaos.group import Group, Member
from tests.chaos.house import House
from tests.chaos.load import SERIES
from tests.chaos.observer import Observer
from tests.chaos.reconfiguring import STRAY, Change, Reconfiguration
from tests.chaos.refusal import refusing
from tests.chaos.schedule import Step
from tests.chaos.waiting import Patience

#: Time that an armed fault has to take effect before the next fault begins.
FUSE_S = 4.0
#: These faults need a worker that takes checkpoints, that is, one with partitions.
_FOR_THE_BUSY = ("kill-at", "pause-at", "refuse", "fill-disk")


@dataclass(frozen=True, slots=True)
class Faults:
    """Applies faults to the parts of a run."""

    broker: Broker
    settings: Settings
    group: Group
    feeder: Feeder
    shell: ConfigShell
    configs: Reconfiguration
    eras: EraBook
    observer: Observer
    patience: Patience
    house: House | None
    happened: Counter[str]
    """Number of times each fault took place, by its name in `schedule.happenings`."""

    def do(self, step: Step) -> None:
        """Start the fault; returns when it has taken place or is certain to."""
        busy = step.fault in _FOR_THE_BUSY
        member = self.group.pick(step.worker, self.observer.is_busy) if busy else self.group.pick(step.worker)
        acts: dict[str, Callable[[], object]] = {
            "kill": member.kill,
            "kill-at": lambda: self._arm(member, step.point, "kill"),
            "pause": member.pause,
            "pause-at": lambda: self._arm(member, step.point, "pause"),
            "terminate": lambda: self._replace(member),
            "add": self.group.add,
            "remove": lambda: self._remove(member),
            "wipe": lambda: self.group.wipe(member),
            "refuse": lambda: self._arm(member, step.point, "refuse"),
            "refuse-broker": lambda: self._refuse(step.point),
            "fill-disk": lambda: self._fill_disk(member),
            "config": self._stray,
            "change": lambda: self._put(self.configs.next(step.point)),
            "reset": lambda: self._reset(step.worker),
            "reconfigure": lambda: self._reconfigure(step.point),
            "broker-stop": lambda: self._restart(self.broker.stop, step.pause_s, self.broker.start),
            "broker-kill": lambda: self._restart(self.broker.kill, step.pause_s, self.broker.start),
            "recreate": self._recreate,
            **self._acts_of_house(step.pause_s),
        }
        acts[step.fault]()
        self.happened[step.fault] += 1

    def _acts_of_house(self, away_s: float) -> dict[str, Callable[[], object]]:
        if (house := self.house) is None:
            return {}
        recorder, api, database = house.recorder, house.api, house.postgresql
        return {
            "kill-recorder": lambda: self._restart(recorder.kill, away_s, recorder.start),
            "kill-api": lambda: self._restart(api.kill, away_s, api.start),
            "postgresql-stop": lambda: self._restart(database.stop, away_s, database.start),
            "postgresql-kill": lambda: self._restart(database.kill, away_s, database.start),
        }

    def _arm(self, member: Member, point: str, action: str) -> None:
        member.arm(point, action)
        if "claim" in point:  # a rebalance reaches this point
            self.group.add()
        self.patience.pause(FUSE_S, unless=lambda: not member.armed)

    def _fill_disk(self, member: Member) -> None:
        """The next write fails and ends the worker; the supervisor frees the space."""
        if member.disk is None:
            self._arm(member, "before-rocksdb", "fill-disk")
            return
        disk = member.disk
        disk.fill()
        self.patience.pause(FUSE_S, unless=lambda: not disk.full)

    def _refuse(self, what: str) -> None:
        """The broker refuses all records of a topic until that has ended a worker."""
        before = self.group.restarts
        self.group.refusing = what
        with refusing(self.broker.bootstrap, getattr(TopicNames.of(self.settings), what)):
            self.patience.pause(FUSE_S, unless=lambda: self.group.restarts > before)
        self.group.refusing = None

    def _remove(self, member: Member) -> None:
        awake = [each for each in self.group.members if each.wake_at is None and not each.leaving]
        if len(awake) > 1:
            self._replace(member, by_another=False)

    def _replace(self, member: Member, by_another: bool = True) -> None:
        """Send SIGTERM; in a rolling restart another worker replaces it."""
        if member.exit_code is None and not member.leaving:
            member.leaving = True
            member.terminate()
        if by_another:
            self.group.add()

    def _stray(self) -> None:
        stray = self.configs.next_stray()
        if stray is not None:
            self.shell.apply(stray)
        else:
            self.shell.delete(str(STRAY["id"]))

    def _reconfigure(self, name: str) -> None:
        """Change the configs between two records of the input."""
        self._stand_still("the group to process everything before the change of a config")
        self.eras.close()
        change = self.configs.next(name)
        self._put(change)
        self.patience.until(self.observer.configs_are_taken, "the workers to apply the configs")
        if change.document is None:  # a config with the same id must not return before its state is deleted
            self.patience.until(
                lambda: not self.observer.has_state_of(change.id),
                "the state of a deleted config to be deleted",
            )
        self.happened[f"reconfigure {change.name}"] += 1
        self.feeder.go_on()

    def _put(self, change: Change) -> None:
        if change.document is not None:
            self.shell.apply(change.document)
        else:
            self.shell.delete(change.id)

    def _reset(self, number: int) -> None:
        """Have two series learn anew, at any time."""
        for unit in range(number, SERIES, SERIES // 2):
            self.shell.reset("load", {"site": f"s{unit % 7}", "unit": f"u{unit}"})

    def _recreate(self) -> None:
        """Recreate the topic under the same name once all of its records are processed."""
        self._stand_still("the group to process all of the old topic")
        self.eras.close()
        self.eras.begin_topic()
        topic, until = TopicNames.of(self.settings).metrics[0], self.patience.until
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 0})
        admin.delete_topics([topic], operation_timeout=10)[topic].result(timeout=20)
        until(lambda: topic not in admin.list_topics(timeout=10).topics, "the topic to be deleted")
        until(lambda: topic in create_topics(self.settings), "the topic to be recreated")
        until(lambda: topic in admin.list_topics(timeout=10).topics, "the recreated topic to appear")
        self.feeder.go_on()

    def _stand_still(self, what: str) -> None:
        """Wait until no input is in flight, and no paused worker holds unsent output of it."""
        self.feeder.pause()
        self.patience.until(lambda: self.observer.is_whole() and self.observer.is_processed(), what)

    def _restart(self, end: Callable[[], None], away_s: float, start: Callable[[], object]) -> None:
        end()
        self.patience.pause(away_s)
        start()
