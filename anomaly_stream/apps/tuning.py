"""What a proposal needs of a running system: its observations on the metrics topics, feedback and configs."""

from functools import partial

from anomaly_stream.apps.load_history import NoSuchConfigError
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.kafka.config_topic import config_context, read_configs
from anomaly_stream.kafka.feedback_topic import read_feedback
from anomaly_stream.kafka.past_records import ReadBounds, read_past
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.registry.parsing import ParsedConfig
from anomaly_stream.report.proposal import NewTrials, Proposal, Replay, propose
from anomaly_stream.report.trials import Trials
from anomaly_stream.report.tuning import Objective
from anomaly_stream.settings import Settings


def config_in_force(settings: Settings, config_id: str) -> ParsedConfig:
    """The config with this id. Raises NoSuchConfigError."""
    registry = read_configs(settings)
    record = registry.records.get(config_id)
    if record is None:
        raise NoSuchConfigError(config_id, registry)
    return ParsedConfig(record.config, record.document)


def stored_observations(settings: Settings, since: float) -> tuple[Replay, NewTrials]:
    """The records of the metrics topics from a Kafka timestamp on, in seconds, and how they are judged."""
    names = TopicNames.of(settings)
    bounds = ReadBounds(since_ms=int(since * 1000))
    trials = partial(
        Trials,
        bands=settings.severity.bands(),
        formats=names.formats,
        max_ahead_s=settings.worker.max_ahead_s,
    )
    return lambda: map(InputBlock, read_past(settings, names.metrics, bounds)), trials


def proposal_for(settings: Settings, config_id: str, since: float, objective: Objective) -> Proposal:
    """A change of the config in force, by the feedback on its alerts. Raises AnomalyStreamError."""
    subject = config_in_force(settings, config_id)
    replay, new_trials = stored_observations(settings, since)
    said, context = read_feedback(settings), config_context(settings)
    return propose(subject.config, subject.document, said, replay, new_trials, context, objective)
