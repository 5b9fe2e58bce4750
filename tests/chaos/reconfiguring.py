"""Configs that change between two records of the input, so that there is one right result.

The input is paused until all of it is processed and committed, including the members of groups. Then the
config of a metric or a group is added, tuned (its baselines stay), reshaped (its baselines restart) or
deleted. The input continues once every worker has applied the change. The reference makes the same change
between the same two records.
"""

from dataclasses import dataclass

from anomaly_stream.engine.plan.plan import Plan, compile_plan
from anomaly_stream.groups.plan import GroupPlan, compile_groups
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings

Document = dict[str, object]

FIRST: Document = {
    "id": "load",
    "metric": "load",
    "owner": "platform",
    "baseline_period": "2h",
    "min_observations": 30,
    "window_points": 60,
    "detectors": ["zscore", "modified_zscore", "iqr", "ewma"],
    "no_data": "auto",
}
SECOND: Document = {
    "id": "second",
    "metric": "load",
    "baseline_period": "1h",
    "min_observations": 20,
    "window_points": 40,
    "detectors": ["zscore", "cusum"],
}
_OTHERS = [["zscore", "cusum"], ["auto"], ["iqr", "flat_line", "rate_of_change"]]
#: The metrics of hosts, one by one. The seed decides which detector state they have beside the window.
MEMBERS: Document = {"id": "members", "metric": "host_*", "min_observations": 30, "no_data": "3h"}
_MEMORIES: list[Document] = [{"detectors": ["auto"]}, {"seasonality": "daily"}, {"seasonality": "detect"}]
#: The metrics of a host together. Its lateness covers the whole input, so no value is late however far the
#: partitions drift apart, and the order of arrival does not change the result.
HOST: Document = {
    "id": "host",
    "owner": "platform",
    "by": ["host"],
    "interval": "1h",
    "lateness": "120h",
    "tolerance": "2h",
    "min_observations": 30,
    "detectors": ["gated_residual", "correlation", "joint_auto"],
    "members": {"cpu": "host_cpu", "disk": "host_disk", "load": "host_load"},
}
#: One metric of several hosts together: series that are in two groups.
CREW: Document = {
    "id": "crew",
    "interval": "1h",
    "lateness": "120h",
    "missing": "omit",
    "min_observations": 30,
    "detectors": ["gated_residual"],
    "members": {f"h{host}": {"metric": "host_cpu", "match": {"host": f"h{host}"}} for host in range(3)},
}
_GROUP = "group-"
#: This config is added, changed and deleted at any time, even within a batch, and workers may apply that at
#: different records. So its own alerts are not checked: it must not affect other configs, and must leave no
#: state behind. Nobody else has its owner, so that its open alerts withhold no other ones.
STRAY: Document = {"id": "stray", "metric": "load", "owner": "nobody", "min_observations": 20}


def plans_in_force(settings: Settings) -> tuple[Plan, GroupPlan]:
    """The configs in force, compiled, without the stray one."""
    registry, bands = read_configs(settings), settings.severity.bands()
    return compile_plan(judged(registry), bands), compile_groups(registry.groups(), bands)


def judged(registry: Registry) -> list[AnomalyDetectionConfig]:
    """The configs of single metrics in force, without the stray one."""
    return [config for config in registry.configs() if config.id != STRAY["id"]]


@dataclass(frozen=True, slots=True)
class Change:
    """A config to apply (None: delete it), and the name of the change in `schedule.CONFIG_CHANGES`."""

    id: str
    document: Document | None
    name: str


class Reconfiguration:
    """The sequence of configs of metrics and groups in a run.

    Args:
        seed: decides whether the second config and the second group exist from the beginning, and which
            detector state the metrics of hosts have.
    """

    def __init__(self, seed: int) -> None:
        self._members = {**MEMBERS, **_MEMORIES[seed % len(_MEMORIES)]}
        self._second: Document | None = SECOND if seed % 2 else None
        self._crew: Document | None = CREW if seed % 4 < 2 else None
        self._tunings = 0
        self._reshapings = 0
        self._strays = 0

    @property
    def now(self) -> list[Document]:
        """The current configs of metrics and groups."""
        maybe = [FIRST, self._members, HOST, self._second, self._crew]
        return [document for document in maybe if document is not None]

    def next(self, change: str) -> Change:
        """The next change of this kind. Without a second config to change, that config is added instead."""
        return self._next_group(change) if change.startswith(_GROUP) else self._next_config(change)

    def _next_config(self, change: str) -> Change:
        if change == "tune":
            self._tunings += 1
            tuned = {**FIRST, "resolve_after": 5 + self._tunings, "min_deviation": 0.5 * self._tunings}
            return Change("load", tuned, change)
        if self._second is None:
            self._second, change = SECOND, "come"
        elif change != "reshape":
            self._second, change = None, "go"
        else:
            points = self._second["window_points"]
            assert isinstance(points, int)
            detectors = self._other_detectors()
            self._second = {**self._second, "window_points": points + 8, "detectors": detectors}
        return Change("second", self._second, change)

    def _other_detectors(self) -> list[str]:
        """Other detectors, whose state beside the window has another layout."""
        self._reshapings += 1
        return _OTHERS[self._reshapings % len(_OTHERS)]

    def _next_group(self, change: str) -> Change:
        if change == "group-tune":
            self._tunings += 1
            return Change("host", {**HOST, "resolve_after": 5 + self._tunings}, change)
        if self._crew is None:
            self._crew, change = CREW, "group-come"
        elif change != "group-reshape":
            self._crew, change = None, "group-go"
        else:
            self._reshapings += 1
            detectors = ["gated_residual", "correlation"][: 1 + self._reshapings % 2]
            self._crew = {**CREW, "lateness": f"{120 + self._reshapings}h", "detectors": detectors}
        return Change("crew", self._crew, change)

    def next_stray(self) -> Document | None:
        """The next version of the stray config; None: delete it."""
        self._strays += 1
        return {**STRAY, "window_points": 40 + self._strays} if self._strays % 3 else None

    @property
    def has_stray(self) -> bool:
        """Whether the stray config is in force."""
        return self._strays % 3 != 0
