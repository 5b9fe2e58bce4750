"""Messages of the groups topic: round trips, and refused messages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.errors import MessageError
from anomaly_stream.groups.messages import MOST_VALUES, VALUE, decode_values, encode_values, member_number

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 1), FINITE, FINITE), max_size=20))
def test_there_and_back(values: list[tuple[int, int, float, float]]) -> None:
    sent = np.array(values, VALUE)
    found = decode_values(encode_values(sent))
    assert found.dtype == sent.dtype
    assert found.tobytes() == sent.tobytes()


def test_a_message_stays_below_a_mebibyte() -> None:
    assert len(encode_values(np.zeros(MOST_VALUES, VALUE))) < 2**19


def test_a_members_number_is_the_same_in_every_release() -> None:
    assert member_number("cpu") == 0x575B8C52


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (b"", "0 bytes are not a message"),
        (b"{}", "2 bytes are not a message"),
        (b'{"metric": "cpu"}', "not a message"),
        (b"AM\x02\x00" + bytes(4), "version 2, and this release reads 1"),
        (b"AM\x01\x00\x02\x00\x00\x00" + bytes(24), "do not hold 2 values"),
        (encode_values(np.array([(1, 0, np.nan, 0.0)], VALUE)), "not finite"),
        (encode_values(np.array([(1, 0, 0.0, np.inf)], VALUE)), "not finite"),
    ],
)
def test_bytes_that_are_not_a_message_are_refused(message: bytes, said: str) -> None:
    with pytest.raises(MessageError, match=said):
        decode_values(message)
