"""The bodies of answers about configs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.problems import Fault
from anomaly_stream.api.promise_warnings import promise_warnings
from anomaly_stream.api.seen_names import config_warnings
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import FieldFault
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.config_record import ConfigRecord, PastVersion
from anomaly_stream.registry.parsing import ParsedConfig


class ConfigAnswer(BaseModel):
    """A config in force."""

    id: str
    version: int = Field(description="Number of the change to this config, from 1.")
    author: str = Field(description="Who made the change.")
    reason: str = Field(description="Why, as far as the author said.")
    updated_at: datetime
    config: dict[str, Any] = Field(description="The config as it was written, with its id and owner.")
    warnings: list[Fault] = Field(
        description="What the config says in vain, by field; after a change, for the series seen too, with "
        "the metrics and labels that no worker sees now."
    )


class ConfigPage(BaseModel):
    """Configs, sorted by id."""

    items: list[ConfigAnswer]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")
    warnings: list[Fault] = Field(
        description="If nothing is found: an owner that is not known, and filters that are meant as patterns."
    )


class MatchedSeries(BaseModel):
    """The series that a config selects, of those seen on the metrics topics."""

    count: int
    examples: list[dict[str, Any]] = Field(description="Metric and labels of some of them.")


class ChangeAnswer(ConfigAnswer):
    """A config after a change, and the effects of the change."""

    restarts: list[str] = Field(
        description="Fields because of which the baselines restart; empty if they are kept."
    )
    series: MatchedSeries | None = Field(description="Null if this process does not know the series.")
    learning: str = Field(description="What happens next.")
    learning_until: datetime | None = Field(
        description="When the series have learned, at the rate of the last minutes; null if nothing is to be "
        "learned, of groups, and if workers report no rate."
    )
    dry_run: bool = Field(description="True if nothing was changed.")


class ValidationAnswer(BaseModel):
    """A config that is valid."""

    config: dict[str, Any]
    warnings: list[Fault] = Field(
        description="What the config says in vain, by field, and the metrics and labels that no worker sees "
        "now."
    )


class FieldChange(BaseModel):
    """A field that differs from the version before."""

    field: str
    before: Any = Field(default=None, description="Null if the field is new.")
    after: Any = Field(default=None, description="Null if the field was removed.")


class VersionAnswer(BaseModel):
    """One version of a config."""

    version: int
    author: str
    reason: str
    updated_at: datetime
    config: dict[str, Any]
    changes: list[FieldChange] = Field(description="What differs from the version before, if it is kept.")


class VersionList(BaseModel):
    """The versions of a config that are kept, the newest first."""

    items: list[VersionAnswer]


def config_answer(record: ConfigRecord) -> ConfigAnswer:
    """The answer with one config."""
    return ConfigAnswer(**_common(record))


def change_answer(
    state: ApiState, caller: Caller, record: ConfigRecord, restarts: Sequence[str], dry_run: bool
) -> ChangeAnswer:
    """The answer to a change that leads to ``record``."""
    matched = state.series.matched(record.config)
    series = None
    if matched is not None:
        examples = [{"metric": one.metric, "labels": dict(one.labels)} for one in matched[1]]
        series = MatchedSeries(count=matched[0], examples=examples)
    unseen = config_warnings(state, caller, record.config)
    promised = promise_warnings(state, record.config, series.count if series else 0)
    return ChangeAnswer(
        **{**_common(record), "warnings": faults([*record.warnings, *unseen, *promised])},
        restarts=list(restarts),
        series=series,
        learning=_learning(record, restarts),
        learning_until=_learning_until(state, record, restarts),
        dry_run=dry_run,
    )


def validation_answer(state: ApiState, caller: Caller, parsed: ParsedConfig) -> ValidationAnswer:
    """The answer to a valid document."""
    warnings = faults([*parsed.warnings, *config_warnings(state, caller, parsed.config)])
    return ValidationAnswer(config=dict(parsed.document), warnings=warnings)


def version_list(record: ConfigRecord) -> VersionList:
    """The current version and the past ones, each with its changes."""
    versions = [
        PastVersion(
            record.version, record.author, record.updated_at_ms, dict(record.document), record.reason
        ),
        *record.past,
    ]
    before = [*(version.config for version in versions[1:]), None]
    return VersionList(
        items=[
            VersionAnswer(
                version=version.version,
                author=version.author,
                reason=version.reason,
                updated_at=_time(version.updated_at_ms),
                config=version.config,
                changes=field_changes(older, version.config) if older is not None else [],
            )
            for version, older in zip(versions, before, strict=True)
        ]
    )


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The fields that differ between two documents, by name."""
    return [
        FieldChange(
            field=name,
            **({"before": before[name]} if name in before else {}),
            **({"after": after[name]} if name in after else {}),
        )
        for name in sorted({*before, *after})
        if name not in before or name not in after or before[name] != after[name]
    ]


def _common(record: ConfigRecord) -> dict[str, Any]:
    return {
        "id": record.config.id,
        "version": record.version,
        "author": record.author,
        "reason": record.reason,
        "updated_at": _time(record.updated_at_ms),
        "config": dict(record.document),
        "warnings": faults(record.warnings),
    }


def faults(warnings: Sequence[FieldFault]) -> list[Fault]:
    """Warnings as part of an answer."""
    return [Fault(field=warning.field, message=warning.message) for warning in warnings]


def _learning_until(state: ApiState, record: ConfigRecord, restarts: Sequence[str]) -> datetime | None:
    config = record.config
    if _keeps_baselines(record, restarts) or not isinstance(config, AnomalyDetectionConfig):
        return None
    interval_s = state.workers().mean_interval_s(config)
    if interval_s is None:
        return None
    return _time(int((state.clock() + config.min_observations * interval_s) * 1000))


def _keeps_baselines(record: ConfigRecord, restarts: Sequence[str]) -> bool:
    return record.version > 1 and not restarts


def _learning(record: ConfigRecord, restarts: Sequence[str]) -> str:
    """What happens next, for the author of the change."""
    if _keeps_baselines(record, restarts):
        return "Workers follow within a second. Baselines are kept."
    is_single = isinstance(record.config, AnomalyDetectionConfig)
    what, values = ("series", "values") if is_single else ("instance", "vectors")
    return (
        f"Workers follow within a second. Each {what} learns from its next "
        f"{record.config.min_observations} {values}, and is scored from then on."
    )


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
