"""Filters of alerts and anomalies of the history."""

import dataclasses
import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.history_pages import Page
from anomaly_stream.api.label_filters import LabelFilters, label_of
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.api.state import ApiState
from anomaly_stream.history.batch import clean
from anomaly_stream.history.queries import AlertAccount, HistoryQueries
from anomaly_stream.history.wanted import Wanted
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.alerts import AlertStatus

_LONGEST = 1000
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.,]+(Z|[-+]\d\d:?\d\d)", re.IGNORECASE)


def _with_a_zone(text: object) -> object:
    """Numbers are refused: pydantic takes them for seconds or milliseconds, by their size."""
    if isinstance(text, str) and not _TIME.fullmatch(text):
        cure = ": write %2B for the + of a zone" if re.search(r"\d \d\d:?\d\d$", text) else ""
        raise ValueError(f"must be a time with its zone, as in 2026-01-31T12:00:00Z{cure}")
    return text


Time = Annotated[AwareDatetime, BeforeValidator(_with_a_zone)]


class Whose(BaseModel):
    """Filters of everything that has a config."""

    model_config = ConfigDict(extra="forbid")

    owner: str | None = Field(default=None, max_length=_LONGEST, description="Of configs of this group.")
    config: str | None = Field(default=None, max_length=_LONGEST, description="Of the config with this id.")
    metric: str | None = Field(default=None, max_length=_LONGEST, description="Of this metric.")


class Which(BaseModel):
    """Filters of alerts and anomalies."""

    label: LabelFilters = Field(
        default=[],
        max_length=32,
        description="Of series with this label: `env`, or `env=prod` for one value. Several must all hold.",
    )
    severity: list[Literal["minor", "moderate", "severe"]] = Field(
        default=[], max_length=4, description="Of one of these severities."
    )


class Scope(Whose):
    """Filters that all routes of the history share."""

    since: Time | None = Field(
        default=None,
        description="From this time: anomalies with a time from it on, alerts that were open at it or later.",
    )
    until: Time | None = Field(default=None, description="Before this time: what began earlier.")

    @field_validator("until")
    @classmethod
    def _is_not_before_since(cls, until: datetime | None, given: ValidationInfo) -> datetime | None:
        since = given.data.get("since")
        if until is not None and since is not None and until < since:
            raise ValueError("is before since: exchange the two, or leave one out")
        return until

    def wanted(self, caller: Caller) -> Wanted:
        """The rows to find of those that ``caller`` may see."""
        return Wanted(
            readable=caller.readable,
            owner=_clean(self.owner),
            config_id=_clean(self.config),
            metric=_clean(self.metric),
            since=None if self.since is None else self.since.timestamp(),
            until=None if self.until is None else self.until.timestamp(),
        )


class HistoryFilters(Which, Scope):
    """Which anomalies to find."""

    def wanted(self, caller: Caller) -> Wanted:
        """The rows to find of those that ``caller`` may see."""
        scope = super().wanted(caller)
        return dataclasses.replace(
            scope, labels=tuple(map(_label, self.label)), severity=tuple(self.severity)
        )


class LiveQuery(Which, Whose):
    """Which events to follow."""

    def accepts(self, event: AlertEvent) -> bool:
        """Whether the event is wanted."""
        return (
            self.owner in (None, event.owner)
            and self.config in (None, event.config_id)
            and self.metric in (None, event.metric)
            and (not self.severity or event.severity in self.severity)
            and all(
                name in event.labels and value in (None, event.labels[name])
                for name, value in map(_label, self.label)
            )
        )


class AlertFilters(HistoryFilters):
    """Which alerts to find."""

    incident: str | None = Field(
        default=None, max_length=_LONGEST, description="Of the incident with this id."
    )

    status: list[AlertStatus] = Field(
        default=[], max_length=4, description="Whose newest event has one of these statuses."
    )
    suppressed: bool | None = Field(
        default=None, description="Whether a silence suppresses their newest event."
    )

    def wanted(self, caller: Caller) -> Wanted:
        """The alerts to find of those that ``caller`` may see."""
        scope = super().wanted(caller)
        return dataclasses.replace(
            scope,
            incident=_clean(self.incident),
            status=tuple(self.status),
            suppressed=self.suppressed,
        )


class IncidentFilters(HistoryFilters):
    """Which incidents to find: those that have an alert with all of this."""

    status: list[Literal["firing", "resolved"]] = Field(
        default=[],
        max_length=2,
        description="Of one of these statuses: `firing` until all of its alerts are resolved.",
    )
    suppressed: bool | None = Field(
        default=None, description="Whether a silence suppresses the newest event of the alert."
    )

    def wanted(self, caller: Caller) -> Wanted:
        """The incidents to find of those that ``caller`` may see."""
        scope = super().wanted(caller)
        return dataclasses.replace(scope, status=tuple(self.status), suppressed=self.suppressed)


class AlertQuery(AlertFilters, Page):
    """Which alerts to list, and which page of them."""


class IncidentQuery(IncidentFilters, Page):
    """Which incidents to list, and which page of them."""


class AnomalyQuery(HistoryFilters, Page):
    """Which anomalies to list, and which page of them."""


def history_of(state: ApiState) -> HistoryQueries:
    """The history. Raises ProblemError (503) if there is none."""
    if state.history is None:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "This server has no history: its setting history.recorder is off.",
        )
    return state.history


def alert_of(state: ApiState, caller: Caller, alert_id: str) -> AlertAccount:
    """The alert with this id. Raises ProblemError (404) if there is none that the caller may see."""
    account = history_of(state).alert(alert_id.replace("\0", "\ufffd"), caller.readable)
    if account is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no alert {alert_id!r}.")
    return account


def _label(text: str) -> tuple[str, str | None]:
    name, value = label_of(text)
    return _cleaned(name), _clean(value)


def _clean(text: str | None) -> str | None:
    return None if text is None else _cleaned(text)


def _cleaned(text: str) -> str:
    try:
        return clean(text)
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"The request is invalid: {error}.") from None
