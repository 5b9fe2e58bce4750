"""The one way to compile a kernel."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core.dispatcher import Dispatcher

from anomaly_stream.kernels.cache import KernelCache

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` at its first call: cached, without the GIL, IEEE arithmetic (no fastmath)."""
    return _compiled(function, nogil=True, error_model="numpy")


def leaf_kernel(function: F) -> F:
    """Compile like ``kernel``, for functions that allocate no array: they do not count references.

    Where small functions pass arrays on for each record, counting takes more than half of the time.
    """
    return _compiled(function, nogil=True, error_model="numpy", _nrt=False)


def _compiled(function: F, **options: Any) -> F:
    compiled = numba.njit(**options)(function)
    if isinstance(compiled, Dispatcher):  # NUMBA_DISABLE_JIT=1 leaves plain Python
        compiled._cache = KernelCache(compiled)  # type: ignore[attr-defined]
    return compiled  # type: ignore[no-any-return]
