"""Detectors that keep state of their own besides the window."""
