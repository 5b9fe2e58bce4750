"""Warnings for configs that matched nothing, for what never came to a group, and for its interval."""

from collections.abc import Collection, Iterator, Sequence
from math import inf, isfinite

from anomaly_stream.alerts.wording import duration
from anomaly_stream.groups.detectors.registry import default_of
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.model.group import GroupConfig, GroupCounts
from anomaly_stream.registry.faults import close_to
from anomaly_stream.registry.matching import selects

_LISTED = 5


def unmatched_warnings(configs: Sequence[AnomalyDetectionConfig], series: Sequence[Series]) -> Iterator[str]:
    """Why each of these configs matches none of ``series``."""
    for config in configs:
        yield f"config {config.id} matched nothing: {_mismatch(config.metric, config.matchers, series)}"


def group_warnings(
    groups: Sequence[GroupConfig], series: Sequence[Series], counts: GroupCounts
) -> Iterator[str]:
    """The members and the labels of ``by`` that never came, and groups that have scored nothing.

    ``counts`` are those of all groups together.
    """
    for config in groups:
        found = {
            member.name: [one for one in series if selects(member.metric, member.matchers, one)]
            for member in config.members
        }
        for member in config.members:
            if not found[member.name]:
                why = _mismatch(member.metric, member.matchers, series)
                yield f"group {config.id}: member {member.name} never came: {why}"
        absent = list(_absent_labels(config, found))
        yield from absent
        if all(found.values()) and not absent and counts.vectors <= config.min_observations:
            yield (
                f"group {config.id} scored nothing: {counts.vectors:,} vectors were complete, and "
                f"min_observations is {config.min_observations}: give more history, or check `interval` "
                "and `missing`"
            )


def interval_warnings(
    groups: Sequence[GroupConfig], series: Sequence[Series], steps: Floats
) -> Iterator[str]:
    """Groups whose ``interval`` chooses other detectors than the time between their members' values would.

    ``steps`` are those of ``series``, by number; later series have no values.
    """
    for config in groups:
        slowest = 0.0
        for member in config.members:
            own = [
                step
                for step, one in zip(steps.tolist(), series, strict=False)
                if selects(member.metric, member.matchers, one)
            ]
            slowest = max(slowest, min(own, default=inf))
        by_step = default_of(max(config.interval_s, slowest))
        if not config.detectors and isfinite(slowest) and by_step != default_of(config.interval_s):
            yield (
                f"group {config.id}: its slowest member has a value every {duration(slowest)}, and its "
                f"interval of {duration(config.interval_s)} chooses detectors for faster ones: set "
                "`interval` to the time between the values of that member"
            )


def _absent_labels(config: GroupConfig, found: dict[str, list[Series]]) -> Iterator[str]:
    """The labels of ``by`` that no series of a member has. A member without series is named elsewhere."""
    for name in config.by:
        lacking = [
            member
            for member, series in found.items()
            if series and not any(name in dict(one.labels) for one in series)
        ]
        if not lacking:
            continue
        labels = {label for member in lacking for one in found[member] for label, _ in one.labels}
        yield (
            f"group {config.id}: no series of {', '.join(lacking)} has the label {name!r} of `by`"
            f"{close_to(name, labels)}; their labels are {listed(labels)}"
        )


def _mismatch(metric: str, matchers: Sequence[LabelMatcher], series: Sequence[Series]) -> str:
    metrics = {one.metric for one in series if one.metric}
    same = [one for one in series if selects(metric, (), one)]
    if not same:
        near = close_to(metric, metrics)
        return f"no metric is {metric!r}{near}; the input has {listed(metrics)}"
    for matcher in matchers:
        if not any(selects(metric, [matcher], one) for one in same):
            return _label_mismatch(matcher, same)
    return "no series has all its labels together"


def _label_mismatch(matcher: LabelMatcher, series: Sequence[Series]) -> str:
    values = {dict(one.labels).get(matcher.name, "") for one in series}
    wanted = f"no series has {matcher.name} {matcher.op} {matcher.value!r}"
    if values == {""}:
        names = {name for one in series for name, _ in one.labels}
        return (
            f"{wanted}: none has this label{close_to(matcher.name, names)}; their labels are {listed(names)}"
        )
    return f"{wanted}{close_to(matcher.value, values)}; its values are {listed(values)}"


def listed(names: Collection[str]) -> str:
    """Names as a sentence lists them: the first in order, and how many more there are."""
    shown = ", ".join(repr(name) for name in sorted(names)[:_LISTED]) or "none"
    return f"{shown} and {len(names) - _LISTED:,} more" if len(names) > _LISTED else shown
