"""Settings of the Python interpreter for a process that must answer quickly."""

import gc
import sys

#: A thread that waits for the interpreter's lock gets it after this time, by default 5 ms. Kernels and Kafka
#: clients release the lock, while another thread decodes fetches or delivers messages.
_SWITCH_S = 0.0005


def tune_interpreter() -> None:
    """Make full garbage collections rare and small: each would scan all objects of the libraries.
    Make threads alternate quickly.

    Call it after the start: the objects that exist then are not scanned again.
    """
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
