"""Detectors turn a value and its baseline into a statistic and a tail probability."""
