"""What a webhook receives: a signed document, or a CloudEvent."""

import base64
import hashlib
import hmac
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from anomaly_stream.notify.guarded_http import GuardedClient
from anomaly_stream.notify.receiver_specs import WebhookSpec
from anomaly_stream.notify.receivers.webhook import Webhook, signature
from anomaly_stream.notify.templates import Rendered
from tests.notify.world import Hook, event, message, with_pictures

KEY = b"a key of twenty-four byt"
RENDERED = Rendered("the title", "the text", "https://alerts.example.com/a")


async def delivered(hook: Hook, client: GuardedClient, **spec: Any) -> tuple[dict[str, str], bytes]:
    whole = WebhookSpec.model_validate({"url": hook.url, **spec})
    await Webhook(whole, client, with_pictures(), lambda: 1_700_000_000.5).deliver(
        message(event("a")), RENDERED
    )
    (received,) = hook.accepted
    return received


async def test_the_document_has_what_people_read_and_every_event(hook: Hook, client: GuardedClient) -> None:
    headers, body = await delivered(hook, client, headers={"x-team": "web"})
    document = json.loads(body)
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == document["id"]
    assert headers["x-team"] == "web"
    assert "webhook-signature" not in headers
    assert {name: document[name] for name in ("version", "status", "severity", "title", "text", "link")} == {
        "version": 1,
        "status": "firing",
        "severity": "minor",
        "title": "the title",
        "text": "the text",
        "link": "https://alerts.example.com/a",
    }
    assert [each["event_id"] for each in document["events"]] == ["a-firing"]


async def test_a_secret_signs_and_a_token_authorises(
    hook: Hook, client: GuardedClient, tmp_path: Path
) -> None:
    secret, token = tmp_path / "secret", tmp_path / "token"
    secret.write_text(f"whsec_{base64.b64encode(KEY).decode()}\n")
    token.write_text("t0ken")
    headers, body = await delivered(
        hook, client, secret={"file": str(secret)}, bearer_token={"file": str(token)}
    )
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["webhook-timestamp"] == "1700000000"
    assert headers["authorization"] == "Bearer t0ken"


def test_the_signature_of_the_standards_own_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, libraries' tests."""
    found = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_cloud_event_has_the_attributes_of_the_specification(
    hook: Hook, client: GuardedClient
) -> None:
    headers, body = await delivered(hook, client, cloudevents=True)
    document = json.loads(body)
    assert headers["content-type"] == "application/cloudevents+json"
    assert document["specversion"] == "1.0"
    assert document["id"] == headers["idempotency-key"]
    assert document["source"]
    assert document["type"] == "anomaly-stream.notification"
    assert document["time"].endswith("+00:00")
    assert document["data"]["events"][0]["event_id"] == "a-firing"


async def test_a_receiver_that_takes_images_gets_a_picture_of_the_series(
    hook: Hook, client: GuardedClient
) -> None:
    _, body = await delivered(hook, client, images=True)
    png = base64.b64decode(json.loads(body)["image"])
    assert Image.open(io.BytesIO(png)).size == (480, 180)


async def test_others_get_none(hook: Hook, client: GuardedClient) -> None:
    _, body = await delivered(hook, client)
    assert "image" not in json.loads(body)
