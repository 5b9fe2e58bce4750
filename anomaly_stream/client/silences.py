"""Silences: which alerts are suppressed on purpose."""

from collections.abc import Iterator, Mapping
from typing import Any

from anomaly_stream.client.alert_answers import Silence
from anomaly_stream.client.paths import path_of
from anomaly_stream.client.transport import OneOrMore, Transport


class Silences:
    """The silences: ``client.silences``. Every method raises ApiError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, owner: str | None = None, state: OneOrMore | None = None) -> Iterator[Silence]:
        """The silences that the token may see, the newest first; those that are over with that ``state``."""
        query = {"owner": owner, "state": state}
        return self._transport.listed(Silence, "/silences", query)

    def get(self, silence_id: str) -> Silence:
        """A silence."""
        return self._transport.ask(Silence, "GET", path_of("/silences", silence_id))[0]

    def create(self, document: Mapping[str, Any]) -> Silence:
        """Suppress alerts; the API document describes the fields."""
        return self._transport.ask(Silence, "POST", "/silences", json=document)[0]

    def end(self, silence_id: str) -> None:
        """End a silence now."""
        self._transport.send("DELETE", path_of("/silences", silence_id))
