"""The routes of configs: the same for single metrics and for groups."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from starlette.convertors import Convertor, register_url_convertor

from anomaly_stream.api.answers import (
    ChangeAnswer,
    ConfigAnswer,
    ConfigPage,
    ValidationAnswer,
    VersionList,
    change_answer,
    config_answer,
    validation_answer,
    version_list,
)
from anomaly_stream.api.body import BAD_BODY, Body, request_body
from anomaly_stream.api.caller import CurrentCaller
from anomaly_stream.api.changes import Editor, creation_of, version_of
from anomaly_stream.api.etags import IfMatch, etag_of
from anomaly_stream.api.filters import Listing, config_page
from anomaly_stream.api.planned import Plan
from anomaly_stream.api.problems import described
from anomaly_stream.api.state import State

DryRun = Annotated[bool, Query(description="Answer as if, and change nothing.")]
Reason = Annotated[str, Query(max_length=500, description="Why; kept with the version.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A new text for each request. A repetition with the same key creates nothing, and gets "
        "the same config.",
    ),
]

_REFUSALS = (HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
"""The statuses by which a change of an existing config is refused, beside those of its body."""


class _IdConvertor(Convertor[str]):
    """The id of a config in a path; what follows it, such as `:rollback`, is not part of it."""

    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("id", _IdConvertor())


@dataclass(frozen=True, slots=True)
class Write:
    """How an existing config is changed: parameters of a request."""

    if_match: IfMatch = None
    dry_run: DryRun = False
    reason: Reason = ""


Writing = Annotated[Write, Depends()]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of configs.

    Attributes:
        name: of one, in operation ids: `config`.
        schema: component schema of its document.
        of_groups: whether these are the configs of groups.
        example: a document that is valid as it is.
    """

    name: str
    schema: str
    of_groups: bool
    example: dict[str, Any]

    def editor(self, state: State, caller: CurrentCaller) -> Editor:
        """The dependency that reads and changes configs of this kind for the caller."""
        return Editor(state, caller, self.of_groups)


def router_of(resource: Resource) -> APIRouter:
    """The routes of ``resource``."""
    router = APIRouter(prefix=f"/{resource.name}s", tags=[f"{resource.name}s"])
    _add_reading(router, resource)
    _add_creation(router, resource)
    _add_updates(router, resource)
    _add_rollback_and_deletion(router, resource)
    return router


def _add_reading(router: APIRouter, resource: Resource) -> None:
    editing = Annotated[Editor, Depends(resource.editor)]
    name = resource.name

    @router.get("", name=f"list_{name}s", responses=described(HTTPStatus.UNPROCESSABLE_ENTITY))
    def list_configs(editor: editing, query: Listing) -> ConfigPage:
        """List the configs that the caller may see, sorted by id."""
        return config_page(editor, query)

    @router.get("/{config_id:id}", name=f"read_{name}", responses=described(HTTPStatus.NOT_FOUND))
    def read_config(config_id: str, editor: editing, response: Response) -> ConfigAnswer:
        """Read the version in force. Its `ETag` is what a change names in `If-Match`."""
        record = editor.find(editor.current(), config_id)
        response.headers["ETag"] = etag_of(record)
        return config_answer(record)

    @router.get(
        "/{config_id:id}/versions", name=f"list_{name}_versions", responses=described(HTTPStatus.NOT_FOUND)
    )
    def list_versions(config_id: str, editor: editing) -> VersionList:
        """List the versions that are kept, the newest first: who changed what, when and why."""
        return version_list(editor.find(editor.current(), config_id))


