"""Bytes to observation columns and faults, outcomes to bytes; schemas of both."""
