"""Where the verbs of ``configs`` read and write: the API, or the configs topic itself."""

import getpass
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import typer

from anomaly_stream.cli.options import start_process
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import Change, ConfigWriter, Deletion, config_writer
from anomaly_stream.kafka.status_topic import StatusBoard, status_view
from anomaly_stream.ops.clock import now_ms
from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.faults import did_you_mean
from anomaly_stream.registry.parsing import ParsedConfig, parse_one
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.settings import Settings

_EXTRA = "--api needs the package httpx, which is not installed: run pip install 'anomaly-stream[api]'"


@dataclass(frozen=True, slots=True)
class InForce:
    """A config in force, or an earlier version of one."""

    id: str
    document: Mapping[str, Any]
    version: int
    author: str
    updated_at_s: float
    reason: str = ""

    @property
    def owner(self) -> str:
        """The group that owns it; empty if none does."""
        return str(self.document.get("owner", ""))

    @property
    def updated(self) -> str:
        """The time of the change, for people."""
        return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(self.updated_at_s))


@dataclass(frozen=True, slots=True)
class Edits:
    """Configs to put in force, and ids of configs to delete; ``based_on``: those in force, by id."""

    puts: Sequence[ParsedConfig]
    deletes: Sequence[str]
    based_on: Mapping[str, InForce]


class Target(Protocol):
    """Configs in force, and their changes. Every method raises AnomalyStreamError."""

    context: ValidationContext

    def in_force(self) -> list[InForce]:
        """All configs, sorted by id."""

    def refused(self) -> Mapping[str, str]:
        """Why the newest record of an id is refused, as far as the target knows."""

    def apply(self, edits: Edits) -> Mapping[str, int]:
        """Make all changes; the new versions by id."""

    def versions(self, config_id: str) -> list[InForce]:
        """The versions that are kept, the newest first."""

    def rollback(self, config_id: str, version: int) -> int:
        """Put an earlier version in force again; the number of the new one."""

    def status(self, config_id: str) -> Mapping[str, Any]:
        """What the workers report."""


class TopicTarget:
    """The configs topic, and the status topic."""

    def __init__(self, settings: Settings, writer: ConfigWriter, author: str, reason: str) -> None:
        self.context = config_context(settings)
        self._settings = settings
        self._writer = writer
        self._author = author or getpass.getuser()
        self._reason = reason

    def in_force(self) -> list[InForce]:
        """All configs, sorted by id."""
        return [_in_force(record) for record in self._writer.current()]

    def refused(self) -> Mapping[str, str]:
        """Why the newest record of an id is refused."""
        return {config_id: str(error) for config_id, error in self._writer.current().refused.items()}

    def apply(self, edits: Edits) -> Mapping[str, int]:
        """Make all changes in one transaction; the new versions by id."""
        changed: dict[str, int] = {}

        def decide(registry: Registry) -> list[Change]:
            known = {*registry.records, *registry.refused}
            check_known(edits.deletes, known)
            revisions = (registry.revise(one, self._author, now_ms(), self._reason) for one in edits.puts)
            records = [record for record in revisions if record is not None]
            changed.clear()
            changed.update((record.config.id, record.version) for record in records)
            return [*records, *(Deletion(config_id, self._author) for config_id in edits.deletes)]

        self._writer.write(decide)
        return changed

    def versions(self, config_id: str) -> list[InForce]:
        """The versions that are kept, the newest first."""
        record = _record(self._writer.current(), config_id)
        past = [
            InForce(config_id, one.config, one.version, one.author, one.updated_at_ms / 1000, one.reason)
            for one in record.past
        ]
        return [_in_force(record), *past]

    def rollback(self, config_id: str, version: int) -> int:
        """Put an earlier version in force again; the number of the new one."""
        versions = self.versions(config_id)
        documents = {one.version: one.document for one in versions}
        if version not in documents:
            kept = ", ".join(map(str, sorted(documents)))
            raise AnomalyStreamError(f"version {version} of {config_id} is not kept: {kept} are")
        of_group = "members" in documents[version]
        parsed = parse_one(dict(documents[version]), self.context, of_group)
        changed = self.apply(Edits([parsed], [], {config_id: versions[0]}))
        return changed.get(config_id, versions[0].version)

    def status(self, config_id: str) -> Mapping[str, Any]:
        """What the workers report."""
        record = _record(self._writer.current(), config_id)
        with status_view(self._settings) as view:
            found = StatusBoard(view).now().config(config_id)
        offset = record.offset if record.offset is not None else 0
        activity = found.activity
        return {
            "version": record.version,
            "workers": [
                {
                    "worker": one.worker,
                    "in_force": one.config_offset > offset,
                    "partitions": list(one.partitions),
                    "series": one.series,
                }
                for one in found.workers
            ],
            "series": activity.series,
            "learning": activity.learning,
            "refused": activity.refused,
            "anomalies": activity.anomalies,
            "alerts": activity.alerts,
            "alerts_per_day": found.alerts_per_day,
            "last_error": activity.error or None,
        }


@contextmanager
def open_target(
    settings: Path | None, api: str | None, token_file: Path | None, author: str = "", reason: str = ""
) -> Iterator[Target]:
    """The API at ``api``, or without it the topics of the settings."""
    loaded = start_process(settings)
    if api is None:
        with config_writer(loaded) as writer:
            yield TopicTarget(loaded, writer, author, reason)
        return
    if author:
        raise typer.BadParameter("--author cannot be given with --api: the author is that of the token")
    with api_target()(config_context(loaded), api, token_file, reason) as target:
        yield target


def check_known(ids: Sequence[str], known: Collection[str]) -> None:
    """Raise AnomalyStreamError if one of ``ids`` is not known."""
    unknown = [config_id for config_id in ids if config_id not in known]
    if unknown:
        lines = (f"no config {one!r} is in force{_suggestion(one, known)}" for one in unknown)
        raise AnomalyStreamError("\n".join(lines))


def api_target() -> Callable[..., Any]:
    """The class, imported when it is used: its packages are an extra."""
    try:
        from anomaly_stream.cli.config_api import ApiTarget
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise AnomalyStreamError(_EXTRA) from None
    return ApiTarget


def _record(registry: Registry, config_id: str) -> ConfigRecord:
    check_known([config_id], registry.records)
    return registry.records[config_id]


def _in_force(record: ConfigRecord) -> InForce:
    return InForce(
        record.config.id,
        record.document,
        record.version,
        record.author,
        record.updated_at_ms / 1000,
        record.reason,
    )


def _suggestion(config_id: str, known: Collection[str]) -> str:
    return did_you_mean(config_id, known) if known else ""
