"""Blind spots as plain text."""

from collections.abc import Iterator

from anomaly_stream.alerts.wording import duration, plural
from anomaly_stream.report.blind_spots.search import BlindSpots, Finding


def text_of(spots: BlindSpots) -> str:
    """Several lines, without the last line end."""
    return "\n".join(_lines(spots))


def _lines(spots: BlindSpots) -> Iterator[str]:
    yield f"{spots.series}, config {spots.config_id}"
    if spots.why_none is not None or spots.step is None or spots.noise is None:
        yield f"  not tried: {spots.why_none}"
        return
    every = f"a value every {duration(spots.step)}"
    if spots.is_constant:
        least = spots.smallest * spots.noise
        yield f"  noise             none, all values are equal: sizes from {least:.3g} on are tried; {every}"
    else:
        yield f"  noise             {spots.noise:.4g}, {every}"
    yield (
        f"  tried             at {plural(spots.places, 'place')} of the last quarter; an alert counts within "
        f"{plural(spots.within, 'value')} ({duration(spots.within * spots.step)})"
    )
    for finding in spots.findings:
        yield f"  {f'{finding.kind} {finding.side}':<17} {_finding(finding, spots)}"
    if spots.direction != "both":
        other = "down" if spots.direction == "above" else "up"
        yield f"  blind             to every change {other}: direction is {spots.direction}"


def _finding(finding: Finding, spots: BlindSpots) -> str:
    if finding.half_size is None or finding.half_noises is None:
        return (
            f"not found at half of the places, up to {_largest(spots)}: at {finding.places} of {spots.places}"
        )
    half = _size(finding.half_size, finding.half_noises, spots)
    if finding.size is None or finding.noises is None:
        return f"{half} is found at half of the places, none up to {_largest(spots)} at 9 of 10"
    if finding.size == finding.half_size:
        return f"{half} is found at 9 of 10 places"
    return f"{_size(finding.size, finding.noises, spots)} is found at 9 of 10 places, {half} at half"


def _size(size: float, noises: float, spots: BlindSpots) -> str:
    less = " or less" if noises <= spots.smallest else ""
    return f"{size:.3g}{less}" + ("" if spots.is_constant else f" ({noises:.2g} x noise)")


def _largest(spots: BlindSpots) -> str:
    if spots.is_constant and spots.noise is not None:
        return f"{spots.largest * spots.noise:.3g}"
    return f"{spots.largest:,.0f} x noise"
