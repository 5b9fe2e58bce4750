"""Baselines: what a series normally does; one file each, registered here by the config's ``seasonality``."""

from types import ModuleType

from anomaly_stream.baselines import rolling

REGISTRY: dict[str, ModuleType] = {"none": rolling}
"""By ``AnomalyDetectionConfig.seasonality``: the module whose ``describe`` kernel makes the baseline."""
