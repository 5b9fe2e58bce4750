"""Texts of others, such as the answer of a receiver, without what may be secret in a request."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

_MOST = 200
_LONG = 6
_TOKEN = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_BETWEEN = re.compile(r"[/:@?&=,;+#\s]+")


class Redaction:
    """Hides the parts of some texts: short ones as a word of their own, long ones anywhere.

    Args:
        secrets: URLs and values of headers.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        pieces = {piece for one in secrets for text in (one, unquote(one)) for piece in _BETWEEN.split(text)}
        pieces |= {unquote(piece) for piece in pieces}
        found = sorted((re.escape(each) for each in pieces if each), key=len, reverse=True)
        long = [each for each in found if len(each) >= _LONG]
        self._parts = re.compile("|".join([*long, rf"(?<!\w)(?:{'|'.join(found)})(?!\w)"]), re.IGNORECASE)

    def of(self, text: str) -> str:
        """The first characters of a text, in one line, without the parts and without any long token."""
        shown = _TOKEN.sub("***", self._parts.sub("***", text))
        printable = "".join(each if each.isprintable() else " " for each in shown)
        return " ".join(printable.split())[:_MOST]
