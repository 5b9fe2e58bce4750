"""The ``seasonality`` of configs, compiled: profiles, their places in the row's state, the calendar."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anomaly_stream.baselines import forecast_competition as competition
from anomaly_stream.baselines import period_search
from anomaly_stream.baselines.calendar import DAY, WEEK, Calendar, compile_calendar
from anomaly_stream.baselines.profile.layout import (
    DAILY,
    DETECTED,
    HEAD,
    HOLIDAY,
    HOUR_OF_WEEK,
    PROFILE,
    WEEKLY,
)
from anomaly_stream.baselines.season import hourly_spread
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.registry.civil import public_holidays, zone_names

COMPETITIONS = 16
"""The states of the forecast competitions begin at this index."""
HEADS = 64
"""The heads of the profiles begin at this index. Every value changes the state before it."""

SEASON = np.dtype(
    [
        ("level_time_constant", "f8"),
        ("enter", "f8"),
        ("leave", "f8"),
        ("won", "f8"),
        ("first", "i4"),
        ("civil", "i4"),
        ("detected", "i4"),
        ("holiday", "i4"),
        ("record", "i4"),
        ("spreads", "i4"),
        ("zone", "i4"),
        ("special_begin", "i4"),
        ("special_end", "i4"),
        ("words", "i4"),
        ("skip", "u1"),
    ],
    align=True,
)
"""A compiled seasonality.

    level_time_constant          time constant of the level, seconds
    enter, leave                 error ratio below which a season comes into use, and above which it goes out
    won                          cycles that the season must be ahead before it comes into use
    first, civil                 number of the first profile, and how many follow the calendar
    detected                     number of the profile with a detected period; -1: none
    holiday                      number of the profile of holidays; -1: none
    record                       where the state of the period search begins
    spreads                      where the usual sizes of errors by hour begin
    zone                         number of the time zone
    special_begin, special_end   range of special days, as in ``is_special``
    words                        length of the state; 0: there is no season
    skip                         special days are neither scored nor learned"""

_SLOTS = {DAILY: 96, WEEKLY: 336, HOUR_OF_WEEK: 168, DETECTED: 48, HOLIDAY: 96}
_PERIODS = {DAILY: DAY, WEEKLY: WEEK, HOUR_OF_WEEK: WEEK, DETECTED: 0.0, HOLIDAY: DAY}
_CYCLES = {
    "slow": {DAILY: 7, WEEKLY: 7, HOUR_OF_WEEK: 7, DETECTED: 7, HOLIDAY: 5},
    "normal": {DAILY: 5, WEEKLY: 6, HOUR_OF_WEEK: 6, DETECTED: 5, HOLIDAY: 5},
    "fast": {DAILY: 4, WEEKLY: 3, HOUR_OF_WEEK: 3, DETECTED: 4, HOLIDAY: 4},
}
"""A profile has this number of columns by ``adapt``; one of them is being written."""
_LEVEL_TIME_CONSTANTS = {"slow": 1.0, "normal": 0.25, "fast": 0.0625}
"""The time constant of the level is this fraction of the baseline period, by ``adapt``."""
_ASKED, _DETECT = (0.95, 1.0, 0.0), (0.7, 0.9, 0.4)
"""``enter``, ``leave`` and ``won`` of a season that the config names, and of one that must be detected."""
_KINDS = {"daily": DAILY, "weekly": WEEKLY, "hour_of_week": HOUR_OF_WEEK}


class Seasons(NamedTuple):
    """The seasonality of the configs of a plan, for kernels."""

    calendar: Calendar
    compiled: Records
    """By number of the config: an array of dtype ``SEASON``."""
    profiles: Records


def compile_seasons(configs: Sequence[AnomalyDetectionConfig]) -> Seasons:
    """The seasons of ``configs``, in their order."""
    zones = sorted({config.timezone for config in configs if config.seasonality}) or ["UTC"]
    compiled = np.zeros(len(configs), SEASON)
    profiles: list[Records] = [np.zeros(0, PROFILE)]
    special: list[int] = []
    begun = 0
    for record, config in zip(compiled, configs, strict=True):
        record["detected"] = record["holiday"] = -1
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
        for name, kind in (("detected", DETECTED), ("holiday", HOLIDAY)):
            record[name] = begun + kinds.index(kind) if kind in kinds else -1
        record["enter"], record["leave"], record["won"] = (
            _DETECT if "detect" in config.seasonality else _ASKED
        )
        record["level_time_constant"] = config.baseline_period_s * _LEVEL_TIME_CONSTANTS[config.adapt]
        made, words = _profiles(kinds, _CYCLES[config.adapt])
        record["spreads"] = words
        record["record"] = words + hourly_spread.WORDS
        record["words"] = record["record"] + (period_search.WORDS if DETECTED in kinds else 0)
        profiles.append(made)
        begun += len(made)
    return Seasons(compile_calendar(zones, special), compiled, np.concatenate(profiles))


def season_shape(config: AnomalyDetectionConfig) -> str:
    """The properties besides the length of their state that profiles depend on. If they change, baselines
    restart."""
    return f"{' '.join(sorted(config.seasonality))} {config.timezone} {config.adapt}"


def season_faults(config: AnomalyDetectionConfig) -> list[tuple[str, str]]:
    """The faults of a config's seasonality, as (field, message)."""
    known = {"detect", *_KINDS}
    faults = [("seasonality", f"there is no {name!r}") for name in config.seasonality if name not in known]
    if config.timezone not in zone_names():
        faults.append(("timezone", f"there is no {config.timezone!r}"))
    if config.adapt not in _LEVEL_TIME_CONSTANTS:
        faults.append(("adapt", f"there is no {config.adapt!r}"))
    return faults


def special_days(config: AnomalyDetectionConfig) -> list[int]:
    """Day numbers of the holidays and special days of a config, sorted."""
    if config.holidays is None:
        return []
    days = {day for first, last in config.holidays.dates for day in range(first, last + 1)}
    if config.holidays.country:
        days.update(public_holidays(config.holidays.country, config.holidays.subdivision))
    return sorted(days)


def _kinds(config: AnomalyDetectionConfig) -> list[int]:
    """Kinds of profiles, coarse ones first: the error of each is compared with that of the one before it."""
    if "detect" in config.seasonality:
        kinds = [DAILY, HOUR_OF_WEEK, DETECTED]
    else:
        kinds = sorted({DAILY, *(_KINDS[name] for name in config.seasonality)})
    if config.holidays is not None and not config.holidays.skip:
        kinds.append(HOLIDAY)
    return kinds


def _profiles(kinds: Sequence[int], cycles: dict[int, int]) -> tuple[Records, int]:
    """The profiles, with their places in the state, and the length of the state up to their end."""
    made = np.zeros(len(kinds), PROFILE)
    words = HEADS + HEAD * len(kinds)
    for number, kind in enumerate(kinds):
        made[number]["kind"] = kind
        made[number]["cycles"] = cycles[kind]
        made[number]["slots"] = _SLOTS[kind]
        made[number]["competition"] = COMPETITIONS + competition.WORDS * number
        made[number]["head"] = HEADS + HEAD * number
        made[number]["table"] = words
        made[number]["period"] = _PERIODS[kind]
        made[number]["width"] = _PERIODS[kind] / _SLOTS[kind]
        words += _SLOTS[kind] * cycles[kind]
    return made, words
