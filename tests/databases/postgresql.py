"""A PostgreSQL server of the distribution, on a free port, for tests and benchmarks."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg

from tests.brokers.broker import die_with_parent, free_port

PASSWORD = "s3cret-of-the-test"
_USER = "history"
_START_S = 30.0


class NoPostgresqlError(Exception):
    """PostgreSQL cannot be started here; the message says why."""


class Postgresql:
    """A server: ``start``; ``stop`` or ``kill``, then ``start`` again; ``close``.

    It ends with this process. It refuses to run as root, so as root it runs as the user ``postgres``.

    Args:
        durable: whether a commit waits for the disk, as in production.
    """

    def __init__(self, durable: bool = False) -> None:
        self._programs = _programs()
        self._as_user: dict[str, Any] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if _is_root() else {}
        )
        self.port = free_port()
        self._directory = Path(tempfile.mkdtemp(prefix="anomaly-stream-postgresql-"))
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._initialise()

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """The URL of a database."""
        return f"postgresql://{_USER}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"history_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> Self:
        """Start, or start again; returns once connections are accepted."""
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        if not self._durable:
            options += ["-c", "fsync=off"]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
                **self._as_user,
            )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return self
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    log_text = (self._directory / "log").read_text()[-2000:]
                    raise NoPostgresqlError(f"{error}\n{log_text}") from None
                time.sleep(0.05)

    def cpu_seconds(self) -> float:
        """CPU time of all processes of the server so far, those that have ended too."""
        assert self._process is not None
        main = psutil.Process(self._process.pid)
        found = 0.0
        for each in main.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                times = each.cpu_times()
                found += times.user + times.system
        times = main.cpu_times()
        return found + times.user + times.system + times.children_user + times.children_system

    def stop(self) -> None:
        """Shut down, closing all connections."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End at once, like a crash."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End, and delete the data."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _initialise(self) -> None:
        password = self._directory / "password"
        password.write_text(PASSWORD)
        if self._as_user:
            for path in (self._directory, password):
                shutil.chown(path, "postgres", "postgres")
        arguments = ["-U", _USER, "--pwfile", str(password), "-A", "scram-sha-256", "--no-sync"]
        subprocess.run(
            [self._programs / "initdb", "-D", self._data, *arguments, "-E", "UTF8", "--locale=C.UTF-8"],
            check=True,
            capture_output=True,
            **self._as_user,
        )

    def _end(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(20)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_root() -> bool:
    return os.geteuid() == 0


def _programs() -> Path:
    """The directory of the newest server programs. Raises NoPostgresqlError."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    if not found:
        raise NoPostgresqlError("PostgreSQL is missing: install the package postgresql")
    return found[-1].parent
