"""Series for stateful detectors, each with times and values, and the baseline of the values before."""

import numpy as np

from anomaly_stream.model.baseline import Baseline
from tests.baselines.test_rolling import baseline_of

Stream = tuple[np.ndarray, np.ndarray]
"""Times in seconds, values."""


def _every_minute(values: np.ndarray) -> Stream:
    return 60.0 * np.arange(len(values)), np.asarray(values, float)


def streams() -> dict[str, Stream]:
    """One of each kind; values lie on a grid of 1/1024, so that shifts and doublings are exact."""
    random = np.random.default_rng(11)
    noise = np.round(random.normal(size=700) * 1024) / 1024
    shifted = noise + np.where(np.arange(700) >= 400, 2.0, 0.0)
    shifted[620:] -= 2.0
    frozen = noise.copy()
    frozen[450:520] = frozen[450]
    nights = np.where(np.arange(700) % 100 >= 70, 0.0, noise + 5.0)
    gaps = random.exponential(60.0, size=700) + 1.0
    return {
        "noise": _every_minute(noise),
        "a shift and back": _every_minute(shifted),
        "frozen": _every_minute(frozen),
        "rests at night": _every_minute(nights),
        "counts": _every_minute(random.poisson(2.0, size=700).astype(float)),
        "heavy tails": _every_minute(np.round(random.standard_t(2.0, size=700) * 1024) / 1024),
        "walk": _every_minute(np.cumsum(noise)),
        "constant": _every_minute(np.full(300, 3.5)),
        "a step": _every_minute(np.where(np.arange(400) < 200, 1.0, 5.0)),
        "at random": (np.cumsum(np.round(gaps)), noise),
        "a gap": (60.0 * np.arange(700) + np.where(np.arange(700) >= 500, 7200.0, 0.0), noise),
        "slower": (np.cumsum(np.where(np.arange(700) < 350, 60.0, 600.0)), noise),
    }


def baselines(values: np.ndarray, every: int = 50, window: int = 200) -> list[Baseline]:
    """By observation, the baseline of values before it, made anew each ``every`` observations."""
    found = []
    for i in range(0, len(values), every):
        past = values[max(0, i - window) : i].tolist() if i else values[:2].tolist()
        found += [baseline_of(past)] * every
    return found[: len(values)]
