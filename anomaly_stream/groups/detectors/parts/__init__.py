"""Building blocks of the detectors of groups."""
