"""The document of a silence as people write it: validated, and as a ``Silence``."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from anomaly_stream.registry.calendar_checks import check_calendar
from anomaly_stream.registry.fields import Duration, Id, Instant, Matchers, Metric, Name, Text, Timezone
from anomaly_stream.registry.recurrence_checks import check_occurs_again, check_recurrence
from anomaly_stream.registry.windows import Windows, of_calendar, recurring
from anomaly_stream.silences.silence import Inhibition, Selector, Silence


class SelectorDocument(BaseModel):
    """Which alerts; all that is given must hold."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)

    config: Id | None = Field(default=None, description="Alerts of the config with this id.")
    metric: Metric | None = Field(
        default=None, description="Alerts on this metric, a name or a glob (`*`, `?`, `[...]`)."
    )
    match: Matchers = Field(
        default=(),
        json_schema_extra={"default": {}},
        description="Labels that the alert must have, with the operators of configs: `=`, `!=`, `=~`, `!~`.",
    )
    severity: list[Literal["minor", "moderate", "severe"]] = Field(
        default=[], max_length=3, description="Alerts of one of these severities."
    )

    def selector(self) -> Selector:
        """The selector."""
        return Selector(self.config, self.metric, self.match, tuple(self.severity))


class InhibitionDocument(SelectorDocument):
    """Another alert, which must fire."""

    equal: list[Name] = Field(
        default=[],
        max_length=32,
        description="Labels that both alerts have with the same value, such as `host`.",
    )


class SilenceDocument(SelectorDocument):
    """Suppresses alerts on purpose: once, in maintenance windows, or while another alert fires."""

    owner: Text = Field(
        default="",
        description="Platform group whose alerts are suppressed: by default that of the caller. An "
        "administrator can leave it empty for the alerts of all groups.",
    )
    reason: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(
        description="Why, for people."
    )
    begin: Instant | None = Field(
        default=None,
        alias="from",
        description="From this event time, as in `2026-01-31T12:00:00Z`; with `recurrence`, the start of the "
        "first window. The default is now.",
    )
    until: Instant | None = Field(
        default=None,
        description="Before this event time. Required without `recurrence`, `calendar` and `while`.",
    )
    recurrence: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        default=None,
        description="Recurrence rule of windows (RFC 5545), as in `FREQ=WEEKLY;BYDAY=SU`; needs `from` and "
        "`duration`.",
    )
    duration: Duration | None = Field(default=None, description="Length of each window, as in `2h`.")
    calendar: Annotated[str, StringConstraints(max_length=65_536)] | None = Field(
        default=None, description="Text of an iCalendar file: each of its events is a window."
    )
    timezone: Timezone = Field(
        default="UTC",
        description="Time zone in which `recurrence` keeps its local time, and of times in `calendar` "
        "without one.",
    )
    inhibitor: InhibitionDocument | None = Field(
        default=None, alias="while", description="Suppress only while another alert like this fires."
    )

    @model_validator(mode="after")
    def _has_one_time(self) -> "SilenceDocument":
        if self.recurrence is not None and self.calendar is not None:
            raise ValueError("recurrence and calendar exclude each other: remove one of them")
        if self.recurrence is None and self.duration is not None:
            raise ValueError("duration is the length of the windows of recurrence: set until instead")
        if self.recurrence is not None and (self.begin is None or self.duration is None):
            raise ValueError("recurrence needs from, the start of the first window, and duration")
        if self.until is None and not (self.recurrence or self.calendar or self.inhibitor):
            raise ValueError("until is required: a silence without an end is forgotten")
        if self.until is not None and self.begin is not None and self.until <= self.begin:
            raise ValueError("until must be after from")
        self.windows()
        return self

    def windows(self) -> Windows | None:
        """The windows; None if it is not limited to any. Raises ValueError."""
        if self.recurrence is not None:
            assert self.begin is not None
            assert self.duration is not None
            try:
                return recurring(self.recurrence, self.begin, self.duration, self.timezone)
            except ValueError as error:
                raise ValueError(f"recurrence: {error}") from None
        try:
            return None if self.calendar is None else of_calendar(self.calendar, self.timezone)
        except ValueError as error:
            raise ValueError(f"calendar: {error}") from None

    def check_use(self, now: float) -> None:
        """Raises ValueError: created now, it could suppress nothing, would have no end, or is misread."""
        if self.until is not None and self.begin is None and self.until <= now:
            raise ValueError("until is in the past, and from is now: correct until, or set from")
        if self.recurrence is not None:
            assert self.begin is not None
            assert self.duration is not None
            check_recurrence(self.recurrence, self.begin, self.duration, self.until)
        if self.calendar is not None:
            check_calendar(self.calendar)
        windows = self.windows()
        if windows is not None:
            check_occurs_again(windows, now, self.until)

    def silence(self, silence_id: str, created_at_ms: int, ended_at_ms: int | None) -> Silence:
        """The silence, which begins when it was created unless the document says otherwise."""
        other = self.inhibitor
        return Silence(
            id=silence_id,
            owner=self.owner,
            selector=self.selector(),
            begin=created_at_ms / 1000 if self.begin is None else self.begin,
            end=self.until,
            windows=self.windows(),
            inhibition=None if other is None else Inhibition(other.selector(), tuple(other.equal)),
            created_at_ms=created_at_ms,
            ended_at_ms=ended_at_ms,
        )
