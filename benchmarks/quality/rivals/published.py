"""Published figures of others, and figures computed from their published scores."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NabFigures:
    """NAB's three profiles, each at the best threshold over the corpus."""

    title: str
    standard: float
    low_fp: float
    low_fn: float


NAB_31 = (
    NabFigures("ARTime", 75.5, 66.7, 80.9),
    NabFigures("CAD OSE", 73.4, 69.8, 76.7),
    NabFigures("Numenta HTM", 72.3, 66.2, 76.5),
    NabFigures("earthgecko Skyline", 65.0, 54.9, 70.0),
    NabFigures("random cut forest", 61.7, 47.3, 68.4),
    NabFigures("Twitter ADVec", 55.7, 44.3, 61.6),
    NabFigures("relative entropy", 52.6, 46.2, 56.2),
    NabFigures("windowed Gaussian", 42.7, 25.7, 50.1),
)
"""These are figures on 31 of the 58 files: the scores in NAB's ``results/`` folder, by the formula of its
scorer."""

NAB_58 = (
    NabFigures("ARTime", 74.9, 65.2, 80.4),
    NabFigures("Numenta HTM", 70.1, 63.2, 74.3),
    NabFigures("CAD OSE", 69.9, 67.0, 73.2),
)
"""These are the same figures on the whole corpus."""


@dataclass(frozen=True, slots=True)
class CloudFigures:
    """Service metrics: recall at one false alarm per series-week, and the best F1."""

    title: str
    recall: float
    f1: float


CLOUD_30 = (
    CloudFigures("hour-of-day median and MAD", 0.82, 0.63),
    CloudFigures("z-score, 7 days", 0.83, 0.59),
    CloudFigures("modified z-score, 7 days", 0.70, 0.52),
    CloudFigures("IQR, 7 days", 0.70, 0.51),
    CloudFigures("EWMA chart", 0.75, 0.53),
    CloudFigures("river GaussianScorer", 0.82, 0.59),
    CloudFigures("river HalfSpaceTrees", 0.68, 0.51),
    CloudFigures("PySAD StandardAbsoluteDeviation", 0.80, 0.62),
    CloudFigures("Spectral Residual (causal, 64)", 0.29, 0.21),
)
"""These are figures on 30 of the 60 series of the Cloud Monitoring Dataset, by
:mod:`benchmarks.quality.segments`."""
