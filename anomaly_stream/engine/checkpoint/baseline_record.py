"""Records of loaded baselines: the state of a row after its history, on the baselines topic.

The key is that of the row's head (``formats.state_keys.row_key``). The record holds the same head and pages
as the changelog, so one codec and one set of golden files cover both. The head holds the whole window, and
neither an alert nor offsets: both belong to the row that takes the baseline.

=======  ==================================================================================
word     holds
=======  ==================================================================================
0        the envelope of ``formats.state_record``
1, 2     id of the load (16 bytes)
3        time of the last observation of the history in seconds (f8)
4        usual step of time of the series in seconds (f8)
5 to 7   shape of the row (``Plan.shape``): period in seconds (f8), capacity, state digest (i8)
8        number of records that follow (i8): the head, then pages
9 on     each record: its length in words (i8), then the record
=======  ==================================================================================
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.lifecycle import fresh_alerts
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.footprint import ChangelogFootprint, inherit
from anomaly_stream.engine.checkpoint.encode import encode_rows
from anomaly_stream.engine.plan.state_layout import page_count
from anomaly_stream.errors import StateError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import is_part
from anomaly_stream.formats.state_record import BASELINE, HEAD, PAGE, WORD, open_record, seal
from anomaly_stream.kernels.arrays import Bools

_FIXED = Struct("<16sdddqqq")
_LENGTH = Struct("<q")
_ROWS_AT_ONCE = 256


class BaselineHeader(NamedTuple):
    """What a baseline record says about its state."""

    load_id: bytes
    """16 bytes: the load that published it."""
    end: float
    """Time of the last observation of the history, in seconds."""
    step: float
    """The usual step of time of the series, in seconds; 0: not known."""
    shape: tuple[float, int, int]
    """``Plan.shape`` of the config that the history was learned under."""


class BaselineParts(NamedTuple):
    """A baseline record, taken apart."""

    header: BaselineHeader
    head: bytes
    pages: list[tuple[int, bytes]]
    """Each with ``2 * page + copy``."""


def encode_baselines(
    bank: Bank, index: SeriesIndex, load_id: bytes, chosen: Bools | None = None
) -> Iterator[tuple[bytes, bytes]]:
    """Key and baseline record of every row of ``bank`` that has an observation.

    ``chosen`` says of each series, by number, whether it is included; None: all are. The alerts of these rows
    are closed, and their footprint in a changelog is forgotten: the bank may go on learning a history, and
    cannot be a worker's.
    """
    rows = bank.state.rows[: bank.row_count]
    is_seen = (rows["config"] >= 0) & (rows["last_time"] > -np.inf)
    if chosen is not None:
        is_seen &= chosen[rows["series"]]
    seen = np.flatnonzero(is_seen)
    bank.state.alerts[seen] = fresh_alerts(len(seen))
    for first in range(0, len(seen), _ROWS_AT_ONCE):
        some = seen[first : first + _ROWS_AT_ONCE]
        for row, words in zip(some.tolist(), bank.state_words(some).tolist(), strict=True):
            unwritten = ChangelogFootprint(0, bytes(page_count(words)))
            inherit(bank.state, bank.detector_state, bank.plan.compiled, row, unwritten)
        bank.state.rows["pages"][some] = 0
        _, parts, heads = encode_rows(bank, some, (), index, whole=True)
        pages: dict[bytes, list[bytes]] = {}
        for key, page in parts:
            assert page is not None
            pages.setdefault(_head_key(key), []).append(page)
        for (key, head), row in zip(heads, some.tolist(), strict=True):
            assert head is not None
            record = rows[row]
            shape = bank.plan.shape(int(record["config"]))
            header = BaselineHeader(load_id, float(record["last_time"]), float(record["step"]), shape)
            yield key, _sealed(header, [head, *pages.get(key, [])])


def read_header(key: bytes, record: bytes) -> BaselineHeader:
    """Check a baseline record, and return what it says about its state.

    Raises:
        StateError: it is not a baseline record, or it is damaged.
        StateVersionError: this release does not read its format version.
    """
    return open_baseline(key, record).header


def open_baseline(key: bytes, record: bytes) -> BaselineParts:
    """Take a baseline record apart; every part is checked. Raises as ``read_header``."""
    body = open_record(BASELINE, key, record)
    if len(body) < _FIXED.size:
        raise StateError(f"a baseline record of {len(record)} bytes: {key[:80]!r}")
    load_id, end, step, period, capacity, digest, count = _FIXED.unpack_from(body)
    records = list(_records(key, body[_FIXED.size :]))
    if is_part(key) or len(records) != count or count == 0:
        raise StateError(f"a baseline record with {len(records)} of {count} parts: {key[:80]!r}")
    head, *pages = records
    open_record(HEAD, key, head)
    numbered = [(_LENGTH.unpack_from(open_record(PAGE, key, page))[0], page) for page in pages]
    return BaselineParts(BaselineHeader(load_id, end, step, (period, capacity, digest)), head, numbered)


def _records(key: bytes, body: memoryview) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        length = _LENGTH.unpack_from(body, at)[0] * WORD
        at += _LENGTH.size
        if not WORD < length <= len(body) - at:
            raise StateError(f"a baseline record whose parts do not fit: {key[:80]!r}")
        yield bytes(body[at : at + length])
        at += length


def _sealed(header: BaselineHeader, records: list[bytes]) -> bytes:
    fixed = _FIXED.pack(header.load_id, header.end, header.step, *header.shape, len(records))
    parts = [part for record in records for part in (_LENGTH.pack(len(record) // WORD), record)]
    return seal(BASELINE, b"".join([fixed, *parts]))


def _head_key(page_key: bytes) -> bytes:
    """The key of the head that a page belongs to."""
    return page_key[: page_key.rindex(b"\0\0", 0, -2)]
