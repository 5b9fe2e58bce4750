"""The client against the application, in one process, and against answers that fail."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from anomaly_stream.api.app import create_app
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.state import ApiState
from anomaly_stream.client import (
    ApiError,
    Client,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    Preview,
    StaleError,
    UnauthorizedError,
    UnreachableError,
    read_token,
)
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import Decide, Deletion
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model.status import ConfigActivity, PartitionStatus, SeenMetric
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import GroupAccess

CONTEXT = config_context(Settings())


class Store:
    """Configs in memory."""

    def __init__(self) -> None:
        self.registry = Registry(CONTEXT)

    def current(self) -> Registry:
        return self.registry

    def write(self, decide: Decide) -> Registry:
        for change in decide(self.registry):
            if isinstance(change, Deletion):
                self.registry = self.registry.without(change.config_id)
            else:
                self.registry = self.registry.with_record(change)
        return self.registry


def application() -> TestClient:
    caller = Caller("ann", {"ops": GroupAccess(role="admin"), "team": GroupAccess()})
    report = PartitionStatus(
        1, "w:1", 0, 0, 9, 5, 7200.0, [ConfigActivity("flow", 3, alerts=1, alerts_covered=1)],
        metrics=[SeenMetric("flow", 3, 6.0, {"site": {"A": 3}}, [{"site": "A"}])],
        covered_s=7200.0,
    )  # fmt: skip
    workers = WorkerStatus().with_reports([report])
    metrics = ApiMetrics(CollectorRegistry())
    state = ApiState(
        Settings(), CONTEXT, Store(), lambda _: caller, metrics, series=workers, workers=lambda: workers
    )
    return TestClient(create_app(state), base_url="http://api")


class _Bridge(httpx.BaseTransport):
    """Passes requests to an application in this process."""

    def __init__(self, target: TestClient) -> None:
        self._target = target

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._target.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


@pytest.fixture
def client() -> Iterator[Client]:
    with Client("http://api", "token", transport=_Bridge(application())) as found:
        yield found


def test_the_life_of_a_config(client: Client) -> None:
    created = client.configs.create({"id": "flow", "metric": "flow", "owner": "team"}, reason="first")
    assert (created.id, created.version, created.reason, created.dry_run) == ("flow", 1, "first", False)
    assert created.series is not None
    assert created.series.count == 3
    assert "learns from its next" in created.learning

    read = client.configs.get("flow")
    assert read.etag == created.etag != ""
    tried = client.configs.patch("flow", {"min_observations": 50}, read.etag, dry_run=True)
    assert tried.dry_run
    assert client.configs.get("flow").version == 1
    patched = client.configs.patch("flow", {"min_observations": 50}, read.etag)
    assert (patched.version, patched.config["min_observations"]) == (2, 50)
    with pytest.raises(StaleError, match=r"which is now \"2-\w+\": version 2"):
        client.configs.replace("flow", {"metric": "flow"}, read.etag)
    replaced = client.configs.replace("flow", {"metric": "flow", "owner": "team"}, patched.etag)
    back = client.configs.rollback("flow", 2, replaced.etag, reason="it was better")
    assert back.config["min_observations"] == 50
    newest, *_, first = client.configs.versions("flow")
    assert (newest.version, newest.reason) == (4, "it was better")
    assert [change.field for change in newest.changes] == ["min_observations"]
    assert first.version == 1
    status = client.configs.status("flow")
    assert (status.series, status.alerts, status.alerts_per_day) == (3, 1, 12.0)
    assert [worker.worker for worker in status.workers] == ["w:1"]
    client.configs.delete("flow", back.etag)
    with pytest.raises(NotFoundError, match="There is no config 'flow'"):
        client.configs.get("flow")


def test_lists_are_read_to_their_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        client.configs.create({"id": f"c{number}", "metric": f"m{number}"})
    ask = client.configs._transport.ask

    def in_small_pages(answer: type, method: str, path: str, **request: object) -> object:
        query = {**request.pop("query"), "limit": 2}  # type: ignore[dict-item]
        return ask(answer, method, path, query=query, **request)  # type: ignore[arg-type]

    monkeypatch.setattr(client.configs._transport, "ask", in_small_pages)
    assert [config.id for config in client.configs.list()] == [f"c{number}" for number in range(5)]
    assert [config.id for config in client.configs.list(metric="m3")] == ["c3"]
    assert [metric.name for metric in client.metrics()] == ["flow"]
    assert [metric.name for metric in client.metrics(label="none")] == []


def test_an_id_is_one_part_of_a_path(client: Client) -> None:
    client.configs.create({"id": "a", "metric": "m"})
    requests: list[Callable[[str], object]] = [
        client.configs.get, client.configs.versions, client.configs.status, client.alerts.get, client.job,
        client.incidents.get, client.silences.get, client.silences.end,
        lambda one: client.configs.delete(one, "*"), lambda one: client.configs.unlearn(one, {}),
    ]  # fmt: skip
    for request in requests:
        for empty in ("", " "):
            with pytest.raises(InvalidError, match="the id is empty: give one of the "):
                request(empty)
    with pytest.raises(NotFoundError):
        client.configs.get("b/../a")
    assert [one.id for one in client.configs.list()] == ["a"]


def test_groups_have_their_own_routes(client: Client) -> None:
    document = {"id": "pump", "members": {"a": "x", "b": "y"}}
    assert list(map(str, client.groups.validate(document))) == [
        "members.a.metric: no worker sees a metric 'x' now",
        "members.b.metric: no worker sees a metric 'y' now",
    ]
    assert client.groups.create(document).id == "pump"
    assert [group.id for group in client.groups.list()] == ["pump"]
    assert list(client.configs.list()) == []


def test_faults_come_by_field(client: Client) -> None:
    with pytest.raises(InvalidError) as raised:
        client.configs.validate({"metric": "a", "sensitivity": "huge", "min_observations": 0})
    assert {fault.field for fault in raised.value.faults} == {"sensitivity", "min_observations"}
    assert all(str(fault) in str(raised.value).splitlines() for fault in raised.value.faults)
    client.configs.create({"id": "a", "metric": "a"})
    with pytest.raises(ConflictError, match="taken"):
        client.configs.create({"id": "a", "metric": "a"})


Answers = list[httpx.Response | Exception]


def failing(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, list[httpx.Request]]:
    """A client that gets these answers, one after the other, and the requests that it sends."""
    requests: list[httpx.Request] = []
    monkeypatch.setattr("anomaly_stream.client.transport.time.sleep", lambda _: None)

    def handle(request: httpx.Request) -> httpx.Response:
        request.read()
        requests.append(request)
        answer = answers[len(requests) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Client("http://api", "secret", transport=httpx.MockTransport(handle)), requests


def unavailable() -> httpx.Response:
    return httpx.Response(503, json={"title": "Service Unavailable", "detail": "Kafka cannot be reached."})


def page() -> httpx.Response:
    return httpx.Response(200, json={"items": [], "next": None})


def test_reads_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    client, requests = failing([httpx.ReadTimeout("slow"), unavailable(), page()], monkeypatch)
    assert list(client.configs.list()) == []
    assert len(requests) == 3
    assert {request.headers["authorization"] for request in requests} == {"Bearer secret"}


def test_a_creation_is_repeated_under_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    client, requests = failing([httpx.ReadError("cut"), *[unavailable()] * 3], monkeypatch)
    with pytest.raises(ApiError, match="Kafka cannot be reached"):
        client.configs.create({"metric": "m"})
    assert len(requests) == 4
    assert len({request.headers["idempotency-key"] for request in requests}) == 1


@pytest.mark.parametrize("failure", [httpx.ReadError("cut"), unavailable()])
def test_a_change_that_may_be_made_is_not_repeated(
    failure: httpx.Response | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, requests = failing([failure], monkeypatch)
    with pytest.raises(ApiError):
        client.configs.delete("a", "*")
    assert len(requests) == 1


def test_a_change_that_cannot_be_made_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    limited = httpx.Response(429, headers={"retry-after": "1"})
    client, requests = failing([httpx.ConnectError("refused"), limited, httpx.Response(204)], monkeypatch)
    client.configs.delete("a", '"1-a"')
    assert len(requests) == 3


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (lambda: httpx.Response(401, json={"detail": "The token has expired."}), UnauthorizedError,
         "The token has expired: give a valid token"),
        (lambda: httpx.Response(403, json={"detail": "Not yours."}), ForbiddenError, "Not yours"),
        (lambda: httpx.Response(500, content=b"<html>"), ApiError, "answered 500 Internal Server Error"),
        (lambda: httpx.Response(200, content=b"<html>"), ApiError, "not answer as an anomaly-stream API"),
    ],
)  # fmt: skip
def test_failures_name_their_cure(
    answer: Callable[[], httpx.Response], kind: type[ApiError], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = failing([answer()], monkeypatch)
    with pytest.raises(kind, match=text):
        client.configs.get("a")


def test_an_api_that_is_not_there() -> None:
    with pytest.raises(UnreachableError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        Client("http://127.0.0.1:9", retries=0).configs.get("a")
    with pytest.raises(UnreachableError, match="write http://HOST:PORT"):
        Client("anomalies:8080").configs.get("a")


def test_previews_histories_and_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    preview = Preview(3, 1, {"normal": 3}, [], 0, None, 0.5, [], [])
    job = {"id": "j", "config_id": "flow", "owner": "", "state": "running", "started_at_ms": 1}
    answers: Answers = [
        httpx.Response(200, content=msgspec.json.encode(preview)),
        httpx.Response(202, json=job),
        httpx.Response(200, json={**job, "state": "done", "baselines": 2}),
    ]
    client, requests = failing(answers, monkeypatch)
    assert client.preview({"metric": "flow"}, since="2h") == preview
    assert json.loads(requests[0].content) == {"config": {"metric": "flow"}, "since": "2h"}
    started = client.configs.load_history("flow", io.BytesIO(b"a,b\n"), "text/csv", metric="flow")
    assert (started.id, started.state) == ("j", "running")
    assert requests[1].url.path == "/v1/configs/flow/history"
    assert dict(requests[1].url.params) == {"metric": "flow"}
    assert requests[1].headers["content-type"] == "text/csv"
    assert requests[1].content == b"a,b\n"
    assert client.job("j").baselines == 2


def test_a_history_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    client, requests = failing([httpx.ConnectError("refused")], monkeypatch)
    with pytest.raises(UnreachableError):
        client.configs.load_history("flow", io.BytesIO(b"x"), "text/csv")
    assert len(requests) == 1


def test_the_sources_of_the_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    environ = {"ANOMALY_API_TOKEN": "of-the-environment"}
    assert read_token(None, {}) is None
    assert read_token(None, environ) == "of-the-environment"
    with pytest.raises(AnomalyStreamError, match="cannot be read: No such file"):
        read_token(file, environ)
    file.write_text("\n")
    with pytest.raises(AnomalyStreamError, match="is empty"):
        read_token(file, environ)
    file.write_text("of-the-file\n")
    assert read_token(file, environ) == "of-the-file"
