"""The commands of docs/tutorial.md print the output that the page shows."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r'^```(sh|python|yaml|text)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
BACKGROUND = "In another terminal"


@dataclass(frozen=True)
class Block:
    """A fenced block: a file with a title, commands, or the output of the commands before it."""

    language: str
    title: str
    background: bool
    text: str


def blocks_of(page: str) -> list[Block]:
    found = BLOCK.findall(page)
    return [
        Block(language, "" if title == BACKGROUND else title, title == BACKGROUND, text)
        for language, title, text in found
    ]


_OFFLINE, _REST = PAGE.read_text().split("## 5. Go live")
_LIVE, _HTTP = _REST.split("## 6. Register a metric over HTTP")
OFFLINE, LIVE, HTTP = blocks_of(_OFFLINE), blocks_of(_LIVE), blocks_of(_HTTP)


class Reader:
    """A reader who writes the files and runs the commands of the page in a folder."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        programs = Path(sys.executable).parent
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment}

    def run(self, command: str) -> str:
        """Everything that the commands print, standard error included."""
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @contextmanager
    def running(self, command: str) -> Iterator[Path]:
        """The command in the background; yields the file of what it prints, and ends it by SIGINT."""
        output = self.folder / f"{abs(hash(command))}.log"
        with output.open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-ec", f"exec {command}"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_heed_interrupts,
            )
            try:
                yield output
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(60)
                finally:
                    process.kill()

    def follow(self, blocks: list[Block]) -> None:
        """Execute the blocks in order, and compare the output."""
        printed, logs = "", []
        with ExitStack() as background:
            for block in blocks:
                if block.title:
                    (self.folder / block.title).write_text(block.text)
                elif block.language == "sh" and block.background:
                    logs.append(background.enter_context(self.running(block.text.strip())))
                elif block.language == "sh":
                    printed = self.run(block.text)
                elif block.background:
                    wait_for(logs[-1], block.text)
                else:
                    assert printed == block.text


def _heed_interrupts() -> None:
    """A job in the background of a script ignores SIGINT, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(log: Path, text: str, seconds: float = 300) -> None:
    """Wait until the log holds exactly ``text``."""
    deadline = time.monotonic() + seconds
    while log.read_text() != text:
        assert time.monotonic() < deadline, f"after {seconds} s there is {log.read_text()!r}"
        time.sleep(0.2)


def exports_of(block: Block) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)=(.*)$", block.text, re.M))


def test_the_page_has_what_these_tests_run() -> None:
    for part in (OFFLINE, LIVE):
        languages = {block.language for block in part}
        assert {"sh", "python", "text"} <= languages
    assert any(block.background for block in LIVE)


def test_the_readme_quotes_an_alert_of_the_tutorial() -> None:
    lines = re.findall(r"^> (.*)$", (ROOT / "README.md").read_text(), re.M)
    assert " ".join(lines) in PAGE.read_text()


@pytest.fixture(scope="module")
def installed() -> None:
    """Kernels are compiled, as by ``make install``: a command that compiles them says so in its output."""
    subprocess.run([sys.executable, "-m", "anomaly_stream.apps.compile_kernels"], check=True, cwd=ROOT)


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("installed")
def test_a_file_is_scored_as_the_page_says(tmp_path: Path) -> None:
    Reader(tmp_path, {}).follow(OFFLINE)


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("installed")
def test_alerts_arrive_live_as_the_page_says(tmp_path: Path, kafka: str, namespace: str) -> None:
    exports, *rest = LIVE
    shown = exports_of(exports)
    # The page's broker and namespace are the reader's own; those of this run take their place.
    shown |= {"ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": kafka, "ANOMALY_STREAM_NAMESPACE": namespace}
    shown["ANOMALY_STREAM_METRICS__PORT"] = "0"
    reader = Reader(tmp_path, shown)
    for block in OFFLINE:
        if block.title:
            (tmp_path / block.title).write_text(block.text)
    reader.run("python make_orders.py")
    reader.follow(rest)
