"""The maximum of open alerts of an owner: a storm opens some alerts, and not thousands.

An alert that would exceed the maximum is *withheld*: its events are not published, and get no number. So
``sequence`` in the state of a row (``no_data_events`` of an alert on a silent series) counts published events
only, and an open alert with 0 is a withheld one. So a replay decides as the first run did. A withheld alert
fires with its next event once its owner has fewer open alerts. One that is resolved before is never
published. One more alert says that alerts are withheld (``overflow``).
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.expired_alerts import ExpiredAlert
from anomaly_stream.alerts.lifecycle import OPEN
from anomaly_stream.alerts.no_data_alerts import NoDataChange
from anomaly_stream.alerts.overflow_alerts import OverflowChange
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import AlertEvent, ObservationColumns, Outcome, Series, Transition
from anomaly_stream.model.alerts import Condition
from anomaly_stream.model.limits import OpenAlertsReached
from anomaly_stream.pipeline.overflow import Overflows


class _Episode(NamedTuple):
    """Identity of an alert."""

    config: int
    """Index into the plan."""
    series: Series
    start: float
    condition: Condition


class _Kind(Enum):
    """What an event comes from."""

    EXPIRED, NO_DATA, VERDICT = range(3)


class _Event(NamedTuple):
    """The next event of an alert."""

    observation: int
    time: float
    verdict: int
    """Number in the outcome, in the expired alerts, or in the changes of silent series."""
    kind: _Kind
    episode: _Episode
    sequence: int
    """Its number if no event of the batch before it were withheld."""
    transition: Transition
    is_due: bool = True
    """False: it only lets an alert that is withheld fire."""


class Published(NamedTuple):
    """What is left to publish."""

    expired: list[ExpiredAlert]
    no_data: list[NoDataChange]
    overflows: list[OverflowChange]
    withheld: Counter[str]
    """By config id, the alerts that were withheld when they opened."""
    reached: list[OpenAlertsReached]
    """Owners whose maximum was reached for the first time."""


class OpenAlerts:
    """Withholds the alerts of owners that have too many open, in one partition.

    Args:
        bank: the rows of the partition; its plan is that of the outcomes.
        index: the series by number.
        most: the maximum for each owner; None for no maximum.
    """

    def __init__(self, bank: Bank, index: SeriesIndex, most: int | None) -> None:
        self._bank = bank
        self._index = index
        self._most = math.inf if most is None else most
        self._open: Counter[str] = Counter()
        self._withheld: Counter[str] = Counter()
        self._reached: set[str] = set()
        self.overflows = Overflows(0 if most is None else most)

    def recount(self) -> Iterator[tuple[bytes, AlertEvent]]:
        """The rows have changed otherwise than by a step: by another plan, or by loading.

        Returns the events of overflow alerts that end by it.
        """
        if self._most < math.inf:
            self._open, self._withheld = self._count(withheld=False), self._count(withheld=True)
        return self.overflows.withdraw(self._withheld, self._bank.plan.configs)

    def _count(self, *, withheld: bool) -> Counter[str]:
        """By owner, the open alerts that are published, or those that are withheld."""
        state, count = self._bank.state, self._bank.row_count
        alerts, rows = state.alerts[:count], state.rows[:count]
        configs = rows["config"]
        is_open = (alerts["phase"] >= OPEN) & ((alerts["sequence"] == 0) == withheld) & (configs >= 0)
        is_silent = (rows["no_data_since"] > -np.inf) & ((rows["no_data_events"] == 0) == withheld)
        found = np.concatenate((configs[is_open], configs[is_silent & (configs >= 0)]))
        numbers, counts = np.unique(found, return_counts=True)
        by_owner = Counter[str]()
        for number, alerts_of_config in zip(numbers.tolist(), counts.tolist(), strict=True):
            by_owner[self._bank.plan.configs[number].owner] += alerts_of_config
        return by_owner

    def admit(
        self,
        batch: ObservationColumns,
        outcome: Outcome,
        expired: Sequence[ExpiredAlert],
        no_data: Sequence[NoDataChange] = (),
    ) -> Published:
        """Withhold events of a step: their ``transition`` in ``outcome`` becomes ``NONE``.

        The events after them get lower numbers, in ``outcome`` and in the rows. Of ``expired`` and
        ``no_data``, the events that are left are returned.
        """
        events = [*_expired(expired), *_no_data(no_data), *self._verdicts(batch, outcome)]
        return self._admit(events, outcome, expired, no_data)

    def admit_no_data(self, changes: Sequence[NoDataChange]) -> Published:
        """The same for the changes that a heartbeat causes."""
        return self._admit(_no_data(changes), None, (), changes)

    def _admit(
        self,
        events: list[_Event],
        outcome: Outcome | None,
        expired: Sequence[ExpiredAlert],
        no_data: Sequence[NoDataChange],
    ) -> Published:
        left, counts = Published([], [], [], Counter(), []), Counter[_Episode]()
        rows: dict[_Episode, int] = {}
        for event in sorted(events, key=lambda each: each.observation):
            sequence = event.sequence - counts[event.episode]
            transition = self._admitted(event, sequence, left)
            counts[event.episode] += transition is Transition.NONE
            if event.kind is _Kind.VERDICT and outcome is not None:
                rows[event.episode] = int(outcome.row[event.verdict])
                outcome.transition[event.verdict] = transition
                outcome.alert_sequence[event.verdict] = sequence
            elif event.kind is _Kind.NO_DATA:
                change = no_data[event.verdict]
                rows[event.episode] = change.row
                if transition:
                    left.no_data.append(replace(change, transition=transition, sequence=sequence))
            elif transition:
                left.expired.append(replace(expired[event.verdict], sequence=sequence))
        for episode, row in rows.items():
            self._lower(episode, row, counts[episode])
        left.overflows.extend(self.overflows.take_changes())
        return left

    def _verdicts(self, batch: ObservationColumns, outcome: Outcome) -> list[_Event]:
        found = []
        for verdict in np.flatnonzero(outcome.transition).tolist():
            observation = int(outcome.observation[verdict])
            series = self._index.series[int(batch.series[observation])]
            time = float(batch.timestamp[observation])
            start = float(outcome.alert_start[verdict])
            episode = _Episode(int(outcome.config[verdict]), series, start, "anomaly")
            sequence, transition = int(outcome.alert_sequence[verdict]), int(outcome.transition[verdict])
            found.append(
                _Event(observation, time, verdict, _Kind.VERDICT, episode, sequence, Transition(transition))
            )
        return found

    def _admitted(self, event: _Event, sequence: int, left: Published) -> Transition:
        """What is published of an event: nothing, the event, or ``FIRING`` of an alert withheld so far."""
        config = self._bank.plan.configs[event.episode.config]
        owner, opens = config.owner, event.transition is Transition.FIRING
        if sequence > 1:
            self._open[owner] -= event.transition is Transition.RESOLVED
            return event.transition if event.is_due else Transition.NONE
        if event.transition is Transition.RESOLVED:
            self._release(owner, event)
            return Transition.NONE
        if self._open[owner] < self._most:
            self._open[owner] += 1
            if not opens:
                self._release(owner, event)
            return Transition.FIRING
        if opens:
            left.withheld[config.id] += 1
            self._withheld[owner] += 1
            self.overflows.withhold(
                config, event.episode.series, event.episode.start, event.observation, event.time
            )
        if owner not in self._reached:
            self._reached.add(owner)
            left.reached.append(OpenAlertsReached(owner, int(self._most)))
        return Transition.NONE

    def _release(self, owner: str, event: _Event) -> None:
        """An alert that was withheld is published now, or has ended."""
        self._withheld[owner] -= 1
        if self._withheld[owner] <= 0:
            self.overflows.end(owner, event.observation, event.time)

    def _lower(self, episode: _Episode, row: int, withheld: int) -> None:
        """Lower the number of the last event in the state of a row, if it still has this episode."""
        rows, alerts = self._bank.state.rows, self._bank.state.alerts
        is_anomaly = episode.condition == "anomaly"
        start = alerts["start"][row] if is_anomaly else rows["no_data_since"][row]
        is_same = rows["config"][row] == episode.config and start == episode.start
        if not withheld or not is_same or self._bank.series[int(rows["series"][row])] != episode.series:
            return
        if is_anomaly:
            alerts["sequence"][row] -= withheld
        else:
            rows["no_data_events"][row] -= withheld


def _expired(expired: Sequence[ExpiredAlert]) -> list[_Event]:
    """The events of rows that expired, which come before all others of the same observation."""
    return [
        _Event(
            *(one.observation, one.time, number),
            _Kind.EXPIRED,
            _Episode(one.config, one.series, one.episode.start, one.condition),
            one.sequence,
            Transition.RESOLVED,
        )
        for number, one in enumerate(expired)
    ]


def _no_data(changes: Sequence[NoDataChange]) -> list[_Event]:
    """The events of silent series, which come before the verdict on the same observation."""
    return [
        _Event(
            *(one.observation, one.time, number),
            _Kind.NO_DATA,
            _Episode(one.config, one.series, one.since, "no_data"),
            one.sequence,
            one.transition,
            one.is_due,
        )
        for number, one in enumerate(changes)
    ]
