"""The consumer of docs/alerts-topic.md, as the page has it, on Apache Kafka."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import msgspec
import pytest

from tests.kafka.test_alerts_topic import Alerts, event

PAGE = Path(__file__).parents[2] / "docs" / "alerts-topic.md"


def consumer_of_the_page(bootstrap: str, topic: str) -> str:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 20
    for shown, used in (("localhost:9092", bootstrap), ("anomaly-alerts", topic), ("my-notifier", topic)):
        assert code.count(f'"{shown}"') == 1
        code = code.replace(f'"{shown}"', f'"{used}"')
    return code


@contextmanager
def consuming(code: str) -> Iterator["Queue[str]"]:
    """The lines that the consumer prints; it is killed at the end."""
    lines: Queue[str] = Queue()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout
    reader = threading.Thread(target=lambda: [lines.put(line.strip()) for line in output])
    reader.start()
    try:
        yield lines
    finally:
        process.kill()
        process.wait()
        reader.join()
        output.close()


@pytest.mark.slow
def test_the_consumer_of_the_page_handles_each_event_once_and_resumes(apache: str, namespace: str) -> None:
    alerts = Alerts(apache, namespace)
    code = consumer_of_the_page(apache, f"{namespace}-anomaly-alerts")

    def publish(*event_ids: str) -> None:
        for event_id in event_ids:
            message = msgspec.json.encode(event(event_id, explanation=event_id, owner="payments"))
            alerts.publish_bytes((event_id[0], message))

    publish("a1", "a1", "a2", "a1", "a3")
    with consuming(code) as lines:
        found = [lines.get(timeout=60) for _ in range(3)]
        assert found == [f"firing payments severe {event_id}" for event_id in ("a1", "a2", "a3")]
        publish("a4", "a2", "b1")
        assert sorted(lines.get(timeout=60)[-2:] for _ in range(2)) == ["a4", "b1"]
        publish("a5")  # every commit before it is done when it is printed
        assert lines.get(timeout=60).endswith("a5")
    publish("a6", "a7")
    with consuming(code) as lines:
        later = [lines.get(timeout=60)[-2:] for _ in range(2)]
        if later[0] == "a5":  # killed between print and commit
            later = [later[1], lines.get(timeout=60)[-2:]]
        assert later == ["a6", "a7"]
