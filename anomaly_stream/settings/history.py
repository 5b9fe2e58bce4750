"""Where the history of alerts is kept, by which process, and for how long."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from anomaly_stream.settings.section import Section, used_file

_URL = re.compile(r"sqlite:///[^?]+|postgresql://\S+")
_SERVER = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d+)?")


def _check_server(url: str) -> None:
    """Raise ValueError if part of a password would be read as the host, or the port is no number."""
    server, _, name = url.removeprefix("postgresql://").partition("?")[0].partition("/")
    if server.count("@") > 1 or "@" in name:
        raise ValueError("has an @ or a / in the user or the password: write %40 for @ and %2F for /")
    if not _SERVER.fullmatch(server.rpartition("@")[2]):
        raise ValueError("must have a number as its port, as in postgresql://user@host:5432/name")


class HistorySettings(Section):
    """The history of alerts, anomalies and configs in a SQL database."""

    recorder: Literal["api", "separate", "off"] = Field(
        default="api",
        description="Which process writes the history: `api`, each process of `anomaly-stream api`; "
        "`separate`, `anomaly-stream recorder` alone; `off`: there is no history.",
    )
    url: SecretStr | None = Field(
        default=None,
        description="The database: `postgresql://user@host:5432/name`, or `sqlite:////path/to/file`. By "
        "default `history.db` in the folder `anomaly-stream` of `data_dir` (`NAMESPACE-anomaly-stream` with "
        "a `namespace`). Each `namespace` needs a database of its own.",
    )
    password_file: Path | None = Field(
        default=None, description="File with the password of the PostgreSQL user, instead of one in `url`."
    )
    keep_days: float = Field(
        default=90.0,
        ge=1,
        le=36_500,
        description="Alerts and anomalies whose event time is older than this leave the history. Versions of "
        "configs stay.",
    )
    alert_values: int = Field(
        default=60,
        ge=0,
        le=1000,
        description="How many values before the first and the last event of each alert are kept with it; "
        "of a group, of each of five members. The recorder reads them back from the metrics topics and the "
        "groups topic, for which it needs `Read`. 0: none.",
    )
    query_timeout_s: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds after which PostgreSQL ends a query of the API."
    )
    metrics_port: int = Field(
        default=9466,
        ge=0,
        le=65535,
        description="Port for the metrics and health of `anomaly-stream recorder`, on `metrics.host`; 0 "
        "picks a free one.",
    )

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        if not _URL.fullmatch(text := url.get_secret_value()):
            raise ValueError("must be postgresql://user@host:port/name or sqlite:////path/to/file")
        if text.startswith("postgresql:"):
            _check_server(text)
        return url

    @model_validator(mode="after")
    def _password_has_a_user(self) -> "HistorySettings":
        url = "" if self.url is None else self.url.get_secret_value()
        if self.password_file is not None and not url.startswith("postgresql:"):
            raise ValueError("password_file needs a url of PostgreSQL")
        return self

    def password(self) -> str | None:
        """The password of `password_file`, if there is one. Never to be logged. Raises SettingsError."""
        if self.password_file is None:
            return None
        return used_file(self.password_file, "history.password_file").read_text().rstrip("\r\n")
