"""A worker and the command line against a broker that requires TLS and a password."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.brokers.apache import ApacheKafka
from tests.brokers.broker import NoBrokerError, free_port
from tests.integration.load import make_load
from tests.integration.test_worker import CONFIG
from tests.integration.workers import WorkerProcess, anomaly_stream, running, wait_until_committed

USER, PASSWORD, KEY_PASSWORD = "worker", "not-to-be-seen", "nor-this-one"


class SecureKafka(ApacheKafka):
    """Apache Kafka with a SASL_SSL listener beside the plain one."""

    def __init__(self, keystore: Path) -> None:
        self.secure = f"localhost:{free_port()}"
        self._keystore = keystore
        super().__init__()

    def _addresses(self) -> dict[str, str]:
        plain = super()._addresses()
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        return plain | {
            "listeners": f"{plain['listeners']},SECURE://{self.secure}",
            "advertised.listeners": f"{plain['advertised.listeners']},SECURE://{self.secure}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.name.secure.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.secure.plain.sasl.jaas.config": f'{login} user_{USER}="{PASSWORD}";',
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(self._keystore),
            "ssl.keystore.password": PASSWORD,
        }


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[SecureKafka, Path]]:
    """The broker, and the PEM file of the authority that signed its certificate (itself)."""
    keystore, authority = tmp_path / "broker.p12", tmp_path / "ca.pem"
    store = ["-keystore", str(keystore), "-storetype", "PKCS12", "-storepass", PASSWORD, "-alias", "broker"]
    try:
        broker = SecureKafka(keystore)
    except NoBrokerError as error:
        pytest.skip(f"needs an Apache Kafka of its own: {error}")
    names = ["-dname", "CN=localhost", "-ext", "SAN=dns:localhost,ip:127.0.0.1", "-validity", "2"]
    subprocess.run(
        ["keytool", "-genkeypair", "-keyalg", "RSA", *names, *store], check=True, capture_output=True
    )
    certificate = subprocess.run(["keytool", "-exportcert", "-rfc", *store], check=True, capture_output=True)
    authority.write_bytes(certificate.stdout)
    with broker:
        yield broker, authority


def encrypted_key(directory: Path) -> tuple[Path, Path]:
    """PEM files of a client certificate and of its key, which KEY_PASSWORD opens."""
    certificate, key = directory / "client.pem", directory / "client.key"
    secret = ["-passout", f"pass:{KEY_PASSWORD}"]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=worker"),
            *("-keyout", str(key), "-out", str(certificate), *secret),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.mark.kafka
@pytest.mark.timeout(240)
def test_worker_over_sasl_ssl(secure: tuple[SecureKafka, Path], tmp_path: Path) -> None:
    broker, authority = secure
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    certificate, key = encrypted_key(tmp_path)
    worker = WorkerProcess(
        broker.secure,
        "secure",
        tmp_path / "worker",
        ANOMALY_STREAM_KAFKA__SECURITY_PROTOCOL="SASL_SSL",
        ANOMALY_STREAM_KAFKA__SASL_MECHANISM="PLAIN",
        ANOMALY_STREAM_KAFKA__SASL_USERNAME=USER,
        ANOMALY_STREAM_KAFKA__SASL_PASSWORD_FILE=str(password),
        ANOMALY_STREAM_KAFKA__SSL_CA_FILE=str(authority),
        ANOMALY_STREAM_KAFKA__SSL_CERT_FILE=str(certificate),
        ANOMALY_STREAM_KAFKA__SSL_KEY_FILE=str(key),
        ANOMALY_STREAM_KAFKA__SSL_KEY_PASSWORD=KEY_PASSWORD,
        ANOMALY_STREAM_LOG_LEVEL="DEBUG",
        ANOMALY_STREAM_LOG_FORMAT="json",
    )
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for message in make_load(20, 80, seed=3):
        producer.produce("secure-metrics", key=message.key, value=message.value)
    assert producer.flush(30) == 0
    with running(worker):
        wait_until_committed(broker.bootstrap, "secure-anomaly-stream", "secure-metrics", worker, timeout=90)
        assert worker.stop() == 0
    log = worker.log.read_text()
    assert {json.loads(line)["level"] for line in log.splitlines()} >= {"DEBUG", "INFO"}
    assert PASSWORD not in log
    assert KEY_PASSWORD not in log
