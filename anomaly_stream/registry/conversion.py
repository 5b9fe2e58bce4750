"""Validated documents as configs in plain units."""

from typing import Any

from anomaly_stream.model import AnomalyDetectionConfig, Direction, MetricType, Publish
from anomaly_stream.model.group import Aggregate, GroupConfig, GroupMember, Missing
from anomaly_stream.registry import alert_fields, value_parsers
from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.false_alarms import FalseAlarms
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
    least = value_parsers.sensitivity_score(document.sensitivity)
    return AnomalyDetectionConfig(
        **fields,
        **alert_fields.rule_fields(document),
        alert_score=value_parsers.alert_score(document.alert_threshold, document.sensitivity, context.bands)
        if budget is None
        else _alert_score(budget, least, by_model=by_model),
        false_alarms_per_week=0.0 if budget is None else budget.per_week,
        false_alarms_step_s=0.0 if budget is None else budget.step or 0.0,
        id=document.id or value_parsers.default_id(document.metric),
        matchers=document.match,
        baseline_period_s=document.baseline_period,
        series_ttl_s=document.series_ttl,
        no_data_s=document.no_data.seconds,
        no_data_steps=document.no_data.steps,
        sensitivity_score=least,
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


def _alert_score(budget: FalseAlarms, least: float, *, by_model: bool) -> float:
    """The threshold that a budget sets; only the least one if each series has one by its own step."""
    if budget.step is None:
        return least
    return max(least, threshold_of(budget.per_week, budget.step, by_model=by_model))


def _group(document: GroupDocument, context: ValidationContext, version: int) -> GroupConfig:
    per_week = document.max_false_alarms
    least = value_parsers.sensitivity_score(document.sensitivity)
    return GroupConfig(
        **alert_fields.rule_fields(document),
        alert_score=value_parsers.alert_score(document.alert_threshold, document.sensitivity, context.bands)
        if per_week is None
        else max(least, threshold_of(per_week, document.interval, by_model=False)),
        false_alarms_per_week=per_week or 0.0,
        false_alarms_step_s=0.0 if per_week is None else document.interval,
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
        sensitivity_score=least,
        min_observations=document.min_observations,
        publish=Publish(document.publish),
        max_instances=document.max_instances,
        series_ttl_s=document.series_ttl,
        labels=dict(document.labels),
        annotations=dict(document.annotations),
        version=version,
    )
