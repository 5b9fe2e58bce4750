"""Metrics and labels that no worker sees now. They may come later, so these are warnings, not errors."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import FieldFault
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.model.status import SeenMetric
from anomaly_stream.pipeline.seen_metrics import LABEL_NAMES
from anomaly_stream.registry.faults import close_to
from anomaly_stream.registry.matching import holds
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.selections import selections_of


def seen_metrics(state: ApiState, caller: Caller) -> list[SeenMetric] | None:
    """The metrics that workers see now and ``caller`` may see; None if workers report none, or not all."""
    workers = state.workers()
    seen = workers.metrics()
    if not seen or workers.metrics_left_out:
        return None
    return [metric for metric in seen if caller.may_see(metric.name)]


def label_names(seen: Iterable[SeenMetric]) -> set[str]:
    """The names of their labels."""
    return {name for metric in seen for name in metric.labels}


def unseen_metric(field: str, metric: str, known: Collection[str]) -> list[FieldFault]:
    """A warning if ``metric``, a name or a glob, is none of ``known``."""
    if any(fnmatchcase(one, metric) for one in known):
        return []
    return [FieldFault(field, f"no worker sees a metric {metric!r} now{close_to(metric, known)}")]


def unseen_labels(field: str, names: Iterable[str], known: Collection[str], on: str = "") -> list[FieldFault]:
    """A warning for each of ``names`` that is none of ``known``. ``on`` says of which metrics these are."""
    return [
        FieldFault(field, f"no worker sees a label {name!r}{on} now{close_to(name, known)}")
        for name in dict.fromkeys(names)
        if name not in known
    ]


def config_warnings(state: ApiState, caller: Caller, config: Config) -> list[FieldFault]:
    """By field, the metrics and labels that ``config`` needs and no worker sees now."""
    seen = seen_metrics(state, caller)
    if seen is None:
        return []
    found: list[FieldFault] = []
    by = config.by if isinstance(config, GroupConfig) else ()
    for place, metric, matchers in selections_of(config):
        found += unseen_metric(f"{place}metric", metric, [one.name for one in seen])
        needed = [matcher.name for matcher in matchers if not holds(matcher, "")]
        own = [one for one in seen if fnmatchcase(one.name, metric)]
        if own and all(map(_has_all_labels, own)):
            on = f" on {metric!r}"
            found += unseen_labels(f"{place}match", needed, label_names(own), on)
            found += unseen_labels("by", by, label_names(own), on)
    return list(dict.fromkeys(found))


def _has_all_labels(metric: SeenMetric) -> bool:
    """Whether the names of its labels are all reported."""
    return bool(metric.labels or metric.examples) and len(metric.labels) < LABEL_NAMES
