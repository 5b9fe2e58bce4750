"""Each run reports which broker it used, and CI accepts only Apache Kafka."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from tests.brokers import ApacheKafka, NoBrokerError
from tests.brokers.test_brokers import consume, produce
from tests.conftest import create_topic

ROOT = Path(__file__).parents[2]


def run_suite(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run of the broker tests in its own process, without a given broker."""
    inherited = {name: value for name, value in os.environ.items() if name != "KAFKA_BOOTSTRAP_SERVERS"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/brokers/test_brokers.py", *arguments],
        env=inherited | {"CI": ""} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_embedded_broker_is_reported_prominently() -> None:
    ran = run_suite("-k", "in_order", ANOMALY_STREAM_TEST_BROKER="embedded")
    assert ran.returncode == 0, ran.stdout
    assert "NOT RUN ON APACHE KAFKA" in ran.stdout


def test_embedded_broker_fails_in_ci() -> None:
    ran = run_suite("-k", "in_order", ANOMALY_STREAM_TEST_BROKER="embedded", CI="true")
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in ran.stdout


def test_run_without_kafka_tests_passes_in_ci() -> None:
    ran = run_suite("-m", "not kafka", CI="true")
    assert ran.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "broker: none" in ran.stdout


@pytest.mark.slow
def test_apache_kafka_keeps_its_data_over_a_crash() -> None:
    try:
        broker = ApacheKafka()
    except NoBrokerError as error:
        pytest.skip(str(error))
    sent = [b"%d" % number for number in range(100)]
    with broker:
        create_topic(AdminClient({"bootstrap.servers": broker.bootstrap}), "kept")
        produce(broker.bootstrap, "kept", sent)
        broker.kill()
        broker.start()
        assert consume(broker.bootstrap, "kept", len(sent)) == sent
        directory = broker.directory
    assert not directory.exists()
