"""Local times without an offset, also those of the hour that occurs twice when clocks go back."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class _Series:
    """What earlier times of a series say about those of a repeated hour."""

    last: datetime
    direction: int = 0
    """1: times rise; -1: they fall; 0: not known yet."""
    is_in_order: bool = True
    is_second_pass: bool = False
    """Whether its times have begun the repeated hour again."""
    seen: set[datetime] = field(default_factory=set)
    """Its times in repeated hours."""


class LocalTimes:
    """Local times of a zone as seconds since the epoch.

    A time that occurs twice is the first one, until the series repeats it, or goes back within that hour. A
    series whose times fall, as in a file with the newest row first, has the second one first. A time that
    clocks pass over in spring is an error; but a midnight stands for its day, which begins with its first
    moment.

    Args:
        zone: the time zone.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._series: dict[Hashable, _Series] = {}

    def seconds(self, local: datetime, series: Hashable) -> float:
        """Seconds since the epoch of the next time of a series.

        Raises:
            ValueError: the zone has no such time.
        """
        if _is_passed_over(local, self._zone) and local.time() != time.min:
            raise ValueError(
                f"there was no {local:%H:%M} on {local:%Y-%m-%d} in {self._zone.key}, where clocks went"
                " forward: is the file in another zone?"
            )
        known = self._series.get(series)
        if known is None:
            known = self._series[series] = _Series(local)
        step = (local > known.last) - (local < known.last)
        known.last = local
        if _occurs_twice(local, self._zone):
            local = local.replace(fold=self._occurrence(known, local, step))
        else:
            known.is_second_pass = False
            known.is_in_order &= step * known.direction >= 0
            known.direction = known.direction or step
        return since_epoch(local.replace(tzinfo=self._zone))

    def _occurrence(self, known: _Series, local: datetime, step: int) -> int:
        """0: the first time of this name; 1: the second."""
        falls = known.is_in_order and known.direction < 0
        known.is_second_pass |= step == (1 if falls else -1)
        is_later = local in known.seen or (known.is_in_order and known.is_second_pass)
        known.seen.add(local)
        return int(is_later != falls)


def _occurs_twice(local: datetime, zone: ZoneInfo) -> bool:
    first, second = (_offset(local, zone, fold) for fold in (0, 1))
    return first > second


def _is_passed_over(local: datetime, zone: ZoneInfo) -> bool:
    first, second = (_offset(local, zone, fold) for fold in (0, 1))
    return first < second


def _offset(local: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    offset = local.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None  # the zone of a database always has one
    return offset


def since_epoch(moment: datetime) -> float:
    """Seconds since the epoch of a time with an offset."""
    elapsed = moment - _EPOCH
    return (elapsed.days * 86400 + elapsed.seconds) + elapsed.microseconds / 1e6
