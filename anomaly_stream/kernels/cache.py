"""Compiled kernels on disk: one folder for each kernel and key.

The folders are in ``NUMBA_CACHE_DIR`` if that is set, otherwise in the user's cache. Several processes may
share them. Folders that were not used for a month are deleted.
"""

import fcntl
import functools
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, _CacheLocator
from numba.core.dispatcher import Dispatcher
from numba.core.types.containers import BaseNamedTuple, BaseTuple

from anomaly_stream.kernels.cache_key import key_of

_UNUSED_S = 30 * 86_400

_caches: "list[KernelCache]" = []


def cache_folder() -> Path:
    """Return the folder of all compiled kernels."""
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(chosen) / "anomaly-stream"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anomaly-stream" / "kernels"


def count_stored() -> tuple[int, int]:
    """Return how many of the kernels imported so far have compiled code on disk, and their total number."""
    return sum(Path(each._cache_path).is_dir() for each in _caches), len(_caches)


class KernelCache(FunctionCache):  # type: ignore[misc]
    """numba's cache of one kernel, with the key of ``cache_key``.

    The key is computed at the first use: functions that a kernel calls may be defined after it.
    """

    def __init__(self, kernel: Dispatcher) -> None:
        self._kernel = kernel
        self._py_func = kernel.py_func
        self._name = repr(kernel.py_func)
        self.enable()
        if kernel.py_func.__module__.startswith("anomaly_stream."):
            _caches.append(self)

    @functools.cached_property
    def _impl(self) -> CompileResultCacheImpl:
        return _Impl(self._kernel)

    @functools.cached_property
    def _cache_path(self) -> str:
        return str(self._impl.locator.get_cache_path())

    @functools.cached_property
    def _cache_file(self) -> IndexDataCacheFile:
        stamp = self._impl.locator.get_source_stamp()
        return IndexDataCacheFile(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled code of ``sig``, or None."""
        try:
            compiled = super().load_overload(sig, target_context)
        except Exception:  # a file cut short by a crash, or a class that has been renamed: compile again
            shutil.rmtree(self._cache_path, ignore_errors=True)
            return None
        if compiled is not None:
            with suppress(OSError):  # the cache may be read-only
                os.utime(self._cache_path)
        return compiled

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store compiled code. Without a writable folder, warn: every start then compiles again."""
        try:
            with _locked(cache_folder()):
                super().save_overload(sig, data)
        except OSError as error:
            warnings.warn(
                f"compiled kernels cannot be stored in {cache_folder()} ({error}): every start compiles them"
                " again, for minutes. Set NUMBA_CACHE_DIR to a folder that can be written.",
                stacklevel=2,
            )

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), tuple(_field_names(sig)))


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]
    def __init__(self, kernel: Dispatcher) -> None:
        self._locator = _Locator(kernel)
        self._lineno = kernel.py_func.__code__.co_firstlineno
        self._filename_base = "kernel"


class _Locator(_CacheLocator):  # type: ignore[misc]
    def __init__(self, kernel: Dispatcher) -> None:
        self._key = key_of(kernel)
        self._folder = f"{kernel.py_func.__module__}.{kernel.py_func.__qualname__}-{self._key}"
        self._py_file = kernel.py_func.__code__.co_filename  # numba's warnings name it

    def get_cache_path(self) -> str:
        return str(cache_folder() / self._folder)

    def get_source_stamp(self) -> str:
        return self._key

    def get_disambiguator(self) -> str:
        return ""


def _field_names(sig: Any) -> Iterator[tuple[str, ...]]:
    """Yield the fields of every named tuple in ``sig``: numba compares their classes by name only."""
    for argument in sig if isinstance(sig, tuple | BaseTuple) else ():
        if isinstance(argument, BaseNamedTuple):
            yield tuple(argument.fields)
        yield from _field_names(argument)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the cache: two processes that add signatures to one index would lose one of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.utime(lock.fileno())
        _delete_unused(folder, os.fstat(lock.fileno()).st_mtime - _UNUSED_S)
        yield


_pruned: set[Path] = set()


def _delete_unused(folder: Path, before: float) -> None:
    """Delete kernels last used earlier than ``before``, once in a process."""
    if folder in _pruned:
        return
    _pruned.add(folder)
    for path in folder.iterdir():
        if path.is_dir() and path.stat().st_mtime < before:
            shutil.rmtree(path, ignore_errors=True)
