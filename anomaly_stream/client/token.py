"""Where the token of a client comes from."""

import os
from collections.abc import Mapping
from pathlib import Path

from anomaly_stream.errors import AnomalyStreamError

TOKEN_VARIABLE = "ANOMALY_API_TOKEN"
"""Environment variable with the token, where no file is given."""
URL_VARIABLE = "ANOMALY_API_URL"
"""Environment variable with the address of the API."""


def read_token(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> str | None:
    """The token in ``file``, or else in ``TOKEN_VARIABLE``; None if there is neither.

    Raises AnomalyStreamError if the file cannot be read, or is empty.
    """
    if file is None:
        return environ.get(TOKEN_VARIABLE) or None
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise AnomalyStreamError(f"the token file {file} cannot be read: {reason}") from None
    if not token:
        raise AnomalyStreamError(f"the token file {file} is empty")
    return token
