"""Who is admitted: the caller of a bearer token, within their rate limit."""

import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from anomaly_stream.api.auth.tokens import MARK, refused
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.problems import ProblemError

Verify = Callable[[str], Caller]

_WRONG_SECRETS = 10
_NOTE_EVERY_S = 3600.0


class RateLimit:
    """Counts events by key, in this process.

    Args:
        per_minute: how many are allowed in any minute.
    """

    def __init__(self, per_minute: int) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, key: str) -> bool:
        """Count an event; False if it exceeds the limit."""
        return self._limiter.hit(self._item, key)

    def wait_s(self, key: str) -> int:
        """Whole seconds until an event is allowed again."""
        return max(1, int(self._limiter.get_window_stats(self._item, key).reset_time - time.time()) + 1)


class Admission:
    """Finds the caller of a request, and counts the request against their rate limit.

    Args:
        by_token: verifies tokens of our own.
        by_jwt: verifies JWTs; None refuses them.
        limit: on the requests of each caller.
    """

    def __init__(self, by_token: Verify, by_jwt: Verify | None, limit: RateLimit) -> None:
        self._by_token = by_token
        self._by_jwt = by_jwt
        self._limit = limit

    def __call__(self, bearer: str | None) -> Caller:
        """The caller. Raises ProblemError: 401, 403 or 429."""
        if not bearer:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "The request has no token: send the header Authorization: Bearer TOKEN, with a token of "
                "`anomaly-stream tokens create`.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if bearer.startswith(MARK):
            caller = self._by_token(bearer)
        elif self._by_jwt is not None:
            caller = self._by_jwt(bearer)
        else:
            raise refused()
        if not self._limit.allows(caller.id):
            wait_s = self._limit.wait_s(caller.id)
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"Too many requests of {caller.id}: try again in {wait_s} s.",
                headers={"Retry-After": str(wait_s)},
            )
        return caller


def wrong_secrets() -> Callable[[str], bool]:
    """Whether another secret may be tried for a prefix: each attempt costs an argon2 hash."""
    return RateLimit(_WRONG_SECRETS).allows


class Uses:
    """Notes the use of tokens, at most once an hour for each, from a thread of its own.

    Args:
        note: stores a use.
    """

    def __init__(self, note: Callable[[str, float], None]) -> None:
        self._note = note
        self._noted: dict[str, float] = {}

    def __call__(self, prefix: str, now: float) -> None:
        """Note that the token was used now."""
        if now - self._noted.get(prefix, 0.0) < _NOTE_EVERY_S:
            return
        self._noted[prefix] = now
        threading.Thread(target=self._note, args=(prefix, now), daemon=True).start()
