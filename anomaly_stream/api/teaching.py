"""Feedback that teaches a series which deviations are known, or takes that back, by commands."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from anomaly_stream.alerts.identity import series_of_alert
from anomaly_stream.alerts.known_deviations import known_by
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.problems import ProblemError
from anomaly_stream.api.state import ApiState
from anomaly_stream.model import AlertEvent, AnomalyDetectionConfig, Series
from anomaly_stream.model.commands import CommandKind, KnownDeviation, SeriesCommand
from anomaly_stream.model.side import Side
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.series_command import command_key, taught_in_force


def teach(state: ApiState, caller: Caller, events: Sequence[AlertEvent]) -> None:
    """Make the deviation of this alert known to its series. Of several on one side, the largest counts.

    Raises:
        ProblemError: the alert has no deviation, its series is not known, or the caller may not.
        BrokerError: Kafka cannot be reached, or refused.
    """
    found = known_by(events)
    if found is None:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "This alert cannot teach: none of its values was beyond a normal range. Leave out teach.",
        )

    def decide(registry: Registry) -> tuple[SeriesCommand, ...]:
        series = _series(registry, events[0])
        if series is None:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"The series of this alert is not known: the config {events[0].config_id!r} was deleted or "
                "has other labels now. Leave out teach.",
            )
        caller.check_change(registry.records[events[0].config_id].config)
        command = _command(state, caller, events[0], series, found)
        earlier = taught_in_force(registry.commands, command_key(command))
        if earlier is None or earlier.known is None or earlier.known.deviation <= found.deviation:
            return (command,)
        return (msgspec.structs.replace(command, known=earlier.known, alert_id=earlier.alert_id),)

    state.store.write(decide)


def take_back(state: ApiState, caller: Caller, events: Sequence[AlertEvent], only_own: bool) -> Side | None:
    """Nothing is known any more on the side of this alert. Raises as ``teach``.

    Args:
        state: of the API.
        caller: who says so.
        events: of the alert.
        only_own: only if feedback on this alert taught what is known.

    Returns the side; None if there was nothing to take back.
    """
    found = known_by(events)
    if found is None:
        return None
    side: Side | None = None

    def decide(registry: Registry) -> tuple[SeriesCommand, ...]:
        nonlocal side
        side = None
        series = _series(registry, events[0])
        if series is None:
            return ()
        command = _command(state, caller, events[0], series, found._replace(deviation=0.0))
        earlier = taught_in_force(registry.commands, command_key(command))
        if earlier is None or (only_own and earlier.alert_id != events[0].alert_id):
            return ()
        caller.check_change(registry.records[events[0].config_id].config)
        side = found.side
        return (msgspec.structs.replace(command, alert_id=None),)

    state.store.write(decide)
    return side


def _series(registry: Registry, event: AlertEvent) -> Series | None:
    """The series of an alert, if its config is in force and the labels of the event tell."""
    record = registry.records.get(event.config_id)
    if record is None or not isinstance(record.config, AnomalyDetectionConfig):
        return None
    return series_of_alert(event, record.config.labels)


def _command(
    state: ApiState, caller: Caller, event: AlertEvent, series: Series, known: KnownDeviation
) -> SeriesCommand:
    return SeriesCommand(
        kind=CommandKind.TEACH,
        config_id=event.config_id,
        series=series,
        author=caller.id,
        issued_at_ms=int(state.clock() * 1000),
        known=known,
        alert_id=event.alert_id,
    )
