"""Any service that Apprise knows, by its URL."""

from apprise.attachment.memory import AttachMemory

from anomaly_stream.notify.apprise_urls import hosts_of, sender_of
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import Guard
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.receiver_specs import AppriseSpec
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered

_HTTPS = 443
_KINDS = {"minor": "info", "moderate": "warning", "severe": "failure"}


class AppriseReceiver:
    """Hands each message to Apprise.

    Apprise connects by itself, so the host of the URL is checked before each message, and
    not at the connection.

    Args:
        spec: the receiver's description.
        guard: of the hosts that a URL names.
        pictures: for services that take images.
    """

    def __init__(self, spec: AppriseSpec, guard: Guard, pictures: Pictures) -> None:
        self._spec = spec
        self._guard = guard
        self._pictures = pictures

    def deliver(self, message: Message, rendered: Rendered) -> None:
        """Send a message. Raises DeliveryError, SettingsError."""
        url = self._spec.url.read()
        sender = sender_of(url)
        for host in hosts_of(url, sender):
            is_name = (
                "." in host or ":" in host
            )  # else it may be a token, or a short name or number of a host
            self._guard.check_host(host, _HTTPS, may_be_absent=not is_name)
        kind = "success" if message.is_resolved else _KINDS.get(message.severity, "info")
        body = rendered.text if not rendered.link else f"{rendered.text}\n{rendered.link}"
        takes_images = self._spec.images and sender.attachment_support
        attached = self._attached(message) if takes_images else None
        if not sender.notify(body=body, title=rendered.title, notify_type=kind, attach=attached):
            raise DeliveryError("Apprise could not deliver: check the URL and that its service is reached")

    def _attached(self, message: Message) -> AttachMemory | None:
        picture = self._pictures.of(message)
        return None if picture is None else AttachMemory(picture, name="series.png", mimetype="image/png")  # type: ignore[no-untyped-call]
