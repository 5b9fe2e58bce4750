"""The interface of every broker, and brokers that run as child processes."""

import atexit
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0
_PR_SET_PDEATHSIG = 1


class NoBrokerError(Exception):
    """This kind of broker is not available on this machine; the message says why."""


class Broker(ABC):
    """A broker: ``start``; ``stop`` or ``kill``, then ``start`` again; ``close``.

    Port and data stay the same until ``close``. A context manager: started on entry, closed on exit.
    """

    apache: bool = True
    """Whether this is Apache Kafka; CI accepts no other."""

    bootstrap: str
    """``host:port`` for clients; the same over the broker's whole life."""

    @property
    @abstractmethod
    def description(self) -> str:
        """One line for the summary of a run: the broker, its version, its origin."""

    @abstractmethod
    def start(self) -> Self:
        """Start, or start again; returns once clients are served. Raises NoBrokerError."""

    @abstractmethod
    def stop(self) -> None:
        """Shut down cleanly (SIGTERM) and wait for the end."""

    @abstractmethod
    def kill(self) -> None:
        """Kill with SIGKILL, like a crash."""

    @abstractmethod
    def close(self) -> None:
        """Kill if still running and delete the data. Safe to call twice."""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class GivenBroker(Broker):
    """An external broker (``KAFKA_BOOTSTRAP_SERVERS``), which the tests never start or stop."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    @property
    def description(self) -> str:
        return f"Kafka at {self.bootstrap} (KAFKA_BOOTSTRAP_SERVERS)"

    def start(self) -> Self:
        wait_until_served(self.bootstrap, lambda: None, 15.0)
        return self

    def stop(self) -> None:
        raise NoBrokerError(f"{self.description} is not ours to stop")

    kill = stop

    def close(self) -> None:
        """Leave it running."""


class ProcessBroker(Broker):
    """A broker in a child process, which ends with this process even if this one is killed (Linux)."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.directory = Path(tempfile.mkdtemp(prefix="anomaly-stream-broker-"))
        self.log_path = self.directory / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    @abstractmethod
    def prepare(self) -> None:
        """Prepare the first start; called once."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line of the broker."""

    @property
    def pid(self) -> int:
        """Process id, for tests that send signals."""
        if self._process is None:
            raise NoBrokerError("the broker is not running")
        return self._process.pid

    def start(self) -> Self:
        if self._process is not None and self._process.poll() is None:
            return self
        self.prepare()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.directory, preexec_fn=die_with_parent
            )
        wait_until_served(self.bootstrap, self._check_alive, START_TIMEOUT_S)
        return self

    def _check_alive(self) -> None:
        if self._process is not None and (code := self._process.poll()) is not None:
            tail = "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])
            raise NoBrokerError(f"the broker ended with exit code {code}; its last words:\n{tail}")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        atexit.unregister(self.close)


def die_with_parent() -> None:
    """Runs in the child before exec: ignore Ctrl-C of the parent, and be killed when the parent ends."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """Find a port below the ephemeral range, so that no client takes it while its broker is down."""
    for _ in range(200):
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NoBrokerError("no free port between 20000 and 32000")


def wait_until_served(bootstrap: str, check_alive: Callable[[], None], timeout_s: float) -> None:
    """Return once the broker answers a metadata request with a broker in it."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + timeout_s
    while True:
        check_alive()
        try:
            if admin.list_topics(timeout=1.0).brokers:
                return
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise NoBrokerError(f"no answer from {bootstrap} in {timeout_s:g} s: {error}") from error
        time.sleep(0.1)
