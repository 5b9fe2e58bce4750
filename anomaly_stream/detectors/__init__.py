"""Detectors compute a statistic and a tail probability from a value and its baseline."""
