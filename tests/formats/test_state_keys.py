import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_keys import (
    INSTANCE_PREFIX,
    OWNERSHIP_PREFIX,
    PARTITION_PREFIX,
    POSITION_KEY,
    chunk_key,
    fingerprint_of,
    instance_key,
    is_chunk_of,
    is_page_of,
    is_part,
    ownership_key,
    page_key,
    parse_instance_key,
    parse_row_key,
    part_number,
    row_key,
    withdrawal_key,
)
from anomaly_stream.model import Series

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SERIES = st.builds(Series.of, TEXT, st.dictionaries(TEXT, TEXT, max_size=2))
IDS = st.sampled_from(["a", "b", "ab", "a-1"])
NUMBERS = st.integers(0, 2**16 - 1)


@given(IDS, SERIES, NUMBERS)
def test_keys_are_distinguished_and_read_back(config_id: str, series: Series, number: int) -> None:
    row = row_key(config_id, series)
    chunk, page, instance = chunk_key(row, number), page_key(row, number), instance_key(series)
    assert parse_row_key(row) == (config_id.encode(), series)
    assert parse_instance_key(instance) == series
    assert instance.startswith(INSTANCE_PREFIX)
    assert not row.startswith(INSTANCE_PREFIX)
    assert [is_chunk_of(key, row) for key in (row, chunk, page)] == [False, True, False]
    assert [is_page_of(key, row) for key in (row, chunk, page)] == [False, False, True]
    assert [is_part(key) for key in (row, chunk, page)] == [False, True, True]
    assert part_number(chunk) == part_number(page) == number


@given(st.lists(st.tuples(IDS, SERIES), unique=True, max_size=5), NUMBERS)
def test_in_sorted_order_parts_follow_their_head(rows: list[tuple[str, Series]], number: int) -> None:
    heads = [row_key(config_id, series) for config_id, series in rows]
    keys = sorted(key for head in heads for key in (head, chunk_key(head, number), page_key(head, number)))
    assert keys[::3] == sorted(heads)
    for head, *parts in zip(keys[::3], keys[1::3], keys[2::3], strict=True):
        assert all(is_chunk_of(key, head) or is_page_of(key, head) for key in parts)


@given(IDS, SERIES)
def test_keys_of_the_partition_are_no_keys_of_rows_or_instances(config_id: str, series: Series) -> None:
    owner, withdrawal = ownership_key(config_id), withdrawal_key(b"a1", "b2")
    for key in (owner, withdrawal, POSITION_KEY):
        assert key.startswith(PARTITION_PREFIX)
        assert not is_part(key)
    assert owner.startswith(OWNERSHIP_PREFIX)
    assert fingerprint_of(withdrawal) == b"a1"
    for key in (row_key(config_id, series), instance_key(series)):
        assert not key.startswith(PARTITION_PREFIX)


@pytest.mark.parametrize("key", [b"", b"a", b"a\0", b"a\0[]", b"\xff\0{}", b'a\0{"metric":1}'])
def test_another_key_is_an_error(key: bytes) -> None:
    with pytest.raises(StateError, match="not the key of a state record"):
        parse_row_key(key)
