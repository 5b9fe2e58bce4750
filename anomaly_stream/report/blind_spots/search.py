"""How small a change of a series opens an alert, for each kind and side.

Every size is tried in a copy of the series at many places of its recent past, because each place has noise,
an hour and a recent past of its own. The answer is the size that is found at nine of ten places, and the one
that is found at half of them. Sizes are tried together:
first powers of two times the noise, then the sizes between the last one that is not found and the first from
which all are found. So a search takes two runs at each place, whatever the sizes.
"""

import math
from collections.abc import Iterator, Mapping

import msgspec
import numpy as np

from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.model import AnomalyDetectionConfig, Direction, SeverityBands
from anomaly_stream.report.blind_spots.copies import Copies, Snapshot
from anomaly_stream.report.blind_spots.injection import Kind, Past, shape_of

PLACES = 20
"""Places at which changes are injected, spread over the last quarter of the series and hours of the day."""
NEARLY_ALL, HALF = 0.9, 0.5
"""Shares of such places, those that were not tried among them, at which a size is said to be found."""
FEW = 10
"""With fewer places than this, what is said is of those that were tried."""
_GOLDEN = (5.0**0.5 - 1.0) / 2.0
_COARSE: Floats = np.exp2(np.arange(-1.0, 15.0))
"""The sizes of the first run, in multiples of the noise."""
_FINE: Floats = np.exp2(np.arange(-7.0, 0.0) / 8.0)
"""Those of the second run, as shares of the first coarse size that is found."""
SMALLEST = float(_COARSE[0] * _FINE[0])
"""The smallest size that is tried, in multiples of the noise."""
_EXCLUDED = {Direction.ABOVE: "down", Direction.BELOW: "up"}

Change = tuple[Kind, str]
CHANGES: tuple[Change, ...] = tuple((kind, side) for kind in Kind for side in ("up", "down"))


class Finding(msgspec.Struct, frozen=True):
    """What a config finds of one kind of change."""

    kind: str
    side: str
    size: float | None
    """The size from which on an alert opens at 9 of 10 places, in the series' unit; null if there is none.

    With fewer than 10 places in all: at each of them."""
    noises: float | None
    """The same in multiples of the noise."""
    half_size: float | None
    """That at half of the places; with fewer than 10 in all: at more than half of them."""
    half_noises: float | None
    """The same in multiples of the noise."""
    places: int
    """Places at which a change of some size is found."""


class BlindSpots(msgspec.Struct, frozen=True, kw_only=True):
    """What a config finds in one series."""

    series: str
    config_id: str
    values: int
    step: float | None
    """Median seconds between two values."""
    within: int
    """An alert counts if it opens within this many values from the start of the change."""
    noise: float | None
    """Standard deviation of the noise from one value to the next; the unit of sizes, if values are equal."""
    is_constant: bool
    """Whether all values are equal: then ``noise`` is no noise, but a thousandth of them."""
    smallest: float
    """The smallest change that was tried, in multiples of the noise: a size of it means that or less."""
    largest: float
    """The largest change that was tried, in multiples of the noise."""
    direction: str
    places: int
    """Places at which changes were injected."""
    why_none: str | None
    """Why there is no place; null if there is one."""
    findings: list[Finding]


def blind_spots(
    name: str, past: Past, config: AnomalyDetectionConfig, bands: SeverityBands, within: int
) -> BlindSpots:
    """How small the changes are that ``config`` finds in a series within ``within`` values."""
    why: str | None = f"it has {len(past)} values, too few for {within} after others"
    usable: list[Snapshot] = []
    findings: list[Finding] = []
    enough = len(past) > within + 3
    if enough:
        copies = Copies(config, bands, past)
        usable, why = _usable(copies, past, config, within)
        findings = list(_findings(copies, past, usable, config, within)) if usable else []
    return BlindSpots(
        series=name,
        config_id=config.id,
        values=len(past),
        step=past.step_s if enough else None,
        within=within,
        noise=past.noise() if enough else None,
        is_constant=enough and past.is_constant,
        smallest=SMALLEST,
        largest=float(_COARSE[-1]),
        direction=str(config.direction),
        places=len(usable),
        why_none=why,
        findings=findings,
    )


