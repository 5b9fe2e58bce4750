"""What the models ``auto``, ``surprise`` and ``residual`` can find."""

from anomaly_stream.detectors.detector import Reason

REASONS: tuple[Reason, ...] = (
    Reason("far"),
    Reason("value", "nothing like it was seen here before"),
    Reason("season", "nothing like it was seen at this time of the day or week before"),
    Reason("level", "the mean of its last 24 values is unlike any before"),
    Reason("spread", "its last 12 values vary as they never did before"),
    Reason("still", "it has stood still for longer than usual"),
    Reason("off", "it has lain on one side of what was expected for an hour or so"),
)
"""By reason number."""

FAR, VALUE, SEASON, LEVEL, SPREAD, STILL, OFF = range(len(REASONS))
"""Reason numbers. ``FAR`` and ``OFF`` belong to the residual route, the others to the surprise route."""
