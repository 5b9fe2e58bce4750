"""Detectors that compare a value with the statistics of its window. They keep no state."""