def _usable(
    copies: Copies, past: Past, config: AnomalyDetectionConfig, within: int
) -> tuple[list[Snapshot], str | None]:
    """The places where an alert is the injected change's, or why there is none."""
    judged = [
        snapshot for snapshot in copies.snapshots(first_values(past, within)) if not snapshot.is_learning
    ]
    if not judged:
        return (
            [],
            f"it is still learning: {len(past)} values, and min_observations is {config.min_observations}",
        )
    usable = [
        snapshot
        for snapshot in judged
        if not snapshot.is_open
        and not past.has_restart(snapshot.first, within)
        and not copies.fired(snapshot, past.values[None, snapshot.first : snapshot.first + within])[0]
    ]
    return usable, None if usable else "at every place an alert is open or opens without a change"


def first_values(past: Past, within: int) -> list[int]:
    """The numbers of the first changed values: one in each of equal parts, each elsewhere in its part.

    Equal distances would come again and again to the same hours of the day.
    """
    end = len(past) - within + 1
    begin = min(int(0.75 * len(past)), end - 1)
    numbers = np.arange(PLACES)
    shares = (numbers + (0.5 + numbers * _GOLDEN) % 1.0) / PLACES
    firsts: list[int] = np.unique(begin + (shares * (end - begin)).astype(np.int64)).tolist()
    return firsts


def _findings(
    copies: Copies, past: Past, usable: list[Snapshot], config: AnomalyDetectionConfig, within: int
) -> Iterator[Finding]:
    changes = [change for change in CHANGES if change[1] != _EXCLUDED.get(config.direction)]
    smallest = [_smallest(copies, past, snapshot, changes, within) for snapshot in usable]
    for change in changes:
        found = sorted(size for one in smallest if (size := one[change]) is not None)
        noises, half = (_found_at(share, found, len(smallest)) for share in (NEARLY_ALL, HALF))
        size, half_size = (None if one is None else one * past.noise() for one in (noises, half))
        yield Finding(str(change[0]), change[1], size, noises, half_size, half, len(found))


def _found_at(share: float, sizes: list[float], places: int) -> float | None:
    """The size that is found at a share of places such as those that were tried.

    Of n values of one distribution, another one is at most the k-th smallest with probability k/(n+1).
    """
    rank = rank_of(share, places)
    return sizes[rank - 1] if rank <= len(sizes) else None


def rank_of(share: float, places: int) -> int:
    """At how many of ``places`` a size must be found to be found at this share of all such places."""
    return min(places, math.ceil(share * (places + 1)))


def _smallest(
    copies: Copies, past: Past, snapshot: Snapshot, changes: list[Change], within: int
) -> dict[Change, float | None]:
    """By change, the smallest size that is found at one place, in multiples of the noise."""
    coarse = _found(copies, past, snapshot, dict.fromkeys(changes, _COARSE), within)
    first = {change: _first(_COARSE, found) for change, found in coarse.items()}
    fine = {change: np.append(size * _FINE, size) for change, size in first.items() if size is not None}
    refined = _found(copies, past, snapshot, fine, within) if fine else {}
    return {**first, **{change: _first(fine[change], found) for change, found in refined.items()}}


def _found(
    copies: Copies, past: Past, snapshot: Snapshot, sizes: Mapping[Change, Floats], within: int
) -> dict[Change, Bools]:
    """Which of these sizes, in multiples of the noise, are found at one place."""
    noise = past.noise()
    changes = np.concatenate(
        [
            np.outer(of_kind * (noise if side == "up" else -noise), shape_of(kind, within))
            for (kind, side), of_kind in sizes.items()
        ]
    )
    fired = copies.fired(snapshot, past.changed(snapshot.first, changes))
    parts = np.split(fired, np.cumsum([len(of_kind) for of_kind in sizes.values()])[:-1])
    return dict(zip(sizes, parts, strict=True))


def _first(sizes: Floats, found: Bools) -> float | None:
    """The smallest size from which on all are found."""
    missed = np.flatnonzero(~found)
    place = int(missed[-1]) + 1 if len(missed) else 0
    return float(sizes[place]) if place < len(sizes) else None
