"""Paths of the API that name one item of a list."""

from http import HTTPStatus
from urllib.parse import quote

from anomaly_stream.client.failures import failure_of


def path_of(items: str, item_id: str, below: str = "") -> str:
    """The path of one item: ``/jobs/x`` for ``/jobs`` and ``x``, and what is ``below`` it.

    Raises InvalidError if the id is empty, which would name the whole list.
    """
    if not item_id.strip():
        what = items.strip("/")
        raise failure_of(HTTPStatus.UNPROCESSABLE_ENTITY, f"the id is empty: give one of the {what}", [])
    return f"{items}/{quote(item_id, safe='')}{below}"
