"""The log of a process on standard error: one line per record, for people or as JSON.

Libraries are logged from WARNING on: at INFO they report each step of their own work. At DEBUG everything is
logged, except the connections of aiokafka, whose messages hold passwords.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import MemoryHandler
from typing import Literal, NoReturn

from anomaly_stream.ops import terminal
from anomaly_stream.ops.log_repeats import RepeatFilter

LogFormat = Literal["human", "json"]

_OURS = "anomaly_stream"
_WITH_SECRETS = "aiokafka.conn"


class HumanFormatter(logging.Formatter):
    """``2026-01-31T12:00:00.000Z WARNING anomaly_stream.stream.worker: message``, then any traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of ``record``."""
        line = f"{_time(record)} {record.levelname} {record.name}: {terminal.line(_message(record))}"
        exception = _exception(self, record)
        return line if exception is None else line + "\n    " + exception.replace("\n", "\n    ")


class JsonFormatter(logging.Formatter):
    """An object with ``time``, ``level``, ``logger``, ``message`` and, where there is one, ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of ``record``."""
        document = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        exception = _exception(self, record)
        if exception is not None:
            document["exception"] = exception
        return json.dumps(document, ensure_ascii=False)


class _ToStandardError(logging.Handler):
    """Writes to what ``sys.stderr`` is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def start_log_buffer() -> None:
    """Keep what is logged before the settings are known, until :func:`configure_logging`."""
    logging.root.addHandler(MemoryHandler(1000, flushLevel=logging.CRITICAL + 1))


def configure_logging(form: LogFormat = "human", level: str = "INFO") -> None:
    """Log to standard error in this form, from ``level`` on; called again, it replaces what was before."""
    handler = _ToStandardError()
    handler.setFormatter(JsonFormatter() if form == "json" else HumanFormatter())
    if level != "DEBUG":
        handler.addFilter(RepeatFilter(_OURS))
    before = [each for each in logging.root.handlers if isinstance(each, _ToStandardError | MemoryHandler)]
    logging.root.addHandler(handler)
    logging.root.setLevel(level if level in ("DEBUG", "ERROR") else "WARNING")
    logging.getLogger(_OURS).setLevel(level)
    logging.getLogger(_WITH_SECRETS).setLevel(logging.INFO)
    logging.captureWarnings(True)
    for each in before:
        if isinstance(each, MemoryHandler):
            each.setTarget(handler)
        each.close()
        logging.root.removeHandler(each)


def fail(text: str, code: int) -> NoReturn:
    """End the process with ``text`` as the last lines of standard error, each in the format of the log.

    For people a line is ``anomaly-stream: `` and the text.
    """
    report_end(text)
    # Keep the reason as the last line: suppress asyncio's reports of futures while the interpreter ends.
    logging.disable()
    sys.exit(code)


def report_end(text: str) -> None:
    """Write why the process ends: the last lines of standard error."""
    as_json = any(isinstance(each.formatter, JsonFormatter) for each in logging.root.handlers)
    for line in text.splitlines() or [""]:
        if as_json:
            logging.getLogger(_OURS).critical("anomaly-stream: %s", line)
        else:
            print(f"anomaly-stream: {terminal.line(line)}", file=sys.stderr, flush=True)


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _message(record: logging.LogRecord) -> str:
    return record.getMessage().strip()


def _exception(formatter: logging.Formatter, record: logging.LogRecord) -> str | None:
    parts = []
    if record.exc_info:
        parts.append(formatter.formatException(record.exc_info))
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts) or None
