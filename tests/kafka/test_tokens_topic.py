"""Records of the tokens topic add up to the tokens in force."""

import msgspec
import pytest

from anomaly_stream.kafka.tokens_topic import StoredToken, Tokens

TOKEN = StoredToken("p", "hash", "sre", None, "", "ann", 1.0, 2.0)


def test_records_add_up(caplog: pytest.LogCaptureFixture) -> None:
    empty = Tokens()
    written = msgspec.json.encode(TOKEN)
    found = empty.after([("p", written), ("q", written), ("p/used", b"3.5"), ("q/used", b"4"), ("r", b"{")])
    assert (dict(found.stored), dict(found.used)) == ({"p": TOKEN, "q": TOKEN}, {"p": 3.5, "q": 4.0})
    assert caplog.text.count("tokens topic is invalid") == 1
    after = found.after([("q", None), ("q/used", None), ("unknown", None)])
    assert (dict(after.stored), dict(after.used)) == ({"p": TOKEN}, {"p": 3.5})
    assert set(found.stored) == {"p", "q"}
    assert not empty.stored
