"""URLs, tokens and keys of receivers: written in the routing file, or in a file or variable that it names."""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from anomaly_stream.errors import SettingsError
from anomaly_stream.settings import Section


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

    def read(self) -> str:
        """The value. Raises SettingsError, without it, if its file or variable cannot be read."""
        try:
            return self.found()
        except ValueError as error:
            raise SettingsError(str(error)) from None

    def found(self) -> str:
        """The value. Raises ValueError, without it."""
        if self.value is not None:
            return self.value.get_secret_value()
        if self.env is not None:
            if not (found := os.environ.get(self.env)):
                raise ValueError(f"the variable {self.env} is not set")
            return found
        assert self.file is not None
        try:
            text = self.file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            raise ValueError(f"{self.file} cannot be read: {reason}") from None
        if not text:
            raise ValueError(f"{self.file} is empty")
        return text


def _written(value: object) -> object:
    return {"value": value} if isinstance(value, str) else value


def _never_written(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, dict) and "value" in value):
        raise ValueError("is a secret: name its file or variable, {file: PATH} or {env: NAME}")
    return value


Address = Annotated[Credential, BeforeValidator(_written)]
"""A URL: a text, ``{file: PATH}`` or ``{env: NAME}``."""

Secret = Annotated[Credential, BeforeValidator(_never_written)]
"""A key or token: ``{file: PATH}`` or ``{env: NAME}``."""
