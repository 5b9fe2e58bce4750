"""The page ``/docs`` works without the internet, under the policy of its own answer."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api.served import Served
from tests.api.world import World


def test_the_page_loads_nothing_from_elsewhere() -> None:
    client = World().client
    page = client.get("/docs")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "http" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 3
    for path in loaded:
        asset = client.get(path)
        assert asset.status_code == 200, path
        assert asset.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.slow
def test_a_browser_shows_the_operations(tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    served = Served()
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    command += ["--virtual-time-budget=20000", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
    try:
        shown = subprocess.run(
            [*command, "--dump-dom", f"{served.url}/docs"], capture_output=True, text=True, timeout=100
        )
    finally:
        served.stop()
    assert "/v1/configs/{config_id}" in re.sub(r"<[^>]+>|\u200b", "", shown.stdout), shown.stderr[-3000:]
    assert "Content Security Policy" not in shown.stderr
