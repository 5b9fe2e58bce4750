"""Times on the command line."""

import time

import pytest
import typer

from anomaly_stream.cli.moments import moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", 1_769_860_800.0),
        ("2026-01-31T12:00:00", 1_769_860_800.0),
        ("2026-01-31T17:45:00+05:45", 1_769_860_800.0),
        ("2026-01-31", 1_769_817_600.0),
    ],
)
def test_a_time_without_a_zone_is_utc_wherever_the_machine_is(
    text: str, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert moment(text, "--from") == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_duration_is_so_long_ago() -> None:
    assert moment("90m", "--from") == pytest.approx(time.time() - 5400.0, abs=60.0)


def test_anything_else_gets_both_forms() -> None:
    with pytest.raises(typer.BadParameter, match=r"--from .*duration such as 7d.*time such as 2026"):
        moment("yesterday", "--from")
