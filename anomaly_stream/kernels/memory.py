"""Memory operations that numba lacks: memmove, prefetch, and a small array on the stack.

Each is inlined into the calling kernel, and cannot be called from Python.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

FEW = 16
"""The array that ``few_floats`` returns has this length."""
_FLAG = ir.IntType(32)
_FOR_WRITING, _KEEP, _DATA = (ir.Constant(_FLAG, flag) for flag in (1, 3, 1))


@intrinsic  # type: ignore[untyped-decorator]
def move_run(typing_context: Any, array: Any, source: Any, target: Any, count: Any) -> Any:
    """``array[target : target + count] = array[source : source + count]``; the runs may overlap (memmove).

    The array is contiguous and has one dimension. Bounds are not checked: both runs must lie inside it.
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
    """Load the cache line of ``array[index]`` before it is used. Results do not depend on it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, _FLAG, _FLAG, _FLAG])
        function = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], kind)
        builder.call(function, [pointer, _FOR_WRITING, _KEEP, _DATA])
        return context.get_dummy_value()

    return types.void(array, types.intp), build


@intrinsic  # type: ignore[untyped-decorator]
def few_floats(typing_context: Any) -> Any:
    """An uninitialised array of ``FEW`` float32 on the stack of the calling kernel, which must not return it.

    It needs no allocation and no reference count.
    """
    array = types.Array(types.float32, 1, "C")

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        floats = context.get_data_type(types.float32)
        room = cgutils.alloca_once(builder, floats, size=context.get_constant(types.intp, FEW))
        made = make_array(array)(context, builder)
        size = context.get_constant(types.intp, context.get_abi_sizeof(floats))
        shape = [context.get_constant(types.intp, FEW)]
        populate_array(made, data=room, shape=shape, strides=[size], itemsize=size, meminfo=None)
        return made._getvalue()

    return array(), build
