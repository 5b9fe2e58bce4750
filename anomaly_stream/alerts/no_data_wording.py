"""The explanation of an event of an alert for ``no_data``: one sentence for the person who is on call.

It says what, since when, and how long is usual::

    flow{site=A} has sent no value since 2023-11-14 22:13:20 UTC, for 10 min; its pauses are usually at most
    1 min, and the limit is 5 min.

    flow{site=A} has still sent no value since 2023-11-14 22:13:20 UTC, for 6 h 10 min; its pauses are usually
    at most 1 min, and the limit is 5 min.

    flow{site=A} sends values again; it had sent none for 25 min, since 2023-11-14 22:13:20 UTC.

    flow{site=A} has sent no value for 30 d, so its baseline is deleted and the alert ends.

    The config 'flow' was deleted, so the alert on missing values of flow{site=A} ends; the last value was at
    2023-11-14 22:13:20 UTC.
"""

from anomaly_stream.alerts.wording import clock, duration, series_name
from anomaly_stream.model import Series


def explain_silent(series: Series, since: float, silent_s: float, usual_s: float, limit_s: float) -> str:
    """The explanation of an alert that opens."""
    return f"{series_name(series)} has sent no value {_lasting(since, silent_s, usual_s, limit_s)}"


def explain_still_silent(
    series: Series, since: float, silent_s: float, usual_s: float, limit_s: float
) -> str:
    """The explanation of a reminder."""
    return f"{series_name(series)} has still sent no value {_lasting(since, silent_s, usual_s, limit_s)}"


def explain_back(series: Series, since: float, back: float) -> str:
    """The explanation of an alert that ends with a value at the time ``back``."""
    return (
        f"{series_name(series)} sends values again; it had sent none for {duration(back - since)}, since"
        f" {clock(since)}."
    )


def explain_forgotten(series: Series, idle_s: float) -> str:
    """The explanation of an alert that ends because its series was silent for ``series_ttl``."""
    return (
        f"{series_name(series)} has sent no value for {duration(idle_s)}, so its baseline is deleted and the"
        " alert ends."
    )


def explain_not_asked(series: Series, config_id: str, since: float, cause: str) -> str:
    """The explanation of an alert that a change of its config ends; ``cause`` is what the config did."""
    return (
        f"The config {config_id!r} {cause}, so the alert on missing values of {series_name(series)} ends; the"
        f" last value was at {clock(since)}."
    )


def _lasting(since: float, silent_s: float, usual_s: float, limit_s: float) -> str:
    return (
        f"since {clock(since)}, for {duration(silent_s)}; its pauses are usually at most {duration(usual_s)},"
        f" and the limit is {duration(limit_s)}."
    )
