"""Worker processes under test, and the records on the topics."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Consumer, Message, TopicPartition


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class WorkerProcess:
    """One ``anomaly-stream worker`` process."""

    module = "anomaly_stream"

    def __init__(self, bootstrap: str, namespace: str, directory: Path, **environment: str) -> None:
        self.metrics_port = free_port()
        self.directory = directory
        self.log = directory / "worker.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "ANOMALY_STREAM_TEST_BROKER"},
            "ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "ANOMALY_STREAM_NAMESPACE": namespace,
            "ANOMALY_STREAM_DATA_DIR": str(directory / "data"),
            "ANOMALY_STREAM_METRICS__PORT": str(self.metrics_port),
            "ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S": "6",
            "ANOMALY_STREAM_WORKER__CHECKPOINT_INTERVAL_S": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "WorkerProcess":
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, "worker"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        return self

    def stop(self, timeout: float = 30) -> int:
        """Send SIGTERM and wait; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"worker did not stop in {timeout} s:\n{self.tail()}") from None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def running(worker: WorkerProcess) -> Iterator[WorkerProcess]:
    """Start the worker; kill it at the end if it still runs."""
    worker.start()
    try:
        yield worker
    finally:
        if worker.process is not None and worker.process.poll() is None:
            worker.kill()


def anomaly_stream(
    environment: dict[str, str], *arguments: str, stdin: bytes | None = None, module: str = "anomaly_stream"
) -> bytes:
    """Run the command line; returns its standard output."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def partitions_of(consumer: Consumer, topic: str) -> list[int]:
    """The topic's partition numbers; fails if there is no such topic."""
    metadata = consumer.list_topics(topic, timeout=10).topics[topic]
    assert metadata.error is None, metadata.error
    return sorted(metadata.partitions)


def ends(bootstrap: str, topic: str) -> dict[int, int]:
    """The end offset of each partition."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "ends"})
    try:
        partitions = partitions_of(consumer, topic)
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1]
            for number in partitions
        }
    finally:
        consumer.close()


def read_all(bootstrap: str, topic: str) -> list[Message]:
    """Every record of a topic, partition by partition."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "read", "enable.partition.eof": True, "log_level": 0}
    )
    try:
        partitions = partitions_of(consumer, topic)
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        open_partitions, messages = set(partitions), []
        while open_partitions:
            for message in consumer.consume(1000, timeout=5):
                if message.error() is not None:
                    open_partitions.discard(message.partition())
                else:
                    messages.append(message)
        return messages
    finally:
        consumer.close()


def wait_until_committed(
    bootstrap: str, group: str, topic: str, worker: WorkerProcess, timeout: float
) -> None:
    """Wait until the group's committed offsets are the topic's ends."""
    wanted = ends(bootstrap, topic)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0})
    deadline = time.monotonic() + timeout
    committed: dict[int, int] = {}
    try:
        while time.monotonic() < deadline:
            assert worker.process is not None
            assert worker.process.poll() is None, f"the worker ended:\n{worker.tail()}"
            found = consumer.committed([TopicPartition(topic, number) for number in wanted], timeout=10)
            committed = {entry.partition: max(entry.offset, 0) for entry in found}
            if committed == wanted:
                return
            time.sleep(0.25)
    finally:
        consumer.close()
    raise AssertionError(f"committed {committed} of {wanted} after {timeout} s:\n{worker.tail()}")
