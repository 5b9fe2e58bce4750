"""The metrics that a config selects, for single metrics and for groups alike."""

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.registry.matching import matches, selects
from anomaly_stream.registry.parsing import Config


def metrics_of(config: Config) -> tuple[str, ...]:
    """The metric, or the metrics of the members: names or globs."""
    if isinstance(config, AnomalyDetectionConfig):
        return (config.metric,)
    return tuple(member.metric for member in config.members)


def selects_series(config: Config, series: Series) -> bool:
    """Whether ``config`` watches ``series``, or has it as a member."""
    if isinstance(config, AnomalyDetectionConfig):
        return matches(config, series)
    return any(selects(member.metric, member.matchers, series) for member in config.members)
