"""The metrics that a config selects, for single metrics and for groups alike."""

from collections.abc import Sequence

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry.matching import selects
from anomaly_stream.registry.parsing import Config


def selections_of(config: Config) -> list[tuple[str, str, Sequence[LabelMatcher]]]:
    """What selects series, of the config or of each member: its place in the document, metric and matchers.

    The place is empty, or ends with a point, as in ``members.a.``.
    """
    if isinstance(config, AnomalyDetectionConfig):
        return [("", config.metric, config.matchers)]
    return [(f"members.{member.name}.", member.metric, member.matchers) for member in config.members]


def metrics_of(config: Config) -> tuple[str, ...]:
    """The metric, or the metrics of the members: names or globs."""
    return tuple(metric for _, metric, _ in selections_of(config))


def selects_series(config: Config, series: Series) -> bool:
    """Whether ``config`` watches ``series``, or has it as a member."""
    return any(selects(metric, matchers, series) for _, metric, matchers in selections_of(config))
