"""``/v1/silences``: which alerts are suppressed on purpose."""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from anomaly_stream.api.answers import faults
from anomaly_stream.api.audit import record_action
from anomaly_stream.api.body import BAD_BODY, Body, document_of, request_body
from anomaly_stream.api.caller import Caller, CurrentCaller
from anomaly_stream.api.filter_warnings import owner_warnings
from anomaly_stream.api.filters import decode_cursor, encode_cursor
from anomaly_stream.api.problems import ProblemError, described
from anomaly_stream.api.silence_answers import (
    NewSilenceAnswer,
    SilenceAnswer,
    SilencePage,
    SilenceState,
    silence_answer,
)
from anomaly_stream.api.silence_warnings import silence_warnings
from anomaly_stream.api.state import ApiState, SilenceStore, State
from anomaly_stream.errors import FieldFault
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.silences.document import SilenceDocument
from anomaly_stream.silences.record import StoredSilence, stored

router = APIRouter(prefix="/silences", tags=["silences"])

_DAY_S = 86_400.0
_OVER = (
    "is in the past: the silence is over, and suppresses only events of that time that are still to come; "
    "if another time is meant, end it and create one with that time"
)
_EXAMPLE = {
    "match": {"env": "prod"},
    "until": "2099-01-31T12:00:00Z",
    "reason": "the database moves",
}


class SilenceQuery(BaseModel):
    """Which silences to list, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    owner: str | None = Field(default=None, description="Silences of this group.")
    state: list[SilenceState] = Field(
        default=["pending", "active", "waiting"], max_length=4, description="Silences in these states."
    )
    limit: int = Field(default=100, ge=1, le=1000, description="Most silences on a page.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")


@router.get("", name="list_silences", responses=described(HTTPStatus.UNPROCESSABLE_ENTITY))
def list_silences(
    state: State, caller: CurrentCaller, query: Annotated[SilenceQuery, Query()]
) -> SilencePage:
    """List the silences of the caller's groups and those of all groups, the newest first."""
    before = decode_cursor(query.cursor) if query.cursor is not None else None
    now = state.clock()
    found = []
    for silence_id, one in sorted(_store(state).current().by_id.items(), reverse=True):
        if (before is None or silence_id < before) and _may_see(caller, one):
            answer = silence_answer(one, now)
            if answer.state in query.state and query.owner in (None, one.silence.owner):
                found.append(answer)
        if len(found) > query.limit:
            break
    page = found[: query.limit]
    after = encode_cursor(page[-1].id) if len(found) > query.limit else None
    return SilencePage(
        items=page, next=after, warnings=faults([] if page else _warnings(state, caller, query))
    )


def _warnings(state: ApiState, caller: Caller, query: SilenceQuery) -> list[FieldFault]:
    if query.owner in (None, ""):
        return []
    owners = {record.config.owner for record in state.store.current()}
    return owner_warnings(state, caller, query.owner, owners)


@router.get("/{silence_id}", name="read_silence", responses=described(HTTPStatus.NOT_FOUND))
def read_silence(silence_id: str, state: State, caller: CurrentCaller) -> SilenceAnswer:
    """Read a silence."""
    return silence_answer(_find(state, caller, silence_id), state.clock())


@router.post(
    "",
    name="create_silence",
    status_code=HTTPStatus.CREATED,
    openapi_extra=request_body("SilenceDocument", _EXAMPLE),
    responses=described(*BAD_BODY),
)
def create_silence(
    document: Body, state: State, caller: CurrentCaller, response: Response
) -> NewSilenceAnswer:
    """Suppress alerts: once, in maintenance windows, or while another alert fires.

    It concerns events that are published from now on. It cannot be changed, only ended.
    """
    caller.check_editor()
    if isinstance(document, Mapping) and "owner" not in document and caller.default_owner:
        document = {**document, "owner": caller.default_owner}
    asked = document_of(document, SilenceDocument, "silence")
    _check_change(caller, asked.owner)
    now_ms = int(state.clock() * 1000)
    try:
        asked.check_use(now_ms / 1000)
    except ValueError as error:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The silence is invalid.",
            [FieldFault("silence", str(error))],
        ) from None
    record = SilenceRecord(
        id=f"{now_ms:012x}{secrets.token_hex(4)}", author=caller.id, created_at_ms=now_ms, silence=document
    )
    warnings = silence_warnings(state, caller, asked)
    if asked.until is not None and asked.until <= now_ms / 1000:
        warnings.append(FieldFault("until", _OVER))
    _forget_old(state)
    _store(state).write(record)
    record_action(caller, "silence", record.id, before=None, after=record.silence)
    response.headers["Location"] = f"/v1/silences/{record.id}"
    made = silence_answer(stored(record), state.clock())
    return NewSilenceAnswer(**made.model_dump(), warnings=faults(warnings))


@router.delete(
    "/{silence_id}",
    name="end_silence",
    status_code=HTTPStatus.NO_CONTENT,
    responses=described(HTTPStatus.NOT_FOUND),
)
def end_silence(silence_id: str, state: State, caller: CurrentCaller) -> None:
    """End a silence. It stays readable, because events that it has suppressed name it."""
    caller.check_editor()
    found = _find(state, caller, silence_id)
    _check_change(caller, found.silence.owner)
    if found.record.ended_at_ms is None:
        ended = msgspec.structs.replace(
            found.record, ended_by=caller.id, ended_at_ms=int(state.clock() * 1000)
        )
        _store(state).write(ended)
        record_action(caller, "end_silence", silence_id, before=found.record.silence, after=None)


def _store(state: ApiState) -> SilenceStore:
    if state.silences is None:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "This server has no silences.")
    return state.silences


def _may_see(caller: Caller, one: StoredSilence) -> bool:
    return one.silence.owner == "" or caller.may_read(one.silence.owner)


def _find(state: ApiState, caller: Caller, silence_id: str) -> StoredSilence:
    found = _store(state).current().by_id.get(silence_id)
    if found is None or not _may_see(caller, found):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"There is no silence {silence_id!r}.")
    return found


def _check_change(caller: Caller, owner: str) -> None:
    if not caller.may_change(owner):
        whose = f"the group {owner!r}" if owner else "all groups"
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"{caller.id} may not silence alerts of {whose}: set owner to one of its groups with the role "
            f"editor ({', '.join(sorted(filter(caller.may_change, caller.groups)))}).",
        )


def _forget_old(state: ApiState) -> None:
    """Delete silences that were over before the oldest event of the history."""
    oldest = state.clock() - state.settings.history.keep_days * _DAY_S
    store = _store(state)
    for silence_id, one in store.current().by_id.items():
        ended_at_ms, end = one.record.ended_at_ms, one.silence.end
        ends = [each for each in (ended_at_ms and ended_at_ms / 1000, end) if each is not None]
        if ends and min(ends) < oldest:
            store.delete(silence_id)
