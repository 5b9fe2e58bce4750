"""``python -m benchmarks.group_calibration``: the scores of synthetic groups without anomalies.

It prints a line per detector and number of members: the statistic that one vector in 10, 100, 1000 and 10,000
exceeds, and its score. With a perfect calibration, these scores are 10, 20, 30 and 40. The units and indices
of the detectors are fitted to these figures.
"""

import sys

import numpy as np

from anomaly_stream.groups.detectors.instance import DETECTOR_COUNT, SCORES, evaluate, learn, score_of
from anomaly_stream.groups.detectors.instance_layout import layout_of
from anomaly_stream.groups.detectors.registry import REGISTRY, GroupDetector
from anomaly_stream.kernels.arrays import Floats
from benchmarks.group_sets import quiet_groups

GROUPS, LENGTH, WARM_UP = 40, 8_000, 400
SIZES = (2, 4, 8, 16)
INTERVAL_S = 60.0
TAILS = (1e-1, 1e-2, 1e-3, 1e-4)


def statistics(detector: GroupDetector, vectors: Floats) -> Floats:
    """The statistic of one detector for each vector after the warm-up."""
    layout = layout_of((detector.name,), vectors.shape[1], WARM_UP)
    state, work, scores = np.zeros(layout.words), np.zeros(layout.work_words), np.zeros(SCORES)
    present = np.ones(vectors.shape[1], np.bool_)
    found = np.zeros(len(vectors))
    for row, vector in enumerate(vectors):
        time = row * INTERVAL_S
        evaluate(state, layout, vector, present, time, work, scores)
        found[row] = scores[1 + DETECTOR_COUNT + detector.number]
        learn(state, layout, vector, present, time, work)
    return found[WARM_UP:]


def main() -> int:
    """Measure and print."""
    for size in SIZES:
        groups = list(quiet_groups(GROUPS, size, LENGTH))
        for detector in REGISTRY:
            layout = layout_of((detector.name,), size, WARM_UP)
            found = np.concatenate([statistics(detector, vectors) for vectors in groups])
            quantiles = [float(np.quantile(found, 1.0 - tail)) for tail in TAILS]
            said = "  ".join(
                f"{tail:g}: {value:6.2f} score {score_of(layout, detector.number, value, float(size)):5.1f}"
                for tail, value in zip(TAILS, quantiles, strict=True)
            )
            print(f"{size:2d} members  {detector.name:17s} {said}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
