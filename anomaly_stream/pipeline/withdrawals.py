"""The ``resolved`` events of alerts that a change of the configs withdraws.

The moment at which a worker applies a change is not part of the input, so such an event cannot be made again
after a crash, as all others can. Therefore it becomes part of the state first: the checkpoint that deletes
the row of the alert writes the event. The event is published once that checkpoint is durable. The next
checkpoint deletes its record, after the event was acknowledged. A worker that loads such a record publishes
the event again, so all copies have the same bytes.

The state also holds the ``Ownership`` of each config that has rows: a worker that learns of a deletion at its
start cannot ask the config.
"""

from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec

from anomaly_stream.alerts.withdrawn_alerts import WithdrawnAlert, withdrawn_event
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.errors import StateError
from anomaly_stream.formats.outcomes import Publication, encode
from anomaly_stream.formats.state_keys import (
    WITHDRAWAL_PREFIX,
    fingerprint_of,
    ownership_key,
    withdrawal_key,
)
from anomaly_stream.formats.state_record import OWNERSHIP, WITHDRAWAL, open_record, seal_json
from anomaly_stream.groups.instances import Instances
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.config import AnomalyDetectionConfig
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.model.ownership import Ownership

_NO_RECORD = -1


class Withdrawals:
    """The events of one partition, from the change that causes them to their acknowledgement."""

    def __init__(self) -> None:
        self.owners: Mapping[str, Ownership] = {}
        """By id of a config, its ownership as the state has it."""
        self._unsaved: dict[bytes, bytes] = {}
        """By key of its state record, an event that is in no checkpoint yet."""
        self._saving: dict[bytes, bytes] = {}
        """Those in the last checkpoint that was taken."""
        self._due: dict[bytes, bytes] = {}
        """Those that are durable, and not published yet."""
        self._published: list[bytes] = []
        """The records of events that were published."""

    @property
    def any_waiting(self) -> bool:
        """Whether an event waits for a checkpoint, or is to be published."""
        return bool(self._unsaved or self._saving or self._due)

    def add(
        self, withdrawn: Iterable[WithdrawnAlert], owners: Mapping[str, Ownership], left: Container[str]
    ) -> None:
        """Resolve these alerts, without those that were withheld (``pipeline.open_alerts``).

        ``owners`` are the configs of the alerts, and ``left`` the ids of those in force now.

        Raises:
            StateError: ``owners`` lacks a config.
        """
        for each in withdrawn:
            if each.alert["sequence"] == 0:
                continue
            owner = owners.get(each.config_id)
            if owner is None:
                raise StateError(f"the state has an alert of config {each.config_id!r}, and no ownership")
            self.put([withdrawn_event(each, owner, is_deleted=each.config_id not in left)])

    def put(self, events: Iterable[tuple[bytes, AlertEvent]]) -> None:
        """Publish these events, each with its key, once a checkpoint has them."""
        for key, event in events:
            self._unsaved[withdrawal_key(key, event.alert_id)] = encode(event)

    def load(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        """Restore state records. Raises StateError."""
        owners = dict(self.owners)
        for key, record in records:
            if key.startswith(WITHDRAWAL_PREFIX):
                self._due[key] = bytes(open_record(WITHDRAWAL, key, record)).rstrip()
            else:
                owner = _decode_ownership(key, record)
                owners[owner.id] = owner
        self.owners = owners

    def take_dirty(
        self, owners: Mapping[str, Ownership]
    ) -> tuple[Iterator[StateRecord], Iterator[StateRecord]]:
        """The state records to write first in a checkpoint, and those to delete last.

        ``owners`` are the configs that have rows or instances now.
        """
        before, self.owners = self.owners, owners
        changed = [owner for name, owner in owners.items() if before.get(name) != owner]
        gone = [(ownership_key(name), None) for name in before if name not in owners]
        gone += [(key, None) for key in self._published]
        written = [(key, seal_json(WITHDRAWAL, event)) for key, event in self._unsaved.items()]
        written += [
            (ownership_key(owner.id), seal_json(OWNERSHIP, msgspec.json.encode(owner))) for owner in changed
        ]
        self._saving, self._unsaved, self._published = {**self._saving, **self._unsaved}, {}, []
        return iter(written), iter(gone)

    def saved(self) -> None:
        """The records that ``take_dirty`` returned are durable."""
        self._due |= self._saving
        self._saving = {}

    def take_due(self) -> list[Publication[bytes]]:
        """The events to publish now; no record of the input caused them."""
        due, self._due = self._due, {}
        self._published += due
        return [Publication(fingerprint_of(key), event, _NO_RECORD) for key, event in due.items()]


def owners_in_use(bank: Bank, instances: Instances) -> dict[str, Ownership]:
    """The ownership of each config with rows, and of each group with instances, by id."""
    counts = [*bank.rows_per_config.tolist(), *instances.instance_counts]
    configs: list[AnomalyDetectionConfig | GroupConfig] = [*bank.plan.configs, *instances.plan.configs]
    return {config.id: Ownership.of(config) for config, count in zip(configs, counts, strict=True) if count}


def _decode_ownership(key: bytes, record: bytes) -> Ownership:
    try:
        return msgspec.json.decode(open_record(OWNERSHIP, key, record), type=Ownership)
    except msgspec.DecodeError as error:
        raise StateError(f"the ownership of a config cannot be read: {error}: {key!r}") from None
