"""The score records and alert events of an outcome as publications, each with the record that caused it."""

from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from anomaly_stream.alerts.events import alert_events, score_records
from anomaly_stream.alerts.expired_alerts import ExpiredAlert, expired_alert_events
from anomaly_stream.alerts.no_data_alerts import HEARTBEAT, NoDataChange, no_data_events
from anomaly_stream.alerts.overflow_alerts import OverflowChange, overflow_event
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.outcomes import Publication
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import (
    AlertEvent,
    ObservationColumns,
    Outcome,
    RecordColumns,
    ScoreRecord,
    Source,
)


def score_publications(
    plan: Plan, index: SeriesIndex, observations: ObservationColumns, outcome: Outcome, records: RecordColumns
) -> list[Publication[ScoreRecord]]:
    """The score records of ``outcome``, in its order."""
    verdicts = np.flatnonzero(outcome.publish)
    rows = observations.record[outcome.observation[verdicts]]
    scores = score_records(plan, index, observations, outcome, records)
    return [
        Publication(key, score, row, verdict)
        for (key, score), row, verdict in zip(scores, rows.tolist(), verdicts.tolist(), strict=True)
    ]


def alert_publications(
    plan: Plan,
    index: SeriesIndex,
    observations: ObservationColumns,
    outcome: Outcome,
    expired: Sequence[ExpiredAlert],
    no_data: Sequence[NoDataChange],
    overflows: Sequence[OverflowChange],
    records: RecordColumns,
) -> list[Publication[AlertEvent]]:
    """The alert events of series that expired or are silent, of verdicts, and of withheld alerts, in the
    order of the observations."""

    def source_of(change: NoDataChange | OverflowChange) -> Source:
        return Source(records.topic, records.partition, int(observations.offset[change.observation]))

    ended = expired_alert_events(plan, expired, observations, records)
    silent = no_data_events(plan, ((each, source_of(each)) for each in no_data))
    verdicts = np.flatnonzero(outcome.transition)
    changed = alert_events(plan, index, observations, outcome, records)
    overflowing = [overflow_event(each, source_of(each)) for each in overflows]
    causes = [(each.observation, -1) for each in expired]
    causes += [(each.observation, -1) for each in no_data]
    causes += zip(outcome.observation[verdicts].tolist(), verdicts.tolist(), strict=True)
    causes += [(each.observation, -1) for each in overflows]
    rows = observations.record
    published = [
        (observation, Publication(key, event, int(rows[observation]), verdict))
        for (observation, verdict), (key, event) in zip(
            causes, [*ended, *silent, *changed, *overflowing], strict=True
        )
    ]
    return [publication for _, publication in sorted(published, key=itemgetter(0))]


def heartbeat_publications(
    plan: Plan, changes: Sequence[NoDataChange], overflows: Sequence[OverflowChange]
) -> list[Publication[AlertEvent]]:
    """The alert events that a heartbeat causes; no record does."""
    events = no_data_events(plan, ((change, None) for change in changes))
    events += [overflow_event(each, None) for each in overflows]
    return [Publication(key, event, HEARTBEAT) for key, event in events]
