"""Whether Kafka can be reached, and why not: which address, and what failed there."""

import logging
import math
import re
import threading
import time
from collections.abc import Collection, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from anomaly_stream.errors import BrokerError

logger = logging.getLogger(__name__)

TIMEOUT_S = 15.0
"""How long Kafka may take to answer a request."""

FIRST_REPORT_S = 1.5
"""A client that does not reach Kafka says so after this time: most answers take milliseconds."""
REPORT_EVERY_S = 10.0
_CHECK_TIMEOUT_S = 2.0
_LEAST_WAIT_S = 0.1
_REPORT = re.compile(r"(?:\w+://)?(?P<address>.+?)/(?:bootstrap|-?\d+): (?P<cause>.*)", re.DOTALL)
_DISCONNECT = re.compile(r".*\]: (?:\w+://)?(?P<address>.+?)/(?:bootstrap|-?\d+): Disconnected: ", re.DOTALL)
_CLOSED = "closed by the broker: check kafka.security_protocol, which may be that of another listener"
_GONE = (
    "closed by the broker: check that it runs, and kafka.security_protocol, which may be that of another "
    "listener"
)
_SYSLOG_INFO = 6
_TIMING = re.compile(r" \(after \d+ms in state [A-Z_]+(?:, \d+ identical error\(s\) suppressed)?\)")
_TEMPORARY = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)


class _Outage:
    """The addresses that this process has reported: all its clients meet an outage, and one logs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reported_at: dict[str, float] = {}

    def report(self, addresses: Collection[str], reason: str, now: float) -> None:
        """Log why these cannot be reached, unless each was in the log within ``REPORT_EVERY_S``.

        ``now``: of the monotonic clock, in seconds.
        """
        with self._lock:
            reported = [self._reported_at.get(each, -math.inf) for each in addresses]
            if any(now - each >= REPORT_EVERY_S for each in reported):
                logger.warning("Kafka cannot be reached: %s", reason)
                self._reported_at |= dict.fromkeys(addresses, now)

    def end(self) -> None:
        """Log that Kafka can be reached again, if it was reported that it could not."""
        with self._lock:
            if self._reported_at:
                logger.warning("Kafka can be reached again")
            self._reported_at.clear()


_outage = _Outage()


class ConnectionFaults:
    """What failed at each address, as a client reports it while it is polled."""

    def __init__(self) -> None:
        self._causes: dict[str, str] = {}
        self._next_check = 0.0

    def options(self) -> dict[str, Any]:
        """The options of the client whose faults these are, after ``KafkaSettings.client_options``."""
        return {"error_cb": self, "logger": _DisconnectLog(self), "log_level": _SYSLOG_INFO}

    def __call__(self, error: KafkaError) -> None:
        """Note one error that the client reports."""
        found = _REPORT.fullmatch(error.str())
        if found is not None:
            self._causes[found["address"]] = _explain(error.code(), _TIMING.sub("", found["cause"]))

    def closed(self, address: str) -> None:
        """Note that a broker closed a connection, unless a cause at this address is known."""
        self._causes.setdefault(address, _GONE)

    def __str__(self) -> str:
        """The newest cause of each address, with its cure."""
        return _listed(self._causes)

    @property
    def addresses(self) -> Collection[str]:
        """The addresses of which a cause is known."""
        return self._causes.keys()

    def report(self, client: Any) -> None:
        """Log that Kafka cannot be reached, at most every ``REPORT_EVERY_S``, and when it can be again.

        Of the clients of a process, the first one logs it. Costs nothing while no error was reported. A
        broker that closes an idle connection is no fault, so Kafka is asked before anything is logged.
        """
        if not self._causes or time.monotonic() < self._next_check:
            return
        try:
            client.list_topics(timeout=_CHECK_TIMEOUT_S)
        except KafkaException:
            _outage.report(self.addresses, str(self), time.monotonic())
            self._next_check = time.monotonic() + REPORT_EVERY_S
            return
        _outage.end()
        self._causes.clear()


class _DisconnectLog(logging.Logger):
    """Passes the disconnects in a client's log on, and discards the rest.

    A broker that expects another protocol closes the connection, which librdkafka takes for an idle one: it
    logs that, and calls no ``error_cb``.
    """

    def __init__(self, faults: ConnectionFaults) -> None:
        super().__init__(__name__)
        self._faults = faults

    def handle(self, record: logging.LogRecord) -> None:
        """Note a disconnect."""
        found = _DISCONNECT.match(record.getMessage())
        if found is not None:
            self._faults.closed(found["address"])


def metadata_of(client: Any, faults: ConnectionFaults, timeout_s: float, topic: str | None = None) -> Any:
    """The cluster's metadata, of one topic or of all; logs what it waits for until ``timeout_s`` are over.

    ``client`` is a consumer without an assignment or an admin client, and has the options of ``faults``.

    Raises:
        BrokerError: Kafka cannot be reached in time, or refused.
    """
    topics = {} if topic is None else {"topic": topic}
    deadline = time.monotonic() + timeout_s
    report_at = time.monotonic() + FIRST_REPORT_S
    while True:
        try:
            wait_s = min(report_at, deadline) - time.monotonic()
            metadata = client.list_topics(timeout=max(wait_s, _LEAST_WAIT_S), **topics)
        except KafkaException as error:
            client.poll(0)
            failure, now = error.args[0], time.monotonic()
            reason = str(faults) or failure.str()
            if failure.code() not in _TEMPORARY or deadline - now < _LEAST_WAIT_S:
                raise BrokerError(f"Kafka cannot be reached, or refused: {reason}") from None
            if now > report_at - _LEAST_WAIT_S:
                _outage.report(faults.addresses or ("",), reason, report_at)
                report_at += REPORT_EVERY_S
            else:
                time.sleep(_LEAST_WAIT_S)  # a connection that is closed at once fails at once
        else:
            _outage.end()
            return metadata


def _listed(causes: Mapping[str, str]) -> str:
    return "; ".join(f"{address}: {cause}" for address, cause in causes.items())


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
        return _CLOSED
    if any(sign in cause for sign in ("Broken pipe", "reset by peer", "closed by peer")):
        return _GONE
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
