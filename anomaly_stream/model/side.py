"""A side of what is usual."""

from typing import Literal

Side = Literal["above", "below"]
"""Of a value, the side of its expected value."""
