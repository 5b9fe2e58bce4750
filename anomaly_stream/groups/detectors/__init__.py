"""Detectors over the vectors of a group."""
