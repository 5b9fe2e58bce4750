"""Which series a config watches: a glob on the metric, and label matchers as in Prometheus."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.config import LabelMatcher


def matches(config: AnomalyDetectionConfig, series: Series) -> bool:
    """True if ``config`` watches ``series``."""
    return selects(config.metric, config.matchers, series)


def selects(metric: str, matchers: Sequence[LabelMatcher], series: Series) -> bool:
    """True if ``series`` has this metric (a name or a glob) and these labels.

    The glob is case-sensitive, and every matcher must hold. A label that the series does not have counts as
    empty, as in Prometheus.
    """
    if not fnmatchcase(series.metric, metric):
        return False
    if not matchers:
        return True
    labels = dict(series.labels)
    return all(_holds(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def _holds(matcher: LabelMatcher, value: str) -> bool:
    if matcher.op == "=":
        return value == matcher.value
    if matcher.op == "!=":
        return value != matcher.value
    found = compile_pattern(matcher.value).fullmatch(value) is not None
    return found if matcher.op == "=~" else not found


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The compiled regular expression of a matcher. Raises ``re.error`` if it is invalid."""
    return re.compile(pattern, re.DOTALL)
