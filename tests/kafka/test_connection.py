import logging
import time

import pytest
from confluent_kafka import KafkaError

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
    assert connection.FIRST_REPORT_S < 5.0
    assert connection.REPORT_EVERY_S == 10.0
    monkeypatch.setattr(connection, "FIRST_REPORT_S", 0.5)
    monkeypatch.setattr(connection, "REPORT_EVERY_S", 1.0)
    failure("127.0.0.1:1", 2.8)
    assert [record.message for record in caplog.records] == [
        "Kafka cannot be reached yet: 127.0.0.1:1: connection refused: check that Kafka runs there, and "
        "kafka.bootstrap_servers"
    ] * 3


class Client:
    """A client that reaches Kafka from its third question on."""

    def __init__(self) -> None:
        self.asked = 0

    def list_topics(self, timeout: float) -> None:
        self.asked += 1
        if self.asked < 3:
            raise connection.KafkaException(KafkaError(KafkaError._TRANSPORT))


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
