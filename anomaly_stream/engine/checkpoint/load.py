"""Loads state records into rows of the bank, many rows at once; ``format`` has their layout."""

from collections.abc import Iterable, Sequence

import numpy as np

from anomaly_stream.alerts.lifecycle import fresh_alerts, is_open
from anomaly_stream.alerts.no_data_alerts import open_alert
from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.rows import fresh_rows
from anomaly_stream.engine.checkpoint.format import source_words
from anomaly_stream.engine.checkpoint.head_reader import read_alert, read_no_data
from anomaly_stream.engine.checkpoint.restore import FAULTS, OK, restore_rows
from anomaly_stream.engine.checkpoint.row_batches import RowBatch, row_batches
from anomaly_stream.errors import StateError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import parse_row_key
from anomaly_stream.formats.state_record import require_little_endian
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.blocks import SIZES, extended, size_class
from anomaly_stream.kernels.row_lists import find


def load_rows(
    bank: Bank,
    index: SeriesIndex,
    records: Iterable[tuple[bytes, bytes]],
    sources: Sequence[tuple[str, int]],
    withdrawn: list[WithdrawnAlert] | None = None,
) -> int:
    """Read state records, sorted by key, into the bank; returns the number of rows.

    Series that are new to the bank are added regardless of limits, because their rows were admitted before.
    Records of a row that the bank's plan does not have, and chunks and pages without a head, are deleted at
    the next checkpoint; the open alerts of such rows are appended to ``withdrawn``. A head of another shape
    restores its alert and its offsets; the window is empty, and the next checkpoint replaces the head.

    Raises:
        StateError: a record is damaged, or its chunks or pages are missing.
        StateVersionError: this release does not read the format version of a record.
    """
    require_little_endian()
    loaded = 0
    orphans: list[bytes] = []
    for batch in row_batches(records, orphans):
        loaded += _load(bank, index, batch, source_words(sources), [] if withdrawn is None else withdrawn)
    for key in orphans:
        bank.tombstones.add(key)
    return loaded


def _load(
    bank: Bank, index: SeriesIndex, batch: RowBatch, sources: Integers, withdrawn: list[WithdrawnAlert]
) -> int:
    rows = _rows_of(bank, index, batch.keys)
    words, table = batch.arrays()
    for i in np.flatnonzero(rows < 0).tolist():
        bank.tombstones.add(batch.keys[i], batch.chunks.highest(i) + 1, batch.pages.highest(i) // 2 + 1)
        alert = fresh_alerts(1)
        if read_alert(alert, words, table.head_at[i], table.head_length[i]) and is_open(alert[0]):
            config_id, series = parse_row_key(batch.keys[i])
            withdrawn.append(WithdrawnAlert(config_id.decode(), series, alert[0]))
        row = fresh_rows(1)
        if read_no_data(row, words, table.head_at[i], table.head_length[i]):
            config_id, series = parse_row_key(batch.keys[i])
            withdrawn.append(WithdrawnAlert(config_id.decode(), series, open_alert(row[0]), "no_data"))
    bank.pool = extended(bank.pool, _places_needed(bank, rows))
    faults = np.full(len(rows), OK, np.int64)
    restore_rows(
        bank.state, bank.detector_state, bank.pool, bank.plan.compiled, rows, words, table, sources, faults
    )
    for i in np.flatnonzero(faults != OK).tolist():
        raise StateError(f"the state of {batch.keys[i][:80]!r}: {FAULTS[faults[i]]}")
    return int((rows >= 0).sum())


def _rows_of(bank: Bank, index: SeriesIndex, keys: list[bytes]) -> Integers:
    """The row of each head, which is added if necessary; -1 if no config of the plan matches."""
    numbers = {config.id.encode(): i for i, config in enumerate(bank.plan.configs)}
    parsed = [parse_row_key(key) for key in keys]
    configs = np.array([numbers.get(config_id, -1) for config_id, _ in parsed], np.int64)
    series = np.array([index.add(one) for _, one in parsed], np.int64)
    bank.register((number, index.series[number]) for number in range(bank.series_count, len(index.series)))
    rows = find(bank.state.rows, bank.state.first_row, series, configs)
    missing = [
        (number, config)
        for number, config, row in zip(series.tolist(), configs.tolist(), rows.tolist(), strict=True)
        if row < 0 and config >= 0 and config in bank.plan.match(index.series[number])
    ]
    bank.add_rows([number for number, _ in missing], [config for _, config in missing])
    return find(bank.state.rows, bank.state.first_row, series, configs)


def _places_needed(bank: Bank, rows: Integers) -> int:
    """The most places of the pool that the windows of these rows can take."""
    configs = bank.state.rows["config"][rows[rows >= 0]]
    sizes = [int(SIZES[size_class(int(capacity))]) for capacity in bank.plan.compiled["capacity"]]
    return int(np.array(sizes, np.int64)[configs].sum())
