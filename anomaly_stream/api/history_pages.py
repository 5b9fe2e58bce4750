"""Pages of alerts, incidents and anomalies of the history."""

from http import HTTPStatus

import msgspec
from pydantic import BaseModel, Field
from starlette.responses import Response

from anomaly_stream.api.answer_schemas import JSON
from anomaly_stream.api.filter_warnings import Warn
from anomaly_stream.api.filters import decode_cursor, encode_cursor
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.history.batch import clean
from anomaly_stream.history.wanted import Found, Key


class Page(BaseModel):
    """A page of rows, the latest first."""

    limit: int = Field(default=100, ge=1, le=1000, description="Most rows on a page.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")


def key_of(page: Page) -> Key | None:
    """The key of the last row before the page. Raises ProblemError (422)."""
    if page.cursor is None:
        return None
    try:
        time, row_id = msgspec.json.decode(decode_cursor(page.cursor), type=tuple[float, str])
        return time, clean(row_id)
    except (msgspec.DecodeError, ValueError):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The cursor is not one that this API gave: begin without."
        ) from None


def page_answer(found: list[Found], limit: int, warn: Warn) -> Response:
    """The answer with the first ``limit`` rows of ``found``; further ones mean that there is a next page.

    ``warn`` is asked if there is no row.
    """
    more = len(found) > limit
    rows = found[:limit]
    after = encode_cursor(msgspec.json.encode(rows[-1].key).decode()) if more else None
    items = [msgspec.Raw(row.body.encode()) for row in rows]
    page = {"items": items, "next": after, "warnings": [] if rows else warn()}
    return Response(msgspec.json.encode(page), media_type=JSON)
