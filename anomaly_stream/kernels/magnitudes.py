"""The largest numbers that verdicts and bands work with."""

UNBOUNDED = 1.7976931348623157e308
"""The largest double stands for the edge of a band on a side that has none."""
LARGEST = 1e300
"""Values are clipped to this magnitude, so that differences and sums of them stay finite."""
