"""Applies and deletes configs, and resets series, with the command line, as a user does."""

import json
from pathlib import Path

from tests.chaos.reconfiguring import Document
from tests.integration.workers import anomaly_stream


class ConfigShell:
    """The command line, in the environment of a run; ``directory`` is for its files."""

    def __init__(self, environment: dict[str, str], directory: Path) -> None:
        self._environment, self._directory = environment, directory

    def apply(self, config: Document) -> None:
        path = self._directory / f"{config['id']}.yaml"
        path.write_text(json.dumps(config))
        anomaly_stream(self._environment, "configs", "apply", str(path))

    def delete(self, config_id: str) -> None:
        anomaly_stream(self._environment, "configs", "delete", config_id)

    def reset(self, metric: str, labels: dict[str, str]) -> None:
        named = [part for name, value in labels.items() for part in ("--label", f"{name}={value}")]
        anomaly_stream(self._environment, "series", "reset", "--metric", metric, *named)
