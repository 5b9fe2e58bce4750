"""``maintenance`` of a config: times whose values are scored and not learned."""

import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from anomaly_stream.model.config import MaintenanceWindow
from anomaly_stream.registry.fields import Duration, Instant


class MaintenanceDocument(BaseModel):
    """A time, or windows that recur, whose values are scored and not learned."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    begin: Instant = Field(
        alias="from",
        description="From this event time, as in `2026-01-31T12:00:00Z`; with `recurrence`, the start of the "
        "first window.",
    )
    until: Instant | None = Field(
        default=None, description="Before this event time. Required without `recurrence`."
    )
    recurrence: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        default=None,
        description="Recurrence rule of windows (RFC 5545), as in `FREQ=WEEKLY;BYDAY=SU`, in the `timezone` "
        "of the config; needs `duration`.",
    )
    duration: Duration | None = Field(default=None, description="Length of each window, as in `2h`.")

    @model_validator(mode="after")
    def _has_an_end(self) -> "MaintenanceDocument":
        if (self.recurrence is None) != (self.duration is None):
            raise ValueError("recurrence and duration need each other: without them, set until")
        if self.recurrence is None and self.until is None:
            raise ValueError("until is required without a recurrence")
        if self.until is not None and self.until <= self.begin:
            raise ValueError("until must be after from")
        if self.recurrence is not None and self.duration is not None:
            from anomaly_stream.registry.recurrence_checks import (
                check_recurrence,
            )  # takes a quarter of a second

            check_recurrence(self.recurrence, self.begin, self.duration, self.until)
        return self

    def window(self) -> MaintenanceWindow:
        """The window in plain units."""
        end = math.inf if self.until is None else self.until
        return MaintenanceWindow(self.begin, end, self.recurrence or "", self.duration or 0.0)


def _leave_time(documents: list[MaintenanceDocument]) -> list[MaintenanceDocument]:
    """Refuse windows that cover all time together."""
    endless = [
        (one.recurrence, one.begin, one.duration)
        for one in documents
        if one.recurrence is not None and one.duration is not None and one.until is None
    ]
    if len(endless) > 1:
        from anomaly_stream.registry.recurrence_checks import check_together  # takes a quarter of a second

        check_together(endless)
    return documents


Maintenance = Annotated[
    list[MaintenanceDocument],
    AfterValidator(_leave_time),
    Field(
        max_length=32,
        description="Times whose values are scored and not learned: `from` and `until`, or windows that "
        "recur by a rule of RFC 5545 (`from`, `recurrence`, `duration`). By the event time of values.",
    ),
]
