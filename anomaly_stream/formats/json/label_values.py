"""Label values: strings, and integers as their digits."""

from collections.abc import Mapping


class WholeNumber(float):
    """An integer that the lenient parser has read: a double, and the digits for a label."""

    text: str

    def __new__(cls, text: str) -> "WholeNumber":
        """``-0`` is 0, as in msgspec."""
        made = super().__new__(cls, float(text) + 0.0)
        made.text = "0" if text == "-0" else text
        return made


def label_texts(labels: Mapping[str, str | int | WholeNumber]) -> dict[str, str]:
    """Labels as strings: ``{"code": 500}`` is ``{"code": "500"}``."""
    return {name: _text(value) for name, value in labels.items()}


def _text(value: str | int | WholeNumber) -> str:
    return value.text if isinstance(value, WholeNumber) else str(value)
