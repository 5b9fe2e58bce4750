"""Detectors that keep state of their own beside the window."""
