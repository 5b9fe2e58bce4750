"""Faust connects to Kafka with the security of the settings."""

import ssl

from anomaly_stream.settings import KafkaSettings
from anomaly_stream.stream.faust_settings import faust_credentials

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
