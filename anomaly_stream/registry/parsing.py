"""YAML and JSON texts to configs; reports all faults at once, each with its field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.config_warnings import config_warnings
from anomaly_stream.registry.document import ConfigDocument
from anomaly_stream.registry.faults import field_faults, field_path
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
    return validated.config(context.bands, version), warnings


def parse_document(text: str, name: str, context: ValidationContext) -> list[ParsedConfig]:
    """The configs in a YAML or JSON text: one config, a list of configs, or ``configs: [...]``.

    The text can hold several YAML documents. ``name``, usually of a file, precedes the field of every fault.

    Raises:
        ConfigError: with all faults of all configs.
    """
    try:
        located = list(_located(load_text(text, name)))
    except ValueError as error:
        raise ConfigError((FieldFault(name, f"cannot be read: {error}"),)) from None
    if not located:
        raise ConfigError((FieldFault(name, "contains no config"),))
    parsed: list[ParsedConfig] = []
    faults: list[FieldFault] = []
    for at, document in located:
        try:
            parsed.append(_parsed(document, context, at, {other.config.id for other in parsed}))
        except ConfigError as error:
            faults += [FieldFault(f"{name}: {fault.field}", fault.message) for fault in error.faults]
    if faults:
        raise ConfigError(tuple(faults))
    return parsed


def _parsed(document: object, context: ValidationContext, at: Location, taken: set[str]) -> ParsedConfig:
    config, warnings = validate_config(document, context, at=at)
    if config.id in taken:
        message = f"{config.id!r} is also the id of another config here: give each config its own id"
        raise ConfigError((FieldFault(field_path((*at, "id")), message),))
    return ParsedConfig(config, {**plain(document), "id": config.id}, warnings)


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
