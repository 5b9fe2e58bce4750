"""What spoke where a value is an anomaly, in words."""

from anomaly_stream.detectors.registry import REGISTRY, Reason

LEVEL = "level"
"""The reason where the levels together spoke: the value is far out."""


def reason_of(speaker: int, reason: int) -> str:
    """The name on topics of what spoke; arguments as in ``Outcome``."""
    if speaker < 0:
        return LEVEL
    found = _reason(speaker, reason)
    return REGISTRY[speaker].name if found is None else found.name


def finding_of(speaker: int, reason: int) -> str:
    """The same as the middle of a sentence; empty where there is nothing to add."""
    if speaker < 0:
        return ""
    found = _reason(speaker, reason)
    return REGISTRY[speaker].finding if found is None else found.finding


def _reason(speaker: int, reason: int) -> Reason | None:
    """That of a model; None where it has none of this number."""
    reasons = REGISTRY[speaker].reasons
    return reasons[reason] if reason < len(reasons) else None
