"""A client of the configuration API::

    from anomaly_stream.client import Client

    with Client("https://anomalies.example", token) as client:
        change = client.configs.create({"metric": "checkout_latency_ms", "match": {"env": "prod"}})
        print(change.id, change.series, change.learning)

It needs ``pip install 'anomaly-stream[api]'``. Every failure is an :class:`ApiError`.
"""

from anomaly_stream.client.alert_answers import (
    Alert,
    AlertAccount,
    FeedbackReceipt,
    Incident,
    IncidentAccount,
    Precision,
    Silence,
)
from anomaly_stream.client.answers import (
    Change,
    Config,
    ConfigStatus,
    FieldChange,
    Job,
    MatchedSeries,
    Metric,
    Preview,
    Version,
    Warned,
    WorkerState,
)
from anomaly_stream.client.client import Client
from anomaly_stream.client.failures import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
    UnauthorizedError,
    UnreachableError,
)
from anomaly_stream.client.token import TOKEN_VARIABLE, URL_VARIABLE, read_token

__all__ = [
    "TOKEN_VARIABLE",
    "URL_VARIABLE",
    "Alert",
    "AlertAccount",
    "ApiError",
    "Change",
    "Client",
    "Config",
    "ConfigStatus",
    "ConflictError",
    "FeedbackReceipt",
    "FieldChange",
    "ForbiddenError",
    "Incident",
    "IncidentAccount",
    "InvalidError",
    "Job",
    "MatchedSeries",
    "Metric",
    "NotFoundError",
    "Precision",
    "Preview",
    "Silence",
    "StaleError",
    "UnauthorizedError",
    "UnreachableError",
    "Version",
    "Warned",
    "WorkerState",
    "read_token",
]
