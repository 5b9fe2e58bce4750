"""Previews in their process, behind a real server: large ones, and ones that take too long."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.api.served import Served

SERIES, POINTS = 10, 100_000
LONGEST_ANSWER_S = 1.0
"""The limit for other requests meanwhile, on a busy machine; an idle one takes some 20 ms."""


def body(points: int) -> bytes:
    messages = (
        b'{"metric":"checkout_x","labels":{"unit":"%d"},"timestamp":%d,"value":%d}'
        % (n % SERIES, 1_700_000_000 + 60 * (n // SERIES), 100 + n * 37 % 19)
        for n in range(points)
    )
    return b'{"config":{"metric":"checkout_x","detectors":["zscore"]},"observations":[%s]}' % b",".join(
        messages
    )


def preview(served: Served, points: int) -> httpx.Response:
    headers = served.headers | {"Content-Type": "application/json"}
    return httpx.post(f"{served.url}/v1/configs:preview", content=body(points), headers=headers, timeout=400)


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server that needs no Kafka: the observations are in the requests."""
    made = Served("127.0.0.1:9", preview_timeout_s=request.param)
    yield made
    made.stop()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("served", ["300"], indirect=True)
def test_the_server_answers_during_a_large_preview(served: Served) -> None:
    assert preview(served, SERIES).status_code == 200  # its process is ready
    answers: list[httpx.Response] = []
    running = threading.Thread(target=lambda: answers.append(preview(served, POINTS)))
    running.start()
    slowest = 0.0
    while running.is_alive():
        began = time.monotonic()
        assert httpx.get(f"{served.url}/v1/configs", headers=served.headers).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.02)
    (found,) = answers
    assert found.status_code == 200, found.text
    assert (found.json()["observations"], found.json()["series_count"]) == (POINTS, SERIES)
    assert slowest < LONGEST_ANSWER_S


@pytest.mark.timeout(400)
@pytest.mark.parametrize("served", ["0.5"], indirect=True)
def test_a_preview_that_takes_too_long_is_ended(served: Served) -> None:
    """The limit is that of the preview alone: a process that starts first does not extend it."""
    for _ in range(2):
        refused = preview(served, 3 * POINTS)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5"), refused.text
        assert "longer than 0.5 s: send fewer observations" in refused.json()["detail"]
    assert preview(served, SERIES).status_code == 200
