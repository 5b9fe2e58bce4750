"""URLs of Apprise: whether Apprise can use one, and which hosts it names."""

import ipaddress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import apprise
from apprise.manager_plugins import NotificationManager

from anomaly_stream.notify.credentials import Credential
from anomaly_stream.notify.library_logs import silence_libraries

_HTTP_ALONE = ("json", "jsons", "xml", "xmls", "form", "forms")
_OF_THIS_HOST = ("dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows")
_services = NotificationManager()  # type: ignore[no-untyped-call]
_SERVICES = "https://github.com/caronc/apprise/wiki"


class AppriseUrl(Credential):
    """A URL of Apprise."""

    @classmethod
    def check(cls, text: str) -> None:
        """Raises ValueError unless Apprise can use it."""
        hosts_of(text, sender_of(text))


def sender_of(url: str) -> Any:
    """The one service of a URL. Raises ValueError, without the URL."""
    scheme, separator, _ = url.partition("://")
    scheme = scheme.lower()
    if not separator:
        raise ValueError("must be a URL of Apprise, such as slack://TOKEN/CHANNEL")
    if scheme in _HTTP_ALONE:
        raise ValueError(f"{scheme}:// is a plain HTTP request: use a webhook receiver, which is signed")
    if scheme in _OF_THIS_HOST:
        raise ValueError(
            f"{scheme}:// shows messages on the notifier's own host, where nobody may look: "
            "use a receiver that people read, or rsyslog:// for the log of another host"
        )
    silence_libraries()  # Apprise logs URLs that it does not accept
    found = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False))
    if not found.add(url):
        if scheme not in _services:
            raise ValueError(f"Apprise has no such service: {_SERVICES} lists all")
        if needed := _missing_packages(_services[scheme]):
            raise ValueError(f"Apprise needs packages for {scheme}://: pip install {needed}")
        raise ValueError(f"Apprise cannot use this {scheme}:// URL: {_SERVICES} shows what it must hold")
    if len(found) != 1:
        raise ValueError("the URL names several services: give each a receiver of its own")
    if scheme == "rsyslog" and not _is_address(str(found[0].host)):
        raise ValueError("rsyslog:// must have an IPv4 address for a host, such as rsyslog://10.1.2.3")
    return found[0]


def _missing_packages(service: Any) -> str:
    """The packages that a service needs and does not find, for pip; empty if it finds all."""
    if service.enabled:
        return ""
    required = service.requirements.get("packages_required", ())
    named = [required] if isinstance(required, str) else required
    return " ".join(f"'{each.replace(' ', '')}'" for each in named)


def hosts_of(url: str, sender: Any) -> set[str]:
    """The hosts that a URL names, and the addresses among its parameters.

    A service without a host of its own may have a token in its place.
    """
    try:
        parts = urlsplit(url)
        written = parts.hostname or ""
    except ValueError:
        raise ValueError("the host of the URL cannot be read") from None
    values = {value for _, value in parse_qsl(parts.query) if _is_address(value)}
    return ({written, str(sender.host or "").strip("[]")} | values) - {""}


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return text.lower() == "localhost"
    return True
