"""A world served by the real HTTP server, from a thread."""

import threading
import time

from anomaly_stream.api.server import server_of
from anomaly_stream.api.state import ConfigStore
from tests.api.world import World


class Served:
    """A world on a port; the arguments are those of :class:`World`."""

    def __init__(self, kafka: str = "", store: ConfigStore | None = None, **api: str) -> None:
        self.world = World(kafka, store, port="0", **api)
        self._server = server_of(self.world.app, self.world.settings.api, self.world.live.close)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.headers = {"Authorization": f"Bearer {self.world.token['payments']}"}

    def stop(self) -> None:
        """Stop the server."""
        self._server.should_exit = True
        self._thread.join()
