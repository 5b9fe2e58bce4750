"""Decimal spellings against Python's ``float`` and ``json``."""

import json
import math
import random
import struct
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels.decimal import HIGHEST_POWER, LOWEST_POWER, number, scaled


def parsed(text: str, behind: str = "") -> float | None:
    """The kernel's value of the whole text; None if it cannot decide."""
    buffer = np.frombuffer((text + behind).encode(), np.uint8)
    end, value = number(buffer, 0, len(buffer))
    assert end in (-1, len(text))
    return None if end < 0 else value


def same_bits(text: str) -> bool:
    """Whether the kernel accepts it; fails if the value is wrong."""
    value = parsed(text)
    if value is None:
        return False
    # Whole numbers spelled -0 are 0, as msgspec reads them; -0.0 is -0.0.
    expected = 0.0 if text == "-0" else float(text)
    assert value.hex() == expected.hex(), text
    return True


def _bits(rng: random.Random) -> str:
    value = struct.unpack("<d", rng.randbytes(8))[0]
    return repr(value) if value - value == 0 else "1.5"


def _digits(rng: random.Random) -> str:
    fraction = "".join(rng.choices("0123456789", k=rng.randrange(1, 19)))
    return f"{rng.randrange(10)}.{fraction}e{rng.randrange(-330, 330)}"


def _halfway(rng: random.Random) -> str:
    """Exactly between two doubles where 19 digits allow it, and next to it."""
    whole = (rng.getrandbits(53) | 1 << 52) * 2 + 1
    shift = rng.randrange(9)
    middle = str(whole << shift)
    return middle if rng.random() < 0.5 else str((whole << shift) + rng.choice((-1, 1)))


def _near_halfway(rng: random.Random) -> str:
    """The first 19 digits of the middle between two doubles at any magnitude."""
    low = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(52) | rng.randrange(2046) << 52))[0]
    middle = Fraction(low) + Fraction(np.spacing(low)) / 2
    power = 0
    while middle >= 10**19:
        middle, power = middle / 10, power + 1
    while middle < 10**18:
        middle, power = middle * 10, power - 1
    return f"{int(middle)}e{power}"


@pytest.mark.parametrize("spell", [_bits, _digits, _halfway, _near_halfway])
def test_same_bits_as_float(spell: Callable[[random.Random], str]) -> None:
    rng = random.Random(3)
    spelled = [spell(rng) for _ in range(3000)]
    taken = sum(same_bits(text) for text in spelled)
    assert taken == sum(abs(float(text)) < math.inf for text in spelled)


def test_17_digits_are_always_taken() -> None:
    rng = random.Random(4)
    assert all(same_bits(repr(rng.uniform(-1, 1) * 10.0 ** rng.randrange(-290, 290))) for _ in range(5000))


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=500, deadline=None)
def test_any_double(value: float) -> None:
    assert same_bits(repr(value))


@given(st.from_regex(r"-?[0-9]{0,25}(\.[0-9]{0,25})?([eE][+-]?[0-9]{0,6})?", fullmatch=True))
@settings(max_examples=1000, deadline=None)
def test_takes_only_json_numbers(text: str) -> None:
    buffer = np.frombuffer((text + ",").encode(), np.uint8)
    end, value = number(buffer, 0, len(buffer))
    if end >= 0 and end == len(text):
        assert float(json.loads(text)) == value
        same_bits(text)
    elif end < 0 and _is_json(text):
        digits, _, exponent = text.lower().partition("e")
        assert len(digits) > 19 or len(exponent.lstrip("+-")) > 4 or math.isinf(float(text))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "text", ["", "-", "+1", "01", "-01", "00", "1.", ".5", "1e", "1e+", "1.e5", "e5", "x", '"1"']
)
def test_leaves_text_that_is_not_a_number(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    "text", ["12345678901234567890", "1e999", "1e309", "1.7976931348623159e308", "1e00001"]
)
def test_leaves_long_ones_and_overflow(text: str) -> None:
    assert parsed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-0",
        "-0.0",
        "0e999",
        "0.000",
        "1E5",
        "1e+05",
        "0." + "0" * 40 + "1",
        "1e22",
        "1e23",
        "5e-324",
        "2e-324",
        "1e-400",
        "2.2250738585072011e-308",
    ],
)
def test_takes_every_spelling(text: str) -> None:
    assert same_bits(text)


@pytest.mark.parametrize("behind", [",", "}", " ", "]", "x"])
def test_stops_after_the_number(behind: str) -> None:
    assert parsed("-12.5e1", behind) == -125.0


def test_every_power_of_ten() -> None:
    for power in range(LOWEST_POWER - 2, HIGHEST_POWER + 2):
        for mantissa in (1, 9007199254740993, 10**19 - 1, 2**64 - 1):
            value, finite = scaled(np.uint64(mantissa), power)
            expected = float(f"{mantissa}e{power}")
            assert finite == (expected < math.inf)
            assert value == (expected if finite else 0.0)
