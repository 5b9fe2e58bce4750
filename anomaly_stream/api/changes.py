"""Changes of configs as functions of the configs in force, with the rights of the caller checked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from anomaly_stream.api.audit import record_change
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.document_kind import check_kind
from anomaly_stream.api.etags import check_match
from anomaly_stream.api.planned import Plan, Planned
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import ConfigError, FieldFault
from anomaly_stream.kafka.config_writer import Change, Deletion
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.pipeline.restarts import restarting_fields
from anomaly_stream.registry.config_record import ConfigRecord, Creation
from anomaly_stream.registry.parsing import ParsedConfig, parse_one
from anomaly_stream.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Editor:
    """Plans the changes of one caller to configs of one kind.

    Attributes:
        state: of the application.
        caller: whose rights are checked.
        of_groups: whether the configs are those of groups.
    """

    state: ApiState
    caller: Caller
    of_groups: bool

    def current(self) -> Registry:
        """The configs in force. Raises BrokerError."""
        return self.state.store.current()

    def is_visible(self, record: ConfigRecord) -> bool:
        """Whether the record is of this kind, and the caller may see it."""
        is_kind = isinstance(record.config, GroupConfig) == self.of_groups
        return is_kind and self.caller.may_read(record.config.owner)

    def find(self, registry: Registry, config_id: str) -> ConfigRecord:
        """The record of this id. Raises ProblemError (404) if there is none that the caller may see."""
        record = registry.records.get(config_id)
        if record is None or not self.is_visible(record):
            what, other = ("group", "configs") if self.of_groups else ("config", "groups")
            is_other = record is not None and self.caller.may_read(record.config.owner)
            cure = f" /v1/{other}/{config_id} is there." if is_other else ""
            raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no {what} {config_id!r}.{cure}")
        return record

    def parse(self, document: object) -> ParsedConfig:
        """The config of ``document``, owned by the caller's group unless it says otherwise.

        Raises:
            ConfigError: with all faults.
            ProblemError: 403, the caller may not put it in force.
        """
        parsed = self._parsed(document)
        self.caller.check_change(parsed.config)
        return parsed

    def parse_unsaved(self, document: object) -> ParsedConfig:
        """The config of ``document``, which is not put in force: as :meth:`parse`, for viewers too.

        Raises:
            ConfigError: with all faults.
            ProblemError: 403, the caller may not see its metrics.
        """
        parsed = self._parsed(document)
        self.caller.check_sight(parsed.config)
        return parsed

    def _parsed(self, document: object) -> ParsedConfig:
        if isinstance(document, Mapping):
            check_kind(document, self.of_groups)
            if "owner" not in document and self.caller.default_owner:
                document = {**document, "owner": self.caller.default_owner}
        return parse_one(document, self.state.context, self.of_groups)

    def create(self, parsed: ParsedConfig, creation: Creation | None, reason: str) -> Plan:
        """Create the config. A repetition of the request that created it changes nothing."""

        def plan(registry: Registry) -> Planned:
            if creation is not None and (earlier := _created_by(registry, creation)) is not None:
                return Planned(earlier, earlier)
            taken = registry.records.get(parsed.config.id)
            if taken is not None:
                is_own = self.is_visible(taken) and self.caller.may_change(taken.config.owner)
                cure = ", or replace the config with PUT and If-Match" if is_own else ""
                raise ProblemError(
                    HTTPStatus.CONFLICT, f"The id {taken.config.id!r} is taken: choose another id{cure}."
                )
            return self._revised(registry, parsed, reason, creation)

        return plan

    def replace(self, config_id: str, document: object, if_match: str | None, reason: str) -> Plan:
        """Replace the document of the config."""

        def plan(registry: Registry) -> Planned:
            before = self._changeable(registry, config_id, if_match)
            parsed = self.parse(_named(document, config_id))
            _same_id(parsed, before.config.id)
            return self._revised(registry, parsed, reason)

        return plan

    def patch(self, config_id: str, patch: object, if_match: str | None, reason: str) -> Plan:
        """Merge ``patch`` into the document of the config (RFC 7396)."""

        def plan(registry: Registry) -> Planned:
            before = self._changeable(registry, config_id, if_match)
            parsed = self.parse(merged(before.document, patch))
            _same_id(parsed, config_id)
            return self._revised(registry, parsed, reason)

        return plan

    def rollback(self, config_id: str, version: int, if_match: str | None, reason: str) -> Plan:
        """Put the document of an earlier version in force, as a new version."""

        def plan(registry: Registry) -> Planned:
            before = self._changeable(registry, config_id, if_match)
            documents = {past.version: past.config for past in before.past}
            documents[before.version] = dict(before.document)
            if version not in documents:
                kept = ", ".join(map(str, sorted(documents)))
                fault = FieldFault("version", f"is not kept: {kept} are")
                raise ConfigError((fault,))
            return self._revised(registry, self.parse(documents[version]), reason)

        return plan

    def delete(self, config_id: str, if_match: str | None) -> Plan:
        """Delete the config."""

        def plan(registry: Registry) -> Planned:
            before = self._changeable(registry, config_id, if_match)
            return Planned(before, None, (Deletion(config_id, self.caller.id),))

        return plan

    def _changeable(self, registry: Registry, config_id: str, if_match: str | None) -> ConfigRecord:
        record = self.find(registry, config_id)
        self.caller.check_change(record.config)
        check_match(record, if_match)
        return record

    def carry_out(self, action: str, plan: Plan, dry_run: bool) -> Planned:
        """Make the planned change, unless this is a dry run, and note it in the audit log.

        Raises what ``plan`` raises, and BrokerError.
        """
        if dry_run:
            return plan(self.current())
        planned: list[Planned] = []

        def decide(registry: Registry) -> tuple[Change, ...]:
            planned[:] = [plan(registry)]
            return planned[0].changes

        self.state.store.write(decide)
        (done,) = planned
        if done.changes:
            record_change(self.caller, action, done)
        return done

    def _revised(
        self, registry: Registry, parsed: ParsedConfig, reason: str, creation: Creation | None = None
    ) -> Planned:
        before = registry.records.get(parsed.config.id)
        now_ms = int(self.state.clock() * 1000)
        after = registry.revise(parsed, self.caller.id, now_ms, reason, creation)
        if after is None:
            return Planned(before, before)
        restarts: Sequence[str] = ()
        if before is not None:
            restarts = restarting_fields(before.config, after.config, self.state.context.bands)
        return Planned(before, after, (after,), tuple(restarts))


def merged(target: object, patch: object) -> Any:
    """The JSON merge patch of RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def creation_of(caller: Caller, key: str | None, document: Mapping[str, Any]) -> Creation | None:
    """What identifies a request with an idempotency key, and this document of a config."""
    if key is None:
        return None
    body = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return Creation(_digest(f"{caller.id}\n{key}".encode()), _digest(body))


