"""Metrics, health, and the HTTP server for both: for the operators of any process."""
