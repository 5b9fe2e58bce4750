"""The one way to compile a kernel."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` lazily: cached, without the GIL, IEEE arithmetic (no fastmath)."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]


def leaf_kernel(function: F) -> F:
    """As ``kernel``, for functions that allocate no array: they count no references to those they are given.

    Where arrays are passed on to small functions for each record, that counting is over half of the time.
    """
    options = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
    return numba.njit(**options)(function)  # type: ignore[no-any-return]
