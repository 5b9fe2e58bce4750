"""The level of a series at one observation."""

from typing import NamedTuple


class Level(NamedTuple):
    """An observation without its season, and what its baseline knows of the level."""

    value: float
    usual: float
    """The level that is expected."""
    noise: float
    """The usual deviation of values from it."""
    is_seasonal: bool
    """Whether a season was removed."""
