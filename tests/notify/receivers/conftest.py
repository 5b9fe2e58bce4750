"""What the tests of receivers share."""

from collections.abc import Iterator

import pytest

from tests.notify.world import Hook


@pytest.fixture
def hook() -> Iterator[Hook]:
    """An HTTP server that takes what a receiver sends."""
    one = Hook()
    yield one
    one.close()
