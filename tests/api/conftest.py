import pytest

from tests.api.world import World


@pytest.fixture
def world() -> World:
    """A world with the config ``flow``; a module that needs another one has its own."""
    made = World()
    made.create(id="flow")
    return made
