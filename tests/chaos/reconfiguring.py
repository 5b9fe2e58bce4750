"""Configs that change between two records of the input, so that there is one right result.

The input stands still, all of it is processed and committed, members of groups too; then a config or a group
comes, is tuned (what it has learned stays), changes its shape (it learns anew) or goes; and the input goes on
once every worker has taken that. The reference does the same between the same two records.
"""

from dataclasses import dataclass

from anomaly_stream.engine.plan.plan import Plan, compile_plan
from anomaly_stream.groups.plan import GroupPlan, compile_groups
from anomaly_stream.kafka.config_topic import read_configs
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
#: The metrics of hosts one by one: by run, a model or a season that has a memory of its own.
MEMBERS: Document = {"id": "members", "metric": "host_*", "min_observations": 30}
_MEMORIES: list[Document] = [{"detectors": ["auto"]}, {"seasonality": "daily"}, {"seasonality": "detect"}]
#: The metrics of a host together. It waits for as long as the whole input takes: however far partitions are
#: apart, no value is late, and the order in which they meet changes nothing.
HOST: Document = {
    "id": "host",
    "owner": "platform",
    "by": ["host"],
    "interval": "1h",
    "lateness": "120h",
    "tolerance": "2h",
    "min_observations": 30,
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
#: Comes, changes and goes at any time, also within a batch. No two workers need agree when; so nothing is
#: asked of it but that it is no matter to the others, and that nothing of it is left in the end.
STRAY: Document = {"id": "stray", "metric": "load", "min_observations": 20}


def plans_in_force(settings: Settings) -> tuple[Plan, GroupPlan]:
    """The configs as they are on the topic, but for the stray one."""
    registry, bands = read_configs(settings), settings.severity.bands()
    judged = [config for config in registry.configs() if config.id != STRAY["id"]]
    return compile_plan(judged, bands), compile_groups(registry.groups(), bands)


@dataclass(frozen=True, slots=True)
class Change:
    """A config to apply, or None to delete it; what change of `schedule.CONFIG_CHANGES` that is."""

    id: str
    document: Document | None
    name: str


class Reconfiguration:
    """What configs and groups become by each change.

    Args:
        seed: whether the second config and the second group are there from the beginning, and what has a
            memory, differs from one to the next.
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
        """What is there at the beginning."""
        maybe = [FIRST, self._members, HOST, self._second, self._crew]
        return [document for document in maybe if document is not None]

    def next(self, change: str) -> Change:
        """What a change of `schedule.CONFIG_CHANGES` is now; what needs the second makes it come first."""
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
        """What is remembered beside the window changes its shape too."""
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
        """The stray config as it is next; None: it is to be deleted."""
        self._strays += 1
        return {**STRAY, "window_points": 40 + self._strays} if self._strays % 3 else None

    @property
    def has_stray(self) -> bool:
        """Whether the stray config is there."""
        return self._strays % 3 != 0
