"""Records without an observation, of every kind, each with its expected reason."""

import json
import random
from collections.abc import Callable, Iterator

from anomaly_stream.model import FaultReason

Reasons = tuple[FaultReason, ...]
Make = Callable[[random.Random], bytes | None]


def _in(template: str, *wrong: str) -> Make:
    """The template with one of these in place of ``%``."""
    messages = [template.replace("%", text).encode() for text in wrong]
    return lambda rng: rng.choice(messages)


def _one_of(*messages: bytes | None) -> Make:
    return lambda rng: rng.choice(messages)


def _deep(rng: random.Random) -> bytes:
    depth = rng.choice((500, 5000, 50_000)) if rng.random() < 0.01 else rng.randrange(65, 200)
    return rng.choice(
        (
            b"[" * depth,
            b'{"metric":"m","value":1,"x":' + b"[" * depth + b"]" * depth + b"}",
            b'{"a":' * depth + b"1" + b"}" * depth,
            b'{"metric":"m","value":1,"labels":' + b'{"a":' * depth,
        )
    )


def _cut_short(rng: random.Random) -> bytes:
    whole = b'{"metric":"cpu","labels":{"host":"h1"},"timestamp":1700000000.25,"value":3.25}'
    return whole[: rng.randrange(1, len(whole))]


def _noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(60)) + b"\xff" + rng.randbytes(rng.randrange(60))


