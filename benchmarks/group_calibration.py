"""``python -m benchmarks.group_calibration``: what scores quiet made groups get, which is what scores rest
on.

A line a detector and number of members: the statistic that one vector in 10, 100, 1000, 10,000 exceeds, and
the score that it gets. With a perfect calibration the scores were 10, 20, 30, 40.
"""

import sys

import numpy as np

from anomaly_stream.groups.detectors.instance import DETECTORS, score_of
from anomaly_stream.groups.detectors.registry import REGISTRY, mask_of
from anomaly_stream.groups.detectors.watch import WARM_UP, GroupScorer
from anomaly_stream.kernels.arrays import Floats
from benchmarks.group_sets import quiet_groups

GROUPS, LENGTH = 40, 8_000
SIZES = (2, 4, 8, 16)
TAILS = (1e-1, 1e-2, 1e-3, 1e-4)


def statistics(detector: str, vectors: Floats) -> Floats:
    """Of one detector, behind the warm-up."""
    watch = GroupScorer(vectors.shape[1], (detector,))
    present = np.ones(vectors.shape[1], np.bool_)
    found = np.zeros((len(vectors), DETECTORS))
    for row, vector in enumerate(vectors):
        watch.evaluate(vector, present)
        found[row] = watch.scores[1 + DETECTORS :]
        watch.learn(vector, present)
    number = mask_of((detector,)).bit_length() - 1
    return found[int(WARM_UP) :, number]


def main() -> int:
    """Measure and print."""
    for size in SIZES:
        groups = list(quiet_groups(GROUPS, size, LENGTH))
        for detector in REGISTRY:
            found = np.concatenate([statistics(detector.name, vectors) for vectors in groups])
            quantiles = [float(np.quantile(found, 1.0 - tail)) for tail in TAILS]
            said = "  ".join(
                f"{tail:g}: {value:6.2f} score {score_of(detector.number, value, float(size)):5.1f}"
                for tail, value in zip(TAILS, quantiles, strict=True)
            )
            print(f"{size:2d} members  {detector.name:17s} {said}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
