"""A false alarm that teaches, over HTTP: its pattern opens no alert, until a true alarm takes that back."""

import json
import time
from typing import Any

import pytest
from confluent_kafka import Producer

from tests.integration.test_config_changes import wait_for_metric
from tests.integration.test_history_api import CONFIG, Api, api
from tests.integration.workers import read_all, running, wait_until_committed

__all__ = ["api"]
STEP = 60.0
START = float(int(time.time())) - 200 * STEP
"""Recent, because the history keeps alerts for some months."""
COMMANDS = "anomaly_stream_series_commands_total"


def alerts(api: Api, count: int) -> list[dict[str, Any]]:
    """The alerts of the history, the first one first, once there are so many."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = api.client.get("/v1/alerts").raise_for_status().json()["items"]
        if len(found) == count:
            return found[::-1]
        time.sleep(0.2)
    raise AssertionError(f"{len(found)} alerts: {found}")


@pytest.mark.timeout(400)
def test_a_false_alarm_teaches_and_a_true_one_takes_it_back(api: Api, apache: str, namespace: str) -> None:
    worker = api.worker
    config = {**CONFIG, "min_observations": 20, "labels": {"team": "red"}}
    assert api.client.post("/v1/configs", json=config).status_code == 201
    producer = Producer({"bootstrap.servers": apache, "log_level": 0})

    def publish(begin: int, end: int, spikes: dict[int, float]) -> None:
        for i in range(begin, end):
            value = spikes.get(i, 10.0 + i * 37 % 19 / 19)
            body = {"metric": "flow", "labels": {"unit": "a"}, "timestamp": START + STEP * i, "value": value}
            producer.produce(f"{namespace}-metrics", json.dumps(body).encode(), "one")
        assert producer.flush(30) == 0
        wait_until_committed(apache, f"{namespace}-anomaly-stream", f"{namespace}-metrics", worker, 90)

    def say(alert: dict[str, Any], **feedback: object) -> None:
        answer = api.client.post(f"/v1/alerts/{alert['alert_id']}/feedback", json=feedback)
        assert answer.status_code == 200, answer.text

    with running(worker):
        publish(0, 80, {70: 60.0})
        (first,) = alerts(api, 1)
        say(first, judgement="false_alarm", teach=True)
        wait_for_metric(worker, COMMANDS, lambda count: count == 1)
        publish(80, 100, {90: 63.0})
        wait_for_metric(worker, "anomaly_stream_anomalies_known_total", lambda count: count == 1)
        assert worker.stop() == 0
    with running(worker):  # what is known is part of the state
        publish(100, 130, {110: 63.0, 120: 300.0})
        wait_for_metric(worker, "anomaly_stream_anomalies_known_total", lambda count: count == 1)
        second = alerts(api, 2)[1]
        say(second, judgement="true_alarm")
        wait_for_metric(worker, COMMANDS, lambda count: count == 1)  # the first one was obeyed before
        publish(130, 150, {140: 63.0})
        third = alerts(api, 3)[2]
        assert worker.stop() == 0
    starts = [alert["episode"]["start"] for alert in (first, second, third)]
    assert starts == [START + STEP * i for i in (70, 120, 140)]
    scores = [json.loads(one.value()) for one in read_all(apache, f"{namespace}-anomaly-scores")]
    known = [(score["timestamp"], score["status"]) for score in scores if "known_since" in score]
    assert known == [(START + STEP * i, "anomaly") for i in (90, 110)]
    log = worker.log.read_text()
    assert log.count("teach of flow{unit=a} under config flow, by anonymous") == 2
    assert "No row here" not in log
