"""A changelog in memory, and workers that checkpoint to it, crash, and start again from it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import StateRecord, encode_rows
from anomaly_stream.engine.checkpoint.load import load_rows
from anomaly_stream.engine.plan.dtypes import LINE
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.step import step
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import ObservationColumns
from tests.engine.inputs import part, row_keys, series_of, verdicts

SOURCES = (("metrics", 3),)
NOT_STATE = {
    "start",
    "size",
    "head",
    "block",
    "dirty",
    "segment",
    "chunk_keys",
    "pages",
    "saved_end",
    "chunked_end",
    "needed_from",
    "series",
    "next",
}


class Changelog:
    """A compacted topic: the last value of each key."""

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}
        self.bytes_written = 0

    def write(self, records: Sequence[StateRecord]) -> None:
        for key, value in records:
            self.bytes_written += len(key) + len(value or b"")
            if value is None:
                self.records.pop(key, None)
            else:
                self.records[key] = value


class SmallWorker:
    """A bank that was loaded from a changelog; series are those of ``series_of``."""

    def __init__(self, plan: Plan, series: int, changelog: Changelog) -> None:
        self.plan, self.index = plan, SeriesIndex()
        self.bank = Bank(plan)
        load_rows(self.bank, self.index, sorted(changelog.records.items()), SOURCES)
        self.numbers = np.array([self.index.add(one) for one in series_of(series)], np.int64)
        self.bank.admit(self.index.series[self.bank.series_count :])

    def step(self, batch: ObservationColumns, begin: int, end: int) -> Any:
        cut = part(batch, begin, end)
        series = self.numbers[cut.series]
        return step(
            self.plan,
            self.bank,
            ObservationColumns(series, cut.timestamp, cut.value, cut.learn, cut.record, cut.offset),
        )

    def checkpoint(self) -> list[list[StateRecord]]:
        rows = self.bank.dirty_rows()
        stages = [list(stage) for stage in encode_rows(self.bank, rows, SOURCES, self.index)]
        self.bank.clear_dirty(rows)
        return stages

    def change_plan(self, plan: Plan) -> None:
        self.plan = plan
        self.bank.change_plan(plan)


def over_restarts(
    plan: Plan, series: int, batch: ObservationColumns, cuts: Sequence[int]
) -> tuple[list[tuple[Any, ...]], Changelog]:
    """The verdicts of workers that start from the changelog and checkpoint at the next cut; the changelog."""
    changelog, found = Changelog(), list[tuple[Any, ...]]()
    for start, stop in pairwise([0, *sorted(cuts), len(batch)]):
        worker = SmallWorker(plan, series, changelog)
        found += verdicts(worker.step(batch, start, stop), start)
        for stage in worker.checkpoint():
            changelog.write(stage)
    return found, changelog


def detector_state_of(bank: Bank, number: int) -> np.ndarray:
    """A view of a row's detector state."""
    row = bank.state.rows[number]
    start = int(row["segment"]) * LINE
    return bank.detector_state[start : start + int(bank.plan.compiled["state_words"][row["config"]])]


def state_of(worker: SmallWorker) -> dict[tuple[bytes, str], bytes]:
    """The state that determines what each row does next, by series and config, as bytes.

    Except the last offset: a late observation changes nothing else, and does not cause a checkpoint by
    itself.
    """
    bank, states = worker.bank, {}
    for number, (series, config) in enumerate(row_keys(bank)):
        row = bank.state.rows[number]
        if series < 0 or row["last_time"] == -np.inf:
            continue  # free, or without an observation
        fields = [row[name].tobytes() for name in row.dtype.names if name not in NOT_STATE]
        places = row["start"] + (row["head"] + np.arange(row["count"])) % max(row["size"], 1)
        ring = bank.pool.time[places].tobytes() + bank.pool.value[places].tobytes()
        in_order = bank.pool.sorted[row["start"] : row["start"] + row["count"]].tobytes()
        detector_state = detector_state_of(bank, number).tobytes()
        alert = b"".join(bank.state.alerts[number][name].tobytes() for name in bank.state.alerts.dtype.names)
        states[bank.series[series].key, config] = b"".join([*fields, ring, in_order, detector_state, alert])
    return states
