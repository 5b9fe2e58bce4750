"""What the control charts share: the levels they compare with, and how far chance carries a mean.

**Levels.** A chart compares with the baseline's median. Once it has signalled for long enough it *adopts* the
level it found: that is known from then on, beside the median, until the median has caught up. Between the
two levels nothing is a departure in either direction: the chart's upper side compares with the higher of
them, its lower side with the lower. So a lasting shift is reported once, and coming back from it is no news.
If the series leaves the adopted level for the old one, it fades.

**Centre.** The mean of values that are skewed is not their median. So the chart learns the mean of its own
clipped values, in standard deviations from the median, and adds it to the levels.

**Inflation.** Charts suppose independent values; metrics remember. So the chart's own exponentially
weighted mean is watched: by how much the mean of its squares exceeds what independent values of this spread
would give, and standard deviations grow by the root of that (the EWMAST chart, Zhang, Technometrics 40,
1998).

``WORDS`` words: values so far, their weighted mean, the inflation of its variance, the skew of the centre,
1 or -1 on the side of the adopted level (0: none), that level.
"""

from math import pi

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

COUNT, LEVEL, EXCESS, SKEW, SIDE, ADOPTED = range(6)
WORDS = 6

RATE = 0.05
"""Weight of the newest value in the mean. Small, since small lasting shifts are what charts are for."""
EFFICIENCY = 0.37
"""Of the MAD as an estimate of the standard deviation."""
CLIP = 2.0
"""Standard deviations beyond which a value counts as that far out: one outlier is no shift of the level
(as in the robust charts of Lucas and Crosier, Communications in Statistics 11, 1982)."""

_NORMAL_MAD = 1.4826
_MEDIAN_VARIANCE = 0.5 * pi
_REMEMBERED = 2000.0
_BELIEF = 20.0
_MOST_EXCESS = 9.0
_SHIFT = 15.0
_DOUBT = 0.1
_FADING = 0.002


@kernel
def spread(baseline: Baseline) -> float:
    """The standard deviation that MAD gives; the plain one stands in where MAD is 0."""
    return _NORMAL_MAD * baseline.mad if baseline.mad > 0.0 else baseline.sd


@kernel
def centre(memory: Floats, at: int, baseline: Baseline) -> float:
    """What the series' clipped values are on average."""
    return float(baseline.median + memory[at + SKEW] * spread(baseline))


@kernel
def levels(memory: Floats, at: int, baseline: Baseline) -> tuple[float, float]:
    """The lower and the higher of the known levels."""
    middle = centre(memory, at, baseline)
    side = memory[at + SIDE]
    if side > 0.0:
        return middle, max(middle, memory[at + ADOPTED])
    if side < 0.0:
        return min(middle, memory[at + ADOPTED]), middle
    return middle, middle


@kernel
def clipped(value: float, low: float, high: float, sd: float) -> float:
    """``value`` brought to within ``CLIP`` standard deviations of the known levels."""
    return max(low - CLIP * sd, min(high + CLIP * sd, value))


@kernel
def mean_with(memory: Floats, at: int, value: float, baseline: Baseline) -> float:
    """The weighted mean once ``value`` (clipped) is part of it; it begins at the median."""
    old = memory[at + LEVEL] if memory[at + COUNT] > 0.0 else baseline.median
    return float(old + RATE * (value - old))


@kernel
def variance_of_mean(count: float) -> float:
    """Variance of the weighted mean of ``count`` independent values with variance 1."""
    return float(RATE / (2.0 - RATE) * (1.0 - (1.0 - RATE) ** (2.0 * count)))


@kernel
def inflation(memory: Floats, at: int) -> float:
    """By how much more the variance of means is than independent values would have; at least 1."""
    return max(1.0, float(memory[at + EXCESS]))


@kernel
def freedom(memory: Floats, at: int, baseline: Baseline) -> float:
    """Degrees of freedom of the chart's standard deviation: what window and learned inflation tell of it."""
    learned = _BELIEF + RATE * float(memory[at + COUNT])
    return float(max(1.0, min(EFFICIENCY * (baseline.count - 1.0), learned)))


@kernel
def error_of_median(baseline: Baseline) -> float:
    """Variance of the window's median, in those of a value."""
    return _MEDIAN_VARIANCE / baseline.count


@kernel
def learn_value(memory: Floats, at: int, value: float, baseline: Baseline) -> None:
    """Move the mean, learn how far it wanders, and let an adopted level go that is no longer needed."""
    low, high = levels(memory, at, baseline)
    sd = spread(baseline)
    taken = clipped(value, low, high, sd)
    mean = mean_with(memory, at, taken, baseline)
    memory[at + LEVEL] = mean
    memory[at + COUNT] += 1.0
    _learn_excess(memory, at, min(abs(mean - low), abs(mean - high)) / sd, baseline)
    if memory[at + SIDE] == 0.0:
        rate = 1.0 / (min(memory[at + COUNT], _REMEMBERED) + _BELIEF)
        memory[at + SKEW] += rate * ((taken - baseline.median) / sd - memory[at + SKEW])
    else:
        _fade(memory, at, value, sd, baseline)


@kernel
def _fade(memory: Floats, at: int, value: float, sd: float, baseline: Baseline) -> None:
    """Move the adopted level a little where the series is not at it; let it go once it is at the centre."""
    middle = centre(memory, at, baseline)
    if abs(value - middle) < abs(value - memory[at + ADOPTED]):
        memory[at + ADOPTED] += _FADING * (middle - memory[at + ADOPTED])
    if memory[at + SIDE] * (memory[at + ADOPTED] - middle) <= _FADING * sd:
        memory[at + SIDE] = 0.0


@kernel
def _learn_excess(memory: Floats, at: int, deviation: float, baseline: Baseline) -> None:
    """Learn from where the mean is, in standard deviations of a value; slowly from what may be a shift."""
    count = memory[at + COUNT]
    known = memory[at + EXCESS] if count > 1.0 else 1.0
    deviation = min(1e6, deviation)
    wandered = deviation * deviation / (variance_of_mean(count) + error_of_median(baseline))
    rate = 1.0 / (min(count, _REMEMBERED) + _BELIEF)
    if wandered > _SHIFT * max(1.0, known):
        rate *= _DOUBT
    memory[at + EXCESS] = known + rate * (min(wandered, _MOST_EXCESS * max(1.0, known)) - known)


@kernel
def adopt(memory: Floats, at: int, level: float, baseline: Baseline) -> None:
    """Know ``level`` from now on, in place of one adopted before."""
    memory[at + ADOPTED] = level
    memory[at + SIDE] = 1.0 if level > centre(memory, at, baseline) else -1.0
