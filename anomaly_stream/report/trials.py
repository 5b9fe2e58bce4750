"""Several versions of one config over the same records, in one pass: only their alerts on values are kept."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
import numpy as np

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kernels.arrays import Bools, Integers
from anomaly_stream.model import AlertEvent, AnomalyDetectionConfig, Publish, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.matching import matches

_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An alert of one version."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    """Of the series and of the config, as in alert events."""
    start: float
    """Event time of its first anomaly, seconds."""
    end: float
    """Event time of its last anomaly."""
    deviation: float
    """Distance of the value that opened it from the expected one; 0 if none was expected."""
    expected: float
    """The expected value then; 0 if there was none."""

    @property
    def series(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What identifies its series."""
        return self.metric, self.labels

    def overlaps(self, other: "RaisedAlert") -> bool:
        """Whether both last at some moment."""
        return self.start <= other.end and other.start <= self.end


class Trials:
    """Runs the versions.

    Args:
        configs: the versions. They watch the same series.
        bands: where the severities begin.
        formats: name of the format by topic; records of a topic that it does not name have the first one.
        max_ahead_s: how far the time of an observation may be ahead of its record's Kafka timestamp.
    """

    def __init__(
        self,
        configs: Sequence[AnomalyDetectionConfig],
        bands: SeverityBands,
        formats: Mapping[str, str] = MappingProxyType({"input": DEFAULT_FORMAT}),
        max_ahead_s: float = math.inf,
    ) -> None:
        numbered = [
            msgspec.structs.replace(config, id=str(number), publish=Publish.NONE)
            for number, config in enumerate(configs)
        ]
        self._sources = {topic: number for number, topic in enumerate(formats)}
        self._pipeline = Pipeline(
            compile_plan(numbered, bands),
            [(topic, 0) for topic in formats],
            formats=formats,
            max_ahead_s=max_ahead_s,
            with_scores=False,
        )
        self._alerts: list[dict[str, RaisedAlert]] = [{} for _ in configs]
        self._config = configs[0]
        self.observations = 0
        """Observations of the config's series so far."""
        self.others = 0
        """Observations of other series so far."""
        self.faulty = 0
        """Records, or lines of a file, that hold no observation."""
        self.first, self.last = math.inf, -math.inf
        """The event times of the first and the last one of the config's series, seconds."""

    @property
    def days(self) -> float:
        """From the first observation of the config's series to the last."""
        return max(0.0, self.last - self.first) / _DAY_S

    def judge(self, block: InputBlock) -> None:
        """Judge the next records by all versions."""
        records = block.records
        output = self._pipeline.process(records, self._sources.get(records.topic, 0))
        self.faulty += len(block.faults) + len(output.faults)
        observations = output.observations
        if observations is not None:
            times = observations.timestamp[self._are_watched(observations.series)]
            self.observations += len(times)
            self.others += len(observations) - len(times)
            self.first = min(self.first, float(times.min(initial=math.inf)))
            self.last = max(self.last, float(times.max(initial=-math.inf)))
        for published in output.alerts:
            if published.body.condition == "anomaly":
                self._take(published.body)

    def alerts(self) -> list[list[RaisedAlert]]:
        """The alerts of each version, in order of their start."""
        return [sorted(alerts.values(), key=lambda alert: alert.start) for alerts in self._alerts]

    def _are_watched(self, numbers: Integers) -> Bools:
        """Whether each of these series is one of the config."""
        series = self._pipeline.index.series
        watched = [number for number in np.unique(numbers) if matches(self._config, series[number])]
        return np.isin(numbers, watched)

    def _take(self, event: AlertEvent) -> None:
        alerts = self._alerts[int(event.config_id)]
        known = alerts.get(event.alert_id)
        if known is None:
            expected = event.value if event.expected is None else event.expected
            known = RaisedAlert(
                event.metric,
                tuple(sorted(event.labels.items())),
                event.episode.start,
                event.episode.end,
                abs(event.value - expected),
                0.0 if event.expected is None else event.expected,
            )
        alerts[event.alert_id] = dataclasses.replace(known, end=event.episode.end)
