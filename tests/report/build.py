"""Tracks, alerts and runs as the tests need them."""

import json
from collections.abc import Sequence

import numpy as np

from anomaly_stream.formats.lines import records_from_lines
from anomaly_stream.model import RecordColumns, ScoreRecord, Series, SeverityBands, Source
from anomaly_stream.model.alerts import Episode
from anomaly_stream.registry.parsing import Config, parse_document
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.tracks import Alert, Track, TrackCollector
from tests.docs.test_examples import CONTEXT


def configs_of(text: str) -> list[Config]:
    return [parsed.config for parsed in parse_document(text, "config.yaml", CONTEXT)]


def records_of_observations(documents: Sequence[dict[str, object]]) -> RecordColumns:
    lines = "".join(json.dumps(document) + "\n" for document in documents)
    return records_from_lines(lines.encode(), "in.jsonl", 0)


def run_of(text: str, documents: Sequence[dict[str, object]]) -> tuple[OfflineRun, list[Track]]:
    run = OfflineRun(configs_of(text), SeverityBands())
    collector = TrackCollector()
    collector.add(run.judge(records_of_observations(documents)))
    return run, collector.finish()


def alert(start: float, end: float, outcome: str | None = "back") -> Alert:
    return Alert(f"{start}", Episode(start, end, 90.0, 1.0, 1), "severe", "It is far out.", outcome)


def track_of(
    times: Sequence[float],
    values: Sequence[float],
    anomalous: Sequence[int] = (),
    *,
    site: str = "a",
    alerts: Sequence[Alert] = (),
    config_id: str = "flow",
) -> Track:
    """A track with the anomalies at these places; the first value is learned."""
    track = Track(config_id, Series.of("flow", {"site": site}), list(alerts))
    chosen = set(anomalous)
    for place, (time, value) in enumerate(zip(times, values, strict=True)):
        scored = place > 0
        track.add(
            ScoreRecord(
                schema_version=1,
                config_id=config_id,
                metric="flow",
                labels={"site": site},
                timestamp=time,
                value=value,
                status="anomaly" if place in chosen else "normal" if scored else "learning",
                expected=10.0 if scored else None,
                lower=5.0 if scored else None,
                upper=15.0 if scored else None,
                score=90.0 if place in chosen else 1.0 if scored else None,
                alert_score=None,
                maturity=None,
                severity="severe" if place in chosen else None,
                reason="distance" if place in chosen else None,
                detectors={},
                source=Source("input", 0, place),
            )
        )
    return track


def peaks(length: int = 300, at: Sequence[int] = (150, 151)) -> list[dict[str, object]]:
    """Two series of noise by the minute; A has peaks."""
    noise = np.random.default_rng(5).normal(100.0, 5.0, (length, 2))
    for place in at:
        noise[place, 0] = 300.0
    return [
        {"metric": "flow", "labels": {"site": site}, "timestamp": 1_700_000_000 + 60 * row, "value": value}
        for row, values in enumerate(noise.tolist())
        for site, value in zip("AB", values, strict=True)
    ]
