"""Filters and pages of lists of configs."""

import base64
import binascii
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from http import HTTPStatus
from itertools import islice
from typing import Annotated

import orjson
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from anomaly_stream.api.answers import ConfigPage, config_answer, faults
from anomaly_stream.api.changes import Editor
from anomaly_stream.api.filter_warnings import label_warnings, owner_warnings, pattern_warnings
from anomaly_stream.api.label_filters import LabelFilter, label_of
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.errors import FieldFault
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.matching import holds
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.selections import metrics_of


class ListQuery(BaseModel):
    """Which configs to list, and which page of them."""

    model_config = ConfigDict(extra="forbid")

    owner: str | None = Field(default=None, description="Configs of this group.")
    metric: str | None = Field(default=None, description="Configs that watch this metric.")
    label: LabelFilter | None = Field(
        default=None,
        description="Configs with a matcher on this label: `env`, or `env=prod` if it must accept the value.",
    )
    q: str | None = Field(default=None, description="Configs whose document contains this text, in any case.")
    limit: int = Field(default=100, ge=1, le=1000, description="Most configs on a page.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")


Listing = Annotated[ListQuery, Query()]


def config_page(editor: Editor, query: ListQuery) -> ConfigPage:
    """The page of the configs that the caller may see. Raises ProblemError (422), BrokerError."""
    configs = editor.current()
    records, cursor = _page_of(filter(editor.is_visible, configs), query)
    warnings = [] if records else _warnings(editor, query, {record.config.owner for record in configs})
    items = [config_answer(record) for record in records]
    return ConfigPage(items=items, next=cursor, warnings=faults(warnings))


def _warnings(editor: Editor, query: ListQuery, owners: Collection[str]) -> list[FieldFault]:
    """What of ``query``, which found nothing, names no owner that is known, or is meant as a pattern."""
    found = pattern_warnings("metric", query.metric)
    if query.owner is not None:
        found += owner_warnings(editor.state, editor.caller, query.owner, owners)
    return found + label_warnings([] if query.label is None else [query.label])


def _page_of(records: Iterable[ConfigRecord], query: ListQuery) -> tuple[list[ConfigRecord], str | None]:
    """The records of a page, and the cursor of the next page.

    ``records`` are sorted by id, and read as far as the page needs.
    """
    after = decode_cursor(query.cursor) if query.cursor is not None else ""
    found = (record for record in records if record.config.id > after and _is_wanted(record, query))
    page = list(islice(found, query.limit + 1))
    more = len(page) > query.limit
    page = page[: query.limit]
    return page, encode_cursor(page[-1].config.id) if more else None


def _is_wanted(record: ConfigRecord, query: ListQuery) -> bool:
    config = record.config
    return (
        (query.owner is None or config.owner == query.owner)
        and (query.metric is None or any(fnmatchcase(query.metric, each) for each in metrics_of(config)))
        and (query.label is None or any(_labels_accept(config, query.label)))
        and (query.q is None or query.q.lower() in orjson.dumps(record.document).decode().lower())
    )


def _labels_accept(config: Config, label: str) -> Iterator[bool]:
    name, value = label_of(label)
    members = config.members if isinstance(config, GroupConfig) else (config,)
    for member in members:
        matchers = [matcher for matcher in member.matchers if matcher.name == name]
        yield bool(matchers) and (value is None or all(holds(matcher, value) for matcher in matchers))


def encode_cursor(last: str) -> str:
    """The cursor of the page after the item with this key."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The inverse of ``encode_cursor``. Raises ProblemError (422)."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The cursor is not one that this API gave: begin without."
        ) from None
