"""Recorder, API and PostgreSQL beside the workers, and somebody who makes silences and gives feedback."""

import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import psycopg

from anomaly_stream.client.client import Client
from anomaly_stream.client.failures import ApiError, InvalidError
from anomaly_stream.kafka.topics import TopicNames
from tests.chaos.group import Member
from tests.databases.postgresql import PASSWORD, Postgresql
from tests.integration.workers import ends, free_port

_EVERY_S = 0.5
_TRY_AGAIN_S = 0.2


@dataclass
class History:
    """What the history held at the end, and what it had to hold.

    Attributes:
        events: id and message of each row of alert events.
        silences: ids of the silences that the API lists.
        made_silences: ids of those whose creation it acknowledged.
        feedback: note of the feedback by alert.
        given_feedback: note of the last acknowledged feedback by alert.
    """

    events: list[tuple[str, bytes]]
    silences: set[str]
    made_silences: set[str]
    feedback: dict[str, str]
    given_feedback: dict[str, str]


class Service:
    """A process of the command line, which is restarted only by :meth:`start`."""

    def __init__(self, environment: dict[str, str], log: Path, *arguments: str) -> None:
        self._environment, self._arguments, self.log = environment, arguments, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, or start again."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "anomaly_stream", *self._arguments],
                env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])


@dataclass
class _Said:
    """What the API has acknowledged."""

    silences: set[str] = field(default_factory=set)
    feedback: dict[str, str] = field(default_factory=dict)


class Operator(threading.Thread):
    """Makes silences and gives feedback, and repeats each until the API has acknowledged it."""

    def __init__(self, url: str) -> None:
        super().__init__(name="operator", daemon=True)
        self._client = Client(url, None, timeout_s=20.0, retries=0)
        self._ended = threading.Event()
        self.said = _Said()
        self.failed: Counter[str] = Counter()
        """Requests that were repeated, by the kind of failure."""

    def run(self) -> None:
        number = 0
        while not self._ended.wait(_EVERY_S):
            number += 1
            self._silence(f"maintenance {number}")
            self._judge(f"note {number}")

    def end(self) -> None:
        """Finish what is begun."""
        self._ended.set()
        self.join(60)

    def silences(self) -> set[str]:
        """Ids of all silences that the API has. Raises ApiError."""
        return {one.id for one in self._client.silences.list()}

    def _silence(self, reason: str) -> None:
        document: dict[str, Any] = {
            "config": "second", "reason": reason,
            "from": "2023-11-01T00:00:00Z", "until": "2099-01-01T00:00:00Z",
        }  # fmt: skip
        self._until_acknowledged(lambda: self.said.silences.add(self._client.silences.create(document).id))

    def _judge(self, note: str) -> None:
        """Say of a new alert that it is false, and let it teach its series, where it can."""
        alerts: list[str] = []

        def find() -> None:
            found = sorted(self._client.alerts.list(), key=lambda alert: alert.condition != "anomaly")
            alerts[:] = [alert.alert_id for alert in found]

        def say(alert: str) -> None:
            try:
                self._client.alerts.give_feedback(alert, "false_alarm", note, teach=True)
            except InvalidError:  # of a group, of missing values, or of a config that is gone
                self._client.alerts.give_feedback(alert, "false_alarm", note)

        if not self._until_acknowledged(find):
            return
        new = [alert for alert in alerts if alert not in self.said.feedback]
        for alert in new[:1]:
            if self._until_acknowledged(partial(say, alert)):
                self.said.feedback[alert] = note

    def _until_acknowledged(self, ask: Any) -> bool:
        """Whether it was acknowledged before :meth:`end`."""
        while True:
            try:
                ask()
                return True
            except ApiError as error:
                self.failed[type(error).__name__] += 1
                if self._ended.wait(_TRY_AGAIN_S):
                    return False


class House:
    """All of them, for one run."""

    def __init__(self, bootstrap: str, namespace: str, directory: Path) -> None:
        self._bootstrap = bootstrap
        port = free_port()
        self.postgresql = Postgresql()
        self.postgresql.start()
        self._url = self.postgresql.new_database()
        environment = {
            **Member(bootstrap, namespace, directory / "house").environment,
            "ANOMALY_STREAM_HISTORY__URL": self._url,
            "ANOMALY_STREAM_HISTORY__RECORDER": "separate",
            "ANOMALY_STREAM_HISTORY__KEEP_DAYS": "36500",
            "ANOMALY_STREAM_HISTORY__METRICS_PORT": str(free_port()),
            "ANOMALY_STREAM_API__PORT": str(port),
            "ANOMALY_STREAM_API__METRICS_PORT": str(free_port()),
        }
        self.recorder = Service(environment, directory / "recorder.log", "recorder")
        self.api = Service(environment, directory / "api.log", "api", "--insecure-no-auth")
        self.operator = Operator(f"http://127.0.0.1:{port}")

    def start(self) -> Self:
        """Start recorder, API and operator."""
        self.recorder.start()
        self.api.start()
        self.operator.start()
        return self

    def answers(self) -> bool:
        """Whether the API answers."""
        try:
            self.operator.silences()
        except ApiError:
            return False
        return True

    def is_recorded(self, names: TopicNames) -> bool:
        """Whether the history includes all alerts and feedback."""
        try:
            with psycopg.connect(self._url, connect_timeout=5) as connection:
                found = connection.execute("SELECT topic, partition, next_offset FROM positions").fetchall()
        except psycopg.Error:
            return False
        held = {(topic, partition): offset for topic, partition, offset in found}
        return all(
            held.get((topic, partition), 0) == end
            for topic in (names.alerts, names.feedback)
            for partition, end in ends(self._bootstrap, topic).items()
        )

    def finish(self) -> list[str]:
        """The faults of the processes: each must run, end by SIGTERM, and log no password."""
        faults = []
        for service in (self.recorder, self.api):
            if (code := service.exit_code) is not None:
                faults.append(f"{service.log.name}: ended by itself with {code}:\n{service.tail()}")
            elif (code := service.stop()) != 0:
                faults.append(f"{service.log.name}: exit code {code} on SIGTERM:\n{service.tail()}")
            if PASSWORD in service.log.read_text(errors="replace"):
                faults.append(f"{service.log.name} has the password of the database")
        return faults

    def history(self, silences: set[str]) -> History:
        """What the history holds."""
        with psycopg.connect(self._url) as connection:
            events = connection.execute("SELECT event_id, body FROM alert_events").fetchall()
            feedback = connection.execute("SELECT alert_id, note FROM feedback").fetchall()
        said = self.operator.said
        return History(
            [(event_id, body.encode()) for event_id, body in events],
            silences, said.silences, dict(feedback), said.feedback,
        )  # fmt: skip

    def close(self) -> None:
        """End everything."""
        for service in (self.recorder, self.api):
            service.kill()
        self.operator.end()
        self.postgresql.close()
