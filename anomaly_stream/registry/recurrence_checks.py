"""Refuses recurrence rules of maintenance and of silences that cover all time, or that do not recur."""

from collections.abc import Sequence
from itertools import chain, pairwise

from anomaly_stream.registry.windows import Windows, recurring

_DAY_S = 86_400.0
_SHORTEST_DAY_S = 23 * 3600.0
"""Windows begin at most once a day, so shorter ones leave time between them."""
_HORIZONS_DAYS = (400, 5 * 366, 40 * 366)
_STEPS_DAYS = (0, 14, *range(366, 6 * 366, 366))
"""Most windows that leave time between them do so within the first days, which take the least work."""


def check_recurrence(rule: str, begin: float, duration_s: float, until: float | None) -> None:
    """Raises ValueError: the rule is not one, its windows leave no time between them, or do not recur."""
    windows = recurring(rule, begin, duration_s, "UTC")
    if until is not None:
        if not windows.between(begin, until):
            raise ValueError(f"no window of {rule!r} begins before until: check both")
        return
    if not _occurs(windows, begin, 1):
        raise ValueError(f"{rule!r} never occurs: its UNTIL is before from")
    if _ends(rule):
        return
    if not _occurs(windows, begin, 2):
        raise ValueError(
            f"{rule!r} does not occur within 40 years of from: no day fits all its parts, so correct "
            "BYMONTH, BYMONTHDAY or BYDAY, or set until in place of the recurrence"
        )
    if duration_s >= _SHORTEST_DAY_S and _cover_all([windows], begin):
        raise ValueError(
            f"the windows of {rule!r} leave no time between them, so that they would never end: shorten "
            "duration, or set until"
        )


def check_occurs_again(windows: Windows, now: float, until: float | None) -> None:
    """Raises ValueError: all windows are past, and ``until``, the end of them, is not."""
    if until is not None and until <= now:
        return
    for days in _HORIZONS_DAYS:
        end = now + days * _DAY_S if until is None else min(until, now + days * _DAY_S)
        if any(begin < end and now < stop for begin, stop in windows.between(now, end)):
            return
    raise ValueError(
        "no window is left, so it would wait for ever: correct the dates, or COUNT or UNTIL; for events of a "
        "past time that are still to come, set from and until alone"
    )


def _occurs(windows: Windows, begin: float, times: int) -> bool:
    """Whether it occurs this often from ``begin`` on."""
    return any(len(windows.between(begin, begin + days * _DAY_S)) >= times for days in _HORIZONS_DAYS)


def check_together(windows: Sequence[tuple[str, float, float]]) -> None:
    """Raises ValueError: windows (rule, begin, duration) without an end cover all time together."""
    endless = [one for one in windows if not _ends(one[0])]
    if len(endless) < 2 or sum(duration for _, _, duration in endless) < _SHORTEST_DAY_S:
        return
    found = [recurring(rule, begin, duration, "UTC") for rule, begin, duration in endless]
    if _cover_all(found, max(begin for _, begin, _ in endless)):
        rules = ", ".join(repr(rule) for rule, _, _ in endless)
        raise ValueError(
            f"the windows of {rules} together leave no time between them, so that nothing would ever be "
            "learned and nothing scored: shorten a duration, or set until"
        )


def _ends(rule: str) -> bool:
    return "UNTIL" in rule.upper() or "COUNT" in rule.upper()


def _cover_all(several: Sequence[Windows], begin: float) -> bool:
    """Whether each window of some years begins before an earlier one ends."""
    end = begin
    for first, last in pairwise(begin + days * _DAY_S for days in _STEPS_DAYS):
        for start, stop in sorted(chain.from_iterable(each.between(first, last) for each in several)):
            if start > end:
                return False
            end = max(end, stop)
        if end < last:
            return False
    return True
