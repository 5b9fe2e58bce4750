"""Building blocks that the group detectors share."""
