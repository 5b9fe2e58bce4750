import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from confluent_kafka import KafkaError, KafkaException

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka import connection
from anomaly_stream.kafka.admin import admin_client
from anomaly_stream.kafka.connection import ConnectionFaults, metadata_of
from tests.kafka.test_topics import settings_of

SASL = {"KAFKA__SASL_USERNAME": "ann", "KAFKA__SASL_PASSWORD": "hunter2"}


def failure(servers: str, timeout_s: float, **variables: str) -> str:
    faults = ConnectionFaults()
    client = admin_client(settings_of(servers, "", **variables), faults)
    with pytest.raises(BrokerError) as caught:
        metadata_of(client, faults, timeout_s)
    return str(caught.value)


def test_each_address_and_what_failed_there() -> None:
    message = failure("127.0.0.1:1,no-such-host.invalid:9092", 2.0)
    assert "127.0.0.1:1: connection refused: check that Kafka runs there" in message
    assert "no-such-host.invalid:9092: name not found (" in message
    assert "check kafka.bootstrap_servers" in message


def test_tls_with_a_listener_that_has_none(kafka: str) -> None:
    message = failure(kafka, 4.0, KAFKA__SECURITY_PROTOCOL="SSL")
    assert f"{kafka}: TLS failed (" in message
    assert "check kafka.security_protocol" in message


def test_sasl_with_a_listener_that_has_none(kafka: str) -> None:
    message = failure(kafka, 4.0, KAFKA__SECURITY_PROTOCOL="SASL_PLAINTEXT", **SASL)
    assert f"{kafka}: " in message
    assert "check kafka.security_protocol" in message
    assert "hunter2" not in message


@contextmanager
def listener_that_closes() -> Iterator[str]:
    """Closes each connection at its first bytes, as a broker does that expects TLS or SASL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.recv(1)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_a_plain_client_of_a_listener_that_expects_another_protocol() -> None:
    with listener_that_closes() as address:
        message = failure(address, 2.0)
    assert f"{address}: closed by the broker: check that it runs, and kafka.security_protocol" in message


@pytest.mark.parametrize("address", ["kafka-1:9092/bootstrap", "sasl_ssl://[::1]:9092/12"])
def test_a_disconnect_does_not_hide_its_cause(address: str) -> None:
    faults = ConnectionFaults()
    log = faults.options()["logger"]
    line = f"FAIL [rdkafka#consumer-1] [thrd:{address}]: {address}: %s: receive 0 after POLLIN (after 1ms)"
    name = address.rpartition("/")[0].removeprefix("sasl_ssl://")
    log.info(line, "Failed")
    assert str(faults) == ""
    log.info(line, "Disconnected: connection closed by peer")
    assert str(faults).startswith(f"{name}: closed by the broker")
    faults(KafkaError(KafkaError._TRANSPORT, f"{address}: Connect to it failed: Connection refused"))
    log.info(line, "Disconnected: connection closed by peer")
    assert str(faults).startswith(f"{name}: connection refused")


@pytest.fixture(autouse=True)
def quiet_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client of this process has reported anything."""
    monkeypatch.setattr(connection, "_outage", connection._Outage())


def test_failures_at_once_are_reported_no_more_often(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "FIRST_REPORT_S", 0.5)
    monkeypatch.setattr(connection, "REPORT_EVERY_S", 1.0)
    with pytest.raises(BrokerError):
        metadata_of(ClosedAtOnce(), ConnectionFaults(), 1.3)
    assert len(caplog.records) == 1


class ClosedAtOnce:
    """A client whose connection is closed as soon as it is open."""

    def list_topics(self, timeout: float) -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def poll(self, timeout: float) -> None:
        """Report nothing."""


