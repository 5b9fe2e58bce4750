"""One step: it judges a batch of observations and updates the bank. No clock, no I/O, no randomness."""

from typing import Any

import numpy as np

from anomaly_stream.engine.bank.admission import Admission
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.membership import BatchAdmission, Membership
from anomaly_stream.engine.loaded_baselines import LoadedBaselines
from anomaly_stream.engine.plan.dtypes import VERDICT, Batch
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.engine.scoring.advance import advance
from anomaly_stream.engine.scoring.counters import (
    AHEAD,
    COUNTERS,
    DUPLICATE,
    FIRST_AHEAD,
    FIRST_DUPLICATE,
    FIRST_LATE,
    KNOWN,
    LATE,
    LEARNED,
    LEARNING,
    MINOR,
    MODERATE,
    NOT_LEARNED,
    REPLAYED,
    SCORED,
    SEVERE,
    UNMATCHED,
)
from anomaly_stream.kernels.arrays import Bools, Floats, Integers, Records
from anomaly_stream.kernels.grouping import grouped_order
from anomaly_stream.model import ObservationColumns, Outcome, OutcomeCounts

_FIRST_VERDICTS = 256
_FEW = 64
"""Sorting a batch with fewer observations costs more than it saves."""
_SPARSE = 4
"""The same holds for a batch with less than one observation per this many series."""


def step(
    plan: Plan,
    bank: Bank,
    batch: ObservationColumns,
    source: int = 0,
    membership: Membership | None = None,
    clock_times: Floats | None = None,
    loaded: LoadedBaselines | None = None,
    in_groups: Bools | None = None,
) -> Outcome:
    """Judge each observation of ``batch``, in order, and update its rows with it.

    All series of the batch must be registered in the bank. ``source`` is the number of the source topic of
    the offsets. ``membership`` admits new series and removes idle ones; without it, no row is added or
    removed. ``clock_times`` has for each observation the time that expiry uses; the default is the event
    time. ``loaded`` gives rows the baselines that were loaded for them. ``in_groups`` says of each
    observation whether a group takes it; it is then not unmatched. The result does not depend on how the
    input is divided into batches.

    Raises:
        ValueError: the bank has another plan, or does not know a series or the source.
    """
    _check(plan, bank, batch, source)
    times = batch.timestamp if clock_times is None else clock_times
    kept_out = plan.kept_out(batch.timestamp)
    columns = Batch(batch.series, batch.timestamp, batch.value, batch.learn, batch.offset, times, kept_out)
    counts = np.zeros(COUNTERS, np.int64)
    admission = BatchAdmission(bank, membership or Membership(Admission(bank), None), columns, source)
    order = None if admission.in_order else _grouped(columns, bank.series_count)
    if order is not None:
        columns = _selected(columns, order)
    verdicts = _judge(plan, bank, columns, source, admission, loaded, counts)
    if order is not None:
        verdicts["observation"] = order[verdicts["observation"]]
        verdicts = verdicts[np.argsort(verdicts["observation"], kind="stable")]
    filled_columns: dict[str, Any] = {name: verdicts[name].copy() for name in VERDICT.names or ()}
    found = _counts(counts, len(batch), admission)
    without = _without_config(found, batch.series, bank, in_groups)
    found.examples = _examples(counts, without, batch.series, bank, order)
    return Outcome(found, **filled_columns)


def _check(plan: Plan, bank: Bank, batch: ObservationColumns, source: int) -> None:
    if bank.plan is not plan:
        raise ValueError("the bank has another plan: call bank.change_plan(plan) first")
    if not 0 <= source < bank.sources:
        raise ValueError(f"source {source} of {bank.sources}")
    if len(batch) and not 0 <= int(batch.series.min()) <= int(batch.series.max()) < bank.series_count:
        raise ValueError("a series of the batch was not admitted to the bank")


