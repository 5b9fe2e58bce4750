"""What ``max_false_alarms`` of configs promises for their series, and where it cannot hold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import chain
from typing import NamedTuple, Self

from anomaly_stream.alerts.wording import duration, plural
from anomaly_stream.detectors.registry import KINDS
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.pipeline.config_counts import promise
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.promised_alerts import promise_in_words

_REACHED = 0.99
"""A threshold that the rate raised promises at least this share of it: the rest is rounding."""
_SLACK = 1.5
"""Steps that are a little shorter than the one that a config assumes need no warning."""


class ConfigPromise(NamedTuple):
    """A config with ``max_false_alarms``, and its rows that are judged; rates are per week."""

    config: AnomalyDetectionConfig
    alerts_per_week: float
    """In normal times, over all of these rows."""
    judged: int
    highest: float
    """The most that is promised for one of these rows."""
    step_s: float
    """The usual step of that row, in seconds."""

    @property
    def excess(self) -> str:
        """Why more alerts of a series are promised than the config asks for, with the cure; empty if not.

        The series is faster than the step that the config assumes, or no threshold is high enough.
        """
        asked = self.config.false_alarms_per_week
        if self.highest <= _SLACK * asked:
            return ""
        own = self.config.rate_by_own_step
        cure = "allow more" if own else "remove step of max_false_alarms, or set it to that time"
        return (
            f"config {self.config.id} allows at most {asked:.2g}/week for a series, but at one value every "
            f"{duration(self.step_s)} its threshold promises {self.highest:.2g}/week: {cure}"
        )

    @property
    def crowding(self) -> str:
        """Why its series together are promised more than they share, with the cure; empty if they are not.

        There are more series than the config says, and their thresholds do not promise fewer anyway.
        """
        series = self.config.false_alarms_series
        shared = series * self.config.false_alarms_per_week
        if not series or self.judged <= series or self.alerts_per_week <= shared:
            return ""
        return (
            f"config {self.config.id} allows at most {shared:.2g}/week for "
            f"{plural(series, 'series', 'series')} together, but it judges {self.judged:,}, and their "
            f"thresholds promise {self.alerts_per_week:.2g}/week: set series of max_false_alarms to the "
            "number of all its series"
        )

    @property
    def futility(self) -> str:
        """Why the rate raises the threshold of no series, with the cure; empty if it raises one."""
        asked = self.config.false_alarms_per_week
        if not self.config.rate_by_own_step or not 0.0 < self.highest < _REACHED * asked:
            return ""
        by_model = model_of(self.config.detectors, KINDS) is not None
        return (
            f"config {self.config.id} allows {asked:.2g}/week for a series, but at one value every "
            f"{duration(self.step_s)} its threshold without max_false_alarms "
            f"{promise_in_words(self.highest, by_model=by_model)}, so the rate has no effect: allow fewer, "
            "or for more alerts write a lower alert_threshold in its place"
        )

    def beside(self, other: Self) -> Self:
        """The promise for the rows of both, of the same config."""
        most = max(self, other, key=lambda each: each.highest)
        return most._replace(
            alerts_per_week=self.alerts_per_week + other.alerts_per_week, judged=self.judged + other.judged
        )


def promises_of(banks: Iterable[Bank]) -> list[ConfigPromise]:
    """The promises of all configs that set ``max_false_alarms``, each over the rows of all banks."""
    found: dict[str, list[ConfigPromise]] = defaultdict(list)
    for promised in chain.from_iterable(map(_promises_of, banks)):
        found[promised.config.id].append(promised)
    return [reduce(ConfigPromise.beside, parts) for parts in found.values()]


def _promises_of(bank: Bank) -> Iterator[ConfigPromise]:
    configs = bank.plan.configs
    if any(config.false_alarms_per_week for config in configs):
        for config, *figures in zip(configs, *(column.tolist() for column in promise(bank)), strict=True):
            if config.false_alarms_per_week:
                yield ConfigPromise(config, *figures)
