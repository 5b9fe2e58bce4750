"""The bodies of answers about silences."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from anomaly_stream.api.problems import Fault
from anomaly_stream.silences.record import StoredSilence

SilenceState = Literal["pending", "active", "waiting", "over"]


class WindowAnswer(BaseModel):
    """One window of a silence."""

    begin: datetime
    end: datetime


class SilenceAnswer(BaseModel):
    """A silence."""

    id: str
    author: str = Field(description="Who created it.")
    created_at: datetime
    ended_by: str = Field(description="Who ended it by hand; empty if nobody did.")
    ended_at: datetime | None
    state: SilenceState = Field(
        description="`pending`: it begins later. `active`: it suppresses events of this moment. `waiting`: "
        "its next window begins later. `over`: it suppresses nothing any more."
    )
    window: WindowAnswer | None = Field(
        description="The window of this moment, or the next one; null if the silence is not limited to "
        "windows, is over, or has none within five years."
    )
    silence: dict[str, Any] = Field(description="The silence as it was written, with its owner.")


class NewSilenceAnswer(SilenceAnswer):
    """A silence that was created."""

    warnings: list[Fault] = Field(
        description="Configs, metrics, owners and labels that it names and that nobody has now: it "
        "suppresses their alerts if they come. Or that it is over already."
    )


class SilencePage(BaseModel):
    """Silences, the newest first."""

    items: list[SilenceAnswer]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")
    warnings: list[Fault] = Field(description="If nothing is found: an owner that is not known.")


def silence_answer(stored: StoredSilence, now: float) -> SilenceAnswer:
    """The answer with one silence; ``now`` in seconds since the epoch."""
    record = stored.record
    return SilenceAnswer(
        id=record.id,
        author=record.author,
        created_at=_time(record.created_at_ms),
        ended_by=record.ended_by,
        ended_at=None if record.ended_at_ms is None else _time(record.ended_at_ms),
        state=state_of(stored, now),
        window=_window(stored, now),
        silence=record.silence,
    )


def state_of(stored: StoredSilence, now: float) -> SilenceState:
    """The state of a silence; an inhibition counts as active whether the other alert fires or not."""
    silence = stored.silence
    if stored.is_over(now):
        return "over"
    if now < silence.begin:
        return "pending"
    return "active" if silence.windows is None or silence.windows.contain(now) else "waiting"


def _window(stored: StoredSilence, now: float) -> WindowAnswer | None:
    silence = stored.silence
    if silence.windows is None or stored.is_over(now):
        return None
    found = silence.windows.next(max(now, silence.begin))
    if found is None or (silence.end is not None and silence.end <= found[0]):
        return None
    begin, end = (datetime.fromtimestamp(at, UTC) for at in found)
    return WindowAnswer(begin=begin, end=end)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
