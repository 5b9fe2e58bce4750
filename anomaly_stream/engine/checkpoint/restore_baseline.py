"""A row takes a loaded baseline: window, detector state and clock.

The alerts, the offsets, the last command that the row obeyed and the deviations that it was taught stay:
people said them, and no history says anything of them.
"""

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.footprint import ChangelogFootprint, footprint_of, inherit
from anomaly_stream.engine.bank.rows import restart
from anomaly_stream.engine.checkpoint.baseline_record import BaselineParts
from anomaly_stream.engine.checkpoint.format import source_words
from anomaly_stream.engine.checkpoint.restore import OK, restore_rows
from anomaly_stream.engine.checkpoint.row_batches import RowBatch
from anomaly_stream.engine.plan.state_layout import page_count
from anomaly_stream.formats.state_keys import page_key
from anomaly_stream.kernels.blocks import SIZES, extended, size_class

_STAYS = ("command", "known", "known_since", "no_data_since", "no_data_events")
"""Fields of a row that its baseline does not replace."""


def restore_baseline(bank: Bank, row: int, key: bytes, baseline: BaselineParts) -> bool:
    """Replace the state of ``row`` by ``baseline``, whose shape must be that of the row's config.

    The row keeps its footprint in the changelog, and its next head holds the whole window: so a crash during
    the next checkpoint finds the old state or the new one. Returns False, and empties the row, if head and
    pages contradict each other.
    """
    record = bank.state.rows[row]
    footprint = footprint_of(bank.state, bank.detector_state, bank.plan.compiled, row)
    stays = {name: record[name].copy() for name in _STAYS}
    next_serial = int(record["first"]) + int(record["count"])
    bank.pool = extended(bank.pool, int(SIZES[size_class(int(baseline.header.shape[1]))]))
    faults = np.full(1, OK, np.int64)
    words, table = _batch(key, baseline).arrays()
    restore_rows(
        bank.state,
        bank.detector_state,
        bank.pool,
        bank.plan.compiled,
        np.array([row]),
        words,
        table,
        source_words(()),
        faults,
    )
    for name, value in stays.items():
        record[name] = value
    is_restored = bool(faults[0] == OK)
    if not is_restored:
        restart(record)
    _continue_footprint(bank, row, footprint, next_serial)
    return is_restored


def _batch(key: bytes, baseline: BaselineParts) -> RowBatch:
    batch = RowBatch()
    batch.add_row(key, baseline.head)
    for page_copy, page in baseline.pages:
        batch.pages.add(page_key(key, page_copy), page)
    return batch


def _continue_footprint(bank: Bank, row: int, footprint: ChangelogFootprint, next_serial: int) -> None:
    """Serial numbers go on, and the pages in the changelog are those of the row before."""
    record = bank.state.rows[row]
    first = max(next_serial, int(record["first"]))
    record["first"] = record["chunked_end"] = record["saved_end"] = first
    words = int(bank.plan.compiled["state_words"][record["config"]])
    copies = footprint.page_copies.ljust(page_count(words), b"\0")
    inherit(
        bank.state,
        bank.detector_state,
        bank.plan.compiled,
        row,
        ChangelogFootprint(footprint.chunk_keys, copies),
    )
    record["pages"] = len(footprint.page_copies)
