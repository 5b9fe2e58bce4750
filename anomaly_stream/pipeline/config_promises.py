"""What ``max_false_alarms`` of configs promises for their series, and where it cannot hold."""

from collections.abc import Iterator
from typing import NamedTuple

from anomaly_stream.alerts.wording import duration
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.pipeline.config_counts import promise

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
            f"config {self.config.id} promises at most {asked:.2g} alerts per week for a series, but at one "
            f"value every {duration(self.step_s)} its threshold promises {self.highest:.2g}: {cure}"
        )


def promises_of(bank: Bank) -> Iterator[ConfigPromise]:
    """The promises of all configs that set ``max_false_alarms``."""
    configs = bank.plan.configs
    if any(config.false_alarms_per_week for config in configs):
        for config, *figures in zip(configs, *(column.tolist() for column in promise(bank)), strict=True):
            if config.false_alarms_per_week:
                yield ConfigPromise(config, *figures)
