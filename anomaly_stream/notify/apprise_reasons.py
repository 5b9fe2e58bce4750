"""Why Apprise could not deliver: it says so in its log alone, together with secrets."""

import logging
import re
from typing import Any
from urllib.parse import unquote

from apprise.plugins.email.base import NotifyEmail

_MOST = 300
_EXCEPTION = "Socket Exception: "
_LONG = 6
_TOKEN = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_BETWEEN = re.compile(r"[/:@?&=,;+#\s]+")


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
        self._parts = _parts_of(url)
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
        shown = "; ".join(dict.fromkeys(self._found))
        shown = _TOKEN.sub("***", self._parts.sub("***", shown))
        return " ".join(shown.split())[:_MOST]


def _parts_of(url: str) -> re.Pattern[str]:
    """Finds the parts of a URL: short ones as a word of their own, long ones anywhere."""
    pieces = {piece for text in (url, unquote(url)) for piece in _BETWEEN.split(text)}
    pieces |= {unquote(piece) for piece in pieces}
    found = sorted((re.escape(each) for each in pieces if each), key=len, reverse=True)
    long = [each for each in found if len(each) >= _LONG]
    return re.compile("|".join([*long, rf"(?<!\w)(?:{'|'.join(found)})(?!\w)"]), re.IGNORECASE)
