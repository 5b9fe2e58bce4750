"""Observations and banks for tests of the engine."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.plan.plan import Plan, compile_plan
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    ObservationColumns,
    Outcome,
    Publish,
    Series,
    SeverityBands,
)


def config(name: str = "a", **fields: Any) -> AnomalyDetectionConfig:
    """A config with a small window that publishes everything."""
    plain: dict[str, Any] = {
        "metric": "*",
        "window_points": 64,
        "baseline_period_s": 1e6,
        "detectors": ("zscore", "modified_zscore", "iqr"),
        "publish": Publish.ALL,
    }
    return AnomalyDetectionConfig(id=name, **{**plain, **fields})


def plan_of(*configs: AnomalyDetectionConfig, bands: SeverityBands | None = None) -> Plan:
    return compile_plan(configs, bands or SeverityBands())


def series_of(count: int) -> list[Series]:
    return [Series.of("flow", {"site": str(i)}) for i in range(count)]


def bank_of(plan: Plan, series: int = 1, sources: int = 1) -> Bank:
    bank = Bank(plan, sources)
    bank.admit(series_of(series))
    return bank


def columns(
    values: Sequence[float],
    times: Sequence[float] | None = None,
    series: Sequence[int] | None = None,
    learn: Sequence[bool] | None = None,
    first_offset: int = 0,
) -> ObservationColumns:
    count = len(values)
    numbers = np.arange(count, dtype=np.int64)
    return ObservationColumns(
        np.zeros(count, np.int64) if series is None else np.asarray(series, np.int64),
        numbers.astype(float) if times is None else np.asarray(times, float),
        np.asarray(values, float),
        np.zeros(count, np.bool_) if learn is None else np.asarray(learn, np.bool_),
        numbers,
        numbers + first_offset,
    )


def part(batch: ObservationColumns, start: int, stop: int) -> ObservationColumns:
    cut = slice(start, stop)
    return ObservationColumns(
        batch.series[cut],
        batch.timestamp[cut],
        batch.value[cut],
        batch.learn[cut],
        batch.record[cut] - start,
        batch.offset[cut],
    )


VERDICT_COLUMNS = tuple(
    name for name in Outcome.__dataclass_fields__ if name not in ("counts", "observation", "row")
)


def verdicts(outcome: Outcome, first: int = 0) -> list[tuple[Any, ...]]:
    """The verdicts as comparable tuples of bytes, ``first`` being the batch's first observation."""
    texts = [getattr(outcome, name) for name in VERDICT_COLUMNS]
    return [
        (int(outcome.observation[i]) + first, *(column[i].tobytes() for column in texts))
        for i in range(len(outcome))
    ]


def row_keys(bank: Bank) -> list[tuple[int, str]]:
    """By row: number of the series and id of the config; (-1, "") for free rows."""
    rows = bank.state.rows[: bank.row_count]
    ids = [*(config.id for config in bank.plan.configs), ""]
    return [
        (series, ids[config])
        for series, config in zip(rows["series"].tolist(), rows["config"].tolist(), strict=True)
    ]
