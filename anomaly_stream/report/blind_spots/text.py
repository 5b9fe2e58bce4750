"""Blind spots as plain text."""

from collections.abc import Iterator

from anomaly_stream.alerts.wording import duration, plural
from anomaly_stream.report.blind_spots.injection import Kind
from anomaly_stream.report.blind_spots.search import BlindSpots, Finding


def text_of(spots: BlindSpots) -> str:
    """Several lines, without the last line end."""
    return "\n".join(_lines(spots))


def _lines(spots: BlindSpots) -> Iterator[str]:
    yield f"{spots.series}, config {spots.config_id}"
    if spots.why_none is not None or spots.step is None or spots.noise is None:
        yield f"  not tried: {spots.why_none}"
        return
    yield f"  noise        {spots.noise:.4g}, a value every {duration(spots.step)}"
    yield (
        f"  found        within {plural(spots.within, 'value')} ({duration(spots.within * spots.step)}), at "
        f"{plural(spots.places, 'place')} of the last quarter"
    )
    for kind in Kind:
        found = [finding for finding in spots.findings if finding.kind == kind]
        yield f"  {kind:<12} " + ", ".join(_finding(finding, spots) for finding in found)
    if spots.direction != "both":
        other = "down" if spots.direction == "above" else "up"
        yield f"  blind        to every change {other}: direction is {spots.direction}"


def _finding(finding: Finding, spots: BlindSpots) -> str:
    if finding.size is not None:
        return f"{finding.side} {finding.size:.4g} ({finding.noises:.3g} x noise)"
    missed = spots.places - finding.places
    return (
        f"{finding.side} not found, up to {spots.largest:,.0f} x noise, at {missed} of "
        f"{plural(spots.places, 'place')}"
    )
