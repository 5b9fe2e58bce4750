"""Validated documents as configs in plain units."""

from typing import Any

from anomaly_stream.model import AnomalyDetectionConfig, Direction, MetricType, Publish
from anomaly_stream.model.group import Aggregate, GroupConfig, GroupMember, Missing
from anomaly_stream.registry import alert_fields, value_parsers
from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.group_document import GroupDocument
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.promised_alerts import threshold_of
from anomaly_stream.registry.validation_context import ValidationContext


def config_of(
    document: ConfigDocument | GroupDocument, context: ValidationContext, version: int
) -> AnomalyDetectionConfig | GroupConfig:
    """The config of a document that was validated with ``context``."""
    if isinstance(document, GroupDocument):
        return _group(document, context, version)
    return _single(document, context, version)


def _single(document: ConfigDocument, context: ValidationContext, version: int) -> AnomalyDetectionConfig:
    fields: dict[str, Any] = {
        name: getattr(document, name)
        for name in (
            "metric",
            "owner",
            "seasonality",
            "timezone",
            "adapt",
            "window_points",
            "max_series",
        )
    }
    holidays, budget = document.holidays, document.max_false_alarms
    by_model = model_of(document.detectors, context.kinds) is not None
    per_week, step_s = (0.0, 0.0) if budget is None else (budget.per_week, budget.step or 0.0)
    return AnomalyDetectionConfig(
        **fields,
        **alert_fields.rule_fields(document),
        alert_score=_alert_score(document, context, per_week, step_s, by_model=by_model),
        false_alarms_per_week=per_week,
        false_alarms_step_s=step_s,
        false_alarms_series=0 if budget is None else budget.series or 0,
        id=document.id or value_parsers.default_id(document.metric),
        matchers=document.match,
        baseline_period_s=document.baseline_period,
        series_ttl_s=document.series_ttl,
        no_data_s=document.no_data.seconds,
        no_data_steps=document.no_data.steps,
        sensitivity_score=value_parsers.sensitivity_score(document.sensitivity),
        detectors=tuple(document.detectors),
        metric_type=MetricType(document.metric_type),
        direction=Direction(document.direction),
        min_deviation=document.min_deviation.absolute,
        min_deviation_relative=document.min_deviation.relative,
        min_observations=min(document.min_observations, document.window_points // 2),
        relearn_after=document.relearn_after or value_parsers.RELEARN_AFTER[document.adapt],
        holidays=holidays.special_days() if holidays is not None else None,
        maintenance=tuple(one.window() for one in document.maintenance),
        publish=Publish(document.publish),
        labels=dict(document.labels),
        annotations=dict(document.annotations),
        version=version,
    )


def _alert_score(
    document: ConfigDocument | GroupDocument,
    context: ValidationContext,
    per_week: float,
    step_s: float,
    *,
    by_model: bool,
) -> float:
    """The threshold without ``max_false_alarms``, or a higher one that promises ``per_week`` at a step.

    Without a step each series has one of its own, from this one on.
    """
    least = value_parsers.alert_score(document.alert_threshold, document.sensitivity, context.bands)
    if not (per_week and step_s):
        return least
    return max(least, threshold_of(per_week, step_s, by_model=by_model))


def _group(document: GroupDocument, context: ValidationContext, version: int) -> GroupConfig:
    per_week = document.max_false_alarms or 0.0
    return GroupConfig(
        **alert_fields.rule_fields(document),
        alert_score=_alert_score(document, context, per_week, document.interval, by_model=False),
        false_alarms_per_week=per_week,
        false_alarms_step_s=document.interval if per_week else 0.0,
        id=document.id,
        members=tuple(
            GroupMember(
                name=name,
                metric=member.metric,
                matchers=member.match,
                aggregate=Aggregate(member.aggregate),
            )
            for name, member in sorted(document.members.items())
        ),
        by=tuple(sorted(document.by)),
        owner=document.owner,
        interval_s=document.interval,
        lateness_s=document.lateness,
        missing=Missing(document.missing),
        tolerance_s=max(document.tolerance, document.interval),
        detectors=tuple(document.detectors),
        sensitivity_score=value_parsers.sensitivity_score(document.sensitivity),
        min_observations=document.min_observations,
        publish=Publish(document.publish),
        max_instances=document.max_instances,
        series_ttl_s=document.series_ttl,
        labels=dict(document.labels),
        annotations=dict(document.annotations),
        version=version,
    )
