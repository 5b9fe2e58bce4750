"""docker-compose.yml and the Dockerfile are consistent, as far as can be checked without an engine."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup

from anomaly_stream.cli import command_tree
from anomaly_stream.settings.api import AccessSettings
from tests.brokers.apache import kafka_version

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "anomaly-stream"]


@pytest.mark.parametrize("name", SERVICES)
def test_dependencies_exist_and_can_be_met(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[needed]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert "restart" not in SERVICES[needed]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_host_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared_or_in_the_tree(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", OURS)
def test_command_is_a_verb(name: str) -> None:
    command: Any = command_tree()
    for word in shlex.split(SERVICES[name]["command"]):
        if isinstance(command, TyperGroup):
            command = command.commands[word]


@pytest.mark.parametrize("name", OURS)
def test_environment_names_settings(name: str) -> None:
    documented = set(re.findall(r"\bANOMALY_STREAM_\w+", (ROOT / "docs" / "settings.md").read_text()))
    assert set(SERVICES[name]["environment"]) <= documented


def test_worker_waits_for_topics_and_configs() -> None:
    assert "configs" in SERVICES["worker"]["depends_on"]
    assert "topics" in SERVICES["configs"]["depends_on"]
    assert "kafka" in SERVICES["topics"]["depends_on"]


def test_the_api_admits_groups_and_keeps_its_history() -> None:
    api = SERVICES["api"]
    assert "topics" in api["depends_on"]
    access = AccessSettings(groups=json.loads(api["environment"]["ANOMALY_STREAM_ACCESS__GROUPS"]))
    assert [group.role for group in access.groups.values()] == ["admin"]
    assert any(mount.endswith(":/data") for mount in api["volumes"])
    assert ".[api" in (ROOT / "Dockerfile").read_text()


def test_kafka_is_the_version_that_tests_run_on() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


def test_inner_address_is_advertised() -> None:
    address = SERVICES["worker"]["environment"]["ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS"]
    assert f"INSIDE://{address}" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_image_holds_what_it_copies() -> None:
    text = (ROOT / "Dockerfile").read_text()
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M):
        for source in sources.split():
            assert (ROOT / source).exists()
            assert source in let_in
