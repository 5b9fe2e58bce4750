"""What the tests of receivers share."""

import ipaddress
from collections.abc import AsyncIterator, Iterator

import pytest

from anomaly_stream.notify.guarded_http import Guard, GuardedClient
from tests.notify.world import Hook


@pytest.fixture
def hook() -> Iterator[Hook]:
    """An HTTP server that takes what a receiver sends."""
    one = Hook()
    yield one
    one.close()


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    """A client that may connect to this host."""
    async with GuardedClient(Guard([ipaddress.ip_network("127.0.0.0/8")])) as one:
        yield one
