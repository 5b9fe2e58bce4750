"""Check the docs for faults that a program can find.

Links to pages and headings resolve. Every source file, ``make TARGET``, ``anomaly-stream VERB --option`` and
``ANOMALY_STREAM_*`` variable that a page names exists. Generated pages are current.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from typer.core import TyperCommand, TyperGroup

from anomaly_stream.cli import command_tree

Command = TyperCommand | TyperGroup

ROOT = Path(__file__).resolve().parent.parent
SETTINGS_PAGE = ROOT / "docs" / "settings.md"

_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:py|xml))`")
_TO_BE_ADDED = {"apps/notifier.py", "cli/notifier.py"}
"""Files that a reader of docs/contributing.md adds."""
_MAKE = re.compile(r"(?<![\w-])make ([a-z][a-z-]*)")
_COMMAND = re.compile(r"(?<![\w/-])anomaly-stream ((?:[\w./<>=-]+ ?)*)")
_VARIABLE = re.compile(r"\bANOMALY_STREAM_[A-Z][A-Z_]*[A-Z]\b")


def pages() -> list[Path]:
    """Every page of the project."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def code_in(text: str) -> Iterator[str]:
    """The content of code blocks and code spans; lines that end in a backslash are joined."""
    for block, span in _CODE.findall(text):
        yield re.sub(r"\\\n\s*", "", block or span)


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, by GitHub's rules."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_faults(page: Path) -> Iterator[str]:
    """Links of a page to files or headings that do not exist. Links to the web are not followed."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists():
            yield f"the link {target} does not lead to a file"
        elif anchor and linked.suffix == ".md" and anchor not in anchors_of(linked):
            yield f"the link {target} does not lead to a heading"


def file_faults(page: Path) -> Iterator[str]:
    """Source files that a page names and the repository lacks; names may begin below ``anomaly_stream``."""
    for name in set(_SOURCE.findall(page.read_text())) - _TO_BE_ADDED:
        if not any((folder / name).exists() for folder in (ROOT, ROOT / "anomaly_stream")):
            yield f"there is no file {name}"


def make_faults(page: Path, targets: set[str]) -> Iterator[str]:
    """Make targets that a page names and the Makefile lacks."""
    for code in code_in(page.read_text()):
        yield from (f"there is no `make {name}`" for name in _MAKE.findall(code) if name not in targets)


def command_faults(page: Path, root: Command) -> Iterator[str]:
    """Commands and options that a page names and the command line lacks."""
    for code in code_in(page.read_text()):
        for line in _COMMAND.findall(code):
            yield from (f"`anomaly-stream {line.strip()}`: {fault}" for fault in _line_faults(line, root))


def _line_faults(line: str, command: Command) -> Iterator[str]:
    for word in line.split():
        if word.startswith("--"):
            options = {name for parameter in command.params for name in parameter.opts}
            if word.partition("=")[0] not in options | {"--help"}:
                yield f"{command.name} has no option {word}"
        elif isinstance(command, TyperGroup):
            verb = command.commands.get(word)
            if verb is None:
                if re.fullmatch(r"[a-z-]+", word):
                    yield f"{command.name} has no verb {word}"
                return
            command = cast(Command, verb)


def variable_faults(page: Path) -> Iterator[str]:
    """Environment variables that a page names and the settings page lacks."""
    known = set(_VARIABLE.findall(SETTINGS_PAGE.read_text()))
    yield from (f"there is no {name}" for name in set(_VARIABLE.findall(page.read_text())) - known)


def generated_faults() -> Iterator[str]:
    """Generated pages that are out of date."""
    script = [sys.executable, "-m", "scripts.generate_docs", "--check"]
    ran = subprocess.run(script, capture_output=True, text=True, cwd=ROOT)
    if ran.returncode:
        yield (ran.stdout + ran.stderr).strip()


def main() -> int:
    """Print every fault; the exit status is 1 if there is one."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    root = command_tree()
    faults = list(generated_faults())
    for page in pages():
        found = [
            *link_faults(page),
            *file_faults(page),
            *make_faults(page, targets),
            *command_faults(page, root),
            *variable_faults(page),
        ]
        faults += [f"{page.relative_to(ROOT)}: {fault}" for fault in found]
    print("\n".join(faults) or f"{len(pages())} pages checked.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
