"""Any service that Apprise knows, by its URL."""

from apprise.attachment.memory import AttachMemory

from anomaly_stream.notify.apprise_reasons import Reasons
from anomaly_stream.notify.apprise_urls import sender_of
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_connections import guarded_connections
from anomaly_stream.notify.guarded_http import Guard
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.receiver_specs import AppriseSpec
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered

_CHECK = "check the URL and that its service is reached"
_KINDS = {"minor": "info", "moderate": "warning", "severe": "failure"}


class AppriseReceiver:
    """Hands each message to Apprise.

    Args:
        spec: the receiver's description.
        guard: of the addresses that Apprise connects to.
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
        takes_images = self._spec.images and sender.attachment_support
        attached = self._attached(message) if takes_images else None
        kind = "success" if message.is_resolved else _KINDS.get(message.severity, "info")
        body = rendered.text if not rendered.link else f"{rendered.text}\n{rendered.link}"
        reasons = Reasons(sender, url)
        with guarded_connections(self._guard.allowed) as refusals:
            try:
                is_sent = sender.notify(body=body, title=rendered.title, notify_type=kind, attach=attached)
            except OSError:
                if not refusals:
                    raise
                is_sent = False
        if refusals and not is_sent:
            raise DeliveryError(refusals[0])
        if not is_sent:
            raise DeliveryError(f"Apprise could not deliver: {str(reasons) or _CHECK}")

    def _attached(self, message: Message) -> AttachMemory | None:
        picture = self._pictures.of(message)
        return None if picture is None else AttachMemory(picture, name="series.png", mimetype="image/png")  # type: ignore[no-untyped-call]
