"""The closing text of the demo."""

import io

from rich.console import Console

from anomaly_stream.demo.summary import Summary
from anomaly_stream.demo.view import next_steps, results_view


def printed(summary: Summary) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(results_view(summary))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_faults_that_were_not_replayed_are_not_counted_as_missed() -> None:
    early = Summary(stretches={"latency_ms: spike": (3, 24)})
    assert "alert in 3 of 24, not all of them replayed" in printed(early)
    whole = Summary(stretches={"latency_ms: spike": (23, 24)}, replay_complete=True)
    assert "alert in 23 of 24" in printed(whole)
    assert "not all" not in printed(whole)


def test_next_steps_are_one_command_a_line_and_need_no_file_of_a_clone() -> None:
    lines = next_steps("/opt/my venv/bin/anomaly-stream").splitlines()
    commands = [line.rpartition("anomaly-stream ")[2] for line in lines if "anomaly-stream " in line]
    assert commands == ["topics create", "configs apply orders.yaml", "worker"]
    assert lines.index("echo 'metric: orders' > orders.yaml") < len(lines) - 3
    assert not any("configs/" in line for line in lines)
