"""Baselines: what a series normally does. The rolling window, and the seasons taken out of its values."""