def _add_creation(router: APIRouter, resource: Resource) -> None:
    editing = Annotated[Editor, Depends(resource.editor)]
    body = request_body(resource.schema, resource.example)

    @router.post(
        "",
        name=f"create_{resource.name}",
        status_code=HTTPStatus.CREATED,
        openapi_extra=body,
        responses={
            200: {"model": ChangeAnswer, "description": "The answer to a dry run"},
            **described(*BAD_BODY, HTTPStatus.CONFLICT),
        },
    )
    def create_config(
        document: Body,
        editor: editing,
        response: Response,
        idempotency_key: IdempotencyKey = None,
        dry_run: DryRun = False,
        reason: Reason = "",
    ) -> ChangeAnswer:
        """Create a config. Without an `id` it is derived; without an `owner` it is the caller's group."""
        parsed = editor.parse(document)
        creation = creation_of(editor.caller, idempotency_key, parsed.document)
        answer = _change(editor, "create", editor.create(parsed, creation, reason), dry_run, response)
        response.headers["Location"] = f"/v1/{resource.name}s/{answer.id}"
        if dry_run:
            response.status_code = HTTPStatus.OK
        return answer

    @router.post(
        ":validate", name=f"validate_{resource.name}", openapi_extra=body, responses=described(*BAD_BODY)
    )
    def validate_config(document: Body, editor: editing) -> ValidationAnswer:
        """Name every fault of a config, by field."""
        return validation_answer(editor.state, editor.caller, editor.parse_unsaved(document))


def _add_updates(router: APIRouter, resource: Resource) -> None:
    editing = Annotated[Editor, Depends(resource.editor)]
    name = resource.name

    @router.put(
        "/{config_id:id}",
        name=f"replace_{name}",
        openapi_extra=request_body(resource.schema, resource.example),
        responses=described(*_REFUSALS, *BAD_BODY),
    )
    def replace_config(
        config_id: str,
        document: Body,
        editor: editing,
        response: Response,
        write: Writing,
    ) -> ChangeAnswer:
        """Replace a config. `restarts` names the fields because of which its baselines restart."""
        plan = editor.replace(config_id, document, write.if_match, write.reason)
        return _change(editor, "replace", plan, write.dry_run, response)

    @router.patch(
        "/{config_id:id}",
        name=f"patch_{name}",
        openapi_extra=request_body("MergePatch", {"sensitivity": "high"}, "application/merge-patch+json"),
        responses=described(*_REFUSALS, *BAD_BODY),
    )
    def patch_config(
        config_id: str,
        patch: Body,
        editor: editing,
        response: Response,
        write: Writing,
    ) -> ChangeAnswer:
        """Change single fields, by JSON merge patch (RFC 7396): `null` removes a field."""
        plan = editor.patch(config_id, patch, write.if_match, write.reason)
        return _change(editor, "patch", plan, write.dry_run, response)


def _add_rollback_and_deletion(router: APIRouter, resource: Resource) -> None:
    editing = Annotated[Editor, Depends(resource.editor)]
    name = resource.name

    @router.post(
        "/{config_id:id}:rollback",
        name=f"rollback_{name}",
        openapi_extra=request_body("Rollback", {"version": 1}),
        responses=described(*_REFUSALS, *BAD_BODY),
    )
    def rollback_config(
        config_id: str,
        body: Body,
        editor: editing,
        response: Response,
        write: Writing,
    ) -> ChangeAnswer:
        """Put an earlier version in force again, as a new version."""
        version = version_of(body)
        reason = write.reason or f"rollback to version {version}"
        plan = editor.rollback(config_id, version, write.if_match, reason)
        return _change(editor, "rollback", plan, write.dry_run, response)

    @router.delete(
        "/{config_id:id}",
        name=f"delete_{name}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=described(*_REFUSALS),
    )
    def delete_config(
        config_id: str, editor: editing, if_match: IfMatch = None, dry_run: DryRun = False
    ) -> None:
        """Delete a config, with its baselines and open alerts."""
        editor.carry_out("delete", editor.delete(config_id, if_match), dry_run)


def _change(editor: Editor, action: str, plan: Plan, dry_run: bool, response: Response) -> ChangeAnswer:
    """Carry out a plan that leaves a config in force, and answer with it."""
    done = editor.carry_out(action, plan, dry_run)
    assert done.after is not None
    response.headers["ETag"] = etag_of(done.after)
    return change_answer(editor.state, editor.caller, done.after, done.restarts, dry_run)
