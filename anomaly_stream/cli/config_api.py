"""The verbs of ``configs`` through the API."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from anomaly_stream.cli.api_options import print_warning
from anomaly_stream.cli.config_target import Edits, InForce, check_known
from anomaly_stream.client import Client, Config, Version, Warned, read_token
from anomaly_stream.client.client import Configs
from anomaly_stream.client.failures import InvalidError
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.registry.parsing import ParsedConfig
from anomaly_stream.registry.validation_context import ValidationContext


class ApiTarget:
    """The configs that the token may see. A context manager.

    Changes are made one by one. The first that fails ends the command, and names the config; those before it
    are made.
    """

    def __init__(self, context: ValidationContext, url: str, token_file: Path | None, reason: str) -> None:
        self.context = context
        self._client = Client(url, read_token(token_file))
        self._reason = reason

    def validate(self, configs: Sequence[tuple[str, ParsedConfig]]) -> None:
        """Have the API validate configs, each with the name of its file. Raises ConfigError, ApiError."""
        faults: list[FieldFault] = []
        for _, one in configs:
            try:
                _warn(one, self._of(one.document).validate(one.document))
            except InvalidError as error:
                if not error.faults:
                    raise
                faults += [
                    FieldFault(f"{one.place(fault.field)}: {one.path(fault.field)}", fault.message)
                    for fault in error.faults
                ]
        if faults:
            raise ConfigError(tuple(faults))

    def in_force(self) -> list[InForce]:
        """All configs, sorted by id."""
        found = [*self._client.configs.list(), *self._client.groups.list()]
        return sorted(map(_in_force, found), key=lambda one: one.id)

    def refused(self) -> Mapping[str, str]:
        """Nothing: the API writes valid configs only."""
        return {}

    def apply(self, edits: Edits) -> Mapping[str, int]:
        """Make the changes one by one; the new versions by id."""
        changed: dict[str, int] = {}
        for one in edits.puts:
            config_id, document = one.config.id, one.document
            configs = self._of(document)
            before = edits.based_on.get(config_id)
            if before is None:
                change = configs.create(document, reason=self._reason)
            elif before.document != document:
                etag = configs.get(config_id).etag
                change = configs.replace(config_id, document, etag, reason=self._reason)
            else:
                continue
            changed[config_id] = change.version
            _warn(one, change.warnings)
        check_known(edits.deletes, edits.based_on)
        for config_id in edits.deletes:
            configs = self._of(edits.based_on[config_id].document)
            configs.delete(config_id, configs.get(config_id).etag)
        return changed

    def versions(self, config_id: str) -> list[InForce]:
        """The versions that are kept, the newest first."""
        configs = self._of(self._find(config_id).document)
        return [_version(config_id, version) for version in configs.versions(config_id)]

    def rollback(self, config_id: str, version: int) -> int:
        """Put an earlier version in force again; the number of the new one."""
        configs = self._of(self._find(config_id).document)
        etag = configs.get(config_id).etag
        change = configs.rollback(config_id, version, etag, reason=self._reason)
        for warning in change.warnings:
            print_warning(f"{config_id}: {warning}")
        return change.version

    def status(self, config_id: str) -> Mapping[str, Any]:
        """What the workers report."""
        configs = self._of(self._find(config_id).document)
        found: dict[str, Any] = msgspec.to_builtins(configs.status(config_id))
        return found

    def _find(self, config_id: str) -> InForce:
        known = {one.id: one for one in self.in_force()}
        check_known([config_id], known)
        return known[config_id]

    def _of(self, document: Mapping[str, Any]) -> Configs:
        return self._client.groups if "members" in document else self._client.configs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


def _warn(parsed: ParsedConfig, warnings: Iterable[Warned]) -> None:
    """Print what the API warns of and the file alone does not show."""
    known = {warning.message for warning in parsed.warnings}
    for warning in warnings:
        if warning.message not in known:
            place, field = parsed.place(warning.field), parsed.path(warning.field)
            print_warning(f"{place}: {field}: {warning.message}")


def _in_force(config: Config) -> InForce:
    return InForce(
        config.id, config.config, config.version, config.author, config.updated_at.timestamp(), config.reason
    )


def _version(config_id: str, version: Version) -> InForce:
    updated_at_s = version.updated_at.timestamp()
    return InForce(config_id, version.config, version.version, version.author, updated_at_s, version.reason)
