"""What the log says of receivers that fail: each thing once."""

import logging

import pytest

from anomaly_stream.notify.outages import Outages


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_a_receiver_that_is_down_says_why_that_it_stays_down_and_that_it_works(
    log: pytest.LogCaptureFixture,
) -> None:
    outages = Outages()
    for number in range(9):
        outages.failed("pager", "HTTP status 503" if number < 7 else "HTTP status 500", 100.0 + number)
        outages.report("pager", number >= 4, 100.0 + number)
    outages.succeeded("pager", 190.0)
    outages.report("pager", False, 190.0)
    outages.report("pager", False, 500.0)
    assert log.messages == [
        "Receiver pager fails: HTTP status 503",
        "Receiver pager fails repeatedly, 5 attempts so far; other receivers are not delayed",
        "Receiver pager fails: HTTP status 500",
        "Receiver pager accepts messages again: 9 attempts failed within 1 min 30 s",
    ]


def test_a_receiver_that_fails_now_and_then_does_not_fill_the_log(log: pytest.LogCaptureFixture) -> None:
    outages = Outages()
    for number in range(100):
        outages.failed("team", "HTTP status 500", float(number))
        outages.succeeded("team", number + 0.5)
        outages.report("team", False, number + 0.5)
    assert log.messages == ["Receiver team fails: HTTP status 500"]
    outages.report("team", False, 158.0)
    assert len(log.messages) == 1
    outages.report("team", False, 159.0)
    assert log.messages[1:] == ["Receiver team accepts messages again: 100 attempts failed within 1 min 40 s"]
    outages.failed("team", "HTTP status 500", 200.0)
    assert log.messages[2:] == ["Receiver team fails: HTTP status 500"]


def test_receivers_are_apart_and_one_that_works_says_nothing(log: pytest.LogCaptureFixture) -> None:
    outages = Outages()
    outages.failed("a", "no answer within 10 s", 0.0)
    outages.failed("b", "no answer within 10 s", 0.0)
    outages.succeeded("c", 0.0)
    for name in "abc":
        outages.report(name, False, 1000.0)
    assert log.messages == [f"Receiver {name} fails: no answer within 10 s" for name in "ab"]
