"""Which series a config watches: a glob on the metric, and label matchers as in Prometheus."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import re2

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.config import LabelMatcher

_RANGE_BYTES = 64
_UNLIKE_TEXTS = ("", "a", "-1", "Ü \n", "x" * 256)


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
    return all(holds(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def holds(matcher: LabelMatcher, value: str) -> bool:
    """True if a label of this value satisfies ``matcher``."""
    if matcher.op == "=":
        return value == matcher.value
    if matcher.op == "!=":
        return value != matcher.value
    found = compile_pattern(matcher.value).fullmatch(value) is not None
    return found if matcher.op == "=~" else not found


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Any:
    """The compiled regular expression of a matcher.

    RE2 matches in time linear in the length of the label, so that no pattern can stop a worker.

    Raises:
        ValueError: RE2 does not accept the pattern; the message names the cure.
    """
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "no reason given"
        raise ValueError(f"{pattern!r} is not a regular expression of RE2: {reason}{_cure(reason)}") from None


def are_disjoint(one: str, other: str) -> bool:
    """Whether certainly no text matches both patterns, by the ranges of texts that RE2 gives for each.

    Ranges that overlap decide nothing.
    """
    try:
        ranges = [compile_pattern(pattern).possiblematchrange(_RANGE_BYTES) for pattern in (one, other)]
    except re2.error:  # no range, as of a pattern that begins with any text
        return False
    (low, high), (other_low, other_high) = ranges
    return bool(high < other_low or other_high < low)


def matches_nothing(pattern: str) -> bool:
    """Whether certainly no text matches, because text must come before its begin or after its end."""
    try:
        low, high = compile_pattern(pattern).possiblematchrange(_RANGE_BYTES)
    except re2.error:
        return False
    return bool(low == high and compile_pattern(pattern).fullmatch(low) is None)


def matches_everything(pattern: str) -> bool:
    """Whether the pattern matches all of some texts that have nothing in common."""
    compiled = compile_pattern(pattern)
    return all(compiled.fullmatch(text) is not None for text in _UNLIKE_TEXTS)


def _cure(reason: str) -> str:
    if "perl operator: (?" in reason or "invalid escape sequence" in reason:
        return (
            "; RE2 has no look-around and no back-references: list several matchers of the label instead, "
            'such as ["=~web-.*", "!~.*-9"]'
        )
    if "repetition operator" in reason:
        return "; '*' repeats what is before it: write '.*' for any text"
    if "repetition size" in reason:
        return "; a count is at most 1000"
    return ""
