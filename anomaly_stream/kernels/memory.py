"""The two memory instructions that a loop spells badly: moving a run of an array, and prefetching.

Each is inlined into the kernel that calls it; none can be called from Python.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_FLAG = ir.IntType(32)
_FOR_WRITING, _KEEP, _DATA = (ir.Constant(_FLAG, flag) for flag in (1, 3, 1))


@intrinsic  # type: ignore[untyped-decorator]
def move_run(typing_context: Any, array: Any, source: Any, target: Any, count: Any) -> Any:
    """``array[target : target + count] = array[source : source + count]``; the runs may overlap (memmove).

    For a contiguous array of one dimension. Not checked: both runs must be inside it.
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        start, end = (builder.gep(data, [index]) for index in arguments[1:3])
        size = context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        cgutils.raw_memmove(builder, end, start, arguments[3], size)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, types.intp), build


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Fetch the cache line of ``array[index]`` ahead of its use; no result depends on it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, _FLAG, _FLAG, _FLAG])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        builder.call(function, [pointer, _FOR_WRITING, _KEEP, _DATA])
        return context.get_dummy_value()

    return types.void(array, types.intp), build
