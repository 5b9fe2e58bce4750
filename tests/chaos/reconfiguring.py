"""Configs that change between two records of the input, so that there is one right result.

The input stands still, all of it is processed and committed; then a config comes, is tuned (its baselines
stay), changes its shape (they restart) or goes; and the input goes on once every worker has taken that. The
reference does the same between the same two records.
"""

from collections.abc import Sequence

from anomaly_stream.engine.plan import Plan, compile_plan
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.settings import Settings
from anomaly_stream.stream.configs import read_configs

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
#: Comes, changes and goes at any time, also within a batch. No two workers need agree when; so nothing is
#: asked of it but that it is no matter to the others, and that nothing of it is left in the end.
STRAY: Document = {"id": "stray", "metric": "load", "min_observations": 20}


def plan_in_force(settings: Settings) -> Plan:
    """The configs as they are on the topic, but for the stray one."""
    configs: Sequence[AnomalyDetectionConfig] = read_configs(settings).configs()
    judged = [config for config in configs if config.id != STRAY["id"]]
    return compile_plan(judged, settings.severity.bands())


class Reconfiguration:
    """What the second config, and the first, become by each change.

    Args:
        both: whether the second one is there from the beginning.
    """

    def __init__(self, both: bool = False) -> None:
        self._second: Document | None = SECOND if both else None
        self._tunings = 0
        self._reshapings = 0
        self._strays = 0

    @property
    def now(self) -> list[Document]:
        """What is there at the beginning."""
        return [FIRST] if self._second is None else [FIRST, self._second]

    def next(self, change: str) -> tuple[Document | None, str]:
        """The config to apply and the change that it is; None: the second one is to be deleted.

        What needs the second config makes it come first.
        """
        if self._second is None and change != "tune":
            self._second = SECOND
            return SECOND, "come"
        if change == "tune":
            self._tunings += 1
            return {**FIRST, "resolve_after": 5 + self._tunings, "min_deviation": 0.5 * self._tunings}, "tune"
        if change == "go" or self._second is None:
            self._second = None
            return None, "go"
        points = self._second["window_points"]
        assert isinstance(points, int)
        self._second = {**self._second, "window_points": points + 8, "detectors": self._other_detectors()}
        return self._second, "reshape"

    def _other_detectors(self) -> list[str]:
        """What is remembered beside the window changes its shape too."""
        self._reshapings += 1
        return _OTHERS[self._reshapings % len(_OTHERS)]

    def next_stray(self) -> Document | None:
        """The stray config as it is next; None: it is to be deleted."""
        self._strays += 1
        return {**STRAY, "window_points": 40 + self._strays} if self._strays % 3 else None

    @property
    def has_stray(self) -> bool:
        """Whether the stray config is there."""
        return self._strays % 3 != 0
