"""Schemathesis over the OpenAPI document: every operation and check, with and without a token.

With a token, its coverage of each schema takes thousands of requests: ``make fuzz`` adds this phase, and more
examples. Configs are on topics of an embedded broker. Previews and loads of histories run in their real
processes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from anomaly_stream.kafka.config_writer import config_writer
from anomaly_stream.kafka.embedded import EmbeddedBroker
from anomaly_stream.kafka.topic_setup import create_topics
from tests.api.served import Served
from tests.api.world import settings_for_api

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
WHOLE = "FUZZ_WHOLE" in os.environ
EXAMPLES = "30" if WHOLE else "3"


@pytest.fixture
def served() -> Iterator[Served]:
    with EmbeddedBroker() as broker:
        settings = settings_for_api(broker.bootstrap_servers)
        create_topics(settings)
        with config_writer(settings) as writer:
            made = Served(broker.bootstrap_servers, writer, history_jobs="1")
            _start_previews(made)
            yield made
            made.stop()


def _start_previews(served: Served) -> None:
    """The first preview waits for its process, longer than Schemathesis allows for an answer."""
    headers = {"Authorization": f"Bearer {served.world.token['sre']}"}
    asked = {"config": {"metric": "flow"}, "since": "1h"}
    httpx.post(
        f"{served.url}/v1/configs:preview", json=asked, headers=headers, timeout=300
    ).raise_for_status()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("with_token", [True, False])
def test_schemathesis_finds_nothing(served: Served, with_token: bool, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
        *("run", f"{served.url}/openapi.json", "--checks", "all", "--seed", "1"),
        *("--max-examples", EXAMPLES),
    ]
    if not WHOLE:
        command += ["--phases", "examples,fuzzing,stateful" if with_token else "examples,coverage"]
    if with_token:
        command += ["--header", f"Authorization: Bearer {served.world.token['sre']}"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS)}
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=3500
    )
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert "Tested:" in ended.stdout
