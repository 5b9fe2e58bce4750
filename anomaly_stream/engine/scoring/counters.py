"""The counters of a step: indices into the array that the kernels increment."""

UNMATCHED, SCORED, LEARNED, LEARNING, LATE, DUPLICATE, REPLAYED, MINOR, MODERATE, SEVERE = range(10)
"""An observation in a row increments one of them. The last three count anomalies by severity."""
COUNTERS = 10
"""The array has this length."""
