"""Kinds whose anomaly breaks a season: most anomalies are within the range of earlier values."""

import numpy as np

from benchmarks.quality.synthetic.draft import (
    DAY,
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    WEEK,
    Draft,
    bump,
    clock,
    days,
    extent,
    hour,
    kind,
    office,
    places,
    red,
    rows_between,
    wave,
    weekday,
    white,
)


@kind
def missing_bump(rng: np.random.Generator) -> Draft:
    """A daily load is missing once."""
    times = clock(4032, FIVE_MINUTES)
    peak = bump(times, 14, 2.0)
    values = 20 + white(rng, 4032, 1.5)
    [midnight] = days(rng, times, 1, earliest=0.5)
    lost = rows_between(times, midnight + 8 * HOUR, midnight + 20 * HOUR)
    peak[lost] = 0
    return Draft(times, values + 60 * peak, [extent(lost)])


@kind
def extra_bump(rng: np.random.Generator) -> Draft:
    """A nightly job also runs once by day."""
    times = clock(5760, FIVE_MINUTES)
    load = bump(times, 3, 0.8)
    [midnight] = days(rng, times, 1)
    at = midnight + (11 + 8 * rng.random()) * HOUR
    load += np.exp(-0.5 * ((times - at) / (0.8 * HOUR)) ** 2)
    again = rows_between(times, at - 1.5 * HOUR, at + 1.5 * HOUR)
    return Draft(times, 100 + 80 * load + red(rng, 5760, 0.7, 4), [extent(again)])


@kind
def flat_stretch(rng: np.random.Generator) -> Draft:
    """A daily wave stays at its mean for half a day; the noise continues."""
    times = clock(4032, FIVE_MINUTES)
    season = wave(times, phase=0.6)
    [place] = places(rng, 4032, 1, 0.5)
    rest = slice(place, place + 144)
    season[rest] = 0
    return Draft(times, 50 + 25 * season + white(rng, 4032, 1.2), [extent(rest)])


@kind
def holiday(rng: np.random.Generator) -> Draft:
    """An office's load; one working day is like a Sunday."""
    times = clock(2688, HOUR)
    load = office(times)
    [midnight] = days(rng, times, 1, range(1, 5), 0.5)
    off = rows_between(times, midnight + 7 * HOUR, midnight + 19 * HOUR)
    load[off] *= 0.1
    return Draft(times, 40 + 400 * load + white(rng, 2688, 14), [extent(off)])


@kind
def busy_sunday(rng: np.random.Generator) -> Draft:
    """An office's load; one Sunday is like a working day."""
    times = clock(6048, 600.0)
    load = office(times)
    [midnight] = days(rng, times, 1, [6], 0.5)
    worked = rows_between(times, midnight + 7 * HOUR, midnight + 19 * HOUR)
    load[worked] *= 10
    return Draft(times, 10 + 90 * load + white(rng, 6048, 4), [extent(worked)])


@kind
def job_at_wrong_time(rng: np.random.Generator) -> Draft:
    """A weekly job of six hours runs two days early, once."""
    times = clock(3360, HOUR)
    running = (weekday(times) == 5) & (hour(times) >= 1) & (hour(times) < 7)
    [midnight] = days(rng, times, 1, [3], 0.5)
    early = rows_between(times, midnight + HOUR, midnight + 7 * HOUR)
    moved = rows_between(times, midnight + 2 * DAY, midnight + 3 * DAY)
    running[early], running[moved] = True, False
    season = 15 * wave(times, phase=0.7)
    return Draft(times, 60 + season + 50 * running + white(rng, 3360, 3), [(early.start, moved.start + 7)])


@kind
def day_at_night(rng: np.random.Generator) -> Draft:
    """At night, for an hour and a half, values have the level of the day."""
    times = clock(4608, FIVE_MINUTES)
    season = np.clip(2 * wave(times, phase=0.7), -1, 1)
    events = []
    for midnight in days(rng, times, 2):
        night = rows_between(times, midnight + HOUR, midnight + 2.5 * HOUR)
        season[night] = 0.9
        events.append(extent(night))
    return Draft(times, 300 + 200 * season + white(rng, 4608, 18), events)


