"""Settings of a process, from a YAML file and from ``ANOMALY_STREAM_*`` variables, which take precedence.

A variable of a nested field has two underscores per level: ``ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS``.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
)

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import SettingsError
from anomaly_stream.registry.faults import field_faults
from anomaly_stream.registry.yaml_json import load_text
from anomaly_stream.settings.api import AccessSettings, ApiSettings
from anomaly_stream.settings.groups import MetricsSettings, SeveritySettings, WorkerSettings
from anomaly_stream.settings.history import HistorySettings
from anomaly_stream.settings.kafka import KafkaSettings
from anomaly_stream.settings.notify import NotifySettings
from anomaly_stream.settings.section import Section
from anomaly_stream.settings.topics import TopicSettings

PREFIX = "ANOMALY_STREAM_"

#: Variable with the path of the settings file, if the command line gives none.
FILE_VARIABLE = f"{PREFIX}SETTINGS"

_SERVICE_VARIABLE = re.compile(
    r"_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$"
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")

logger = logging.getLogger(__name__)


class Settings(Section):
    """All settings of a process; :func:`load_settings` reads them."""

    kafka: KafkaSettings = Field(default=KafkaSettings(), description="How to reach Kafka.")
    namespace: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$", max_length=100)
    ] = Field(
        default="",
        description="Prefix of all topics, of the consumer group and of the app id, as in `staging-metrics`.",
    )
    data_dir: Path = Field(default=Path("data"), description="Directory for the local copy of the state.")
    topics: TopicSettings = Field(default=TopicSettings(), description="Names and shapes of the topics.")
    worker: WorkerSettings = Field(
        default=WorkerSettings(), description="How a worker reads and checkpoints."
    )
    metrics: MetricsSettings = Field(
        default=MetricsSettings(), description="Where a worker serves its metrics and health."
    )
    api: ApiSettings = Field(
        default=ApiSettings(), description="Where the configuration API is served, and its limits."
    )
    access: AccessSettings = Field(default=AccessSettings(), description="Who may use the configuration API.")
    history: HistorySettings = Field(
        default=HistorySettings(), description="Where the history of alerts is kept, and for how long."
    )
    notify: NotifySettings = Field(
        default=NotifySettings(), description="How `anomaly-stream notify` delivers."
    )
    severity: SeveritySettings = Field(
        default=SeveritySettings(), description="Where the severity bands begin."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Minimum level of log messages."
    )
    log_format: Literal["human", "json"] = Field(
        default="human",
        description="Form of log messages on standard error: text, or one JSON object per line.",
    )

    def namespaced(self, name: str) -> str:
        """``name`` with the prefix of the namespace."""
        return f"{self.namespace}-{name}" if self.namespace else name

    @property
    def app_id(self) -> str:
        """Id of the Faust app, and name of its consumer group."""
        return self.namespaced("anomaly-stream")


def load_settings(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the YAML file at ``path``, if given, overridden by those of the environment.

    Raises:
        SettingsError: with all faults, one per line, each with its field or variable.
    """
    variables = {_location(name): (name, value) for name, value in _variables(environ)}
    document = _read_file(path) if path is not None else {}
    for location, (_, value) in variables.items():
        _put(document, location, value)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        names = {".".join(location): name for location, (name, _) in variables.items()}
        faults = [
            f"{names.get(fault.field, fault.field)}: {_with_levels(fault.field, fault.message)}"
            for fault in field_faults(error, Settings)
        ]
        raise SettingsError("\n".join(faults)) from None


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables that are settings, sorted; those that Kubernetes sets are logged."""
    ignored = []
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == FILE_VARIABLE or not value:
            continue
        if _is_of_kubernetes(name, value):
            ignored.append(name)
        else:
            yield name, value
    if ignored:
        logger.warning(
            "Ignored %s that Kubernetes sets for a Service whose name begins with anomaly-stream "
            "(enableServiceLinks: false avoids them): %s",
            plural(len(ignored), "variable"), ", ".join(ignored),
        )  # fmt: skip


def _is_of_kubernetes(name: str, value: str) -> bool:
    """Whether this is a variable of a Service: ``.._SERVICE_HOST``, or ``.._PORT=tcp://10.0.0.1:80``."""
    return "__" not in name and bool(
        _SERVICE_VARIABLE.search(name) or (name.endswith("_PORT") and _SERVICE_ADDRESS.match(value))
    )


def _with_levels(field: str, message: str) -> str:
    """The fault, with the variable that is meant where single underscores separate the levels."""
    meant = {
        f"{section}_{name}": f"{PREFIX}{section}__{name}".upper()
        for section, described in Settings.model_fields.items()
        if isinstance(described.annotation, type) and issubclass(described.annotation, Section)
        for name in described.annotation.model_fields
    }
    return f"unknown field; did you mean {meant[field]!r}?" if field in meant else message


def _location(variable: str) -> tuple[str, ...]:
    """``ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS`` as ``("kafka", "bootstrap_servers")``."""
    return tuple(variable.removeprefix(PREFIX).lower().split("__"))


def _put(document: dict[str, Any], location: tuple[str, ...], value: str) -> None:
    *sections, field = location
    for section in sections:
        if not isinstance(document.get(section), dict):
            document[section] = {}
        document = document[section]
    document[field] = value


def _read_file(path: Path) -> dict[str, Any]:
    try:
        documents = load_text(path.read_text(encoding="utf-8"), path.name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"{path}: cannot be read: {reason}") from None
    match documents:
        case []:
            return {}
        case [dict(document)]:
            return document
    raise SettingsError(f"{path}: must be one mapping of settings")
