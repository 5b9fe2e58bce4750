"""What a request to a receiver is made of: its URL, its headers, and the key that signs it."""

import base64
import binascii
import re
from urllib.parse import SplitResult, urlsplit

SECRET_PREFIX = "whsec_"
_LEAST_KEY, _MOST_KEY = 24, 64
_KEY_FORM = (
    f"must be {SECRET_PREFIX} and the base64 of {_LEAST_KEY} to {_MOST_KEY} random bytes: "
    f'echo "{SECRET_PREFIX}$(openssl rand -base64 32)" makes one'
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0]")
_NAME = re.compile(r"([\w-]{1,63}\.)*[\w-]{1,63}\.?")
_URL_FORM = (
    "must be a URL whose host is a name or an address (of IPv6 in brackets: http://[fd00::1]:8000/), "
    "and whose port is a number from 1 to 65535"
)
_RESERVED = frozenset(
    {
        *("connection", "content-encoding", "content-length", "content-type", "expect", "host"),
        *("idempotency-key", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("webhook-id", "webhook-signature", "webhook-timestamp"),
    }
)
_OF_SECRETS = re.compile(
    r"(^|[-_])(x?auth|\w*authorization|\w*(token|secret|password|cookie)|(api|access)?key|credentials?)s?($|[-_])"
)


def http_url(text: str) -> SplitResult:
    """The parts of a URL of HTTP. Raises ValueError, without it."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_URL_FORM) from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("must be a URL that begins with https:// or http:// and a host")
    if _NOT_IN_URLS.search(text):
        raise ValueError("must be a URL without spaces and control characters: write a space as %20")
    if port == 0 or not (":" in host or _NAME.fullmatch(host)):
        raise ValueError(_URL_FORM)
    return parts


def header_name(text: str) -> str:
    """The name of a header in lower case. Raises ValueError if it is none, or not for users."""
    name = text.lower()
    if not _TOKEN.fullmatch(name):
        raise ValueError("is not the name of a header: it has letters, digits and hyphens")
    if name in _RESERVED:
        raise ValueError(f"{name} is set by anomaly-stream: omit it")
    return name


def is_secret_header(name: str) -> bool:
    """Whether a header of this name usually has a secret."""
    return name.lower() not in _RESERVED and _OF_SECRETS.search(name.lower()) is not None


def check_header_value(text: str) -> None:
    """Raises ValueError, without the value, if a header cannot have it."""
    if not text.strip() or _CONTROL.search(text):
        raise ValueError("must be one line of text without control characters")


def signing_key(secret: str) -> bytes:
    """The key of a secret, as Standard Webhooks prescribe. Raises ValueError, without it."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(_KEY_FORM) from None
    if not secret.startswith(SECRET_PREFIX) or not _LEAST_KEY <= len(key) <= _MOST_KEY:
        raise ValueError(_KEY_FORM)
    return key
