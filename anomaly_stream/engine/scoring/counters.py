"""The counters of a step: places in the array that the kernels increment."""

UNMATCHED, SCORED, LEARNED, LEARNING, LATE, DUPLICATE, REPLAYED, MINOR, MODERATE, SEVERE = range(10)
"""What became of an observation in a row; the last three are the anomalies by severity."""
COUNTERS = 10
"""Length of the array."""
