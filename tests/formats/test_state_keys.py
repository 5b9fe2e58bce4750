import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_keys import (
    INSTANCE_PREFIX,
    chunk_key,
    instance_key,
    is_chunk_of,
    is_page_of,
    is_part,
    page_key,
    parse_instance_key,
    parse_row_key,
    part_number,
    row_key,
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


@pytest.mark.parametrize("key", [b"", b"a", b"a\0", b"a\0[]", b"\xff\0{}", b'a\0{"metric":1}'])
def test_another_key_is_an_error(key: bytes) -> None:
    with pytest.raises(StateError, match="not the key of a state record"):
        parse_row_key(key)
