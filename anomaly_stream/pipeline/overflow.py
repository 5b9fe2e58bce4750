"""One alert for all alerts of an owner that are withheld (``pipeline.open_alerts``).

It opens when the first alert is withheld, and resolves when none is. It is an alert on the series of that
first one, under its config and with the condition ``overflow``: so it goes where the withheld alert would
have gone. How many alerts are withheld follows from the rows; which one was the first is a state record of
the partition. So a replay gives the same events.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from anomaly_stream.alerts.no_data_alerts import HEARTBEAT
from anomaly_stream.alerts.overflow_alerts import OverflowChange, overflow_event
from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.errors import StateError
from anomaly_stream.formats.state_keys import OVERFLOW_KEY
from anomaly_stream.formats.state_record import OVERFLOW, open_record, seal_json
from anomaly_stream.model import AlertEvent, AnomalyDetectionConfig, Series, Transition
from anomaly_stream.model.ownership import Ownership


class _Open(msgspec.Struct, frozen=True):
    """An open overflow alert."""

    config: Ownership
    """That of the alert that was withheld first."""
    metric: str
    labels: dict[str, str]
    start: float
    opened: float
    """Event time of its first event."""
    withheld: int
    """Alerts withheld since it opened."""

    def change(
        self, transition: Transition, observation: int, time: float, limit: int, *, is_deleted: bool = False
    ) -> OverflowChange:
        """What happens to it now."""
        series = Series.of(self.metric, self.labels)
        return OverflowChange(
            *(self.config, series, self.start, observation, time, transition, self.withheld, limit),
            is_deleted=is_deleted,
        )


class Overflows:
    """The overflow alerts of one partition, by owner.

    Args:
        limit: ``worker.max_open_alerts``.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: dict[str, _Open] = {}
        self._saved: dict[str, _Open] = {}
        self._changes: list[OverflowChange] = []

    def withhold(
        self, config: AnomalyDetectionConfig, series: Series, start: float, observation: int, time: float
    ) -> None:
        """An alert is withheld when it opens."""
        known = self._open.get(config.owner)
        if known is not None:
            self._open[config.owner] = msgspec.structs.replace(known, withheld=known.withheld + 1)
            return
        opened = _Open(Ownership.of(config), series.metric, dict(series.labels), start, time, 1)
        self._open[config.owner] = opened
        self._changes.append(opened.change(Transition.FIRING, observation, time, self._limit))

    def end(self, owner: str, observation: int, time: float) -> None:
        """No alert of an owner is withheld any more."""
        if (known := self._open.pop(owner, None)) is not None:
            self._changes.append(known.change(Transition.RESOLVED, observation, time, self._limit))

    def take_changes(self) -> list[OverflowChange]:
        """The changes since the last call."""
        changes, self._changes = self._changes, []
        return changes

    def withdraw(
        self, withheld: Counter[str], left: Iterable[AnomalyDetectionConfig]
    ) -> Iterator[tuple[bytes, AlertEvent]]:
        """End the alerts that a change of the configs leaves without a config, or without a withheld alert.

        ``withheld``: by owner, the alerts that are withheld now. ``left``: the configs in force. No record of
        the input causes these events.
        """
        owners = {config.id: config.owner for config in left}
        for owner, known in list(self._open.items()):
            config_id = known.config.id
            if withheld[owner] and owners.get(config_id) == owner:
                continue
            del self._open[owner]
            change = known.change(
                *(Transition.RESOLVED, HEARTBEAT, known.opened, self._limit),
                is_deleted=config_id not in owners,
            )
            yield overflow_event(change, None)

    def restored(self, records: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
        """The other records; its own is restored in passing. Raises StateError."""
        for key, record in records:
            if key != OVERFLOW_KEY:
                yield key, record
                continue
            try:
                found = msgspec.json.decode(open_record(OVERFLOW, key, record), type=dict[str, _Open])
            except msgspec.DecodeError as error:
                raise StateError(f"the withheld alerts of a partition cannot be read: {error}") from None
            self._open, self._saved = found, dict(found)

    def take_dirty(self) -> Iterator[StateRecord]:
        """The state record as it is now, if it changed since the last call."""
        if self._open == self._saved:
            return iter(())
        self._saved = dict(self._open)
        record = seal_json(OVERFLOW, msgspec.json.encode(self._open)) if self._open else None
        return iter([(OVERFLOW_KEY, record)])
