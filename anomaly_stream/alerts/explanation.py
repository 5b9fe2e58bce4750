"""One sentence for people about an alert event."""

import math
from typing import NamedTuple

from anomaly_stream.model import Series
from anomaly_stream.model.alerts import AlertStatus, Episode

_MOST_DECIMALS = 12
_LARGE, _SMALL = 1e15, 1e-6
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_SCORE_CAP = 100.0


class ExplanationContext(NamedTuple):
    """What a sentence may have to say of the baseline, and of what values and scores are."""

    anomalous: bool = False
    """Whether the value is an anomaly. If the alert is resolved all the same, the change was adopted."""
    maturity: float | None = None
    """How much of the season in use is known, 0 to 1; None: there is no season."""
    rate: bool = False
    """Whether values are what a counter rose by, a second."""
    is_chance: bool = True
    """Whether the score says how often chance alone gives it."""


PLAIN = ExplanationContext()


def explain(
    status: AlertStatus,
    series: Series,
    value: float,
    expected: float,
    lower: float | None,
    upper: float | None,
    score: float,
    severity: str,
    episode: Episode,
    spoke: str = "",
    standing: ExplanationContext = PLAIN,
) -> str:
    """Say what happened; bounds that are None do not limit that side. Times and durations in seconds.

    ``spoke`` is what was found beside the value's distance from the expected one, or in its place.
    """
    name = series_name(series) + (" per second" if standing.rate else "")
    if status == "resolved" and standing.anomalous:
        return (
            f"{name} stays where it went: after {anomalies_of(episode)} this is taken for its new normal, and"
            f" learned from now on; last {round_to(value, lower, upper)}, expected until now"
            f" {round_to(expected, lower, upper)} (peak score {episode.peak_score:.0f})."
        )
    if status == "resolved":
        return (
            f"{name} is back to normal after {anomalies_of(episode)},"
            f" peak {round_to(episode.peak_value, lower, upper)} (score {episode.peak_score:.0f})."
        )
    finding = _finding(value, expected, lower, upper)
    if spoke:
        finding = f"{finding}; {spoke}"
    if standing.maturity is not None and 0.0 < standing.maturity < 1.0:
        finding = f"{finding}; its season is known to {standing.maturity:.0%}"
    weight = chance(score) if standing.is_chance else f"score {score:.0f} of 100"
    if status == "firing":
        return f"{name} was {finding}; {weight}."
    return f"{name} is now {severity} after {anomalies_of(episode)}: it was {finding}; {weight}."


def explain_departure(series: Series, idle_s: float, episode: Episode) -> str:
    """Say that an alert ended since its series sent nothing for so many seconds."""
    return (
        f"{series_name(series)} has sent nothing for {duration(idle_s)}: the alert ends unresolved"
        f" after {anomalies_of(episode)}, peak {round_to(episode.peak_value, None, None)}"
        f" (score {episode.peak_score:.0f})."
    )


def series_name(series: Series) -> str:
    """``metric{name=value, ...}``, or the metric alone."""
    if not series.labels:
        return series.metric
    return f"{series.metric}{{{', '.join(f'{name}={value}' for name, value in series.labels)}}}"


def duration(seconds: float) -> str:
    """Seconds as people say them, in the two largest units: ``3 h 20 min``."""
    if seconds < 1:
        return f"{seconds:.2g} s" if seconds > 0 else "0 s"
    left = round(seconds)
    said: list[str] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {unit}")
        elif said:
            break
        if len(said) == 2:
            break
    return " ".join(said)


def round_to(value: float, lower: float | None, upper: float | None) -> str:
    """A number with three digits, or as many as give three digits of the distance of the bounds."""
    if value == 0:
        return "0"
    if abs(value) >= _LARGE or abs(value) < _SMALL:
        return f"{value:.4g}"
    decimals = 2 - math.floor(math.log10(abs(value)))
    width = upper - lower if lower is not None and upper is not None else math.inf
    if 0 < width < math.inf:
        decimals = max(decimals, 2 - math.floor(math.log10(width)))
    decimals = min(max(decimals, 0), _MOST_DECIMALS)
    said = f"{value:,.{decimals}f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def _finding(value: float, expected: float, lower: float | None, upper: float | None) -> str:
    side = "above" if value > expected else "below" if value < expected else "at"
    said = round_to(value, lower, upper)
    usual = round_to(expected, lower, upper)
    if lower is None and upper is None:
        return f"{said}, {side} the expected {usual}"
    if lower is None:
        band = f"up to {round_to(upper or 0.0, lower, upper)}"
    elif upper is None:
        band = f"from {round_to(lower, lower, upper)} up"
    else:
        band = f"{round_to(lower, lower, upper)} to {round_to(upper, lower, upper)}"
    return f"{said}, {side} the expected {usual} (normal {band})"


def chance(score: float, of: str = "values") -> str:
    """How often chance alone would give that score. ``score = -10 log10(p)``: p of 1e-4 is once in 10,000
    values, here with one digit."""
    once_in = 10.0 ** (min(score, _SCORE_CAP) / 10.0)
    digits = math.floor(math.log10(once_in))
    rounded = int(round(once_in, -digits))
    often = "less than once" if score >= _SCORE_CAP else "about once"
    return f"chance alone would give this {often} in {rounded:,} {of}"


def anomalies_of(episode: Episode) -> str:
    """How many anomalies, and in how long."""
    count = "1 anomaly" if episode.count == 1 else f"{episode.count:,} anomalies"
    lasted = episode.end - episode.start
    return f"{count} in {duration(lasted)}" if lasted > 0 else count
