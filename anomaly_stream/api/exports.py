"""Alerts and anomalies as files: CSV, JSON lines or Parquet."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from anomaly_stream.api.alert_filters import AlertFilters, HistoryFilters, IncidentFilters
from anomaly_stream.api.filter_warnings import HEADER, Warn, header_of
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.history.wanted import Found, Key

Format = Literal["csv", "ndjson", "parquet"]
FindPage = Callable[[int, Key | None], list[Found]]
"""From the number of rows and the key of the row before to the next rows."""

MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_ROWS_AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

TEXTS = (
    *("alert_id", "status", "severity", "owner", "config_id", "metric", "labels", "reason", "explanation"),
    *("side", "suppressed_by", "incident_id", "configs", "metrics"),
)
"""Columns of text; all others are numbers."""

ALERT_COLUMNS = (
    *("alert_id", "status", "severity", "owner", "config_id", "metric", "labels", "start", "end"),
    *("timestamp", "value", "expected", "lower", "upper", "score", "peak_score", "peak_value", "count"),
    *("reason", "explanation", "suppressed_by", "incident_id", "side"),
)
INCIDENT_COLUMNS = (
    *("incident_id", "status", "severity", "owner", "started_at", "timestamp", "alerts", "open"),
    *("configs", "metrics", "labels", "explanation"),
)
ANOMALY_COLUMNS = (
    *("timestamp", "severity", "config_id", "metric", "labels"),
    *("value", "expected", "lower", "upper", "score", "reason", "side"),
)


class Export(BaseModel):
    """The form of the file."""

    format: Format = Field(default="csv", description="`ndjson` has the whole messages, one on each line.")


class AlertExport(AlertFilters, Export):
    """Which alerts to export."""


class IncidentExport(IncidentFilters, Export):
    """Which incidents to export."""


class AnomalyExport(HistoryFilters, Export):
    """Which anomalies to export."""


def export(name: str, form: Format, find: FindPage, columns: Sequence[str], warn: Warn) -> Response:
    """The file ``name`` with every row that ``find`` finds. Raises HistoryError, ProblemError (503).

    Without any, a header has the warnings of ``warn``.
    """
    first = find(_ROWS_AT_ONCE, None)  # an error is an answer now; later it ends the file
    pages = _pages(first, find)
    if form == "ndjson":
        parts: Iterable[bytes] = (b"".join(row.body.encode() + b"\n" for row in page) for page in pages)
    elif form == "csv":
        parts = _csv(pages, columns)
    else:
        parts = _parquet(pages, columns)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    if not first:
        headers |= header_of(warn())
    return StreamingResponse(parts, headers=headers, media_type=MEDIA_TYPES[form])


def export_responses() -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers with a file."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
    headers = {
        HEADER: {
            "description": "Only if nothing is found: `warnings`, as of a list.",
            "schema": {"type": "string"},
        }
    }
    return {200: {"description": "The file", "content": content, "headers": headers}}


def _pages(page: list[Found], find: FindPage) -> Iterator[list[Found]]:
    while page:
        yield page
        page = find(_ROWS_AT_ONCE, page[-1].key) if len(page) == _ROWS_AT_ONCE else []


def _values(row: Found) -> dict[str, Any]:
    """The message by column: an episode's fields beside the others, labels as JSON, ids apart by spaces.

    An incident has the explanation of its first alert.
    """
    message: dict[str, Any] = msgspec.json.decode(row.body)
    labels = msgspec.json.encode(message["labels"]).decode()
    lists = {name: " ".join(message.get(name, ())) for name in ("suppressed_by", "configs", "metrics")}
    explanation = message.get("first", message).get("explanation")
    return {**message.get("episode", {}), **message, **lists, "labels": labels, "explanation": explanation}


def _csv(pages: Iterator[list[Found]], columns: Sequence[str]) -> Iterator[bytes]:
    yield (",".join(columns) + "\n").encode()
    for page in pages:
        text = io.StringIO()
        rows = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        rows.writerows({name: _cell(value) for name, value in _values(row).items()} for row in page)
        yield text.getvalue().encode()


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _parquet(pages: Iterator[list[Found]], columns: Sequence[str]) -> Iterator[bytes]:
    try:
        from anomaly_stream.api.parquet_export import parquet_file
    except ModuleNotFoundError:
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "This server writes no Parquet: run pip install 'anomaly-stream[parquet]' there, or ask for csv.",
        ) from None
    return parquet_file(([_values(row) for row in page] for page in pages), columns, TEXTS)
