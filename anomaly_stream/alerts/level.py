"""The level since an alert began, against the level before it: what its end says.

A value within the band is no evidence that the series is back: the band is several deviations wide, and the
baseline adapts. So an episode remembers the level before it, and the usual deviation of values from that
level then, the *noise*. It follows the level since with the mean of up to 16 values. A value more than 3
noise deviations from that mean is left out, and the mean then counts as an eighth of its values; if that is
less than one, it begins again with that value. So a mean of 8 values or more outlasts a single outlier.

When the alert ends, the level is *near* the one before it within one noise deviation; within a quarter of the
alert's peak, up to two deviations, if that is more. It is back if it is near by at least the standard error
of its mean, and away if it is beyond by more than that. Otherwise the evidence does not say.

A level that is away has *settled* if it is more than 3 noise deviations from the one before, the mean has 16
values, and the last value is within two deviations of it. So a level that still moves has not settled. With a
season, the alert must have lasted a day: what is usual for another hour of the day is no new level.
"""

from math import sqrt
from typing import Any

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION
from anomaly_stream.model import Ending
from anomaly_stream.model.level import Level

UNCLEAR, BACK, AWAY, SETTLED = (int(one) for one in Ending)
DAY_S = 86_400.0

_VALUES, _FAR, _DOUBT = 16, 3.0, 8
_OF_PEAK, _NEAR, _NEAREST = 0.25, 2.0, 1.0


@kernel
def begin_level(alert: Any, level: Level) -> None:
    """Remember the level before an episode, as the observation that began it shows it."""
    alert.level_before = level.usual
    alert.noise = max(level.noise, RESOLUTION * abs(level.usual))
    alert.level_count = 0


@kernel
def follow_level(alert: Any, value: float) -> None:
    """Update the level of an episode with the value of an observation."""
    if abs(value - alert.level) > _FAR * alert.noise:
        alert.level_count //= _DOUBT
        if alert.level_count > 0:
            return
    alert.level_count = min(_VALUES, alert.level_count + 1)
    alert.level += (value - alert.level) / alert.level_count


@kernel
def ending_of(alert: Any) -> int:
    """What is known of the level when an alert ends."""
    if alert.level_count == 0:
        return UNCLEAR
    near = max(_NEAREST * alert.noise, min(_NEAR * alert.noise, _OF_PEAK * abs(alert.peak_deviation)))
    error = alert.noise / sqrt(alert.level_count)
    distance = abs(alert.level - alert.level_before)
    if distance + error <= near:
        return BACK
    return AWAY if distance - error > near else UNCLEAR


@kernel
def has_settled(alert: Any, now: Level) -> bool:
    """Whether the level of an alert that ends away from the one before is steady, up to the value ``now``."""
    error = alert.noise / sqrt(alert.level_count)
    if abs(alert.level - alert.level_before) - error <= _FAR * alert.noise:
        return False
    if now.is_seasonal and alert.end - alert.start < DAY_S:
        return False
    is_full = alert.level_count == _VALUES
    return bool(is_full and abs(now.value - alert.level) <= _NEAR * alert.noise)
