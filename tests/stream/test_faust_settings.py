"""Faust connects to Kafka with the security of the settings, and joins its group as they say."""

import ssl

from anomaly_stream.settings import KafkaSettings, Settings
from anomaly_stream.settings.groups import WorkerSettings
from anomaly_stream.stream.faust_settings import faust_credentials, faust_settings

USER = {"sasl_username": "ann", "sasl_password": "hunter2"}


def test_sasl_over_tls_stays_sasl_over_tls() -> None:
    kafka = KafkaSettings(security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", **USER)
    credentials = faust_credentials(kafka)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert credentials.ssl_context.verify_mode is ssl.CERT_REQUIRED


def test_sasl_without_tls() -> None:
    credentials = faust_credentials(KafkaSettings(security_protocol="SASL_PLAINTEXT", **USER))
    assert (credentials.protocol.value, credentials.password) == ("SASL_PLAINTEXT", "hunter2")


def test_tls_without_sasl() -> None:
    assert faust_credentials(KafkaSettings(security_protocol="SSL")).protocol.value == "SSL"


def test_neither() -> None:
    assert faust_credentials(KafkaSettings()) is None


def test_the_group_follows_the_settings() -> None:
    worker = WorkerSettings(session_timeout_s=30, heartbeat_interval_s=2)
    found = faust_settings(Settings(worker=worker))
    assert (found["broker_session_timeout"], found["broker_heartbeat_interval"]) == (30, 2)
    assert "consumer_group_instance_id" not in found


def test_a_static_member_has_a_url_that_survives_another_host_name() -> None:
    worker = WorkerSettings(group_instance_id="worker-1")
    found = faust_settings(Settings(worker=worker))
    assert found["consumer_group_instance_id"] == "worker-1"
    assert found["canonical_url"] == "http://worker-1"
