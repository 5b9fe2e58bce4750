"""What every section of the settings has in common."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from anomaly_stream.errors import SettingsError


class Section(BaseModel):
    """A section of the settings: frozen, without unknown fields, and with no values (secrets) in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{path} is not a file")
    return path


ExistingFile = Annotated[Path, AfterValidator(_file)]
"""The path of a file that is there when the settings are read."""


def used_file(path: Path, setting: str) -> Path:
    """``path`` for the process that uses it: others may have the same settings without the file.

    Raises SettingsError.
    """
    if not path.is_file():
        raise SettingsError(f"{setting}: {path} is not a file")
    return path
