"""Input for the tests of groups: hosts whose metrics move together until they do not."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.model import Series
from anomaly_stream.model.group import GroupConfig, GroupMember

NAMES = ("cpu", "disk", "load", "memory", "network")


def group(**fields: object) -> GroupConfig:
    """Five metrics of a host."""
    members = tuple(GroupMember(name=name, metric=f"host_{name}") for name in NAMES)
    return GroupConfig(**{"id": "host", "by": ("host",), "members": members, **fields})  # type: ignore[arg-type]


def vectors(count: int, seed: int = 0, broken_from: int | None = None) -> NDArray[np.float64]:
    """(count, 5): cpu and load follow one demand, against each other from ``broken_from`` on; each keeps its
    spread."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 5))
    sign = np.where(np.arange(count) >= (count if broken_from is None else broken_from), -1.0, 1.0)
    values[:, 2] = 0.9 * sign * values[:, 0] + np.sqrt(1 - 0.9**2) * values[:, 2]
    return 50.0 + 5.0 * values


def messages(
    values: NDArray[np.float64], host: str = "a", interval: float = 10.0, buckets_each: int = 50
) -> list[tuple[bytes, bytes]]:
    """The messages with these vectors, members in turn, with ``buckets_each`` intervals per message."""
    key = Series.of("host", {"host": host}).key
    sent = []
    for first in range(0, len(values), buckets_each):
        for number, name in enumerate(NAMES):
            part = values[first : first + buckets_each, number]
            rows = np.zeros(len(part), VALUE)
            rows["member"] = member_number(name)
            rows["time"] = (first + np.arange(len(part))) * interval + number
            rows["value"] = part
            sent.append((key, encode_values(rows)))
    return sent
