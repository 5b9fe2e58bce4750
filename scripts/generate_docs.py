"""Write the pages and files that are generated from the code; with ``--check``, report outdated ones.

These are the pages of settings, metrics, config fields, commands and topics, and the JSON Schemas of configs
and events.
"""

import json
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from anomaly_stream.detectors.registry import REGISTRY
from anomaly_stream.formats.event_schema import event_schemas
from anomaly_stream.groups.detectors.registry import REGISTRY as GROUP_REGISTRY
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.ops.history_metrics import RecorderMetrics
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.ops.process_metrics import ProcessMetrics
from anomaly_stream.registry.presets import PRESETS
from anomaly_stream.registry.schema import FILE_NAME, GROUP_FILE_NAME, config_schema, group_schema
from anomaly_stream.settings import FILE_VARIABLE, PREFIX, Settings
from scripts.reference.commands import commands_page
from scripts.reference.tables import NOTE, cell
from scripts.reference.topics import topics_page
from scripts.reference.values import with_values

_TABLE_HEAD = ("| field | default | meaning |", "| --- | --- | --- |")
ROOT = Path(__file__).resolve().parent.parent


def settings_page() -> str:
    """Every setting with its variable, default and description."""
    lines = [
        "# Settings",
        "",
        NOTE,
        "",
        f"A process reads settings from a YAML file (`--settings FILE`, or the file that `{FILE_VARIABLE}`",
        "names) and from environment variables. A variable overrides the file. In the file, each section is",
        "a mapping. In a variable, a list is written `a,b`, and an empty variable counts as not set. All",
        "faults are reported at once. `configs/settings.yaml` in the repository is an example.",
        "",
        *_table("Process", Settings, ""),
    ]
    for name, field in Settings.model_fields.items():
        if (section := _section(field)) is not None:
            lines += ["", *_table(name, section, f"{name}.")]
    return "\n".join(lines) + "\n"


def _table(title: str, model: type[BaseModel], path: str) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    if path:
        yield f"{(model.__doc__ or '').splitlines()[0]}"
        yield ""
    yield "| setting and variable | default | meaning |"
    yield "| --- | --- | --- |"
    properties = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        if _section(field) is None:
            variable = PREFIX + (path + name).upper().replace(".", "__")
            meaning = cell(with_values(field.description or "", properties[name]))
            yield f"| `{path}{name}`<br>`{variable}` | {_default(field)} | {meaning} |"


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is None or value == "" or isinstance(value, SecretStr):
        return ""
    if isinstance(value, Path | Enum):
        value = str(value)
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def metrics_page() -> str:
    """Every Prometheus metric of a worker, of the API and of a recorder."""
    lines = [
        "# Prometheus metrics",
        "",
        NOTE,
        "",
        "A worker serves these metrics at `http://HOST:PORT/metrics`, where `metrics.host` and",
        "`metrics.port` are [settings](settings.md#metrics).",
        "[What to alert on](operations.md#what-to-alert-on) says which to watch.",
        "",
        *_metrics(WorkerMetrics(CollectorRegistry())),
        "",
        "## Configuration API",
        "",
        "A process of the [configuration API](api.md) serves these at `metrics.host` and `api.metrics_port`.",
        "",
        *_metrics(ApiMetrics(CollectorRegistry())),
        "",
        "## History",
        "",
        "The process that [records the history](keep-a-history.md) serves these: `anomaly-stream recorder`",
        "at `metrics.host` and `history.metrics_port`, or a process of the API with its own.",
        "",
        *_metrics(RecorderMetrics(CollectorRegistry())),
        "",
        "## Notifications",
        "",
        "`anomaly-stream notify` serves these at `metrics.host` and `notify.metrics_port`.",
        "",
        *_metrics(NotifierMetrics(CollectorRegistry())),
    ]
    return "\n".join(lines) + "\n"


