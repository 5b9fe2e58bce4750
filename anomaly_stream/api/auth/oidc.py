"""JWTs of an OIDC issuer.

The algorithm must be on the list of the settings, which has signatures with key pairs only: neither ``none``
nor an HMAC keyed with a public key can pass. Issuer, audience and expiry are required.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from anomaly_stream.api.auth.tokens import refused
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.settings.api import AccessSettings

logger = logging.getLogger(__name__)

_LEEWAY_S = 30
_FRESH_S = 600.0
_LEAST_AGE_S = 30.0
_TIMEOUT_S = 5.0


class KeySource:
    """The public keys of the issuer, read again when they are old, or when a JWT names an unknown one.

    Args:
        location: a https URL, or a file.
        clock: monotonic seconds.
    """

    def __init__(self, location: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._location = location
        self._clock = clock
        self._reading = threading.Lock()
        self._keys: KeySet | None = None
        self._read_at = 0.0

    def keys(self, renewed: bool = False) -> KeySet:
        """The keys; ``renewed``: read again, unless that was done in the last 30 s.

        Raises ProblemError (503) if they cannot be read and never were.
        """
        with self._reading:
            age = self._clock() - self._read_at
            if self._keys is None or age > (_LEAST_AGE_S if renewed else _FRESH_S):
                self._read_at = self._clock()
                try:
                    self._keys = KeySet.import_key_set(self._read())
                except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError, JoseError) as error:
                    logger.error("The keys of the OIDC issuer cannot be read: %r", error)
            if self._keys is None:
                self._read_at = 0.0
                raise ProblemError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "The keys of the OIDC issuer cannot be read: the log of the server has the reason.",
                )
            return self._keys

    def _read(self) -> Any:
        if "://" not in self._location:
            return json.loads(Path(self._location).read_bytes())
        answer = httpx.get(self._location, timeout=_TIMEOUT_S, follow_redirects=False)
        answer.raise_for_status()
        return answer.json()


class JwtVerifier:
    """Finds the caller of a JWT.

    Args:
        access: the issuer, and what the members of each group may do.
        source: of the issuer's keys.
        clock: seconds since the epoch.
    """

    def __init__(self, access: AccessSettings, source: KeySource, clock: Callable[[], float]) -> None:
        self._access = access
        self._source = source
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": access.oidc_issuer or ""},
            aud={"essential": True, "value": access.oidc_audience or ""},
            exp={"essential": True},
            sub={"essential": True},
        )

    def __call__(self, token: str) -> Caller:
        """The caller. Raises ProblemError: 401, or 403 if no group of theirs is in the settings."""
        try:
            claims = self._verified(token)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            logger.info("A JWT was refused: %r", error)
            raise refused() from None
        named = claims.get(self._access.oidc_groups_claim, ())
        names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        groups = {
            name: self._access.groups[name]
            for name in names
            if isinstance(name, str) and name in self._access.groups
        }
        if not groups:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"No group of the claim {self._access.oidc_groups_claim!r} is in the settings: "
                "add it to access.groups.",
            )
        return Caller(f"oidc:{claims['sub']}", groups)

    def _verified(self, token: str) -> Mapping[str, object]:
        algorithms = list(self._access.oidc_algorithms)
        try:
            decoded = jwt.decode(token, self._source.keys(), algorithms)
        except InvalidKeyIdError:  # keys were rotated
            decoded = jwt.decode(token, self._source.keys(renewed=True), algorithms)
        self._claims.validate(decoded.claims)
        return decoded.claims
