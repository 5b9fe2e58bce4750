"""The maximum of open alerts of an owner: a storm opens some alerts, and not thousands.

An alert that would exceed the maximum is *withheld*: its events are not published, and get no number. So
``sequence`` in the state of a row counts published events only, and an open alert with 0 is a withheld one.
No other state is needed, and a replay decides as the first run did. A withheld alert fires with its next
event once its owner has fewer open alerts. One that is resolved before is never published.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.expired_alerts import ExpiredAlert
from anomaly_stream.alerts.lifecycle import OPEN
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import ObservationColumns, Outcome, Series, Transition
from anomaly_stream.model.limits import OpenAlertsReached

_Episode = tuple[int, Series, float]
"""Config (index into the plan), series and start of an alert."""


class _Event(NamedTuple):
    """The next event of an alert."""

    observation: int
    verdict: int
    """Number in the outcome, or in the expired alerts."""
    is_expired: bool
    episode: _Episode
    sequence: int
    """Its number if no event of the batch before it were withheld."""
    transition: Transition


class Published(NamedTuple):
    """What is left to publish."""

    expired: list[ExpiredAlert]
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
        self._open: Counter[str] | None = None
        self._reached: set[str] = set()

    def recount(self) -> None:
        """The rows have changed otherwise than by a step: by another plan, or by loading."""
        self._open = None

    def count(self) -> None:
        """Count the open alerts of each owner, unless they are known. Call it before a step."""
        if self._open is not None or self._most == math.inf:
            return
        state, count = self._bank.state, self._bank.row_count
        alerts, configs = state.alerts[:count], state.rows["config"][:count]
        is_visible = (alerts["phase"] >= OPEN) & (alerts["sequence"] > 0) & (configs >= 0)
        numbers, counts = np.unique(configs[is_visible], return_counts=True)
        self._open = Counter()
        for number, found in zip(numbers.tolist(), counts.tolist(), strict=True):
            self._open[self._bank.plan.configs[number].owner] += found

    def admit(
        self, batch: ObservationColumns, outcome: Outcome, expired: Sequence[ExpiredAlert]
    ) -> Published:
        """Withhold events of a step: their ``transition`` in ``outcome`` becomes ``NONE``.

        The events after them get lower numbers, in ``outcome`` and in the rows.
        """
        left, counts = Published([], Counter(), []), Counter[_Episode]()
        rows: dict[_Episode, int] = {}
        for event in sorted(self._events(batch, outcome, expired), key=lambda each: each.observation):
            sequence = event.sequence - counts[event.episode]
            transition = self._admitted(event, sequence, left)
            counts[event.episode] += transition is Transition.NONE
            if not event.is_expired:
                rows[event.episode] = int(outcome.row[event.verdict])
                outcome.transition[event.verdict] = transition
                outcome.alert_sequence[event.verdict] = sequence
            elif transition:
                alert = expired[event.verdict]
                left.expired.append(_renumbered(alert, sequence))
        for episode, row in rows.items():
            self._lower(episode, row, counts[episode])
        return left

    def _events(
        self, batch: ObservationColumns, outcome: Outcome, expired: Sequence[ExpiredAlert]
    ) -> list[_Event]:
        """All events of the step; those of rows that expired come before those of the same observation."""
        found = [
            _Event(
                one.observation,
                number,
                True,
                (one.config, one.series, one.episode.start),
                one.sequence,
                Transition.RESOLVED,
            )
            for number, one in enumerate(expired)
        ]
        for verdict in np.flatnonzero(outcome.transition).tolist():
            observation = int(outcome.observation[verdict])
            series = self._index.series[int(batch.series[observation])]
            episode = int(outcome.config[verdict]), series, float(outcome.alert_start[verdict])
            sequence, transition = int(outcome.alert_sequence[verdict]), int(outcome.transition[verdict])
            found.append(_Event(observation, verdict, False, episode, sequence, Transition(transition)))
        return found

    def _admitted(self, event: _Event, sequence: int, left: Published) -> Transition:
        """What is published of an event: nothing, the event, or ``FIRING`` of an alert withheld so far."""
        config = self._bank.plan.configs[event.episode[0]]
        owner = config.owner
        count = Counter[str]() if self._open is None else self._open
        if sequence > 1:
            count[owner] -= event.transition is Transition.RESOLVED
            return event.transition
        if event.transition is Transition.RESOLVED:
            return Transition.NONE
        if count[owner] < self._most:
            count[owner] += 1
            return Transition.FIRING
        left.withheld[config.id] += event.transition is Transition.FIRING
        if owner not in self._reached:
            self._reached.add(owner)
            left.reached.append(OpenAlertsReached(owner, int(self._most)))
        return Transition.NONE

    def _lower(self, episode: _Episode, row: int, withheld: int) -> None:
        """Lower the number of the last event in the state of a row, if it still has this episode."""
        config, series, start = episode
        rows, alerts = self._bank.state.rows, self._bank.state.alerts
        is_same = rows["config"][row] == config and alerts["start"][row] == start
        if withheld and is_same and self._bank.series[int(rows["series"][row])] == series:
            alerts["sequence"][row] -= withheld


def _renumbered(alert: ExpiredAlert, sequence: int) -> ExpiredAlert:
    return alert if alert.sequence == sequence else replace(alert, sequence=sequence)
