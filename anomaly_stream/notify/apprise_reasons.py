"""Why Apprise could not deliver: it says so in its log alone, together with secrets."""

import logging
from typing import Any

from apprise.plugins.email.base import NotifyEmail

from anomaly_stream.notify.redaction import Redaction

_EXCEPTION = "Socket Exception: "


class Reasons(logging.Handler):
    """What a service of Apprise logs while it sends, without the parts of its URL. Nothing else sees it.

    Args:
        sender: the service.
        url: its URL.
    """

    def __init__(self, sender: Any, url: str) -> None:
        super().__init__(logging.DEBUG)
        # The text of an exception of a request has its URL in forms of its own; that of SMTP has none.
        self._has_exceptions = isinstance(sender, NotifyEmail)
        self._redaction = Redaction([url])
        self._found: list[str] = []
        own = logging.Logger("apprise", logging.DEBUG)  # below no other logger
        own.addHandler(self)
        sender.logger = own

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning, and the exception that it is about."""
        text = record.getMessage()
        if record.levelno >= logging.WARNING:
            self._found.append(text)
        elif self._has_exceptions and text.startswith(_EXCEPTION):
            self._found.append(text.removeprefix(_EXCEPTION))

    def __str__(self) -> str:
        """In one line; empty if it said nothing."""
        return self._redaction.of("; ".join(dict.fromkeys(self._found)))
