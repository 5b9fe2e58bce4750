"""Whether Kafka can be reached, and why not: which address, and what failed there."""

import logging
import re
import time
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from anomaly_stream.errors import BrokerError

logger = logging.getLogger(__name__)

TIMEOUT_S = 15.0
"""How long Kafka may take to answer a request."""

FIRST_REPORT_S = 4.0
REPORT_EVERY_S = 10.0
_CHECK_TIMEOUT_S = 2.0
_LEAST_WAIT_S = 0.1
_REPORT = re.compile(r"(?:\w+://)?(?P<address>.+?)/(?:bootstrap|-?\d+): (?P<cause>.*)", re.DOTALL)
_TIMING = re.compile(r" \(after \d+ms in state [A-Z_]+(?:, \d+ identical error\(s\) suppressed)?\)")
_TEMPORARY = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)


class ConnectionFaults:
    """What failed at each address: the ``error_cb`` of a client, which it calls while it is polled."""

    def __init__(self) -> None:
        self._causes: dict[str, str] = {}
        self._next_check = 0.0
        self._reported = False

    def __call__(self, error: KafkaError) -> None:
        """Note one error that the client reports."""
        found = _REPORT.fullmatch(error.str())
        if found is not None:
            self._causes[found["address"]] = _explain(error.code(), _TIMING.sub("", found["cause"]))

    def __str__(self) -> str:
        """The newest cause of each address, with its cure."""
        return "; ".join(f"{address}: {cause}" for address, cause in self._causes.items())

    def report(self, client: Any) -> None:
        """Log that Kafka cannot be reached, at most every ``REPORT_EVERY_S``, and when it can be again.

        Costs nothing while no error was reported. A broker that closes an idle connection is no fault, so
        Kafka is asked before anything is logged.
        """
        if not self._causes or time.monotonic() < self._next_check:
            return
        try:
            client.list_topics(timeout=_CHECK_TIMEOUT_S)
        except KafkaException:
            logger.warning("Kafka cannot be reached: %s", self)
            self._reported = True
            self._next_check = time.monotonic() + REPORT_EVERY_S
            return
        if self._reported:
            logger.warning("Kafka can be reached again")
        self._causes.clear()
        self._reported = False


def metadata_of(client: Any, faults: ConnectionFaults, timeout_s: float, topic: str | None = None) -> Any:
    """The cluster's metadata, of one topic or of all; says what it waits for until ``timeout_s`` are over.

    ``faults`` is the ``error_cb`` of ``client``, a consumer without an assignment or an admin client.

    Raises:
        BrokerError: Kafka cannot be reached in time, or refused.
    """
    topics = {} if topic is None else {"topic": topic}
    deadline = time.monotonic() + timeout_s
    wait_s = min(FIRST_REPORT_S, timeout_s)
    while True:
        try:
            return client.list_topics(timeout=wait_s, **topics)
        except KafkaException as error:
            client.poll(0)
            failure = error.args[0]
            reason = str(faults) or failure.str()
            left_s = deadline - time.monotonic()
            if failure.code() not in _TEMPORARY or left_s < _LEAST_WAIT_S:
                raise BrokerError(f"Kafka cannot be reached, or refused: {reason}") from None
            logger.warning("Kafka cannot be reached yet: %s", reason)
            wait_s = min(REPORT_EVERY_S, left_s)


def _explain(code: int, cause: str) -> str:
    """The cause in terms of the settings."""
    reason = cause.rpartition(": ")[2]
    if code == KafkaError._RESOLVE:
        return f"name not found ({reason}): check kafka.bootstrap_servers"
    if code == KafkaError._SSL or cause.startswith(("SSL", "Disconnected: SSL")):
        advice = "check kafka.security_protocol, kafka.ssl_ca_file and the broker's certificate"
        return f"TLS failed ({_in_settings(cause)}): {advice}"
    if code == KafkaError._AUTHENTICATION:
        advice = "check kafka.security_protocol, kafka.sasl_mechanism, user and password"
        return f"SASL failed ({_in_settings(cause)}): {advice}"
    if "Connection refused" in cause:
        return "connection refused: check that Kafka runs there, and kafka.bootstrap_servers"
    if "security.protocol" in cause:
        return "closed by the broker: check kafka.security_protocol, which may be that of another listener"
    return _in_settings(cause)


def _in_settings(text: str) -> str:
    """``text`` with librdkafka's names of options replaced by those of the settings."""
    for theirs, ours in (
        ("ssl.ca.location", "kafka.ssl_ca_file"),
        ("ssl.certificate.location", "kafka.ssl_cert_file"),
        ("ssl.key.location", "kafka.ssl_key_file"),
        ("security.protocol", "kafka.security_protocol"),
        ("sasl.mechanism", "kafka.sasl_mechanism"),
    ):
        text = text.replace(theirs, ours)
    return " ".join(text.split())
