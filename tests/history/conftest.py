"""Both databases."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from anomaly_stream.history.database import database_url
from anomaly_stream.settings import load_settings


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A new database of each kind."""
    if request.param == "sqlite":
        return url_of(f"sqlite:///{tmp_path / 'history.db'}")
    return url_of(request.getfixturevalue("postgresql").new_database())


def url_of(url: str) -> URL:
    """The URL as a process reads it from its settings."""
    return database_url(load_settings(environ={"ANOMALY_STREAM_HISTORY__URL": url}))
