"""URLs, tokens, keys and headers of receivers: written in the routing file, or in a file or variable."""

import os
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from anomaly_stream.errors import SettingsError
from anomaly_stream.notify.http_values import check_header_value, http_url, is_secret_header, signing_key
from anomaly_stream.settings import Section

_IS_SECRET = "is a secret: name its file or variable, {file: PATH} or {env: NAME}"


class Credential(Section):
    """A value that may be secret. Never to be logged: :meth:`read` it where it is sent."""

    value: SecretStr | None = Field(default=None, description="The value itself.")
    file: Path | None = Field(default=None, description="File that holds it; read at each use.")
    env: str | None = Field(default=None, description="Environment variable that holds it.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.value, self.file, self.env].count(None) != 2:
            raise ValueError("must be one of {file: PATH} and {env: NAME}")
        self.found()
        return self

    @classmethod
    def check(cls, text: str) -> None:
        """Raises ValueError, without the value, unless it has the right form."""

    def read(self) -> str:
        """The value. Raises SettingsError, without it, if it cannot be read or has not the right form."""
        try:
            return self.found()
        except ValueError as error:
            raise SettingsError(str(error)) from None

    def found(self) -> str:
        """The value. Raises ValueError, without it."""
        text = self._text()
        try:
            self.check(text)
        except ValueError as error:
            place = f"the variable {self.env}" if self.env is not None else str(self.file or "")
            raise ValueError(f"{place}: {error}" if place else str(error)) from None
        return text

    @property
    def shows_a_password(self) -> bool:
        """Whether it is a URL with a password that is written in the routing file."""
        return self.value is not None and urlsplit(self.value.get_secret_value()).password is not None

    def _text(self) -> str:
        if self.value is not None:
            return self.value.get_secret_value()
        if self.env is not None:
            if not (found := os.environ.get(self.env)):
                raise ValueError(f"the variable {self.env} is not set")
            return found
        assert self.file is not None
        try:
            text = self.file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            raise ValueError(f"{self.file} cannot be read: {reason}") from None
        if not text:
            raise ValueError(f"{self.file} is empty")
        return text


class SigningSecret(Credential):
    """The secret of a webhook."""

    @classmethod
    def check(cls, text: str) -> None:
        """Raises ValueError unless it is a secret of Standard Webhooks."""
        signing_key(text)


class HeaderValue(Credential):
    """The value of a header."""

    @classmethod
    def check(cls, text: str) -> None:
        """Raises ValueError unless a header can have it."""
        check_header_value(text)


class HttpUrl(Credential):
    """The URL of a receiver."""

    @classmethod
    def check(cls, text: str) -> None:
        """Raises ValueError unless it is a URL of HTTP."""
        http_url(text)


class _Inline:
    """Stands for a secret that is written in the routing file."""


def written(value: object) -> object:
    """A text that is the value itself, as the fields of a credential."""
    if not isinstance(value, str | dict):
        raise ValueError("must be a text, {file: PATH} or {env: NAME}")
    if isinstance(value, str) and "${" in value:
        raise ValueError(
            "has ${...}, for which nothing is put in: put the whole value into a variable or a file, and "
            "write {env: NAME} or {file: PATH}"
        )
    return {"value": value} if isinstance(value, str) else value


def _never_written(value: object) -> object:
    if isinstance(value, _Inline) or _is_inline(value):
        raise ValueError(_IS_SECRET)
    return value


def _header(value: object) -> object:
    return _never_written(value) if isinstance(value, _Inline) else written(value)


def hide_inline_secrets(headers: object) -> object:
    """The headers of the routing file; a secret that is written there has become one that is refused."""
    if not isinstance(headers, dict):
        return headers
    names = [str(name).lower() for name in headers]
    if len(set(names)) < len(names):
        raise ValueError("has a header twice: capital letters make no difference")
    return {
        name: _Inline() if is_secret_header(str(name)) and _is_inline(value) else value
        for name, value in headers.items()
    }


def _is_inline(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and "value" in value)


Secret = Annotated[SigningSecret, BeforeValidator(_never_written)]
"""A key: ``{file: PATH}`` or ``{env: NAME}``."""

Token = Annotated[HeaderValue, BeforeValidator(_never_written)]
"""A token: ``{file: PATH}`` or ``{env: NAME}``."""

Header = Annotated[HeaderValue, BeforeValidator(_header)]
"""The value of a header: a text, ``{file: PATH}`` or ``{env: NAME}``."""
