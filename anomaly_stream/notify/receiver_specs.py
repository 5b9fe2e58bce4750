"""Receivers as the routing file describes them."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from anomaly_stream.notify.credentials import Address, Credential, Secret
from anomaly_stream.notify.templates import check_template
from anomaly_stream.notify.timing import Duration
from anomaly_stream.settings import Section

_GENERIC = ("json", "jsons", "xml", "xmls", "form", "forms")

Template = Annotated[str, BeforeValidator(check_template)]
"""A Jinja2 template that renders."""


def _http(credential: Credential) -> Credential:
    if not re.match(r"https?://[^/\s]+", credential.found()):
        raise ValueError("must be a URL that begins with https:// or http://")
    return credential


def _apprise(credential: Credential) -> Credential:
    scheme, separator, _ = credential.found().partition("://")
    if not separator:
        raise ValueError("must be a URL of Apprise, such as slack://TOKEN/CHANNEL")
    if scheme.lower() in _GENERIC:
        raise ValueError(f"{scheme}:// is a plain HTTP request: use a webhook receiver, which is signed")
    return credential


HttpAddress = Annotated[Address, AfterValidator(_http)]
AppriseAddress = Annotated[Address, AfterValidator(_apprise)]


class WebhookSpec(Section):
    """Signed JSON by HTTP POST."""

    url: HttpAddress
    secret: Secret | None = None
    bearer_token: Secret | None = None
    headers: dict[str, str] = Field(default={})
    cloudevents: bool = False
    images: bool = False
    timeout: Duration = 10.0


class AlertmanagerSpec(Section):
    """Prometheus Alertmanager, by its API v2; every member of a cluster is named."""

    urls: tuple[HttpAddress, ...] = Field(min_length=1)
    bearer_token: Secret | None = None
    resend_interval: Duration = 60.0
    timeout: Duration = 10.0


class AppriseSpec(Section):
    """Any service that Apprise knows, by its URL: e-mail, Slack, Teams, PagerDuty, Opsgenie, Telegram."""

    url: AppriseAddress
    images: bool = True


class KafkaSpec(Section):
    """A topic of the same Kafka cluster; its name gets no namespace."""

    topic: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}$")]


class ReceiverSpec(Section):
    """A receiver: its name, one kind, and how its messages read."""

    name: str = Field(min_length=1)
    webhook: WebhookSpec | None = None
    alertmanager: AlertmanagerSpec | None = None
    apprise: AppriseSpec | None = None
    kafka: KafkaSpec | None = None
    title: Template | None = None
    text: Template | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if [self.webhook, self.alertmanager, self.apprise, self.kafka].count(None) != 3:
            raise ValueError("must have one of webhook, alertmanager, apprise and kafka")
        return self

    @property
    def kind(self) -> str:
        """``webhook``, ``alertmanager``, ``apprise`` or ``kafka``."""
        kinds = ("webhook", "alertmanager", "apprise", "kafka")
        return next(name for name in kinds if getattr(self, name) is not None)
