import logging

from anomaly_stream.ops.log_repeats import RepeatFilter


def record(name: str, text: str, seconds: float, *arguments: object) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "", 0, text, arguments, None)
    made.created = 1e9 + seconds
    return made


def test_a_library_says_the_same_once_in_ten_seconds() -> None:
    """aiokafka logs a hundred lines per second while a broker is gone."""
    repeats = RepeatFilter("anomaly_stream")
    records = [
        record("aiokafka", "Unable connect to node with id %s: %s", n / 100, 1, n) for n in range(2500)
    ]
    passed = [each.getMessage() for each in records if repeats.filter(each)]
    assert passed == [
        "Unable connect to node with id 1: 0",
        "Unable connect to node with id 1: 1000 (999 more like it before)",
        "Unable connect to node with id 1: 2000 (999 more like it before)",
    ]


def test_other_lines_and_our_own_pass() -> None:
    repeats = RepeatFilter("anomaly_stream")
    assert repeats.filter(record("aiokafka", "a", 0))
    assert repeats.filter(record("aiokafka", "b", 0))
    assert repeats.filter(record("aiokafka.consumer", "a", 0))
    assert not repeats.filter(record("aiokafka", "a", 1))
    assert all(repeats.filter(record("anomaly_stream.kafka", "a", 0)) for _ in range(3))


def test_what_is_remembered_is_bounded() -> None:
    repeats = RepeatFilter("anomaly_stream")
    assert all(repeats.filter(record("library", f"line {n}", 0)) for n in range(2500))
    assert repeats.filter(record("library", "line 0", 1))
