"""The input of a run: many series that have nothing to do with each other, and hosts whose metrics do.

A host's metrics are series of their own, keyed apart, so that they come through different partitions; what is
told of them is an hour in each round, so that the run has days. From the middle on some hosts break: a level
jumps, or two metrics turn against each other. Values are left out, and some hours have two. Some times are
far ahead, and the clocks of some series are wrong for a while; not those of hosts: which values of a group
agree on a time depends on how its partitions interleave, so there is no one right result.
"""

import numpy as np
from numpy.typing import NDArray

from tests.integration.load import LoadMessage, make_load, spell

SERIES, ROUNDS = 120, 110
HOSTS, METRICS = 4, ("cpu", "disk", "load")
HOUR_S = 3600
#: By host: what breaks, from a round of `_BREAKS` on.
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
    """(rounds, hosts, metrics): the metrics of a host follow one demand, until they do not."""
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
