"""Configs kept as files: differences, pruning, export, on the topic and through the API alike."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from anomaly_stream.api.app import create_app
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.state import ApiState
from anomaly_stream.cli.config_yaml import to_yaml
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.registry.field_lines import FieldLines
from anomaly_stream.registry.parsing import ParsedConfig, parse_document
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.registry.yaml_json import load_text, plain
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import GroupAccess
from tests.cli.test_faults import run
from tests.client.test_client import CONTEXT, Store
from tests.integration.workers import free_port
from tests.kafka.test_topics import settings_of

FILES = {
    "flow.yaml": "id: flow\nmetric: flow\nowner: water\nmatch: {site: A}\n",
    "sub/group.yml": "id: pump\nowner: water\nmembers: {a: x, b: {metric: y, match: {site: 'no'}}}\n",
    "sub/two.json": '[{"metric": "m1", "owner": "web"}, {"metric": "m2", "owner": "web"}]',
}


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    """An API that serves configs in memory."""
    caller = Caller("ann", {"ops": GroupAccess(role="admin")})
    state = ApiState(Settings(), CONTEXT, Store(), lambda _: caller, ApiMetrics(CollectorRegistry()))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(state), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            httpx.get(f"{url}/livez")
            break
        except httpx.ConnectError:
            time.sleep(0.1)
    yield url
    server.should_exit = True
    thread.join(10)


@pytest.fixture(params=["api", "topic"])
def target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of ``configs``, through the environment."""
    if request.param == "api":
        monkeypatch.setenv("ANOMALY_API_URL", request.getfixturevalue("api_url"))
        return
    kafka, namespace = request.getfixturevalue("kafka"), request.getfixturevalue("namespace")
    monkeypatch.setenv("ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("ANOMALY_STREAM_NAMESPACE", namespace)
    create_topics(settings_of(kafka, namespace))


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


@pytest.mark.usefixtures("target")
def test_a_directory_is_the_truth(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def configs(*arguments: object) -> tuple[int, str, str]:
        return run(capsys, "configs", *map(str, arguments))

    source, copy = tmp_path / "source", tmp_path / "copy"
    write(source, FILES)
    code, out, err = configs("apply", "-f", source, "--dry-run")
    assert code == 2, err
    assert "+id: flow" in out.splitlines()
    assert "\x1b[" not in out  # not a terminal
    code, out, _ = configs("apply", "-f", source)
    assert code == 0
    assert out.splitlines() == [f"{name}: created, version 1" for name in ("flow", "pump", "m1", "m2")]
    assert configs("apply", source, "--prune", "--dry-run")[:2] == (0, "")

    assert configs("export", copy)[0] == 0
    assert sorted(path.name for path in copy.iterdir()) == ["flow.yaml", "m1.yaml", "m2.yaml", "pump.yaml"]
    assert configs("apply", copy, "--prune", "--dry-run")[:2] == (0, "")
    assert configs("get", "flow")[1] == (copy / "flow.yaml").read_text()

    write(source, {"flow.yaml": "id: flow\nmetric: flow\nowner: water\nsensitivity: high\n"})
    (source / "sub" / "group.yml").unlink()
    (source / "sub" / "two.json").unlink()
    code, out, _ = configs("apply", source, "--prune", "--dry-run")
    assert code == 2
    assert {"-match:", "-  site: A", "+sensitivity: high", "-id: pump"} <= {*out.splitlines()}
    assert "m1" not in out  # no file names its owner any more
    code, out, _ = configs("apply", source, "--prune", "--reason", "tidy")
    assert (code, out) == (0, "flow: updated, version 2\npump: deleted\n")
    code, out, _ = configs("apply", source, "--prune", "--owner", "web")
    assert (code, out) == (0, "flow: unchanged\nm1: deleted\nm2: deleted\n")

    assert "tidy" in configs("versions", "flow")[1]
    assert configs("rollback", "flow", 1)[:2] == (0, "flow: version 3\n")
    assert configs("get", "flow")[1] == (copy / "flow.yaml").read_text()
    code, out, err = configs("status", "flow")
    assert (code, err) == (0, "")
    assert '"workers": []' in out
    assert "flow" in configs("list")[1]
    code, _, err = configs("delete", "flwo")
    assert (code, err) == (1, "anomaly-stream: no config 'flwo' is in force; did you mean 'flow'?\n")
    assert configs("delete", "flow")[:2] == (0, "flow: deleted\n")
    assert configs("list", "--json")[:2] == (0, "")


@pytest.mark.usefixtures("target")
def test_a_default_id_replaces_no_config_for_another_metric(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("metric: latency_*\n")
    assert run(capsys, "configs", "apply", str(file))[0] == 0
    assert run(capsys, "configs", "apply", str(file))[0] == 0
    file.write_text("metric: latency_?\n")
    code, _, err = run(capsys, "configs", "apply", str(file))
    assert (code, err) == (
        2,
        f"anomaly-stream: {file}:1: metric: without an id, this config has the id 'latency_' by its metric, "
        "which is in force for 'latency_*': give it an id of its own, "
        "or write id: latency_ to replace that one\n",
    )
    file.write_text("metric: latency_?\nid: latency_\n")
    assert run(capsys, "configs", "apply", str(file))[0] == 0
    assert run(capsys, "configs", "delete", "latency_")[0] == 0


@pytest.mark.usefixtures("target")
def test_pruning_needs_an_owner(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "metric: a\n"})
    code, _, err = run(capsys, "configs", "apply", str(tmp_path), "--prune")
    assert code == 1
    assert "set owner in the files, or give --owner" in err


def test_colours_are_off_by_request(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, api_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"colour.yaml": "id: colour\nmetric: a\n"})
    arguments = ("configs", "apply", str(tmp_path), "--dry-run", "--api", api_url)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m+metric: a" in run(capsys, *arguments)[1]
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(capsys, *arguments)[1]


def test_an_api_that_cannot_be_reached(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = tmp_path / "token"
    code, _, err = run(capsys, "configs", "list", "--api", "http://127.0.0.1:9", "--token-file", str(missing))
    assert (code, err) == (1, f"anomaly-stream: the token file {missing} cannot be read: "
                              "No such file or directory\n")  # fmt: skip
    code, _, err = run(capsys, "configs", "list", "--api", "http://127.0.0.1:9")
    assert code == 1
    assert err.startswith("anomaly-stream: the API at http://127.0.0.1:9 cannot be reached: ")
    code, _, err = run(capsys, "configs", "delete", "a", "--api", "http://127.0.0.1:9", "--author", "me")
    assert "the author is that of the token" in err


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20) | st.sampled_from(
    [
        "no",
        "0123",
        "1e3",
        "0o17",
        "1:30",
        "~",
        "null",
        "=",
        "- a",
        "a: b",
        "#",
        " x ",
        ".inf",
        "2024-01-01",
        "",
    ]
)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_yaml_reads_back(document: dict[str, object]) -> None:
    assert plain(load_text(to_yaml(document), "f.yaml")) == [document]


def test_the_api_validates(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, api_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults that only the API finds are reported with the texts of the command line."""
    write(tmp_path, FILES)
    given = ("configs", "validate", str(tmp_path), "--api", api_url)
    code, out, err = run(capsys, *given)
    assert (code, err, len(out.splitlines())) == (0, "", 4)
    (tmp_path / "flow.yaml").write_text("metric: flow\nsensitivity: huge\nmin_observations: 0\n")
    monkeypatch.setattr("anomaly_stream.cli.config_files.parse_document", _of_an_older_version)
    by_api = run(capsys, *given)
    monkeypatch.undo()
    assert by_api == run(capsys, "configs", "validate", str(tmp_path / "flow.yaml"))
    assert (by_api[0], by_api[1], len(by_api[2].splitlines())) == (2, "", 2)


def _of_an_older_version(text: str, name: str, context: ValidationContext) -> list[ParsedConfig]:
    """As a release that validates neither of the two fields."""
    if not name.endswith("flow.yaml"):
        return parse_document(text, name, context)
    valid = text.replace("huge", "high").replace("min_observations: 0", "min_observations: 30")
    (parsed,) = parse_document(valid, name, context)
    (document,) = load_text(text, name)
    return [replace(parsed, document=plain(document), lines=FieldLines(text, name))]