_TRUNCATED = (b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\xc0\x80", b"\xed\xa0\x80")
_MANY_LABELS = json.dumps({f"k{i}": "v" for i in range(33)})
_NO_NUMBERS = (
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "1e+",
    "-",
    "--",
    "0x10",
    "1_000",
    "١",
    "1.2.3",
    "00",
    "-01",
    "1e5.5",
)
_NO_VALUES = (*_NO_NUMBERS, "nan", "inf", "1 2", "True")
_NOT_FINITE = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e400", "9" * 400, "9" * 5000)
_NOT_NUMBERS = ("null", "true", "false", "[]", "{}", "[1]", '{"a":1}', '"1"', '"NaN"', '""')
_NOT_LABELS = (
    '{"a":1.5}',
    '{"a":true}',
    '{"a":null}',
    "[]",
    '"x"',
    "1",
    "true",
    '{"":"v"}',
    '{"a":{"b":"c"}}',
    '{"a":"\\ud800"}',
)
_NOT_TIMES = (
    "-1",
    "-0.001",
    "4102444801",
    "1e300",
    "1e999",
    "true",
    "[]",
    "{}",
    "NaN",
    '1,"timestamp_ms":1000',
)
_NOT_RFC3339 = (
    "",
    "now",
    "1700000000",
    "2024-01-01",
    "2024-01-01T00:00",
    "2024-02-30T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "1969-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00.1234567890Z",
    "2024-01-01T00:00:00+24:00",
    "２024-01-01T00:00:00Z",
)

_ANY = tuple(FaultReason)
_MALFORMED, _LIMIT = (FaultReason.MALFORMED,), (FaultReason.LIMIT,)
_METRIC, _LABELS = (FaultReason.METRIC,), (FaultReason.LABELS,)
_VALUE, _TIMESTAMP = (FaultReason.VALUE,), (FaultReason.TIMESTAMP,)

RUBBISH: dict[str, tuple[Make, Reasons]] = {
    "empty": (_one_of(None, b"", b"[]", b" [ ] "), (FaultReason.EMPTY,)),
    "noise": (_noise, _MALFORMED),
    "truncated utf-8": (_one_of(*(b'{"metric":"m%s","value":1}' % cut for cut in _TRUNCATED)), _MALFORMED),
    "truncated utf-8 in a label": (
        _one_of(*(b'{"metric":"m","labels":{"a":"%s"},"value":1}' % cut for cut in _TRUNCATED)),
        _MALFORMED,
    ),
    "truncated utf-8 in a field to ignore": (
        _one_of(*(b'{"metric":"m","value":1,"note":"%s"}' % cut for cut in _TRUNCATED)),
        _MALFORMED,
    ),
    "deep nesting": (_deep, _LIMIT),
    "cut short": (_cut_short, _MALFORMED),
    "not finite": (_in('{"metric":"m","value":%}', *_NOT_FINITE), _VALUE),
    "huge": (_in('{"metric":"m","value":%}', "1" + "0" * 309, f"-{'9' * 310}.5", "1e309", "2e308"), _VALUE),
    "no number": (_in('{"metric":"m","value":%}', *_NOT_NUMBERS), _VALUE),
    "no JSON number": (_in('{"metric":"m","value":%}', *_NO_VALUES), _MALFORMED),
    "bare words": (
        _one_of(b"nothing", b"true", b"null", b"1", b"-1.5", b'"text"', b"NaN", b"undefined", b" ", b"\n"),
        _MALFORMED,
    ),
    "NUL": (
        _one_of(
            b"\x00",
            b'{"metric":"a\x00b","value":1}',
            b'{"metric":"a","value":1}\x00',
            b'\x00{"metric":"a","value":1}',
        ),
        _MALFORMED,
    ),
    "metric": (
        _in('{"metric":%,"value":1}', "null", "1", "[]", "{}", "true", '""', '"\\ud800"', '"\\udc00x"'),
        _METRIC,
    ),
    "long metric": (
        _in('{"metric":%,"value":1}', f'"{"m" * 256}"', f'"{"é" * 128}"', f'"{"m" * 9999}"'),
        _LIMIT,
    ),
    "labels": (_in('{"metric":"m","labels":%,"value":1}', *_NOT_LABELS), _LABELS),
    "long labels": (
        _in(
            '{"metric":"m","labels":%,"value":1}',
            _MANY_LABELS,
            json.dumps({"a" * 256: "v"}),
            json.dumps({"a": "é" * 128}, ensure_ascii=False),
        ),
        _LIMIT,
    ),
    "timestamp": (_in('{"metric":"m","timestamp":%,"value":1}', *_NOT_TIMES), _TIMESTAMP),
    "timestamp text": (_in('{"metric":"m","timestamp":"%","value":1}', *_NOT_RFC3339), _TIMESTAMP),
    "timestamp_ms": (
        _in('{"metric":"m","timestamp_ms":%,"value":1}', '"1"', "-1", "4102444800001", "true", "[]", "1e999"),
        _TIMESTAMP,
    ),
    "learn": (_in('{"metric":"m","value":1,"learn":%}', "1", "0", '""', '"true"', "[]", "True"), _MALFORMED),
    "the last of two keys": (
        _in('{"metric":"m",%}', '"value":1,"value":null', '"value":1,"value":"x"', '"value":1,"metric":7'),
        (FaultReason.VALUE, FaultReason.METRIC),
    ),
    "missing": (
        _one_of(
            b'{"metric":"m"}',
            b'{"value":1}',
            b"{}",
            b'{"Metric":"m","value":1}',
            b'{"metric":"m","values":1}',
        ),
        (FaultReason.VALUE, FaultReason.METRIC),
    ),
    "punctuation": (
        _one_of(
            b'{"metric":"m","value":1,}',
            b'{"metric":"m" "value":1}',
            b'{"metric":"m","value"=1}',
            b"{'metric':'m','value':1}",
            b'{metric:"m",value:1}',
            b'{"metric":"m","value":1}}',
            b'{"metric":"m","value":1} {"metric":"m","value":1}',
            b'[{"metric":"m","value":1},]',
            b'[{"metric":"m","value":1}',
            b'{"metric":"m","value":1/**/}',
            b'\xef\xbb\xbf{"metric":"m","value":1}',
            b'{"metric":"m\n","value":1}',
            b'{"metric":"m\\x","value":1}',
            b'{"metric":"m","labels":{"a":"b",},"value":1}',
            b'{"metric":"m","labels":{"a" "b"},"value":1}',
        ),
        _MALFORMED,
    ),
    "arrays of none": (
        _one_of(b"[1]", b"[null]", b'[{"metric":"m"}]', b'[[{"metric":"m","value":1}]]', b"[{}, {}]"),
        _ANY,
    ),
}
"""By kind: a generator, and the reasons that may be given."""


def rubbish(rng: random.Random) -> Iterator[tuple[bytes | None, Reasons]]:
    """The kinds one after the other, endlessly."""
    while True:
        for make, reasons in RUBBISH.values():
            yield make(rng), reasons
