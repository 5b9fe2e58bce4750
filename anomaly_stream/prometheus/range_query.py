"""Range queries of Prometheus, page by page, as messages of a metrics topic.

Prometheus answers at most 11,000 points for each series of a query, so a long range is asked for in pages.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.formats.lines import records_of
from anomaly_stream.intake.options import InputBlock

PAGE_POINTS = 10_000
_TIMEOUT_S = 120.0
_NAME = "__name__"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class RangeQuery:
    """A query over a range of time.

    Attributes:
        url: of the server, without ``/api``.
        query: PromQL.
        start: of the range, seconds since the epoch.
        end: of the range.
        step_s: distance of the points, in seconds.
        metric: the metric of series without a name, as those of ``sum(...)`` are.
        token: bearer token; None for none.
    """

    url: str
    query: str
    start: float
    end: float
    step_s: float
    metric: str | None = None
    token: str | None = None


def read_range(asked: RangeQuery) -> Iterator[InputBlock]:
    """The points of every series, in order of time; those that are not finite are left out.

    Raises:
        AnomalyStreamError: httpx is not installed, the server cannot be reached, or it refuses the query.
    """
    try:
        import httpx
    except ImportError:
        raise AnomalyStreamError(
            "reading from Prometheus needs httpx: pip install 'anomaly-stream[api]'"
        ) from None
    headers = {} if asked.token is None else {"Authorization": f"Bearer {asked.token}"}
    points = math.floor((asked.end - asked.start) / asked.step_s) + 1
    read = 0
    with httpx.Client(base_url=asked.url, headers=headers, timeout=_TIMEOUT_S) as client:
        for first in range(0, points, PAGE_POINTS):
            last = min(first + PAGE_POINTS, points) - 1
            parameters = {
                "query": asked.query,
                "start": repr(asked.start + first * asked.step_s),
                "end": repr(asked.start + last * asked.step_s),
                "step": repr(asked.step_s),
            }
            try:
                answer = client.post("/api/v1/query_range", data=parameters)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise AnomalyStreamError(f"{asked.url} cannot be read: {error}") from None
            messages = list(_messages(_result(asked, answer), asked.metric))
            if messages:
                yield InputBlock(records_of([(b"", each) for each in messages], asked.url, read))
                read += len(messages)


def _result(asked: RangeQuery, answer: Any) -> list[dict[str, Any]]:
    try:
        document = msgspec.json.decode(answer.content)
        if document["status"] == "success":
            result: list[dict[str, Any]] = document["data"]["result"]
            return result
        reason = document["error"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        reason = f"status {answer.status_code}, which is no answer of Prometheus: check --prometheus"
    raise AnomalyStreamError(f"{asked.url} refused the query: {reason}")


def _messages(result: list[dict[str, Any]], metric: str | None) -> Iterator[bytes]:
    for series in result:
        labels = {name: value for name, value in series["metric"].items() if name != _NAME}
        name = metric or series["metric"].get(_NAME)
        if name is None:
            raise AnomalyStreamError("the query gives series without a name: name their metric with --metric")
        for time, text in series["values"]:
            value = float(text)
            if math.isfinite(value):
                yield _encode({"metric": name, "labels": labels, "timestamp": time, "value": value})
