"""Receivers as the routing file describes them."""

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from anomaly_stream.notify.apprise_urls import AppriseUrl, hosts_of, sender_of
from anomaly_stream.notify.credentials import (
    Credential,
    Header,
    HttpUrl,
    Secret,
    Token,
    hide_inline_secrets,
    written,
)  # fmt: skip
from anomaly_stream.notify.http_values import header_name, http_url
from anomaly_stream.notify.surroundings import check_host, check_topic
from anomaly_stream.notify.template_check import check_template, check_title
from anomaly_stream.notify.timing import Duration
from anomaly_stream.settings import Section

_API = "/api/v2/alerts"
INTEGRATIONS = frozenset({"webhook", "alertmanager", "apprise", "kafka"})
"""The fields of a receiver that say where its messages go."""

Template = Annotated[str, BeforeValidator(check_template)]
"""A Jinja2 template that renders."""

Title = Annotated[str, BeforeValidator(check_title)]
"""A Jinja2 template that renders, and is not empty."""

Timeout = Annotated[Duration, Field(le=300.0)]
"""How long an answer may take, in seconds. The end of the process waits for it."""


def _printable(name: str) -> str:
    if not name.isprintable() or name != name.strip() or not name:
        raise ValueError("must be a text without control characters, and without spaces around it")
    return name


Name = Annotated[str, AfterValidator(_printable)]
"""A name, which logs and metrics show."""


def _reached(url: HttpUrl, info: ValidationInfo) -> HttpUrl:
    check_host(http_url(url.found()).hostname or "", info)
    return url


def _apprise_reached(url: AppriseUrl, info: ValidationInfo) -> AppriseUrl:
    for host in sorted(hosts_of(url.found(), sender_of(url.found()))):
        check_host(host, info)
    return url


def _alertmanager(url: HttpUrl) -> HttpUrl:
    parts = http_url(url.found())
    if parts.query or parts.fragment or parts.path.rstrip("/").endswith(_API):
        raise ValueError(f"must be the URL without a query, to which {_API} is added")
    return url


HttpAddress = Annotated[HttpUrl, BeforeValidator(written), AfterValidator(_reached)]
AppriseAddress = Annotated[AppriseUrl, BeforeValidator(written), AfterValidator(_apprise_reached)]


class WebhookSpec(Section):
    """Signed JSON by HTTP POST."""

    url: HttpAddress
    secret: Secret | None = None
    bearer_token: Token | None = None
    headers: Annotated[
        dict[Annotated[str, AfterValidator(header_name)], Header], BeforeValidator(hide_inline_secrets)
    ] = Field(default={})
    cloudevents: bool = False
    images: bool = False
    timeout: Timeout = 10.0

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        _check_authorization(
            {
                "a user in the URL": http_url(self.url.found()).username is not None,
                "bearer_token": self.bearer_token is not None,
                "the header authorization": "authorization" in self.headers,
            }
        )
        return self


class AlertmanagerSpec(Section):
    """Prometheus Alertmanager, by its API v2; every member of a cluster is named."""

    urls: tuple[Annotated[HttpAddress, AfterValidator(_alertmanager)], ...] = Field(min_length=1)
    bearer_token: Token | None = None
    resend_interval: Duration = 60.0
    timeout: Timeout = 10.0

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        has_user = any(http_url(url.found()).username is not None for url in self.urls)
        _check_authorization({"a user in a URL": has_user, "bearer_token": self.bearer_token is not None})
        return self


def _check_authorization(given: dict[str, bool]) -> None:
    found = [name for name, is_given in given.items() if is_given]
    if len(found) > 1:
        raise ValueError(f"has {' and '.join(found)}, which are one header: keep one of them")


class AppriseSpec(Section):
    """Any service that Apprise knows, by its URL: e-mail, Slack, Teams, PagerDuty, Opsgenie, Telegram."""

    url: AppriseAddress
    images: bool = True


class KafkaSpec(Section):
    """A topic of the same Kafka cluster; its name gets no namespace."""

    topic: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}$"), AfterValidator(check_topic)]


class ReceiverSpec(Section):
    """A receiver: its name, its integration, and how its messages read.

    Without an integration it drops everything, as in Alertmanager.
    """

    name: Name
    webhook: WebhookSpec | None = None
    alertmanager: AlertmanagerSpec | None = None
    apprise: AppriseSpec | None = None
    kafka: KafkaSpec | None = None
    title: Title | None = None
    text: Template | None = None

    @model_validator(mode="after")
    def _one_integration(self) -> Self:
        written = INTEGRATIONS & self.model_fields_set
        if len(written) > 1 or any(getattr(self, name) is None for name in written):
            raise ValueError(
                "must have one of webhook, alertmanager, apprise and kafka, or none of their names, to drop "
                "everything"
            )
        return self

    @property
    def drops(self) -> bool:
        """Whether it drops everything, on purpose."""
        return not INTEGRATIONS & self.model_fields_set

    def urls(self) -> dict[str, Credential]:
        """Its URLs, by their field."""
        found: dict[str, Credential] = {}
        if self.webhook is not None:
            found["webhook.url"] = self.webhook.url
        if self.apprise is not None:
            found["apprise.url"] = self.apprise.url
        if self.alertmanager is not None:
            found |= {f"alertmanager.urls[{n}]": url for n, url in enumerate(self.alertmanager.urls)}
        return found
