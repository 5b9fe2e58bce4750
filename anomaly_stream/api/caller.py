"""Who makes a request, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from anomaly_stream.api.problems import ProblemError
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.selections import metrics_of
from anomaly_stream.settings.api import GroupAccess

BEARER = HTTPBearer(
    auto_error=False, description="A token of `anomaly-stream tokens create`, or a JWT of the OIDC issuer."
)
"""The credentials of a request."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller.

    Attributes:
        id: of the token, or the subject of the JWT: the author of changes, and the key of rate limits.
        groups: the platform groups of the caller, each with what the caller may do in it.
    """

    id: str
    groups: Mapping[str, GroupAccess]

    @property
    def is_admin(self) -> bool:
        """Whether the caller reads and changes everything."""
        return any(access.role == "admin" for access in self.groups.values())

    @property
    def default_owner(self) -> str:
        """The group that owns what the caller creates without an ``owner``; empty if there are several."""
        writable = [name for name, access in self.groups.items() if access.role != "viewer"]
        return writable[0] if len(writable) == 1 else ""

    @property
    def readable(self) -> frozenset[str] | None:
        """The groups whose alerts the caller sees; None: all."""
        return None if self.is_admin else frozenset(self.groups)

    def may_read(self, owner: str) -> bool:
        """Whether the caller sees what this group owns."""
        return self.is_admin or owner in self.groups

    def may_change(self, owner: str) -> bool:
        """Whether the caller changes what this group owns."""
        return self.is_admin or (owner in self.groups and self.groups[owner].role == "editor")

    def may_watch(self, owner: str, metric: str) -> bool:
        """Whether a config of ``owner`` may watch this metric, a name or a glob."""
        prefixes = self.groups[owner].metrics if owner in self.groups else ()
        return self.is_admin or not prefixes or metric.startswith(prefixes)

    def may_see(self, metric: str) -> bool:
        """Whether the caller may see that this metric exists: one of its groups may watch it."""
        return self.is_admin or any(
            not access.metrics or metric.startswith(access.metrics) for access in self.groups.values()
        )

    def check_sight(self, config: Config) -> None:
        """Raise ProblemError (403) unless the caller may see every metric of ``config``."""
        hidden = [metric for metric in metrics_of(config) if not self.may_see(metric)]
        if hidden:
            prefixes = {prefix for access in self.groups.values() for prefix in access.metrics}
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"{self.id} may see metrics that begin with {', '.join(sorted(prefixes))}, "
                f"not {', '.join(hidden)}.",
            )

    def check_editor(self) -> None:
        """Raise ProblemError (403) unless the caller may change what some group owns."""
        if not any(map(self.may_change, self.groups)):
            raise ProblemError(
                HTTPStatus.FORBIDDEN, f"{self.id} may change nothing: its groups have the role viewer."
            )

    def check_change(self, config: Config) -> None:
        """Raise ProblemError (403) unless the caller may put ``config`` in force."""
        if not self.may_change(config.owner):
            owned = f"of the group {config.owner!r}" if config.owner else "without an owner"
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"{self.id} may not change configs {owned}: set owner to one of its groups with the role "
                f"editor ({', '.join(sorted(filter(self.may_change, self.groups))) or 'it has none'}).",
            )
        refused = [metric for metric in metrics_of(config) if not self.may_watch(config.owner, metric)]
        if refused:
            prefixes = ", ".join(self.groups[config.owner].metrics)
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                f"The group {config.owner!r} may watch metrics that begin with {prefixes}, "
                f"not {', '.join(refused)}.",
            )


def caller(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
) -> Caller:
    """The caller of a request: a dependency of every route below ``/v1``."""
    found: Caller = request.app.state.api.admit(credentials.credentials if credentials else None)
    return found


CurrentCaller = Annotated[Caller, Depends(caller)]
