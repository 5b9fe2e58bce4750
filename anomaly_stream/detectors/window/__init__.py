"""Stateless detectors that compare a value with the statistics of its window."""
