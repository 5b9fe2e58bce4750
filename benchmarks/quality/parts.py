"""The parts of the default, and what takes each out: for the ablation.

A part is taken out by another value of its constant, or by another kernel in place of its own, before
anything is compiled. So a process takes out one part, and nothing else.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from math import inf, log10
from typing import Any, NamedTuple

from anomaly_stream.detectors.models import views
from anomaly_stream.detectors.models.views import (
    drift,
    evaluation,
    extent,
    forecasts,
    hours,
    jobs,
    known,
    ranks,
    strength,
)
from anomaly_stream.detectors.models.views import views as six
from anomaly_stream.detectors.models.views.forecasts import Forecasts
from anomaly_stream.detectors.models.views.jobs import Range
from anomaly_stream.detectors.models.views.ranks import ranks_of
from anomaly_stream.detectors.models.views.state import LEVEL, ModelState
from anomaly_stream.detectors.models.views.strength import NONE
from anomaly_stream.detectors.models.views.views import SixFloats
from anomaly_stream.kernels.jit import leaf_kernel

WHOLE = "the whole default"
_CAP = strength._CAP
_LOOKS = strength._LOOKS * log10(7 * 24 * 12)
"""What a series with a value per 5 minutes gives up for its number of values."""
_RANGE = extent._WEIGHT * 2.0


class _Change(NamedTuple):
    """Another value of a name of a module of the package ``views``."""

    module: Any
    name: str
    value: Any


@leaf_kernel
def _no_evidence(state: ModelState, x: float) -> float:
    return NONE


@leaf_kernel
def _no_drift(state: ModelState, time: float, x: float) -> float:
    return NONE


@leaf_kernel
def _no_incident(state: ModelState, time: float, x: float, found: Forecasts) -> bool:
    return False


@leaf_kernel
def _no_season(state: ModelState, time: float) -> float:
    return 0.0


@leaf_kernel
def _level(state: ModelState, time: float) -> float:
    return float(state.doubles[LEVEL])


@leaf_kernel
def _learn_nothing(state: ModelState, hour: int, mean: float) -> None:
    pass


@leaf_kernel
def _no_jobs(state: ModelState, time: float) -> Range:
    return Range(inf, -inf)


@leaf_kernel
def _expected(x: float, found: Forecasts) -> float:
    return found.expected


@leaf_kernel
def _no_inertia(state: ModelState) -> float:
    return 0.0


@leaf_kernel
def _usual_looks(state: ModelState) -> float:
    return _LOOKS


@leaf_kernel
def _usual_range(state: ModelState, x: float) -> float:
    return _RANGE


def _five(left_out: int) -> Callable[[ModelState, SixFloats], SixFloats]:
    """The ranks, with the mean of the others in place of one: the vote of five."""

    @leaf_kernel
    def ranks_of_five(state: ModelState, z: SixFloats) -> SixFloats:
        a, b, c, d, e, f = ranks_of(state, z)
        total = min(a, _CAP) + min(b, _CAP) + min(c, _CAP) + min(d, _CAP) + min(e, _CAP) + min(f, _CAP)
        mean = (total - min((a, b, c, d, e, f)[left_out], _CAP)) / 5.0
        return (
            mean if left_out == 0 else a,
            mean if left_out == 1 else b,
            mean if left_out == 2 else c,
            mean if left_out == 3 else d,
            mean if left_out == 4 else e,
            mean if left_out == 5 else f,
        )

    return ranks_of_five


_VIEWS = ("change", "error", "day distance", "ratio", "spread", "shift")
PARTS: Mapping[str, _Change | None] = {
    WHOLE: None,
    **{f"view: {name}": _Change(evaluation, "ranks_of", _five(k)) for k, name in enumerate(_VIEWS)},
    "forecast: line": _Change(forecasts, "_line_at", _level),
    "forecast: hour of the day": _Change(hours, "_learn_day", _learn_nothing),
    "forecast: hour of the week": _Change(hours, "learn_week", _learn_nothing),
    "forecast: exceptions": _Change(forecasts, "target", _expected),
    "exceptions: jobs": _Change(jobs, "known_jobs", _no_jobs),
    "exceptions: weeks that agree": _Change(forecasts, "_AGREE", inf),
    "exceptions: half of their range further": _Change(forecasts, "_WIDER", 0.0),
    "change: the smaller of it and the error": _Change(six, "_NEAR", 0.0),
    "error: inertia": _Change(forecasts, "inertia", _no_inertia),
    "error: size by hour of the day": _Change(six, "HOUR_KNOWN", inf),
    "learning: clip at 6 sizes": _Change(forecasts, "CLIP", inf),
    "rank: prior of 15 values (1)": _Change(ranks, "_PRIOR", 1.0),
    "rank: rare values count 0.4 (1)": _Change(ranks, "_RARE_WEIGHT", 1.0),
    "rank: limits of the series": _Change(known, "_SPARE_OF_LIMIT", inf),
    "rank: known levels": _Change(known, "_SPARE", inf),
    "vote: cap of 4 (none)": _Change(strength, "_CAP", inf),
    "vote: record of the spread": _Change(strength, "_RECORD", 0.0),
    "vote: values per week (as at 5 min)": _Change(strength, "looks_of", _usual_looks),
    "vote: range (R = 2)": _Change(strength, "range_penalty", _usual_range),
    "range: less for what is beyond it": _Change(extent, "_BEYOND", 0.0),
    "range: a value alone 10 times (any)": _Change(extent, "_ALONE", 1e12),
    "range: held while a value is beyond it": _Change(extent, "_HELD_S", 0.0),
    "confirmation": _Change(strength, "_CONFIRM", 0.0),
    "confirmation: by a value that stays": _Change(strength, "_STAYS", inf),
    "stillness": _Change(strength, "stillness", _no_evidence),
    "drift": _Change(evaluation, "drift", _no_drift),
    "drift: without the daily season": _Change(drift, "season_of", _no_season),
    "incident": _Change(evaluation, "goes_on", _no_incident),
    "drift: the alerts before it": _Change(evaluation, "alerted_of_excursion", _no_evidence),
    "return to the expected value": _Change(evaluation, "_RETURNED", 0.0),
    "one alert per episode": _Change(evaluation, "_MORE", -inf),
    "fading by day": _Change(strength, "_FADE_PER_DAY", 0.0),
    "fading by value": _Change(strength, "_FADE_PER_VALUE", 0.0),
}
"""By name, what takes a part out; in brackets, what stands in its place."""


def take_out(part: str) -> None:
    """Take a part out of the default in this process, wherever the package ``views`` uses its name."""
    change = PARTS[part]
    if change is None:
        return
    before = getattr(change.module, change.name)
    for found in pkgutil.iter_modules(views.__path__, f"{views.__name__}."):
        module = importlib.import_module(found.name)
        if vars(module).get(change.name) is before:
            setattr(module, change.name, change.value)
