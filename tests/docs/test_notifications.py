"""The files and commands of docs/notifications.md do what the page says, on Apache Kafka."""

import subprocess
from pathlib import Path

from anomaly_stream.notify.http_values import signing_key
from tests.docs.test_tutorial import ROOT, Block, Reader, blocks_of
from tests.integration.workers import free_port

PAGE = ROOT / "docs" / "notifications.md"


def blocks(namespace: str) -> list[Block]:
    """The blocks of the first section, with a port and a topic that nobody else has."""
    text = PAGE.read_text().partition("\n## Routes")[0].replace('```json title="', '```yaml title="')
    for shown, used in (("8000", str(free_port())), ('"anomaly-alerts"', f'"{namespace}-anomaly-alerts"')):
        assert shown in text
        text = text.replace(shown, used)
    return blocks_of(text)


def test_the_page(apache: str, namespace: str, tmp_path: Path) -> None:
    environment = {
        "ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": apache,
        "ANOMALY_STREAM_NAMESPACE": namespace,
        "ANOMALY_STREAM_NOTIFY__METRICS_PORT": str(free_port()),
    }
    found = blocks(namespace)
    files = [block.title for block in found if block.title]
    assert files == ["routing.yaml", "settings.yaml", "event.json", "receive.py", "publish.py"]
    assert [block.text for block in found if block.background and block.language == "sh"] == [
        "anomaly-stream notify --settings settings.yaml\n",
        "python receive.py\n",
    ]
    Reader(tmp_path, environment).follow(found)


def test_the_command_for_a_secret_makes_one(tmp_path: Path) -> None:
    (command,) = [line for line in PAGE.read_text().splitlines() if "openssl" in line]
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    assert len(signing_key((tmp_path / "hook.secret").read_text().strip())) == 32
