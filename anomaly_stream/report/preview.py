"""What a config would have done with some observations: alerts, their rate, counts, and series to plot."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.detectors.registry import KINDS
from anomaly_stream.formats.registry import DEFAULT_FORMAT
from anomaly_stream.intake.option_spelling import BODY
from anomaly_stream.model import AlertEvent, AnomalyDetectionConfig, RecordColumns, Severity, SeverityBands
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.promised_alerts import alerts_per_week, threshold_at
from anomaly_stream.report.chart_data import shown_points
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.tracks import Track, TrackCollector
from anomaly_stream.report.verdicts import LEARNING

MAX_ALERTS = 1000
MAX_SERIES = 20
MAX_POINTS = 5000
_DAY_S = 86400.0


def _field(text: str) -> Any:
    return msgspec.Meta(description=text)


class PreviewSeries(msgspec.Struct, frozen=True):
    """The verdicts on one series, as columns of equal length, in order of time."""

    metric: str
    labels: dict[str, str]
    observations: Annotated[int, _field("Verdicts on this series, of which the columns show a part.")]
    timestamp: list[float]
    value: list[float]
    expected: list[float | None]
    lower: list[float | None]
    upper: list[float | None]
    score: list[float | None]
    severity: Annotated[list[str], _field("`learning`, `none`, `minor`, `moderate` or `severe`.")]


class Preview(msgspec.Struct, frozen=True):
    """What a config would have done."""

    observations: Annotated[int, _field("Observations that were read.")]
    series_count: Annotated[int, _field("Series that the config watches, of those that were read.")]
    statuses: Annotated[dict[str, int], _field("Observations by what became of them.")]
    faulty: Annotated[int, _field("Records that hold no observation.")]
    faults: Annotated[list[str], _field("The first of them, and why.")]
    warnings: Annotated[list[str], _field("What kept observations from being scored, each with its cure.")]
    days: Annotated[float, _field("From the first scored observation to the last.")]
    alert_count: Annotated[int, _field("Alerts that would have been raised.")]
    alerts_per_day: Annotated[float | None, _field("`alert_count / days`; null below an hour.")]
    expected_false_alarms_per_day: Annotated[
        float | None,
        _field(
            "Alerts per day in normal times that the threshold promises, for the series that were scored, by "
            "their own steps. Null without two scored values of a series."
        ),
    ]
    alerts: Annotated[list[AlertEvent], _field(f"Alert events in order, at most {MAX_ALERTS}.")]
    series: Annotated[list[PreviewSeries], _field(f"At most {MAX_SERIES}, those with most alerts first.")]


def preview(
    config: Config,
    bands: SeverityBands,
    records: Iterable[RecordColumns],
    format_name: str = DEFAULT_FORMAT,
    points: int = MAX_POINTS,
) -> Preview:
    """Run ``config`` over ``records``; at most some ``points`` of all series together are shown."""
    run, tracks = OfflineRun([config], bands, format_name), TrackCollector()
    alerts: list[AlertEvent] = []
    for columns in records:
        verdicts = run.judge(columns)
        tracks.add(verdicts)
        alerts += [event for _, event in verdicts.alerts]
    found = tracks.finish()
    scored = [_scored_times(track) for track in found]
    times = np.concatenate(scored) if scored else np.empty(0)
    days = float(times.max() - times.min()) / _DAY_S if len(times) else 0.0
    count = sum(event.status == "firing" for event in alerts)
    return Preview(
        observations=run.counts.observations,
        series_count=len(found),
        statuses=dict(run.tally.statuses),
        faulty=len(run.faults),
        faults=[f"{offset}: {fault.reason.value}: {fault.detail}" for offset, fault in run.faults[:20]],
        warnings=run.warnings(BODY),
        days=days,
        alert_count=count,
        alerts_per_day=count / days if days * 24 >= 1 else None,
        expected_false_alarms_per_day=_false_alarms(config, scored),
        alerts=alerts[:MAX_ALERTS],
        series=_shown(found, points),
    )


def _scored_times(track: Track) -> NDArray[np.float64]:
    times: NDArray[np.float64] = track.column("timestamp")[track.severity != LEARNING]
    return times


def _false_alarms(config: Config, scored: Sequence[NDArray[np.float64]]) -> float | None:
    """Expected alerts per day of series without faults; ``scored``: the times of each series."""
    by_model = isinstance(config, AnomalyDetectionConfig) and model_of(config.detectors, KINDS) is not None
    steps = [float(times[-1] - times[0]) / (len(times) - 1) for times in scored if len(times) > 1]
    rate = config.rate_by_own_step
    thresholds = [threshold_at(config.alert_score, rate, step, by_model) for step in steps]
    promised = map(partial(alerts_per_week, by_model=by_model), thresholds, steps)
    return sum(promised) / 7.0 if steps else None


def _shown(tracks: Sequence[Track], points: int) -> list[PreviewSeries]:
    shown = tracks[:MAX_SERIES]
    columns = max(2, points // (2 * max(1, len(shown))))
    return [_series(track, shown_points(track, columns)) for track in shown]


def _series(track: Track, points: NDArray[np.intp]) -> PreviewSeries:
    names = ("expected", "lower", "upper", "score")
    expected, lower, upper, score = (_plain(track.column(name)[points]) for name in names)
    return PreviewSeries(
        metric=track.series.metric,
        labels=dict(track.series.labels),
        observations=len(track),
        timestamp=track.column("timestamp")[points].tolist(),
        value=track.column("value")[points].tolist(),
        expected=expected,
        lower=lower,
        upper=upper,
        score=score,
        severity=[
            "learning" if number == LEARNING else Severity(number).label
            for number in track.severity[points].tolist()
        ],
    )


def _plain(numbers: NDArray[np.float64]) -> list[float | None]:
    """Numbers, with null for what is absent or infinite."""
    return [number if np.isfinite(number) else None for number in numbers.tolist()]
