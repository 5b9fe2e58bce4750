"""The closing text of the demo."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.view import next_steps, results_view
from anomaly_stream.kafka.embedded import EmbeddedBroker


def printed(summary: Summary) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(results_view(summary))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_replay_that_ended_early_says_so() -> None:
    early = Summary(stretches={"latency_ms: spike": (3, 4)}, replayed_until=1_700_000_000.0)
    assert "ended at 2023-11-14 22:13:20 UTC; later faults are not counted" in printed(early)
    assert "alert in 3 of 4" in printed(early)
    whole = Summary(stretches={"latency_ms: spike": (23, 24)}, replay_complete=True)
    assert "alert in 23 of 24" in printed(whole)
    assert "ended at" not in printed(whole)


def test_the_picture_is_named_or_the_command_that_draws_it() -> None:
    assert "Open out.html in a browser." in next_steps("anomaly-stream", "out.html")
    assert "/opt/bin/anomaly-stream demo --report demo.html" in next_steps("/opt/bin/anomaly-stream", None)


@pytest.mark.timeout(300)
def test_the_next_steps_work_as_printed(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("anomaly-stream")
    commands = next_steps(str(program), None).partition("another terminal:\n")[2]
    assert commands.strip().splitlines()[-1] == f"{program} worker"
    with EmbeddedBroker() as broker:  # on a free port, in place of the one that is printed
        script = commands.replace("127.0.0.1:9092", broker.bootstrap_servers)
        process = subprocess.Popen(
            ["bash", "-ec", script.replace(f"{program} worker", f"exec {program} worker")],
            cwd=tmp_path,
            env={**os.environ, "ANOMALY_STREAM_METRICS__PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "Holding partitions" in line:
                break
        process.terminate()
        process.communicate(timeout=60)
    assert "orders: created, version 1\n" in lines
    assert process.returncode == 0, "".join(lines)
