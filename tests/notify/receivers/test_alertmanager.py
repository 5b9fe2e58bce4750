"""The real Alertmanager of Debian gets alerts, keeps them while they are open, and resolves them."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import GuardedClient
from anomaly_stream.notify.receiver_specs import AlertmanagerSpec
from anomaly_stream.notify.receivers.alertmanager import Alertmanager
from anomaly_stream.notify.templates import Rendered
from tests.history.messages import NOW
from tests.notify.alertmanager_server import AlertmanagerServer
from tests.notify.world import Hook, event, message

RESEND_S = 60.0
RENDERED = Rendered("title", "text", "")
LINK = "https://alerts.example.com/"


def receiver(client: GuardedClient, *urls: str, clock: Callable[[], float] = time.time) -> Alertmanager:
    spec = AlertmanagerSpec.model_validate({"urls": list(urls), "resend_interval": RESEND_S, "timeout": "5s"})
    return Alertmanager(spec, client, lambda alert: LINK + alert, clock)


async def test_alerts_open_rise_and_resolve(alertmanager: AlertmanagerServer, client: GuardedClient) -> None:
    one = receiver(client, alertmanager.url, "http://127.0.0.1:1")  # one member of the cluster is enough
    labels = {"host.name": "web-1", "9": "nine", "empty": ""}
    firing = event("a", labels=labels, annotations={"runbook_url": "https://runbooks/1"})
    await one.deliver(message(firing), RENDERED)
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
    await one.deliver(message(severe, before=firing), RENDERED)
    assert alertmanager.alerts()["a"]["labels"]["severity"] == "severe"  # that of `minor` has ended

    await one.deliver(
        message(event("a", "resolved", labels=labels, severity="severe"), before=severe), RENDERED
    )
    assert alertmanager.alerts() == {}


async def test_a_series_has_an_alert_of_each_condition(
    alertmanager: AlertmanagerServer, client: GuardedClient
) -> None:
    one, silent = receiver(client, alertmanager.url), event("silent", condition="no_data")
    await one.deliver(message(event("a")), RENDERED)
    await one.deliver(message(silent), RENDERED)
    found = alertmanager.alerts()
    assert {alert: each["labels"].get("condition") for alert, each in found.items()} == {
        "a": None,
        "silent": "no_data",
    }
    ended = event("silent", "resolved", condition="no_data")
    await one.deliver(message(ended, before=silent), RENDERED)
    assert set(alertmanager.alerts()) == {"a"}


async def test_an_alert_that_is_not_sent_again_ends_by_itself(
    alertmanager: AlertmanagerServer, client: GuardedClient
) -> None:
    now = float(int(time.time()))
    await receiver(client, alertmanager.url, clock=lambda: now).deliver(message(event("a")), RENDERED)
    ends_at = datetime.fromisoformat(alertmanager.alerts()["a"]["endsAt"]).timestamp()
    assert ends_at == now + 4 * RESEND_S


async def test_a_cluster_that_is_down_is_an_error(client: GuardedClient) -> None:
    with pytest.raises(DeliveryError, match="ClientConnectorError") as down:
        await receiver(client, "http://127.0.0.1:1", "http://127.0.0.1:2").deliver(
            message(event("a")), RENDERED
        )
    assert not down.value.is_final


async def test_alertmanager_notifies_its_own_receivers(
    tmp_path: Path, alertmanager_program: None, client: GuardedClient
) -> None:
    hook = Hook()
    try:
        with AlertmanagerServer(tmp_path, hook.url) as server:
            one, start = receiver(client, server.url), time.time()
            assert start > NOW  # event times are those of the alert, not those of Alertmanager
            await one.deliver(message(event("a")), RENDERED)
            hook.wait_for(1)
            await one.deliver(message(event("a", "resolved"), before=event("a")), RENDERED)
            hook.wait_for(2)
        assert [each["status"] for each in hook.documents()] == ["firing", "resolved"]
    finally:
        hook.close()
