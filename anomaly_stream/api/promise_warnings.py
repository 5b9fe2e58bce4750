"""Warnings of ``max_false_alarms`` on the series that workers see, as ``score`` gives them after a run."""

from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import FieldFault
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.pipeline.config_promises import ConfigPromise
from anomaly_stream.pipeline.seen_metrics import AVERAGED_S
from anomaly_stream.registry.incompatibilities import model_of
from anomaly_stream.registry.parsing import Config
from anomaly_stream.registry.promised_alerts import alerts_per_week, threshold_at


def promise_warnings(state: ApiState, config: Config, series: int) -> list[FieldFault]:
    """Why the rate of ``config`` cannot hold for this number of series together, or has no effect.

    Nothing is said while the time between two values is not known: workers average their rates over minutes,
    which says nothing of slower series.
    """
    if not isinstance(config, AnomalyDetectionConfig) or not config.false_alarms_per_week or not series:
        return []
    step_s = state.workers().mean_interval_s(config)
    if step_s is None or step_s > AVERAGED_S:
        step_s = config.false_alarms_step_s
    if not step_s:
        return []
    by_model = model_of(config.detectors, state.context.kinds) is not None
    threshold = threshold_at(config.alert_score, config.rate_by_own_step, step_s, by_model)
    promised = alerts_per_week(threshold, step_s, by_model=by_model)
    found = ConfigPromise(config, series * promised, series, promised, step_s)
    return [FieldFault("max_false_alarms", text) for text in (found.crowding, found.futility) if text]
