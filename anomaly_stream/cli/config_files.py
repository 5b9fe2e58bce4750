"""Config files: named one by one, or whole directories of them."""

from collections.abc import Sequence
from pathlib import Path

import typer

from anomaly_stream.cli.files import read_text
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.registry.parsing import ParsedConfig, add_config, parse_document
from anomaly_stream.registry.validation_context import ValidationContext

_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


def expanded(paths: Sequence[Path]) -> list[Path]:
    """``paths``, with the YAML and JSON files in a directory, and below it, in its place.

    Hidden files and directories are left out. Raises typer.BadParameter if there is no path.
    """
    if not paths:
        raise typer.BadParameter("no file is given: name files or directories, or - for standard input")
    return [file for path in paths for file in (_files_in(path) if path.is_dir() else (path,))]


def parse_files(files: Sequence[Path], context: ValidationContext) -> list[tuple[str, ParsedConfig]]:
    """The configs of all files with their file's name; their warnings go to standard error.

    Raises:
        ConfigError: with the faults of all files.
    """
    parsed: list[tuple[str, ParsedConfig]] = []
    by_id: dict[str, ParsedConfig] = {}
    faults: list[FieldFault] = []
    for path in files:
        try:
            for config in parse_document(read_text(path), str(path), context):
                add_config(by_id, config)
                parsed.append((str(path), config))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(tuple(faults))
    for _, config in parsed:
        for warning in config.warnings:
            typer.echo(f"anomaly-stream: warning: {warning}", err=True)
    return parsed


def _files_in(directory: Path) -> list[Path]:
    found = (path for path in directory.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    return sorted(
        path for path in found if not any(part.startswith(".") for part in path.relative_to(directory).parts)
    )
