"""The reasons that ``auto`` can give."""

from anomaly_stream.model import reasons
from anomaly_stream.model.reasons import Reason

REASONS: tuple[Reason, ...] = (
    reasons.DISTANCE,
    reasons.RATE_OF_CHANGE,
    reasons.VARIANCE_CHANGE,
    reasons.MEAN_SHIFT,
    reasons.FLAT_LINE,
)
"""The reasons in the order of their numbers."""

DISTANCE, RATE_OF_CHANGE, VARIANCE_CHANGE, MEAN_SHIFT, FLAT_LINE = range(5)
"""The reason numbers."""

REASON_OF_VIEW = (RATE_OF_CHANGE, DISTANCE, DISTANCE, DISTANCE, VARIANCE_CHANGE, MEAN_SHIFT)
"""The reason by the number of the view with the highest rank."""
