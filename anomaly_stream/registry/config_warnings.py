"""What a valid config says in vain: fields without effect, and selectors that are probably not meant so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from anomaly_stream.errors import FieldFault
from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.group_document import GroupDocument
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.promised_alerts import alerts_per_week, promise_in_words, threshold_of
from anomaly_stream.registry.selectors import match_warnings, metric_warnings
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.registry.value_parsers import alert_score

_NOT_OF_MODELS = ("baseline_period", "window_points", "adapt", "relearn_after")


def config_warnings(
    written: Mapping[str, Any], config: ConfigDocument | GroupDocument, context: ValidationContext
) -> Iterator[FieldFault]:
    """One warning for each field that has no effect, or hardly the intended one.

    ``written`` is what the user wrote: defaults and fields of a preset are no reason to warn.
    """
    if isinstance(config, GroupDocument):
        if config.max_false_alarms is not None:
            yield from _of_budget(config, context, config.max_false_alarms, config.interval, by_model=False)
        yield from _of_group(written, config)
        return
    budget = config.max_false_alarms
    if budget is not None and budget.step is not None:
        by_model = model_of(config.detectors, context.kinds) is not None
        yield from _of_budget(config, context, budget.per_week, budget.step, by_model=by_model)
    yield from (FieldFault("metric", text) for text in metric_warnings(config.metric))
    yield from (FieldFault("match", text) for text in match_warnings(config.match))
    yield from _of_baseline(written, config, context)
    yield from _of_seasons(written, config, context)


def _of_budget(
    config: ConfigDocument | GroupDocument,
    context: ValidationContext,
    per_week: float,
    step_s: float,
    *,
    by_model: bool,
) -> Iterator[FieldFault]:
    least = alert_score(config.alert_threshold, config.sensitivity, context.bands)
    if threshold_of(per_week, step_s, by_model=by_model) <= least:
        promise = promise_in_words(alerts_per_week(least, step_s, by_model=by_model), by_model=by_model)
        yield FieldFault(
            "max_false_alarms",
            f"has no effect: the alert threshold without it, {least:g}, {promise}. Allow fewer, or for more "
            "alerts write a lower alert_threshold in its place",
        )


def _of_baseline(
    written: Mapping[str, Any], config: ConfigDocument, context: ValidationContext
) -> Iterator[FieldFault]:
    if model := model_of(config.detectors, context.kinds):
        for field in _NOT_OF_MODELS:
            if field in written:
                yield FieldFault(
                    field,
                    f"has no effect on the detector {model!r}, which has its own baseline: remove it, or "
                    "name detectors that use a window, such as [zscore, modified_zscore, iqr]",
                )
        return
    if "adapt" in written and "relearn_after" in written and not config.seasonality:
        yield FieldFault("adapt", "has no effect beside relearn_after without a seasonality: remove one")


def _of_seasons(
    written: Mapping[str, Any], config: ConfigDocument, context: ValidationContext
) -> Iterator[FieldFault]:
    if "timezone" in written and not config.seasonality:
        model = model_of(config.detectors, context.kinds)
        where = (
            f"on the detector {model!r}, which learns days and weeks in UTC" if model else "without a season"
        )
        yield FieldFault("timezone", f"has no effect {where}: remove it, or add a seasonality such as daily")
    if config.holidays is not None and not (config.holidays.country or config.holidays.dates):
        yield FieldFault("holidays", "have no effect without a day: add a country or dates")


def _of_group(written: Mapping[str, Any], config: GroupDocument) -> Iterator[FieldFault]:
    same: dict[object, list[str]] = defaultdict(list)
    for name, member in config.members.items():
        at = f"members.{name}"
        yield from (FieldFault(f"{at}.metric", text) for text in metric_warnings(member.metric))
        yield from (FieldFault(f"{at}.match", text) for text in match_warnings(member.match))
        same[(member.metric, member.match, member.aggregate)].append(name)
    for names in same.values():
        if len(names) > 1:
            yield FieldFault("members", f"{' and '.join(names)} are the same series: remove one of them")
    if "tolerance" in written and config.missing != "last":
        yield FieldFault("tolerance", f"has no effect with missing: {config.missing}: remove it")
