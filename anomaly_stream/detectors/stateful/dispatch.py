"""How stateful detectors are called. Kernels; one line for each detector.

A stateful detector's file has ``WORDS``, its words of memory, and two kernels:

``evaluate(memory, time, value, baseline) -> (statistic, deviate)``, pure, before the value enters: as the
light detectors, the standard normal deviate with the tail probability that its own model gives.

``learn(memory, time, value, entering, baseline)``, after the value was judged or taught: the value as it
came, and as it entered the window (clipped where it was anomalous).

``memory`` is the detector's own part of the row's: WORDS float64, all zeros while it has seen nothing. The
value is adjusted to the season where the config has one and the detector does not ask for it as it came.
The baseline is that of the window before the value enters; its ``count`` is 0 where the window holds fewer
than two points, and then it stands at the value.
"""

from anomaly_stream.detectors.ids import CUSUM, EWMA, FLAT_LINE, MISSING_DATA, RATE_OF_CHANGE
from anomaly_stream.detectors.stateful import cusum, ewma, flat_line, missing_data, rate_of_change, spot
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline


@kernel
def evaluate(
    number: int, memory: Floats, time: float, value: float, baseline: Baseline
) -> tuple[float, float]:
    """Statistic and normal deviate that stateful detector ``number`` gives; NaN: it cannot say yet."""
    if number == EWMA:
        return ewma.evaluate(memory, time, value, baseline)
    if number == CUSUM:
        return cusum.evaluate(memory, time, value, baseline)
    if number == FLAT_LINE:
        return flat_line.evaluate(memory, time, value, baseline)
    if number == MISSING_DATA:
        return missing_data.evaluate(memory, time, value, baseline)
    if number == RATE_OF_CHANGE:
        return rate_of_change.evaluate(memory, time, value, baseline)
    return spot.evaluate(memory, time, value, baseline)


@kernel
def learn(
    number: int, memory: Floats, time: float, value: float, entering: float, baseline: Baseline
) -> None:
    """Let stateful detector ``number`` learn a value."""
    if number == EWMA:
        ewma.learn(memory, time, value, entering, baseline)
    elif number == CUSUM:
        cusum.learn(memory, time, value, entering, baseline)
    elif number == FLAT_LINE:
        flat_line.learn(memory, time, value, entering, baseline)
    elif number == MISSING_DATA:
        missing_data.learn(memory, time, value, entering, baseline)
    elif number == RATE_OF_CHANGE:
        rate_of_change.learn(memory, time, value, entering, baseline)
    else:
        spot.learn(memory, time, value, entering, baseline)
