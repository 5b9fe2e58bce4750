"""Alerts as episodes: their lifecycle, identity, and what is said of them; pure functions."""
