"""The client: configs, groups and metrics of one API."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, TypeVar

import msgspec

from anomaly_stream.client.alerts import Alerts
from anomaly_stream.client.answers import (
    Change,
    Config,
    ConfigStatus,
    Job,
    Metric,
    Preview,
    Version,
    VersionList,
    Warned,
)
from anomaly_stream.client.incidents import Incidents
from anomaly_stream.client.paths import path_of
from anomaly_stream.client.silences import Silences
from anomaly_stream.client.transport import Transport

Document = Mapping[str, Any]
"""A config, as in a file."""
_Tagged = TypeVar("_Tagged", bound=Config)


class _Validated(msgspec.Struct):
    warnings: list[Warned]


class Configs:
    """The configs of one kind: ``client.configs`` or ``client.groups``. Every method raises ApiError.

    ``reason`` is kept with the version. With ``dry_run`` nothing changes, and the answer is as if.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self._path = f"/{name}"

    def list(
        self,
        *,
        owner: str | None = None,
        metric: str | None = None,
        label: str | None = None,
        text: str | None = None,
    ) -> Iterator[Config]:
        """All configs that the token may see and that pass the filters, sorted by id."""
        query = {"owner": owner, "metric": metric, "label": label, "q": text}
        return self._transport.listed(Config, self._path, query)

    def get(self, config_id: str) -> Config:
        """The version in force."""
        return self._tagged(Config, "GET", self._of(config_id))

    def create(
        self, document: Document, *, dry_run: bool = False, reason: str = "", key: str | None = None
    ) -> Change:
        """Create a config. ``key``: the idempotency key; the default is new for each call."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._change("POST", self._path, document, headers, dry_run, reason)

    def replace(
        self, config_id: str, document: Document, etag: str, *, dry_run: bool = False, reason: str = ""
    ) -> Change:
        """Replace the version with this ``etag`` (``*``: any)."""
        return self._change("PUT", self._of(config_id), document, {"If-Match": etag}, dry_run, reason)

    def patch(
        self, config_id: str, patch: Document, etag: str, *, dry_run: bool = False, reason: str = ""
    ) -> Change:
        """Change single fields, by JSON merge patch: None removes a field."""
        headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        return self._change("PATCH", self._of(config_id), patch, headers, dry_run, reason)

    def rollback(
        self, config_id: str, version: int, etag: str, *, dry_run: bool = False, reason: str = ""
    ) -> Change:
        """Put an earlier version in force again, as a new one."""
        path = self._of(config_id, ":rollback")
        return self._change("POST", path, {"version": version}, {"If-Match": etag}, dry_run, reason)

    def delete(self, config_id: str, etag: str, *, dry_run: bool = False) -> None:
        """Delete the config, with its baselines and open alerts."""
        self._transport.send(
            "DELETE", self._of(config_id), query={"dry_run": dry_run}, headers={"If-Match": etag}
        )

    def validate(self, document: Document) -> Sequence[Warned]:
        """The warnings of a valid config; InvalidError with all faults of another."""
        answer, _ = self._transport.ask(_Validated, "POST", f"{self._path}:validate", json=document)
        return answer.warnings

    def versions(self, config_id: str) -> Sequence[Version]:
        """The versions that are kept, the newest first."""
        answer, _ = self._transport.ask(VersionList, "GET", self._of(config_id, "/versions"))
        return answer.items

    def status(self, config_id: str) -> ConfigStatus:
        """What the workers report of the config."""
        return self._transport.ask(ConfigStatus, "GET", self._of(config_id, "/status"))[0]

    def load_history(
        self, config_id: str, content: BinaryIO, media_type: str, *, metric: str | None = None
    ) -> Job:
        """Load the past of a config's series, streamed; :meth:`Client.job` reports its progress.

        ``media_type``: such as ``text/csv``; ``metric``: of rows that do not name one.
        """
        path, headers = self._of(config_id, "/history"), {"Content-Type": media_type}
        query = {"metric": metric}
        return self._transport.ask(Job, "POST", path, query=query, headers=headers, content=content)[0]

    def unlearn(self, config_id: str, what: Document) -> Job:
        """Remove values from the baselines of a config; :meth:`Client.job` reports the progress.

        ``what``: the body of the route, such as ``{"before_alert_id": ...}``.
        """
        return self._transport.ask(Job, "POST", self._of(config_id, "/unlearn"), json=what)[0]

    def tune(
        self, config_id: str, since: str = "7d", objective: Literal["keep-true", "precision"] = "keep-true"
    ) -> Job:
        """Start a proposal by the feedback on the alerts of a config; :meth:`Client.job` has it once done.

        ``since``: how much of the past of the metrics topics is replayed.
        """
        asked = {"since": since, "objective": objective}
        return self._transport.ask(Job, "POST", self._of(config_id, "/tune"), json=asked)[0]

    def _of(self, config_id: str, below: str = "") -> str:
        return path_of(self._path, config_id, below)

    def _change(
        self,
        method: str,
        path: str,
        body: Document,
        headers: Mapping[str, str],
        dry_run: bool,
        reason: str,
    ) -> Change:
        query = {"dry_run": dry_run, "reason": reason or None}
        return self._tagged(Change, method, path, query=query, headers=headers, json=body)

    def _tagged(self, answer: type[_Tagged], method: str, path: str, **request: Any) -> _Tagged:
        found, etag = self._transport.ask(answer, method, path, **request)
        return msgspec.structs.replace(found, etag=etag)


class Client:
    """A client of one API; a context manager, safe to use from several threads.

    Args:
        url: of the API, such as ``https://anomalies.example``.
        token: see :func:`read_token`.
        timeout_s: how long an answer may take.
        retries: how often a request that failed on the way is repeated, where that is safe.
        options: of the transport: ``on_warning`` receives the warnings of lists; the default logs them.

    Attributes:
        configs: the configs of single metrics.
        groups: the configs of groups.
        alerts: the history of alerts.
        incidents: alerts that belong together.
        silences: which alerts are suppressed.
    """

    def __init__(
        self, url: str, token: str | None = None, *, timeout_s: float = 30.0, retries: int = 3, **options: Any
    ) -> None:
        self._transport = Transport(url, token, timeout_s, retries, **options)
        self.configs = Configs(self._transport, "configs")
        self.groups = Configs(self._transport, "groups")
        self.alerts = Alerts(self._transport)
        self.incidents = Incidents(self._transport)
        self.silences = Silences(self._transport)

    def metrics(self, *, text: str | None = None, label: str | None = None) -> Iterator[Metric]:
        """All metrics seen that the token may see and that pass the filters, sorted by name."""
        query = {"q": text, "label": label}
        return self._transport.listed(Metric, "/metrics", query)

    def preview(
        self,
        document: Document,
        *,
        since: str | None = None,
        observations: Sequence[Mapping[str, Any]] | None = None,
    ) -> Preview:
        """What a config would have done over ``observations``, or the topics since (``2h``) ago."""
        asked = {"config": document, "since": since, "observations": observations}
        body = {name: value for name, value in asked.items() if value is not None}
        return self._transport.ask(Preview, "POST", "/configs:preview", json=body)[0]

    def job(self, job_id: str) -> Job:
        """How far a load of a history, a removal of values, or a proposal has come."""
        return self._transport.ask(Job, "GET", path_of("/jobs", job_id))[0]

    def wait_for(self, job_id: str, *, poll_s: float = 1.0) -> Job:
        """The job at its end, which may be ``failed`` or ``lost``; it is read every ``poll_s`` seconds."""
        while (found := self.job(job_id)).state == "running":
            time.sleep(poll_s)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
