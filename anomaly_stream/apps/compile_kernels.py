"""Compile every kernel of the product: the last step of an installation.

Run it as ``python -m anomaly_stream.apps.compile_kernels``. Without it, the first worker compiles when it
starts.
"""

from anomaly_stream.ops.compilation import announced
from anomaly_stream.pipeline import warm_up
from anomaly_stream.stream.wire import fetcher_patch

if __name__ == "__main__":
    with announced():
        fetcher_patch.compile_kernels()
        warm_up.compile_kernels()
