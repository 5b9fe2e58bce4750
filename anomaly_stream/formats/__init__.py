"""Bytes to observation columns and faults, one decoder per format; events to bytes."""
