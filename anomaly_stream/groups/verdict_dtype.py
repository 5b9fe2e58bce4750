"""The record of a verdict on a vector, which the kernels of groups fill."""

import numpy as np

from anomaly_stream.groups.detectors.instance import SCORES

VERDICT = np.dtype(
    [
        ("scores", "f8", (SCORES,)),
        ("start", "f8"),
        ("end", "f8"),
        ("peak_score", "f8"),
        ("peak_value", "f8"),
        ("count", "i8"),
        ("status", "u1"),
        ("severity", "u1"),
        ("alert_severity", "u1"),
        ("transition", "u1"),
        ("publish", "u1"),
    ],
    align=True,
)
"""``scores``: as ``instance.SCORES`` says; ``start`` to ``count``: the alert's episode."""
