"""The numbers of one sentence, as people read them: each is rounded with respect to the others.

A value, the expected one and the normal range are read side by side. So a number has as many digits as the
width of what is normal needs, and none beyond a millionth of that width or beyond eight digits of the largest
number: what is smaller than that is shown as 0, and edges that differ by less are shown as equal.
"""

import math
from dataclasses import dataclass

DETAILED = 6
"""Digits where a value is looked at alone, as in ``explain``."""
_OF_THE_WIDTH, _BELOW_THE_WIDTH = 3, 6
_OF_THE_LARGEST = 8
_LARGE, _SMALL = 1e15, 1e-6


@dataclass(frozen=True, slots=True)
class Rounding:
    """How the numbers of a sentence are rounded.

    Attributes:
        largest: the largest magnitude among them.
        width: the distance between the edges of what is normal; 0 if it is not known.
        digits: digits of each number, if the width needs no more.
    """

    largest: float
    width: float
    digits: int

    @classmethod
    def of(
        cls,
        value: float,
        expected: float | None = None,
        lower: float | None = None,
        upper: float | None = None,
        digits: int = 3,
    ) -> "Rounding":
        """That of a value beside what is known of its expected value and the edges of its normal range."""
        normal = [number for number in (expected, lower, upper) if number is not None]
        numbers = [value, *normal]
        width = max(normal) - min(normal) if normal else 0.0
        width = width or max(numbers) - min(numbers)
        return cls(max(map(abs, numbers)), width if math.isfinite(width) else 0.0, digits)

    def text(self, number: float) -> str:
        """The number; with an exponent, if it is very large or very small."""
        if number == 0.0:
            return "0"
        is_large = abs(number) >= _LARGE
        places = self._places(number) if is_large else max(0, self._places(number))
        shown = round(number, places)
        if shown == 0.0:
            return "0"
        if is_large or abs(shown) < _SMALL:
            mantissa, exponent = f"{shown:.{max(0, places + _exponent(shown))}e}".split("e")
            return f"{_short(mantissa)}e{exponent}"
        return _short(f"{shown:,.{places}f}")

    def _places(self, number: float) -> int:
        """Digits after the decimal point."""
        places = self.digits - 1 - _exponent(number)
        if self.width > 0.0:
            of_width = -_exponent(self.width)
            places = min(max(places, of_width + _OF_THE_WIDTH - 1), of_width + _BELOW_THE_WIDTH)
        return min(places, _OF_THE_LARGEST - 1 - _exponent(max(self.largest, abs(number))))


def _exponent(number: float) -> int:
    return math.floor(math.log10(abs(number)))


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
