"""The counters of a step: indices into the array that the kernels increment."""

UNMATCHED, SCORED, LEARNED, LEARNING, LATE, DUPLICATE, AHEAD, REPLAYED, MINOR, MODERATE, SEVERE = range(11)
"""What became of an observation in a row; the last three are the anomalies by severity."""
NOT_LEARNED = 11
"""Observations that are kept from the baseline."""
KNOWN = 12
"""Anomalies whose deviation is known."""
CURRENT, FIRST_LATE, FIRST_DUPLICATE, FIRST_AHEAD = range(13, 17)
"""The number of the observation in hand, and of the first that was counted as late, duplicate or ahead."""
COUNTERS = 17
"""Length of the array."""
