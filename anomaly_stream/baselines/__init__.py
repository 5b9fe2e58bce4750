"""Baselines: the normal behaviour of a series, from a rolling window and its seasons."""
