"""Clean kinds: they contain no anomalies, so every alert is a false alarm."""

import numpy as np

from benchmarks.quality.synthetic.draft import (
    DAY,
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    MONDAY,
    Draft,
    bump,
    clock,
    kind,
    office,
    places,
    red,
    walk,
    wave,
    weekday,
    white,
)


@kind
def clean_noise(rng: np.random.Generator) -> Draft:
    """White noise."""
    return Draft(clock(4032, FIVE_MINUTES), 10 + white(rng, 4032, 3))


@kind
def clean_constant(rng: np.random.Generator) -> Draft:
    """One value."""
    return Draft(clock(3000, FIVE_MINUTES), np.full(3000, float(rng.integers(0, 100))))


@kind
def clean_daily(rng: np.random.Generator) -> Draft:
    """A daily season whose height and hour differ a little from day to day."""
    times = clock(4608, FIVE_MINUTES)
    number = (times - MONDAY) // DAY
    height = 1 + 0.06 * rng.standard_normal(32)[number.astype(np.int64)]
    late = 600 * rng.standard_normal(32)[number.astype(np.int64)]
    return Draft(times, 20 + 50 * height * bump(times - late, 13, 3) + white(rng, 4608, 2))


@kind
def clean_office(rng: np.random.Generator) -> Draft:
    """Working days and week-ends."""
    times = clock(2688, HOUR)
    return Draft(times, rng.poisson(30 + 300 * office(times)).astype(np.float64))


@kind
def clean_square_wave(rng: np.random.Generator) -> Draft:
    """On from eight to six, to the minute; two values, no noise."""
    times = clock(4032, FIVE_MINUTES)
    on = (times % DAY >= 8 * HOUR) & (times % DAY < 18 * HOUR)
    low = float(rng.integers(5, 20))
    return Draft(times, np.where(on, 4 * low, low))


@kind
def clean_random_walk(rng: np.random.Generator) -> Draft:
    """A random walk, whose level is often new."""
    return Draft(clock(5000, FIVE_MINUTES), 1000 + walk(rng, 5000, 2))


@kind
def clean_wandering(rng: np.random.Generator) -> Draft:
    """A level that drifts within its range over hours."""
    return Draft(clock(5000, MINUTE), 60 + red(rng, 5000, 0.995, 8) + white(rng, 5000))


@kind
def clean_growth(rng: np.random.Generator) -> Draft:
    """A growing total, with a daily season that grows with it."""
    times = clock(3000, HOUR)
    return Draft(
        times, (500 + 0.4 * np.arange(3000)) * (1 + 0.2 * wave(times, phase=0.7)) + white(rng, 3000, 15)
    )


@kind
def clean_heavy_tail(rng: np.random.Generator) -> Draft:
    """Latencies: log-normal with a heavy tail, and an occasional new maximum."""
    return Draft(clock(6000, MINUTE), 40 * np.exp(0.6 * rng.standard_t(6, 6000)))


@kind
def clean_bursts(rng: np.random.Generator) -> Draft:
    """Counts in bursts whose sizes and lengths differ widely."""
    values = rng.poisson(4, 6000).astype(np.float64)
    for start in np.flatnonzero(rng.random(6000) < 0.01):
        length = int(rng.integers(1, 12))
        burst = values[start : start + length]
        burst += rng.poisson(20 * rng.lognormal(0, 0.6), len(burst))
    return Draft(clock(6000, FIVE_MINUTES), values)


@kind
def clean_intermittent(rng: np.random.Generator) -> Draft:
    """0, 0, 0, 5."""
    values = np.where(rng.random(5000) < 0.1, 1 + rng.poisson(4, 5000), 0)
    return Draft(clock(5000, FIVE_MINUTES), values.astype(np.float64))


@kind
def clean_two_values(rng: np.random.Generator) -> Draft:
    """Off or on, on for one to sixty minutes at a time."""
    values = np.cumsum(rng.random(4000) < 0.05) % 2
    return Draft(clock(4000, MINUTE), values.astype(np.float64))


@kind
def clean_clock_change(rng: np.random.Generator) -> Draft:
    """A season in civil time: from the change to summer time on, it is an hour earlier in UTC."""
    times = clock(2880, HOUR)
    civil = times + np.where(np.arange(2880) >= 1920, HOUR, 0)
    return Draft(times, 100 + 300 * office(civil) + white(rng, 2880, 12))


@kind
def clean_gaps(rng: np.random.Generator) -> Draft:
    """Gaps of hours and of days in an unchanged season."""
    times = clock(5200, FIVE_MINUTES)
    values = 80 + 30 * wave(times, phase=0.7) + red(rng, 5200, 0.6, 3)
    keep = np.ones(5200, np.bool_)
    for place, length in zip(places(rng, 5200, 3, 0.2, 0.9), (30, 600, 150), strict=True):
        keep[place : place + length] = False
    return Draft(times[keep], values[keep])


@kind
def clean_irregular(rng: np.random.Generator) -> Draft:
    """Rows that arrive in clusters with pauses between them."""
    pauses = np.where(rng.random(4500) < 0.1, rng.exponential(1800, 4500), rng.exponential(40, 4500))
    times = MONDAY + np.cumsum(1 + pauses)
    return Draft(times, 15 + 4 * wave(times, phase=0.7) + white(rng, 4500))


@kind
def clean_after_early_event(rng: np.random.Generator) -> Draft:
    """One outage in the warm-up, and normal values after it."""
    times = clock(4608, FIVE_MINUTES)
    values = 500 + 120 * wave(times, phase=0.7) + white(rng, 4608, 20)
    start = int(rng.integers(150, 500))
    values[start : start + 90] *= 0.1
    return Draft(times, values)


@kind
def clean_rate_change(rng: np.random.Generator) -> Draft:
    """A value every minute, later every five; the distribution of values does not change."""
    times = np.concatenate((clock(3000, MINUTE), MONDAY + 3000 * MINUTE + FIVE_MINUTES * np.arange(2500)))
    return Draft(times, 12 + 3 * wave(times, phase=0.7) + red(rng, 5500, 0.5, 0.7))


@kind
def clean_integers(rng: np.random.Generator) -> Draft:
    """Counts per minute of about a dozen different values, higher by day and on working days."""
    times = clock(7200, MINUTE)
    rate = np.where(weekday(times) < 5, 4.0, 3.0) + 2 * wave(times, phase=0.7)
    return Draft(times, rng.poisson(rate).astype(np.float64))
