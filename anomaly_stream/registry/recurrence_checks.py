"""Refuses recurrence rules of maintenance and of silences that cover all time, or that do not recur."""

from anomaly_stream.registry.windows import Windows, recurring

_DAY_S = 86_400.0
_SHORTEST_DAY_S = 23 * 3600.0
"""Windows begin at most once a day, so shorter ones leave time between them."""
_HORIZONS_DAYS = (400, 5 * 366, 40 * 366)


def check_recurrence(rule: str, begin: float, duration_s: float, until: float | None) -> None:
    """Raises ValueError: the rule is not one, its windows leave no time between them, or do not recur."""
    windows = recurring(rule, begin, duration_s, "UTC")
    if until is not None:
        if not windows.between(begin, until):
            raise ValueError(f"no window of {rule!r} begins before until: check both")
        return
    if not _occurs(windows, begin, 1):
        raise ValueError(f"{rule!r} never occurs: its UNTIL is before from")
    if "UNTIL" in rule.upper() or "COUNT" in rule.upper():
        return
    if not _occurs(windows, begin, 2):
        raise ValueError(
            f"{rule!r} does not occur within 40 years of from: no day fits all its parts, so correct "
            "BYMONTH, BYMONTHDAY or BYDAY, or set until in place of the recurrence"
        )
    if duration_s >= _SHORTEST_DAY_S and _covers_all(windows, begin):
        raise ValueError(
            f"the windows of {rule!r} leave no time between them, so that they would never end: shorten "
            "duration, or set until"
        )


def _occurs(windows: Windows, begin: float, times: int) -> bool:
    """Whether it occurs this often from ``begin`` on."""
    return any(len(windows.between(begin, begin + days * _DAY_S)) >= times for days in _HORIZONS_DAYS)


def _covers_all(windows: Windows, begin: float) -> bool:
    """Whether each window of some years begins before an earlier one ends."""
    end = begin
    for days in range(0, 5 * 366, 366):
        first = begin + days * _DAY_S
        for start, stop in windows.between(first, first + 366 * _DAY_S):
            if start > end:
                return False
            end = max(end, stop)
        if end < first + 366 * _DAY_S:
            return False
    return True
