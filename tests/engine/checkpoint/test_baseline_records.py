"""Records of loaded baselines: released ones stay readable, and damage is found."""

import pytest

from anomaly_stream.engine.checkpoint.baseline_record import open_baseline, read_header
from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.state_record import FORMAT_VERSION
from tests import golden
from tests.engine.checkpoint.golden_baselines import LOAD, golden_baselines
from tests.engine.checkpoint.golden_rows import golden_plan


def test_the_golden_file_is_the_current_format() -> None:
    assert golden.read(golden.BASELINES) == sorted(golden_baselines().items())


def test_released_baseline_records_stay_readable() -> None:
    plan, records = golden_plan(), golden.read(golden.BASELINES)
    assert ({value[:3] for _, value in records}, len(records)) == ({b"AB" + bytes([FORMAT_VERSION])}, 6)
    for key, record in records:
        number = "abm".index(key[:1].decode())
        opened = open_baseline(key, record)
        assert opened.header == read_header(key, record)
        assert (opened.header.load_id, opened.header.shape) == (LOAD, plan.shape(number))
        assert opened.header.end == 1.7e9 + 120 + (b'"1"' in key)
        assert opened.header.step == 2.0
        assert [page for page, _ in opened.pages] == ([0, 2, 4] if number == 2 else [])


def test_a_damaged_or_newer_record_is_refused() -> None:
    key, record = golden.read(golden.BASELINES)[0]
    for at in (3, len(record) // 2, len(record) - 1):
        damaged = bytearray(record)
        damaged[at] ^= 1
        with pytest.raises(StateError):
            open_baseline(key, bytes(damaged))
    for length in (0, 8, len(record) - 8):
        with pytest.raises(StateError):
            open_baseline(key, record[:length])
    newer = record[:2] + bytes([FORMAT_VERSION + 1]) + record[3:]
    with pytest.raises(StateVersionError):
        read_header(key, newer)
