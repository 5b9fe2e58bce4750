import numpy as np
import pytest
from crc32c import crc32c

from anomaly_stream.alerts.lifecycle import ALERT
from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.state_record import FORMAT_VERSION
from tests import golden
from tests.groups.golden_instances import golden_stage, golden_vectors
from tests.groups.streams import messages


def test_released_state_records_of_instances_stay_readable() -> None:
    records = golden.read(golden.INSTANCES)
    assert ({value[2] for _, value in records}, len(records)) == ({FORMAT_VERSION}, 2)
    stage, fresh = golden_stage(), golden_stage()
    assert stage.instances.load(records) == 2
    assert sorted(stage.instances.canonical_state()) == records
    sent = [*messages(golden_vectors(), "a"), *messages(golden_vectors()[:30], "b")]
    fresh.process(records_of(sent, "groups", 0))
    for key, instance in stage.instances.by_key.items():
        other = fresh.instances.by_key[key]
        assert (instance.newest, instance.vectors) == (other.newest, other.vectors)
        np.testing.assert_array_equal(instance.buckets.last_value, other.buckets.last_value)
        np.testing.assert_allclose(instance.state, other.state, rtol=1e-9, atol=1e-9)


def test_a_newer_version_and_damage_are_errors() -> None:
    key, value = golden.read(golden.INSTANCES)[0]
    newer = value[:2] + bytes([FORMAT_VERSION + 1]) + value[3:]
    with pytest.raises(StateVersionError, match="run the release that wrote it, or a newer one"):
        golden_stage().instances.load([(key, newer)])
    for damaged in (value[:-1], value[:-8], value[:40], b"AS" + value[2:], value[:-1] + b"\xff"):
        with pytest.raises(StateError):
            golden_stage().instances.load([(key, damaged)])
    body = value[8:-8]
    shorter = value[:4] + crc32c(body, FORMAT_VERSION).to_bytes(4, "little") + body
    with pytest.raises(StateError, match="words, not"):
        golden_stage().instances.load([(key, shorter)])


def test_a_restored_record_is_written_again_byte_by_byte() -> None:
    """Padding too: a copy of a structured array leaves there what was in memory."""
    records = golden.read(golden.INSTANCES)
    for _ in range(20):
        stage = golden_stage()
        rubbish = [np.full(ALERT.itemsize, 255, np.uint8) for _ in range(8)]
        del rubbish  # the next small arrays get its memory
        stage.instances.load(records)
        assert sorted(stage.instances.canonical_state()) == records
