"""However the process of Faust ends, a failure is an error with a reason."""

import pytest
from mode.worker import exiting

from anomaly_stream.apps.worker import run_to_its_end
from anomaly_stream.errors import AnomalyStreamError, BrokerError


class Process:
    """As ``mode.Worker``, which ends by ``exiting``: after a failure in its start, a crash, or neither."""

    def __init__(self, failure: Exception | None = None, crash: Exception | None = None) -> None:
        self.crash_reason = crash
        self._failure = failure

    def execute_from_commandline(self) -> None:
        with exiting():
            if self._failure is not None:
                raise self._failure


def test_a_failure_in_the_start_is_named() -> None:
    with pytest.raises(AnomalyStreamError, match="Unable to bootstrap"):
        run_to_its_end(Process(failure=OSError("Unable to bootstrap")))


def test_a_crash_is_raised_as_it_is() -> None:
    with pytest.raises(BrokerError, match="refused"):
        run_to_its_end(Process(crash=BrokerError("refused")))


def test_a_normal_end_is_none() -> None:
    with pytest.raises(SystemExit) as end:
        run_to_its_end(Process())
    assert end.value.code == 0
