"""Builds the messages for the groups topic: one for each instance with members in the batch."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.groups.messages import MOST_VALUES, VALUE, encode_values
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.kernels.arrays import Bools, Integers
from anomaly_stream.model import ObservationColumns, Series

_UNKNOWN, _NONE = -2, -1
_FIRST_SERIES = 256


class Forwarder:
    """Forwards the values of members. Its only state is a cache: messages are a function of the input.

    An observation that is read again after a crash is forwarded again; alignment ignores repeated values.

    Args:
        plan: the compiled groups.
        series: the series by number; it may grow.
    """

    def __init__(self, plan: GroupPlan, series: Sequence[Series]) -> None:
        self._series = series
        self.change_plan(plan)

    def change_plan(self, plan: GroupPlan) -> None:
        """Continue under other groups; clears the cache."""
        self._plan = plan
        self._keys: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._places: list[tuple[Integers, NDArray[np.uint32]]] = []
        self._place_of = np.full(_FIRST_SERIES, _UNKNOWN, np.int64)

    def forget(self, series: Integers) -> None:
        """Drop these series numbers from the cache: they will be used for other series."""
        self._place_of[series[series < len(self._place_of)]] = _UNKNOWN

    def takes(self, series: Integers) -> Bools:
        """For each of these series, whether it is a member of a group."""
        if not self._plan.configs or not len(series):
            return np.zeros(len(series), np.bool_)
        found: Bools = self._places_of(series) >= 0
        return found

    def messages(self, batch: ObservationColumns) -> Iterator[tuple[bytes, bytes, int]]:
        """Key and value of each message, and the row in ``RecordColumns`` of its last value."""
        if not self._plan.configs or not len(batch):
            return
        places = self._places_of(batch.series)
        chosen = np.flatnonzero(places >= 0)
        if not len(chosen):
            return
        instances, members, rows = self._spread(places[chosen], chosen)
        order = np.argsort(instances, kind="stable")
        bounds = np.flatnonzero(np.diff(instances[order])) + 1
        for part in np.split(order, bounds):
            for first in range(0, len(part), MOST_VALUES):
                taken = part[first : first + MOST_VALUES]
                yield self._message(int(instances[taken[0]]), members[taken], rows[taken], batch)

    def _message(
        self, instance: int, members: NDArray[np.uint32], rows: Integers, batch: ObservationColumns
    ) -> tuple[bytes, bytes, int]:
        values = np.empty(len(rows), VALUE)
        values["member"] = members
        values["learn"] = batch.learn[rows]
        values["time"] = batch.timestamp[rows]
        values["value"] = batch.value[rows]
        return self._keys[instance], encode_values(values), int(batch.record[rows[-1]])

    def _spread(self, places: Integers, rows: Integers) -> tuple[Integers, NDArray[np.uint32], Integers]:
        """Instance, member and row for each place in a group; a series can have several places."""
        found = [self._places[place] for place in places.tolist()]
        lengths = np.array([len(instances) for instances, _ in found])
        return (
            np.concatenate([instances for instances, _ in found]),
            np.concatenate([members for _, members in found]),
            np.repeat(rows, lengths),
        )

    def _places_of(self, series: Integers) -> Integers:
        """The index in ``_places`` for each observation; negative if its series belongs to no group."""
        most = int(series.max())
        if most >= len(self._place_of):
            more = max(2 * len(self._place_of), most + 1) - len(self._place_of)
            self._place_of = np.concatenate((self._place_of, np.full(more, _UNKNOWN, np.int64)))
        places = self._place_of[series]
        new = np.unique(series[places == _UNKNOWN])
        if len(new):
            for number in new.tolist():
                self._place_of[number] = self._place(self._series[number])
            places = self._place_of[series]
        return places

    def _place(self, series: Series) -> int:
        memberships = self._plan.memberships(series)
        if not memberships:
            return _NONE
        instances = [self._instance(membership.instance.key) for membership in memberships]
        members = [membership.member for membership in memberships]
        self._places.append((np.array(instances, np.int64), np.array(members, np.uint32)))
        return len(self._places) - 1

    def _instance(self, key: bytes) -> int:
        number = self._numbers.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
        return number
