"""The common parts of the control charts: known levels, and the variance of a mean by chance.

**Levels.** A chart compares with the baseline's median. After a lasting signal it *adopts* the new level:
from then on both levels are known, until the median has reached the new one. Values between the two are not a
deviation: the upper side of the chart compares with the higher level, the lower side with the lower one. So a
lasting shift is reported once, and the return from it is not reported. If the series returns to the old
level, the adopted level fades.

While a signal lasts, the chart compares with the median and the spread at its beginning: the window follows
a drift, and takes it for noise. It is over once as many values without a signal have come.

A level is adopted after 100 signals, once it has settled: while it still moves, as in a leak, the signal
lasts. Autocorrelated values say less of it, so it takes more signals by the factor that widens standard
deviations (below), but at most a fifth of all values. With medians of three consecutive values, so that
single outliers have no weight, it has settled if their weighted mean differs from their mean over all signals
by at most 0.1 of its distance from the nearest known level. The further of both is adopted.

**Centre.** The mean of a skewed series is not its median. So the chart learns the mean of its clipped values,
in standard deviations from the median, and adds it to the levels.

**Inflation.** Charts assume independent values, but metrics are autocorrelated. So the chart learns by how
much the mean square of its exponentially weighted mean exceeds that of independent values, and widens
standard deviations by the square root of that ratio (the EWMAST chart, Zhang, Technometrics 40, 1998).

``WORDS`` words: number of values, their weighted mean, inflation of its variance, skew of the centre, side of
the adopted level (1 or -1, 0 if there is none), that level; the last value and the one before it, the median
of three and its weighted mean; number of signals less the number of other values since, the mean of the
medians over the signals; median and spread of the window when they began.
"""

from math import pi, sqrt

from anomaly_stream.detectors.normal import EFFICIENCY
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

COUNT, LEVEL, EXCESS, SKEW, SIDE, ADOPTED, LAST, BEFORE, MIDDLE, RECENT, SIGNALS, SIGNAL_LEVEL = range(12)
HELD_MEDIAN, HELD_SPREAD = range(12, 14)
WORDS = 14

SIGNAL = 3.89
"""A deviate of this size signals: it has the score 40."""
ADOPT_AFTER = 100.0
"""A level is adopted after this many signals, if it has settled and the values are independent."""

RATE = 0.05
"""The newest value has this weight in the mean. It is small because charts look for small lasting shifts."""
CLIP = 2.0
"""Values are clipped to this many standard deviations, because one outlier is not a shift of the level (Lucas
and Crosier, Communications in Statistics 11, 1982)."""

_NORMAL_MAD = 1.4826
_MEDIAN_VARIANCE = 0.5 * pi
_REMEMBERED = 2000.0
_BELIEF = 20.0
_MOST_EXCESS = 9.0
_SHIFT = 15.0
_DOUBT = 0.1
_FADING = 0.002
_SETTLED = 0.1
_OF_PAST = 0.2


@kernel
def spread(baseline: Baseline) -> float:
    """``1.4826 MAD``, or the standard deviation if MAD is 0."""
    return _NORMAL_MAD * baseline.mad if baseline.mad > 0.0 else baseline.sd


@kernel
def held(state: Floats, at: int, baseline: Baseline) -> Baseline:
    """The baseline to compare with: while a signal lasts, with median and spread as it began."""
    if state[at + SIGNALS] == 0.0:
        return baseline
    return Baseline(
        baseline.count,
        baseline.mean,
        state[at + HELD_SPREAD],
        state[at + HELD_MEDIAN],
        0.0,
        baseline.lower_quartile,
        baseline.upper_quartile,
    )


@kernel
def centre(state: Floats, at: int, baseline: Baseline) -> float:
    """The mean of the series' clipped values."""
    return float(baseline.median + state[at + SKEW] * spread(baseline))


@kernel
def levels(state: Floats, at: int, baseline: Baseline) -> tuple[float, float]:
    """The lower and the higher of the known levels."""
    middle = centre(state, at, baseline)
    side = state[at + SIDE]
    if side > 0.0:
        return middle, max(middle, state[at + ADOPTED])
    if side < 0.0:
        return min(middle, state[at + ADOPTED]), middle
    return middle, middle


@kernel
def clipped(value: float, low: float, high: float, sd: float) -> float:
    """``value``, clipped to ``CLIP`` standard deviations from the known levels."""
    return max(low - CLIP * sd, min(high + CLIP * sd, value))


@kernel
def mean_with(state: Floats, at: int, value: float, baseline: Baseline) -> float:
    """The weighted mean including ``value``, a clipped one; it starts at the median."""
    old = state[at + LEVEL] if state[at + COUNT] > 0.0 else baseline.median
    return float(old + RATE * (value - old))


@kernel
def variance_of_mean(count: float) -> float:
    """Variance of the weighted mean of ``count`` independent values of variance 1."""
    return float(RATE / (2.0 - RATE) * (1.0 - (1.0 - RATE) ** (2.0 * count)))