def _metrics(metrics: ProcessMetrics) -> Iterator[str]:
    """A table of the metrics of a process."""
    yield "| metric | type | labels | meaning |"
    yield "| --- | --- | --- | --- |"
    for entry in metrics.catalogue:
        labels = ", ".join(f"`{label}`" for label in entry.labels)
        yield f"| `{entry.name}` | {entry.kind} | {labels} | {cell(entry.help)} |"


def configs_page() -> str:
    """Every field of a config, and the detectors."""
    schema = json.loads(config_schema([detector.name for detector in REGISTRY]))
    lines = [
        "# Config fields",
        "",
        NOTE,
        "",
        "A YAML or JSON file holds one config, a list of configs, or `configs:` with a list. Only `metric`",
        "is required. [Which config for my data](choose-a-config.md) says which fields to set, and when.",
        "The repository has examples in `configs` and the JSON Schema in",
        f"`anomaly_stream/schema/{FILE_NAME}`.",
        "",
        *_TABLE_HEAD,
    ]
    lines += _fields(schema)
    lines += ["", "## Detectors", "", "| name | what it finds |", "| --- | --- |"]
    lines += [f"| `{detector.name}` | {cell(detector.doc)} |" for detector in REGISTRY]
    lines += [
        "",
        "[Detection](detection.md) says which to choose, and has their formulas, sources and pictures.",
        "",
        "## Presets",
        "",
        "`preset` sets defaults of other fields. A field that the config sets itself wins.",
        "",
        "| preset | kind of metric | sets |",
        "| --- | --- | --- |",
    ]
    for name, preset in PRESETS.items():
        fields = [f"`{field}: {json.dumps(value)}`" for field, value in preset.fields.items()]
        lines.append(f"| `{name}` | {cell(preset.doc)} | {', '.join(fields)} |")
    of_groups = json.loads(group_schema([detector.name for detector in GROUP_REGISTRY]))
    lines += [
        "",
        "## Fields of a group's config",
        "",
        "A config with `members` is a [group](watch-a-group.md). One file may hold groups and other configs.",
        "Only `id` and `members` are required.",
        f"The JSON Schema is `anomaly_stream/schema/{GROUP_FILE_NAME}`.",
        "",
        *_TABLE_HEAD,
        *_fields(of_groups),
        "",
        "A member is the name of its metric, or a mapping with these fields:",
        "",
        *_TABLE_HEAD,
        *_fields(of_groups["$defs"]["MemberDocument"]),
        "",
        "## Detectors of groups",
        "",
        "| name | what it finds |",
        "| --- | --- |",
    ]
    lines += [f"| `{detector.name}` | {cell(detector.doc)} |" for detector in GROUP_REGISTRY]
    return "\n".join(lines) + "\n"


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    """Rows of a table of the schema's fields."""
    for name, field in schema["properties"].items():
        default = field.get("default")
        shown = "" if default in (None, "", {}) else f"`{json.dumps(default)}`"
        yield f"| `{name}` | {shown} | {cell(with_values(field['description'], field))} |"


def generated() -> dict[Path, str]:
    """Every generated file and its content."""
    return {
        ROOT / "docs" / "settings.md": settings_page(),
        ROOT / "docs" / "metrics.md": metrics_page(),
        ROOT / "docs" / "configs.md": configs_page(),
        **{ROOT / "anomaly_stream" / "schema" / name: text for name, text in event_schemas().items()},
        ROOT / "docs" / "cli.md": commands_page(),
        ROOT / "docs" / "topics.md": topics_page(),
        ROOT / "anomaly_stream" / "schema" / FILE_NAME: config_schema(
            [detector.name for detector in REGISTRY]
        ),
        ROOT / "anomaly_stream" / "schema" / GROUP_FILE_NAME: group_schema(
            [detector.name for detector in GROUP_REGISTRY]
        ),
    }


def main() -> int:
    """Write the files that differ, or report them with ``--check``: then the exit status is 1."""
    checking = "--check" in sys.argv[1:]
    stale = [
        (path, text)
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if checking:
            print(f"{path.relative_to(ROOT)} is out of date: run `make docs`")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} written")
    return int(checking and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
