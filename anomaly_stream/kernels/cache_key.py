"""The key of a compiled kernel: a digest of all that its compiled code depends on, and of nothing else.

numba keys its cache on the source file of a kernel. It recompiles the kernel after an edited comment, and
misses an edited function in another file that the kernel calls. This key is made of values: the bytecode,
constants and compiler options of the kernel and of every function that it calls, directly or not. Docstrings,
comments, line numbers and the place of the installation are not part of it.
"""

import functools
import hashlib
import inspect
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core.dispatcher import Dispatcher
from numba.core.types import Type
from numba.extending import _Intrinsic

# Before Python 3.14, a named function has no flag: its first constant is its docstring or None.
_HAS_DOCSTRING = getattr(inspect, "CO_HAS_DOCSTRING", inspect.CO_OPTIMIZED)
_CALLABLE = (Dispatcher, _Intrinsic, FunctionType)
_PLAIN = (
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    np.generic,
    type(None),
    type(...),
    Type,
    ir.Type,
    ir.Constant,
)


def key_of(kernel: Dispatcher) -> str:
    """Return the key of ``kernel``. Every function that it calls must be defined by now.

    Raises ``TypeError`` for a global that the key cannot describe.
    """
    texts: dict[Any, str] = {}
    pending: list[Any] = [kernel]
    while pending:
        function = pending.pop()
        if function not in texts:
            texts[function], called = _describe(function)
            pending.extend(called)
    whole = "\n".join([numba.__version__, texts.pop(kernel), *sorted(texts.values())])
    return hashlib.blake2b(whole.encode(), digest_size=10).hexdigest()


@functools.cache
def _describe(function: Any) -> tuple[str, tuple[Any, ...]]:
    """Return the text of one function and the functions that it refers to."""
    python: FunctionType = function
    options: dict[str, Any] = {}
    if isinstance(function, Dispatcher):
        python, options = function.py_func, function.targetoptions
    elif isinstance(function, _Intrinsic):
        python = function._defn
    called: list[Any] = []
    texts = [python.__module__, python.__qualname__, repr(sorted(options.items()))]
    texts += _value(python.__defaults__, called)
    texts += _value(tuple(cell.cell_contents for cell in python.__closure__ or ()), called)
    texts += _code(python.__code__, python, called)
    ours = _package(python.__module__)
    return "\0".join(texts), tuple(
        each for each in called if not isinstance(each, FunctionType) or _package(each.__module__) == ours
    )


def _code(code: CodeType, function: FunctionType, called: list[Any]) -> Iterator[str]:
    """Yield the bytecode of ``function``, or of one within it, and the values of constants and globals."""
    yield code.co_code.hex()
    yield repr((code.co_argcount, code.co_varnames, code.co_names, code.co_freevars))
    named = not code.co_name.startswith("<")
    skip = named and code.co_flags & _HAS_DOCSTRING and isinstance(code.co_consts[0], str)
    for constant in code.co_consts[1:] if skip else code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant, function, called)
        else:
            yield from _value(constant, called)
    for value in _globals(code.co_names, function):
        yield from _value(value, called)


def _globals(names: tuple[str, ...], function: FunctionType) -> Iterator[Any]:
    """Yield the globals of ``function`` with these names, and attributes of modules: of the same package, and
    kernels of any."""
    for name in names:
        value = function.__globals__.get(name)
        yield value
        if isinstance(value, ModuleType):
            ours = _package(value.__name__) == _package(function.__module__)
            for attribute in names:
                found = getattr(value, attribute, None)
                if ours or isinstance(found, Dispatcher):
                    yield found


def _value(value: Any, called: list[Any]) -> Iterator[str]:
    """Yield the text of ``value`` as compiled code sees it; functions are added to ``called`` instead."""
    if isinstance(value, _CALLABLE):
        called.append(value)
    elif isinstance(value, _PLAIN):
        yield f"{type(value).__name__} {value!r}"
    elif isinstance(value, tuple | frozenset):
        yield f"{type(value).__name__} {getattr(value, '_fields', '')} {len(value)}"
        for part in sorted(value, key=repr) if isinstance(value, frozenset) else value:
            yield from _value(part, called)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape} {value.tobytes().hex()}"
    elif isinstance(value, np.dtype):
        yield f"{value.descr} {value.itemsize}"
    elif isinstance(value, type | BuiltinFunctionType | np.ufunc | ModuleType):
        yield f"{getattr(value, '__module__', '')}.{value.__name__} {getattr(value, '_fields', '')}"
    else:
        raise TypeError(
            f"a kernel uses a global whose compiled value the cache key cannot describe: {value!r}"
        )


def _package(module: str) -> str:
    return module.partition(".")[0]
