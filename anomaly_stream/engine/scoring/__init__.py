"""Kernels that score observations and update their rows."""
