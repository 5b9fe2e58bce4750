import pytest

from anomaly_stream.ops.clock import now_ms


def test_a_time_is_in_whole_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1704067200.2509)
    assert now_ms() == 1704067200250
