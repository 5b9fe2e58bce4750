"""The input of a run: many independent series, and hosts whose metrics are correlated.

Each metric of a host is a series with its own key, so that they arrive through different partitions. A round
is one hour of event time, so that the run spans days. From the middle on, some hosts fail: a level jumps, or
a correlation changes sign. Some values are missing, and some hours have two. Some times are far ahead, and
the clocks of some series are wrong for a while. Hosts have no such times: which members agree on a time
depends on how their partitions interleave, so there is no one right result.
"""

import numpy as np
from numpy.typing import NDArray

from tests.integration.load import LoadMessage, make_load, spell

SERIES, ROUNDS = 120, 110
HOSTS, METRICS = 4, ("cpu", "disk", "load")
HOUR_S = 3600
#: The failure of each host, which begins in a round of `_BREAKS`.
_LEVEL, _RELATION = "level", "relation"
_BREAKING = (_LEVEL, _RELATION, _LEVEL, _LEVEL)
_BREAKS = range(45, 70)
_LASTS = 15
_LEFT_OUT, _TWICE = 0.03, 0.05


def chaos_load(seed: int) -> list[LoadMessage]:
    """Both parts, side by side; each series in the order of its time."""
    parts = [make_load(SERIES, ROUNDS, seed, rubbish_share=0.005, wild_clocks=True), host_load(seed)]
    placed = [(number / len(part), message) for part in parts for number, message in enumerate(part)]
    return [message for _, message in sorted(placed, key=lambda entry: entry[0])]


def host_load(seed: int) -> list[LoadMessage]:
    """The hosts' metrics, in order of time; the last round has a value of each."""
    rng = np.random.default_rng([seed, 1])
    values = _values(rng)
    messages: list[LoadMessage] = []
    pending: dict[int, list[dict[str, object]]] = {}
    for index in range(ROUNDS):
        last = index == ROUNDS - 1
        for host in range(HOSTS):
            for metric, name in enumerate(METRICS):
                number = SERIES + host * len(METRICS) + metric
                if not last and rng.random() < _LEFT_OUT:
                    continue
                for minute in (0, 30) if rng.random() < _TWICE else (0,):
                    document = {
                        "metric": f"host_{name}",
                        "labels": {"host": f"h{host}"},
                        "timestamp": 1_700_000_400 + HOUR_S * index + 60 * minute + metric,
                        "value": float(values[index, host, metric]) + 0.01 * minute,
                    }
                    messages += spell(rng, number, document, pending, last)
    return messages


def _values(rng: np.random.Generator) -> NDArray[np.float64]:
    """Shape (rounds, hosts, metrics): the metrics of a host follow one demand, except in its failure."""
    demand = rng.normal(size=(ROUNDS, HOSTS, 1))
    values = 50 + 5 * (0.9 * demand + 0.4 * rng.normal(size=(ROUNDS, HOSTS, len(METRICS))))
    for host, breaking in enumerate(_BREAKING):
        begin = int(rng.choice(_BREAKS))
        broken = slice(begin, begin + _LASTS)
        if breaking == _LEVEL:
            values[broken, host, host % len(METRICS)] += 60
        else:
            values[broken, host, 0] = 100 - values[broken, host, 0]
    return values
