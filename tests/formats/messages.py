"""Many generated messages: valid ones in every spelling, and damaged ones."""

import random
import struct

METRICS = (
    '"cpu"',
    '"flow_total"',
    '"a.b/c:d-e"',
    '"caf\\u00e9"',
    '"café"',
    '"tab\\there"',
    '"q\\"x"',
    '"\\ud83d\\ude00"',
)
LABELS = (
    '{"site":"A"}',
    '{"host":"h1","zone":"z"}',
    '{"zone":"z","host":"h1"}',
    '{ "host" : "h1" , "zone":"z" }',
    "{}",
    '{"a":"}"}',
    '{"a":"\\"}"}',
    '{"k":"ü"}',
    '{"k":"\\u00fc"}',
    '{"a":"1","a":"2"}',
    "null",
    '{"code":500}',
    '{"code":-0,"z":-7}',
    '{"code":"500"}',
    '{"n":12345678901234567890123}',
    '{"n":1.5}',
    '{"n":true}',
    '{"n":null}',
    '{"n":5e2}',
)
EXTRAS = ('"unit":"ms"', '"n":12.5e-3', '"ok":true', '"no":false', '"x":null', '"deep":{"a":[1,{}]}', '"":""')
BLANKS = ("", "", "", " ", "\n", "\t ", "\r\n")


def number_text(rng: random.Random) -> str:
    """A JSON number: short and long, whole and broken, at every magnitude."""
    kind = rng.random()
    if kind < 0.3:
        return repr(rng.uniform(-1000, 1000))
    if kind < 0.4:
        return str(rng.randrange(-(10**6), 10**6))
    if kind < 0.5:
        return f"{rng.uniform(0, 100):.{rng.randrange(1, 6)}f}"
    if kind < 0.65:
        number = struct.unpack("<d", rng.randbytes(8))[0]
        return repr(number) if number - number == 0 else "0"
    if kind < 0.8:
        digits = "".join(rng.choices("0123456789", k=rng.randrange(1, 22)))
        exponent = f"{rng.choice('eE')}{rng.choice(('', '+', '-'))}{rng.randrange(330)}"
        return f"{rng.randrange(1, 10)}.{digits}{exponent}"
    if kind < 0.9:
        # Right between two doubles, or next to it: the hardest to round.
        whole = (rng.getrandbits(53) | 1 << 52) * 2 + 1
        return str(whole * 2 ** rng.randrange(8) + rng.randrange(-1, 2))
    if kind < 0.95:
        return "0." + "0" * rng.randrange(30) + str(rng.getrandbits(rng.randrange(1, 64)))
    return rng.choice(
        ("-0", "-0.0", "0", "0e5", "1E+2", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308")
    )


def timestamp_field(rng: random.Random) -> str | None:
    kind = rng.random()
    seconds = rng.uniform(0, 4102444800)
    if kind < 0.5:
        return f'"timestamp":{seconds!r}'
    if kind < 0.6:
        return f'"timestamp":{int(seconds)}'
    if kind < 0.7:
        return f'"timestamp_ms":{int(seconds * 1000)}'
    if kind < 0.9:
        return f'"timestamp":"{instant_text(rng)}"'
    return None


def instant_text(rng: random.Random) -> str:
    """RFC 3339 times, sometimes with a day or an hour that does not exist."""
    date = f"{rng.randrange(1969, 2102):04}-{rng.randrange(1, 13):02}-{rng.randrange(1, 32):02}"
    time = f"{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(61):02}"
    fraction = "." + "".join(rng.choices("0123456789", k=rng.randrange(1, 10))) if rng.random() < 0.5 else ""
    zone = rng.choice(("Z", "z", f"{rng.choice('+-')}{rng.randrange(24):02}:{rng.randrange(60):02}"))
    return f"{date}{rng.choice('TTTt ')}{time}{fraction}{zone}"


def observation_text(rng: random.Random) -> str:
    fields = [f'"metric":{rng.choice(METRICS)}', f'"value":{number_text(rng)}']
    if rng.random() < 0.7:
        fields.append(f'"labels":{rng.choice(LABELS)}')
    timestamp = timestamp_field(rng)
    if timestamp is not None:
        fields.append(timestamp)
    if rng.random() < 0.15:
        fields.append(rng.choice(('"learn":true', '"learn":false', '"learn":null')))
    if rng.random() < 0.1:
        fields.append(rng.choice(EXTRAS))
    if rng.random() < 0.5:
        rng.shuffle(fields)
    if rng.random() < 0.8:
        return "{" + ",".join(fields) + "}"
    blank = rng.choice(BLANKS)
    spaced = (f"{blank}{field.replace(':', blank + ':' + blank, 1)}{blank}" for field in fields)
    return blank + "{" + ",".join(spaced) + "}" + blank


def message(rng: random.Random) -> bytes:
    """One message: an observation, sometimes an array of them."""
    if rng.random() < 0.95:
        return observation_text(rng).encode()
    blank = rng.choice(BLANKS)
    inner = f"{blank},{blank}".join(observation_text(rng) for _ in range(rng.randrange(1, 6)))
    return f"{blank}[{blank}{inner}{blank}]{blank}".encode()


def mutated(rng: random.Random, good: bytes) -> bytes:
    """The message after one to three small accidents."""
    broken = bytearray(good)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(broken) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            broken[at : at + 1] = rng.randbytes(1)
        elif kind == 1:
            broken[at:at] = rng.choice(b'{}[]",:\\0123456789eE+-. \n\x00truefalsn').to_bytes(1, "big")
        elif kind == 2:
            del broken[at : at + rng.randrange(1, 5)]
        elif kind == 3:
            start = rng.randrange(len(broken) + 1)
            broken[at:at] = broken[start : start + rng.randrange(1, 12)]
        else:
            del broken[at:]
    return bytes(broken)
