"""Detectors of others, on the same corpora by the same scorers: those that run here, and published figures.

A rival's package is imported when it is asked for; ``make quality`` installs them all.
"""

import importlib
from dataclasses import dataclass

from benchmarks.quality.series import Detector


class RivalMissingError(Exception):
    """The package of a rival is not installed."""


@dataclass(frozen=True, slots=True)
class Rival:
    """The module of a rival's detector; ``slow``: it takes more than 10 microseconds for each value.

    ``built``: the attribute is a function that makes the detector, and may raise :class:`RivalMissingError`.
    """

    title: str
    module: str
    attribute: str
    slow: bool = False
    built: bool = False

    def detector(self) -> Detector:
        """Import it.

        Raises:
            RivalMissingError: its package, or a program that it needs, is not installed.
        """
        try:
            module = importlib.import_module(f"{__name__}.{self.module}")
        except ModuleNotFoundError as error:
            raise RivalMissingError(
                f"{self.title}: {error.name} is not installed (pip install -c constraints.txt -e '.[rivals]')"
            ) from error
        found = getattr(module, self.attribute)
        detector: Detector = found() if self.built else found
        return detector


RIVALS = {
    "zscore-7d": Rival("7-day z-score, K = 4", "classics", "zscore_7d"),
    "hour-mad": Rival("hour-of-day MAD and 7-day z, K = 3.5", "classics", "hour_of_day_mad"),
    "random-cut-forest": Rival(
        "random cut forest (OpenSearch)", "random_cut_forest", "load", slow=True, built=True
    ),
    "windowed-gaussian": Rival("windowed Gaussian (NAB)", "windowed_gaussian", "windowed_gaussian"),
    "river-gaussian": Rival("river GaussianScorer", "river_models", "gaussian_scorer"),
    "river-hst": Rival("river HalfSpaceTrees", "river_models", "half_space_trees", slow=True),
    "river-holt-winters": Rival("river Holt-Winters residual", "river_models", "holt_winters"),
    "pysad-sad": Rival("PySAD StandardAbsoluteDeviation", "pysad_models", "standard_absolute_deviation"),
    "pysad-mad": Rival(
        "PySAD MedianAbsoluteDeviation", "pysad_models", "median_absolute_deviation", slow=True
    ),
    "pysad-loda": Rival("PySAD LODA", "pysad_models", "loda", slow=True),
    "pysad-knncad": Rival("PySAD KNN-CAD", "pysad_models", "knn_cad", slow=True),
    "pysad-storm": Rival("PySAD ExactSTORM", "pysad_models", "exact_storm", slow=True),
    "pysad-xstream": Rival("PySAD xStream", "pysad_models", "xstream", slow=True),
    "adtk-iqr": Rival("ADTK InterQuartileRangeAD", "adtk_models", "interquartile_range"),
    "adtk-persist": Rival("ADTK PersistAD", "adtk_models", "persist"),
    "adtk-level-shift": Rival("ADTK LevelShiftAD", "adtk_models", "level_shift", slow=True),
    "adtk-volatility": Rival("ADTK VolatilityShiftAD", "adtk_models", "volatility_shift", slow=True),
}