@pytest.mark.parametrize(
    ("code", "reported", "explained"),
    [
        (
            KafkaError._AUTHENTICATION,
            "sasl_ssl://kafka-1:9093/bootstrap: SASL authentication error: Authentication failed "
            "(after 4ms in state AUTH_REQ, 5 identical error(s) suppressed)",
            "kafka-1:9093: SASL failed (SASL authentication error: Authentication failed): check "
            "kafka.security_protocol, kafka.sasl_mechanism, user and password",
        ),
        (
            KafkaError._SSL,
            "ssl://kafka-1:9093/3: SSL handshake failed: certificate verify failed: verify that "
            "ssl.ca.location is correctly configured (after 7ms in state SSL_HANDSHAKE)",
            "kafka-1:9093: TLS failed (SSL handshake failed: certificate verify failed: verify that "
            "kafka.ssl_ca_file is correctly configured): check kafka.security_protocol, kafka.ssl_ca_file "
            "and the broker's certificate",
        ),
        (
            KafkaError._TRANSPORT,
            "[::1]:9092/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect "
            "security.protocol configuration (connecting to a SSL listener?)",
            "[::1]:9092: closed by the broker: check kafka.security_protocol, which may be that of another "
            "listener",
        ),
        (
            KafkaError._TRANSPORT,
            "a:1/bootstrap: Connection setup timed out in state CONNECT (after 30028ms in state CONNECT)",
            "a:1: Connection setup timed out in state CONNECT",
        ),
        (
            KafkaError._TRANSPORT,
            "a:1/bootstrap: Send failed: Broken pipe (after 0ms in state UP)",
            "a:1: closed by the broker: check that it runs, and kafka.security_protocol, which may be that "
            "of another listener",
        ),
        (KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down", ""),
    ],
)
def test_what_librdkafka_reports_in_terms_of_the_settings(code: int, reported: str, explained: str) -> None:
    faults = ConnectionFaults()
    faults(KafkaError(code, reported))
    assert str(faults) == explained


def test_the_cause_is_logged_within_five_seconds_and_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert connection.FIRST_REPORT_S <= 2.0
    assert connection.REPORT_EVERY_S == 10.0
    monkeypatch.setattr(connection, "FIRST_REPORT_S", 0.5)
    monkeypatch.setattr(connection, "REPORT_EVERY_S", 1.0)
    failure("127.0.0.1:1", 2.8)
    assert [record.message for record in caplog.records] == [
        "Kafka cannot be reached: 127.0.0.1:1: connection refused: check that Kafka runs there, and "
        "kafka.bootstrap_servers"
    ] * 3


class Client:
    """A client that reaches Kafka from its third question on."""

    def __init__(self) -> None:
        self.asked = 0

    def list_topics(self, timeout: float) -> None:
        self.asked += 1
        if self.asked < 3:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))


def test_a_client_that_waits_reports_until_it_is_connected(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    faults, client = ConnectionFaults(), Client()
    faults.report(client)
    assert client.asked == 0
    refused = KafkaError(
        KafkaError._TRANSPORT, "a:1/2: Connect to ipv4#10.0.0.1:1 failed: Connection refused"
    )
    with caplog.at_level(logging.INFO):
        for seconds in (0, 1, 9.9, 10, 19, 20, 21, 30):
            clock[0] = 100.0 + seconds
            if seconds < 20:
                faults(refused)
            faults.report(client)
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "Kafka cannot be reached",
        "Kafka cannot be reached",
        "Kafka can be reached again",
    ]
    assert client.asked == 3


class Waiting(Client):
    """A client that waits for an answer, until the clock says that Kafka is there again."""

    def __init__(self, clock: list[float], faults: ConnectionFaults, until: float) -> None:
        super().__init__()
        self._clock, self._faults, self._until = clock, faults, until

    def list_topics(self, timeout: float) -> None:
        self._clock[0] += timeout
        if self._clock[0] < self._until:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))

    def poll(self, timeout: float) -> None:
        self._faults(KafkaError(KafkaError._TRANSPORT, REFUSED))


REFUSED = "a:1/2: Connect to ipv4#10.0.0.1:1 failed: Connection refused"


def test_a_client_that_is_new_in_an_outage_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    following = ConnectionFaults()
    following(KafkaError(KafkaError._TRANSPORT, REFUSED))
    following.report(Client())
    faults = ConnectionFaults()
    metadata_of(Waiting(clock, faults, 109.0), faults, 15.0)
    assert [record.message.partition(": connection")[0] for record in caplog.records] == [
        "Kafka cannot be reached: a:1",
        "Kafka can be reached again",
    ]


def test_the_clients_of_a_process_report_an_outage_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    refused = "{}/1: Connect to ipv4#10.0.0.1:1 failed: Connection refused"
    clients = [(ConnectionFaults(), Client()) for _ in range(6)]
    for seconds in range(30):
        clock[0] = 100.0 + seconds
        for number, (faults, client) in enumerate(clients):
            if seconds < 15:
                faults(KafkaError(KafkaError._TRANSPORT, refused.format("b:1" if number == 5 else "a:1")))
            faults.report(client)
    assert [record.message.partition(": connection")[0] for record in caplog.records] == [
        "Kafka cannot be reached: a:1",
        "Kafka cannot be reached: b:1",
        "Kafka cannot be reached: a:1",
        "Kafka cannot be reached: b:1",
        "Kafka can be reached again",
    ]
