"""Every way in which a request fails, as an exception whose text names the cure."""

from collections.abc import Sequence
from http import HTTPStatus

from anomaly_stream.errors import AnomalyStreamError, FieldFault


class ApiError(AnomalyStreamError):
    """A request failed.

    Attributes:
        status: of the answer; 0 if there was none.
        faults: all faults of the document that was sent, by field.
    """

    def __init__(self, text: str, status: int = 0, faults: Sequence[FieldFault] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.faults = tuple(faults)
        self.is_invalid_input = status == HTTPStatus.UNPROCESSABLE_ENTITY


class UnreachableError(ApiError):
    """The API did not answer."""


class UnauthorizedError(ApiError):
    """401: no token, or not a valid one."""


class ForbiddenError(ApiError):
    """403: the token's group may not do this."""


class NotFoundError(ApiError):
    """404."""


class ConflictError(ApiError):
    """409: the id is taken."""


class StaleError(ApiError):
    """412: somebody else changed the config."""


class InvalidError(ApiError):
    """422: the document or the request has faults."""


_BY_STATUS: dict[int, tuple[type[ApiError], str]] = {
    401: (UnauthorizedError, "give a valid token with --token-file, or in ANOMALY_API_TOKEN"),
    403: (ForbiddenError, ""),
    404: (NotFoundError, ""),
    409: (ConflictError, ""),
    412: (StaleError, ""),
    422: (InvalidError, ""),
}


def failure_of(status: int, detail: str, faults: Sequence[FieldFault]) -> ApiError:
    """The exception for an answer that is an error."""
    kind, cure = _BY_STATUS.get(status, (ApiError, ""))
    lines = [detail if not cure else f"{detail.rstrip('.')}: {cure}", *map(str, faults)]
    return kind("\n".join(lines), status, faults)
