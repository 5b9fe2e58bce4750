"""Entity tags: a change names the version that it replaces, so that no change is lost."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Header

from anomaly_stream.api.problems import ProblemError
from anomaly_stream.registry.config_record import ConfigRecord

IfMatch = Annotated[
    str | None,
    Header(
        description="The `ETag` of the version that this change replaces, or `*` for any. 428 without it, "
        "412 if the config has changed since.",
        examples=["*"],
    ),
]


def etag_of(record: ConfigRecord) -> str:
    """The tag of a version. The time tells a config from an earlier one of its id, which was deleted."""
    return f'"{record.version}-{record.updated_at_ms:x}"'


def check_match(record: ConfigRecord, if_match: str | None) -> None:
    """Raise ProblemError unless ``if_match`` names the version of ``record``: 428 without, 412 if stale."""
    if if_match is None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED,
            f"A change needs the header If-Match with the ETag of the config, now {etag_of(record)}.",
        )
    tags = [tag.strip() for tag in if_match.split(",")]
    if "*" not in tags and etag_of(record) not in tags:
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            f"If-Match is not the ETag of the config, which is now {etag_of(record)}: version"
            f" {record.version}, by {record.author}. If it has changed, read it again and repeat the change.",
            headers={"ETag": etag_of(record)},
        )
