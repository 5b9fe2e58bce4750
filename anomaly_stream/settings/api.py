"""How the configuration API is served, and who may do what with it."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from anomaly_stream.settings.section import Section

Role = Literal["viewer", "editor", "admin"]


class ApiSettings(Section):
    """Where `anomaly-stream api` serves the configuration API, and its limits."""

    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every interface.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    tls_cert_file: Path | None = Field(default=None, description="PEM file with the server's certificate.")
    tls_key_file: Path | None = Field(
        default=None, description="PEM file with the private key of the certificate."
    )
    metrics_port: int = Field(
        default=9465,
        ge=0,
        le=65535,
        description="Port for its own metrics and health, on `metrics.host`; 0 picks a free one.",
    )
    max_body_bytes: int = Field(
        default=1_000_000, ge=1_000, description="Maximum size of a request body, except for history."
    )
    max_connections: int = Field(
        default=500, ge=1, description="Open connections above which a new one is answered with 503."
    )
    header_timeout_s: float = Field(
        default=10.0, gt=0, le=600, description="Seconds within which the header of a request must arrive."
    )
    body_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Seconds within which the body must arrive; of a history, each part of it.",
    )
    requests_per_minute: int = Field(
        default=600, ge=1, description="Requests per minute and token; further ones are answered with 429."
    )

    preview_max_bytes: int = Field(
        default=32 * 2**20, ge=1_000, description="Maximum size of the body of a preview."
    )
    preview_max_observations: int = Field(
        default=100_000, ge=1, description="Maximum number of records that a preview reads from the topics."
    )
    preview_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds after which a preview ends with 503.",
    )
    history_max_bytes: int = Field(
        default=2 * 2**30, ge=1_000, description="Maximum size of a history. It is held in `data_dir`."
    )
    history_jobs: int = Field(
        default=2, ge=1, le=64, description="Loads of histories that run at once; a further one gets 503."
    )
    live_streams: int = Field(
        default=50, ge=1, le=10_000, description="Live streams of alerts at a time; a further one gets 503."
    )

    @model_validator(mode="after")
    def _both_files(self) -> "ApiSettings":
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_cert_file and tls_key_file must be set together")
        return self


Prefix = Annotated[str, StringConstraints(pattern=r"^[^*?\[\]]+$", max_length=255)]


class GroupAccess(Section):
    """What the members of one platform group may do."""

    role: Role = Field(
        default="editor",
        description="`viewer` reads the configs of the group, `editor` changes them, `admin` reads and "
        "changes all.",
    )
    metrics: tuple[Prefix, ...] = Field(
        default=(), description="Prefixes of the metrics that the group may watch; without it, every metric."
    )

    @field_validator("metrics")
    @classmethod
    def _names_some(cls, metrics: tuple[str, ...]) -> tuple[str, ...]:
        if not metrics:
            raise ValueError("must have at least one prefix; leave it out for every metric")
        return metrics


def _from_json(value: object) -> object:
    """The value of an environment variable: JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"must be JSON: {error}") from None


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class AccessSettings(Section):
    """Who may use the configuration API: platform groups, and the issuer of OIDC tokens."""

    groups: Annotated[dict[str, GroupAccess], BeforeValidator(_from_json)] = Field(
        default={},
        description="Platform groups by name: `{payments: {role: editor, metrics: [checkout_]}}`. A token of "
        "a group that is not listed is refused. The variable takes JSON.",
    )
    oidc_issuer: str | None = Field(
        default=None, description="Issuer (`iss`) of accepted JWTs; without it, JWTs are refused."
    )
    oidc_audience: str | None = Field(default=None, description="Audience (`aud`) of accepted JWTs.")
    oidc_jwks: str | None = Field(
        default=None, description="URL or file of the issuer's public keys, a JWK set. It is read again "
        "when a JWT names an unknown key."
    )  # fmt: skip
    oidc_groups_claim: str = Field(default="groups", description="Claim with the platform groups.")
    oidc_algorithms: Annotated[tuple[Algorithm, ...], BeforeValidator(_split)] = Field(
        default=("RS256", "ES256"), min_length=1, description="Accepted signature algorithms of JWTs."
    )

    @model_validator(mode="after")
    def _oidc_is_complete(self) -> "AccessSettings":
        given = [self.oidc_issuer, self.oidc_audience, self.oidc_jwks]
        if any(given) and not all(given):
            raise ValueError("oidc_issuer, oidc_audience and oidc_jwks must be set together")
        if self.oidc_jwks and "://" in self.oidc_jwks and not self.oidc_jwks.startswith("https://"):
            raise ValueError("oidc_jwks must be a https URL or a file: keys read over http can be forged")
        return self
