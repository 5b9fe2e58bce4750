"""Settings of the Python interpreter for a process that must answer quickly."""

import gc
import sys

#: A thread that waits for the interpreter's lock gets it after this time. Kernels release the lock, and
#: fetches are decoded in a thread of their own: by default, each kernel of a small slice may wait for 5 ms.
_SWITCH_S = 0.0005


async def tune_interpreter() -> None:
    """Make full garbage collections rare and small: each would scan all objects of Faust and numba. Make
    threads alternate quickly.

    Call it after the start: the objects that exist then are not scanned again.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
