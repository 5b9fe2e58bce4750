"""The broker of a run, and topics on it.

Tests that take ``kafka`` (or a fixture built on it) are marked ``kafka`` by themselves. Each run says at its
end which broker it used; in CI one that was not Apache Kafka fails the run.
"""

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.brokers import Broker, start_broker
from tests.databases.postgresql import NoPostgresqlError, Postgresql
from tests.notify.alertmanager_server import PROGRAM, AlertmanagerServer

BROKER = pytest.StashKey[Broker]()
REFUSED = pytest.StashKey[list[str]]()

TopicFactory = Callable[..., str]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """Bootstrap address of the run's broker."""
    broker, refused = start_broker()
    request.config.stash[BROKER] = broker
    request.config.stash[REFUSED] = refused
    if not broker.apache:  # it has no transactions; worker processes inherit this
        os.environ["ANOMALY_STREAM_WORKER__FENCING"] = "off"
    yield broker.bootstrap
    broker.close()


@pytest.fixture
def apache(kafka: str, request: pytest.FixtureRequest) -> str:
    """The same, where the broker is Apache Kafka: others lack transactions, compaction or append time."""
    if not request.config.stash[BROKER].apache:
        pytest.skip("needs Apache Kafka")
    return kafka


@pytest.fixture(scope="session")
def admin(kafka: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka, "log_level": 0})


@pytest.fixture
def namespace(admin: AdminClient) -> Iterator[str]:
    """A prefix nobody else has; topics whose names start with it are deleted after the test."""
    prefix = f"t{uuid.uuid4().hex[:10]}"
    yield prefix
    left = [name for name in admin.list_topics(timeout=10).topics if name.startswith(prefix)]
    if left:
        for deleted in admin.delete_topics(left, operation_timeout=10).values():
            deleted.exception(timeout=20)  # a topic that is gone already is gone


@pytest.fixture
def topic(admin: AdminClient, namespace: str) -> TopicFactory:
    """A function ``topic(suffix="topic", partitions=1, **config) -> name`` that creates a topic.

    Its name is ``<namespace>.<suffix>``; config takes underscores for dots (``cleanup_policy="compact"``).
    """

    def create(suffix: str = "topic", partitions: int = 1, **config: str) -> str:
        name = f"{namespace}.{suffix}"
        create_topic(admin, name, partitions, **config)
        return name

    return create


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A server for the whole run; a test that stops it starts it again."""
    try:
        server = Postgresql()
    except NoPostgresqlError as error:
        if _in_ci():
            pytest.fail(str(error))
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def alertmanager_program() -> None:
    """Alertmanager can be started here; without it the test is skipped, and fails in CI."""
    if shutil.which(PROGRAM) is None:
        reason = f"Alertmanager is missing: install the package {PROGRAM}"
        if _in_ci():
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def alertmanager(tmp_path: Path, alertmanager_program: None) -> Iterator[AlertmanagerServer]:
    """A server without alerts."""
    with AlertmanagerServer(tmp_path) as server:
        yield server


def create_topic(admin: AdminClient, name: str, partitions: int = 1, **config: str) -> None:
    """Create a topic and wait until the broker serves it."""
    settings = {key.replace("_", "."): value for key, value in config.items()}
    new = NewTopic(name, num_partitions=partitions, replication_factor=1, config=settings)
    admin.create_topics([new], operation_timeout=10)[name].result(timeout=20)
    _wait_for_leaders(admin, name, partitions)


def _wait_for_leaders(admin: AdminClient, name: str, partitions: int) -> None:
    """Creation is acknowledged by the controller; the broker serves the topic a moment later."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = admin.list_topics(name, timeout=10).topics[name].partitions
        if len(found) == partitions and all(partition.leader >= 0 for partition in found.values()):
            return
        time.sleep(0.05)
    pytest.fail(f"topic {name} has no leaders after 20 s")


def _lacks_apache(session: pytest.Session) -> bool:
    wanted = any(item.get_closest_marker("kafka") for item in session.items)
    broker = session.config.stash.get(BROKER, None)
    return wanted and not (broker is not None and broker.apache)


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("true", "1")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _in_ci() and not session.config.option.collectonly and _lacks_apache(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    broker = config.stash.get(BROKER, None)
    if broker is None:
        terminalreporter.write_line("broker: none, no test that ran asked for one")
    elif broker.apache:
        terminalreporter.write_line(f"broker: {broker.description}", green=True)
    else:
        terminalreporter.write_sep("!", "NOT RUN ON APACHE KAFKA", red=True, bold=True)
        terminalreporter.write_line(f"broker: {broker.description}", red=True, bold=True)
        for line in config.stash[REFUSED]:
            terminalreporter.write_line(f"  {line}", red=True)
        if _in_ci():
            terminalreporter.write_line("CI asks for Apache Kafka: this run fails.", red=True, bold=True)
