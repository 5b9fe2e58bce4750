"""What a config asks of a value beyond its score: its side, its distance, and the edges that follow."""

import math
from collections.abc import Iterator

from msgspec import UNSET

from anomaly_stream.alerts.rounding import DETAILED, Rounding
from anomaly_stream.groups.detectors.detector import GroupDetector, Questions
from anomaly_stream.groups.detectors.parts.calibration import statistic_for
from anomaly_stream.groups.detectors.parts.pairs import pair_count
from anomaly_stream.groups.detectors.registry import REGISTRY as GROUP_DETECTORS
from anomaly_stream.model import AnomalyDetectionConfig, ScoreRecord
from anomaly_stream.model.config import Direction
from anomaly_stream.model.evidence import GroupEvidence
from anomaly_stream.registry.parsing import Config

_SIDED = (Direction.ABOVE, Direction.BELOW)


def least_deviation(config: Config, expected: float | None) -> float | None:
    """The distance from the expected value that an anomaly must exceed; None if the config sets none."""
    if not isinstance(config, AnomalyDetectionConfig) or expected is None:
        return None
    least = max(config.min_deviation, config.min_deviation_relative * abs(expected))
    return least if least > 0 else None


def alert_threshold(config: Config, record: ScoreRecord) -> float:
    """The alert score at which a value opens an alert."""
    return config.alert_score if record.alert_threshold is UNSET else record.alert_threshold


def excluded_by_settings(config: Config, record: ScoreRecord) -> list[str]:
    """The settings of the config that rule the value out, however far it is."""
    if not isinstance(config, AnomalyDetectionConfig) or record.expected is None:
        return []
    distance, found = record.value - record.expected, []
    if (
        config.direction in _SIDED
        and distance != 0
        and (distance > 0) != (config.direction is Direction.ABOVE)
    ):
        side = "above" if distance > 0 else "below"
        found.append(
            f"It is {side} the expected value, which `direction: {config.direction}` does not count."
        )
    least = least_deviation(config, record.expected)
    if least is not None and abs(distance) <= least:
        away, needed = map(_rounding(record).text, (abs(distance), least))
        found.append(f"It is {away} from the expected value; `min_deviation` needs more than {needed}.")
    return found


def enough(config: Config, record: ScoreRecord) -> list[str]:
    """What would have made the value an anomaly, or open an alert, in sentences; none while learning."""
    if record.score is None:
        return []
    alert = f"An alert opens at an alert score of {alert_threshold(config, record):.4g}."
    if not isinstance(config, AnomalyDetectionConfig):
        return [*_enough_for_a_group(config, record), alert]
    edges = [f"{side} {_rounding(record).text(edge)}" for side, edge in _edges(config, record)]
    if not edges:
        return ["No value is an anomaly by its distance alone: there is no normal range.", alert]
    return [
        f"A value {' or '.join(edges)} is an anomaly by its distance alone."
        " Any other value can be one for another reason, such as a pattern or the time of day.",
        alert,
    ]


def _rounding(record: ScoreRecord) -> Rounding:
    return Rounding.of(record.value, record.expected, record.lower, record.upper, DETAILED)


def _edges(config: Config, record: ScoreRecord) -> Iterator[tuple[str, float]]:
    """The edges beyond which a value counts. A model's normal range does not include ``min_deviation``."""
    least, expected = least_deviation(config, record.expected), record.expected
    if record.lower is not None and not _is_cut_off(record):
        yield (
            "below",
            record.lower if least is None or expected is None else min(record.lower, expected - least),
        )
    if record.upper is not None:
        yield (
            "above",
            record.upper if least is None or expected is None else max(record.upper, expected + least),
        )


def _is_cut_off(record: ScoreRecord) -> bool:
    """Whether a lower edge can be 0 because the series was never below 0: anomalies then begin elsewhere."""
    return record.lower == 0.0 and record.upper != 0.0


def _enough_for_a_group(config: Config, record: ScoreRecord) -> Iterator[str]:
    """For each detector of a group, the statistic at which it makes a vector an anomaly."""
    correction = 10.0 * math.log10(max(1, len(record.detectors)))
    here = 0
    if isinstance(record.group, GroupEvidence):
        here = sum(member.value is not None for member in record.group.members.values())
    for detector in GROUP_DETECTORS:
        evidence = record.detectors.get(detector.name)
        if evidence is None:
            continue
        least = statistic_for(
            config.sensitivity_score + correction, detector.unit, detector.index, _questions(detector, here)
        )
        yield (
            f"{detector.name}: a statistic of {least:.4g} makes the vector an anomaly; it was"
            f" {evidence.statistic:.4g}."
        )


def _questions(detector: GroupDetector, here: int) -> int:
    """How many tests the detector makes on a vector of which ``here`` members have a value."""
    counts = {Questions.ONE: 1, Questions.MEMBERS: here, Questions.PAIRS: pair_count(here)}
    return max(1, counts[detector.questions])
