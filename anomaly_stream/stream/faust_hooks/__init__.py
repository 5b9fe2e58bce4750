"""Every private name of Faust and aiokafka that a worker depends on.

The classes and functions of this package give private methods and attributes public names. The rest of
``stream`` derives from them and uses public names only. :func:`check_hooks` fails at start if an installed
release lacks one of the names.
"""

from anomaly_stream.stream.faust_hooks.check import check_hooks

__all__ = ["check_hooks"]
