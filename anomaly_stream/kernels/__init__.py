"""Numba functions: arrays in, arrays out; each has a slow, obvious twin in the tests.

Compiled code is cached per user, in a folder named after a digest of every module that holds
kernels, or types that they take: numba's own cache does not notice that a function called from another file
has changed.
"""

import hashlib
import os
from pathlib import Path

import numba

_KERNEL_ROOMS = ("alerts", "baselines", "detectors", "engine", "groups", "kernels", "model")


def _cache_dir() -> Path:
    package = Path(__file__).parent.parent
    digest = hashlib.blake2b(digest_size=8)
    for room in _KERNEL_ROOMS:
        for source in sorted((package / room).rglob("*.py")):
            digest.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "anomaly-stream" / "kernels" / digest.hexdigest()


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(_cache_dir())
