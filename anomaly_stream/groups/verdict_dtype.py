"""The record of a verdict on a vector, which the kernels of groups fill."""

import numpy as np

from anomaly_stream.alerts.decision import DECISION
from anomaly_stream.groups.detectors.instance import SCORES

GROUP_VERDICT = np.dtype([("scores", "f8", (SCORES,)), *DECISION], align=True)
"""The record of a verdict. ``scores`` is described at ``instance.SCORES``."""
