"""Kinds whose level, trend, variance or rhythm changes, and plain spikes."""

import numpy as np

from benchmarks.quality.synthetic.draft import (
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    Draft,
    clock,
    extent,
    kind,
    places,
    red,
    walk,
    wave,
    white,
)


@kind
def spike(rng: np.random.Generator) -> Draft:
    """Noise with single outliers."""
    values = 100 + white(rng, 4032, 5)
    rows = places(rng, 4032, 3)
    for row in rows:
        values[row] += rng.uniform(40, 80)
    return Draft(clock(4032, FIVE_MINUTES), values, [(row, row) for row in rows])


@kind
def dip(rng: np.random.Generator) -> Draft:
    """Autocorrelated noise, with drops of a quarter of an hour."""
    values = 70 + red(rng, 4032, 0.8, 4)
    rows = places(rng, 4032, 2)
    for row in rows:
        values[row : row + 3] -= rng.uniform(28, 40)
    return Draft(clock(4032, FIVE_MINUTES), values, [(row, row + 2) for row in rows])


@kind
def level_shift(rng: np.random.Generator) -> Draft:
    """The level rises by eight deviations, permanently."""
    values = 40 + white(rng, 3600, 2)
    [row] = places(rng, 3600, 1, 0.4, 0.8)
    values[row:] += 16
    return Draft(clock(3600, FIVE_MINUTES), values, [(row, row + 100)])


@kind
def small_shift(rng: np.random.Generator) -> Draft:
    """The level rises by one and a half deviations, permanently."""
    values = 40 + white(rng, 4000, 2)
    [row] = places(rng, 4000, 1, 0.4, 0.8)
    values[row:] += 3
    return Draft(clock(4000, FIVE_MINUTES), values, [(row, row + 200)])


@kind
def lasting_plateau(rng: np.random.Generator) -> Draft:
    """Latency doubles for three hours, twice; multiplicative noise with a heavy tail."""
    values = 120 * np.exp(0.25 * rng.standard_t(5, 5000))
    rows = places(rng, 5000, 2)
    for row in rows:
        values[row : row + 180] *= 2.5
    return Draft(clock(5000, MINUTE), values, [(row, row + 179) for row in rows])


@kind
def growing_trend_breaks(rng: np.random.Generator) -> Draft:
    """A growing total falls back a tenth."""
    values = 1000 + 0.5 * np.arange(3000) + 30 * wave(clock(3000, HOUR), phase=0.7) + white(rng, 3000, 8)
    [row] = places(rng, 3000, 1, 0.5, 0.85)
    values[row:] -= 0.1 * values[row]
    return Draft(clock(3000, HOUR), values, [(row, row + 48)])


@kind
def slow_leak(rng: np.random.Generator) -> Draft:
    """Memory that leaks for days until a restart, with a small sawtooth of collections throughout."""
    collections = 6 * (np.arange(5000) % 40) / 40
    values = 300 + collections + white(rng, 5000, 1.5)
    [row] = places(rng, 5000, 1, 0.45, 0.7)
    values[row : row + 900] += np.linspace(0, 60, 900)
    return Draft(clock(5000, FIVE_MINUTES), values, [(row, row + 900)])


@kind
def sensor_drift(rng: np.random.Generator) -> Draft:
    """A sensor drifts away from its daily wave over ten days."""
    times = clock(2600, HOUR)
    values = 21 + 3 * wave(times, phase=0.6) + red(rng, 2600, 0.9, 0.5)
    [row] = places(rng, 2600, 1, 0.5, 0.8)
    values[row : row + 240] += np.linspace(0, 8, 240)
    return Draft(times, values, [(row, row + 239)])


@kind
def random_walk_jump(rng: np.random.Generator) -> Draft:
    """A random walk that jumps by thirty of its steps."""
    values = 500 + walk(rng, 4000)
    rows = places(rng, 4000, 2)
    for row in rows:
        values[row:] += 30 * rng.choice([-1, 1])
    return Draft(clock(4000, FIVE_MINUTES), values, [(row, row + 2) for row in rows])


@kind
def variance_rises(rng: np.random.Generator) -> Draft:
    """The noise triples for eight hours: few single values are outliers."""
    noise = white(rng, 4032, 2)
    [row] = places(rng, 4032, 1)
    noise[row : row + 96] *= 3
    return Draft(clock(4032, FIVE_MINUTES), 80 + noise, [(row, row + 95)])


@kind
def variance_falls(rng: np.random.Generator) -> Draft:
    """Noise shrinks to a twentieth for eight hours: every value is near the mean."""
    noise = white(rng, 4032, 4)
    [row] = places(rng, 4032, 1)
    noise[row : row + 96] *= 0.05
    return Draft(clock(4032, FIVE_MINUTES), 50 + noise, [(row, row + 95)])


@kind
def frozen_sensor(rng: np.random.Generator) -> Draft:
    """A sensor repeats one value of its range exactly for ten hours."""
    values = np.round(18 + red(rng, 4500, 0.95, 3), 2)
    [row] = places(rng, 4500, 1)
    values[row : row + 120] = values[row]
    return Draft(clock(4500, FIVE_MINUTES), values, [(row, row + 119)])


@kind
def frequency_change(rng: np.random.Generator) -> Draft:
    """An oscillation of two hours is four times as fast for half a day, with the same amplitude."""
    speed = np.full(4320, 1 / 24.0)
    [row] = places(rng, 4320, 1)
    speed[row : row + 144] *= 4
    values = 10 * np.sin(2 * np.pi * np.cumsum(speed)) + white(rng, 4320, 0.8)
    return Draft(clock(4320, FIVE_MINUTES), values, [(row, row + 143)])


@kind
def saturation(rng: np.random.Generator) -> Draft:
    """Utilisation with a daily season stays at its limit of 100 for two hours; it can reach it on any day."""
    times = clock(4320, FIVE_MINUTES)
    values = 62 + 22 * wave(times, phase=0.7) + red(rng, 4320, 0.5, 5)
    [row] = places(rng, 4320, 1)
    values[row : row + 24] = 130
    return Draft(times, np.clip(values, 0, 100), [extent(slice(row, row + 24))])


@kind
def unit_change(rng: np.random.Generator) -> Draft:
    """A release reports milliseconds instead of seconds for six hours, and is rolled back."""
    values = 0.8 * np.exp(red(rng, 4032, 0.6, 0.2))
    [row] = places(rng, 4032, 1)
    values[row : row + 72] *= 1000
    return Draft(clock(4032, FIVE_MINUTES), values, [(row, row + 71)])


@kind
def second_outage(rng: np.random.Generator) -> Draft:
    """Two similar outages: the first must not hide the second."""
    values = 900 + red(rng, 4200, 0.7, 40)
    first, second = places(rng, 4200, 2, 0.25, 0.85)
    for row in (first, second):
        values[row : row + 60] *= 0.3
    return Draft(clock(4200, FIVE_MINUTES), values, [(first, first + 59), (second, second + 59)])


@kind
def daily_values(rng: np.random.Generator) -> Draft:
    """Daily values over six years, with a yearly wave; two days are wrong by a third, one month is low."""
    times = clock(2200, 86_400.0)
    values = 5000 + 900 * wave(times, 365.25 * 86_400) + white(rng, 2200, 120)
    rows = places(rng, 2200, 3)
    values[rows[0]] *= 0.6
    values[rows[1] : rows[1] + 30] *= 0.75
    values[rows[2]] *= 1.4
    return Draft(times, values, [(rows[0], rows[0]), (rows[1], rows[1] + 29), (rows[2], rows[2])])
