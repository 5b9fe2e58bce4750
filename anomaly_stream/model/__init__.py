"""The domain as frozen types. Imports nothing else of the package."""

from anomaly_stream.model.alerts import AlertEvent, AlertStatus, ScoreRecord, Source
from anomaly_stream.model.config import AnomalyDetectionConfig, Direction, MetricType, Publish
from anomaly_stream.model.evidence import DetectorEvidence
from anomaly_stream.model.limits import Limit, LimitReached
from anomaly_stream.model.observations import Fault, FaultReason, ObservationColumns
from anomaly_stream.model.outcome import Ending, Outcome, OutcomeCounts, Status, Transition
from anomaly_stream.model.records import RecordColumns
from anomaly_stream.model.series import Series
from anomaly_stream.model.severity import Severity, SeverityBands

__all__ = [
    "AlertEvent",
    "AlertStatus",
    "AnomalyDetectionConfig",
    "DetectorEvidence",
    "Direction",
    "Ending",
    "Fault",
    "FaultReason",
    "Limit",
    "LimitReached",
    "MetricType",
    "ObservationColumns",
    "Outcome",
    "OutcomeCounts",
    "Publish",
    "RecordColumns",
    "ScoreRecord",
    "Series",
    "Severity",
    "SeverityBands",
    "Source",
    "Status",
    "Transition",
]
