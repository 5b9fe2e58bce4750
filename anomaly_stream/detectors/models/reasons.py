"""The reasons that the models ``auto``, ``surprise`` and ``residual`` can give."""

from anomaly_stream.model import reasons
from anomaly_stream.model.reasons import Reason

REASONS: tuple[Reason, ...] = (
    reasons.DISTANCE,
    reasons.NOVEL_VALUE,
    reasons.NOVEL_FOR_SEASON,
    reasons.MEAN_SHIFT,
    reasons.VARIANCE_CHANGE,
    reasons.FLAT_LINE,
    reasons.SUSTAINED_OFFSET,
)
"""The reasons in the order of their numbers."""

DISTANCE, NOVEL_VALUE, NOVEL_FOR_SEASON, MEAN_SHIFT, VARIANCE_CHANGE, FLAT_LINE, SUSTAINED_OFFSET = range(7)
"""The reason numbers. ``DISTANCE`` and ``SUSTAINED_OFFSET`` belong to the residual route, the others to the
surprise route."""
