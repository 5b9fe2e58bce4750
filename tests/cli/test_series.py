"""``anomaly-stream series reset``: what is published, and what is said of a wrong series."""

from pathlib import Path

import pytest

from anomaly_stream.kafka.config_topic import read_configs
from tests.cli.test_configs import cluster, write  # noqa: F401
from tests.cli.test_faults import run
from tests.kafka.test_topics import settings_of

CONFIGS = "[{id: all, metric: flow}, {id: berlin, metric: 'fl*', match: {site: berlin}}, {metric: cpu_load}]"


@pytest.mark.usefixtures("cluster")
def test_reset_names_every_config_that_watches_the_series(
    capsys: pytest.CaptureFixture[str], kafka: str, namespace: str, tmp_path: Path
) -> None:
    settings = settings_of(kafka, namespace)
    assert run(capsys, "configs", "apply", write(tmp_path, "a.yaml", CONFIGS))[0] == 0
    reset = ("series", "reset", "--metric", "flow", "--label", "site=berlin")
    code, out, _ = run(capsys, *reset)
    assert code == 0
    assert out.splitlines()[:2] == [
        "flow{site=berlin}: asked to reset under config all",
        "flow{site=berlin}: asked to reset under config berlin",
    ]
    first = read_configs(settings).commands
    assert {command.config_id for command in first.values()} == {"all", "berlin"}
    assert run(capsys, *reset, "--config", "berlin")[0] == 0
    second = read_configs(settings).commands
    assert [key for key in first if first[key] != second[key]] == [
        key for key, command in first.items() if command.config_id == "berlin"
    ]
    code, out, err = run(capsys, "configs", "list")
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 4
    assert run(capsys, "configs", "delete", "berlin")[0] == 0
    assert {command.config_id for command in read_configs(settings).commands.values()} == {"all"}

    faults = {
        ("--metric", "cpu.load"): "no config in force watches cpu.load; did you mean 'cpu_load'?",
        ("--metric", "flow", "--config", "al"): "no config 'al' is in force; did you mean 'all'?",
        ("--metric", "cpu_load", "--config", "all"): "config 'all' does not watch cpu_load: its metric is "
        "'flow'; give every label of the series with --label",
    }
    for arguments, message in faults.items():
        assert run(capsys, "series", "reset", *arguments) == (1, "", f"anomaly-stream: {message}\n")
    code, _, err = run(capsys, "series", "reset", "--metric", "flow", "--label", "berlin")
    assert (code, "--label 'berlin': write NAME=VALUE, such as --label site=berlin" in err) == (2, True)
