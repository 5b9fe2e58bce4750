"""Kinds whose rows are irregular, late, rare or missing."""

import numpy as np

from benchmarks.quality.synthetic.draft import (
    DAY,
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    MONDAY,
    Draft,
    clock,
    kind,
    places,
    red,
    wave,
    white,
)


@kind
def irregular_spikes(rng: np.random.Generator) -> Draft:
    """Rows at random times, on average every five minutes, on a daily wave; short rises."""
    times = MONDAY + np.cumsum(rng.exponential(FIVE_MINUTES, 4500))
    values = 200 + 50 * wave(times, phase=0.7) + white(rng, 4500, 6)
    rows = places(rng, 4500, 2)
    for row in rows:
        values[row : row + 5] += 90
    return Draft(times, values, [(row, row + 4) for row in rows])


@kind
def missing_values_fall(rng: np.random.Generator) -> Draft:
    """Every eighth value is missing, and whole hours are; a fall to two thirds for an hour."""
    times = clock(4320, FIVE_MINUTES)
    values = 400 + 90 * wave(times, phase=0.7) + white(rng, 4320, 14)
    gone = rng.random(4320) < 0.12
    for start in np.flatnonzero(rng.random(4320) < 0.003):
        gone[start : start + 12] = True
    rows = places(rng, 4320, 2)
    for row in rows:
        values[row : row + 12] *= 0.6
        gone[row : row + 2] = False
    values[gone] = np.nan
    return Draft(times, values, [(row, row + 11) for row in rows])


@kind
def wrong_after_gap(rng: np.random.Generator) -> Draft:
    """Gaps of hours are normal, but after one gap the series has another level for a day."""
    times, values = clock(4600, FIVE_MINUTES), 55 + red(rng, 4600, 0.8, 3)
    keep = np.ones(4600, np.bool_)
    for place in places(rng, 4600, 4, 0.1, 0.9):
        keep[place : place + 60] = False
    [row] = places(rng, 4600, 1, 0.5, 0.85)
    keep[row - 60 : row] = False
    values[row : row + 288] += 18
    first = int(keep[:row].sum())
    return Draft(times[keep], values[keep], [(first, first + int(keep[row : row + 288].sum()) - 1)])


@kind
def lost_shards(rng: np.random.Generator) -> Draft:
    """A sum over collectors, some of which are missing for six hours: values fall, some rows are missing."""
    times = clock(4032, FIVE_MINUTES)
    values = rng.poisson(800 + 200 * wave(times, phase=0.7)).astype(np.float64)
    [row] = places(rng, 4032, 1)
    share = rng.choice([0.5, 0.75, 1.0, np.nan], 72, p=[0.35, 0.35, 0.1, 0.2])
    share[0] = 0.5
    values[row : row + 72] *= share
    return Draft(times, values, [(row, row + 71)])


@kind
def rate_change_incident(rng: np.random.Generator) -> Draft:
    """Reports every five minutes, later every minute; what it measures stays, but for an hour's incident."""
    times = np.concatenate(
        (clock(2500, FIVE_MINUTES), MONDAY + 2500 * FIVE_MINUTES + MINUTE * np.arange(3000))
    )
    values = 35 + 8 * wave(times, phase=0.7) + white(rng, 5500, 1.5)
    [row] = places(rng, 5500, 1, 0.6, 0.9)
    values[row : row + 60] += 18
    return Draft(times, values, [(row, row + 59)])


@kind
def sub_second(rng: np.random.Generator) -> Draft:
    """A hundred values per second of an oscillation; a shock."""
    times = clock(8000, 0.01)
    values = red(rng, 8000, 0.9, 1.0) + 2 * np.sin(2 * np.pi * np.arange(8000) / 37)
    rows = places(rng, 8000, 2)
    for row in rows:
        values[row : row + 150] += 14 * np.exp(-np.arange(150) / 40) * np.cos(np.arange(150) / 3)
    return Draft(times, values, [(row, row + 149) for row in rows])


@kind
def seldom_and_late(rng: np.random.Generator) -> Draft:
    """One value per hour, every tenth some minutes late, some days missing; two afternoons are hot."""
    times = clock(2600, HOUR) + np.where(rng.random(2600) < 0.1, rng.uniform(0, 1500, 2600), 0)
    keep = np.ones(2600, np.bool_)
    for place in places(rng, 2600, 3, 0.2, 0.95):
        keep[place : place + int(rng.integers(24, 72))] = False
    values = 48 + 6 * wave(times, phase=0.7) + white(rng, 2600, 1.2)
    rows = []
    for place in places(rng, 2600, 2, 0.4, 0.9):
        while not keep[place : place + 6].all() or times[place] % DAY < 12 * HOUR:
            place += 1
        values[place : place + 6] += 14
        rows.append(int(keep[:place].sum()))
    return Draft(times[keep], values[keep], [(row, row + 5) for row in rows])
