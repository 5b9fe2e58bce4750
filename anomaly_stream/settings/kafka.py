"""How to reach Kafka: a section of the settings, translated for each client library."""

import re
import ssl
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from anomaly_stream.settings.section import ExistingFile, Section

_SERVER = re.compile(r"(\[[0-9A-Fa-f:]+\]|[^\s:,/\[\]]+):\d{1,5}")


class KafkaSettings(Section):
    """How to reach Kafka."""

    bootstrap_servers: str = Field(
        default="localhost:9092",
        description="Initial brokers as `host:port`, separated by commas.",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT",
        description="How connections are secured. SASL_PLAINTEXT sends the password unencrypted.",
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="How the user is authenticated."
    )
    sasl_username: str | None = Field(default=None, description="User name for a SASL protocol.")
    sasl_password: SecretStr | None = Field(default=None, description="Password for a SASL protocol.")
    sasl_password_file: ExistingFile | None = Field(
        default=None, description="File with the password, instead of `sasl_password`."
    )
    ssl_ca_file: ExistingFile | None = Field(
        default=None, description="PEM file of the trusted authorities; by default those of the system."
    )
    ssl_cert_file: ExistingFile | None = Field(
        default=None, description="PEM file with the client certificate."
    )
    ssl_key_file: ExistingFile | None = Field(
        default=None, description="PEM file with the private key of the client."
    )
    ssl_key_password: SecretStr | None = Field(default=None, description="Password of the private key.")
    ssl_check_hostname: bool = Field(
        default=True, description="Whether the certificate of a broker must match its host name."
    )

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, servers: str) -> str:
        parts = [part.strip() for part in servers.split(",")]
        if not all(_SERVER.fullmatch(part) for part in parts):
            raise ValueError("must be host:port, several separated by commas")
        return ",".join(parts)

    @model_validator(mode="after")
    def _consistent(self) -> "KafkaSettings":
        faults = [*self._sasl_faults(), *self._ssl_faults()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _sasl_faults(self) -> list[str]:
        passwords = [given for given in (self.sasl_password, self.sasl_password_file) if given is not None]
        if self.uses_sasl:
            faults = [] if self.sasl_username else ["sasl_username is required with a SASL protocol"]
            if len(passwords) != 1:
                faults.append("one of sasl_password and sasl_password_file is required with a SASL protocol")
            return faults
        if self.sasl_username or passwords:
            return [
                "user and password need security_protocol SASL_SSL "
                "(or SASL_PLAINTEXT, which sends the password unencrypted)"
            ]
        return []

    def _ssl_faults(self) -> list[str]:
        files = (self.ssl_ca_file, self.ssl_cert_file, self.ssl_key_file)
        if not self._uses_ssl:
            return ["ssl files need security_protocol SSL or SASL_SSL"] if any(files) else []
        if (self.ssl_cert_file is None) != (self.ssl_key_file is None):
            return ["ssl_cert_file and ssl_key_file must be set together"]
        try:
            self.ssl_context()
        except ssl.SSLError as error:
            named = ", ".join(str(each) for each in files if each is not None)
            return [f"ssl files cannot be used ({named}): {error.reason or error}. All must be PEM"]
        return []

    @property
    def uses_sasl(self) -> bool:
        """Whether a user and a password are sent."""
        return self.security_protocol.startswith("SASL_")

    @property
    def _uses_ssl(self) -> bool:
        return self.security_protocol.endswith("SSL")

    @property
    def servers(self) -> list[str]:
        """The bootstrap addresses, ``host:port``."""
        return self.bootstrap_servers.split(",")

    def ssl_context(self) -> ssl.SSLContext | None:
        """A context with the authorities and the certificate of the settings; None without TLS."""
        if not self._uses_ssl:
            return None
        context = ssl.create_default_context(cafile=self.ssl_ca_file)
        context.check_hostname = self.ssl_check_hostname
        if self.ssl_cert_file is not None:
            context.load_cert_chain(self.ssl_cert_file, self.ssl_key_file, _reveal(self.ssl_key_password))
        return context

    def client_options(self) -> dict[str, Any]:
        """Options of a confluent-kafka client. Holds secrets: never to be logged."""
        options: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "log_level": 0,  # librdkafka writes to standard error; kafka.connection reports faults instead
        }
        if self.uses_sasl:
            options["sasl.mechanism"] = self.sasl_mechanism
            options["sasl.username"] = self.sasl_username or ""
            options["sasl.password"] = self.password()
        if self._uses_ssl:
            options["ssl.endpoint.identification.algorithm"] = "https" if self.ssl_check_hostname else "none"
            named = {
                "ssl.ca.location": self.ssl_ca_file,
                "ssl.certificate.location": self.ssl_cert_file,
                "ssl.key.location": self.ssl_key_file,
                "ssl.key.password": _reveal(self.ssl_key_password),
            }
            options |= {name: str(value) for name, value in named.items() if value is not None}
        return options

    def aiokafka_options(self) -> dict[str, Any]:
        """Keyword arguments of an aiokafka client. Holds secrets: never to be logged."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.servers,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context(),
        }
        if self.uses_sasl:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.sasl_username
            options["sasl_plain_password"] = self.password()
        return options

    def password(self) -> str:
        """The SASL password. Never to be logged."""
        if self.sasl_password_file is not None:
            return self.sasl_password_file.read_text().rstrip("\r\n")
        return _reveal(self.sasl_password) or ""


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
