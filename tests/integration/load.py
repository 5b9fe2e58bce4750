"""A seeded load: observations of many series with faults, in every spelling, and malformed records."""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DAY = 86_400

#: Not one of these is an observation; each must become one dead letter.
RUBBISH = (
    b"",
    b"not json",
    b"{",
    b"[]garbage",
    b"null",
    b"42",
    b'{"metric": "m"}',
    b'{"metric": "", "timestamp": 1, "value": 1}',
    b'{"metric": "m", "timestamp": 1, "value": "high"}',
    b'{"metric": "m", "timestamp": 1, "value": NaN}',
    b'{"metric": "m", "timestamp": 1, "value": 1e999}',
    b'{"metric": "m", "timestamp": -5, "value": 1}',
    b'{"metric": "m", "labels": {"a": 1.5}, "timestamp": 1, "value": 1}',
    b'{"metric": "m", "labels": ["a"], "timestamp": 1, "value": 1}',
    b"\xff\xfe\x00",
    b'{"metric": "' + b"x" * 300 + b'", "timestamp": 1, "value": 1}',
)


@dataclass(frozen=True, slots=True)
class LoadMessage:
    """One message: its key, its bytes, its number of valid observations, whether it is malformed."""

    key: bytes
    value: bytes
    observations: int
    rubbish: bool = False


def make_load(
    series: int, rounds: int, seed: int, rubbish_share: float = 0.01, wild_clocks: bool = False
) -> list[LoadMessage]:
    """``series`` x ``rounds`` observations in time order, in random spellings, with malformed records.

    Each series is normal noise around a level of its own; from round 60 on one in 400 values is a
    spike, and one series in ten shifts for 12 rounds. With ``wild_clocks``, some times are days ahead, and
    the clocks of some series are wrong for a while.
    """
    rng = np.random.default_rng(seed)
    levels = rng.uniform(10, 1000, series)
    values = levels * (1 + rng.normal(0, 0.05, (rounds, series)))
    spikes = rng.random((rounds, series)) < 1 / 400
    spikes[:60] = False
    values = np.where(spikes, values + levels * rng.choice([-1, 1.5, 3], (rounds, series)), values)
    for number in range(0, series, 10):
        start = int(rng.integers(60, max(61, rounds - 12)))
        values[start : start + 12, number] += levels[number]
    ahead_s = _wild_clocks(series, rounds, seed) if wild_clocks else np.zeros((rounds, series), np.int64)
    messages: list[LoadMessage] = []
    pending: dict[int, list[dict[str, object]]] = {}
    for index in range(rounds):
        for number in range(series):
            document = _observation(number, index, float(values[index, number]), int(ahead_s[index, number]))
            messages += spell(rng, number, document, pending, last=index == rounds - 1)
            if rng.random() < rubbish_share:
                messages.append(LoadMessage(_key(number), RUBBISH[len(messages) % len(RUBBISH)], 0, True))
    return messages


def _key(number: int) -> bytes:
    return f"series-{number}".encode()


def _wild_clocks(series: int, rounds: int, seed: int) -> NDArray[np.int64]:
    """(rounds, series): how many seconds each time is ahead."""
    rng = np.random.default_rng([seed, 2])
    once = rng.random((rounds, series)) < 1 / 150
    ahead_s = np.where(once, rng.choice([3 * _DAY, 400 * _DAY], (rounds, series)), 0)
    for number in range(5, series, 15):
        begin, lasts = int(rng.integers(0, rounds - 40)), int(rng.choice([2, 6, 25]))
        ahead_s[begin : begin + lasts, number] += 40 * _DAY
    return ahead_s


def _observation(number: int, index: int, value: float, ahead_s: int) -> dict[str, object]:
    labels = {"site": f"s{number % 7}", "unit": f"u{number}"}
    at = 1_700_000_000 + 60 * index + ahead_s
    return {"metric": "load", "labels": labels, "timestamp": at, "value": value}


def spell(
    rng: np.random.Generator,
    number: int,
    document: dict[str, object],
    pending: dict[int, list[dict[str, object]]],
    last: bool,
) -> list[LoadMessage]:
    """The messages for one observation of series ``number``, and those it waits for in ``pending``.

    One series in four sends arrays of four; the others choose a spelling message by message.
    """
    if number % 4 == 0:
        batch = pending.setdefault(number, [])
        batch.append(document)
        if len(batch) < 4 and not last:
            return []
        message = LoadMessage(_key(number), json.dumps(batch).encode(), len(batch))
        pending[number] = []
        return [message]
    style = int(rng.integers(6))
    if style == 0:
        document = dict(reversed(document.items()))
    elif style == 1:
        document = {**document, "labels": dict(reversed(document["labels"].items()))}  # type: ignore[attr-defined]
    elif style == 2:
        seconds = document.pop("timestamp")
        document["timestamp_ms"] = 1000 * int(seconds)  # type: ignore[call-overload]
    elif style == 3:
        document = {**document, "unknown": {"nested": [1, "x"]}}
    elif style == 4:
        text = json.dumps(document).replace('"load"', '"l\\u006fad"')
        return [LoadMessage(_key(number), text.encode(), 1)]
    return [LoadMessage(_key(number), json.dumps(document, indent=1 if style == 5 else None).encode(), 1)]
