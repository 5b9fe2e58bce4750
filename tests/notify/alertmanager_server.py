"""The Alertmanager of the distribution, on a free port, for tests."""

import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.brokers.broker import die_with_parent, free_port

PROGRAM = "prometheus-alertmanager"
_START_S = 60.0
_ANSWER_S = 60.0
_CONFIG = """\
route: {{receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{hook}"}}]}}]
"""


class AlertmanagerServer:
    """A server, as a context manager. It ends with this process.

    Args:
        directory: for its files.
        hook: the URL to which it sends its notifications.
    """

    def __init__(self, directory: Path, hook: str = "http://127.0.0.1:1/") -> None:
        program = shutil.which(PROGRAM)
        assert program is not None, f"Alertmanager is missing: install the package {PROGRAM}"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = directory / "alertmanager.log"
        config = directory / "alertmanager.yaml"
        config.write_text(_CONFIG.format(hook=hook))
        self._command = [
            program, f"--config.file={config}", f"--storage.path={directory / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
        ]  # fmt: skip

    def alerts(self) -> dict[str, dict[str, Any]]:
        """The alerts that are not resolved, by the alert id in their annotations."""
        answer = httpx.get(f"{self.url}/api/v2/alerts", trust_env=False, timeout=_ANSWER_S)
        found = answer.raise_for_status().json()
        return {each["annotations"]["alert_id"]: each for each in found}

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                httpx.get(f"{self.url}/-/ready", trust_env=False).raise_for_status()
                return self
            except httpx.HTTPError as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise AssertionError(f"{error}\n{self._log.read_text()[-2000:]}") from None
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(20)
