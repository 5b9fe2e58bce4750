"""Silences as records of their topic."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


class SilenceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A silence: a message of the compacted silences topic, keyed by its id.

    Its document never changes. A silence that was ended stays on the topic until the history no longer has
    the events that it suppressed; then a null value deletes it.
    """

    schema_version: Annotated[Literal[1], Meta(description="Version of this format.")] = 1
    id: Annotated[str, Meta(description="Id of the silence.")]
    author: Annotated[str, Meta(description="Who created it.")]
    created_at_ms: Annotated[int, Meta(description="When, milliseconds since the epoch.")]
    ended_by: Annotated[str, Meta(description="Who ended it by hand; empty if nobody did.")] = ""
    ended_at_ms: Annotated[
        int | None, Meta(description="When it was ended by hand, milliseconds since the epoch.")
    ] = None
    silence: Annotated[dict[str, Any], Meta(description="The silence as it was written, with its owner.")]
