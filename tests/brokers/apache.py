"""Apache Kafka in KRaft mode, one node, from its Maven artefacts: needs Java 17 and, once, Maven.

The jars are fetched into ``~/.cache/anomaly-stream/kafka-<version>`` and stay there; data lives in a
temporary directory and goes when the broker is closed.
"""

import os
import re
import shutil
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from tests.brokers.broker import NoBrokerError, ProcessBroker, free_port

POM = Path(__file__).with_name("pom.xml")
COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_TIMEOUT_S = 600.0
OLDEST_JAVA = 17
HEAP = ("-Xms256m", "-Xmx768m")

PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Tests do not wait for members that will never come, and expire dead ones soon.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A broker that was killed may register again once its old session is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Tests produce records of past years; every five minutes the default retention would delete them.
    "log.retention.ms": "-1",
    # A topic nobody created is an error, in tests above all.
    "auto.create.topics.enable": "false",
}


class ApacheKafka(ProcessBroker):
    """A one-node Apache Kafka cluster; ``properties`` override the broker's settings."""

    def __init__(self, port: int | None = None, properties: Mapping[str, str] | None = None) -> None:
        check_java()
        self.libs = fetch_kafka()
        super().__init__(port)
        self._properties_path = self.directory / "server.properties"
        self._properties = PROPERTIES | self._addresses() | dict(properties or {})

    @property
    def description(self) -> str:
        return f"Apache Kafka {kafka_version()} at {self.bootstrap} (Maven artefacts, KRaft)"

    def _addresses(self) -> dict[str, str]:
        controller = f"127.0.0.1:{free_port()}"
        return {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self.directory / "data"),
        }

    def prepare(self) -> None:
        """Write the settings and format the log directory, once."""
        if self._properties_path.exists():
            return
        lines = [f"{name}={value}\n" for name, value in self._properties.items()]
        self._properties_path.write_text("".join(lines))
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        storage_tool = [
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster_id}",  # it may begin with a dash
            "-c",
            str(self._properties_path),
        ]
        formatted = subprocess.run(
            [*self._java("-Xmx256m", "-XX:TieredStopAtLevel=1"), *storage_tool],
            capture_output=True,
            text=True,
        )
        if formatted.returncode:
            raise NoBrokerError(f"the log directory cannot be formatted: {formatted.stderr.strip()}")

    def command(self) -> list[str]:
        return [*self._java(*HEAP), "kafka.Kafka", str(self._properties_path)]

    def _java(self, *options: str) -> list[str]:
        return ["java", *options, "-cp", f"{self.libs}/*"]


def kafka_version() -> str:
    """The version from pom.xml, which alone defines it."""
    version = ElementTree.parse(POM).findtext(".//{*}kafka.version")
    if version is None:
        raise NoBrokerError(f"{POM} names no kafka.version")
    return version


def check_java() -> None:
    """Raise NoBrokerError unless a Java that Kafka 4 runs on is installed."""
    if shutil.which("java") is None:
        raise NoBrokerError("java is not installed")
    text = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', text)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise NoBrokerError(f"Java {OLDEST_JAVA} or newer is needed, found: {text.splitlines()[:1]}")


def fetch_kafka() -> Path:
    """The directory of Kafka's jars, fetched by Maven where they are not in the cache yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anomaly-stream"
    libs = cache / f"kafka-{kafka_version()}"
    if libs.is_dir():
        return libs
    if shutil.which("mvn") is None:
        raise NoBrokerError("mvn is not installed, and Kafka's jars are not in the cache")
    cache.mkdir(parents=True, exist_ok=True)
    # Fetched aside and renamed in one step, so that no run ever sees half of the jars.
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as aside:
        _copy_dependencies(Path(aside) / "libs")
        try:
            (Path(aside) / "libs").rename(libs)
        except OSError:
            if not libs.is_dir():  # not another run that was quicker
                raise
    return libs


def _copy_dependencies(target: Path) -> None:
    command = ["mvn", "-B", "-q", "-ntp", "-f", str(POM), COPY_DEPENDENCIES, f"-DoutputDirectory={target}"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise NoBrokerError(f"Maven fetched no Kafka in {FETCH_TIMEOUT_S:g} s") from error
    if ran.returncode:
        tail = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-5:])
        raise NoBrokerError(f"Maven cannot fetch Kafka: {tail}")
