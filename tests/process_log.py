"""Logging of this process, as it was before a command ran in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = (None, "anomaly_stream", "aiokafka.conn")
"""Those whose level a command sets."""


@contextmanager
def restored_logging() -> Iterator[None]:
    """Afterwards handlers and levels are as before: a command leaves its own, because its process ends."""
    handlers = logging.root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        logging.disable(logging.NOTSET)
        logging.captureWarnings(False)
