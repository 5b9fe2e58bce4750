"""``/v1/metrics``: the metrics that workers see on the metrics topics."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.filters import decode_cursor, encode_cursor
from anomaly_stream.api.label_filters import LabelFilter, label_of
from anomaly_stream.api.problems import described
from anomaly_stream.api.state import State
from anomaly_stream.model.status import SeenMetric

router = APIRouter(prefix="/metrics", tags=["metrics"])


class MetricAnswer(BaseModel):
    """One metric, watched by a config or not."""

    name: str
    series: int = Field(description="Number of its series.")
    per_minute: float = Field(description="Observations per minute, averaged over five minutes.")
    labels: dict[str, dict[str, int]] = Field(
        description="By label name, a sample of its values with their number of series."
    )
    examples: list[dict[str, str]] = Field(description="The labels of some of its series.")


class MetricPage(BaseModel):
    """Metrics, sorted by name."""

    items: list[MetricAnswer]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")
    left_out: int = Field(
        description="Metrics of a low rate that workers do not report, because there are too many. A metric "
        "counts once for each partition."
    )


class MetricQuery(BaseModel):
    """Which metrics to list, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = Field(default=None, description="Metrics whose name contains this text, in any case.")
    label: LabelFilter | None = Field(
        default=None, description="Metrics with this label: `env`, or `env=prod` for one of its values."
    )
    limit: int = Field(default=100, ge=1, le=1000, description="Most metrics on a page.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")


@router.get("", responses=described(HTTPStatus.UNPROCESSABLE_ENTITY))
def list_metrics(state: State, caller: CurrentCaller, query: Annotated[MetricQuery, Query()]) -> MetricPage:
    """List the metrics seen, with labels and rates; of a group, those within its prefixes.

    Workers report the metrics with the highest rates of each partition, every few seconds.
    """
    after = decode_cursor(query.cursor) if query.cursor is not None else ""
    status = state.workers()
    found = [
        metric
        for metric in status.metrics()
        if metric.name > after and caller.may_see(metric.name) and _is_wanted(metric, query)
    ]
    page = found[: query.limit]
    return MetricPage(
        items=[_answer(metric) for metric in page],
        next=encode_cursor(page[-1].name) if len(found) > query.limit else None,
        left_out=status.metrics_left_out,
    )


def _is_wanted(metric: SeenMetric, query: MetricQuery) -> bool:
    if query.q is not None and query.q.lower() not in metric.name.lower():
        return False
    if query.label is None:
        return True
    name, value = label_of(query.label)
    return name in metric.labels and (value is None or value in metric.labels[name])


def _answer(metric: SeenMetric) -> MetricAnswer:
    return MetricAnswer(
        name=metric.name,
        series=metric.series,
        per_minute=metric.per_minute,
        labels=metric.labels,
        examples=metric.examples,
    )
