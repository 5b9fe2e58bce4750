"""The last values of the members of a group up to an alert event, from the records of its partition."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from anomaly_stream.errors import MessageError
from anomaly_stream.groups.messages import decode_values, member_number
from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.model import AlertEvent, RecordColumns
from anomaly_stream.model.past_values import GroupValues, MemberValues, PastValue

MOST_MEMBERS = 5
"""The members whose values are kept; a group can have 32."""


class GroupPastValues:
    """Records of one partition of the groups topic, in which the values before events are found."""

    def __init__(self, parts: Iterable[RecordColumns]) -> None:
        self._messages: dict[bytes, list[tuple[int, NDArray[np.void]]]] = defaultdict(list)
        self._keys: dict[int, bytes] = {}
        self._values: dict[bytes, tuple[Integers, NDArray[np.void]]] = {}
        for records in parts:
            for row, offset in enumerate(records.offset.tolist()):
                self._add(offset, records.key(row), records.value(row))

    def _add(self, offset: int, key: bytes | None, message: bytes | None) -> None:
        if key is None or message is None:
            return
        try:
            values = decode_values(message)
        except MessageError:
            return  # the worker has put it on the dead-letter topic
        self._keys[offset] = key
        self._messages[key].append((offset, values))

    def before(self, event: AlertEvent, opened_by: AlertEvent, count: int) -> GroupValues | None:
        """The last ``count`` values, up to ``event``, of each member that explains why the alert opened.

        ``opened_by`` is the first event of the alert: the members with the largest shares in it are chosen.
        A member's values end with the one that was judged. None if no record is there that caused the event,
        or if the event names no members.
        """
        source, evidence, shares = event.source, event.group, opened_by.group
        key = None if source is None else self._keys.get(source.offset)
        if source is None or key is None or evidence is UNSET or shares is UNSET:
            return None
        offsets, values = self._of_instance(key)
        values = values[offsets <= source.offset]
        by_share = sorted(shares.members.items(), key=lambda member: -abs(member[1].share))
        chosen = dict(by_share[:MOST_MEMBERS])
        return GroupValues(
            [
                MemberValues(
                    name,
                    member.share,
                    _last(
                        values[values["member"] == member_number(name)],
                        event.timestamp,
                        evidence.members[name].value if name in evidence.members else None,
                        count,
                    ),
                )
                for name, member in chosen.items()
            ],
            [name for name in shares.members if name not in chosen],
        )

    def _of_instance(self, key: bytes) -> tuple[Integers, NDArray[np.void]]:
        """The values of one instance, with the offset of each."""
        found = self._values.get(key)
        if found is None:
            offsets, parts = zip(*self._messages[key], strict=True)
            found = np.repeat(offsets, [len(part) for part in parts]), np.concatenate(parts)
            self._values[key] = found
        return found


def _last(values: NDArray[np.void], begin: float, judged: float | None, count: int) -> list[PastValue]:
    """The last values of a member up to the one that was ``judged`` for the interval from ``begin`` on.

    Of several values with one time the largest counts, as in the alignment. The event does not tell the end
    of its interval: where no value from ``begin`` on is the judged one, values end at ``begin``.
    """
    order = np.lexsort((-values["value"], values["time"]))
    times, first = np.unique(values["time"][order], return_index=True)
    found = values["value"][order][first]
    end = int(np.searchsorted(times, begin, "right"))
    at = int(np.searchsorted(times, begin, "left"))
    if judged is not None and (found[at:] == judged).any():
        end = max(end, at + int(np.argmax(found[at:] == judged)) + 1)
    last = zip(times[:end][-count:].tolist(), found[:end][-count:].tolist(), strict=True)
    return [PastValue(*pair) for pair in last]
