"""The largest numbers that verdicts and bands work with, and the least difference that counts."""

UNBOUNDED = 1.7976931348623157e308
"""The largest double stands for the edge of a band on a side that has none."""
LARGEST = 1e300
"""Values are clipped to this magnitude, so that differences and sums of them stay finite."""
RESOLUTION = 1e-12
"""A size to divide by is at least this share of the value, so that rounding is no distance: what is below a
sixteenth of it, as 250 units in the last place of a double, is equal to the value."""
