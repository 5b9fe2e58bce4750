"""Tokens of our own: ``as_<prefix>_<secret>``.

The secret is 32 random bytes and is stored as an argon2id hash. Its verification takes some 20 ms, so a token
that was verified is remembered for a minute, under a keyed hash. Expiry and revocation are checked at every
request.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.kafka.tokens_topic import StoredToken, Tokens
from anomaly_stream.settings.api import GroupAccess, Role

MARK = "as_"
"""How a token begins, for scanners of leaked secrets."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # the minimum that OWASP advises
_REMEMBERED_S = 60.0
_MOST_REMEMBERED = 10_000
_ORDER: tuple[Role, ...] = ("viewer", "editor", "admin")


class NewToken(NamedTuple):
    """A token that was just made."""

    text: str
    """The token itself: shown once, stored nowhere."""
    stored: StoredToken


def new_token(
    group: str, role: Role | None, note: str, created_by: str, created_at: float, expires_at: float
) -> NewToken:
    """A token for a platform group."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    stored = StoredToken(prefix, _HASHER.hash(secret), group, role, note, created_by, created_at, expires_at)
    return NewToken(f"{MARK}{prefix}_{secret}", stored)


def refused() -> ProblemError:
    """The answer to a token that is not valid; it does not say why."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "The token is not valid: it is unknown, expired, revoked or of another issuer.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


class TokenVerifier:
    """Finds the caller of a token; safe to use from several threads.

    Args:
        tokens: the tokens in force.
        groups: what the members of each group may do.
        clock: seconds since the epoch.
        may_try: whether another secret may be tried for a prefix; counts the attempt.
        note_use: called with the prefix of a token that was used.
    """

    def __init__(
        self,
        tokens: Callable[[], Tokens],
        groups: Mapping[str, GroupAccess],
        clock: Callable[[], float],
        may_try: Callable[[str], bool],
        note_use: Callable[[str, float], None],
    ) -> None:
        self._tokens = tokens
        self._groups = groups
        self._clock = clock
        self._may_try = may_try
        self._note_use = note_use
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def __call__(self, token: str) -> Caller:
        """The caller. Raises ProblemError: 401, or 403 if the group is not in the settings."""
        prefix, _, secret = token.removeprefix(MARK).partition("_")
        stored = self._tokens().stored.get(prefix)
        now = self._clock()
        if stored is None or stored.expires_at <= now or not self._is_right(stored, secret, now):
            raise refused()
        access = self._groups.get(stored.group)
        if access is None:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"The group {stored.group!r} of the token is not in the settings: add it to access.groups.",
            )
        self._note_use(prefix, now)
        return Caller(f"token:{prefix}", {stored.group: _capped(access, stored.role)})

    def _is_right(self, stored: StoredToken, secret: str, now: float) -> bool:
        digest = hmac.digest(self._key, f"{stored.hash}\n{secret}".encode(), hashlib.sha256)
        remembered = self._verified.get(digest)
        if remembered is not None and remembered[1] > now:
            return True
        if not self._may_try(stored.prefix):
            return False
        try:
            _HASHER.verify(stored.hash, secret)
        except (VerificationError, InvalidHashError):
            return False
        self._verified[digest] = stored.prefix, now + _REMEMBERED_S
        while len(self._verified) > _MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return True


def _capped(access: GroupAccess, role: Role | None) -> GroupAccess:
    """``access`` with at most this role."""
    if role is None or _ORDER.index(role) >= _ORDER.index(access.role):
        return access
    return access.model_copy(update={"role": role})
