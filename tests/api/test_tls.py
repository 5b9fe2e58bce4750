"""The API with a certificate, and the client that trusts its authority."""

import logging
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from anomaly_stream.api.server import server_of
from anomaly_stream.client import Client
from anomaly_stream.client.failures import UnreachableError
from anomaly_stream.errors import SettingsError
from anomaly_stream.settings.api import ApiSettings
from tests.api.served import Served
from tests.api.world import World


def certificate(directory: Path) -> tuple[Path, Path]:
    """PEM files of a certificate of this host, signed by itself, and of its key."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_the_client_trusts_the_authority_that_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = certificate(tmp_path)
    served = Served(tls_cert_file=str(cert), tls_key_file=str(key))
    url, token = f"https://127.0.0.1:{served.port}", served.world.token["payments"]
    try:
        with Client(url, token, retries=0) as stranger, pytest.raises(UnreachableError, match="certificate"):
            list(stranger.configs.list())
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        with Client(url, token, retries=0) as client:
            assert client.configs.create({"metric": "checkout_ms"}).version == 1
        answer = httpx.get(f"{url}/livez", verify=ssl.create_default_context(cafile=str(cert)))
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{served.port}/livez")
    finally:
        served.stop()


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = certificate(tmp_path / "other")
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    for files in ((cert, other), (junk, key)):
        settings = ApiSettings(tls_cert_file=files[0], tls_key_file=files[1])
        with pytest.raises(SettingsError, match=rf"api.tls_cert_file {files[0]} and api.tls_key_file"):
            server_of(World().app, settings)


def test_the_port_that_was_picked_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    served = Served()
    served.stop()
    assert f"Serving http://127.0.0.1:{served.port}; see /docs" in caplog.messages
