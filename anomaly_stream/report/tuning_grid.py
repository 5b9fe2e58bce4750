"""Changes of a config that are tried: each makes alerts fewer or other, and is a change of one field."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from anomaly_stream.model import AnomalyDetectionConfig, MetricType
from anomaly_stream.model.config import Direction
from anomaly_stream.registry.presets import PRESETS
from anomaly_stream.report.trials import RaisedAlert

Change = Mapping[str, Any]
"""New values by field of the document."""

_THRESHOLD_STEPS = (5.0, 10.0, 15.0, 20.0, 30.0)
_HIGHEST_THRESHOLD = 100.0
_SHARES = (0.5, 0.9, 1.0)
"""A least deviation excludes these shares of the false alarms, as far as the values that opened them go."""
_SEASONS: tuple[Any, ...] = ("daily", ["daily", "weekly"], "none")
_DETECTORS = (["auto"], ["zscore", "modified_zscore", "iqr"], ["modified_zscore", "spot"])
_DIGITS = 2


def single_changes(config: AnomalyDetectionConfig, false_alarms: Sequence[RaisedAlert]) -> Iterator[Change]:
    """Changes of one field of ``config``, milder ones of a field first.

    Some may not fit the other fields: whoever parses the changed document sees it.
    """
    for step in _THRESHOLD_STEPS:
        if config.alert_score + step <= _HIGHEST_THRESHOLD:
            yield {"alert_threshold": config.alert_score + step}
    if config.direction is Direction.BOTH:
        yield from ({"direction": side} for side in ("above", "below"))
    yield from _deviations(config, false_alarms)
    yield from ({"seasonality": season} for season in _SEASONS)
    yield from ({"detectors": detectors} for detectors in _DETECTORS)
    for name, preset in PRESETS.items():
        if preset.fields.get("metric_type", MetricType.GAUGE) == config.metric_type:
            yield {"preset": name}


def changed(document: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """``document`` with ``change``; its fields keep their order."""
    return {**document, **change}


def _deviations(config: AnomalyDetectionConfig, false_alarms: Sequence[RaisedAlert]) -> Iterator[Change]:
    absolute = [alert.deviation for alert in false_alarms if alert.deviation > 0.0]
    relative = [alert.deviation / abs(alert.expected) for alert in false_alarms if alert.expected]
    for least in _quantiles(absolute):
        if least > config.min_deviation:
            yield {"min_deviation": _deviation(least, config.min_deviation_relative)}
    for least in _quantiles(relative):
        if least > config.min_deviation_relative:
            yield {"min_deviation": _deviation(config.min_deviation, least)}


def _deviation(absolute: float, relative: float) -> dict[str, float]:
    limits = {"absolute": absolute, "relative": relative}
    return {name: limit for name, limit in limits.items() if limit}


def _quantiles(numbers: Sequence[float]) -> list[float]:
    """The numbers that ``_SHARES`` do not exceed, rounded up; each once."""
    if not numbers:
        return []
    found = np.quantile(numbers, _SHARES, method="inverted_cdf").tolist()
    return list(dict.fromkeys(map(_rounded_up, found)))


def _rounded_up(number: float) -> float:
    """``number`` with two digits, not below it."""
    scale = 10.0 ** (_DIGITS - 1 - math.floor(math.log10(number)))
    return float(f"{math.ceil(number * scale) / scale:.12g}")
