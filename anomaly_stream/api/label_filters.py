"""The filter ``label`` of lists: `env`, or `env=prod` for one value."""

from typing import Annotated

from pydantic import AfterValidator


def label_of(text: str) -> tuple[str, str | None]:
    """The name, and the value if one is asked for. Raises ValueError, with a message for users."""
    name, separator, value = text.partition("=")
    if not name or (separator and not value):
        raise ValueError(
            f"{text!r} is no label: write a name, as in env, or a name and its value, as in env=prod"
        )
    return name, value if separator else None


def _checked(text: str) -> str:
    label_of(text)
    return text


def _all_checked(texts: list[str]) -> list[str]:
    return list(map(_checked, texts))


LabelFilter = Annotated[str, AfterValidator(_checked)]
LabelFilters = Annotated[list[str], AfterValidator(_all_checked)]
