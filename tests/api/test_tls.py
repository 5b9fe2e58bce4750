"""The API with a certificate, and the client that trusts its authority."""

import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from anomaly_stream.client import Client
from anomaly_stream.client.failures import UnreachableError
from tests.api.served import Served


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