@kind
def multiplicative_fall(rng: np.random.Generator) -> Draft:
    """A season that grows with its level; by day a third of the traffic is lost for three hours."""
    times = clock(3024, HOUR / 2)
    level = np.exp(0.9 * wave(times, phase=0.7) + np.linspace(0, 0.8, 3024))
    events = []
    for midnight in days(rng, times, 2, earliest=0.45):
        lost = rows_between(times, midnight + 10 * HOUR, midnight + 13 * HOUR)
        level[lost] *= 0.6
        events.append(extent(lost))
    return Draft(times, 1000 * level * np.exp(white(rng, 3024, 0.04)), events)


@kind
def season_collapse(rng: np.random.Generator) -> Draft:
    """A daily wave shrinks to a fifth of its height for three days."""
    times = clock(2400, HOUR)
    height = np.ones(2400)
    [midnight] = days(rng, times, 1)
    small = rows_between(times, midnight, midnight + 3 * DAY)
    height[small] = 0.2
    return Draft(times, 500 + 180 * height * wave(times, phase=0.7) + white(rng, 2400, 12), [extent(small)])


@kind
def season_shift(rng: np.random.Generator) -> Draft:
    """For four days, the season is six hours late."""
    times = clock(5760, FIVE_MINUTES)
    [midnight] = days(rng, times, 1, earliest=0.5)
    late = rows_between(times, midnight, midnight + 4 * DAY)
    told = times.copy()
    told[late] -= 6 * HOUR
    return Draft(times, 30 + 40 * bump(told, 11, 2.5) + white(rng, 5760, 2), [extent(late)])


@kind
def dip_by_the_minute(rng: np.random.Generator) -> Draft:
    """Requests per minute over five days; two short partial outages."""
    times = clock(7200, MINUTE)
    rate = 400 + 250 * wave(times, phase=0.7) + 30 * wave(times, HOUR * 6)
    events = []
    for place in places(rng, 7200, 2, 0.4):
        outage = slice(place, place + int(rng.integers(15, 30)))
        rate[outage] *= 0.45
        events.append(extent(outage))
    return Draft(times, rng.poisson(rate).astype(np.float64), events)


@kind
def weekly_fall(rng: np.random.Generator) -> Draft:
    """Sales that are high on Saturdays; one Saturday is like a Tuesday."""
    times = clock(2856, HOUR)
    shop = np.clip(wave(times, phase=0.7), 0, None)
    factor = np.array([1, 1, 1.1, 1.2, 1.6, 3.0, 1.4])[weekday(times)]
    [midnight] = days(rng, times, 1, [5], 0.55)
    slack = rows_between(times, midnight + 8 * HOUR, midnight + 18 * HOUR)
    factor[slack] = 1.0
    return Draft(times, rng.poisson(5 + 60 * shop * factor).astype(np.float64), [extent(slack)])


@kind
def short_season_stops(rng: np.random.Generator) -> Draft:
    """A machine with a cycle of 50 minutes stops in the middle of one for four hours."""
    times = clock(5000, MINUTE)
    cycle = (times % 3000) / 3000
    level = np.where(cycle < 0.6, cycle / 0.6, (1 - cycle) / 0.4)
    [place] = places(rng, 5000, 1, 0.45)
    stopped = slice(place, place + 240)
    level[stopped] = 0.5
    return Draft(times, 70 + 20 * level + white(rng, 5000, 0.4), [extent(stopped)])


@kind
def month_of_weeks(rng: np.random.Generator) -> Draft:
    """Daily and weekly season together; on a Sunday night, a spike that is normal on a Monday."""
    times = clock(4320, HOUR / 2)
    level = 200 + 70 * wave(times, phase=0.7) + 90 * wave(times, WEEK, 0.6)
    events = []
    for midnight in days(rng, times, 2, [6], 0.4):
        burst = rows_between(times, midnight + HOUR, midnight + 4 * HOUR)
        level[burst] += 150
        events.append(extent(burst))
    return Draft(times, level + red(rng, 4320, 0.5, 9), events)
