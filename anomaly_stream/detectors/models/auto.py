"""Auto: a model for any metric, with a state of fixed size and no parameters to set.

Six views of a value, each ranked by the series' own history, vote. The package ``views`` describes the parts;
``docs/detection.md`` describes the whole.

The constants are round numbers, chosen by leaving out one labelled corpus at a time
(``benchmarks.quality.choose``).
"""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.models.reasons import REASONS
from anomaly_stream.detectors.models.views import band as edges
from anomaly_stream.detectors.models.views import evaluation, jobs, learning, way_back
from anomaly_stream.detectors.models.views.clock import normalise, step_of, unit_of
from anomaly_stream.detectors.models.views.forecasts import usual_deviation
from anomaly_stream.detectors.models.views.season import mean_of_hours
from anomaly_stream.detectors.models.views.state import (
    LOWEST,
    SIZE,
    WORDS,
    state_of,
)
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION
from anomaly_stream.model.evaluation import Evaluation
from anomaly_stream.model.level import Level

__all__ = [
    "DETECTOR",
    "NUMBER",
    "WORDS",
    "band",
    "evaluate",
    "is_nonnegative",
    "is_way_back",
    "learn",
    "level",
    "remember",
    "usual_step",
]

NUMBER = 3
DETECTOR = Detector(
    "auto",
    NUMBER,
    "For any metric: six views of a value, each ranked by the series' own history, vote.",
    kind="model",
    words=WORDS,
    reasons=REASONS,
)


@leaf_kernel
def evaluate(state: Floats, time: float, value: float) -> Evaluation:
    """Evaluate a value by its views."""
    return evaluation.evaluate(state_of(state), time, value)


@leaf_kernel
def band(state: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """The nearest values on both sides whose score reaches ``sensitivity``."""
    return edges.band(state_of(state), time, found.carried, sensitivity)


@leaf_kernel
def learn(state: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Learn a value, also an anomaly: what was seen before is less unusual."""
    learning.learn(state_of(state), time, value, found.carried, counted, alerted)


@leaf_kernel
def forget_jobs(state: Floats) -> None:
    """Take nothing that comes again at the same time of the day for a job of minutes."""
    jobs.forget_jobs(state_of(state))


@leaf_kernel
def is_way_back(state: Floats, time: float, value: float, found: Evaluation, direction: int) -> bool:
    """Whether the value is no further on the side of ``direction`` than was usual before an excursion."""
    known = state_of(state)
    return way_back.is_way_back(known, time, normalise(known, value), found.carried.forecasts, direction)


@leaf_kernel
def remember(state: Floats, time: float, value: float, found: Evaluation, direction: int) -> None:
    """Remember what is expected if the value begins an excursion away from the side of ``direction``."""
    known = state_of(state)
    way_back.remember(known, time, normalise(known, value), found.carried, direction)


@leaf_kernel
def level(state: Floats, value: float, found: Evaluation) -> Level:
    """The value without its season; its usual level is that of 3 days, or with a season that of its hours."""
    known, forecasts = state_of(state), found.carried.forecasts
    unit = unit_of(known, value)
    noise = usual_deviation(known)
    if forecasts.expected in (forecasts.level, forecasts.line):
        return Level(value, forecasts.level / unit, noise / unit, False)
    usual = mean_of_hours(known)
    return Level(value - (forecasts.expected - usual) / unit, usual / unit, noise / unit, True)


@leaf_kernel
def is_nonnegative(state: Floats, value: float) -> bool:
    """Whether neither the value nor any before it is below 0, by more than rounding."""
    known = state_of(state)
    lowest = min(float(known.doubles[LOWEST]), normalise(known, value))
    return bool(lowest >= -RESOLUTION * known.doubles[SIZE])


@leaf_kernel
def usual_step(state: Floats) -> float:
    """The mean interval between values."""
    return step_of(state_of(state))
