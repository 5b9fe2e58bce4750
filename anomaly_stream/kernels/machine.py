"""Machine instructions that numba lacks: unaligned loads, 128-bit products, counts of leading zeros.

Each is inlined into the calling kernel, and cannot be called from Python.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WORD = ir.IntType(64)
_WIDE = ir.IntType(128)


@intrinsic  # type: ignore[untyped-decorator]
def load_word(typing_context: Any, buffer: Any, position: Any) -> Any:
    """The eight bytes of a uint8 array from ``position``, as a little-endian uint64.

    Bounds are not checked: ``position + 8 <= len(buffer)`` must hold.
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = cgutils.gep_inbounds(builder, array.data, arguments[1])
        return builder.load(builder.bitcast(address, _WORD.as_pointer()), align=1)

    return types.uint64(buffer, types.intp), build


@intrinsic  # type: ignore[untyped-decorator]
def high_product(typing_context: Any, left: Any, right: Any) -> Any:
    """The upper 64 bits of the 128-bit product of two uint64."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        factors = [builder.zext(argument, _WIDE) for argument in arguments]
        product = builder.mul(*factors)
        return builder.trunc(builder.lshr(product, ir.Constant(_WIDE, 64)), _WORD)

    return types.uint64(types.uint64, types.uint64), build


@intrinsic  # type: ignore[untyped-decorator]
def leading_zeros(typing_context: Any, word: Any) -> Any:
    """How many zero bits a uint64 has above its highest set bit; 64 for zero."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), build


@intrinsic  # type: ignore[untyped-decorator]
def trailing_zeros(typing_context: Any, word: Any) -> Any:
    """How many zero bits a uint64 has below its lowest set bit; 64 for zero."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), build
