"""A webhook: JSON by POST, signed as Standard Webhooks prescribe; as an option in a CloudEvents envelope."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from anomaly_stream import __version__
from anomaly_stream.notify.guarded_http import GuardedClient
from anomaly_stream.notify.http_values import signing_key
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.receiver_specs import WebhookSpec
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered


class Webhook:
    """Posts each message.

    Args:
        spec: the receiver's description.
        client: sends the requests.
        pictures: of the messages, if the receiver takes images.
        clock: seconds since the epoch, for the signature.
    """

    def __init__(
        self,
        spec: WebhookSpec,
        client: GuardedClient,
        pictures: Pictures,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._spec = spec
        self._client = client
        self._pictures = pictures
        self._clock = clock

    async def deliver(self, message: Message, rendered: Rendered) -> None:
        """Post a message. Raises DeliveryError, SettingsError."""
        document = document_of(message, rendered)
        if self._spec.images:
            picture = await asyncio.to_thread(self._pictures.of, message)
            document["image"] = None if picture is None else base64.b64encode(picture).decode()
        kind = "application/json"
        if self._spec.cloudevents:
            document, kind = _cloud_event(message, document), "application/cloudevents+json"
        body = msgspec.json.encode(document)
        headers = {
            "content-type": kind,
            "user-agent": f"anomaly-stream/{__version__}",
            "idempotency-key": message.id,
            **{name: value.read() for name, value in self._spec.headers.items()},
        }
        if self._spec.secret is not None:
            headers |= signature(self._spec.secret.read(), message.id, int(self._clock()), body)
        if self._spec.bearer_token is not None:
            headers["authorization"] = f"Bearer {self._spec.bearer_token.read()}"
        await self._client.post(self._spec.url.read(), body, headers, self._spec.timeout)


def signature(secret: str, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` (standardwebhooks.com).

    The signature is HMAC-SHA256 of ``{id}.{timestamp}.{body}``. Raises ValueError if the secret has no key.
    """
    signed = f"{message_id}.{at}.".encode() + body
    digest = base64.b64encode(hmac.new(signing_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{digest}",
    }


def document_of(message: Message, rendered: Rendered) -> dict[str, Any]:
    """A message as JSON, with every alert event as it is on the alerts topic."""
    return {
        "version": 1,
        "id": message.id,
        "receiver": message.receiver,
        "status": "resolved" if message.is_resolved else "firing",
        "severity": message.severity,
        "title": rendered.title,
        "text": rendered.text,
        "link": rendered.link,
        "labels": message.labels,
        "reminder": message.only_reminds,
        "open_alerts": message.open_alerts,
        "events": [event for news in message.alerts for event in news.events],
    }


def _cloud_event(message: Message, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": "anomaly-stream",
        "type": "anomaly-stream.notification",
        "time": datetime.fromtimestamp(message.created_at, UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": document,
    }