def _judge(
    plan: Plan,
    bank: Bank,
    batch: Batch,
    source: int,
    admission: BatchAdmission,
    loaded: LoadedBaselines | None,
    counts: Integers,
) -> Records:
    """Run the kernel over the batch, as often as admission, loads and full arrays stop it; the verdicts."""
    total = len(batch.series)
    out = np.empty(max(1, bank.most_rows) * total if plan.publishes_all else _FIRST_VERDICTS, VERDICT)
    position = filled = 0
    while position < total:
        added, end = admission.before(position), total
        if loaded is not None:
            loaded.consider(added.tolist())
            end = loaded.before(position, batch, in_order=admission.in_order)
        bank.reserve()
        most = max(1, bank.most_rows)
        if filled + most > len(out):
            out = np.concatenate((out[:filled], np.empty(len(out) + most, VERDICT)))
        position, filled = advance(
            plan.compiled,
            plan.seasons,
            plan.bands,
            bank.state,
            bank.pool,
            bank.detector_state if plan.has_detector_state else None,
            batch if end == total else _selected(batch, slice(end)),
            source,
            admission.due_times,
            admission.clock_due,
            admission.any_silent,
            position,
            filled,
            most,
            bank.places_needed,
            out,
            counts,
        )
        admission.after(position)
    return out[:filled]


def _grouped(batch: Batch, series_count: int) -> Integers | None:
    """The order that groups observations by series; None if sorting costs more than it saves.

    Series are independent, so the order does not change verdicts; and a window that is used several times in
    a row is fetched from memory once. The order does change which rows expire, so a batch in which rows may
    expire is not sorted.
    """
    if len(batch.series) * _SPARSE < series_count or len(batch.series) < _FEW:
        return None
    return grouped_order(batch.series, series_count)


def _selected(batch: Batch, which: Integers | slice) -> Batch:
    return Batch(
        batch.series[which],
        batch.timestamp[which],
        batch.value[which],
        batch.learn[which],
        batch.offset[which],
        batch.clock_time[which],
        batch.kept_out[which],
    )


def _counts(counts: Integers, observations: int, admission: BatchAdmission) -> OutcomeCounts:
    numbers = counts.tolist()
    return OutcomeCounts(
        observations=observations,
        unmatched=numbers[UNMATCHED] - admission.over_limit,
        scored=numbers[SCORED],
        learned=numbers[LEARNED],
        learning=numbers[LEARNING],
        not_learned=numbers[NOT_LEARNED],
        known=numbers[KNOWN],
        late=numbers[LATE],
        duplicate=numbers[DUPLICATE],
        ahead=numbers[AHEAD],
        replayed=numbers[REPLAYED],
        minor=numbers[MINOR],
        moderate=numbers[MODERATE],
        severe=numbers[SEVERE],
        refused=tuple(admission.refused.tolist()),
        expired=admission.expired_rows,
    )


def _without_config(
    found: OutcomeCounts, series: Integers, bank: Bank, in_groups: Bools | None
) -> Bools | None:
    """The observations that neither a config nor a group watches; None if there are none.

    Corrects the count of them, in which the kernel includes those of groups.
    """
    if not found.unmatched:  # no pass over the batch
        return None
    without: Bools = (bank.state.first_row[series] < 0) & ~bank.directory.is_over_limit(series)
    if in_groups is not None:
        found.unmatched -= int((without & in_groups).sum())
        without &= ~in_groups
    return without


def _examples(
    counts: Integers, without: Bools | None, series: Integers, bank: Bank, order: Integers | None
) -> dict[str, int]:
    """One observation of each kind that was dropped; ``without`` are those that nothing watches."""
    firsts = (
        ("late", LATE, FIRST_LATE),
        ("duplicate", DUPLICATE, FIRST_DUPLICATE),
        ("ahead", AHEAD, FIRST_AHEAD),
    )
    examples = {name: int(counts[first]) for name, counter, first in firsts if counts[counter]}
    if order is not None:
        examples = {name: int(order[number]) for name, number in examples.items()}
    if without is not None and without.any():
        examples["unmatched"] = int(without.argmax())
    if bank.directory.any_over_limit:
        over_limit = bank.directory.is_over_limit(series)
        if over_limit.any():
            examples["refused"] = int(over_limit.argmax())
    return examples
