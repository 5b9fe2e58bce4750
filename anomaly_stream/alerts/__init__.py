"""Decisions, the lifecycle and identity of alerts, and the events that are published. Pure functions."""
