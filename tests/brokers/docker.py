"""Apache Kafka's own image, if a Docker engine is running."""

import atexit
import shutil
import subprocess
from typing import Self

from tests.brokers.apache import PROPERTIES, kafka_version
from tests.brokers.broker import START_TIMEOUT_S, Broker, NoBrokerError, free_port, wait_until_served

IMAGE = "apache/kafka"
PULL_TIMEOUT_S = 240.0


class DockerKafka(Broker):
    """One container of ``apache/kafka`` in KRaft mode, its port published on loopback."""

    def __init__(self, port: int | None = None) -> None:
        if shutil.which("docker") is None:
            raise NoBrokerError("docker is not installed")
        _docker("info", timeout_s=20.0)
        self.port = port or free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._container: str | None = None

    @property
    def description(self) -> str:
        return f"Apache Kafka {kafka_version()} at {self.bootstrap} (Docker image {IMAGE})"

    def start(self) -> Self:
        if self._container is None:
            atexit.register(self.close)
            publish = f"127.0.0.1:{self.port}:{self.port}"
            image = f"{IMAGE}:{kafka_version()}"
            environment = [f"--env={name}={value}" for name, value in self._environment().items()]
            run = ("run", "--detach", f"--publish={publish}", *environment, image)
            self._container = _docker(*run, timeout_s=PULL_TIMEOUT_S)
        else:
            _docker("start", self._container)
        wait_until_served(self.bootstrap, lambda: None, START_TIMEOUT_S)
        return self

    def _environment(self) -> dict[str, str]:
        """The image reads ``KAFKA_`` and a property's name in capitals, with underscores for dots."""
        properties = PROPERTIES | {
            "listeners": f"PLAINTEXT://0.0.0.0:{self.port},CONTROLLER://localhost:9093",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.quorum.voters": "1@localhost:9093",
        }
        return {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in properties.items()}

    def stop(self) -> None:
        if self._container is not None:
            _docker("stop", self._container)

    def kill(self) -> None:
        if self._container is not None:
            _docker("kill", self._container)

    def close(self) -> None:
        if self._container is not None:
            _docker("rm", "--force", "--volumes", self._container)
            self._container = None
        atexit.unregister(self.close)


def _docker(*arguments: str, timeout_s: float = 60.0) -> str:
    try:
        ran = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise NoBrokerError(f"docker {arguments[0]} gave no answer in {timeout_s:g} s") from error
    if ran.returncode:
        raise NoBrokerError(f"docker {arguments[0]}: {(ran.stderr or ran.stdout).strip()}")
    return ran.stdout.strip()
