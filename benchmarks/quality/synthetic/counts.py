"""Kinds made of counts and events: heavy tails, bursts, zeros, two values."""

import numpy as np

from benchmarks.quality.synthetic.draft import (
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    Draft,
    clock,
    days,
    extent,
    kind,
    places,
    rows_between,
    wave,
)


@kind
def heavy_tail_incident(rng: np.random.Generator) -> Draft:
    """Mentions per five minutes, with a Pareto tail; an incident causes ten times as many for two hours."""
    values = rng.poisson(25, 6000) + np.floor(4 * rng.pareto(2.2, 6000))
    rows = places(rng, 6000, 2)
    for row in rows:
        values[row : row + 24] = rng.poisson(250, 24)
    return Draft(clock(6000, FIVE_MINUTES), values.astype(np.float64), [(row, row + 23) for row in rows])


@kind
def heavy_tail_outage(rng: np.random.Generator) -> Draft:
    """Counts with a heavy tail, which widens every scale, fall to nearly zero for an hour."""
    values = rng.poisson(60, 5000) * np.where(rng.random(5000) < 0.03, rng.uniform(3, 12, 5000), 1.0)
    rows = places(rng, 5000, 2)
    for row in rows:
        values[row : row + 12] = rng.poisson(2, 12)
    return Draft(clock(5000, FIVE_MINUTES), np.floor(values), [(row, row + 11) for row in rows])


@kind
def burst_too_long(rng: np.random.Generator) -> Draft:
    """Frequent bursts of a few minutes; one lasts two hours."""
    values = rng.exponential(3, 6000)
    for start in np.flatnonzero(rng.random(6000) < 0.008):
        values[start : start + int(rng.integers(2, 7))] += 80
    [row] = places(rng, 6000, 1)
    values[row : row + 120] = 80 + rng.exponential(3, 120)
    return Draft(clock(6000, MINUTE), values, [(row, row + 119)])


@kind
def spikes_denser(rng: np.random.Generator) -> Draft:
    """Spikes of one height, about twice a day; then every half hour for twelve hours."""
    values = 20 + rng.normal(0, 0.5, 4032)
    values[rng.random(4032) < 0.007] = 60
    [row] = places(rng, 4032, 1)
    values[row : row + 144 : 6] = 60
    return Draft(clock(4032, FIVE_MINUTES), values, [(row, row + 143)])


@kind
def intermittent_incident(rng: np.random.Generator) -> Draft:
    """Mostly 0, sometimes about 5; an incident of forty, and a run without a zero."""
    values = np.where(rng.random(5000) < 0.12, rng.poisson(5, 5000), 0).astype(np.float64)
    first, second = places(rng, 5000, 2)
    values[first : first + 3] = rng.poisson(40, 3)
    values[second : second + 40] = 1 + rng.poisson(5, 40)
    return Draft(clock(5000, FIVE_MINUTES), values, [(first, first + 2), (second, second + 39)])


@kind
def error_rate_rises(rng: np.random.Generator) -> Draft:
    """A share of errors, nearly always 0 or tiny; for half an hour a fifth of the requests fail."""
    requests = rng.poisson(400, 5760)
    share = np.full(5760, 0.0008)
    rows = places(rng, 5760, 2)
    for row in rows:
        share[row : row + 30] = 0.2
    errors = rng.binomial(requests, share)
    return Draft(clock(5760, MINUTE), errors / np.maximum(requests, 1), [(row, row + 29) for row in rows])


@kind
def stuck_switch(rng: np.random.Generator) -> Draft:
    """Off or on, changing about once an hour; once it stays on for a day."""
    values = (np.cumsum(rng.random(4032) < 0.09) % 2).astype(np.float64)
    [row] = places(rng, 4032, 1, 0.4, 0.85)
    values[row : row + 288] = 1
    return Draft(clock(4032, FIVE_MINUTES), values, [(row, row + 287)])


@kind
def rare_failure(rng: np.random.Generator) -> Draft:
    """A check that is 1 and was never 0: it fails for a quarter of an hour."""
    values = np.ones(3000)
    [row] = places(rng, 3000, 1)
    values[row : row + 15] = 0
    return Draft(clock(3000, MINUTE), values, [(row, row + 14)])


@kind
def traffic_stops(rng: np.random.Generator) -> Draft:
    """Requests of a small service, near zero at night anyway; by day they stop for an hour."""
    times = clock(4320, FIVE_MINUTES)
    rate = 40 * np.clip(wave(times, phase=0.7) + 0.4, 0.02, None)
    events = []
    for midnight in days(rng, times, 2):
        stop = rows_between(times, midnight + 11 * HOUR, midnight + 12 * HOUR)
        rate[stop] = 0
        events.append(extent(stop))
    return Draft(times, rng.poisson(rate).astype(np.float64), events)


@kind
def queue_backs_up(rng: np.random.Generator) -> Draft:
    """A queue that is regularly emptied grows for an hour."""
    arrivals = rng.poisson(20, 5000)
    served = np.full(5000, 23)
    rows = places(rng, 5000, 2)
    for row in rows:
        served[row : row + 60] = 12
    length, lengths = 0, []
    for change in (arrivals - served).tolist():
        length = max(length + change, 0)
        lengths.append(length)
    return Draft(clock(5000, MINUTE), np.array(lengths, np.float64), [(row, row + 160) for row in rows])
