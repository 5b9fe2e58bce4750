"""The demo shows alerts in order of event time, whatever the order in which partitions deliver them."""

import msgspec

from anomaly_stream.demo.scenario import Stretch
from anomaly_stream.demo.scoreboard import Scoreboard
from anomaly_stream.model import AlertEvent, Series
from tests.kafka.test_alerts_topic import event as some_event

FAULTY = Series.of("m", {"host": "a"})
BOARD = (Stretch("spike", FAULTY, 100.0, 200.0),)


def event(time: float, host: str = "a", status: str = "firing") -> AlertEvent:
    return msgspec.structs.replace(
        some_event(f"{time}{host}{status}"), metric="m", labels={"host": host}, timestamp=time, status=status
    )


def test_alerts_are_released_in_order_of_event_time_once_the_clock_has_passed_them() -> None:
    board = Scoreboard(BOARD)
    for time in (300.0, 150.0, 250.0):
        board.add(event(time))
    assert board.release(100.0) == []
    assert [one.timestamp for one in board.release(250.0)] == [150.0, 250.0]
    board.add(event(260.0))
    assert [one.timestamp for one in board.release()] == [260.0, 300.0]
    assert [one.timestamp for one in board.released] == [150.0, 250.0, 260.0, 300.0]


def test_a_second_copy_of_an_event_is_dropped() -> None:
    board = Scoreboard(BOARD)
    board.add(event(150.0))
    board.add(event(150.0))
    assert len(board.release()) == 1


def test_alerts_count_as_found_or_as_outside_and_only_when_they_open() -> None:
    board = Scoreboard(BOARD)
    board.add(event(150.0))
    board.add(event(50.0))
    board.add(event(150.0, host="b"))
    board.add(event(90.0, status="resolved"))
    board.release()
    assert board.found() == {"m: spike": (1, 1)}
    assert board.outside == 2
    assert board.by_status == {"firing": 3, "resolved": 1}


def test_faults_that_were_not_replayed_are_not_counted_as_missed() -> None:
    drift, drop = Stretch("drift", FAULTY, 5000.0, 6000.0), Stretch("drop", FAULTY, 9000.0, 9900.0)
    board = Scoreboard((*BOARD, drift, drop))
    assert board.found(199.0) == {}
    assert board.found(200.0) == {"m: spike": (0, 1)}
    board.add(event(5500.0))
    board.release()
    assert board.found(5500.0) == {"m: spike": (0, 1), "m: drift": (1, 1)}
    assert board.found() == {"m: spike": (0, 1), "m: drift": (1, 1), "m: drop": (0, 1)}
