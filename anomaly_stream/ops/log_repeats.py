"""Lines that a library repeats while something lasts, such as a broker that is gone."""

import logging

EVERY_S = 10.0
_MOST_LINES = 1000
"""Lines that are remembered; beyond them, all are forgotten."""


class RepeatFilter(logging.Filter):
    """Passes each line of a library at most once every 10 s, with the number of those it held back.

    Lines are the same if they have one logger, one level, and one text before its arguments are put in. The
    lines of ``ours``, and of the loggers below it, all pass.
    """

    def __init__(self, ours: str) -> None:
        super().__init__()
        self._ours = ours
        self._passed: dict[tuple[str, int, str], tuple[float, int]] = {}
        """When each line last passed, in seconds since the epoch, and how often it came since then."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is logged."""
        if record.name.partition(".")[0] == self._ours:
            return True
        line = record.name, record.levelno, str(record.msg)
        passed_at, count = self._passed.get(line, (float("-inf"), 0))
        if 0.0 <= record.created - passed_at < EVERY_S:
            self._passed[line] = passed_at, count + 1
            return False
        if len(self._passed) >= _MOST_LINES:
            self._passed.clear()
        self._passed[line] = record.created, 0
        if count:
            record.msg = f"{record.msg} ({count} more like it before)"
        return True
