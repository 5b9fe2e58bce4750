"""The keys of an issuer, from a file and from a URL, while they are rotated."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from anomaly_stream.api.auth.oidc import JwtVerifier, KeySource
from anomaly_stream.api.problems import ProblemError
from tests.api.world import World


class Issuer(BaseHTTPRequestHandler):
    """Serves the file ``path_of_keys``, or 500 if there is none."""

    path_of_keys: Path
    asked = 0

    def do_GET(self) -> None:
        Issuer.asked += 1
        found = Issuer.path_of_keys.exists()
        self.send_response(200 if found else 500)
        self.end_headers()
        if found:
            self.wfile.write(Issuer.path_of_keys.read_bytes())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["file", "URL"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield str(tmp_path / "jwks.json")
        return
    Issuer.path_of_keys = tmp_path / "jwks.json"
    server = HTTPServer(("127.0.0.1", 0), Issuer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    thread.join()
    server.server_close()


def publish(directory: Path, *keys: RSAKey) -> None:
    content = {"keys": [key.as_dict(private=False) for key in keys]}
    (directory / "jwks.json").write_text(json.dumps(content))


def test_rotation(location: str, tmp_path: Path) -> None:
    world, now = World(), 0.0
    first, second = (RSAKey.generate_key(2048, {"kid": kid}) for kid in "12")
    source = KeySource(location, lambda: now)
    verify = JwtVerifier(world.settings.access, source, world.clock)
    by_first, by_second = world.new_jwt(first), world.new_jwt(second, header={"kid": "2"})

    with pytest.raises(ProblemError) as failed:  # the keys never were readable
        verify(by_first)
    assert failed.value.status == 503
    publish(tmp_path, first)
    assert verify(by_first).id == "oidc:bob"

    publish(tmp_path, second)
    with pytest.raises(ProblemError) as failed:  # read a moment ago, and not again for each unknown key
        verify(by_second)
    assert failed.value.status == 401
    assert verify(by_first)
    now = 31.0
    assert verify(by_second)
    with pytest.raises(ProblemError):
        verify(by_first)

    (tmp_path / "jwks.json").unlink()  # the issuer is down: the known keys hold
    now = 10_000.0
    assert verify(by_second)
    publish(tmp_path, first)
    now = 20_000.0
    assert verify(by_first)
