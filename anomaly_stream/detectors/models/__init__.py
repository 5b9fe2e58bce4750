"""Detectors that are a complete baseline of their own, without a window."""
