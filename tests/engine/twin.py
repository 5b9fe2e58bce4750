"""A twin of the kernels: one row of the engine, event by event, with lists and numpy."""

from dataclasses import dataclass, field

import numpy as np

from anomaly_stream.baselines.rolling import floored
from anomaly_stream.kernels.tails import score_of, student_deviate, tail
from anomaly_stream.kernels.window import draw
from anomaly_stream.model import AnomalyDetectionConfig, Direction, SeverityBands
from tests.alerts.test_lifecycle import SlowAlert
from tests.engine.slow_clock import SlowClock
from tests.kernels.slow_window import SlowWindow

SIGN = {Direction.ABOVE: 1, Direction.BELOW: -1, Direction.BOTH: 0}
LEARNING, NORMAL, ANOMALY = range(3)


@dataclass
class Verdict:
    status: int
    score: float = float("nan")
    expected: float = float("nan")
    transition: int = 0
    severity: int = 0
    window: np.ndarray = field(default_factory=lambda: np.empty(0))


def slow_statistics(window: np.ndarray, value: float) -> dict[str, tuple[float, float]]:
    """By detector: statistic, normal deviate."""
    n, centre = len(window), float(np.median(window))
    constant = bool((window == window[0]).all())
    sd = floored(0.0 if constant else float(window.std(ddof=1)), centre)
    mean = float(window[0]) if constant else float(window.mean())
    mad = float(np.median(np.abs(window - centre)))
    low, high = (float(q) for q in np.quantile(window, [0.25, 0.75]))
    freedom = max(1.0, 0.37 * (n - 1))
    z = (value - mean) / (sd * np.sqrt(1 + 1 / n))
    m = 0.6745 * (value - centre) / mad if mad else (value - centre) / sd
    scale = high - low if high > low else 1.349 * sd
    k = (value - high) / scale if value > high else (value - low) / scale if value < low else 0.0
    fence = np.sign(k) * student_deviate(0.6745 + 1.349 * abs(k), freedom) if k else 0.0
    return {
        "zscore": (z, student_deviate(z, n - 1.0)),
        "modified_zscore": (m, student_deviate(m, freedom)),
        "iqr": (k, float(fence)),
    }


def slow_evidence(window: np.ndarray, value: float, config: AnomalyDetectionConfig) -> float:
    found, side = slow_statistics(window, value), int(np.sign(value - np.median(window)))
    tails = [tail(found[name][1], SIGN[config.direction], side) for name in config.detectors]
    return float(np.mean([score_of(p) for p in tails]))


def slow_score(window: np.ndarray, value: float, config: AnomalyDetectionConfig) -> float:
    centre, direction = float(np.median(window)), SIGN[config.direction]
    side = int(np.sign(value - centre))
    if side == 0 or side == -direction:
        return 0.0
    distance = abs(value - centre)
    if config.min_deviation > 0 and distance <= config.min_deviation:
        return 0.0
    if config.min_deviation_relative > 0 and distance <= config.min_deviation_relative * abs(centre):
        return 0.0
    mean = slow_evidence(window, value, config)
    level = float(np.sort(side * window)[-10]) * side if len(window) > 20 else centre
    if level != centre and min(mean, slow_evidence(window, level, config)) >= config.sensitivity_score:
        mean = min(mean, slow_evidence(window, centre + (value - level), config))
    beyond = int((side * window >= side * value).sum())
    if beyond:
        sides = 2 if direction == 0 else 1
        mean = min(mean, score_of(min(1.0, sides * beyond / (len(window) + 1))))
    return mean


class SlowRow:
    def __init__(self, config: AnomalyDetectionConfig, bands: SeverityBands) -> None:
        self.config, self.bands = config, bands
        least = max(2, min(config.min_observations, config.window_points // 2))
        self.window = SlowWindow(config.window_points, config.baseline_period_s, least)
        self.alert = SlowAlert(config, bands.escalate_after, config.sensitivity_score - config.hysteresis)
        self.clock, self.anomaly_streak, self.adoption_left = SlowClock(), 0, 0
        self.streak_distance = 0.0

    def observe(self, time: float, value: float, learn: bool, edges: tuple[float, float]) -> Verdict | None:
        """The verdict; None for what is late, ahead or twice there. An anomaly is clipped to ``edges``."""
        clock = self.clock.take(time)
        if clock == "came back":
            self.window = SlowWindow(
                self.config.window_points, self.config.baseline_period_s, self.window.least
            )
            self.anomaly_streak = self.adoption_left = 0
        elif clock != "next":
            return None
        self.window.expire(time)
        window = self.window.values
        kept_out = not learn and any(one.begin <= time < one.end for one in self.config.maintenance)
        if (
            learn
            or self.adoption_left > 0
            or len(window) < min(self.config.min_observations, self.config.window_points // 2)
        ):
            if not kept_out:
                self.window.enter(time, value)
                self.adoption_left -= self.adoption_left > 0
            return Verdict(LEARNING)
        score, expected = slow_score(window, value, self.config), float(np.median(window))
        verdict = Verdict(NORMAL, score, expected, window=window)
        if score < self.config.sensitivity_score:
            self.anomaly_streak -= not kept_out and self.anomaly_streak > 0 and draw(time, 16) == 0
            verdict.transition = self.alert.take_normal(time, score)
        else:
            value = self._anomaly(verdict, time, value, edges, kept_out)
        if not kept_out:
            self.window.enter(time, value)
        return verdict

    def _anomaly(
        self, verdict: Verdict, time: float, value: float, edges: tuple[float, float], kept_out: bool
    ) -> float:
        side = 1 if value > verdict.expected else -1
        reach = abs(edges[side > 0] - verdict.expected)
        effect = abs(value - verdict.expected) / reach if reach else np.inf
        verdict.status, verdict.severity = ANOMALY, 1 + (verdict.score >= self.bands.moderate)
        if verdict.score >= self.bands.severe and effect >= self.bands.severe_effect:
            verdict.severity = 3
        event = (time, value, abs(value - verdict.expected), verdict.score, verdict.severity)
        verdict.transition = self.alert.take_anomaly(event)
        if kept_out:
            return value
        self.anomaly_streak += 1
        share = 1.0 / self.anomaly_streak
        self.streak_distance = (1.0 - share) * self.streak_distance + share * event[2]
        moves = abs(event[2] - self.streak_distance) > 0.1 * self.streak_distance
        if verdict.transition == 1 or self.anomaly_streak < self.config.relearn_after or moves:
            return float(np.clip(value, *edges))
        self.anomaly_streak = 0
        self.adoption_left = min(self.config.min_observations, self.config.window_points // 2)
        verdict.transition = self.alert.end(time) or verdict.transition
        return value
