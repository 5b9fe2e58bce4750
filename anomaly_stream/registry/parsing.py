"""YAML and JSON texts to configs; reports all faults at once, each with its field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.config_warnings import config_warnings
from anomaly_stream.registry.conversion import config_of
from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.faults import field_faults, field_path
from anomaly_stream.registry.field_lines import FieldLines
from anomaly_stream.registry.group_document import GroupDocument, is_group
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.registry.yaml_json import load_text, plain

Location = tuple[int | str, ...]
Config = AnomalyDetectionConfig | GroupConfig


@dataclass(frozen=True, slots=True)
class ParsedConfig:
    """A config, and the document that the user wrote, with the id added."""

    config: Config
    document: Mapping[str, Any]
    warnings: tuple[FieldFault, ...] = ()
    """What the config says in vain, by field."""
    lines: FieldLines | None = field(default=None, compare=False, repr=False)
    """Of the text that it is from, if that is a file."""
    at: Location = field(default=(), compare=False)
    """Its place in that text."""
    has_default_id: bool = field(default=False, compare=False)
    """Whether the file gives it no id, so that it has one by its metric."""

    def place(self, name: str) -> str:
        """File and line of a field, such as ``f.yaml:7``, if a file holds the config."""
        return self.lines.place(self.path(name)) if self.lines is not None else "config"

    def path(self, name: str) -> str:
        """The path of a field in its text, such as ``[1].metric``."""
        return field_path((*self.at, name))


def parse_config(document: object, context: ValidationContext, version: int = 1) -> Config:
    """The config of ``document``, a mapping from YAML or JSON; a group's config if it has members.

    Raises:
        ConfigError: with all faults, by field.
    """
    return validate_config(document, context, version)[0]


def parse_one(document: object, context: ValidationContext, of_group: bool) -> ParsedConfig:
    """The config of one document from JSON: of a group, or of a single metric.

    Raises:
        ConfigError: with all faults, by field.
    """
    config, warnings = validate_config(document, context, of_group=of_group)
    return ParsedConfig(config, {**plain(document), "id": config.id}, warnings)


def validate_config(
    document: object,
    context: ValidationContext,
    version: int = 1,
    at: Location = (),
    of_group: bool | None = None,
) -> tuple[Config, tuple[FieldFault, ...]]:
    """The config of ``document``, and warnings of what it says in vain.

    ``at`` is the place of the document in a larger one. ``of_group`` says which kind of config it must be; by
    default a document with members is a group.

    Raises:
        ConfigError: with all faults, by field.
    """
    model = GroupDocument if (is_group(document) if of_group is None else of_group) else ConfigDocument
    try:
        validated = model.model_validate(document, context=context)
    except ValidationError as error:
        raise ConfigError(tuple(field_faults(error, model, at))) from None
    warnings = tuple(
        FieldFault(field_path((*at, warning.field)), warning.message)
        for warning in config_warnings(cast(Mapping[str, Any], document), validated, context)
    )
    return config_of(validated, context, version), warnings


def parse_document(text: str, name: str, context: ValidationContext) -> list[ParsedConfig]:
    """The configs in a YAML or JSON text: one config, a list of configs, or ``configs: [...]``.

    The text can hold several YAML documents. ``name``, usually of a file, and the line precede the field of
    every fault and every warning.

    Raises:
        ConfigError: with all faults of all configs.
    """
    try:
        located = list(_located(load_text(text, name)))
    except ValueError as error:
        raise ConfigError((FieldFault(name, f"cannot be read: {error}"),)) from None
    if not located:
        raise ConfigError((FieldFault(name, "contains no config"),))
    lines = FieldLines(text, name)
    by_id: dict[str, ParsedConfig] = {}
    faults: list[FieldFault] = []
    for at, document in located:
        try:
            add_config(by_id, _parsed(document, context, at, lines))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(tuple(faults))
    return list(by_id.values())


def add_config(by_id: dict[str, ParsedConfig], parsed: ParsedConfig) -> None:
    """Add a config of a file. Raises ConfigError if another one has its id."""
    first = by_id.setdefault(parsed.config.id, parsed)
    if first is not parsed:
        message = f"{parsed.config.id!r} is also the id at {first.place('id')}: give each config its own"
        raise ConfigError((FieldFault(f"{parsed.place('id')}: {parsed.path('id')}", message),))


def _parsed(document: object, context: ValidationContext, at: Location, lines: FieldLines) -> ParsedConfig:
    try:
        config, warnings = validate_config(document, context, at=at)
    except ConfigError as error:
        raise ConfigError(_placed(error.faults, lines)) from None
    written = plain(document)
    placed = _placed(warnings, lines)
    return ParsedConfig(config, {**written, "id": config.id}, placed, lines, at, not written.get("id"))


def _placed(faults: Iterable[FieldFault], lines: FieldLines) -> tuple[FieldFault, ...]:
    return tuple(FieldFault(f"{lines.place(fault.field)}: {fault.field}", fault.message) for fault in faults)


def _located(documents: Sequence[object]) -> Iterator[tuple[Location, object]]:
    """Every config document with its place in the text."""
    for number, document in enumerate(documents):
        at: Location = ("document", number) if len(documents) > 1 else ()
        if isinstance(document, Mapping) and isinstance(document.get("configs"), list):
            if len(document) > 1:
                raise ValueError("a document with a list of configs can have no other field")
            at, document = (*at, "configs"), document["configs"]
        if isinstance(document, list):
            yield from (((*at, place), element) for place, element in enumerate(document))
        else:
            yield at, document
