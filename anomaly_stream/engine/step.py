"""One step: a batch of observations in, verdicts out, the bank moved on. No clock, no I/O, no randomness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.bank.admission import Admission
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.membership import BatchAdmission, Membership
from anomaly_stream.engine.plan.dtypes import VERDICT, Batch
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.scoring.advance import advance
from anomaly_stream.engine.scoring.window_judge import (
    COUNTERS,
    DUPLICATE,
    LATE,
    LEARNED,
    LEARNING,
    MINOR,
    MODERATE,
    REPLAYED,
    SCORED,
    SEVERE,
    UNMATCHED,
)
from anomaly_stream.kernels.grouping import grouped_order
from anomaly_stream.model import ObservationColumns, Outcome, OutcomeCounts

_FIRST_VERDICTS = 256
_FEW = 64
"""Observations that are not worth putting in order."""
_SPARSE = 4
"""Series for each observation of a batch, from which on counting them costs more than it saves."""


def step(
    plan: Plan,
    bank: Bank,
    batch: ObservationColumns,
    source: int = 0,
    gate: Membership | None = None,
    clock_time: NDArray[np.float64] | None = None,
) -> Outcome:
    """Decide on each observation of ``batch``, in order, and let it enter its windows.

    The bank must have met all series of the batch. ``source`` numbers the source topic that the offsets
    count in. ``gate`` admits series and lets idle ones go (None: each series gets its rows, and keeps
    them); ``clock_time`` is the time to which each observation advances the clocks, by default its event
    time. How the input is cut into batches changes nothing.

    Raises:
        ValueError: the bank is bound to another plan, or knows fewer series or sources than asked for.
    """
    if bank.plan is not plan:
        raise ValueError("the bank is bound to another plan: call bank.rebind(plan) first")
    if not 0 <= source < bank.sources:
        raise ValueError(f"source {source} of {bank.sources}")
    if len(batch) and not 0 <= int(batch.series.min()) <= int(batch.series.max()) < bank.series_count:
        raise ValueError("a series of the batch was not admitted to the bank")
    times = batch.timestamp if clock_time is None else clock_time
    columns = Batch(batch.series, batch.timestamp, batch.value, batch.learn, batch.offset, times)
    counts = np.zeros(COUNTERS, np.int64)
    passage = BatchAdmission(bank, gate or Membership(Admission(bank), None), columns)
    order = None if len(passage.due_times) else _grouped(columns, bank.series_count)
    if order is not None:
        columns = _reordered(columns, order)
    out = np.empty(max(1, bank.most_rows) * len(batch) if plan.publishes_all else _FIRST_VERDICTS, VERDICT)
    position = filled = 0
    while position < len(batch):
        passage.before(position)
        bank.reserve()
        most = max(1, bank.most_rows)
        if filled + most > len(out):
            out = np.concatenate((out[:filled], np.empty(len(out) + most, VERDICT)))
        position, filled = advance(
            plan.records,
            plan.seasons,
            plan.bands,
            bank.state,
            bank.pool,
            bank.detector_state if plan.has_detector_state else None,
            columns,
            source,
            passage.due_times,
            position,
            filled,
            most,
            bank.places_needed,
            out,
            counts,
        )
        passage.after(position)
    out = out[:filled]
    if order is not None:
        out["observation"] = order[out["observation"]]
        out = out[np.argsort(out["observation"], kind="stable")]
    filled_columns: dict[str, Any] = {name: out[name].copy() for name in VERDICT.names or ()}
    return Outcome(_counts(counts, len(batch), passage), **filled_columns)


def _grouped(batch: Batch, series_count: int) -> NDArray[np.int64] | None:
    """The order in which a series' observations follow each other; None where that is not worth its price.

    Series do not see each other, so the order between them changes nothing; but a window that is taken
    several times in a row is fetched from memory once. Not where rows may leave in the course of the
    batch: which ones do depends on what came before.
    """
    if len(batch.series) * _SPARSE < series_count or len(batch.series) < _FEW:
        return None
    return grouped_order(batch.series, series_count)


def _reordered(batch: Batch, order: NDArray[np.int64]) -> Batch:
    return Batch(
        batch.series[order],
        batch.timestamp[order],
        batch.value[order],
        batch.learn[order],
        batch.offset[order],
        batch.clock_time[order],
    )


def _counts(counts: NDArray[np.int64], observations: int, passage: BatchAdmission) -> OutcomeCounts:
    numbers = counts.tolist()
    return OutcomeCounts(
        observations=observations,
        unmatched=numbers[UNMATCHED] - passage.over_limit,
        scored=numbers[SCORED],
        learned=numbers[LEARNED],
        learning=numbers[LEARNING],
        late=numbers[LATE],
        duplicate=numbers[DUPLICATE],
        replayed=numbers[REPLAYED],
        minor=numbers[MINOR],
        moderate=numbers[MODERATE],
        severe=numbers[SEVERE],
        refused=tuple(passage.refused.tolist()),
        departed=passage.expired_rows,
    )