@kernel
def inflation(state: Floats, at: int) -> float:
    """Variance of the mean relative to that of independent values; at least 1."""
    return max(1.0, float(state[at + EXCESS]))


@kernel
def freedom(state: Floats, at: int, baseline: Baseline) -> float:
    """Degrees of freedom of the chart's standard deviation, from the window and the learned inflation."""
    learned = _BELIEF + RATE * float(state[at + COUNT])
    return float(max(1.0, min(EFFICIENCY * (baseline.count - 1.0), learned)))


@kernel
def error_of_median(baseline: Baseline) -> float:
    """Variance of the window's median relative to that of a value."""
    return _MEDIAN_VARIANCE / baseline.count


@kernel
def learn_value(state: Floats, at: int, value: float, baseline: Baseline) -> None:
    """Update mean, inflation and centre; drop an adopted level that is no longer needed."""
    low, high = levels(state, at, baseline)
    sd = spread(baseline)
    taken = clipped(value, low, high, sd)
    mean = mean_with(state, at, taken, baseline)
    state[at + LEVEL] = mean
    _learn_recent(state, at, value)
    state[at + COUNT] += 1.0
    _learn_excess(state, at, min(abs(mean - low), abs(mean - high)) / sd, baseline)
    if state[at + SIDE] != 0.0:
        _fade(state, at, value, sd, baseline)
    elif state[at + SIGNALS] == 0.0:
        rate = 1.0 / (min(state[at + COUNT], _REMEMBERED) + _BELIEF)
        state[at + SKEW] += rate * ((taken - baseline.median) / sd - state[at + SKEW])


@kernel
def _fade(state: Floats, at: int, value: float, sd: float, baseline: Baseline) -> None:
    """Move the adopted level towards the centre while the series is nearer to the centre; drop it when it
    reaches the centre."""
    middle = centre(state, at, baseline)
    if abs(value - middle) < abs(value - state[at + ADOPTED]):
        state[at + ADOPTED] += _FADING * (middle - state[at + ADOPTED])
    if state[at + SIDE] * (state[at + ADOPTED] - middle) <= _FADING * sd:
        state[at + SIDE] = 0.0


@kernel
def _learn_excess(state: Floats, at: int, deviation: float, baseline: Baseline) -> None:
    """Update the inflation with the mean's deviation in standard deviations of a value.

    A mean that is far out may be caused by a shift, so it counts for less.
    """
    count = state[at + COUNT]
    known = state[at + EXCESS] if count > 1.0 else 1.0
    deviation = min(1e6, deviation)
    wandered = deviation * deviation / (variance_of_mean(count) + error_of_median(baseline))
    rate = 1.0 / (min(count, _REMEMBERED) + _BELIEF)
    if wandered > _SHIFT * max(1.0, known):
        rate *= _DOUBT
    state[at + EXCESS] = known + rate * (min(wandered, _MOST_EXCESS * max(1.0, known)) - known)


@kernel
def _learn_recent(state: Floats, at: int, value: float) -> None:
    """Update the median of the last three values, and its weighted mean."""
    last, before = state[at + LAST], state[at + BEFORE]
    state[at + LAST], state[at + BEFORE] = value, last
    if state[at + COUNT] < 2.0:
        state[at + MIDDLE] = state[at + RECENT] = value
        return
    state[at + MIDDLE] = max(min(last, before), min(max(last, before), value))
    state[at + RECENT] += RATE * (state[at + MIDDLE] - state[at + RECENT])


@kernel
def _lasting(state: Floats, at: int) -> float:
    """The number of signals after which a level may be adopted."""
    most = max(ADOPT_AFTER, _OF_PAST * state[at + COUNT])
    return float(min(most, ADOPT_AFTER * sqrt(inflation(state, at))))


@kernel
def take_signal(state: Floats, at: int, deviate: float, baseline: Baseline) -> bool:
    """Count a value that was learned, with its deviate; True if its signal has ended with a new known level.

    The level then replaces any level adopted before.
    """
    if abs(deviate) < SIGNAL:
        state[at + SIGNALS] = max(0.0, state[at + SIGNALS] - 1.0)
        return False
    if state[at + SIGNALS] == 0.0:
        state[at + HELD_MEDIAN] = baseline.median
        state[at + HELD_SPREAD] = spread(baseline)
    state[at + SIGNALS] += 1.0
    state[at + SIGNAL_LEVEL] += (state[at + MIDDLE] - state[at + SIGNAL_LEVEL]) / state[at + SIGNALS]
    recent, mean = state[at + RECENT], state[at + SIGNAL_LEVEL]
    low, high = levels(state, at, baseline)
    away = min(abs(recent - low), abs(recent - high))
    if state[at + SIGNALS] < _lasting(state, at) or abs(recent - mean) > _SETTLED * away:
        return False
    above = recent > centre(state, at, baseline)
    state[at + SIGNALS] = 0.0
    state[at + ADOPTED] = max(recent, mean) if above else min(recent, mean)
    state[at + SIDE] = 1.0 if above else -1.0
    return True