def job_id_of(caller: Caller, key: str, config_id: str) -> str:
    """The id of the job that a request with an idempotency key starts: the same for each repetition."""
    return _digest(f"{caller.id}\n{key}\n{config_id}".encode())


def version_of(body: object) -> int:
    """The version that a rollback names. Raises ConfigError."""
    version = body.get("version") if isinstance(body, Mapping) else None
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ConfigError((FieldFault("version", "must be the number of a version"),))
    if isinstance(body, Mapping) and (unknown := sorted({*body} - {"version"})):
        raise ConfigError(tuple(FieldFault(name, "unknown field; known are version") for name in unknown))
    return version


def _created_by(registry: Registry, creation: Creation) -> ConfigRecord | None:
    """The config that an earlier request with the same key created."""
    for record in registry.records.values():
        if record.creation is not None and record.creation.key == creation.key:
            if record.creation.body != creation.body:
                raise ProblemError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "The Idempotency-Key was used for another body: use a new key for each request.",
                )
            return record
    return None


def _named(document: object, config_id: str) -> object:
    return {"id": config_id, **document} if isinstance(document, Mapping) else document


def _same_id(parsed: ParsedConfig, config_id: str) -> None:
    if parsed.config.id != config_id:
        raise ConfigError((FieldFault("id", f"is {parsed.config.id!r}, but the path says {config_id!r}"),))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]
