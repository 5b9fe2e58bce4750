"""The time limit of a body: of the whole, or of each part of a large one."""

import asyncio
import json
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.types import Message, Receive, Scope, Send

from anomaly_stream.api.guard import Guard
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.ops.api_metrics import ApiMetrics
from tests.api.world import World, settings_for_api

PARTS = 5


async def _read(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads the body."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def _call(path: str, pause_s: float) -> list[Message]:
    """The answer to a body of five parts of one byte."""
    sent: list[Message] = []
    left = PARTS

    async def receive() -> Message:
        nonlocal left
        await asyncio.sleep(pause_s)
        left -= 1
        return {"type": "http.request", "body": b"x", "more_body": left > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    settings = settings_for_api(body_timeout_s="1").api
    guard = Guard(_read, settings, {"/big": PARTS}, ApiMetrics(CollectorRegistry()))
    scope: dict[str, Any] = {"type": "http", "path": path, "headers": []}
    await guard(scope, receive, send)
    return sent


async def test_the_parts_of_a_large_body_have_a_limit_each() -> None:
    assert (await _call("/v1/configs/a/big", 0.3))[0]["status"] == 200
    with pytest.raises(ProblemError, match="did not arrive"):
        await _call("/v1/configs", 0.3)
    with pytest.raises(ProblemError, match="did not arrive"):
        await _call("/big", 1.5)


def test_a_change_is_in_the_audit_log(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    with caplog.at_level("INFO", "anomaly_stream.audit"):
        world.create()
        world.call("PATCH", "/v1/configs/checkout_ms?dry_run=true", {"sensitivity": "low"}, If_Match="*")
        world.call("PATCH", "/v1/configs/checkout_ms?reason=loud", {"sensitivity": "low"}, If_Match="*")
        world.call("PATCH", "/v1/configs/checkout_ms", {"sensitivity": "low"}, If_Match="*")  # no change
        world.call("DELETE", "/v1/configs/checkout_ms", If_Match="*")
    lines = [json.loads(record.message) for record in caplog.records if record.name == "anomaly_stream.audit"]
    assert [line["action"] for line in lines] == ["create", "patch", "delete"]
    changed = lines[1]
    assert (changed["from"]["version"], changed["to"]["version"], changed["reason"]) == (1, 2, "loud")
    assert (changed["groups"], changed["by"][:6]) == (["payments"], "token:")
    assert lines[2]["to"] is None
    assert world.token["payments"].rpartition("_")[2] not in caplog.text
