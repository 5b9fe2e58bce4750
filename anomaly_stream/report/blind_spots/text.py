"""Blind spots as plain text."""

from collections.abc import Iterator

from anomaly_stream.alerts.rounding import Rounding
from anomaly_stream.alerts.wording import duration, plural
from anomaly_stream.report.blind_spots.search import FEW, HALF, BlindSpots, Finding, rank_of


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
        tried = f"sizes from {_number(least)} on are tried"
        yield f"  noise             none, all values are equal: {tried}; {every}"
    else:
        yield f"  noise             {_number(spots.noise, digits=4)}, {every}"
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
    if spots.places < FEW:
        return _found_at_few(finding, spots)
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


def _found_at_few(finding: Finding, spots: BlindSpots) -> str:
    """Too few places for a share of all: what was found at those that were tried."""
    tried = "the 1 place tried" if spots.places == 1 else f"all {spots.places} places tried"
    if finding.size is not None and finding.noises is not None:
        text = f"{_size(finding.size, finding.noises, spots)} is found at {tried}"
    else:
        text = f"not found at {tried}, up to {_largest(spots)}"
        text += f": at {finding.places} of them" if spots.places > 1 else ""
    if finding.half_size is None or finding.half_noises is None or finding.half_size == finding.size:
        return text
    half = rank_of(HALF, spots.places)
    return f"{text}; {_size(finding.half_size, finding.half_noises, spots)} at {half} of them"


def _size(size: float, noises: float, spots: BlindSpots) -> str:
    less = " or less" if noises <= spots.smallest else ""
    return f"{_number(size)}{less}" + ("" if spots.is_constant else f" ({_number(noises, digits=2)} x noise)")


def _largest(spots: BlindSpots) -> str:
    if spots.is_constant and spots.noise is not None:
        return _number(spots.largest * spots.noise)
    return f"{_number(spots.largest)} x noise"


def _number(number: float, digits: int = 3) -> str:
    """As in the sentences of alerts; with all digits before the decimal point."""
    return Rounding.of(number, digits=digits).text(number)
