"""What the ``seasonality`` of configs compiles to: profiles, their places in a row's memory, the calendar."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anomaly_stream.baselines import contest, period
from anomaly_stream.baselines.calendar import DAY, WEEK, Calendar, compile_calendar
from anomaly_stream.baselines.profile.layout import (
    DAILY,
    FOUND,
    HEAD,
    HOLIDAY,
    HOUR_OF_WEEK,
    PROFILE,
    WEEKLY,
)
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.civil import public_holidays, zone_names

CHAIN = 16
MOST_PROFILES = 4
CONTESTS = CHAIN
HEADS = 64
"""Words up to here change with each value: the chain's own, then the contests; behind them slots."""

SEASON = np.dtype(
    [
        ("speed", "f8"),
        ("enter", "f8"),
        ("leave", "f8"),
        ("won", "f8"),
        ("first", "i4"),
        ("civil", "i4"),
        ("found", "i4"),
        ("holiday", "i4"),
        ("record", "i4"),
        ("zone", "i4"),
        ("special_begin", "i4"),
        ("special_end", "i4"),
        ("words", "i4"),
        ("skip", "u1"),
    ],
    align=True,
)
"""A compiled seasonality. ``speed``: time constant of the level, seconds. A season is used from the error
ratio ``enter`` down, until it rises over ``leave``, once it was ahead for ``won`` cycles. Profiles from
``first`` on: ``civil`` of them on the calendar; the numbers of the ``found`` one and of that of holidays
(-1: none); where the record of periods begins; special days as in ``is_special``; ``words`` of memory (0: no
season at all); ``skip``: special days teach nothing."""

_SLOTS = {DAILY: 96, WEEKLY: 336, HOUR_OF_WEEK: 168, FOUND: 48, HOLIDAY: 96}
_PERIODS = {DAILY: DAY, WEEKLY: WEEK, HOUR_OF_WEEK: WEEK, FOUND: 0.0, HOLIDAY: DAY}
_CYCLES = {
    "slow": {DAILY: 7, WEEKLY: 5, HOUR_OF_WEEK: 5, FOUND: 7, HOLIDAY: 5},
    "normal": {DAILY: 5, WEEKLY: 4, HOUR_OF_WEEK: 4, FOUND: 5, HOLIDAY: 5},
    "fast": {DAILY: 4, WEEKLY: 3, HOUR_OF_WEEK: 3, FOUND: 4, HOLIDAY: 4},
}
"""By ``adapt``: columns of a profile, of which one is being written."""
_SPEEDS = {"slow": 1.0, "normal": 0.25, "fast": 0.0625}
"""By ``adapt``: the time constant of the level, as a part of the baseline period."""
_ASKED, _DETECT = (0.95, 1.0, 0.0), (0.7, 0.9, 0.4)
_KINDS = {"daily": DAILY, "weekly": WEEKLY, "hour_of_week": HOUR_OF_WEEK}
NAMES = ("daily", "weekly", "hour_of_week", "found", "holiday")
"""Of the kinds of profiles, in order of their numbers."""


class Seasons(NamedTuple):
    """Seasonality of a plan's configs, for kernels."""

    calendar: Calendar
    records: Records
    """By config."""
    profiles: Records


def compile_seasons(configs: Sequence[AnomalyDetectionConfig]) -> Seasons:
    """The seasons of ``configs``, in their order."""
    zones = sorted({config.timezone for config in configs if config.seasonality}) or ["UTC"]
    records = np.zeros(len(configs), SEASON)
    profiles: list[Records] = [np.zeros(0, PROFILE)]
    special: list[int] = []
    begun = 0
    for record, config in zip(records, configs, strict=True):
        record["found"] = record["holiday"] = -1
        if not config.seasonality:
            continue
        record["zone"] = zones.index(config.timezone)
        record["special_begin"] = len(special)
        if config.holidays is not None:
            special += special_days(config)
            record["skip"] = config.holidays.skip
        record["special_end"] = len(special)
        kinds = _kinds(config)
        record["first"] = begun
        record["civil"] = sum(kind <= HOUR_OF_WEEK for kind in kinds)
        for name, kind in (("found", FOUND), ("holiday", HOLIDAY)):
            record[name] = begun + kinds.index(kind) if kind in kinds else -1
        record["enter"], record["leave"], record["won"] = (
            _DETECT if "detect" in config.seasonality else _ASKED
        )
        record["speed"] = config.baseline_period_s * _SPEEDS[config.adapt]
        made, words = _profiles(kinds, _CYCLES[config.adapt])
        record["record"] = words
        record["words"] = words + (period.WORDS if FOUND in kinds else 0)
        profiles.append(made)
        begun += len(made)
    return Seasons(compile_calendar(zones, special), records, np.concatenate(profiles))


def season_shape(config: AnomalyDetectionConfig) -> str:
    """What profiles depend on but for the number of their words: baselines restart where this changes."""
    return f"{' '.join(sorted(config.seasonality))} {config.timezone} {config.adapt}"


def season_faults(config: AnomalyDetectionConfig) -> list[tuple[str, str]]:
    """What keeps a config's seasonality from being compiled, as (field, message)."""
    known = {"detect", *_KINDS}
    faults = [("seasonality", f"there is no {name!r}") for name in config.seasonality if name not in known]
    if config.timezone not in zone_names():
        faults.append(("timezone", f"there is no {config.timezone!r}"))
    if config.adapt not in _SPEEDS:
        faults.append(("adapt", f"there is no {config.adapt!r}"))
    return faults


def special_days(config: AnomalyDetectionConfig) -> list[int]:
    """Day numbers of a config's holidays and special days, sorted."""
    if config.holidays is None:
        return []
    days = {day for first, last in config.holidays.dates for day in range(first, last + 1)}
    if config.holidays.country:
        days.update(public_holidays(config.holidays.country, config.holidays.subdivision))
    return sorted(days)


def _kinds(config: AnomalyDetectionConfig) -> list[int]:
    """Coarse ones first: each is what the next falls back to."""
    if "detect" in config.seasonality:
        kinds = [DAILY, HOUR_OF_WEEK, FOUND]
    else:
        kinds = sorted({DAILY, *(_KINDS[name] for name in config.seasonality)})
    if config.holidays is not None and not config.holidays.skip:
        kinds.append(HOLIDAY)
    return kinds


def _profiles(kinds: Sequence[int], cycles: dict[int, int]) -> tuple[Records, int]:
    """The profiles laid out in memory, and the words up to their end."""
    made = np.zeros(len(kinds), PROFILE)
    words = HEADS + HEAD * len(kinds)
    for number, kind in enumerate(kinds):
        made[number]["kind"] = kind
        made[number]["cycles"] = cycles[kind]
        made[number]["slots"] = _SLOTS[kind]
        made[number]["contest"] = CONTESTS + contest.WORDS * number
        made[number]["head"] = HEADS + HEAD * number
        made[number]["table"] = words
        made[number]["period"] = _PERIODS[kind]
        made[number]["width"] = _PERIODS[kind] / _SLOTS[kind]
        words += _SLOTS[kind] * cycles[kind]
    return made, words
