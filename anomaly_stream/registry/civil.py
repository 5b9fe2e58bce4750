"""Civil time of configs: the time zones of the pinned ``tzdata``, and the public holidays of countries.

Neither the machine's zone files nor its clock are used, so that every worker and every replay gets the same
result.
"""

from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import cast
from zoneinfo import ZoneInfo

import holidays
from holidays.registry import COUNTRIES

EPOCH = date(1970, 1, 1)
LAST_YEAR = 2100
"""The last year of timestamps."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=64)
def load_zone(name: str) -> ZoneInfo:
    """A time zone by name. Raises ``KeyError`` if it is unknown."""
    if name not in zone_names():
        raise KeyError(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Two-letter codes (ISO 3166-1) of the countries whose holidays are known."""
    return frozenset(names[1] for names in COUNTRIES.values())


def subdivisions(country: str) -> tuple[str, ...]:
    """Codes of the states or provinces of a country that have holidays of their own."""
    return cast(tuple[str, ...], tuple(getattr(holidays, country).subdivisions))


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str) -> tuple[int, ...]:
    """Day numbers (days since 1970-01-01) of a country's public holidays from 1970 to 2100, sorted."""
    years = range(EPOCH.year, LAST_YEAR + 1)
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
    return tuple(sorted(day_number(day) for day in found))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH) // timedelta(days=1)
