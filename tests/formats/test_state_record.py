import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.state_record import (
    CHUNK,
    FORMAT_VERSION,
    HEAD,
    open_record,
    seal,
    seal_words,
)

WORDS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_words_are_sealed_as_each_single_record_is(bodies: list[list[int]]) -> None:
    words = np.array([word for body in bodies for word in (0, *body)], np.int64)
    ends = np.cumsum([1 + len(body) for body in bodies]).tolist()
    alone = [seal(HEAD, np.array(body, np.int64).tobytes()) for body in bodies]
    assert list(seal_words(HEAD, words, ends)) == alone
    assert [bytes(open_record(HEAD, b"key", record)) for record in alone] == [record[8:] for record in alone]


@given(WORDS, st.data())
def test_damage_is_an_error(body: list[int], data: st.DataObject) -> None:
    record = seal(HEAD, np.array(body, np.int64).tobytes())
    at = data.draw(st.integers(0, len(record) - 1))
    damaged = record[:at] + bytes([record[at] ^ data.draw(st.integers(1, 255))]) + record[at + 1 :]
    for bad in (damaged, record[:at]):
        with pytest.raises(StateError):
            open_record(HEAD, b"key", bad)


def test_another_kind_is_an_error() -> None:
    with pytest.raises(StateError, match="not a state record of kind b'AS'"):
        open_record(HEAD, b"key", seal(CHUNK, b""))


@pytest.mark.parametrize(
    ("version", "cure"),
    [
        (FORMAT_VERSION + 1, "run the release that wrote it, or a newer one"),
        (FORMAT_VERSION - 1, "start with an empty changelog and data directory"),
    ],
)
def test_another_version_is_an_error_that_names_the_cure(version: int, cure: str) -> None:
    record = seal(HEAD, b"")
    message = rf"version {version}, .* reads version {FORMAT_VERSION}: .*{cure}"
    with pytest.raises(StateVersionError, match=message):
        open_record(HEAD, b"key", record[:2] + bytes([version]) + record[3:])
