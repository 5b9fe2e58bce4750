"""The real Alertmanager of Debian gets alerts, keeps them while they are open, and resolves them."""

import ipaddress
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import Guard, guarded_client
from anomaly_stream.notify.receiver_specs import AlertmanagerSpec
from anomaly_stream.notify.receivers.alertmanager import Alertmanager
from anomaly_stream.notify.templates import Rendered
from tests.history.messages import NOW
from tests.notify.alertmanager_server import AlertmanagerServer
from tests.notify.world import Hook, event, message

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
RESEND_S = 60.0
RENDERED = Rendered("title", "text", "")
LINK = "https://alerts.example.com/"


def receiver(*urls: str, clock: Callable[[], float] = time.time) -> Alertmanager:
    spec = AlertmanagerSpec.model_validate({"urls": list(urls), "resend_interval": RESEND_S, "timeout": "5s"})
    return Alertmanager(spec, guarded_client(Guard([LOOPBACK])), lambda alert: LINK + alert, clock)


def test_alerts_open_rise_and_resolve(alertmanager: AlertmanagerServer) -> None:
    one = receiver(alertmanager.url, "http://127.0.0.1:1")  # one member of the cluster is enough
    labels = {"host.name": "web-1", "9": "nine", "empty": ""}
    firing = event("a", labels=labels, annotations={"runbook_url": "https://runbooks/1"})
    one.deliver(message(firing), RENDERED)
    found = alertmanager.alerts()["a"]
    assert found["status"]["state"] == "active"
    assert found["labels"] == {
        "alertname": "load", "config_id": "load", "metric": "load", "owner": "payments",
        "severity": "minor", "host_name": "web-1", "_9": "nine",
    }  # fmt: skip
    assert found["annotations"]["summary"] == "load is 2"
    assert found["annotations"]["runbook_url"] == "https://runbooks/1"
    assert found["generatorURL"] == LINK + "a"

    severe = event("a", "updated", labels=labels, severity="severe")
    one.deliver(message(severe, before=firing), RENDERED)
    assert alertmanager.alerts()["a"]["labels"]["severity"] == "severe"  # that of `minor` has ended

    one.deliver(message(event("a", "resolved", labels=labels, severity="severe"), before=severe), RENDERED)
    assert alertmanager.alerts() == {}


def test_an_alert_that_is_not_sent_again_ends_by_itself(alertmanager: AlertmanagerServer) -> None:
    now = float(int(time.time()))
    receiver(alertmanager.url, clock=lambda: now).deliver(message(event("a")), RENDERED)
    ends_at = datetime.fromisoformat(alertmanager.alerts()["a"]["endsAt"]).timestamp()
    assert ends_at == now + 4 * RESEND_S


def test_a_cluster_that_is_down_is_an_error() -> None:
    with pytest.raises(DeliveryError, match="ConnectError") as down:
        receiver("http://127.0.0.1:1", "http://127.0.0.1:2").deliver(message(event("a")), RENDERED)
    assert not down.value.is_final


def test_alertmanager_notifies_its_own_receivers(tmp_path: Path, alertmanager_program: None) -> None:
    hook = Hook()
    try:
        with AlertmanagerServer(tmp_path, hook.url) as server:
            one, start = receiver(server.url), time.time()
            assert start > NOW  # event times are those of the alert, not those of Alertmanager
            one.deliver(message(event("a")), RENDERED)
            hook.wait_for(1)
            one.deliver(message(event("a", "resolved"), before=event("a")), RENDERED)
            hook.wait_for(2)
        assert [each["status"] for each in hook.documents()] == ["firing", "resolved"]
    finally:
        hook.close()
